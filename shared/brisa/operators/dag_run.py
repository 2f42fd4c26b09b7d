"""``TriggerDagRunOperator``: makes a run of another DAG, once per try, and may wait for its end without a worker.

Arguments and answers are Airflow 2.11's and 3.3's:
https://airflow.apache.org/docs/apache-airflow-providers-standard/stable/operators/trigger_dag_run.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from brisa.authoring.exceptions import (
    AirflowException,
    AirflowSkipException,
    DagIsPaused,
    DagNotFound,
    DagRunAlreadyExists,
)
from brisa.authoring.operator import BaseOperator
from brisa.authoring.registry import notice
from brisa.authoring.running import current_supervisor
from brisa.authoring.triggers import BaseTrigger, TriggerEvent
from brisa.errors import AuthoringError
from brisa.model.params import ParamValidationError
from brisa.model.states import RunState
from brisa.operators.sensor import LONGEST_RECHECK, RECHECK

XCOM_RUN_ID: Final = "trigger_run_id"
"""The key of the XCom that has the run's id."""
_NOT_GIVEN: Any = object()
_LONGEST_NAME = 120


class DagStateTrigger(BaseTrigger):
    """Fires when all of these runs of a DAG are in one of ``states``."""

    looks_once = True

    def __init__(
        self,
        dag_id: str,
        states: Sequence[str],
        execution_dates: Sequence[datetime] | None = None,
        run_ids: Sequence[str] | None = None,
        poll_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.states = [str(state) for state in states]
        self.execution_dates = execution_dates
        self.run_ids = run_ids
        self.poll_interval = poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its path, and its arguments."""
        return (
            "brisa.operators.dag_run.DagStateTrigger",
            {
                "dag_id": self.dag_id,
                "states": self.states,
                "execution_dates": self.execution_dates,
                "run_ids": self.run_ids,
                "poll_interval": self.poll_interval,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, sleep, look again; the event is the path and the arguments, with each run's state under its id.

        Where the runs tell when they are so, it need not look every ``poll_interval`` seconds.
        """
        import asyncio

        looks = getattr(self.task_instance, "reschedule_count", 0)
        while True:
            event = self._look()
            pause = max(self.poll_interval, recheck_after(looks))
            woken = event is None and await_runs(**self._question(), allowed=self.states, patience=pause)
            if woken:
                event = self._look()  # they may have become so just before anybody listened
            if event is not None:
                yield event
                return
            self.log.info("Waiting for %s to become %s", self.dag_id, " or ".join(self.states))
            await asyncio.sleep(pause if woken else self.poll_interval)

    def _look(self) -> TriggerEvent | None:
        found = external_runs(**self._question())["runs"]
        wanted = len(self.run_ids or self.execution_dates or ())
        if len(found) < wanted or any(run["state"] not in self.states for run in found):
            return None
        path, kwargs = self.serialize()
        return TriggerEvent((path, {**kwargs, **{run["run_id"]: run["state"] for run in found}}))

    def _question(self) -> dict[str, Any]:
        dates = None if self.run_ids else [date.isoformat() for date in self.execution_dates or ()]
        return {"dag_id": self.dag_id, "run_ids": self.run_ids, "logical_dates": dates}


class MadeRunTrigger(DagStateTrigger):
    """The same for a run that its task has made: fires, too, when it was deleted since, with the state ``None``."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its path, and its arguments."""
        return "brisa.operators.dag_run.MadeRunTrigger", super().serialize()[1]

    def _look(self) -> TriggerEvent | None:
        if external_runs(**self._question())["runs"]:
            return super()._look()
        path, kwargs = self.serialize()
        return TriggerEvent((path, {**kwargs, **dict.fromkeys(self.run_ids or ())}))


class TriggerDagRunOperator(BaseOperator):
    """Makes a run of the DAG ``trigger_dag_id``, with ``conf``; its id becomes the XCom ``trigger_run_id``.

    - ``trigger_run_id``: the run's id. Without one it is ``manual__<logical date>`` if there is such a date, else told
      from this task's name and try: an attempt that is repeated within one try finds the run that it has made.
    - ``logical_date`` (``execution_date``): a datetime or ISO 8601; now, unless given.
    - A run of that id or date that is there already fails the task (``DagRunAlreadyExists``), unless
      ``skip_when_already_exists`` (the task is skipped) or ``reset_dag_run`` (all its tasks are cleared).
    - ``wait_for_completion``: deferred until the run is in one of ``allowed_states`` (success), or of
      ``failed_states`` (failed), which fails the task, as it does that somebody has deleted the run. The run's end
      wakes it; in case that is lost it looks again after ten minutes, then twice as long, up to an hour.
    - ``fail_when_dag_is_paused``: else the run waits until its DAG is unpaused.
    - ``deferrable`` changes nothing: waiting never holds a worker. ``run_after`` and ``note`` have no effect yet.
    """

    holds_no_worker = True

    template_fields: Sequence[str] = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"conf": "py"}
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: str | None = None,
        conf: Mapping[str, Any] | str | None = None,
        logical_date: str | datetime | None = None,
        execution_date: str | datetime | None = None,
        run_after: Any = _NOT_GIVEN,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: float = 60,
        allowed_states: Iterable[str] | None = None,
        failed_states: Iterable[str] | None = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        note: str | None = None,
        deferrable: bool = False,
        openlineage_inject_parent_info: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if logical_date is not None and execution_date is not None:
            raise AuthoringError("logical_date and execution_date are one argument's two names: give one of them")
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        date: Any = logical_date if logical_date is not None else execution_date
        if not (isinstance(date, str | datetime | None) or hasattr(date, "resolve")):  # an XComArg has it
            raise AuthoringError(f"logical_date must be a datetime or a text, not {type(date).__name__} ({date!r})")
        self.logical_date = date
        self.reset_dag_run = reset_dag_run
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval
        self.allowed_states = _states("allowed_states", allowed_states or None, RunState.SUCCESS)
        self.failed_states = _states("failed_states", failed_states, RunState.FAILED)
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        self.run_after = run_after
        self.note = note
        self.deferrable = deferrable
        self.openlineage_inject_parent_info = openlineage_inject_parent_info
        if run_after is not _NOT_GIVEN:
            notice("run_after of TriggerDagRunOperator has no effect yet: the run begins at once")
        if note is not None:
            notice("note of TriggerDagRunOperator has no effect yet")

    def execute(self, context: Mapping[str, Any]) -> None:
        """Make the run, or find it; then wait for it, if told so."""
        ti = context["ti"]
        self.trigger_run_id = self._trigger(ti)
        ti.xcom_push(XCOM_RUN_ID, self.trigger_run_id)
        if self.wait_for_completion:
            self.defer(
                trigger=MadeRunTrigger(
                    dag_id=self.trigger_dag_id,
                    states=[*self.allowed_states, *self.failed_states],
                    run_ids=[self.trigger_run_id],
                    poll_interval=self.poke_interval,
                ),
                method_name="execute_complete",
            )

    def execute_complete(self, context: Mapping[str, Any], event: tuple[str, Mapping[str, Any]]) -> None:
        """The run has ended: whether well."""
        _, told = event
        run_ids = told["run_ids"]
        self.trigger_run_id = run_ids[0] if len(run_ids) == 1 else None
        for run_id in run_ids:
            if told[run_id] is None:
                raise AirflowException(f"run {run_id!r} of DAG {self.trigger_dag_id!r} was deleted before its end")
            if told[run_id] in self.failed_states:
                raise AirflowException(f"run {run_id!r} of DAG {self.trigger_dag_id!r} ended as {told[run_id]}")
            self.log.info("Run %s of %s ended as %s", run_id, self.trigger_dag_id, told[run_id])

    def _trigger(self, ti: Any) -> str:
        date = self._date()
        token = f"task {ti.dag_id}/{ti.run_id}/{ti.task_id}/{ti.map_index}/{ti.generation}.{ti.try_number}"
        answer = _ask(
            "trigger_dag_run",
            dag_id=self.trigger_dag_id,
            run_id=str(self.trigger_run_id) if self.trigger_run_id else _run_id(ti, date, token),
            conf=self._conf(),
            logical_date=None if date is None else date.isoformat(),
            token=token,
            reset=bool(self.reset_dag_run),
            unless_paused=bool(self.fail_when_dag_is_paused),
        )
        match answer["status"]:
            case "triggered":
                self.log.info("Triggered the run %s of %s", answer["run_id"], self.trigger_dag_id)
                return str(answer["run_id"])
            case "exists":
                message = f"there is a run {answer['run_id']!r} of DAG {self.trigger_dag_id!r} already"
                if self.skip_when_already_exists:
                    raise AirflowSkipException(f"{message}, and skip_when_already_exists is set")
                raise DagRunAlreadyExists(f"{message}; reset_dag_run=True would clear it")
            case "paused":
                raise DagIsPaused(f"DAG {self.trigger_dag_id!r} is paused, and fail_when_dag_is_paused is set")
            case "refused":
                raise ParamValidationError(f"DAG {self.trigger_dag_id!r} can't be triggered so: {answer['why']}")
            case _:
                hint = f"; did you mean {answer['nearest']!r}?" if answer["nearest"] else ""
                raise DagNotFound(f"there is no DAG {self.trigger_dag_id!r}{hint}")

    def _date(self) -> datetime | None:
        """The logical date in UTC; a text is ISO 8601. What has no zone is in UTC."""
        from brisa.compat.timezone import convert_to_utc, parse

        given = self.logical_date
        return convert_to_utc(parse(given) if isinstance(given, str) and given else given or None)

    def _conf(self) -> dict[str, Any]:
        """``conf`` as JSON; a text is read as JSON."""
        try:
            conf = json.loads(self.conf) if isinstance(self.conf, str) and self.conf else self.conf
            found = json.loads(json.dumps(conf or {}))
        except (TypeError, ValueError) as error:
            raise ValueError(f"conf parameter should be JSON Serializable: {self.conf} ({error})") from error
        if not isinstance(found, dict):
            raise ValueError(f"conf must be a dict, not {found!r}")
        return found


def external_runs(**question: Any) -> dict[str, Any]:
    """Runs of a DAG, and their tasks: see :mod:`brisa.services.elsewhere`."""
    return _ask("external_runs", **question)


def await_runs(**question: Any) -> bool:
    """Whether brisa wakes this task when those runs are as it waits for: see :mod:`brisa.services.watchers`."""
    return bool(_ask("await_runs", **question))


def recheck_after(looks: int) -> float:
    """Seconds until the next look, after ``looks`` earlier ones, of a task that is woken."""
    return float(min(RECHECK * 2.0 ** min(looks, 10), LONGEST_RECHECK))


def _ask(verb: str, **question: Any) -> dict[str, Any]:
    supervisor = current_supervisor()
    if supervisor is None:
        raise AirflowException("other DAGs can be asked about only while a task is being executed")
    answer: dict[str, Any] = supervisor.ask(verb, **question)
    return answer


def _run_id(ti: Any, date: datetime | None, token: str) -> str:
    if date is not None:
        return f"manual__{date.isoformat()}"
    digest = hashlib.blake2b(token.encode(), digest_size=6).hexdigest()
    return f"manual__{f'{ti.dag_id}.{ti.task_id}'[:_LONGEST_NAME]}__{digest}"


def _states(name: str, given: Iterable[str] | None, usual: RunState) -> list[str]:
    states = [usual.value] if given is None else [str(state) for state in given]
    unknown = [state for state in states if state not in set(RunState)]
    if unknown:
        raise AuthoringError(f"{name} has {unknown[0]!r}, which is no state of a run; those are {', '.join(RunState)}")
    return states
