"""Bodies and answers about task instances."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from brisa.web.schemas.base import Answer, Body
from brisa.web.schemas.dags import DagVersionResponse
from brisa.web.schemas.server import JobResponse, TriggerResponse


class BulkTaskInstanceBody(Body):
    """Airflow's BulkTaskInstanceBody."""

    new_state: TaskInstanceState | None = None
    note: str | None = Field(default=None, max_length=1000)
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    task_id: str
    map_index: int | None = None
    dag_id: str | None = None
    dag_run_id: str | None = None


class ClearTaskInstanceCollectionResponse(Answer):
    """Airflow's ClearTaskInstanceCollectionResponse."""

    task_instances: list[TaskInstanceResponse | NewTaskResponse]
    total_entries: int


class ClearTaskInstancesBody(Body):
    """Airflow's ClearTaskInstancesBody."""

    dry_run: bool = True
    start_date: datetime | None = None
    end_date: datetime | None = None
    only_failed: bool = True
    only_running: bool = False
    reset_dag_runs: bool = True
    task_ids: list[str | list[Any]] | None = None
    dag_run_id: str | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    run_on_latest_version: bool | None = None
    prevent_running_task: bool = False
    note: str | None = Field(default=None, max_length=1000)


class ExternalLogUrlResponse(Answer):
    """Airflow's ExternalLogUrlResponse."""

    url: str


class ExtraLinkCollectionResponse(Answer):
    """Airflow's ExtraLinkCollectionResponse."""

    extra_links: dict[str, str | None]
    total_entries: int


class NewTaskResponse(Answer):
    """Airflow's NewTaskResponse."""

    task_id: str
    task_display_name: str


class PatchTaskInstanceBody(Body):
    """Airflow's PatchTaskInstanceBody."""

    new_state: TaskInstanceState | None = None
    note: str | None = Field(default=None, max_length=1000)
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False


class StructuredLogMessage(Answer):
    """Airflow's StructuredLogMessage."""

    timestamp: datetime | None = None
    event: str


class TaskDependencyCollectionResponse(Answer):
    """Airflow's TaskDependencyCollectionResponse."""

    dependencies: list[TaskDependencyResponse]


class TaskDependencyResponse(Answer):
    """Airflow's TaskDependencyResponse."""

    name: str
    reason: str


class TaskInstanceCollectionResponse(Answer):
    """Airflow's TaskInstanceCollectionResponse."""

    task_instances: list[TaskInstanceResponse]
    total_entries: int | None = None
    total_entries_limit: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None


class TaskInstanceHistoryCollectionResponse(Answer):
    """Airflow's TaskInstanceHistoryCollectionResponse."""

    task_instances: list[TaskInstanceHistoryResponse]
    total_entries: int


class TaskInstanceHistoryResponse(Answer):
    """Airflow's TaskInstanceHistoryResponse."""

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
    """Airflow's TaskInstanceResponse."""

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


class TaskInstanceState(StrEnum):
    """Airflow's TaskInstanceState."""

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


class TaskInstancesBatchBody(Body):
    """Airflow's TaskInstancesBatchBody."""

    dag_ids: list[str] | None = None
    dag_run_ids: list[str] | None = None
    task_ids: list[str] | None = None
    state: list[TaskInstanceState | None] | None = None
    run_after_gte: datetime | None = None
    run_after_gt: datetime | None = None
    run_after_lte: datetime | None = None
    run_after_lt: datetime | None = None
    logical_date_gte: datetime | None = None
    logical_date_gt: datetime | None = None
    logical_date_lte: datetime | None = None
    logical_date_lt: datetime | None = None
    start_date_gte: datetime | None = None
    start_date_gt: datetime | None = None
    start_date_lte: datetime | None = None
    start_date_lt: datetime | None = None
    end_date_gte: datetime | None = None
    end_date_gt: datetime | None = None
    end_date_lte: datetime | None = None
    end_date_lt: datetime | None = None
    duration_gte: float | None = None
    duration_gt: float | None = None
    duration_lte: float | None = None
    duration_lt: float | None = None
    pool: list[str] | None = None
    queue: list[str] | None = None
    executor: list[str] | None = None
    page_offset: int = Field(default=0, ge=0.0)
    page_limit: int = Field(default=100, ge=0.0)
    order_by: str | None = None


class TaskInstancesLogResponse(Answer):
    """Airflow's TaskInstancesLogResponse."""

    content: list[StructuredLogMessage] | list[str]
    continuation_token: str | None
