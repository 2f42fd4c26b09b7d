"""``brisa info``."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from brisa._version import __version__
from brisa.cli.output import folder_options, output_option, print_rows, verbose_option

_LIBRARIES = ("fastapi", "google-cloud-firestore", "google-cloud-tasks", "google-cloud-storage", "pendulum", "croniter")


@click.command()
@folder_options
@verbose_option
@output_option
def info(home_given: str | None, dags_given: str | None, output: str) -> None:
    """Print what runs here, and where it keeps what."""
    rows = [{"name": name, "value": value} for name, value in _facts(home_given, dags_given)]
    print_rows(rows, output, nothing="")


def _facts(home_given: str | None, dags_given: str | None) -> list[tuple[str, Any]]:
    import sqlite3

    from brisa.adapters.local.doorbell import ring
    from brisa.adapters.sqlite.queries import SCHEMA_VERSION
    from brisa.bootstrap import dags_folder, home_folder

    home = home_folder(home_given)
    database = home / "brisa.db"
    return [
        ("version", __version__),
        ("python", f"{platform.python_version()} ({sys.executable})"),
        ("platform", platform.platform()),
        ("home", str(home)),
        ("dags_folder", str(dags_folder(home, dags_given)) if home.exists() else None),
        ("database", f"{database} ({_size(home):,} bytes)" if database.exists() else None),
        ("layout", SCHEMA_VERSION),
        ("sqlite", sqlite3.sqlite_version),
        ("standalone", "running" if home.exists() and ring(home) else "not running"),
        *((name, _version(name)) for name in _LIBRARIES),
    ]


def _size(home: Path) -> int:
    """Bytes of the database, with what is not yet in its place."""
    return sum(file.stat().st_size for file in home.glob("brisa.db*") if not file.name.endswith("-shm"))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
