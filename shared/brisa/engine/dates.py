"""Which tasks of its DAG a run has: those between whose start and end date its logical date lies.

The rule, seen in Airflow 2.11.2 and 3.3.2: the run makes no instance of any other task. What is below such a task waits
for it like for one that has not ended, in vain; below a mapped one it does not wait. A run without a single task is a
success, and one in which nothing can happen any more has failed.
"""

from __future__ import annotations

from datetime import datetime

from brisa.model.spec import DagSpec


def left_out(spec: DagSpec, logical_date: datetime | None) -> frozenset[str]:
    """Ids of the tasks that a run of that date does not have."""
    if logical_date is None:
        return frozenset()
    if _outside(logical_date, spec.start_date, spec.end_date):
        return frozenset(spec.by_id)
    return frozenset(task.task_id for task in spec.dated if _outside(logical_date, task.start_date, task.end_date))


def _outside(date: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is not None and date < start) or (end is not None and date > end)
