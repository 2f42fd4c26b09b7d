"""Deadlines: by when a run should have ended or, for an SLA, by when some of its tasks should have succeeded.

A run knows the moments from when it is made (:attr:`Run.deadlines`), and :attr:`Run.next_check_at` counts those that it
may yet miss. One that it has missed has an attempt, which calls what the DAG says; as that stays among what the run
knows, nobody is told twice, whatever is repeated or cleared. What a run has met in time costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from brisa.engine.dates import left_out
from brisa.engine.mapping import instances, is_expanded
from brisa.engine.past import GOOD
from brisa.model.run import DEADLINE, Run, TaskKey
from brisa.model.spec import DagSpec, DeadlineKind, DeadlineSpec
from brisa.model.states import RunType


def name_of(place: int) -> str:
    """By which a run knows the attempt of the deadline at ``place``."""
    return str(TaskKey(DEADLINE, place))


def reference(deadline: DeadlineSpec, run: Run) -> float | None:
    """What the deadline counts from, in seconds since the epoch; ``None`` if the run has no such moment."""
    moment: datetime | None = None
    match deadline.kind:
        case DeadlineKind.QUEUED_AT | DeadlineKind.AVERAGE_RUNTIME:
            return run.queued_at
        case DeadlineKind.FIXED:
            moment = deadline.moment
        case DeadlineKind.LOGICAL_DATE:
            moment = run.logical_date
        case DeadlineKind.SLA:
            moment = run.data_interval_end if run.run_type is RunType.SCHEDULED else None
    return None if moment is None else moment.timestamp()


def pending(spec: DagSpec, run: Run) -> Iterator[tuple[int, float]]:
    """Place and moment of the deadlines that ``run`` may yet miss, or has missed without anybody being told."""
    for place, (deadline, moment) in enumerate(zip(spec.deadlines, run.deadlines, strict=False)):
        if moment is not None and name_of(place) not in run.tasks and not _is_met(spec, run, deadline, moment):
            yield place, moment


def late(spec: DagSpec, run: Run, deadline: DeadlineSpec, moment: float) -> tuple[str, ...]:
    """Ids of the tasks of an SLA that have not succeeded (or been skipped, as in Airflow) by ``moment``."""
    absent = left_out(spec, run.logical_date)
    return tuple(task_id for task_id in deadline.tasks if task_id not in absent and not _is_good(run, task_id, moment))


def _is_met(spec: DagSpec, run: Run, deadline: DeadlineSpec, moment: float) -> bool:
    if deadline.kind is DeadlineKind.SLA:
        return not late(spec, run, deadline, moment)
    return run.state.terminal and (run.ended_at or 0.0) <= moment


def _is_good(run: Run, task_id: str, moment: float) -> bool:
    entry = run.task(task_id)
    names = instances(task_id, entry.length or 0) if is_expanded(entry) else [task_id]
    tasks = [run.task(name) for name in names]
    return all(task.state in GOOD and (task.ended_at or 0.0) <= moment for task in tasks)
