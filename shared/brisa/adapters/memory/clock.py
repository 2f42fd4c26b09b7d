"""A clock that stands still until it is told to move."""

from __future__ import annotations

import threading


class FakeClock:
    """A :class:`~brisa.ports.clock.Clock` whose time passes only by :meth:`advance` and :meth:`sleep`."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._lock = threading.Lock()

    def now(self) -> float:
        """The time it was set to, in seconds since the epoch."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Return at once, ``seconds`` later by this clock; nothing passes for a negative number."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass; a negative number sets the clock back, as a bad time server would."""
        with self._lock:
            self._now = round(self._now + seconds, 6)
