"""Slows down who guesses passwords."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict

from brisa.ports.clock import Clock

LONGEST = 60.0
"""Seconds to wait at most: whoever keeps failing under somebody else's name keeps them out no longer."""
FORGOTTEN = 3600.0
"""Seconds without a failure after which the earlier ones are forgotten."""
REMEMBERED = 10_000
"""Keys; of more, those that failed longest ago are forgotten."""


class Throttle:
    """Counts failures by key: after ``free`` of them the next try has to wait a second, then two, four, and so on.

    Safe between threads. A try counts as failed until it is forgiven, so that many at once gain nothing.
    """

    def __init__(self, clock: Clock, *, free: int, remembered: int = REMEMBERED) -> None:
        self._clock = clock
        self._free = free
        self._remembered = remembered
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """Key → how often, and when the last time was."""
        self._lock = threading.Lock()

    def enter(self, key: str) -> float:
        """Seconds that ``key`` has to wait; 0 if it may try now, which is then counted."""
        with self._lock:
            now = self._clock.now()
            count, last = self._failed.get(key, (0, now))
            if now - last > FORGOTTEN:
                count = 0
            wait = min(LONGEST, 2.0 ** min(count - self._free, 30)) if count >= self._free else 0.0
            left = min(wait, last + wait - now)  # the clock may have been set back
            if left > 0:
                return left
            self._failed[key] = (count + 1, now)
            self._failed.move_to_end(key)
            if len(self._failed) > self._remembered:
                self._failed.popitem(last=False)
            return 0.0

    def forgive(self, key: str, *, once: bool = False) -> None:
        """Forget what ``key`` failed, or only one time of it."""
        with self._lock:
            count, last = self._failed.pop(key, (0, 0.0))
            if once and count > 1:
                self._failed[key] = (count - 1, last)

    def __len__(self) -> int:
        return len(self._failed)


def neighbourhood(address: str) -> str:
    """What counts as one address: with IPv6, a client has a network of 2⁶⁴ of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((found, 64), strict=False))
    return str(found)
