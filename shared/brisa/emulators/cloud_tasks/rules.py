"""When a task is tried again and how fast a queue may go: arithmetic, without a clock.

Source of every rule: the reference of ``RetryConfig`` and ``RateLimits`` in the Cloud Tasks API, v2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

UNLIMITED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and after how long; seconds. The defaults are the service's."""

    max_attempts: int = 100
    """The first one included; :data:`UNLIMITED` for no limit."""
    max_duration: float = 0.0
    """From the first attempt on; 0 for no limit."""
    min_backoff: float = 0.1
    max_backoff: float = 3600.0
    max_doublings: int = 16

    def wait(self, failures: int) -> float:
        """Seconds from the ``failures``-th failure (from 1) to the next attempt.

        It doubles ``max_doublings`` times, then grows by what it has reached, until ``max_backoff``.
        """
        steps = failures - 1
        doubled = min(steps, self.max_doublings, 60)  # 2 ** 60 times anything is above every maximum
        return min(self.max_backoff, self.min_backoff * 2.0**doubled * (1 + max(0, steps - self.max_doublings)))

    def over(self, attempts: int, elapsed: float) -> bool:
        """Whether a task that failed ``attempts`` times, ``elapsed`` seconds after its first attempt, is given up.

        Where both limits are set, both must be reached.
        """
        limited = self.max_attempts != UNLIMITED
        if self.max_duration <= 0:
            return limited and attempts >= self.max_attempts
        return elapsed >= self.max_duration and (not limited or attempts >= self.max_attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A token bucket as it was at ``at`` (seconds since the epoch): each dispatch takes a token."""

    rate: float
    """Tokens that come in a second."""
    burst: float
    """How many it holds."""
    tokens: float
    at: float

    def filled(self, now: float) -> Bucket:
        """The bucket at ``now``. A clock that was set back brings no tokens and takes none."""
        return replace(self, tokens=min(self.burst, self.tokens + max(0.0, now - self.at) * self.rate), at=now)

    @property
    def whole(self) -> int:
        """How many dispatches it allows at once; a hair short of a token is a token."""
        return math.floor(self.tokens + 1e-6)

    def less(self, count: int) -> Bucket:
        """The bucket after ``count`` dispatches."""
        return replace(self, tokens=self.tokens - count)

    @property
    def next_at(self) -> float:
        """When it holds a whole token."""
        return self.at + max(0.0, 1 - self.tokens) / self.rate
