"""How DAGs look to clients."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from brisa.errors import NotFoundError
from brisa.model.dag import Dag, DagSummary
from brisa.model.spec import DagSpec, ScheduleKind
from brisa.ports.store import StateStore
from brisa.web.constants import BUNDLE_NAME, BUNDLE_VERSION
from brisa.web.ids import number
from brisa.web.schemas.dags import DAGDetailsResponse, DAGResponse, DagTagResponse
from brisa.web.times import moment
from brisa.web.versions import display_name, versions_of

_PERIODIC = (ScheduleKind.CRON, ScheduleKind.DELTA)
_TIMETABLES: Mapping[tuple[ScheduleKind, bool], str] = {
    (ScheduleKind.CRON, True): "CronDataIntervalTimetable",
    (ScheduleKind.CRON, False): "CronTriggerTimetable",
    (ScheduleKind.DELTA, True): "DeltaDataIntervalTimetable",
    (ScheduleKind.DELTA, False): "DeltaTriggerTimetable",
    **dict.fromkeys([(ScheduleKind.NONE, True), (ScheduleKind.NONE, False)], "NullTimetable"),
    **dict.fromkeys([(ScheduleKind.ONCE, True), (ScheduleKind.ONCE, False)], "OnceTimetable"),
    **dict.fromkeys([(ScheduleKind.CONTINUOUS, True), (ScheduleKind.CONTINUOUS, False)], "ContinuousTimetable"),
    **dict.fromkeys([(ScheduleKind.EVENTS, True), (ScheduleKind.EVENTS, False)], "EventsTimetable"),
    **dict.fromkeys([(ScheduleKind.ASSETS, True), (ScheduleKind.ASSETS, False)], "AssetTriggeredTimetable"),
}
"""Airflow's class for a kind of schedule, with data intervals or without."""


def known_dag(store: StateStore, dag_id: str) -> Dag:
    """A DAG; :class:`NotFoundError` if there is none, or it is being deleted."""
    stored = store.dag(dag_id)
    if stored is None or stored.record.deleting:
        raise NotFoundError(f"The Dag with ID: `{dag_id}` was not found")
    return stored.record


def summary_of(store: StateStore, dag: Dag) -> DagSummary:
    """What the current version tells of itself; read from it if the DAG was registered by an earlier brisa."""
    if dag.summary is not None:
        return dag.summary
    version = store.version(dag.dag_id, dag.version)
    return DagSummary() if version is None else DagSummary.of(version.spec)


def timetable_type(summary: DagSummary) -> str:
    """The class that Airflow would have for the schedule; empty for a custom one."""
    if summary.partitioned:
        return "PartitionedAssetTimetable" if summary.on_assets else "CronPartitionTimetable"
    if summary.on_assets and summary.kind is not ScheduleKind.ASSETS:
        return "AssetOrTimeSchedule"
    return _TIMETABLES.get((summary.kind, summary.intervals), "")


def file_token(file: str) -> str:
    """What names a DAG file in a path."""
    return base64.urlsafe_b64encode(file.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def file_of(token: str) -> str | None:
    """The other way round; ``None`` for what is no token."""
    try:
        data = base64.b64decode(f"{token}{'=' * (-len(token) % 4)}", altchars=b"-_", validate=True)
        return data.decode("utf-8", "surrogatepass")
    except (binascii.Error, ValueError):
        return None


def dag_view(dag: Dag, summary: DagSummary, failing: frozenset[str]) -> DAGResponse:
    """A DAG; ``failing`` are the files that do not load."""
    return DAGResponse(**_fields(dag, summary, failing))


def details_view(
    store: StateStore, dag: Dag, spec: DagSpec, failing: frozenset[str], *, favourite: bool
) -> DAGDetailsResponse:
    """A DAG with what only its version knows."""
    return DAGDetailsResponse(
        **_fields(dag, DagSummary.of(spec), failing),
        catchup=spec.catchup,
        dag_run_timeout=None if spec.dagrun_timeout is None else timedelta(seconds=spec.dagrun_timeout),
        asset_expression=_expression(spec.schedule.extra.get("assets")),
        doc_md=spec.doc_md or None,
        start_date=spec.start_date,
        end_date=spec.end_date,
        is_paused_upon_creation=spec.is_paused_upon_creation,
        params={name: _param(param) for name, param in spec.params.items()},
        render_template_as_native_obj=bool(spec.display.get("render_template_as_native_obj", False)),
        template_search_path=None,
        timezone=spec.schedule.timezone,
        last_parsed=moment(dag.updated_at),
        default_args={},
        owner_links=dict(_mapping(spec.display.get("owner_links"))),
        is_favorite=favourite,
        active_runs_count=len(dag.active_runs),
        concurrency=spec.max_active_tasks,
        latest_dag_version=versions_of(store, {dag.dag_id: dag}).get((dag.dag_id, dag.version)),
    )


def _fields(dag: Dag, summary: DagSummary, failing: frozenset[str]) -> dict[str, Any]:
    """What both views have."""
    name = summary.display_name or display_name(dag, dag.dag_id)
    periodic = summary.kind in _PERIODIC
    return {
        "dag_id": dag.dag_id,
        "dag_display_name": name,
        "is_paused": dag.paused,
        "is_stale": not dag.active,
        "last_parsed_time": moment(dag.updated_at),
        "last_parse_duration": None,
        "last_expired": None,
        "bundle_name": BUNDLE_NAME,
        "bundle_version": BUNDLE_VERSION,
        "relative_fileloc": dag.file,
        "fileloc": dag.file,
        "description": summary.description or None,
        "timetable_summary": _timetable(summary),
        "timetable_description": _DESCRIBED.get(summary.kind, ""),
        "timetable_partitioned": summary.partitioned,
        "timetable_periodic": periodic,
        "tags": [DagTagResponse(name=tag, dag_id=dag.dag_id, dag_display_name=name) for tag in sorted(summary.tags)],
        "max_active_tasks": summary.max_active_tasks,
        "max_active_runs": dag.max_active_runs,
        "max_consecutive_failed_dag_runs": summary.max_failures,
        "has_task_concurrency_limits": summary.limits_tasks,
        "has_import_errors": dag.file in failing,
        "next_dagrun_logical_date": dag.next_start,
        "next_dagrun_data_interval_start": dag.next_start,
        "next_dagrun_data_interval_end": dag.next_end,
        "next_dagrun_run_after": None if dag.asks else moment(dag.next_run_at),
        "allowed_run_types": None,
        "owners": sorted(summary.owners),
        "is_backfillable": periodic,
        "file_token": file_token(dag.file),
    }


_DESCRIBED = {ScheduleKind.NONE: "Never, external triggers only", ScheduleKind.ASSETS: "Triggered by assets"}


def _timetable(summary: DagSummary) -> str | None:
    if summary.kind is ScheduleKind.ASSETS:
        return "Asset"
    if summary.kind is ScheduleKind.CRON and not summary.on_assets:
        return summary.cron
    return summary.timetable or None


def _expression(assets: Any) -> dict[str, Any] | None:
    """As Airflow writes which assets a DAG is scheduled on."""
    match assets:
        case {"asset": str() as uri}:
            name, group = assets.get("name", uri), assets.get("group", "asset")
            return {"asset": {"uri": uri, "name": name, "group": group, "id": number("asset", uri)}}
        case {"alias": str() as alias}:
            return {"alias": {"name": alias, "group": "asset"}}
        case {"all": Sequence() as parts}:
            return {"all": [_expression(part) for part in parts]}
        case {"any": Sequence() as parts}:
            return {"any": [_expression(part) for part in parts]}
        case _:
            return None


def _param(param: Any) -> dict[str, Any]:
    told = _mapping(param)
    return {
        "value": told.get("value"),
        "schema": told.get("schema", {}),
        "description": told.get("description"),
        "source": None,
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
