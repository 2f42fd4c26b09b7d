"""The events that are still to be delivered, in one SQLite file: they survive a kill."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from brisa.emulators.eventarc.cloud_event import CloudEvent
from brisa.emulators.private_file import PrivateFile

# A kill loses nothing, a power cut may: it is an emulator.
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    born REAL NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (held, due, seq);
UPDATE delivery SET held = 0;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way. Times are seconds since the epoch."""

    seq: int
    event: CloudEvent
    born: float
    due: float
    attempts: int
    """How often it was tried."""


class Ledger(PrivateFile):
    """The file."""

    def __init__(self, file: Path | None) -> None:
        """What another process had begun to deliver is to be delivered again."""
        super().__init__(file, _SCHEMA, emulator="Eventarc")

    def add(self, event: CloudEvent, now: float, copies: int) -> None:
        """Remember to deliver ``event``, ``1 + copies`` times."""
        row = (event.id, json.dumps(dict(event.headers)), event.body, now, now)
        self._connection.executemany(
            "INSERT INTO delivery (id, headers, body, born, due) VALUES (?, ?, ?, ?, ?)", [row] * (1 + copies)
        )

    def take(self, now: float) -> Delivery | float | None:
        """The next that is due, which is nobody else's until it is settled; else when the next is due, if any is."""
        row = self._connection.execute(
            "SELECT seq, id, headers, body, born, due, attempts FROM delivery WHERE held = 0 ORDER BY due, seq LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        seq, event_id, headers, body, born, due, attempts = row
        if due > now:
            return float(due)
        self._connection.execute("UPDATE delivery SET held = 1 WHERE seq = ?", (seq,))
        event = CloudEvent(id=event_id, headers=json.loads(headers), body=body)
        return Delivery(seq=seq, event=event, born=born, due=due, attempts=attempts)

    def put_off(self, delivery: Delivery, due: float) -> None:
        """Try it again at ``due``."""
        self._connection.execute(
            "UPDATE delivery SET held = 0, due = ?, attempts = attempts + 1 WHERE seq = ?", (due, delivery.seq)
        )

    def drop(self, delivery: Delivery) -> None:
        """It is delivered, or given up."""
        self._connection.execute("DELETE FROM delivery WHERE seq = ?", (delivery.seq,))
