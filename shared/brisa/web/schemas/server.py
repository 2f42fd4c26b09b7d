"""Bodies and answers about server."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from brisa.web.schemas.base import Answer
from brisa.web.schemas.common import BaseInfoResponse


class DagProcessorInfoResponse(Answer):
    """Airflow's DagProcessorInfoResponse."""

    status: str | None
    latest_dag_processor_heartbeat: str | None


class HealthInfoResponse(Answer):
    """Airflow's HealthInfoResponse."""

    metadatabase: BaseInfoResponse
    scheduler: SchedulerInfoResponse
    triggerer: TriggererInfoResponse
    dag_processor: DagProcessorInfoResponse | None = None


class JobCollectionResponse(Answer):
    """Airflow's JobCollectionResponse."""

    jobs: list[JobResponse]
    total_entries: int


class JobResponse(Answer):
    """Airflow's JobResponse."""

    id: int
    dag_id: str | None
    state: str | None
    job_type: str | None
    start_date: datetime | None
    end_date: datetime | None
    latest_heartbeat: datetime | None
    executor_class: str | None
    hostname: str | None
    unixname: str | None
    dag_display_name: str | None = None


class PluginImportErrorCollectionResponse(Answer):
    """Airflow's PluginImportErrorCollectionResponse."""

    import_errors: list[PluginImportErrorResponse]
    total_entries: int


class PluginImportErrorResponse(Answer):
    """Airflow's PluginImportErrorResponse."""

    source: str
    error: str


class PluginCollectionResponse(Answer):
    """Airflow's PluginCollectionResponse; brisa loads no plugins."""

    plugins: list[dict[str, Any]]
    total_entries: int


class ProviderCollectionResponse(Answer):
    """Airflow's ProviderCollectionResponse."""

    providers: list[ProviderResponse]
    total_entries: int


class ProviderResponse(Answer):
    """Airflow's ProviderResponse."""

    package_name: str
    description: str
    version: str
    documentation_url: str | None


class SchedulerInfoResponse(Answer):
    """Airflow's SchedulerInfoResponse."""

    status: str | None
    latest_scheduler_heartbeat: str | None


class TriggerResponse(Answer):
    """Airflow's TriggerResponse."""

    id: int
    classpath: str
    kwargs: str
    created_date: datetime
    queue: str | None
    triggerer_id: int | None


class TriggererInfoResponse(Answer):
    """Airflow's TriggererInfoResponse."""

    status: str | None
    latest_triggerer_heartbeat: str | None


class VersionInfo(Answer):
    """Airflow's VersionInfo."""

    version: str
    git_version: str | None
