"""The moments of a new run's deadlines, with what only the store knows: how long past runs took, and Variables."""

from __future__ import annotations

import logging
from dataclasses import replace

from brisa.engine.deadlines import pending, reference
from brisa.model.dag import Dag
from brisa.model.run import Run
from brisa.model.spec import DagSpec, DeadlineKind, DeadlineSpec
from brisa.ports.store import StateStore
from brisa.services.variables import variable

log = logging.getLogger(__name__)


class Deadlines:
    """Gives runs their deadlines. A run of a DAG that has none costs nothing."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def given(self, run: Run, spec: DagSpec, dag: Dag) -> Run:
        """A new run with its deadlines; ``dag`` is its DAG's document."""
        if not spec.deadlines or not spec.tasks:
            return run
        run = replace(run, deadlines=tuple(self._moment(run, deadline, dag) for deadline in spec.deadlines))
        return replace(run, next_check_at=min((moment for _, moment in pending(spec, run)), default=None))

    def _moment(self, run: Run, deadline: DeadlineSpec, dag: Dag) -> float | None:
        since = reference(deadline, run)
        average = self._average(deadline, dag) if deadline.kind is DeadlineKind.AVERAGE_RUNTIME else 0.0
        interval = self._interval(deadline, run) if deadline.variable else deadline.interval
        if since is None or average is None or interval is None:
            return None
        return since + average + interval

    def _average(self, deadline: DeadlineSpec, dag: Dag) -> float | None:
        """Seconds that the DAG's latest runs took, whatever came of them; ``None`` if too few have ended, as in
        Airflow."""
        under_way = len(dag.active_runs) + len(dag.waiting_runs)
        found = [stored.record for stored in self._store.runs(dag.dag_id, limit=deadline.max_runs + under_way)]
        took = [one.ended_at - one.started_at for one in found if one.ended_at and one.started_at][: deadline.max_runs]
        return sum(took) / len(took) if len(took) >= deadline.min_runs else None

    def _interval(self, deadline: DeadlineSpec, run: Run) -> float | None:
        """Seconds, as the Variable says; where it says nothing of the kind, the run goes without the deadline."""
        try:
            seconds = float(int(variable(self._store, deadline.variable) or ""))
        except (ValueError, OverflowError):
            seconds = -1.0
        if seconds >= 0:
            return seconds
        why = f"the Variable {deadline.variable!r} must be a whole number of seconds"
        log.error("run %s of %s goes without a deadline: %s", run.run_id, run.dag_id, why)
        return None
