"""The system's clock."""

from __future__ import annotations

import time


class SystemClock:
    """A :class:`~brisa.ports.clock.Clock`: the machine's, in whole microseconds, as datetimes have them."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return round(time.time(), 6)

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds``; at once for a negative number."""
        time.sleep(max(0.0, seconds))
