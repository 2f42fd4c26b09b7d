"""Calls that are made again when Firestore asks for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from brisa.adapters.firestore.failures import Verdict, google_errors, judge, refused, unavailable
from brisa.ports.clock import Clock

T = TypeVar("T")
TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
TIMEOUT = 10.0
"""Seconds that one call may take before its answer counts as lost."""


class Calls:
    """Tries each call up to 8 times within ``patience`` seconds of ``clock``.

    Pauses double from 0.1 s to 5 s and are drawn at random below that, so that those who failed together do not come
    back together ("full jitter"). The client's own retrying is turned off (:func:`options`): it hides lost answers.
    """

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience

    def make(self, what: str, action: Callable[[bool], T]) -> T:
        """The answer of ``action``, which is told whether an answer to it may have been lost before.

        ``what`` says what it does: "read run 'a' 'b'". Raises :class:`~brisa.errors.UnavailableError` when patience
        ends, :class:`~brisa.errors.StorageError` when Firestore refuses.
        """
        lost = False
        deadline = self._clock.now() + self._patience
        caught = google_errors()
        for number in range(1, TRIES + 1):
            try:
                return action(lost)
            except caught as error:
                verdict = judge(error)
                if verdict in (Verdict.REFUSED, Verdict.CONFLICT):
                    raise refused(what, error) from error
                pause = _pause(number)
                if number == TRIES or self._clock.now() + pause > deadline:
                    raise unavailable(what, number, error) from error
                lost = lost or verdict is Verdict.UNKNOWN
                self._clock.sleep(pause)
        raise AssertionError("the last try has returned or raised")


@cache
def options() -> Mapping[str, Any]:
    """Keywords for the client's methods: no retries of its own (some methods can't take ``None``), a time limit."""
    from google.api_core.retry import Retry

    return {"retry": Retry(predicate=_never), "timeout": TIMEOUT}


def _never(_: Exception) -> bool:
    return False


def _pause(number: int) -> float:
    return random.uniform(0.0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**number))  # noqa: S311  jitter, not a secret
