"""What tasks raise to say how they ended, with Airflow's names; and the signals that user code must not swallow.

Who catches them is :mod:`brisa.runtime.signals`, which turns each into an outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from brisa.authoring.triggers import Serializable
from brisa.errors import TaskError


class AirflowException(TaskError):
    """A task failed; it is retried while it has tries left."""


class AirflowNotFoundException(AirflowException):
    """A named thing (connection, DAG, run …) does not exist."""


class AirflowBadRequest(AirflowException):
    """What was asked for can't be."""


class AirflowTimetableInvalid(AirflowException):
    """A timetable that can't be; raised by a timetable's ``validate``."""


class AirflowConfigException(AirflowException):
    """A setting is missing or wrong."""


class AirflowSkipException(AirflowException):
    """The task has nothing to do: it ends as skipped."""


class AirflowFailException(AirflowException):
    """The task failed, and retrying can't help."""


class AirflowSensorTimeout(AirflowException):
    """A sensor has waited for longer than its ``timeout``; not retried, as in Airflow."""


class AirflowRescheduleException(AirflowException):
    """Run this task again at ``reschedule_date`` (an aware datetime), in the same try."""

    def __init__(self, reschedule_date: datetime) -> None:
        super().__init__(f"rescheduled to {reschedule_date.isoformat()}")
        self.reschedule_date = reschedule_date


class TaskDeferralError(AirflowException):
    """A deferred task could not be resumed."""


class TaskDeferralTimeout(AirflowException):
    """What a deferred task waits for did not come within the deferral's ``timeout``."""


class TriggerError(AirflowException):
    """A trigger is not as triggers must be: it ends without an event, yields something else, or blocks."""


class XComNotFound(AirflowException):
    """The XCom that a task's argument refers to was not pushed."""


class DagNotFound(AirflowNotFoundException):
    """There is no DAG of that id."""


class DagRunNotFound(AirflowNotFoundException):
    """There is no such run."""


class DagRunAlreadyExists(AirflowBadRequest):
    """There is a run of that id, or for that logical date, already."""


class TaskNotFound(AirflowNotFoundException):
    """The DAG has no task of that id."""


class DagIsPaused(AirflowException):
    """The DAG is paused, and the task was told not to trigger it then."""


class PoolNotFound(AirflowNotFoundException):
    """There is no pool of that name."""


class AirflowTaskTimeout(BaseException):
    """The task has run for longer than its ``execution_timeout``."""


class AirflowTaskTerminated(BaseException):
    """The task was told to stop."""


class Reschedule(BaseException):
    """The sensor's condition does not hold yet: poke again at ``resume_at`` (seconds since the epoch).

    Not an :class:`Exception`: a sensor's subclass that wraps ``super().execute()`` in ``try … except Exception`` would
    otherwise take "not yet" for a failure.
    """

    def __init__(self, resume_at: float) -> None:
        super().__init__(f"poke again at {resume_at:.3f}")
        self.resume_at = resume_at


class TaskDeferred(BaseException):
    """The task waits for ``trigger``, and then goes on with its method ``method_name``; see ``BaseOperator.defer``."""

    def __init__(
        self,
        *,
        trigger: Serializable,
        method_name: str,
        kwargs: Mapping[str, Any] | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        super().__init__(f"deferred to {method_name}()")
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timedelta(seconds=timeout) if isinstance(timeout, int | float) else timeout
        if self.timeout is not None and not isinstance(self.timeout, timedelta):
            raise ValueError(f"the timeout of a deferral must be a timedelta, not {timeout!r}")


class RemovedInAirflow3Warning(DeprecationWarning):
    """Airflow 2 has this, Airflow 3 does not; brisa goes on having it."""


class AirflowProviderDeprecationWarning(DeprecationWarning):
    """A provider's operator or argument has a newer name."""
