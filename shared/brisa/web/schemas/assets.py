"""Bodies and answers about assets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, JsonValue

from brisa.web.schemas.base import Answer, Body
from brisa.web.schemas.dag_runs import Date, TriggerDAGRunPostBody


class AssetAliasCollectionResponse(Answer):
    """Airflow's AssetAliasCollectionResponse."""

    asset_aliases: list[AssetAliasResponse]
    total_entries: int


class AssetAliasResponse(Answer):
    """Airflow's AssetAliasResponse."""

    id: int
    name: str
    group: str


class AssetCollectionResponse(Answer):
    """Airflow's AssetCollectionResponse."""

    assets: list[AssetResponse]
    total_entries: int


class AssetEventAccessControl(Body):
    """Airflow's AssetEventAccessControl."""

    consumer_teams: list[str] | None = None
    allow_global: bool = True


class AssetEventCollectionResponse(Answer):
    """Airflow's AssetEventCollectionResponse."""

    asset_events: list[AssetEventResponse]
    total_entries: int


class AssetEventResponse(Answer):
    """Airflow's AssetEventResponse."""

    id: int
    asset_id: int
    uri: str | None = None
    name: str | None = None
    group: str | None = None
    extra: dict[str, JsonValue] | None = None
    source_task_id: str | None = None
    source_dag_id: str | None = None
    source_run_id: str | None = None
    source_map_index: int
    created_dagruns: list[DagRunAssetReference]
    timestamp: datetime
    partition_key: str | None = None


class AssetResponse(Answer):
    """Airflow's AssetResponse."""

    id: int
    name: str
    uri: str
    group: str
    extra: dict[str, JsonValue] | None = None
    created_at: datetime
    updated_at: datetime
    scheduled_dags: list[DagScheduleAssetReference]
    producing_tasks: list[TaskOutletAssetReference]
    consuming_tasks: list[TaskInletAssetReference]
    aliases: list[AssetAliasResponse]
    watchers: list[AssetWatcherResponse]
    last_asset_event: LastAssetEventResponse | None = None


class AssetWatcherResponse(Answer):
    """Airflow's AssetWatcherResponse."""

    name: str
    trigger_id: int
    created_date: datetime


class CreateAssetEventsBody(Body):
    """Airflow's CreateAssetEventsBody."""

    asset_id: int
    partition_key: str | None = Field(default=None, max_length=250, pattern=r"\S")
    extra: dict[str, Any] | None = None
    access_control: AssetEventAccessControl | None = None


class DagRunAssetReference(Body):
    """Airflow's DagRunAssetReference."""

    run_id: str
    dag_id: str
    logical_date: datetime | None
    start_date: datetime
    end_date: datetime | None
    state: str
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    partition_key: str | None
    triggering: bool


class DagScheduleAssetReference(Body):
    """Airflow's DagScheduleAssetReference."""

    dag_id: str
    created_at: datetime
    updated_at: datetime


class LastAssetEventResponse(Answer):
    """Airflow's LastAssetEventResponse."""

    id: int | None = Field(default=None, ge=0.0)
    timestamp: datetime | None = None


class MaterializeAssetBody(TriggerDAGRunPostBody):
    """The run that is wanted, of the DAG that makes the asset."""

    logical_date: Date | None = None


class QueuedEventCollectionResponse(Answer):
    """Airflow's QueuedEventCollectionResponse."""

    queued_events: list[QueuedEventResponse]
    total_entries: int


class QueuedEventResponse(Answer):
    """Airflow's QueuedEventResponse."""

    dag_id: str
    asset_id: int
    created_at: datetime
    dag_display_name: str


class TaskInletAssetReference(Body):
    """Airflow's TaskInletAssetReference."""

    dag_id: str
    task_id: str
    created_at: datetime
    updated_at: datetime


class TaskOutletAssetReference(Body):
    """Airflow's TaskOutletAssetReference."""

    dag_id: str
    task_id: str
    created_at: datetime
    updated_at: datetime
