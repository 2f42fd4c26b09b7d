"""The local queue as a dictionary."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from brisa.adapters.local.clock import SystemClock
from brisa.model.work import Work
from brisa.ports.clock import Clock

REMEMBER = 3600.0
"""Seconds for which the name of a message that is done stays taken."""


@dataclass(slots=True)
class _Entry:
    message: Work
    order: tuple[float, int]
    owner: str | None = None


class MemoryQueue:
    """A :class:`~brisa.ports.queue.LocalQueue` that ends with its process.

    A message without a time comes before all that have one. ``clock`` tells how long a name has been done.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._count = itertools.count()
        self._entries: dict[str, _Entry] = {}
        self._done: dict[str, float] = {}
        """Name → when it was done, the oldest first."""

    def enqueue(self, messages: Sequence[Work]) -> None:
        """Send each message once per name; see the port."""
        with self._lock:
            self._forget()
            for message in messages:
                name = message.name
                if name not in self._entries and name not in self._done:
                    self._entries[name] = _Entry(message, (message.not_before or 0.0, next(self._count)))

    def take(self, now: float, *, limit: int, owner: str) -> Sequence[Work]:
        """Up to ``limit`` messages due at ``now``, earliest due first."""
        with self._lock:
            due = [entry for entry in self._entries.values() if entry.owner is None and entry.order[0] <= now]
            taken = sorted(due, key=lambda entry: entry.order)[: max(0, limit)]
            for entry in taken:
                entry.owner = owner
            return [entry.message for entry in taken]

    def done(self, *names: str) -> None:
        """Forget these messages; their names stay taken for an hour."""
        with self._lock:
            self._forget()
            for name in names:
                if self._entries.pop(name, None) is not None:
                    self._done[name] = self._clock.now()

    def give_back(self, *names: str) -> None:
        """Make these taken messages available again."""
        with self._lock:
            for name in names:
                entry = self._entries.get(name)
                if entry is not None:
                    entry.owner = None

    def release(self, owner: str | None = None) -> int:
        """Give back what ``owner`` (``None``: anybody) has taken and not done."""
        with self._lock:
            held = [
                entry for entry in self._entries.values() if entry.owner is not None and owner in (None, entry.owner)
            ]
            for entry in held:
                entry.owner = None
            return len(held)

    def next_due(self) -> float | None:
        """When the next message that nobody has taken is due; 0 for one without a time."""
        with self._lock:
            return min((entry.order[0] for entry in self._entries.values() if entry.owner is None), default=None)

    def depth(self) -> int:
        """How many messages there are, taken ones included."""
        return len(self._entries)

    def _forget(self) -> None:
        limit = self._clock.now() - REMEMBER
        while self._done:
            name, when = next(iter(self._done.items()))
            if when > limit:
                break
            del self._done[name]
