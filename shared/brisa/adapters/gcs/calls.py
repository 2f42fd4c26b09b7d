"""Calls that are made again when Cloud Storage is away for a moment."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any, Final, TypeVar

from brisa.adapters.gcs.failures import google_errors, refused, transient, unavailable
from brisa.ports.clock import Clock

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
ONCE: Final[dict[str, Any]] = {"retry": None, "timeout": 20.0}
"""Keywords for the client's methods: no retries of its own, which go by the machine's clock and leave most uploads
out, and a limit, in seconds, to the silence of the other side."""


class Calls:
    """Makes each call again and again within ``patience`` seconds of ``clock``.

    Pauses double from 0.1 s to 5 s; up to half of each is left to chance, so that those who failed together do not
    come back together. All calls of ours may be repeated: what they leave is the same after the second time.
    """

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience

    def make(self, what: str, action: Callable[[], T]) -> T:
        """The answer of ``action``; ``what`` says what it does: "read object 'a' of bucket 'b'".

        Raises :class:`~brisa.errors.UnavailableError` when patience ends, :class:`~brisa.errors.StorageError` when
        Cloud Storage refuses.
        """
        deadline = self._clock.now() + self._patience
        caught = google_errors()
        for number in itertools.count(1):
            try:
                return action()
            except caught as error:
                if not transient(error):
                    raise refused(what, error) from error
                pause = _pause(number)
                if self._clock.now() + pause > deadline:
                    raise unavailable(what, number, error) from error
                self._clock.sleep(pause)
        raise AssertionError("tries do not run out")


def _pause(number: int) -> float:
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(number, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311  jitter, not a secret
