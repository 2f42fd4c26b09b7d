"""How runs look to clients."""

from __future__ import annotations

from collections.abc import Iterable

from brisa.model.run import Run
from brisa.model.states import RunType
from brisa.ports.store import StateStore
from brisa.web.constants import BUNDLE_VERSION
from brisa.web.schemas.dag_runs import DAGRunResponse, DagRunState, DagRunTriggeredByType, DagRunType
from brisa.web.times import moment
from brisa.web.versions import display_name, versions_of

_TRIGGERED_BY = {one.value: one for one in DagRunTriggeredByType} | {"planner": DagRunTriggeredByType.TIMETABLE}
"""brisa's word → Airflow's. Runs that a task has triggered have that task's token there instead."""
TYPES: dict[RunType, DagRunType] = {one: DagRunType(one.value) for one in RunType if one is not RunType.DATASET}
TYPES[RunType.DATASET] = DagRunType.ASSET_TRIGGERED
"""Why there is a run, in Airflow's words."""


def run_views(store: StateStore, runs: Iterable[Run]) -> list[DAGRunResponse]:
    """These runs, with the version that each is pinned to."""
    runs = list(runs)
    dag_ids = list(dict.fromkeys(run.dag_id for run in runs))
    found = zip(dag_ids, store.dags_of(dag_ids), strict=True)
    dags = {dag_id: None if stored is None else stored.record for dag_id, stored in found}
    versions = versions_of(store, dags)
    return [
        DAGRunResponse(
            dag_run_id=run.run_id,
            dag_id=run.dag_id,
            logical_date=run.logical_date,
            queued_at=moment(run.queued_at),
            start_date=moment(run.started_at),
            end_date=moment(run.ended_at),
            duration=_duration(run),
            data_interval_start=run.data_interval_start,
            data_interval_end=run.data_interval_end,
            run_after=moment(run.run_after),
            last_scheduling_decision=None,
            run_type=TYPES[run.run_type],
            state=DagRunState(run.state.value),
            triggered_by=_triggered_by(run),
            triggering_user_name=run.triggering_user or None,
            conf=dict(run.conf),
            note=run.note or None,
            dag_versions=[versions[pinned]] if (pinned := (run.dag_id, run.version)) in versions else [],
            bundle_version=BUNDLE_VERSION,
            dag_display_name=display_name(dags[run.dag_id], run.dag_id),
            partition_key=run.partition_key,
            partition_date=run.partition_date,
        )
        for run in runs
    ]


def run_view(store: StateStore, run: Run) -> DAGRunResponse:
    """One run."""
    return run_views(store, [run])[0]


def _duration(run: Run) -> float | None:
    return None if run.started_at is None or run.ended_at is None else round(run.ended_at - run.started_at, 6)


def _triggered_by(run: Run) -> DagRunTriggeredByType | None:
    if not run.triggered_by:
        return None
    return _TRIGGERED_BY.get(run.triggered_by, DagRunTriggeredByType.OPERATOR)
