"""Bodies and answers about state store."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue

from brisa.web.schemas.base import Answer, Body


class AssetStateStoreBody(Body):
    """Airflow's AssetStateStoreBody."""

    value: JsonValue


class AssetStateStoreCollectionResponse(Answer):
    """Airflow's AssetStateStoreCollectionResponse."""

    asset_state_store: list[AssetStateStoreResponse]
    total_entries: int


class AssetStateStoreLastUpdatedBy(Answer):
    """Airflow's AssetStateStoreLastUpdatedBy."""

    kind: AssetStateStoreWriterKind
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None


class AssetStateStoreResponse(Answer):
    """Airflow's AssetStateStoreResponse."""

    key: str
    value: JsonValue
    updated_at: datetime
    last_updated_by: AssetStateStoreLastUpdatedBy | None = None


class AssetStateStoreWriterKind(StrEnum):
    """Airflow's AssetStateStoreWriterKind."""

    TASK = "task"
    WATCHER = "watcher"
    API = "api"


class TaskStateStoreBody(Body):
    """Airflow's TaskStateStoreBody."""

    value: JsonValue
    expires_at: datetime | Literal["default"] | None = "default"


class TaskStateStoreCollectionResponse(Answer):
    """Airflow's TaskStateStoreCollectionResponse."""

    task_state_store: list[TaskStateStoreResponse]
    total_entries: int


class TaskStateStorePatchBody(Body):
    """Airflow's TaskStateStorePatchBody."""

    value: JsonValue


class TaskStateStoreResponse(Answer):
    """Airflow's TaskStateStoreResponse."""

    key: str
    value: JsonValue
    updated_at: datetime
    expires_at: datetime | None
