"""Bodies and answers about dags."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from brisa.web.schemas.base import Answer, Body
from brisa.web.schemas.dag_runs import DagRunState, DagRunType
from brisa.web.schemas.versions import DagVersionResponse


class DAGCollectionResponse(Answer):
    """Airflow's DAGCollectionResponse."""

    dags: list[DAGResponse]
    total_entries: int


class DAGDetailsResponse(Answer):
    """Airflow's DAGDetailsResponse."""

    dag_id: str
    dag_display_name: str
    is_paused: bool
    is_stale: bool
    last_parsed_time: datetime | None
    last_parse_duration: float | None
    last_expired: datetime | None
    bundle_name: str | None
    bundle_version: str | None
    relative_fileloc: str | None
    fileloc: str
    description: str | None
    timetable_summary: str | None
    timetable_description: str | None
    timetable_partitioned: bool
    timetable_periodic: bool
    tags: list[DagTagResponse]
    max_active_tasks: int
    max_active_runs: int | None
    max_consecutive_failed_dag_runs: int
    has_task_concurrency_limits: bool
    has_import_errors: bool
    next_dagrun_logical_date: datetime | None
    next_dagrun_data_interval_start: datetime | None
    next_dagrun_data_interval_end: datetime | None
    next_dagrun_run_after: datetime | None
    allowed_run_types: list[DagRunType] | None
    owners: list[str]
    catchup: bool
    dag_run_timeout: timedelta | None
    asset_expression: dict[str, Any] | None
    doc_md: str | None
    start_date: datetime | None
    end_date: datetime | None
    is_paused_upon_creation: bool | None
    params: dict[str, Any] | None
    render_template_as_native_obj: bool
    template_search_path: list[str] | None
    timezone: str | None
    last_parsed: datetime | None
    default_args: dict[str, Any] | None
    rerun_with_latest_version: bool | None = None
    owner_links: dict[str, str] | None = None
    is_favorite: bool = False
    active_runs_count: int = 0
    is_backfillable: bool
    file_token: str
    concurrency: int
    latest_dag_version: DagVersionResponse | None


class DAGPatchBody(Body):
    """Airflow's DAGPatchBody."""

    is_paused: bool


class DAGResponse(Answer):
    """Airflow's DAGResponse."""

    dag_id: str
    dag_display_name: str
    is_paused: bool
    is_stale: bool
    last_parsed_time: datetime | None
    last_parse_duration: float | None
    last_expired: datetime | None
    bundle_name: str | None
    bundle_version: str | None
    relative_fileloc: str | None
    fileloc: str
    description: str | None
    timetable_summary: str | None
    timetable_description: str | None
    timetable_partitioned: bool
    timetable_periodic: bool
    tags: list[DagTagResponse]
    max_active_tasks: int
    max_active_runs: int | None
    max_consecutive_failed_dag_runs: int
    has_task_concurrency_limits: bool
    has_import_errors: bool
    next_dagrun_logical_date: datetime | None
    next_dagrun_data_interval_start: datetime | None
    next_dagrun_data_interval_end: datetime | None
    next_dagrun_run_after: datetime | None
    allowed_run_types: list[DagRunType] | None
    owners: list[str]
    is_backfillable: bool
    file_token: str


class DAGSourceResponse(Answer):
    """Airflow's DAGSourceResponse."""

    content: str | None
    dag_id: str
    version_number: int | None
    dag_display_name: str


class DAGTagCollectionResponse(Answer):
    """Airflow's DAGTagCollectionResponse."""

    tags: list[str]
    total_entries: int


class DAGVersionCollectionResponse(Answer):
    """Airflow's DAGVersionCollectionResponse."""

    dag_versions: list[DagVersionResponse]
    total_entries: int


class DAGWarningCollectionResponse(Answer):
    """Airflow's DAGWarningCollectionResponse."""

    dag_warnings: list[DAGWarningResponse]
    total_entries: int


class DAGWarningResponse(Answer):
    """Airflow's DAGWarningResponse."""

    dag_id: str
    warning_type: DagWarningType
    message: str
    timestamp: datetime
    dag_display_name: str


class DagStatsCollectionResponse(Answer):
    """Airflow's DagStatsCollectionResponse."""

    dags: list[DagStatsResponse]
    total_entries: int


class DagStatsResponse(Answer):
    """Airflow's DagStatsResponse."""

    dag_id: str
    dag_display_name: str
    stats: list[DagStatsStateResponse]


class DagStatsStateResponse(Answer):
    """Airflow's DagStatsStateResponse."""

    state: DagRunState
    count: int


class DagTagResponse(Answer):
    """Airflow's DagTagResponse."""

    name: str
    dag_id: str
    dag_display_name: str


class DagWarningType(StrEnum):
    """Airflow's DagWarningType."""

    ASSET_CONFLICT = "asset conflict"
    NON_EXISTENT_POOL = "non-existent pool"
    RUNTIME_VARYING_VALUE = "runtime varying value"


class ImportErrorCollectionResponse(Answer):
    """Airflow's ImportErrorCollectionResponse."""

    import_errors: list[ImportErrorResponse]
    total_entries: int


class ImportErrorResponse(Answer):
    """A file that does not load; from ``message`` on, what Airflow's clients do not ask for."""

    import_error_id: int
    timestamp: datetime
    filename: str
    bundle_name: str | None
    stack_trace: str
    message: str = Field(description="Why, in one line.")
    line: int | None = Field(description="Of the file, where that is known.")
    source: str | None = Field(description="What that line says.")
