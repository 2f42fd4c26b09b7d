"""The local queue: a table in the state store's file."""

from __future__ import annotations

import json
from collections.abc import Sequence

from brisa.adapters.local.clock import SystemClock
from brisa.adapters.sqlite import queries
from brisa.adapters.sqlite.database import Database
from brisa.model.codec import decode_work, dumps, encode_work
from brisa.model.work import Work
from brisa.ports.clock import Clock

_REMEMBER = 3600.0
"""Seconds for which the name of a message that is done stays taken."""
_TIDY_EVERY = 60.0


class SqliteQueue:
    """A :class:`~brisa.ports.queue.LocalQueue` in the file of ``database``.

    A message without a time comes before all that have one. ``clock`` tells how long a name has been done.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._tidied_at = 0.0

    def enqueue(self, messages: Sequence[Work]) -> None:
        """Send each message once per name, all or none; see the port."""
        rows = [(message.name, message.not_before or 0.0, dumps(encode_work(message))) for message in messages]
        if rows:
            with self._database.write() as connection:
                connection.executemany(queries.ENQUEUE, rows)

    def take(self, now: float, *, limit: int, owner: str) -> Sequence[Work]:
        """Up to ``limit`` messages due at ``now``, earliest due first."""
        if limit <= 0:
            return []
        with self._database.write() as connection:
            rows = connection.execute(queries.TAKE, (owner, now, limit)).fetchall()
            # RETURNING promises no order. Within the transaction: what can't be read is not taken.
            return [decode_work(json.loads(doc)) for _, _, doc in sorted(rows)]

    def done(self, *names: str) -> None:
        """Forget these messages; their names stay taken for an hour."""
        now = self._clock.now()
        with self._database.write() as connection:
            connection.executemany(queries.DONE, [(now, name) for name in names])
            if abs(now - self._tidied_at) >= _TIDY_EVERY:
                connection.execute(queries.FORGET, (now - _REMEMBER,))
                self._tidied_at = now

    def give_back(self, *names: str) -> None:
        """Make these taken messages available again."""
        with self._database.write() as connection:
            connection.executemany(queries.GIVE_BACK, [(name,) for name in names])

    def release(self, owner: str | None = None) -> int:
        """Give back what ``owner`` (``None``: anybody) has taken and not done."""
        with self._database.write() as connection:
            if owner is None:
                return connection.execute(queries.RELEASE_ALL).rowcount
            return connection.execute(queries.RELEASE, (owner,)).rowcount

    def next_due(self) -> float | None:
        """When the next message that nobody has taken is due; 0 for one without a time."""
        ((due,),) = self._database.read(queries.NEXT_MESSAGE)
        return None if due is None else float(due)

    def depth(self) -> int:
        """How many messages there are, taken ones included."""
        ((depth,),) = self._database.read(queries.DEPTH)
        return int(depth)
