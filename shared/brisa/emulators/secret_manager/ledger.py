"""What the emulator remembers: secrets, and their versions with their payloads, in one SQLite file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from brisa.emulators.private_file import PrivateFile

# What is destroyed is gone. A write-ahead log would keep it for a while, so there is none.
_SCHEMA = """
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS secret (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, parent TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS secret_parent ON secret (parent, seq);
CREATE TABLE IF NOT EXISTS version (
    secret TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (secret, number)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored resource: ``order`` rises with the time of its making, ``body`` is the serialised message."""

    order: int
    body: bytes


class Ledger(PrivateFile):
    """The file: payloads are in it as they are."""

    def __init__(self, file: Path | None) -> None:
        super().__init__(file, _SCHEMA, emulator="Secret Manager")

    def secret(self, name: str) -> bytes | None:
        """The serialised secret."""
        row = self._connection.execute("SELECT body FROM secret WHERE name = ?", (name,)).fetchone()
        return row and bytes(row[0])

    def secrets(self, parent: str) -> list[Row]:
        """The secrets of a project, newest first."""
        sql = "SELECT seq, body FROM secret WHERE parent = ? ORDER BY seq DESC"
        return [Row(*row) for row in self._connection.execute(sql, (parent,))]

    def add_secret(self, name: str, parent: str, body: bytes) -> None:
        """A new one."""
        self._connection.execute("INSERT INTO secret (name, parent, body) VALUES (?, ?, ?)", (name, parent, body))

    def drop_secret(self, name: str) -> None:
        """Forget the secret and its versions."""
        self._connection.execute("DELETE FROM version WHERE secret = ?", (name,))
        self._connection.execute("DELETE FROM secret WHERE name = ?", (name,))

    def latest(self, secret: str) -> int:
        """The number of the newest version, 0 if there is none."""
        (number,) = self._connection.execute("SELECT max(number) FROM version WHERE secret = ?", (secret,)).fetchone()
        return number or 0

    def version(self, secret: str, number: int) -> bytes | None:
        """The serialised version."""
        sql = "SELECT body FROM version WHERE secret = ? AND number = ?"
        row = self._connection.execute(sql, (secret, number)).fetchone()
        return row and bytes(row[0])

    def versions(self, secret: str) -> list[Row]:
        """All versions, newest first."""
        sql = "SELECT number, body FROM version WHERE secret = ? ORDER BY number DESC"
        return [Row(*row) for row in self._connection.execute(sql, (secret,))]

    def data(self, secret: str, number: int) -> bytes:
        """The payload of a version; empty when it was destroyed."""
        sql = "SELECT data FROM version WHERE secret = ? AND number = ?"
        (data,) = self._connection.execute(sql, (secret, number)).fetchone()
        return bytes(data)

    def add_version(self, secret: str, number: int, body: bytes, data: bytes) -> None:
        """A new one."""
        self._connection.execute("INSERT INTO version VALUES (?, ?, ?, ?)", (secret, number, body, data))

    def save_version(self, secret: str, number: int, body: bytes, *, destroyed: bool) -> None:
        """What has changed of it; the payload of one that is destroyed goes."""
        sql = "UPDATE version SET body = ?, data = iif(?, x'', data) WHERE secret = ? AND number = ?"
        self._connection.execute(sql, (body, destroyed, secret, number))
