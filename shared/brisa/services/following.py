"""The DAG document follows its runs: ended ones make room for others, cleared ones take it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from brisa.model.dag import Dag
from brisa.model.run import Run
from brisa.ports.store import Put, Stored, Update, Write


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
