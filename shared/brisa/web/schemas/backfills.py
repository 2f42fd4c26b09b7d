"""Bodies and answers about backfills."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from brisa.web.schemas.base import Answer, Body


class ReprocessBehavior(StrEnum):
    """Airflow's ReprocessBehavior."""

    FAILED = "failed"
    COMPLETED = "completed"
    NONE = "none"


class BackfillCollectionResponse(Answer):
    """Airflow's BackfillCollectionResponse."""

    backfills: list[BackfillResponse]
    total_entries: int


class BackfillPostBody(Body):
    """Airflow's BackfillPostBody."""

    dag_id: str
    from_date: datetime
    to_date: datetime
    run_backwards: bool = False
    dag_run_conf: dict[str, Any] | None = None
    reprocess_behavior: ReprocessBehavior = ReprocessBehavior.NONE
    max_active_runs: int = 10
    run_on_latest_version: bool | None = None


class BackfillResponse(Answer):
    """Airflow's BackfillResponse."""

    id: int = Field(ge=0.0)
    dag_id: str
    from_date: datetime
    to_date: datetime
    dag_run_conf: dict[str, Any] | None
    is_paused: bool
    reprocess_behavior: ReprocessBehavior
    max_active_runs: int
    created_at: datetime
    completed_at: datetime | None
    updated_at: datetime
    dag_display_name: str


class DryRunBackfillCollectionResponse(Answer):
    """Airflow's DryRunBackfillCollectionResponse."""

    backfills: list[DryRunBackfillResponse]
    total_entries: int


class DryRunBackfillResponse(Answer):
    """Airflow's DryRunBackfillResponse."""

    logical_date: datetime | None
    partition_key: str | None
    partition_date: datetime | None
