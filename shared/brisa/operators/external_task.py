"""Waiting for other DAGs: ``ExternalTaskSensor``, and ``ExternalTaskMarker``, which only says that one is waited for.

Arguments and answers are Airflow 2.11's and 3.3's:
https://airflow.apache.org/docs/apache-airflow-providers-standard/stable/sensors/external_task_sensor.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from brisa.authoring.callables import select_kwargs
from brisa.authoring.exceptions import AirflowException, AirflowSkipException
from brisa.errors import AuthoringError
from brisa.model.states import RunState, TaskState
from brisa.operators.dag_run import await_runs, external_runs, recheck_after
from brisa.operators.empty import EmptyOperator
from brisa.operators.sensor import BaseSensorOperator, Waiting

_SAME_DATE = "{{ logical_date.isoformat() }}"


class AirflowExternalTaskSensorException(AirflowException):
    """What an ExternalTaskSensor waits for is not there, or has failed."""


class ExternalDagNotFoundError(AirflowExternalTaskSensorException):
    """The external DAG does not exist."""


class ExternalDagDeletedError(AirflowExternalTaskSensorException):
    """The external DAG's file is gone."""


class ExternalTaskNotFoundError(AirflowExternalTaskSensorException):
    """The external DAG has no such task."""


class ExternalTaskGroupNotFoundError(AirflowExternalTaskSensorException):
    """The external DAG has no such task group."""


class ExternalDagFailedError(AirflowExternalTaskSensorException):
    """The external run is in one of ``failed_states``."""


class ExternalTaskFailedError(AirflowExternalTaskSensorException):
    """An external task is in one of ``failed_states``."""


class ExternalTaskGroupFailedError(AirflowExternalTaskSensorException):
    """A task of the external task group is in one of ``failed_states``."""


class DuplicateStateError(AirflowExternalTaskSensorException):
    """A state is in two of ``allowed_states``, ``skipped_states`` and ``failed_states``."""


class ExternalTaskSensor(BaseSensorOperator):
    """Waits until another DAG's run, some of its tasks, or a task group are in one of ``allowed_states``.

    - Of which run: the one with this run's logical date, less ``execution_delta``; or with the date, or dates, that
      ``execution_date_fn`` gives: it is called with the logical date, and what it asks for of the context by name.
    - Of what: ``external_task_id`` or ``external_task_ids``, ``external_task_group_id``, or the run itself.
    - All of them must be in ``allowed_states`` (success). One in ``skipped_states`` skips this task; one in
      ``failed_states`` fails it, or with ``soft_fail`` skips it. Of a mapped task each instance counts.
    - ``check_existence``: fail at once when the DAG, the task or the group does not exist.
    - ``deferrable`` changes nothing: a sensor never holds a worker. ``poll_interval`` is ``poke_interval``.
    - The other run's commit wakes it. In case that is lost it looks again after ten minutes, then twice as long, up to
      an hour. While there is no such DAG, the registration of one wakes it.
    """

    template_fields: Sequence[str] = (
        "external_dag_id",
        "external_task_id",
        "external_task_ids",
        "external_task_group_id",
    )
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str | None = None,
        external_task_ids: Collection[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: Iterable[str] | None = None,
        skipped_states: Iterable[str] | None = None,
        failed_states: Iterable[str] | None = None,
        execution_delta: timedelta | None = None,
        execution_date_fn: Callable[..., Any] | None = None,
        check_existence: bool = False,
        poll_interval: float | None = None,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        named = {
            "external_task_id": external_task_id,
            "external_task_ids": external_task_ids,
            "external_task_group_id": external_task_group_id,
        }
        if sum(one is not None for one in named.values()) > 1:
            raise AuthoringError(f"only one of {', '.join(named)} may be given to ExternalTaskSensor")
        if execution_delta is not None and execution_date_fn is not None:
            raise AuthoringError("only one of execution_delta and execution_date_fn may be given to ExternalTaskSensor")
        states: type[TaskState | RunState] = TaskState if any(one is not None for one in named.values()) else RunState
        self.allowed_states = _states("allowed_states", allowed_states or ["success"], states)
        self.skipped_states = _states("skipped_states", skipped_states or [], states)
        self.failed_states = _states("failed_states", failed_states or [], states)
        given = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        twice = sorted({state for state in given if given.count(state) > 1})
        if twice:
            raise DuplicateStateError(
                f"{twice[0]!r} is in allowed_states, skipped_states and failed_states more than once"
            )
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.external_task_ids = [external_task_id] if external_task_id is not None else external_task_ids
        self.external_task_group_id = external_task_group_id
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.check_existence = check_existence
        told: Any = external_dag_id  # it may be another task's XCom
        if isinstance(told, str) and "{" not in told and execution_delta is None and execution_date_fn is None:
            self.external_wait = told
        self.deferrable = deferrable

    def poke(self, context: Mapping[str, Any]) -> bool:
        """Look at the runs of all dates."""
        task_ids = list(self.external_task_ids or ())
        if len(task_ids) > len(set(task_ids)):
            raise ValueError("Duplicate task_ids passed in external_task_ids parameter")
        dates = self._dates(context)
        self.log.info("Poking for %s on %s", self._what(), ", ".join(dates))
        found = external_runs(**self._question(dates), check=self.check_existence)
        if self.check_existence:
            self._complain(found)
        each = [self._seen(run) for run in found["runs"]]
        states = [state for seen in each for state in seen]
        if any(state in self.failed_states for state in states):
            self._failed()
        if any(state in self.skipped_states for state in states):
            raise AirflowSkipException(f"{self._what()} reached a state in skipped_states")
        return len(each) == len(dates) and all(seen and set(seen) <= set(self.allowed_states) for seen in each)

    def _recheck(self, ti: Waiting) -> float:
        """Ever longer."""
        return recheck_after(ti.reschedule_count)

    def _listen(self, context: Any, patience: float) -> bool:
        """Have the other runs tell; a subclass with a ``poke`` of its own waits for what nobody else knows."""
        if type(self).poke is not ExternalTaskSensor.poke:
            return False
        return await_runs(
            **self._question(self._dates(context)),
            allowed=self.allowed_states,
            ends=[*self.failed_states, *self.skipped_states],
            patience=patience,
        )

    def _question(self, dates: list[str]) -> dict[str, Any]:
        return {
            "dag_id": self.external_dag_id,
            "logical_dates": dates,
            "task_ids": list(self.external_task_ids or ()),
            "group": self.external_task_group_id,
        }

    def _seen(self, run: Mapping[str, Any]) -> list[str]:
        """The states that count, of one run."""
        if self.external_task_ids or self.external_task_group_id:
            return [state for states in run["tasks"].values() for state in states]
        return [run["state"]]

    def _what(self) -> str:
        if self.external_task_group_id:
            return f"the task group {self.external_task_group_id!r} of DAG {self.external_dag_id!r}"
        if self.external_task_ids:
            return f"the tasks {', '.join(map(repr, self.external_task_ids))} of DAG {self.external_dag_id!r}"
        return f"DAG {self.external_dag_id!r}"

    def _failed(self) -> None:
        if self.soft_fail:
            raise AirflowSkipException(f"{self._what()} failed, and soft_fail is set")
        error: type[AirflowException] = ExternalDagFailedError
        if self.external_task_group_id:
            error = ExternalTaskGroupFailedError
        elif self.external_task_ids:
            error = ExternalTaskFailedError
        raise error(f"{self._what()} reached a state in failed_states")

    def _complain(self, found: Mapping[str, Any]) -> None:
        """Fail if what is waited for does not exist."""
        hint = f"; did you mean {found['nearest']!r}?" if found["nearest"] else ""
        if found["dag"] == "deleted":
            raise ExternalDagDeletedError(f"the file of the external DAG {self.external_dag_id!r} is gone{hint}")
        if found["dag"] == "unknown":
            raise ExternalDagNotFoundError(f"there is no external DAG {self.external_dag_id!r}{hint}")
        if found["lacking"]:
            names = ", ".join(map(repr, found["lacking"]))
            if self.external_task_group_id:
                raise ExternalTaskGroupNotFoundError(f"DAG {self.external_dag_id!r} has no task group {names}")
            raise ExternalTaskNotFoundError(f"DAG {self.external_dag_id!r} has no task {names}")

    def _dates(self, context: Mapping[str, Any]) -> list[str]:
        """The logical dates of the runs that are waited for, as ISO 8601 in UTC."""
        date = context.get("logical_date") or context["dag_run"].run_after
        if self.execution_delta is not None:
            return [_utc(date - self.execution_delta)]
        if self.execution_date_fn is None:
            return [_utc(date)]
        names = {key: value for key, value in context.items() if key not in ("logical_date", "execution_date")}
        wanted = select_kwargs(self.execution_date_fn, (date,), {"context": context}, names)
        told = self.execution_date_fn(date, **wanted)
        return [_utc(one) for one in (told if isinstance(told, list | tuple | set) else [told])]


class ExternalTaskMarker(EmptyOperator):
    """Says that a task of another DAG waits for this one; it does nothing.

    A person who clears this one clears that task, too, and what is below it, unless they say otherwise; of that, the
    markers are followed in their turn, ``recursion_depth`` of them at most.
    """

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "logical_date")
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: str | datetime | None = _SAME_DATE,
        execution_date: str | datetime | None = None,
        recursion_depth: int = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        given = logical_date if execution_date is None else execution_date
        if not isinstance(given, str | datetime | None):
            raise AuthoringError(f"logical_date must be a text or a datetime, not {type(given).__name__} ({given!r})")
        if recursion_depth <= 0:
            raise AuthoringError("recursion_depth should be a positive integer")
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.logical_date = given.isoformat() if isinstance(given, datetime) else given
        self.recursion_depth = recursion_depth
        self.external_marks = {
            "dag": str(external_dag_id),
            "task": str(external_task_id),
            "date": self.logical_date or _SAME_DATE,
            "depth": recursion_depth,
        }


def _utc(date: datetime) -> str:
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def _states(name: str, given: Iterable[str], known: type[TaskState | RunState]) -> list[str]:
    states = [str(state) for state in given]
    valid = [state.value for state in known if state is not TaskState.NONE]
    unknown = [state for state in states if state not in valid]
    if unknown:
        raise AuthoringError(
            f"{name} has {unknown[0]!r}, which is no state of a {'task' if known is TaskState else 'run'}; "
            f"those are {', '.join(valid)}"
        )
    return states
