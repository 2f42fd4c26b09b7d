"""The task instance that user code sees as ``ti``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from brisa.authoring.exceptions import AirflowException
from brisa.authoring.operator import BaseOperator
from brisa.authoring.running import TaskInstanceKey
from brisa.model.states import TaskState
from brisa.runtime.dag_run import DagRunView, moment
from brisa.runtime.rendered import rendered_fields
from brisa.runtime.request import AttemptRequest, Channel
from brisa.runtime.xcom_values import from_json, to_json

RETURN_VALUE = "return_value"


class TaskInstanceView:
    """Airflow's ``TaskInstance``, as far as a task can use it: who it is, its XComs, its decision."""

    def __init__(
        self, request: AttemptRequest, task: BaseOperator, dag_run: DagRunView, channel: Channel, started: datetime
    ) -> None:
        self._request = request
        self._channel = channel
        self._dag_run = dag_run
        self.task = task
        self.state: str | None = TaskState.RUNNING
        self.start_date = started
        """When the first attempt of this try began, aware."""
        self.end_date: datetime | None = None
        self.follow: tuple[str, ...] | None = None
        self.circuit = ""
        self.has_pushed = False
        """Whether it has pushed what counts as returned."""
        self.rendered_map_index: str | None = None
        """What people see in place of the map index, once the task has ended."""

    def __repr__(self) -> str:
        index = f"map_index={self.map_index} " if self.is_mapped else ""
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} {index}[{self.state}]>"

    @property
    def request(self) -> AttemptRequest:
        """What brisa asked for."""
        return self._request

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return self._request.dag_id

    @property
    def task_id(self) -> str:
        """The task's id."""
        return self._request.task_id

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self._request.run.run_id

    @property
    def map_index(self) -> int:
        """Which one of a mapped task, else -1."""
        return self._request.map_index

    @property
    def try_number(self) -> int:
        """Which try this is, from 1."""
        return self._request.try_number

    @property
    def max_tries(self) -> int:
        """How many retries there may be (Airflow's meaning: one less than the number of the last try)."""
        return self._request.max_tries - 1

    @property
    def generation(self) -> int:
        """How often the task has been cleared or marked before."""
        return self._request.generation

    @property
    def waited(self) -> float:
        """Seconds from the first attempt of this try to this one, by brisa's clock, which a trial puts forward."""
        first = self._request.first_started_at
        return 0.0 if first is None else max(0.0, self._request.started_at - first)

    @property
    def reschedule_count(self) -> int:
        """How often this try has been started before: a sensor's looks."""
        return self._request.seq

    @property
    def prev_attempted_tries(self) -> int:
        """As ``try_number``: which try this is."""
        return self._request.try_number

    @property
    def is_mapped(self) -> bool:
        """Whether it is one of a mapped task's instances."""
        return self._request.map_index >= 0

    @property
    def dialect(self) -> int:
        """Whose answers apply where Airflow 2 and 3 differ: 2 or 3."""
        return self._request.dialect

    @property
    def hostname(self) -> str:
        """Where it runs."""
        return self._request.hostname

    @property
    def log_url(self) -> str:
        """Where its log is kept."""
        return self._request.log

    @property
    def test_mode(self) -> bool:
        """Whether this is a test of a single task."""
        return self._request.test_mode

    @property
    def dag_run(self) -> DagRunView:
        """Its run."""
        return self._dag_run

    @property
    def execution_date(self) -> datetime | None:
        """The run's logical date, by its old name."""
        date: datetime | None = self._dag_run.logical_date
        return date

    logical_date = execution_date

    @property
    def operator(self) -> str:
        """The operator's class name."""
        return type(self.task).__name__

    @property
    def queue(self) -> str:
        """The task's queue."""
        return self.task.queue

    @property
    def pool(self) -> str:
        """The task's pool."""
        return self.task.pool

    @property
    def priority_weight(self) -> int:
        """The task's own weight."""
        return self.task.priority_weight

    @property
    def duration(self) -> float:
        """Seconds since it started."""
        return ((self.end_date or datetime.now(UTC)) - self.start_date).total_seconds()

    @property
    def key(self) -> TaskInstanceKey:
        """What names it."""
        return TaskInstanceKey(self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    def get_dagrun(self, session: object = None) -> DagRunView:
        """Its run."""
        return self._dag_run

    def get_template_context(self, session: object = None, ignore_param_exceptions: bool = True) -> Mapping[str, Any]:
        """The context of the task that is being executed."""
        from brisa.authoring.running import get_current_context

        return get_current_context()

    def current_state(self, session: object = None) -> str | None:
        """Its state."""
        return self.state

    def decide(self, *, follow: Iterable[str] | None = None, circuit: str | None = None) -> None:
        """Say which tasks below are skipped: all those directly below but ``follow``; or, for a short circuit, ``all``
        below or the ``direct`` ones. The last call counts."""
        if follow is not None:
            self.follow = tuple(follow)
        if circuit is not None:
            self.circuit = circuit

    def xcom_push(self, key: Any, value: Any, execution_date: object = None, session: object = None) -> None:
        """Keep ``value`` under ``key`` for other tasks; :class:`~brisa.runtime.xcom_values.XComTypeError` if it
        has no JSON form."""
        if not isinstance(key, str) or not key:
            raise AirflowException(f"the key of an XCom is a text, not {key!r}")
        self._channel.tell("xcom_push", key=key, value=to_json(value, key=key, task_id=self.task_id))
        self.has_pushed |= key == RETURN_VALUE

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: str = RETURN_VALUE,
        include_prior_dates: bool = False,
        session: object = None,
        *,
        map_indexes: int | Iterable[int] | None = None,
        default: Any = None,
        run_id: str | None = None,
    ) -> Any:
        """What other tasks pushed under ``key``.

        One task (a text) gives its value, or a list of values if the task is mapped, or ``default``. Several (a list)
        give a list: in dialect 2 of the values that are there, in dialect 3 one per task, with ``default`` for those
        that pushed none. ``None`` means any task in dialect 2 (the last one that pushed ``key``), and this very task
        in dialect 3, as in the Airflow of that name.
        """
        if task_ids is None and self.dialect >= 3:
            task_ids = self.task_id
        single = task_ids is None or isinstance(task_ids, str)
        wanted = None if task_ids is None else [task_ids] if isinstance(task_ids, str) else list(task_ids)
        one_index = map_indexes is None or isinstance(map_indexes, int)
        indexes = _indexes(map_indexes)
        rows = self._channel.ask(
            "xcom_pull",
            task_ids=wanted,
            key=key,
            map_indexes=indexes,
            dag_id=dag_id or self.dag_id,
            run_id=run_id or self.run_id,
            include_prior_dates=include_prior_dates,
        )
        if single and one_index:
            return _single(rows, default, any_task=task_ids is None, mapped=map_indexes is None)
        if self.dialect >= 3 and wanted is not None and map_indexes is None:
            return _one_each(rows, wanted, default)
        if wanted is not None and indexes is not None:
            rows = sorted(rows, key=lambda row: (wanted.index(row[0]), indexes.index(row[1])))
        return [from_json(value) for _, _, value in rows]

    def show_rendered(self) -> None:
        """Show the task's template fields as they are now, to people: for an operator that makes one of them late."""
        self._channel.tell("rendered", fields=rendered_fields(self.task, self.dialect))

    def get_previous_dagrun(self, state: object = None, session: object = None) -> DagRunView | None:
        """The latest successful run before this one; no other state is known of."""
        return self._dag_run.get_previous_dagrun(state)

    def get_previous_start_date(self, state: object = None, session: object = None) -> datetime | None:
        """When the run that :meth:`get_previous_dagrun` gives began."""
        previous = self._dag_run.get_previous_dagrun(state)
        return previous.start_date if previous else None

    def get_previous_execution_date(self, state: object = None, session: object = None) -> datetime | None:
        """The logical date of the run that :meth:`get_previous_dagrun` gives."""
        previous = self._dag_run.get_previous_dagrun(state)
        return previous.logical_date if previous else None

    get_previous_logical_date = get_previous_execution_date


def started_at(request: AttemptRequest) -> datetime:
    """When the first attempt of the try began, as a pendulum datetime in UTC."""
    seconds = request.started_at if request.first_started_at is None else request.first_started_at
    result: datetime = moment(seconds)
    return result


def _indexes(map_indexes: int | Iterable[int] | None) -> list[int] | None:
    if map_indexes is None:
        return None
    return [map_indexes] if isinstance(map_indexes, int) else list(map_indexes)


def _single(rows: list[Any], default: Any, *, any_task: bool, mapped: bool) -> Any:
    if not rows:
        return default
    if any_task:
        return from_json(rows[-1][2])
    if mapped and rows[0][1] >= 0:
        return [from_json(value) for _, _, value in rows]
    return from_json(rows[0][2])


def _one_each(rows: list[Any], wanted: list[str], default: Any) -> list[Any]:
    found: dict[str, list[Any]] = {}
    for task_id, _, value in rows:
        found.setdefault(task_id, []).append(from_json(value))
    return [value for task_id in wanted for value in found.get(task_id, [default])]
