"""I15: each deadline that a run misses is told, once; one that was met, or forgiven, never is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from brisa.engine.dates import left_out
from brisa.engine.mapping import is_expanded
from brisa.engine.retries import MAX_LOSSES
from brisa.model.run import DEADLINE, Run, RunKey, TaskKey
from brisa.model.spec import DagSpec, DeadlineKind
from brisa.model.states import TaskState

SKEW = 90.0
"""Seconds by which a host's clock may be wrong."""
GOOD = (TaskState.SUCCESS, TaskState.SKIPPED)


def is_met(run: Run, spec: DagSpec, place: int, moment: float) -> bool:
    """Whether by ``moment`` the run had ended; or, of an SLA, its tasks had succeeded or were skipped."""
    deadline = spec.deadlines[place]
    if deadline.kind is not DeadlineKind.SLA:
        return run.state.terminal and run.ended_at is not None and run.ended_at <= moment
    there = set(deadline.tasks) - left_out(spec, run.logical_date)
    return all(_is_good(run, task_id, moment) for task_id in there)


def _is_good(run: Run, task_id: str, moment: float) -> bool:
    own = run.task(task_id)
    of_task = [one for name, one in run.tasks.items() if TaskKey.of(name).task_id == task_id]
    instances = [one for one in of_task if one is not own] if is_expanded(own) else [own]
    return all(one.state in GOOD and (one.ended_at or 0.0) <= moment for one in instances)


def told_wrongly(run: Run, spec: DagSpec, place: int, now: float, patience: float | None) -> Iterator[str]:
    """What is wrong when the run has somebody told of a deadline ``now``; ``patience``: within what time it has to."""
    moment = run.deadlines[place]
    if moment is None or is_met(run, spec, place, moment):
        yield f"deadline {place} was met or forgiven, and somebody is told of it"
    elif moment > now + SKEW:
        yield f"somebody is told of deadline {place} {moment - now} s before it is missed"
    elif patience is not None and now > max(moment, run.queued_at) + patience:
        yield f"somebody is told of deadline {place} {now - moment} s after it was missed"


def forgiven_wrongly(before: Run, after: Run, spec: DagSpec, now: float, *, by_hand: bool) -> Iterator[str]:
    """What is wrong with the deadlines that a run no longer has, or has later: only a person brings that about.

    And they forgive what was met, no more.
    """
    if before.deadlines == after.deadlines:
        return
    if not by_hand:
        yield f"its deadlines were {before.deadlines}, and are {after.deadlines}"
        return
    for place, (was, moment) in enumerate(zip(before.deadlines, after.deadlines, strict=True)):
        if was is not None and moment is None and (was > now + SKEW or not is_met(before, spec, place, was)):
            yield f"deadline {place} was not met, and is forgiven"
        if was is not None and moment is not None and moment != was:
            kind = spec.deadlines[place].kind
            if kind is not DeadlineKind.QUEUED_AT or moment < was - SKEW:
                yield f"deadline {place}, {kind}, was at {was}, and is at {moment}"


def untold(runs: list[Run], specs: Mapping[str, DagSpec], calls: Mapping[tuple[RunKey, int], int]) -> Iterator[str]:
    """What is wrong once all deadlines are past; ``calls``: how often user code was called for each."""
    told = Counter[tuple[RunKey, int]]()
    for run in (one for one in runs if one.dag_id in specs):
        if len(run.deadlines) != len(specs[run.dag_id].deadlines):
            yield f"I15: {run.dag_id} {run.run_id} has not all deadlines of its DAG"
        for place, moment in enumerate(run.deadlines):
            instance = run.tasks.get(str(TaskKey(DEADLINE, place)))
            where = f"I15: {run.dag_id} {run.run_id}: deadline {place}"
            if instance is None:
                if moment is not None and not is_met(run, specs[run.dag_id], place, moment):
                    yield f"{where} was missed, and nobody is told"
                continue
            told[run.key, place] += 1
            called = calls.get((run.key, place), 0)
            if not instance.state.terminal:
                yield f"I1: {where} was missed, and to tell of it is {instance.state}"
            elif not called and instance.losses + 1 < MAX_LOSSES:
                yield f"{where} was missed, and its function was not called"
            elif called > 1 + instance.losses:
                yield f"{where}: its function was called {called} times"
    yield from (f"I15: a function was called for {one}" for one in calls if one[0].dag_id in specs and not told[one])
