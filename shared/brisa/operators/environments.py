"""Virtual environments for tasks: made once for the same wish, and kept.

An environment lies in a folder named by a hash of all that it is made of. A lock lets one process make it while others
wait; a mark in it, written last, says that it is whole, so that what a killed process has begun is made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import site
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from brisa.authoring.exceptions import AirflowException
from brisa.operators.streamed import Streamed

_WHOLE: Final = "brisa-environment.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What an environment is made of."""

    requirements: str = ""
    """The text of a requirements file."""
    python: str
    """The interpreter that it is made from."""
    system_site_packages: bool = True
    """Whether what is installed beside brisa can be imported in it."""
    pip_install_options: Sequence[str] = ()
    index_urls: Sequence[str] | None = None
    """Where pip looks, the first one first; none at all: nowhere; ``None``: where pip's configuration says."""

    @property
    def key(self) -> str:
        """The same for the same wish."""
        made_of = json.dumps(asdict(self) | {"version": sys.version, "beside": _beside(self)}, sort_keys=True)
        return hashlib.blake2b(made_of.encode(), digest_size=10).hexdigest()


def interpreter(version: str | None) -> str:
    """The interpreter for ``python_version``: brisa's own, or ``pythonX.Y`` in the PATH."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version is None or version in (own, "3"):
        return sys.executable
    found = shutil.which(f"python{version}")
    if found is None:
        raise AirflowException(f"python_version={version!r}: there is no python{version} in the PATH; install it there")
    return found


def kept_environments() -> Path:
    """Where environments are kept unless the author says where: the user's own folder among the temporary ones."""
    folder = Path(tempfile.gettempdir()) / f"brisa-environments-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise AirflowException(f"{folder} belongs to somebody else: set TMPDIR, or venv_cache_path, to another folder")
    return folder


def made(wanted: Environment, cache: Path, commands: Streamed) -> Path:
    """The Python of an environment as ``wanted`` in ``cache``; made now if it is not there.

    :class:`AirflowException` if it can't be made: pip's own words are in the log.
    """
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"venv-{wanted.key}"
    python = folder / "bin" / "python"
    with _alone(cache / f"{folder.name}.lock"):
        if (folder / _WHOLE).exists() and python.exists():
            return python
        shutil.rmtree(folder, ignore_errors=True)
        _make(wanted, folder, commands)
        if wanted.system_site_packages:
            _see_beside(wanted, folder)
        if wanted.index_urls is not None:
            _configure_pip(folder, wanted.index_urls)
        if wanted.requirements.strip():
            file = folder / "requirements.txt"
            file.write_text(wanted.requirements, "utf-8")
            install = [*_pip(wanted, python), "install", "--disable-pip-version-check", "-r", str(file)]
            _must(commands, [*install, *wanted.pip_install_options], "the requirements can't be installed")
        (folder / _WHOLE).write_text(json.dumps({"python": wanted.python, "requirements": wanted.requirements}))
    return python


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(wanted: Environment, folder: Path, commands: Streamed) -> None:
    """Make an empty environment, with a pip of its own only where it will be needed: that costs seconds."""
    flags = ["--system-site-packages"] * wanted.system_site_packages
    if not wanted.requirements.strip() or _own_pip(wanted):
        _must(commands, [wanted.python, "-I", "-m", "venv", "--without-pip", *flags, str(folder)], _CANT_BE_MADE)
    elif importlib.util.find_spec("ensurepip") is not None or not shutil.which("virtualenv"):
        _must(commands, [wanted.python, "-I", "-m", "venv", *flags, str(folder)], _CANT_BE_MADE)
    else:  # a Python of Debian without python3-venv
        _must(commands, ["virtualenv", "--python", wanted.python, *flags, str(folder)], _CANT_BE_MADE)


def _own_pip(wanted: Environment) -> bool:
    """Whether the pip beside brisa can install there."""
    return wanted.python == sys.executable and importlib.util.find_spec("pip") is not None


def _pip(wanted: Environment, python: Path) -> list[str]:
    """The pip to call; either way it reads the user's configuration, and the environment's."""
    if _own_pip(wanted):
        return [sys.executable, "-I", "-m", "pip", "--python", str(python)]
    return [str(python), "-I", "-m", "pip"]


_CANT_BE_MADE: Final = "the virtual environment can't be made (Debian's Python needs python3-venv, or virtualenv)"


def _must(commands: Streamed, command: Sequence[str], otherwise: str) -> None:
    status = commands.run(command)
    if status:
        raise AirflowException(f"{otherwise}: exit status {status}; its output is in the log above")


def _beside(wanted: Environment) -> list[str]:
    """Folders of packages beside brisa that an environment does not see by itself, since brisa is in one too."""
    if sys.prefix == sys.base_prefix or wanted.python != sys.executable:
        return []
    return site.getsitepackages()


def _see_beside(wanted: Environment, folder: Path) -> None:
    for packages in folder.glob("lib/python3*/site-packages"):
        lines = [f"import site; site.addsitedir({path!r})\n" for path in _beside(wanted)]
        (packages / "brisa-beside.pth").write_text("".join(lines), "utf-8")


def _configure_pip(folder: Path, index_urls: Sequence[str]) -> None:
    """The environment's own configuration, which goes before the user's. It may hold secrets."""
    lines = ["[global]", *(["no-index = true"] if not index_urls else [f"index-url = {index_urls[0]}"])]
    if index_urls[1:]:
        lines.append("extra-index-url = " + "\n    ".join(index_urls[1:]))
    file = folder / "pip.conf"
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n", "utf-8")
