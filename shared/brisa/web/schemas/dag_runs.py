"""Bodies and answers about dag runs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from brisa.web.schemas.base import Answer, Body
from brisa.web.schemas.versions import DagVersionResponse


class BulkDAGRunBody(Body):
    """Airflow's BulkDAGRunBody."""

    dag_run_id: str
    dag_id: str | None = None
    state: DagRunMutableStates | None = None
    note: str | None = Field(default=None, max_length=1000)


class BulkDAGRunClearBody(Body):
    """Airflow's BulkDAGRunClearBody."""

    partition_key: str | None = None
    partition_date_start: datetime | None = None
    partition_date_end: datetime | None = None
    dry_run: bool = True
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool | None = None
    note: str | None = Field(default=None, max_length=1000)
    dag_runs: list[BulkDAGRunBody] | None = None


class ClearPartitionsBody(Body):
    """Airflow's ClearPartitionsBody."""

    partition_key: str | None = None
    partition_date_start: datetime | None = None
    partition_date_end: datetime | None = None
    run_id: str | None = None
    clear_task_instances: bool = False
    dry_run: bool = True


class ClearPartitionsResponse(Answer):
    """Airflow's ClearPartitionsResponse."""

    dag_runs_cleared: int
    task_instances_cleared: int
    dry_run: bool


class DAGRunClearBody(Body):
    """Airflow's DAGRunClearBody."""

    dry_run: bool = True
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool | None = None
    note: str | None = Field(default=None, max_length=1000)


class DAGRunCollectionResponse(Answer):
    """Airflow's DAGRunCollectionResponse."""

    dag_runs: list[DAGRunResponse]
    total_entries: int | None = None
    total_entries_limit: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None


class DAGRunPatchBody(Body):
    """Airflow's DAGRunPatchBody."""

    state: DagRunMutableStates | None = None
    note: str | None = Field(default=None, max_length=1000)


class DAGRunResponse(Answer):
    """Airflow's DAGRunResponse."""

    dag_run_id: str
    dag_id: str
    logical_date: datetime | None
    queued_at: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    last_scheduling_decision: datetime | None
    run_type: DagRunType
    state: DagRunState
    triggered_by: DagRunTriggeredByType | None
    triggering_user_name: str | None
    conf: dict[str, Any] | None
    note: str | None
    dag_versions: list[DagVersionResponse]
    bundle_version: str | None
    dag_display_name: str
    partition_key: str | None
    partition_date: datetime | None


class DAGRunsBatchBody(Body):
    """Airflow's DAGRunsBatchBody."""

    order_by: str | None = None
    page_offset: int = Field(default=0, ge=0.0)
    page_limit: int = Field(default=100, ge=0.0)
    dag_ids: list[str] | None = None
    states: list[DagRunState | None] | None = None
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
    conf_contains: str | None = None


class DagRunMutableStates(StrEnum):
    """Airflow's DagRunMutableStates."""

    QUEUED = "queued"
    SUCCESS = "success"
    FAILED = "failed"


class DagRunState(StrEnum):
    """Airflow's DagRunState."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class DagRunTriggeredByType(StrEnum):
    """Airflow's DagRunTriggeredByType."""

    CLI = "cli"
    OPERATOR = "operator"
    REST_API = "rest_api"
    UI = "ui"
    TEST = "test"
    TIMETABLE = "timetable"
    ASSET = "asset"
    BACKFILL = "backfill"


class DagRunType(StrEnum):
    """Airflow's DagRunType."""

    BACKFILL = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"


class TriggerDAGRunPostBody(Body):
    """Airflow's TriggerDAGRunPostBody."""

    dag_run_id: str | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    logical_date: datetime | None
    run_after: datetime | None = None
    conf: dict[str, Any] | None = None
    note: str | None = None
    partition_key: str | None = None
