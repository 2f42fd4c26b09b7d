"""The emulator's time: the machine's, or one that is told, so that nobody waits thirty days."""

from __future__ import annotations

import time


class EmulatorClock:
    """Seconds since the epoch."""

    def __init__(self, *, manual: bool = False) -> None:
        """``manual``: it stands still until :meth:`set`."""
        self.manual = manual
        self._told = time.time()

    def now(self) -> float:
        """The time."""
        return self._told if self.manual else time.time()

    def set(self, now: float) -> None:
        """Tell a manual clock the time."""
        self._told = now

    def until(self, moment: float | None) -> float | None:
        """How many real seconds to wait for ``moment``; ``None`` for as long as nothing happens."""
        if moment is None or (self.manual and moment > self._told):
            return None
        return max(0.0, moment - self.now())
