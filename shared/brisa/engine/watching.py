"""Runs that tasks of other DAGs wait for: who is to be told what of a run's states.

A task that waits leaves a :class:`~brisa.model.watch.Watch` with the run, or with the DAG until it has such a run. The
decision that ends the wait takes the watch away and says who must be woken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from brisa.engine.mapping import instances, is_expanded
from brisa.model.dag import Dag
from brisa.model.run import Run
from brisa.model.spec import DagSpec
from brisa.model.watch import Watch

MANY = 200
"""How many watches one document has room for: with more it would come near to what Firestore takes."""


def states_of(run: Run, spec: DagSpec, task_ids: Sequence[str], group: str | None) -> Mapping[str, list[str]]:
    """Task id → the states of its instances, for these tasks and those in ``group``, and in the groups within."""
    ids = [*task_ids, *(_members(spec, group) if group else ())]
    return {task_id: [run.task(name).state.value for name in _names(run, task_id)] for task_id in ids}


def is_met(watch: Watch, run: Run, spec: DagSpec) -> bool:
    """Whether the wait is over."""
    states = [run.state.value]
    if watch.task_ids or watch.group:
        states = [one for each in states_of(run, spec, watch.task_ids, watch.group).values() for one in each]
    return any(state in watch.ends for state in states) or (bool(states) and set(states) <= {*watch.allowed})


def parted(watchers: tuple[Watch, ...], run: Run, spec: DagSpec) -> tuple[tuple[Watch, ...], tuple[Watch, ...]]:
    """The watches that are met, and those that are not yet."""
    met = tuple(watch for watch in watchers if is_met(watch, run, spec))
    return met, tuple(watch for watch in watchers if watch not in met)


def joined(watchers: tuple[Watch, ...], watch: Watch, now: float) -> tuple[Watch, ...]:
    """``watchers`` with one more, which takes the place of an earlier one of its kind; without those out of date."""
    return (*(other for other in watchers if other.until > now and not watch.renews(other)), watch)


def has_room(watchers: tuple[Watch, ...], watch: Watch, now: float) -> bool:
    """Whether one more can be kept."""
    return len(joined(watchers, watch, now)) <= MANY


def handed_over(dag: Dag, run: Run) -> tuple[Dag, Run]:
    """A new run of the DAG takes the watches that were waiting for it."""
    mine = [watch for watch in dag.watchers if _awaits(watch, run)]
    if not mine:
        return dag, run
    rest = tuple(watch for watch in dag.watchers if watch not in mine)
    taken = tuple(replace(watch, awaited_run="", awaited_date=None) for watch in mine)
    return replace(dag, watchers=rest), replace(run, watchers=taken)


def _awaits(watch: Watch, run: Run) -> bool:
    if watch.awaited_run:
        return watch.awaited_run == run.run_id
    return watch.awaited_date is not None and watch.awaited_date == run.logical_date


def _members(spec: DagSpec, group: str) -> list[str]:
    inside = {group}
    for _ in spec.groups:
        inside |= {one.group_id for one in spec.groups if one.parent in inside}
    return [task.task_id for task in spec.tasks if task.group_id in inside]


def _names(run: Run, task_id: str) -> list[str]:
    """The names of a task's instances; of one that is not expanded, its own."""
    instance = run.task(task_id)
    return instances(task_id, instance.length or 0) if is_expanded(instance) else [task_id]
