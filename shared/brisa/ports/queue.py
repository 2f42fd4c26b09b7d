"""The task queue, seen from whoever sends; and, in embedded mode, from the dispatcher that receives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from brisa.model.work import Work


class TaskQueue(Protocol):
    """Sends messages to workers: at least once, in any order, not before their time."""

    def enqueue(self, messages: Sequence[Work]) -> None:
        """Send each message once per name: a name that is, or recently was, in the queue is ignored silently.

        Raises :class:`~brisa.errors.UnavailableError`; some of the messages may then have been sent, so the caller
        may call again with all of them.
        """
        ...


class LocalQueue(TaskQueue, Protocol):
    """The embedded queue, which is pulled from. Safe between threads; survives the end of the process."""

    def take(self, now: float, *, limit: int, owner: str) -> Sequence[Work]:
        """Up to ``limit`` messages due at ``now``, earliest due first, hidden from other takers until ``done``."""
        ...

    def done(self, *names: str) -> None:
        """Forget these taken messages. Unknown names are ignored."""
        ...

    def give_back(self, *names: str) -> None:
        """Make these taken messages available again: they could not be handled. Unknown names are ignored."""
        ...

    def release(self, owner: str | None = None) -> int:
        """Give back what ``owner`` (``None``: anybody) has taken and not done: its process is gone. How many."""
        ...

    def next_due(self) -> float | None:
        """When the next message that nobody has taken is due, in seconds since the epoch; ``None`` if there's none."""
        ...

    def depth(self) -> int:
        """How many messages there are, taken ones included."""
        ...
