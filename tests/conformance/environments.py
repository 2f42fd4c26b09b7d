"""The real Airflows, each in an environment of its own below ``build``, with an empty database to start from."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from brisa.compat.table import VERSIONS
from tests.conformance.answers import Program

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build"
CACHE = BUILD / "conformance"

REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    # virtualenv: the examples leave tasks out where it is missing.
    VERSIONS[2]: (f"apache-airflow=={VERSIONS[2]}", "virtualenv"),
    VERSIONS[3]: (f"apache-airflow=={VERSIONS[3]}", "apache-airflow-providers-standard", "virtualenv"),
}
"""Airflow's version → what is installed from PyPI."""

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    # Beside Airflow 2 the standard provider's files would be told by their imports to be Airflow 3's.
    VERSIONS[2]: ("airflow/example_dags",),
    VERSIONS[3]: ("airflow/example_dags", "airflow/providers/*/example_dags", "airflow/providers/*/*/example_dags"),
}
"""Airflow's version → the folders of the installed wheels with example DAGs."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An installed Airflow."""

    version: str
    packages: str
    """Name and version of everything installed, a line each."""

    @property
    def home(self) -> Path:
        """Its virtual environment."""
        return BUILD / f"airflow-{self.version}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.home / "bin" / "python"

    def examples(self) -> list[tuple[Path, Path]]:
        """(DAG file, the folder that it belongs to) of every example."""
        [site] = self.home.glob("lib/python*/site-packages")
        folders = sorted(folder for pattern in EXAMPLES[self.version] for folder in site.glob(pattern))
        return [(file, folder) for folder in folders for file in dag_files(folder)]


def dag_files(folder: Path) -> list[Path]:
    """The Python files below that Airflow would look into: those that mention both words."""
    return [
        file
        for file in sorted(folder.rglob("*.py"))
        if all(word in file.read_bytes().lower() for word in (b"dag", b"airflow"))
        and not {"plugins", "libs", "subdags"} & set(file.relative_to(folder).parts)
    ]


def environment(version: str) -> Environment:
    """Airflow ``version``; installed now if it is not there with these requirements."""
    home = BUILD / f"airflow-{version}"
    stamp, wanted = home / ".ready", "\n".join(REQUIREMENTS[version])
    if not stamp.is_file() or stamp.read_text() != wanted:
        uv = ROOT / ".python" / "uv" / "bin" / "uv"
        finder = str(ROOT / "infra" / "dev" / "find_python.sh")
        found = subprocess.run([finder, "3.11"], capture_output=True, text=True, check=False)
        if found.returncode:
            raise SystemExit("The real Airflow needs Python 3.11, and there is none on this machine.")
        shutil.rmtree(home, ignore_errors=True)
        _run(uv, "venv", "--quiet", "--python", found.stdout.strip(), home)
        _run(uv, "pip", "install", "--quiet", "--python", home / "bin" / "python", *REQUIREMENTS[version])
        _database(version).unlink(missing_ok=True)
        (home / ".packages").write_text(_run(uv, "pip", "freeze", "--python", home / "bin" / "python"))
        stamp.write_text(wanted)
    if not _database(version).exists():
        _make_database(version)
    return Environment(version=version, packages=(home / ".packages").read_text())


def _run(*command: str | Path) -> str:
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{ended.stderr}")
    return ended.stdout


def _database(version: str) -> Path:
    return CACHE / f"airflow-{version}.db"


def _make_database(version: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="airflow-") as home:
        command = [str(BUILD / f"airflow-{version}" / "bin" / "python"), str(HERE / "oracle.py"), "--database"]
        subprocess.run(command, env=_airflow(home, home), cwd=home, check=True, capture_output=True)
        shutil.move(Path(home, "airflow.db"), _database(version))


def _airflow(home: str, dags_folder: str) -> dict[str, str]:
    return _common() | {
        "PYTHONPATH": str(HERE / "no_chance"),
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": dags_folder,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "True",  # the plugins that some examples use; no DAG is loaded by it
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__MAX_TEMPLATED_FIELD_LENGTH": "1000000",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _common() -> dict[str, str]:
    """The environment of both sides: the same order of sets, and no settings of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "BRISA", "MAKE"))}
    return kept | {"PYTHONHASHSEED": "0"}


@contextmanager
def oracle(airflow: Environment, dags_folder: Path) -> Iterator[Program]:
    """The program that asks the real Airflow, with a home that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="airflow-", ignore_cleanup_errors=True) as home:
        shutil.copy(_database(airflow.version), Path(home, "airflow.db"))
        yield Program(
            command=(str(airflow.python), str(HERE / "oracle.py")),
            environment=_airflow(home, str(dags_folder)),
            folder=Path(home),
        )


@contextmanager
def ours(python: str) -> Iterator[Program]:
    """The program that asks brisa, likewise."""
    with tempfile.TemporaryDirectory(prefix="brisa-", ignore_cleanup_errors=True) as home:
        yield Program(
            command=(python, "-m", "tests.conformance.ours"),
            environment=_common()
            | {"PYTHONPATH": os.pathsep.join((str(HERE / "no_chance"), str(ROOT))), "BRISA_HOME": home},
            folder=Path(home),
        )
