"""Imports every module of the installed provider packages, each in a process of its own, as a DAG file would."""

from __future__ import annotations

import importlib
import json
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import PurePosixPath

from brisa.compat import active

PREFIX = "apache-airflow-providers-"
WARM = (
    "packaging.version",
    "requests",
    "google.cloud.bigquery",
    "google.cloud.storage",
    "google.cloud.tasks",
    "pandas",
)
"""What many modules import; the processes are forked from one that has them, which saves minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How the import of one module went: ``error`` is empty if well. ``stand_in``: it is brisa's, not the package's."""

    module: str
    error: str
    stand_in: bool = False


def packages() -> list[Distribution]:
    """The installed provider packages, by name."""
    found = {dist.name: dist for dist in distributions() if dist.name.startswith(PREFIX)}
    return [found[name] for name in sorted(found)]


def modules(package: Distribution) -> list[str]:
    """The names of a package's modules."""
    files = [PurePosixPath(str(file)) for file in package.files or ()]
    names = [".".join(file.with_suffix("").parts) for file in files if file.suffix == ".py"]
    return sorted(name.removesuffix(".__init__") for name in names if name.startswith("airflow."))


def try_imports(names: list[str]) -> Iterator[Imported]:
    """Import each of them, one process after the other."""
    for name in WARM:
        importlib.import_module(name)
    for name in names:
        yield _forked(name)


def _forked(name: str) -> Imported:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            out.write(json.dumps(_import(name)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        text = said.read()
    _, status = os.waitpid(child, 0)
    return Imported(**json.loads(text)) if text else Imported(module=name, error=f"ended with status {status}")


def _import(name: str) -> dict[str, object]:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    warnings.simplefilter("ignore")
    try:
        with active():
            module = importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001  whatever a module may raise is what we want to know
        return {"module": name, "error": f"{type(error).__name__}: {error}".partition("\n")[0]}
    return {"module": name, "error": "", "stand_in": not hasattr(module, "__file__")}
