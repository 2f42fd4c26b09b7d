"""Makes a new run."""

from __future__ import annotations

from datetime import datetime

from brisa.model.dag import DagVersion
from brisa.model.json import JsonObject
from brisa.model.run import Run
from brisa.model.states import RunState, RunType


def run_id_for(run_type: RunType, logical_date: datetime) -> str:
    """The deterministic id of a run: ``scheduled__2024-01-01T00:00:00+00:00``, as Airflow writes it."""
    return f"{run_type.value}__{logical_date.isoformat()}"


def create_run(
    version: DagVersion,
    *,
    run_type: RunType,
    logical_date: datetime | None,
    interval: tuple[datetime, datetime] | None,
    run_after: float,
    now: float,
    run_id: str = "",
    conf: JsonObject | None = None,
    params: JsonObject | None = None,
    triggered_by: str = "",
    asset_events: tuple[str, ...] = (),
) -> Run:
    """A queued run of ``version``; ``advance`` it with ``Start`` to begin. Times are seconds since the epoch.

    Without a ``logical_date`` it needs a ``run_id``.
    """
    if not run_id:
        if logical_date is None:
            raise ValueError("a run without a logical date needs a run id")
        run_id = run_id_for(run_type, logical_date)
    partition_key, partition_date = _partition(version, run_type, logical_date)
    return Run(
        dag_id=version.dag_id,
        run_id=run_id,
        version=version.version,
        state=RunState.QUEUED,
        run_type=run_type,
        logical_date=logical_date,
        data_interval_start=None if interval is None else interval[0],
        data_interval_end=None if interval is None else interval[1],
        run_after=run_after,
        queued_at=now,
        conf=conf or {},
        params=params or {},
        triggered_by=triggered_by,
        asset_events=asset_events,
        partition_key=partition_key,
        partition_date=partition_date,
    )


def _partition(
    version: DagVersion, run_type: RunType, due: datetime | None
) -> tuple[str, datetime] | tuple[None, None]:
    """Key and date; as in Airflow, a manual run has none."""
    if due is None or run_type is RunType.MANUAL or "partitions" not in version.spec.schedule.extra:
        return None, None
    from brisa.schedule.partitions.runs import partition_of  # few DAGs have them, and cron loads slowly

    return partition_of(version.spec.schedule, due) or (None, None)
