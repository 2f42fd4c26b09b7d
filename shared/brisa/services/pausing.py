"""Pausing and unpausing DAGs, and what unpausing one sets going."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from brisa.errors import ConflictError, NotFoundError, UnavailableError
from brisa.model.dag import Dag
from brisa.model.spec import ScheduleKind
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Update
from brisa.schedule.backfill import Range, intervals, within
from brisa.schedule.preview import Pending, pending
from brisa.services.planner import cursor, cursor_fields, to_ask, up_to_date
from brisa.services.runs import CONFLICTS

COUNTED = 10_000
"""Runs are counted up to this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpausing:
    """What unpausing a DAG would set going."""

    scheduled: Pending
    """Runs that its schedule would make at once, one after the other, as far as ``max_active_runs`` lets them."""
    first: datetime | None = None
    last: datetime | None = None
    """The logical dates of the first and of the last of them."""
    waiting: int = 0
    """Runs that wait already."""


def foresee_unpausing(store: StateStore, clock: Clock, dag_id: str) -> Unpausing:
    """What unpausing would set going now; :class:`NotFoundError` for an unknown DAG. Nothing changes."""
    stored = store.dag(dag_id)
    version = None if stored is None else store.version(dag_id, stored.record.version)
    if stored is None or version is None:
        raise NotFoundError(f"there is no DAG {dag_id!r}")
    spec = version.spec
    moment = datetime.fromtimestamp(clock.now(), UTC)
    planned = up_to_date(spec, cursor(stored.record), moment)
    waiting = len(stored.record.waiting_runs)
    if planned is None or planned.run_at > moment:
        return Unpausing(scheduled=Pending(0), waiting=waiting)
    scheduled = pending(
        spec.schedule,
        planned,
        start_date=spec.start_date,
        end_date=spec.end_date,
        catchup=spec.catchup,
        now=moment,
        limit=COUNTED,
    )
    last = planned
    if scheduled.more or scheduled.runs > 1:
        dates = Range(*within(spec.schedule, None, spec.end_date, planned.start, moment), moment)
        last = next(intervals(spec.schedule, dates, reverse=True), planned)
    return Unpausing(scheduled=scheduled, first=planned.start, last=last.start, waiting=waiting)


def set_paused(store: StateStore, clock: Clock, dag_id: str, paused: bool) -> Dag:
    """Pause or unpause a DAG, and return it. Unpaused without catchup, it begins with the last complete interval.

    Raises :class:`NotFoundError` for an unknown DAG.
    """
    for _ in range(CONFLICTS):
        stored = store.dag(dag_id)
        if stored is None:
            raise NotFoundError(f"there is no DAG {dag_id!r}")
        dag = replace(stored.record, paused=paused)
        version = store.version(dag_id, dag.version)
        if not paused and version is not None:
            moment = datetime.fromtimestamp(clock.now(), UTC)
            if version.spec.schedule.kind is ScheduleKind.TIMETABLE:
                dag = replace(dag, **to_ask(clock.now()))
            else:
                dag = replace(dag, **cursor_fields(up_to_date(version.spec, cursor(dag), moment)))
        try:
            store.commit(Update(dag, stored.revision))
            return dag
        except ConflictError:
            continue
    raise UnavailableError(f"DAG {dag_id!r} changes too often; try again")
