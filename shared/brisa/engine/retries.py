"""When a failed try is followed by another, and when lost messages and attempts are given up on."""

from __future__ import annotations

import hashlib
import math

from brisa.model.run import AttemptKey
from brisa.model.spec import TaskSpec

CLAIM_GRACE = 60.0
"""Seconds after which a message that nobody claimed is sent again; doubled with every send, up to an hour."""
JOB_GRACE = 120.0
"""The same for a task that runs as a job of its own, whose container takes its time to begin."""
MAX_LOSSES = 20
"""How many workers one try may lose before it counts as failed."""
_LONGEST = 24 * 3600.0
_LONGEST_GRACE = 3600.0


def claim_grace(sends: int, task: TaskSpec | None = None) -> float:
    """Seconds to wait for the claim of a message sent for the ``sends``-th time (from 0), about ``task`` if any."""
    least = JOB_GRACE if task is not None and task.is_long else CLAIM_GRACE
    return min(least * 2.0 ** min(sends, 16), _LONGEST_GRACE)


def retry_delay(task: TaskSpec, attempt: AttemptKey) -> float:
    """Seconds between the failed ``attempt`` and the next try.

    Fixed: the task's ``retry_delay``. Exponential, as Airflow does it: at least ``retry_delay * 2 ** (n - 1)`` after
    the n-th try (or with the task's own factor in place of 2), less than twice that, where in between is told by a
    hash of the task instance and try (so that the engine stays free of chance, and many tasks that fail together do
    not come back together). Never above ``max_retry_delay``, nor a day (tests/oracle/retries.json).
    """
    delay = task.retry_delay
    factor = 2.0 if task.retry_exponential_backoff is True else float(task.retry_exponential_backoff)
    if factor not in (0.0, 1.0):
        least = max(1, math.ceil(min(delay * _power(factor, attempt.try_number - 1), _LONGEST)))
        text = f"{attempt.dag_id}#{attempt.task_id}#{attempt.map_index}#{attempt.run_id}#{attempt.try_number}"
        spread = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) % least
        delay = min(float(least + spread), _LONGEST)
        if task.max_retry_delay is not None:
            delay = min(delay, task.max_retry_delay)
    return delay


def _power(factor: float, exponent: int) -> float:
    try:
        return factor**exponent
    except OverflowError:
        return 1e300  # more than any limit, yet nothing times it is nothing
