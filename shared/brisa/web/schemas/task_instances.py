"""Bodies and answers about task instances."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from brisa.web.filters import Moment, ZonedMoment
from brisa.web.paging import either_way
from brisa.web.schemas.base import Answer, Body, given, without
from brisa.web.schemas.server import JobResponse, TriggerResponse
from brisa.web.schemas.versions import DagVersionResponse


class TaskInstanceState(StrEnum):
    """Airflow's names of states; ``null`` stands for none."""

    REMOVED = "removed"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    AWAITING_INPUT = "awaiting_input"


MARKS = (TaskInstanceState.SUCCESS, TaskInstanceState.FAILED, TaskInstanceState.SKIPPED)
"""The states that a person can say a task instance is in."""


SORTED_BY = (
    "id",
    "state",
    "duration",
    "start_date",
    "end_date",
    "map_index",
    "try_number",
    "logical_date",
    "run_after",
    "data_interval_start",
    "data_interval_end",
    "rendered_map_index",
    "operator",
)
"""What lists of task instances can be sorted by."""


class PatchTaskInstanceBody(Body):
    """The changes of task instances: another state, which must be one that they can be marked, or a note."""

    new_state: Annotated[
        TaskInstanceState | None,
        WithJsonSchema({"type": "string", "enum": [mark.value for mark in MARKS], "title": "New State"}),
    ] = None
    note: str | None = Field(default=None, max_length=1000)
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False

    @field_validator("new_state")
    @classmethod
    def _can_be_marked(cls, state: TaskInstanceState | None) -> TaskInstanceState:
        if state is None:
            raise ValueError("'new_state' should not be empty")
        if state not in MARKS:
            raise ValueError(f"{state.value!r} is not one of {[mark.value for mark in MARKS]}")
        return state


class BulkTaskInstanceBody(PatchTaskInstanceBody):
    """Which task instances, and their changes. Without a map index, all instances of a mapped task; ids that the path
    has are not needed."""

    task_id: str
    map_index: int | None = None
    dag_id: str | None = None
    dag_run_id: str | None = None


class ClearTaskInstanceCollectionResponse(Answer):
    """What a clear concerns."""

    task_instances: list[TaskInstanceResponse | NewTaskResponse]
    total_entries: int


class ClearTaskInstancesBody(Body):
    """Which task instances to run again: those of one run, or of the runs of a span of logical dates. With ``dry_run``
    they are only told."""

    model_config = ConfigDict(
        json_schema_extra=without(
            {  # only_failed is true unless something else is said
                "required": ["only_running"],
                "properties": {"only_running": {"const": True}, "only_failed": {"const": True}},
            },
            given("dag_run_id", "start_date"),
            given("dag_run_id", "end_date"),
        )
    )

    dry_run: bool = True
    start_date: Moment | None = None
    end_date: Moment | None = None
    only_failed: bool = True
    only_running: bool = False
    reset_dag_runs: bool = True
    task_ids: list[str | tuple[str, int]] | None = None
    """Ids; or an id and a map index, for one instance of a mapped task."""
    dag_run_id: str | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    run_on_latest_version: bool | None = None
    prevent_running_task: bool = False
    include_recursive: bool = True
    """Whether an ExternalTaskMarker clears what it marks, too; brisa's own."""
    note: str | None = Field(default=None, max_length=1000)

    @model_validator(mode="after")
    def _fits(self) -> ClearTaskInstancesBody:
        if self.only_failed and self.only_running:
            raise ValueError("only_failed and only_running both are set to True")
        if self.dag_run_id is not None and (self.start_date is not None or self.end_date is not None):
            raise ValueError("Exactly one of dag_run_id or start_date must be provided")
        if self.start_date is not None and self.end_date is not None and self.end_date < self.start_date:
            raise ValueError("end_date is sooner than start_date")
        return self


class ExternalLogUrlResponse(Answer):
    """Where a log is, elsewhere."""

    url: str


class ExtraLinkCollectionResponse(Answer):
    """Links that a task's operator offers: name → address, if it has one yet."""

    extra_links: dict[str, str | None]
    total_entries: int


class NewTaskResponse(Answer):
    """A task that a run does not have yet."""

    task_id: str
    task_display_name: str


class StructuredLogMessage(Answer):
    """One message of a log: ``event`` is its text; ``level`` and ``logger`` stand beside it where they are known."""

    model_config = ConfigDict(extra="allow")

    timestamp: datetime | None = None
    event: str


class TaskDependencyCollectionResponse(Answer):
    """What holds a task instance; nothing once it has begun."""

    dependencies: list[TaskDependencyResponse]


class TaskDependencyResponse(Answer):
    """One rule that holds it."""

    name: str
    reason: str


class TaskInstanceCollectionResponse(Answer):
    """Task instances, a page of them."""

    task_instances: list[TaskInstanceResponse]
    total_entries: int | None = None
    total_entries_limit: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None


class TaskInstanceHistoryCollectionResponse(Answer):
    """The tries of a task instance."""

    task_instances: list[TaskInstanceHistoryResponse]
    total_entries: int


class TaskInstanceHistoryResponse(Answer):
    """One try."""

    task_id: str
    dag_id: str
    dag_run_id: str
    map_index: int
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    state: TaskInstanceState | None
    try_number: int
    max_tries: int
    task_display_name: str
    dag_display_name: str
    hostname: str | None
    unixname: str | None
    pool: str
    pool_slots: int
    queue: str | None
    priority_weight: int | None
    operator: str | None
    operator_name: str | None
    queued_when: datetime | None
    scheduled_when: datetime | None
    pid: int | None
    executor: str | None
    executor_config: str
    dag_version: DagVersionResponse | None


class TaskInstanceResponse(Answer):
    """A task instance. ``rendered_fields``, ``hostname`` and ``pid`` are told where one is asked for."""

    id: UUID
    task_id: str
    dag_id: str
    dag_run_id: str
    map_index: int
    logical_date: datetime | None
    run_after: datetime
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    state: TaskInstanceState | None
    try_number: int
    max_tries: int
    task_display_name: str
    dag_display_name: str
    hostname: str | None
    unixname: str | None
    pool: str
    pool_slots: int
    queue: str | None
    priority_weight: int | None
    operator: str | None
    operator_name: str | None
    queued_when: datetime | None
    scheduled_when: datetime | None
    pid: int | None
    executor: str | None
    executor_config: str
    note: str | None
    rendered_map_index: str | None
    rendered_fields: dict[str, Any] | None = None
    trigger: TriggerResponse | None
    triggerer_job: JobResponse | None
    dag_version: DagVersionResponse | None


class TaskInstancesBatchBody(Body):
    """A search."""

    dag_ids: list[str] | None = None
    dag_run_ids: list[str] | None = None
    task_ids: list[str] | None = None
    state: list[TaskInstanceState | None] | None = None
    run_after_gte: ZonedMoment | None = None
    run_after_gt: ZonedMoment | None = None
    run_after_lte: ZonedMoment | None = None
    run_after_lt: ZonedMoment | None = None
    logical_date_gte: ZonedMoment | None = None
    logical_date_gt: ZonedMoment | None = None
    logical_date_lte: ZonedMoment | None = None
    logical_date_lt: ZonedMoment | None = None
    start_date_gte: ZonedMoment | None = None
    start_date_gt: ZonedMoment | None = None
    start_date_lte: ZonedMoment | None = None
    start_date_lt: ZonedMoment | None = None
    end_date_gte: ZonedMoment | None = None
    end_date_gt: ZonedMoment | None = None
    end_date_lte: ZonedMoment | None = None
    end_date_lt: ZonedMoment | None = None
    duration_gte: float | None = None
    duration_gt: float | None = None
    duration_lte: float | None = None
    duration_lt: float | None = None
    pool: list[str] | None = None
    queue: list[str] | None = None
    executor: list[str] | None = None
    page_offset: int = Field(default=0, ge=0.0)
    page_limit: int = Field(default=100, ge=0.0)
    order_by: Annotated[str, Field(json_schema_extra=either_way(SORTED_BY))] | None = None


class TaskInstancesLogResponse(Answer):
    """Part of a log; with a token, there is more, or more may come."""

    content: list[StructuredLogMessage] | list[str]
    continuation_token: str | None
