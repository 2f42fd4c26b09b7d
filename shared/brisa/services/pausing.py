"""Pausing and unpausing DAGs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from brisa.errors import ConflictError, NotFoundError, UnavailableError
from brisa.model.dag import Dag
from brisa.model.spec import ScheduleKind
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Update
from brisa.services.planner import cursor, cursor_fields, to_ask, up_to_date
from brisa.services.runs import CONFLICTS


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
