"""What a task raised, as the outcome of its attempt.

The exceptions themselves are in :mod:`brisa.authoring.exceptions`, where operators and users can import them.
"""

from __future__ import annotations

from brisa.authoring.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    Reschedule,
)
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind


def outcome_of(error: BaseException) -> Outcome:
    """How an attempt ended that raised ``error``; Airflow's rules: a sensor's timeout is not retried."""
    if isinstance(error, AirflowSkipException):
        return Outcome(kind=OutcomeKind.SKIPPED, error=one_line(str(error)))
    if isinstance(error, Reschedule):
        return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=error.resume_at)
    if isinstance(error, AirflowRescheduleException):
        return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=error.reschedule_date.timestamp())
    retryable = not isinstance(error, AirflowFailException | AirflowSensorTimeout)
    return Outcome(kind=OutcomeKind.FAILED, retryable=retryable, error=describe(error))


def describe(error: BaseException) -> str:
    """One line for people: the error's type, its message, and its notes, which say what it was about."""
    if isinstance(error, SystemExit):
        return one_line(f"the task called sys.exit({'' if error.code is None else repr(error.code)})")
    if isinstance(error, KeyboardInterrupt) and not error.args:
        return "KeyboardInterrupt: the task was interrupted"
    if isinstance(error, MemoryError) and not error.args:
        return "MemoryError: the task ran out of memory"
    text = one_line(", ".join(filter(None, [str(error), *getattr(error, "__notes__", ())])))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def one_line(text: str, limit: int = 500) -> str:
    """``text`` on one line, cut at ``limit`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
