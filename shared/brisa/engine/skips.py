"""What a branch or a short circuit skips."""

from __future__ import annotations

from brisa.model.run import Outcome
from brisa.model.spec import DagSpec


def skipped_by(spec: DagSpec, task_id: str, outcome: Outcome) -> tuple[str, ...]:
    """Ids of the tasks that the successful ``outcome`` of ``task_id`` skips, sorted.

    A branch skips its direct downstream tasks except those it follows and those below what it follows (a join is
    often both). A short circuit skips its direct downstream tasks, or all below. Teardowns are never skipped. These
    are Airflow's rules (tests/oracle/branching.json).
    """
    direct = set(spec.downstream[task_id])
    if outcome.follow is not None:
        followed = [below for below in outcome.follow if below in spec.by_id]
        skipped = direct.difference(followed, spec.closure(followed))
    elif outcome.circuit == "all":
        skipped = set(spec.closure([task_id]))
    elif outcome.circuit == "direct":
        skipped = direct
    else:
        return ()
    return tuple(sorted(below for below in skipped if not spec.by_id[below].is_teardown))
