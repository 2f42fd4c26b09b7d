"""What a DAG file says, as plain data: the engine, the stores and the console see only this, never user code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from brisa.model.json import JsonObject
from brisa.model.pool import DEFAULT_POOL
from brisa.model.states import Decides, TriggerRule

JOB, WORKER = "cloud_run_job", "worker"
"""The executors: a job of the task's own, and the worker that gets its message."""
LONGEST_AT_WORKER = 1740.0
"""Seconds that an attempt may last at a worker: the thirty minutes that Cloud Tasks waits for an answer at most, less
one in which to begin, and to write down the end."""


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """One task of a DAG. Durations are in seconds; ``None`` means not set."""

    task_id: str
    operator: str = "BaseOperator"
    """The operator's class name, as people see it."""
    upstream: tuple[str, ...] = ()
    """Ids of the direct upstream tasks, sorted."""
    trigger_rule: TriggerRule = TriggerRule.ALL_SUCCESS
    empty: bool = False
    """Nothing to run (EmptyOperator without callbacks or outlets): completed inside the engine."""
    decides: Decides = Decides.NOTHING
    retries: int = 0
    retry_delay: float = 300.0
    retry_exponential_backoff: bool | float = False
    """Whether each wait is twice the last; or, as in Airflow 3, the factor itself (0 and 1 mean no backoff)."""
    max_retry_delay: float | None = None
    execution_timeout: float | None = None
    depends_on_past: bool = False
    ignore_first_depends_on_past: bool = True
    """Whether it begins although it depends on the past, where the run before did not have it yet."""
    wait_for_past_depends_before_skipping: bool = False
    """Whether it waits for the past also before it is skipped."""
    wait_for_downstream: bool = False
    pool: str = "default_pool"
    pool_slots: int = 1
    priority_weight: int = 1
    weight_rule: str = "downstream"
    max_active_tis_per_dag: int | None = None
    max_active_tis_per_dagrun: int | None = None
    queue: str = "default"
    executor: str = ""
    """:data:`JOB` or :data:`WORKER` if that is sure; empty: a job, if it may last too long for a worker."""
    job: JsonObject = field(default_factory=dict)
    """What it needs of the job: ``job``, the name of one; or the least ``cpu`` (cores) and ``memory`` (bytes)."""
    group_id: str = ""
    """The innermost task group's id, empty at top level."""
    mapped: JsonObject = field(default_factory=dict)
    """For a mapped task: name of each input it is expanded over → how many items that has. There are as many instances
    as the product of all. ``*`` stands for expand_kwargs. A number of items is an int; or a task's id, for as many as
    its result has; or ``["zip", …]`` (the fewest), ``["zip_longest", …]`` (the most), ``["concat", …]`` (the sum)."""
    map_group: str = ""
    """The mapped task group around it, if there is one: it has an instance for each of the group's."""
    feeds_map: bool = False
    """Whether another task, or a group, is expanded over its result: then its attempts tell how many items that has."""
    is_setup: bool = False
    is_teardown: bool = False
    on_failure_fail_dagrun: bool = False
    start_date: datetime | None = None
    """The logical date before which runs do not have the task; ``None``: as the DAG's."""
    end_date: datetime | None = None
    """That after which they do not."""
    marks: JsonObject = field(default_factory=dict)
    """Of an ExternalTaskMarker: ``dag``, ``task`` and ``date`` (templates) of the task that waits for it,
    and ``depth``: how many markers may be followed from it on."""
    waits_for: str = ""
    """Of an ExternalTaskSensor: the id of the other DAG, if it waits for that one's run of the same logical date, and
    no template tells it."""
    owner: str = "airflow"
    email: tuple[str, ...] = ()
    email_on_failure: bool = True
    email_on_retry: bool = True
    line: int = 0
    """The line of the DAG file that made it, 0 when unknown."""
    display: JsonObject = field(default_factory=dict)
    """For people only: display_name, doc_md, ui_color, template_fields, labels of edges into it ({upstream: text})."""

    @property
    def is_mapped(self) -> bool:
        """Whether it has instances: it is mapped itself, or inside a mapped group."""
        return bool(self.mapped or self.map_group)

    @property
    def is_long(self) -> bool:
        """Whether it runs as a job of its own, where there are jobs."""
        return self.executor == JOB or (not self.executor and (self.execution_timeout or 0.0) > LONGEST_AT_WORKER)


class ScheduleKind(StrEnum):
    """What sort of schedule a DAG has."""

    NONE = "none"
    ONCE = "once"
    CONTINUOUS = "continuous"
    CRON = "cron"
    DELTA = "delta"
    EVENTS = "events"
    ASSETS = "assets"
    TIMETABLE = "timetable"
    """User code, a custom timetable, tells the next run when it is asked: see :mod:`brisa.services.timetables`."""


@dataclass(frozen=True, kw_only=True)
class ScheduleSpec:
    """When runs are due.

    ``cron`` is a five-field expression in ``timezone`` (an IANA name) for CRON; ``seconds`` is the step for DELTA.
    ``intervals`` says whether a run covers the data interval that ends when it is due (Airflow 2's way, and brisa's
    own), or has an interval of its own, as a rule of no length, at its due time (Airflow 3's CronTriggerTimetable).
    """

    kind: ScheduleKind = ScheduleKind.NONE
    cron: str = ""
    more_crons: tuple[str, ...] = ()
    """Further expressions: a run is due whenever one of all says so (MultipleCronTriggerTimetable)."""
    seconds: float = 0.0
    step: JsonObject = field(default_factory=dict)
    """For DELTA, instead of ``seconds``: a step in the calendar's units; its form is :mod:`brisa.schedule.steps`'s."""
    events: tuple[datetime, ...] = ()
    """For EVENTS: when runs are due, in order, each once, in UTC."""
    restrict_to_events: bool = False
    """For EVENTS: whether a manual run has the data interval of the last event, and not its own logical date."""
    timezone: str = "UTC"
    intervals: bool = True
    covers: JsonObject = field(default_factory=dict)
    """Without ``intervals``: the step from the beginning of a run's data interval to its due time; empty: none."""
    run_immediately: bool | float = False
    """Without ``intervals`` and a start date: whether the first run is the last one that was due; or how many seconds
    ago it may have been due. False: a tenth of the time between two, at least five minutes (Airflow's rule)."""
    summary: str = ""
    """As the DAG's author wrote it, for people."""
    extra: JsonObject = field(default_factory=dict)


class DeadlineKind(StrEnum):
    """The moment that a deadline counts from."""

    QUEUED_AT = "queued_at"
    LOGICAL_DATE = "logical_date"
    FIXED = "fixed"
    AVERAGE_RUNTIME = "average_runtime"
    """When the run was made; what past runs took on average comes on top."""
    SLA = "sla"
    """The end of the data interval, of runs that the schedule made."""


@dataclass(frozen=True, kw_only=True)
class DeadlineSpec:
    """When a run, or some of its tasks, should be over; the functions to call otherwise stay in the DAG file.

    ``interval`` is in seconds, and comes on top of the moment that ``kind`` says.
    """

    kind: DeadlineKind
    interval: float = 0.0
    variable: str = ""
    """Key of the Variable that has the interval, in whole seconds, when a run is made; empty if it is known."""
    moment: datetime | None = None
    """The moment of a FIXED one."""
    max_runs: int = 10
    """Over how many past runs, at most and at least, an AVERAGE_RUNTIME is taken."""
    min_runs: int = 10
    tasks: tuple[str, ...] = ()
    """Ids of the tasks that should have succeeded, of an SLA; all others are about the run."""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class GroupSpec:
    """One task group, for the console: ``parent`` is empty at top level."""

    group_id: str
    parent: str = ""
    tooltip: str = ""
    collapsed: bool = True
    mapped: JsonObject = field(default_factory=dict)
    """For a mapped group, as :attr:`TaskSpec.mapped`."""


@dataclass(frozen=True, kw_only=True)
class DagSpec:
    """One DAG. ``tasks`` are in topological order (ties by the order of definition). Durations in seconds."""

    dag_id: str
    tasks: tuple[TaskSpec, ...]
    file: str = ""
    """The DAG file, relative to the bundle."""
    dialect: int = 3
    """2 or 3: whose answers apply where Airflow 2 and 3 differ."""
    schedule: ScheduleSpec = field(default_factory=ScheduleSpec)
    start_date: datetime | None = None
    end_date: datetime | None = None
    catchup: bool = False
    max_active_runs: int = 16
    max_consecutive_failed_dag_runs: int = 0
    """After how many failed runs in a row the DAG is paused; 0: never."""
    max_active_tasks: int = 16
    """How many tasks of one run may be queued or running at once; 0 sets no limit."""
    dagrun_timeout: float | None = None
    description: str = ""
    doc_md: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    params: JsonObject = field(default_factory=dict)
    """Name → {"value": default, "schema": {…}, "description": text}."""
    is_paused_upon_creation: bool | None = None
    fail_fast: bool = False
    groups: tuple[GroupSpec, ...] = ()
    deadlines: tuple[DeadlineSpec, ...] = ()
    """Runs know each by its place here."""
    callbacks: tuple[str, ...] = ()
    """Names of the DAG-level callbacks that exist (on_success_callback, on_failure_callback, …)."""
    display: JsonObject = field(default_factory=dict)
    """For people, and settings whose effect comes later: display_name, default_view, orientation, …"""

    @cached_property
    def by_id(self) -> Mapping[str, TaskSpec]:
        """Task id → task."""
        return {task.task_id: task for task in self.tasks}

    @cached_property
    def mapped_ids(self) -> tuple[str, ...]:
        """Ids of the tasks that are mapped, or in a mapped group, in topological order."""
        return tuple(task.task_id for task in self.tasks if task.is_mapped)

    @cached_property
    def dated(self) -> tuple[TaskSpec, ...]:
        """The tasks that have dates of their own."""
        return tuple(task for task in self.tasks if task.start_date is not None or task.end_date is not None)

    @cached_property
    def crowded(self) -> bool:
        """Whether a run may come to have more tasks under way than the limits within a run allow."""
        return bool(self.mapped_ids) or len(self.tasks) > self.max_active_tasks > 0

    @cached_property
    def pooled(self) -> bool:
        """Whether some task needs slots of a pool."""
        return any(task.pool != DEFAULT_POOL or task.max_active_tis_per_dag is not None for task in self.tasks)

    @cached_property
    def looks_back(self) -> bool:
        """Whether some task waits for the run before."""
        return any(task.depends_on_past or task.wait_for_downstream for task in self.tasks)

    @cached_property
    def ranks(self) -> Mapping[str, tuple[int, int]]:
        """Task id → (total weight, place in the DAG): of two tasks that are ready, the heavier begins first.

        The total is, by the task's weight rule, its own priority weight, or that with those of all tasks below it or
        above it, as in Airflow.
        """
        above: dict[str, frozenset[str]] = {}
        for task in self.tasks:
            above[task.task_id] = frozenset(task.upstream).union(*(above[up] for up in task.upstream))
        below: dict[str, frozenset[str]] = {}
        for task in reversed(self.tasks):
            direct = self.downstream[task.task_id]
            below[task.task_id] = frozenset(direct).union(*(below[down] for down in direct))
        counted = {"downstream": below, "upstream": above}
        ranks = {}
        for place, task in enumerate(self.tasks):
            others = counted.get(task.weight_rule, {}).get(task.task_id, frozenset())
            weight = task.priority_weight + sum(self.by_id[other].priority_weight for other in others)
            ranks[task.task_id] = (weight, place)
        return ranks

    @cached_property
    def expansions(self) -> dict[object, DagSpec]:
        """The engine's own: this DAG with instances in place of mapped tasks, by how many there are."""
        return {}

    @cached_property
    def downstream(self) -> Mapping[str, tuple[str, ...]]:
        """Task id → ids of its direct downstream tasks, in topological order."""
        below: dict[str, list[str]] = {task.task_id: [] for task in self.tasks}
        for task in self.tasks:
            for up in task.upstream:
                below[up].append(task.task_id)
        return {task_id: tuple(ids) for task_id, ids in below.items()}

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Ids of the tasks whose states make the run's state: those with nothing downstream but teardowns."""
        return tuple(
            task.task_id
            for task in self.tasks
            if not (task.is_teardown and not task.on_failure_fail_dagrun)
            and all(
                self.by_id[down].is_teardown and not self.by_id[down].on_failure_fail_dagrun
                for down in self.downstream[task.task_id]
            )
        )

    @cached_property
    def gates(self) -> Mapping[str, tuple[str, ...]]:
        """Task id → ids of the tasks that may yet skip it: branches directly above, short circuits anywhere above."""
        circuits: dict[str, frozenset[str]] = {}
        gates: dict[str, tuple[str, ...]] = {}
        for task in self.tasks:
            above: set[str] = set()
            for up in task.upstream:
                above |= circuits[up]
                if self.by_id[up].decides is Decides.CIRCUIT:
                    above.add(up)
            circuits[task.task_id] = frozenset(above)
            direct = {up for up in task.upstream if self.by_id[up].decides is not Decides.NOTHING}
            if above or direct:
                gates[task.task_id] = tuple(sorted(above | direct))
        return gates

    @cached_property
    def gated_by(self) -> Mapping[str, tuple[str, ...]]:
        """The inverse of ``gates``: id of a branch or short circuit → ids of the tasks that wait for its decision."""
        gated: dict[str, list[str]] = {}
        for task_id, gates in self.gates.items():
            for gate in gates:
                gated.setdefault(gate, []).append(task_id)
        return {gate: tuple(task_ids) for gate, task_ids in gated.items()}

    @cached_property
    def _after(self) -> dict[str, frozenset[str]]:
        return {}

    def after(self, task_id: str) -> frozenset[str]:
        """Ids of the tasks that can't possibly end before ``task_id`` has; kept, as the same few are asked for again.

        Those are the tasks that it gates, and those with nothing but such tasks above. Not all that is below: a task
        may also end early, because of another task above it.
        """
        if task_id not in self._after:
            after: set[str] = set()
            for task in self.tasks:
                gated = task_id in self.gates.get(task.task_id, ())
                held = bool(task.upstream) and all(up == task_id or up in after for up in task.upstream)
                if (gated or held) and task.trigger_rule is not TriggerRule.ALWAYS:
                    after.add(task.task_id)
            self._after[task_id] = frozenset(after)
        return self._after[task_id]

    def closure(self, task_ids: Iterable[str]) -> frozenset[str]:
        """Ids of everything below ``task_ids``, direct or not, without those given unless they are below others."""
        seen: set[str] = set()
        stack = [down for task_id in task_ids for down in self.downstream[task_id]]
        while stack:
            task_id = stack.pop()
            if task_id not in seen:
                seen.add(task_id)
                stack.extend(self.downstream[task_id])
        return frozenset(seen)
