"""Calls of Google's APIs that are made again when the service asks for it: one judgement, one way to wait, for all."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from brisa.errors import BrisaError, UnavailableError
from brisa.ports.clock import Clock

T = TypeVar("T")
_chance = random.Random()  # noqa: S311  jitter, not a secret; its own, so that nobody's seeds are disturbed
TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
TIMEOUT = 10.0
"""Seconds that one call may take before its answer counts as lost."""


class Verdict(Enum):
    """What a failed call means."""

    UNDONE = "nothing was done; try again"
    UNKNOWN = "it may have been done, and the answer lost; try again"
    CONFLICT = "a precondition failed, if there was one"
    REFUSED = "trying again does not help"


class Retrying:
    """Tries each call up to 8 times within ``patience`` seconds of ``clock``.

    Pauses double from 0.1 s to 5 s and are drawn at random below that, so that those who failed together do not come
    back together ("full jitter"). The client's own retrying is turned off (:func:`options`): it hides lost answers.
    """

    def __init__(
        self,
        clock: Clock,
        patience: float,
        *,
        service: str,
        refused: Callable[[str, Exception], BrisaError],
        judge: Callable[[Exception], Verdict] | None = None,
        errors: Callable[[], tuple[type[Exception], ...]] | None = None,
    ) -> None:
        """``refused`` makes the error for a call of ``service`` that is not worth another try; it says what to do.

        ``errors`` names what that service's client raises, and ``judge`` what it means, where it is not
        :func:`google_errors` and :func:`judge_call`.
        """
        self._clock = clock
        self._patience = patience
        self._service = service
        self._refused = refused
        self._judge = judge or judge_call
        self._errors = errors or google_errors

    def make(self, what: str, action: Callable[[bool], T]) -> T:
        """The answer of ``action``, which is told whether an answer to it may have been lost before.

        ``what`` says what it does: "read secret 'a'". Raises :class:`~brisa.errors.UnavailableError` when patience
        ends, and what ``refused`` makes when the service refuses.
        """
        lost = False
        deadline = self._clock.now() + self._patience
        caught = self._errors()
        for number in range(1, TRIES + 1):
            try:
                return action(lost)
            except caught as error:
                verdict = self._judge(error)
                if verdict in (Verdict.REFUSED, Verdict.CONFLICT):
                    raise self._refused(what, error) from error
                pause = _pause(number)
                if number == TRIES or self._clock.now() + pause > deadline:
                    raise UnavailableError(
                        f"{self._service} could not {what}, {number} times over: {words(error)}"
                    ) from error
                lost = lost or verdict is Verdict.UNKNOWN
                self._clock.sleep(pause)
        raise AssertionError("the last try has returned or raised")


def judge_call(error: Exception) -> Verdict:
    """What ``error``, raised by a call of one of Google's APIs, means."""
    from google.api_core import exceptions
    from google.auth.exceptions import TransportError

    match error:
        case exceptions.Aborted() | exceptions.TooManyRequests() | TransportError():
            return Verdict.UNDONE
        case exceptions.MethodNotImplemented() | exceptions.DataLoss():
            return Verdict.REFUSED
        case exceptions.ServerError() | exceptions.Cancelled():
            return Verdict.UNKNOWN
        case exceptions.AlreadyExists() | exceptions.FailedPrecondition() | exceptions.NotFound():
            return Verdict.CONFLICT
        case _:
            return Verdict.REFUSED


def google_errors() -> tuple[type[Exception], ...]:
    """What to catch around a call."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError

    return GoogleAPICallError, GoogleAuthError


def words(error: Exception) -> str:
    """What an error says, in one line of bearable length."""
    return f"{type(error).__name__}: {error}"[:1000]


@cache
def options() -> Mapping[str, Any]:
    """Keywords for the client's methods: no retries of its own (some methods can't take ``None``), a time limit."""
    from google.api_core.retry import Retry

    return {"retry": Retry(predicate=_never), "timeout": TIMEOUT}


def _never(_: Exception) -> bool:
    return False


def _pause(number: int) -> float:
    return _chance.uniform(0.0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**number))
