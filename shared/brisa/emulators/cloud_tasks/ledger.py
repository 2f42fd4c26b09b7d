"""What the emulator remembers: queues, tasks, names that were used, and its key, in one SQLite file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from brisa.emulators.private_file import PrivateFile

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS queue (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, queue TEXT NOT NULL, due REAL NOT NULL,
    body BLOB NOT NULL, copies INTEGER NOT NULL, executions INTEGER NOT NULL DEFAULT 0,
    previous INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, forced INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS task_due ON task (queue, held, due, seq);
CREATE INDEX IF NOT EXISTS task_forced ON task (forced) WHERE forced = 1;
CREATE TABLE IF NOT EXISTS used (name TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS used_until ON used (until);
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
UPDATE task SET held = 0;
"""
_COLUMNS = "name, queue, due, body, copies, executions, previous, held"


@dataclass(frozen=True, slots=True)
class Row:
    """A task as it is stored; ``body`` is a serialised ``Task``, ``due`` seconds since the epoch."""

    name: str
    queue: str
    due: float
    body: bytes
    copies: int = 0
    executions: int = 0
    previous: int = 0
    held: int = 0
    """1 while it is being sent; an emulator that starts sends again what another had begun to."""


class Ledger(PrivateFile):
    """The file: the signing key is in it."""

    def __init__(self, file: Path | None) -> None:
        super().__init__(file, _SCHEMA, emulator="Cloud Tasks")

    def queue(self, name: str) -> bytes | None:
        """The serialised queue."""
        row = self._connection.execute("SELECT body FROM queue WHERE name = ?", (name,)).fetchone()
        return row and bytes(row[0])

    def queues(self, parent: str = "") -> list[bytes]:
        """The queues of a location, or all, by name."""
        sql = "SELECT body FROM queue WHERE substr(name, 1, length(:p)) = :p ORDER BY name"
        return [body for (body,) in self._connection.execute(sql, {"p": parent and parent + "/"})]

    def put_queue(self, name: str, body: bytes) -> None:
        """Create or replace it."""
        self._connection.execute("INSERT OR REPLACE INTO queue VALUES (?, ?)", (name, body))

    def drop_queue(self, name: str) -> None:
        """Forget the queue and its tasks."""
        self._connection.execute("DELETE FROM task WHERE queue = ?", (name,))
        self._connection.execute("DELETE FROM queue WHERE name = ?", (name,))

    def task(self, name: str) -> Row | None:
        """One task."""
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM task WHERE name = ?", (name,)).fetchone()  # noqa: S608
        return row and Row(*row)

    def tasks(self, queue: str, after: str, limit: int) -> list[Row]:
        """Tasks of a queue by name, those after the name ``after``."""
        sql = f"SELECT {_COLUMNS} FROM task WHERE queue = ? AND name > ? ORDER BY name LIMIT ?"  # noqa: S608
        return [Row(*row) for row in self._connection.execute(sql, (queue, after, limit))]

    def add(self, row: Row) -> None:
        """A new task."""
        sql = "INSERT INTO task (name, queue, due, body, copies) VALUES (?, ?, ?, ?, ?)"
        self._connection.execute(sql, (row.name, row.queue, row.due, row.body, row.copies))

    def save(self, row: Row) -> None:
        """What an attempt changed; nobody holds it any more."""
        self._connection.execute(
            "UPDATE task SET due = ?, body = ?, copies = ?, executions = ?, previous = ?, held = 0 WHERE name = ?",
            (row.due, row.body, row.copies, row.executions, row.previous, row.name),
        )

    def force(self, name: str, due: float, body: bytes) -> None:
        """Send it next, whatever its queue's limits."""
        self._connection.execute("UPDATE task SET due = ?, body = ?, forced = 1 WHERE name = ?", (due, body, name))

    def drop_task(self, name: str, until: float) -> None:
        """Forget the task, and keep its name taken until then."""
        self._connection.execute("DELETE FROM task WHERE name = ?", (name,))
        self._connection.execute("INSERT OR REPLACE INTO used VALUES (?, ?)", (name, until))

    def purge(self, queue: str, until: float) -> None:
        """The same for all tasks of a queue."""
        sql = "INSERT OR REPLACE INTO used SELECT name, ? FROM task WHERE queue = ?"
        self._connection.execute(sql, (until, queue))
        self._connection.execute("DELETE FROM task WHERE queue = ?", (queue,))

    def used(self, name: str, now: float) -> bool:
        """Whether the name of a task that is gone is still taken; names whose time is over are forgotten."""
        self._connection.execute("DELETE FROM used WHERE until <= ?", (now,))
        return self._connection.execute("SELECT 1 FROM used WHERE name = ?", (name,)).fetchone() is not None

    def forced(self, limit: int) -> list[Row]:
        """Tasks to send whatever the limits."""
        sql = f"SELECT {_COLUMNS} FROM task WHERE forced = 1 AND held = 0 ORDER BY seq LIMIT ?"  # noqa: S608
        return [Row(*row) for row in self._connection.execute(sql, (limit,))]

    def due(self, queue: str, now: float, limit: int) -> list[Row]:
        """Tasks of a queue that nobody holds and that are due, the longest due first."""
        sql = (
            f"SELECT {_COLUMNS} FROM task WHERE queue = ? AND held = 0 AND due <= ? "  # noqa: S608
            "ORDER BY due, seq LIMIT ?"
        )
        return [Row(*row) for row in self._connection.execute(sql, (queue, now, limit))]

    def next_due(self, queue: str) -> float | None:
        """When the first task of a queue that nobody holds is due."""
        sql = "SELECT min(due) FROM task WHERE queue = ? AND held = 0"
        (due,) = self._connection.execute(sql, (queue,)).fetchone()
        return None if due is None else float(due)

    def hold(self, name: str) -> None:
        """It is being sent."""
        self._connection.execute("UPDATE task SET held = 1, forced = 0 WHERE name = ?", (name,))

    def secret(self, name: str) -> bytes | None:
        """A kept secret."""
        row = self._connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()
        return row and bytes(row[0])

    def keep_secret(self, name: str, value: bytes) -> None:
        """Keep it."""
        self._connection.execute("INSERT OR REPLACE INTO secret VALUES (?, ?)", (name, value))
