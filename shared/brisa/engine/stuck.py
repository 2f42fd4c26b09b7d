"""Whether a run is stuck: what it waits for was asked for again and again, and does not come.

Every run that has not ended waits for something, and ``next_check_at`` is when the sweep looks whether that has come:
a claim, an answer of a pool, the end of a lease. The sweep asks again, ever more seldom, and mostly once is enough. A
run that waits for another run, an object, a moment or a person is not stuck: nothing is overdue. It is when

- a message was sent :data:`SENDS` times, over a quarter of an hour, and no worker has taken it;
- a pool was asked as often, and has not answered;
- the sweep itself is :data:`LATE` seconds late: nobody has looked, or each look has failed or come to nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from brisa.model.run import Run
from brisa.model.states import TaskState

SENDS = 5
"""Asked so often, with the waits of :func:`brisa.engine.retries.claim_grace` in between."""
LATE = 900.0
"""Seconds by which the sweep may be late."""


def why_stuck(run: Run, unclaimed: Collection[str], now: float) -> str:
    """A sentence that says why ``run``, as the sweep finds it at ``now``, is stuck; empty if it is not.

    ``unclaimed`` are the names of the task instances whose attempt is overdue, and which nobody has claimed.
    """
    for name, instance in run.tasks.items():
        if name in unclaimed and instance.sends >= SENDS - 1:
            return f"no worker has taken the message for {name}, which was sent {instance.sends + 1} times"
        overdue = instance.due_at is not None and instance.due_at <= now
        if instance.state is TaskState.SCHEDULED and overdue and instance.losses >= SENDS - 1:
            return f"the pool that {name} needs was asked {instance.losses + 1} times, and has not answered"
    late = now - (run.next_check_at or now)
    return f"it should have been looked after {late:.0f} seconds ago" if late >= LATE else ""
