"""Bodies and answers about backfills."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from brisa.model.backfill import MAX_ACTIVE_RUNS
from brisa.services.backfills import MOST_ACTIVE
from brisa.web.schemas.base import Answer, Body
from brisa.web.schemas.dag_runs import NEAR, checked_conf, near

Day = Annotated[datetime, AfterValidator(near), Field(json_schema_extra=NEAR)]
"""A logical date; one without a zone is in UTC."""
Conf = Annotated[dict[str, Any] | None, AfterValidator(checked_conf)]


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
    """The backfill that is wanted. Both dates are included."""

    dag_id: str
    from_date: Day
    to_date: Day
    run_backwards: bool = Field(default=False, strict=True)
    dag_run_conf: Conf = None
    reprocess_behavior: ReprocessBehavior = ReprocessBehavior.NONE
    max_active_runs: int = Field(
        default=MAX_ACTIVE_RUNS, strict=True, json_schema_extra={"minimum": 1, "maximum": MOST_ACTIVE}
    )
    run_on_latest_version: bool | None = None
    """Accepted as Airflow's clients send it; runs are always of the version that is current when they begin."""
    confirm: bool = Field(default=False, strict=True)
    """That one of more than 10,000 intervals is meant; brisa's own."""


class BackfillIntervals(Answer):
    """How many intervals there are; they are counted up to 10,000."""

    count: int
    more: bool


class BackfillRuns(Answer):
    """How far it has come: what became of its intervals, and of its runs."""

    created: int
    rerun: int
    skipped: int
    active: int
    success: int
    failed: int


class BackfillResponse(Answer):
    """A backfill; from ``state`` on, what Airflow's clients do not ask for."""

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
    state: str
    note: str | None
    intervals: BackfillIntervals
    runs: BackfillRuns
    next_date: datetime | None
    """The logical date of the next run that it makes."""


class DryRunBackfillCollectionResponse(Answer):
    """Airflow's DryRunBackfillCollectionResponse, and how many intervals there are, whether they have a run or not."""

    backfills: list[DryRunBackfillResponse]
    total_entries: int
    intervals: BackfillIntervals


class DryRunBackfillResponse(Answer):
    """Airflow's DryRunBackfillResponse."""

    logical_date: datetime | None
    partition_key: str | None
    partition_date: datetime | None
