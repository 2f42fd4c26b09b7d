"""Whether a connection works, tried by its hook: ``python -m brisa.runtime.connection_trial``, a process of its own.

It reads a JSON object (``conn_id`` and the connection's fields) and writes another, ``{"status": …, "message": …}``.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from brisa.authoring import installed
from brisa.authoring.connection_text import FIELDS
from brisa.authoring.connections import HOOKS, Connection
from brisa.compat import active

PORTS: Final[Mapping[str, int]] = {
    "cassandra": 9042,
    "elasticsearch": 9200,
    "ftp": 21,
    "http": 80,
    "https": 443,
    "imap": 993,
    "mongo": 27017,
    "mssql": 1433,
    "mysql": 3306,
    "oracle": 1521,
    "postgres": 5432,
    "presto": 8080,
    "redis": 6379,
    "redshift": 5439,
    "sftp": 22,
    "smtp": 25,
    "ssh": 22,
    "trino": 8080,
    "vertica": 5433,
}
"""Type of connection → where its servers listen unless it is said."""
_SECONDS: Final = 10.0
WORKS: Final = "Connection successfully tested"
"""Airflow's words."""


def tried(connection: Connection) -> tuple[bool, str]:
    """Whether it works, and a sentence about that: what its hook's ``test_connection`` says; if there is none, whether
    somebody listens at its host and port."""
    conn_type = connection.conn_type or ""
    with active():
        if conn_type in {**HOOKS, **installed.hooks()}:
            test = getattr(connection.get_hook(), "test_connection", None)
            if callable(test):
                status, message = test()
                return bool(status), str(message)
    host = connection.host or ""
    url = urlsplit(host if "://" in host else f"//{host}")
    port = connection.port or url.port or PORTS.get(url.scheme or conn_type)
    if conn_type not in PORTS and not (url.hostname and connection.port):
        return False, f'Unknown hook type "{conn_type}"'
    if not url.hostname or not port:
        return False, "it names no host to be reached"
    with socket.create_connection((url.hostname, port), _SECONDS):
        return True, f"{url.hostname}:{port} is listening; nobody has logged in"


def main() -> None:
    """Try the connection that standard input says."""
    fields: dict[str, Any] = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)  # what hooks print is no answer
    conn_id = str(fields["conn_id"])
    said = {name: fields.get(name) for name in FIELDS}
    os.environ[f"BRISA_CONN_{conn_id.upper()}"] = json.dumps(said)  # where hooks find it
    try:
        status, message = tried(Connection.of(conn_id, said))
    except Exception as error:  # noqa: BLE001  whatever a hook raises is the answer
        status, message = False, f"{type(error).__name__}: {error}"
    os.write(answer, json.dumps({"status": status, "message": message[:2000]}).encode())


if __name__ == "__main__":
    main()
