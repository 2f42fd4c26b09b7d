"""The one error tree of brisa: one class, one sentence.

Drivers' errors are translated into these once, at the adapter, with ``from``. Signals that user code must not
swallow derive from :class:`BaseException` and live in :mod:`brisa.runtime.signals`.
"""

from __future__ import annotations

from dataclasses import dataclass


class BrisaError(Exception):
    """Anything that brisa itself raises."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where in the user's files something is: each part may be unknown (empty or 0)."""

    file: str = ""
    line: int = 0
    dag_id: str = ""
    task_id: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        parts = [place, f"DAG {self.dag_id!r}" * bool(self.dag_id), f"task {self.task_id!r}" * bool(self.task_id)]
        return ", ".join(part for part in parts if part)


class AuthoringError(BrisaError):
    """A DAG file says something that can't be; names file, line, DAG and task as far as they are known."""

    def __init__(self, message: str, location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location or Location()

    def __str__(self) -> str:
        place = str(self.location)
        return f"{place}: {self.message}" if place else self.message


class CycleError(AuthoringError):
    """The dependencies of a DAG run in a circle; the message names the circle."""


class DuplicateTaskIdError(AuthoringError):
    """Two tasks of one DAG have the same id."""


class ScheduleError(BrisaError, ValueError):
    """A schedule (cron expression, preset, time zone) that can't be understood."""


class IllegalMoveError(BrisaError):
    """The engine was about to make a move that its table does not have: a defect of brisa, never of a user."""


class DecodeError(BrisaError):
    """Stored or received JSON is not a record of the expected kind."""


class NewerFormatError(DecodeError):
    """Stored or received JSON was written by a newer brisa in a format that this one does not read; says what to do."""


class NotFoundError(BrisaError):
    """A DAG, run, task or other named thing does not exist."""


class ConflictError(BrisaError):
    """A commit's precondition failed: somebody else changed, made or removed one of its records; nothing is written."""


class UnavailableError(BrisaError):
    """A service that brisa stands on did not answer; trying again later may help."""


class StorageError(BrisaError):
    """The state store can't be used as it is (corrupt, full, locked by another process); says what to do."""


class QueueError(BrisaError):
    """The task queue can't be used as it is (missing, no permission, a refused task); says what to do."""


class JobError(BrisaError):
    """A task can't run as a job of its own (there is none of that size, no permission); says what to do."""


class IdentityError(BrisaError):
    """A caller can't prove who it is, or is nobody who may call; says what is wrong, and never quotes the token."""


class EmulatorError(BrisaError):
    """A local stand-in for Google Cloud can't be started; says what to install, or what its log says."""


class TaskError(BrisaError):
    """What went wrong with one attempt of a task, as a person should read it."""
