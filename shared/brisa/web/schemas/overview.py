"""Answers of brisa's own, from which its console draws: a whole picture each, where Airflow has pages of lists."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from brisa.web.schemas.base import Answer
from brisa.web.schemas.dag_runs import DagRunState, DagRunType


class TaskNode(Answer):
    """A task of a DAG. Colours and texts are as its author wrote them."""

    task_id: str
    label: str
    operator: str
    group_id: str | None = Field(description="Of the innermost group that it is in.")
    trigger_rule: str
    is_mapped: bool
    is_setup: bool
    is_teardown: bool
    doc_md: str | None
    ui_color: str | None


class GroupNode(Answer):
    """A group of tasks."""

    group_id: str
    parent_id: str | None
    label: str
    tooltip: str | None
    is_mapped: bool


class Edge(Answer):
    """That one task comes after another."""

    source_id: str
    target_id: str
    label: str | None


class StructureResponse(Answer):
    """A version of a DAG as a graph. Tasks are in topological order."""

    dag_id: str
    version_number: int | None
    tasks: list[TaskNode]
    groups: list[GroupNode]
    edges: list[Edge]


class RunSummary(Answer):
    """What of a run is told at a glance."""

    dag_run_id: str
    state: DagRunState
    run_type: DagRunType
    run_after: datetime
    logical_date: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None = Field(description="Seconds; null while it goes on.")
    version_number: int | None = None
    note: str | None = None


class GridResponse(Answer):
    """Runs, and the states of all tasks in each."""

    dag_id: str
    total_entries: int
    runs: list[RunSummary]
    states: dict[str, list[str | None]] = Field(
        description="Task → its state in each of the runs, `none` if it has none yet; null where the run does not have "
        "the task, or where `counts` tells."
    )
    counts: dict[str, list[dict[str, int] | None]] = Field(
        description="Mapped task → how many of its instances are in which state in each of the runs; null where it is "
        "not expanded."
    )


class InstanceSpan(Answer):
    """When a task instance began and ended, in its present try or its last."""

    task_id: str
    map_index: int
    state: str = Field(description="`none` if it has none yet.")
    try_number: int
    start_date: datetime | None
    end_date: datetime | None


class RunTimelineResponse(Answer):
    """A run, and its task instances in topological order, those of a mapped task by index."""

    dag_id: str
    run: RunSummary
    instances: list[InstanceSpan]


class DagRecentRuns(Answer):
    """The latest runs of one DAG, the latest first."""

    dag_id: str
    runs: list[RunSummary]


class RecentRunsResponse(Answer):
    """The latest runs of several DAGs."""

    dags: list[DagRecentRuns]


class CalendarDay(Answer):
    """How many runs became due on a day, by state."""

    date: str
    states: dict[str, int]


class CalendarResponse(Answer):
    """The days on which runs became due; days without one are left out."""

    dag_id: str
    days: list[CalendarDay]
    truncated: bool = Field(description="Whether there are more runs than are counted: earlier days are missing then.")


class NextRun(Answer):
    """A run that a schedule will make."""

    run_after: datetime
    data_interval_start: datetime
    data_interval_end: datetime


class NextRunsResponse(Answer):
    """The runs to come; none of a DAG without a schedule, or with a custom timetable."""

    dag_id: str
    next_runs: list[NextRun]
    due: int = Field(description="How many runs are due by now: what unpausing the DAG sets going.")
    more_due: bool = Field(description="Whether there are still more than `due`.")


class ChangedRun(Answer):
    """A run that was made, went on, ended, or was removed."""

    dag_id: str
    dag_run_id: str


class ChangesResponse(Answer):
    """What has changed since a cursor."""

    cursor: str
    reset: bool = Field(description="Whether it can't be told what has changed: everything may have.")
    again: float = Field(description="Seconds after which to ask again.")
    now: datetime
    dags: list[str]
    runs: list[ChangedRun]
    import_errors: bool = Field(description="Whether other files don't load, or for another reason.")
    actions: bool = Field(
        description="Whether the audit log has a new entry: somebody may have changed anything, such as a Variable."
    )


class CostLine(Answer):
    """One item of a bill."""

    item: str
    what: str
    amount: float
    unit: str
    usd: float


class DagCost(Answer):
    """What a DAG costs in a month, if it goes on as in the last 30 days."""

    dag_id: str
    runs_per_month: float
    tasks_per_run: float
    seconds_per_task: float
    usd: float = Field(description="As if nothing were free.")
    lines: list[CostLine]


class CostResponse(Answer):
    """What DAGs cost in a month on Google Cloud."""

    currency: str
    region: str
    idle_usd: float = Field(description="What it costs when nothing runs.")
    dags: list[DagCost]
    total_entries: int


class ChangesQuery(BaseModel):
    """Since when, and how long to wait for something to change."""

    model_config = ConfigDict(extra="ignore")

    since: str | None = Field(default=None, max_length=100)
    wait: float = Field(default=20.0, ge=0, le=30, description="Seconds.")
