"""What SQLite says, in brisa's words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from brisa.errors import BrisaError, StorageError, UnavailableError

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SHUT = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


def translate(error: sqlite3.Error, path: Path) -> BrisaError:
    """The error to raise for ``error``, which arose with the database ``path``; says what to do."""
    # The extended code's lowest byte is the plain one.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UnavailableError(f"the state database {path} is busy: another process is writing to it")
    if code in _DAMAGED:
        return damaged(path, str(error))
    if code == sqlite3.SQLITE_FULL:
        return StorageError(
            f"there is no room to write the state database {path} ({error}); nothing was half-written: "
            "make room on its disk and try again"
        )
    if code == sqlite3.SQLITE_IOERR:
        return StorageError(
            f"the disk failed under the state database {path} ({error}); nothing was half-written: "
            "check the disk, its room and its limits, and try again"
        )
    if code in _SHUT:
        return StorageError(
            f"the state database {path} can't be opened or written ({error}): check that its folder is there, and "
            "the rights of both"
        )
    return StorageError(f"the state database {path} can't be used: {error}")


def damaged(path: Path, reason: str) -> StorageError:
    """The error for a file that isn't a whole database."""
    return StorageError(
        f"the state database {path} is damaged ({reason}); it was left as it is. Put a backup in its place; or move it "
        f"away together with {path.name}-wal and {path.name}-shm and start anew; "
        f"'sqlite3 {path.name} .recover' may save what is in it"
    )
