#!/usr/bin/env python3
"""Makes the functions' source: for each a folder, and a zip of it that is the same bytes for the same files.

    infra/build_source.py [--lock FILE] [--dags FOLDER] [--output FOLDER]

Each has the function's ``main.py``, the package ``brisa`` (without what only a person's machine needs), the DAG files
below ``dags/``, and the lock as ``requirements.txt``: all that Cloud Run functions need to build it. Needs nothing but
Python itself. Prints a line per zip, with its SHA-256.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = ("planner", "worker", "events", "api")

_NOT_DEPLOYED = ("brisa/emulators/",)
"""The stand-ins for Google Cloud."""
_CONSOLE = "brisa/web/static/"
"""The built console: the api function's alone."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can tell."""
_REGULAR = 0o100644 << 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Make them all; the exit status."""
    parser = argparse.ArgumentParser(description="Makes the functions' source.")
    parser.add_argument("--lock", type=Path, default=ROOT / "infra" / "locks" / "runtime.txt", help="what they install")
    parser.add_argument("--dags", type=Path, default=ROOT / "pipelines", help="the folder of DAG files")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "source", help="where folders and zips go")
    given = parser.parse_args(arguments)
    for what, there in ((given.lock, given.lock.is_file()), (given.dags, given.dags.is_dir())):
        if not there:
            print(f"Error: {what} is not there", file=sys.stderr)
            return 2
    if not (ROOT / "shared/brisa/web/static/index.html").is_file():
        print("The api function will have no console: `make console` builds it.", file=sys.stderr)
    for name in FUNCTIONS:
        folder, archive = given.output / name, given.output / f"{name}.zip"
        _copy(dict(_files(name, given.lock, given.dags)), folder)
        _pack(folder, archive)
        print(f"{archive} {hashlib.sha256(archive.read_bytes()).hexdigest()}")
    return 0


def _files(name: str, lock: Path, dags: Path) -> Iterator[tuple[str, Path]]:
    """Path in the bundle → file."""
    yield "main.py", ROOT / "functions" / name / "main.py"
    yield "requirements.txt", lock
    for path, file in _below(ROOT / "shared" / "brisa"):
        left_out = _NOT_DEPLOYED if name == "api" else (*_NOT_DEPLOYED, _CONSOLE)
        if not f"brisa/{path}".startswith(left_out):
            yield f"brisa/{path}", file
    for path, file in _below(dags):
        yield f"dags/{path}", file


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a folder: nothing hidden but ``.airflowignore``, and nothing that Python has compiled."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        hidden = any(part.startswith(".") and part != ".airflowignore" for part in path.parts)
        if file.is_file() and not hidden and "__pycache__" not in path.parts:
            yield path.as_posix(), file


def _copy(files: dict[str, Path], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path, file in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _pack(folder: Path, archive: Path) -> None:
    """No owner, no time, one order: what differs between two zips are the files."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = _REGULAR
                packed.writestr(entry, file.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
