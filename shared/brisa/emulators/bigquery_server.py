"""The BigQuery emulator's process: ``python -m brisa.emulators.bigquery_server PORT GRPC_PORT DATA_DIR PROJECT``.

What it adds to the command ``local-bigquery`` itself: DuckDB's extensions are put where DuckDB looks for them (its
``HOME``, which the keeper sets to a folder of brisa's own), so that nothing is fetched from the network; jobs that a
killed emulator left unfinished are forgotten, so that their submitters can submit them again under the same id; the
first loads may come at the same time; and it logs warnings only.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from brisa.emulators.installed import extension_files


def main(port: int, grpc_port: int, data_dir: Path, project: str) -> None:
    """Serve on 127.0.0.1 until SIGTERM."""
    extensions = provide_extensions(Path.home())
    forget_unfinished(data_dir)
    settings: Any = importlib.import_module("local_bigquery.settings").settings
    settings.bigquery_host, settings.bigquery_port, settings.grpc_port = "127.0.0.1", port, grpc_port
    settings.default_project_id, settings.data_dir = project, data_dir
    grpc_server, _ = importlib.import_module("local_bigquery.grpc.server").start("127.0.0.1", grpc_port)
    database: Any = importlib.import_module("local_bigquery.engine.database")
    if "spatial" not in extensions:
        # These functions begin with INSTALL spatial, which would look for it on the network and end the start.
        database.FUNCTIONS = [file for file in database.FUNCTIONS if file.name != "geography.sql"]
    # Opens the database now, so that the first answer means: everything works.
    database.connection()
    with database.cursor() as cursor:
        # Makes the one secret by which it reads gs:// now: jobs that begin together would each try to, and fail.
        importlib.import_module("local_bigquery.jobs.storage").paths(cursor, "gs://any/object")
    uvicorn: Any = importlib.import_module("uvicorn")
    uvicorn.run("local_bigquery:app", host="127.0.0.1", port=port, log_level="warning")
    grpc_server.stop(None)


def provide_extensions(home: Path) -> frozenset[str]:
    """Link DuckDB's extensions from their wheels into ``home``; the names of those that there are."""
    import duckdb

    with duckdb.connect() as connection:
        version = _text(connection.execute("PRAGMA version").fetchone())
        machine = _text(connection.execute("PRAGMA platform").fetchone())
    folder = home / ".duckdb" / "extensions" / version / machine
    folder.mkdir(parents=True, exist_ok=True)
    files = extension_files(version)
    for file in files.values():
        link = folder / file.name
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(file)
    return frozenset(files)


def forget_unfinished(data_dir: Path) -> None:
    """Remove the records of jobs that were running when the emulator was killed: nobody would ever finish them."""
    import duckdb

    file = data_dir / "emulator.duckdb"
    if not file.exists():
        return
    with duckdb.connect(str(file)) as connection:
        known = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'jobs'").fetchone()
        if known:
            connection.execute("DELETE FROM jobs WHERE state <> 'DONE'")


def _text(row: tuple[Any, ...] | None) -> str:
    return str(row[0]) if row else ""


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
