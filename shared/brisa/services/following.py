"""The DAG document follows its runs: ended ones make room for others, cleared ones take it again.

And a DAG whose latest runs have all failed is paused, if it says after how many (``max_consecutive_failed_dag_runs``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from brisa.engine import Decision
from brisa.model.dag import Dag
from brisa.model.events import RunEnded
from brisa.model.run import Run
from brisa.model.states import RunState
from brisa.ports.store import Put, StateStore, Stored, Update, Write


def followed(dag: Dag, before: Run, after: Run, now: float) -> Dag:
    """The DAG document once a run of its has ended, or runs again after its end."""
    backfill = dag.backfill
    waiting = tuple(run_id for run_id in dag.waiting_runs if run_id != after.run_id)
    if backfill is not None and backfill.backfill_id == after.backfill_id:
        backfill = backfill.followed(after.run_id, before.state, after.state, now)
        return replace(dag, backfill=backfill, waiting_runs=waiting)
    active = tuple(run_id for run_id in dag.active_runs if run_id != after.run_id)
    if not after.state.terminal:
        active = (*active, after.run_id)
    return replace(dag, active_runs=active, waiting_runs=waiting)


def dag_writes(dag: Dag, stored: Stored[Dag]) -> Sequence[Write]:
    """What writes ``dag`` in the place of what is stored; a backfill that is completed becomes a record of its own."""
    backfill = dag.backfill
    if backfill is None or backfill.completed_at is None:
        return [Update(dag, stored.revision)]
    return [Update(replace(dag, backfill=None), stored.revision), Put(backfill)]


def failed_too_often(store: StateStore, decision: Decision, limit: int) -> bool:
    """Whether the run that ``decision`` is about has failed now, as the last of ``limit`` in a row; never for 0.

    As in Airflow 3.3 (tests/oracle/past.json): only a failure that its tasks have made is a reason to look; then those
    of the DAG's runs count that come last by ``run_after``, of every kind, and each must have failed. Ask after having
    read the DAG document that is to be written: runs that end at the same time conflict over that.
    """
    ends = [one for one in decision.commands if isinstance(one, RunEnded)]
    if limit == 0 or not any(one.by_tasks and one.state is RunState.FAILED for one in ends):
        return False
    found = (stored.record for stored in store.runs(decision.run.dag_id, limit=limit))
    latest = [decision.run if run.run_id == decision.run.run_id else run for run in found]
    return len(latest) == limit and all(run.state is RunState.FAILED for run in latest)
