"""Runs as the API takes and tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from brisa.web.constants import NO_STATE
from brisa.web.filters import Moment
from brisa.web.paging import either_way, listed, sorted_by
from brisa.web.schemas.base import Answer, Body, given, without
from brisa.web.schemas.versions import DagVersionResponse

LARGEST_CONF = 128 * 1024
"""Bytes. It is in the run's document twice, the second time among the params, and Firestore's may have 1 MiB."""
RUN_ID = "[A-Za-z0-9_.~:+-]{1,250}"
"""Airflow's setting ``allowed_run_id_pattern``, and the width of its column."""
LONGEST_NOTE = 1000
"""Characters, as in Airflow where a run is changed."""
_FIRST, _LAST = 1900, 9000
"""Years. Further out, some zones and some schedules have no dates around the one asked for."""
NEAR: dict[str, Any] = {"pattern": r"^(19\d\d|[2-8]\d{3}|9000)-"}
"""What the document says of such a time."""


def near(moment: datetime) -> datetime:
    """``moment`` in UTC, which it is in if it has no zone; an error if it is too far out."""
    if not _FIRST <= moment.year <= _LAST:
        raise ValueError(f"this is not between the years {_FIRST} and {_LAST}")
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def checked_conf(conf: dict[str, Any] | None) -> dict[str, Any] | None:
    """``conf``; an error if it can't be stored."""
    try:
        size = len(json.dumps(conf, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError) as error:
        raise ValueError("this is not JSON that can be stored: no NaN, no half characters, nothing deep") from error
    if size > LARGEST_CONF:
        raise ValueError(f"conf has {size} bytes, and at most {LARGEST_CONF} go into a run")
    return conf


Date = Annotated[AwareDatetime, AfterValidator(near), Field(json_schema_extra=NEAR)]
"""A time of a run to be made, in UTC."""


FIELDS: Mapping[str, str] = {
    "id": "run_after",
    "run_id": "run_id",
    "dag_run_id": "run_id",
    "dag_id": "dag_id",
    "state": "state",
    "logical_date": "logical_date",
    "partition_date": "partition_date",
    "run_after": "run_after",
    "start_date": "started_at",
    "end_date": "ended_at",
    "updated_at": "updated_at",
    "conf": "conf",
    "duration": "duration",
}
"""Airflow's name → the search's. Runs have no number here: in the order of ``id`` they come as they are due."""


_SPAN: dict[str, Any] = {"anyOf": [given("partition_date_start"), given("partition_date_end")]}
_ONLY_BOTH: dict[str, Any] = {
    "required": ["only_failed", "only_new"],
    "properties": {"only_failed": {"const": True}, "only_new": {"const": True}},
}


class BulkDAGRunBody(Body):
    """One run, and its changes."""

    dag_run_id: str
    dag_id: str | None = None
    state: DagRunMutableStates | None = None
    note: str | None = Field(default=None, max_length=1000)


class BulkDAGRunClearBody(Body):
    """Which runs to run again: these, or those of a partition, or of a span of partition dates."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["dag_runs"], "properties": {"dag_runs": {"minItems": 1}}},
                given("partition_key"),
                _SPAN,
            ],
            **without(_ONLY_BOTH),
        }
    )

    partition_key: str | None = None
    partition_date_start: Moment | None = None
    partition_date_end: Moment | None = None
    dry_run: bool = True
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool | None = None
    note: str | None = Field(default=None, max_length=1000)
    dag_runs: list[BulkDAGRunBody] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> BulkDAGRunClearBody:
        _check_selector(self, "dag_runs (non-empty)", bool(self.dag_runs))
        _check_only(self)
        return self


class ClearPartitionsBody(Body):
    """Which runs lose their partition: one, or those of a partition, or of a span of partition dates."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("run_id"), given("partition_key"), _SPAN]})

    partition_key: str | None = None
    partition_date_start: Moment | None = None
    partition_date_end: Moment | None = None
    run_id: str | None = None
    clear_task_instances: bool = False
    dry_run: bool = True

    @model_validator(mode="after")
    def _fits(self) -> ClearPartitionsBody:
        _check_selector(self, "run_id", self.run_id is not None)
        return self


class ClearPartitionsResponse(Answer):
    """How many were, or would be, changed."""

    dag_runs_cleared: int
    task_instances_cleared: int
    dry_run: bool


class DAGRunClearBody(Body):
    """How to run a run again. With ``dry_run`` it is only told what that concerns."""

    model_config = ConfigDict(json_schema_extra=without(_ONLY_BOTH))

    dry_run: bool = True
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool | None = None
    note: str | None = Field(default=None, max_length=1000)

    @model_validator(mode="after")
    def _fits(self) -> DAGRunClearBody:
        _check_only(self)
        return self


def _check_selector(body: BulkDAGRunClearBody | ClearPartitionsBody, other: str, given: bool) -> None:
    """A span of partition dates is one selector, whether it has one end or both."""
    start, end = body.partition_date_start, body.partition_date_end
    if [given, body.partition_key is not None, start is not None or end is not None].count(True) != 1:
        raise ValueError(
            f"Exactly one of {other}, partition_key, or a partition date window "
            "(partition_date_start / partition_date_end) must be provided."
        )
    if start is not None and end is not None and start > end:
        raise ValueError("partition_date_start must be on or before partition_date_end.")


def _check_only(body: BulkDAGRunClearBody | DAGRunClearBody) -> None:
    if body.only_new and body.only_failed:
        raise ValueError("only_new and only_failed are mutually exclusive")


class DAGRunCollectionResponse(Answer):
    """Runs, a page of them."""

    dag_runs: list[DAGRunResponse]
    total_entries: int | None = None
    total_entries_limit: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None


class DAGRunPatchBody(Body):
    """Changes of a run. ``queued`` runs it again, the others end it."""

    state: DagRunMutableStates | None = None
    note: str | None = Field(default=None, max_length=1000)


class DAGRunResponse(Answer):
    """A run."""

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


class DAGRunRanges(BaseModel):
    """Ranges that a search for runs may have."""

    run_after_gte: Moment | None = None
    run_after_gt: Moment | None = None
    run_after_lte: Moment | None = None
    run_after_lt: Moment | None = None
    logical_date_gte: Moment | None = None
    logical_date_gt: Moment | None = None
    logical_date_lte: Moment | None = None
    logical_date_lt: Moment | None = None
    start_date_gte: Moment | None = None
    start_date_gt: Moment | None = None
    start_date_lte: Moment | None = None
    start_date_lt: Moment | None = None
    end_date_gte: Moment | None = None
    end_date_gt: Moment | None = None
    end_date_lte: Moment | None = None
    end_date_lt: Moment | None = None
    duration_gte: float | None = None
    duration_gt: float | None = None
    duration_lte: float | None = None
    duration_lt: float | None = None


class DAGRunsBatchBody(DAGRunRanges, Body):
    """A search for runs."""

    order_by: Annotated[str, Field(json_schema_extra=either_way(FIELDS))] | None = None
    page_offset: int = Field(default=0, ge=0.0)
    page_limit: int = Field(default=100, ge=0.0)
    dag_ids: list[str] | None = None
    states: list[DagRunState | None] | None = None
    conf_contains: str | None = None


class DagRunMutableStates(StrEnum):
    """The states that a person can put a run in."""

    QUEUED = "queued"
    SUCCESS = "success"
    FAILED = "failed"


class DagRunState(StrEnum):
    """States of runs."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class DagRunTriggeredByType(StrEnum):
    """Who asked for a run."""

    CLI = "cli"
    OPERATOR = "operator"
    REST_API = "rest_api"
    UI = "ui"
    TEST = "test"
    TIMETABLE = "timetable"
    ASSET = "asset"
    BACKFILL = "backfill"


class DagRunType(StrEnum):
    """Why there is a run."""

    BACKFILL = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"


class TriggerDAGRunPostBody(Body):
    """The run that is wanted. Without a logical date (``null``) it has none, nor a data interval, as in Airflow 3."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                given("data_interval_start", "data_interval_end"),
                without(given("data_interval_start"), given("data_interval_end")),
            ]
        }
    )

    dag_run_id: Annotated[str, Field(json_schema_extra={"pattern": f"^({RUN_ID})?$"})] | None = None
    data_interval_start: Date | None = None
    data_interval_end: Date | None = None
    logical_date: Date | None
    run_after: Date | None = None
    conf: Annotated[dict[str, Any] | None, AfterValidator(checked_conf)] = None
    note: str | None = Field(default=None, max_length=LONGEST_NOTE)
    partition_key: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> TriggerDAGRunPostBody:
        start, end = self.data_interval_start, self.data_interval_end
        if (start is None) != (end is None):
            raise ValueError("Either both data_interval_start and data_interval_end must be provided or both be None")
        if start is not None and end is not None and start > end:
            raise ValueError("data_interval_start is later than data_interval_end")
        return self


class DAGRunsQuery(DAGRunRanges):
    """The same as a query."""

    model_config = ConfigDict(extra="ignore")

    updated_at_gte: Moment | None = None
    updated_at_gt: Moment | None = None
    updated_at_lte: Moment | None = None
    updated_at_lt: Moment | None = None
    partition_date_gte: date | None = None
    partition_date_lte: date | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=0)
    offset: int = Field(default=0, ge=0)
    conf_contains: str = ""
    run_type: Annotated[list[str], listed(*DagRunType)]
    state: Annotated[list[str], listed(*DagRunState, NO_STATE)]
    dag_version: list[int] = Field(default_factory=list)
    bundle_version: str | None = None
    order_by: Annotated[list[str], sorted_by(FIELDS)]
    run_id_pattern: str | None = None
    run_id_prefix_pattern: str | None = None
    triggering_user_name_pattern: str | None = None
    triggering_user_name_prefix_pattern: str | None = None
    dag_id_pattern: str | None = None
    dag_id_prefix_pattern: str | None = None
    partition_key_pattern: str | None = None
    partition_key_prefix_pattern: str | None = None
    consuming_asset_pattern: str | None = None
