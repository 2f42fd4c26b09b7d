"""Bodies and answers about state store."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue

from brisa.web.filters import ZonedMoment
from brisa.web.schemas.base import Answer, Body, SomeJson


class AssetStateStoreBody(Body):
    """A value; ``null`` is none."""

    value: SomeJson


class AssetStateStoreCollectionResponse(Answer):
    """What is kept of an asset, a page of it."""

    asset_state_store: list[AssetStateStoreResponse]
    total_entries: int


class AssetStateStoreLastUpdatedBy(Answer):
    """Who has written a value; what is ``null`` is not known, or not a task."""

    kind: AssetStateStoreWriterKind
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None


class AssetStateStoreResponse(Answer):
    """A value that is kept of an asset."""

    key: str
    value: JsonValue
    updated_at: datetime
    last_updated_by: AssetStateStoreLastUpdatedBy | None = None


class AssetStateStoreWriterKind(StrEnum):
    """Who may write one."""

    TASK = "task"
    WATCHER = "watcher"
    API = "api"


class TaskStateStoreBody(Body):
    """A value, and until when it is kept: by default 30 days, with ``null`` for good."""

    value: SomeJson
    expires_at: ZonedMoment | Literal["default"] | None = "default"


class TaskStateStoreCollectionResponse(Answer):
    """What a task instance keeps, a page of it."""

    task_state_store: list[TaskStateStoreResponse]
    total_entries: int


class TaskStateStorePatchBody(Body):
    """Another value."""

    value: SomeJson


class TaskStateStoreResponse(Answer):
    """A value that a task instance keeps from try to try."""

    key: str
    value: JsonValue
    updated_at: datetime
    expires_at: datetime | None
