"""The run that user code sees as ``dag_run``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from brisa.authoring.partitions import CronPartitionTimetable
from brisa.model.run import UNMAPPED, Run, TaskKey
from brisa.model.states import RunState, RunType
from brisa.runtime.request import AttemptRequest, Channel


def moment(value: datetime | float | str | None) -> Any:
    """``value`` (a datetime, seconds since the epoch, or ISO 8601) as a pendulum datetime in UTC."""
    import pendulum

    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, UTC)
    return pendulum.instance(value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)).in_timezone("UTC")


class TaskState:
    """The state that another task of the run, or an instance of a mapped one, had when this attempt began."""

    def __init__(self, run: DagRunView, key: TaskKey, state: str | None) -> None:
        self.dag_id = run.dag_id
        self.run_id = run.run_id
        self.task_id = key.task_id
        self.map_index = key.map_index
        self.state = state
        self.logical_date = self.execution_date = run.logical_date

    def __repr__(self) -> str:
        index = "" if self.map_index == UNMAPPED else f"map_index={self.map_index} "
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} {index}[{self.state}]>"

    def current_state(self) -> str | None:
        """The state."""
        return self.state


class DagRunView:
    """Airflow's ``DagRun``, as far as a task can use it. Times are pendulum datetimes in UTC."""

    def __init__(self, run: Run, dag: Any, states: Mapping[str, str], channel: Channel) -> None:
        self._channel = channel
        self._states = states
        self.dag = dag
        self.dag_id = run.dag_id
        self.run_id = run.run_id
        self.run_type: str = run.run_type
        self.state: str = run.state
        self.conf: dict[str, Any] = dict(run.conf)
        self.note = run.note
        self.logical_date = moment(run.logical_date)
        self.data_interval_start = moment(run.data_interval_start)
        self.data_interval_end = moment(run.data_interval_end)
        self.run_after = moment(run.run_after)
        self.queued_at = moment(run.queued_at or None)
        self.start_date = moment(run.started_at)
        self.end_date = moment(run.ended_at)
        self.external_trigger = run.run_type is RunType.MANUAL
        self.partition_key, self.partition_date = _partition(run, dag)
        self.creating_job_id = None
        self.id = run.run_id
        """Airflow's is a number of its database; here it is the run's id."""

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} @ {self.logical_date}: {self.run_id}, state:{self.state}>"

    @property
    def execution_date(self) -> Any:
        """The logical date, by its old name."""
        return self.logical_date

    @property
    def is_backfill(self) -> bool:
        """Whether a backfill made it."""
        return self.run_type == RunType.BACKFILL

    def get_state(self) -> str:
        """The run's state."""
        return self.state

    def get_dag(self) -> Any:
        """The DAG."""
        return self.dag

    def get_task_instance(self, task_id: str, session: object = None, *, map_index: int = -1) -> TaskState | None:
        """Another task of the run, in the state it had when this attempt began; ``None`` if there is none."""
        if self.dag is not None and not self.dag.has_task(task_id):
            return None
        key = TaskKey(task_id, map_index)
        return TaskState(self, key, self._states.get(str(key)))

    def get_task_instances(self, state: Any = None, session: object = None) -> list[TaskState]:
        """All tasks of the run that something has happened to, or only those in ``state`` (one, or several)."""
        wanted = None if state is None else {state} if isinstance(state, str) else set(state)
        instances = [TaskState(self, TaskKey.of(name), value) for name, value in self._states.items()]
        return [one for one in instances if wanted is None or one.state in wanted]

    def get_previous_dagrun(self, state: object = None, session: object = None) -> DagRunView | None:
        """The latest successful run of the DAG before this one."""
        found = self._channel.ask("previous_success")
        if found is None:
            return None
        previous = DagRunView(
            Run(dag_id=self.dag_id, run_id=found.get("run_id", ""), version="", state=RunState.SUCCESS),
            self.dag,
            {},
            self._channel,
        )
        for name in ("logical_date", "data_interval_start", "data_interval_end", "start_date", "end_date"):
            setattr(previous, name, moment(found.get(name)))
        return previous


def _partition(run: Run, dag: Any) -> tuple[str | None, Any]:
    """Key and date of the part of the data that the run is about, where a cron expression tells them, or whoever asked
    for the run.

    As in Airflow, a manual run has neither of its own.
    """
    if run.partition_key is not None:
        return run.partition_key, moment(run.partition_date)
    timetable = None if dag is None else dag.schedule
    if not isinstance(timetable, CronPartitionTimetable) or run.run_type is RunType.MANUAL or run.logical_date is None:
        return None, None
    return timetable.partition_key(run.logical_date), moment(timetable.partition_date(run.logical_date))


def dag_run_of(request: AttemptRequest, dag: Any, channel: Channel) -> DagRunView:
    """The run of an attempt."""
    return DagRunView(request.run, dag, request.task_states, channel)
