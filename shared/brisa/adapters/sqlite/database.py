"""The SQLite file: connections, transactions, and the checks before it is used."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from brisa.adapters.local.private import place
from brisa.adapters.sqlite.failures import damaged, translate
from brisa.adapters.sqlite.queries import APPLICATION_ID, LAYOUTS, SCHEMA_VERSION
from brisa.errors import StorageError

_ASK_AGAIN = 0.01
"""Seconds between two questions whether a file can be had."""
_MAGIC = b"SQLite format 3\x00"
_QUICKLY_CHECKED = 16 * 2**20
"""Bytes up to which a file is checked whole when it is opened: some 20 ms."""


class Database:
    """One SQLite file, made if it isn't there. Safe between threads and processes; close it in the end.

    Write-ahead log with ``synchronous=NORMAL``: what was committed survives the end of any process; a power cut may
    take the last moments, never the file's consistency. One connection writes, under a lock, so that threads queue up
    instead of polling SQLite's own lock; others, one for each thread that reads at the same time, read beside it.

    Raises :class:`~brisa.errors.StorageError` for a file that is damaged, not brisa's, or written by a newer brisa;
    such a file is left as it is.
    """

    def __init__(self, path: str | Path, *, busy_seconds: float = 10.0) -> None:
        """``busy_seconds`` is how long to wait for another process that writes."""
        self.path = Path(path).absolute()
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                place(self.path, b"")  # SQLite itself would make it readable for all; its log has the file's mode
            elif self.path.stat().st_size:
                self._check_header()
                self._check_content()
        except OSError as error:
            raise StorageError(f"the state database {self.path} can't be opened: {error.strerror}") from error
        self._writer = self._connect()
        try:
            self._make()
        except BaseException:
            self._writer.close()
            raise

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query: one consistent view, that of every commit so far."""
        reader = self._borrow()
        try:
            rows = reader.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            reader.close()
            raise translate(error, self.path) from error
        except BaseException:
            reader.close()
            raise
        self._give_back(reader)
        return rows

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all that is executed on the connection given, or nothing if the block raises."""
        with self._lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise translate(error, self.path) from error
            except BaseException:
                self._roll_back()
                raise

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        with self._lock:
            self._closed = True
            while self._readers:
                self._readers.pop().close()
            self._writer.close()

    def _roll_back(self) -> None:
        # A full disk may have ended the transaction already; a failing one must not hide the first error.
        with suppress(sqlite3.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._readers.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, reader: sqlite3.Connection) -> None:
        self._readers.append(reader)
        if self._closed:
            # Closed meanwhile: whoever pops it closes it.
            while self._readers:
                self._readers.pop().close()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise StorageError(f"the state database {self.path} was closed")
        try:
            connection = sqlite3.connect(
                self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = OFF")
        except sqlite3.Error as error:
            connection.close()
            raise translate(error, self.path) from error
        return connection

    def _check_header(self) -> None:
        with self.path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise damaged(self.path, "it does not begin as a SQLite database does")

    def _check_content(self) -> None:
        """Look at an existing file through a connection that can't change it, not even by its closing."""
        uri = f"file:{quote(str(self.path))}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=self._busy_seconds)) as connection:
                self._check_owner(connection)
                if self.path.stat().st_size <= _QUICKLY_CHECKED:
                    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                    if verdict != "ok":
                        raise damaged(self.path, verdict.replace("\n", " "))
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                # These questions are without fault: it is the file that SQLite can't make sense of.
                raise damaged(self.path, str(error)) from error
            raise translate(error, self.path) from error

    def _check_owner(self, connection: sqlite3.Connection) -> None:
        # One statement sees one moment: another process may be making the file.
        sql = "SELECT a.application_id, v.user_version, (SELECT COUNT(*) FROM sqlite_master)"
        sql += " FROM pragma_application_id a, pragma_user_version v"
        owner, version, tables = connection.execute(sql).fetchone()
        if tables and owner != APPLICATION_ID:
            raise StorageError(
                f"{self.path} is a SQLite database, but not brisa's; it was left as it is: choose another file"
            )
        if version > SCHEMA_VERSION:
            raise StorageError(
                f"the state database {self.path} was written by a newer brisa (layout {version}, this one knows "
                f"{SCHEMA_VERSION}); it was left as it is: install that brisa, or choose another file"
            )

    def _turn_to_wal(self) -> None:
        """SQLite refuses this at once while another process does the same, whatever its timeout: ask again."""
        deadline = time.monotonic() + self._busy_seconds
        while True:
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(_ASK_AGAIN)

    def _make(self) -> None:
        try:
            self._turn_to_wal()
            # Fewer, longer copies from the log to the file: each of them waits for the disk.
            self._writer.execute("PRAGMA wal_autocheckpoint = 4000")
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        with self.write() as connection:
            # Asked within the transaction: another process may have been faster.
            (layout,) = connection.execute("PRAGMA user_version").fetchone()
            if layout < SCHEMA_VERSION:
                for statement in ";".join(LAYOUTS[layout:]).split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
