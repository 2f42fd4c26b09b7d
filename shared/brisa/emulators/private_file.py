"""The one SQLite file in which an emulator keeps what outlives it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brisa.errors import EmulatorError


class PrivateFile:
    """Its owner alone can read it: nothing in it is encrypted.

    Not safe between threads: who uses it holds a lock around every call.
    """

    def __init__(self, file: Path | None, schema: str, *, emulator: str) -> None:
        """``None`` keeps everything in memory; ``schema`` is a script for each opening.

        :class:`EmulatorError` for a file that can't be used.
        """
        self._connection = sqlite3.connect(_private(file, emulator), isolation_level=None, check_same_thread=False)
        try:
            self._connection.executescript(schema)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            message = f"{file} can't be used by the {emulator} emulator: {error}. Move it away, or name another file."
            raise EmulatorError(message) from error

    @contextmanager
    def together(self) -> Iterator[None]:
        """All writes in the block, or none."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _private(file: Path | None, emulator: str) -> str:
    if file is None:
        return ":memory:"
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        file.chmod(0o600)
    except OSError as error:
        raise EmulatorError(f"The {emulator} emulator can't write {file}: {error.strerror}") from error
    return str(file)
