"""When a run is stuck, and when it only waits."""

from __future__ import annotations

import pytest

from brisa.engine.stuck import LATE, SENDS, why_stuck
from brisa.model.run import Run, TaskInstance
from brisa.model.states import RunState, TaskState

NOW = 10_000.0
QUEUED, SCHEDULED = TaskState.QUEUED, TaskState.SCHEDULED


def run(due_at: float | None = NOW, **task: object) -> Run:
    """A run with a task ``t``, which the sweep looks after when that is due."""
    instance = TaskInstance(due_at=due_at, **task)  # type: ignore[arg-type]  # as the tests say
    return Run(dag_id="d", run_id="r", version="v", state=RunState.RUNNING, tasks={"t": instance}, next_check_at=due_at)


@pytest.mark.parametrize(
    ("found", "unclaimed", "why"),
    [
        pytest.param(run(state=QUEUED, sends=SENDS - 1), {"t"}, "sent 5 times", id="nobody takes its message"),
        pytest.param(run(state=SCHEDULED, sends=-1, losses=SENDS - 1), (), "asked 5 times", id="a silent pool"),
        pytest.param(run(NOW - LATE, state=QUEUED), (), "900 seconds ago", id="nobody looks"),
        pytest.param(run(state=QUEUED, sends=SENDS - 2), {"t"}, "", id="sent again, not yet often"),
        pytest.param(run(state=QUEUED, sends=SENDS - 1), (), "", id="claimed at last"),
        pytest.param(run(state=SCHEDULED, sends=-1, losses=SENDS - 2), (), "", id="a slow pool"),
        pytest.param(run(NOW + 1, state=SCHEDULED, sends=-1, losses=SENDS), (), "", id="a pool that was just asked"),
        pytest.param(run(NOW - LATE + 1, state=QUEUED), (), "", id="a little late"),
        pytest.param(run(None, state=SCHEDULED, sends=-1), (), "", id="waits for room"),
        pytest.param(run(NOW + 86_400, state=TaskState.DEFERRED), (), "", id="sleeps"),
    ],
)
def test_a_run_is_stuck(found, unclaimed, why):
    """If what it waits for was asked for again and again, or nobody looks; not while it waits for something else."""
    told = why_stuck(found, unclaimed, NOW)
    assert (why in told) if why else told == ""
