"""Dependence on the past: what a task with ``depends_on_past`` waits for in the run before its own.

A run of a DAG with such tasks knows, by id, which of the tasks that matter to it the run before has not got behind it
(:attr:`Run.behind`): those that have ended neither in success nor skipped. Whoever changes a run tells the runs that
follow it. As in Airflow: the first run depends on nothing, nor does a task that the run before did not have, unless
it has ``ignore_first_depends_on_past=False``; and a task that also waits for its downstream waits for the tasks
directly below it, too. With ``wait_for_past_depends_before_skipping`` a task is not even skipped before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from brisa.engine.dates import left_out
from brisa.engine.mapping import instances, is_expanded
from brisa.model.run import Run, TaskKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import TaskState

GOOD = (TaskState.SUCCESS, TaskState.SKIPPED)
"""States of a task that is behind one."""


def waits_for(spec: DagSpec, task: TaskSpec) -> Iterator[str]:
    """Ids of the tasks of the run before that ``task`` waits for."""
    if task.depends_on_past or task.wait_for_downstream:
        yield task.task_id
    if task.wait_for_downstream:
        yield from spec.downstream[task.task_id]


def holds_back(spec: DagSpec, task: TaskSpec, behind: Collection[str]) -> bool:
    """Whether ``task``, or the instance of a mapped one, of a run of ``spec`` waits for what is yet ``behind``."""
    if not behind:
        return False
    own = spec.by_id[TaskKey.of(task.task_id).task_id]
    return any(task_id in behind for task_id in waits_for(spec, own))


def behind(before: Run, its_spec: DagSpec, spec: DagSpec) -> tuple[str, ...]:
    """Ids, sorted, of the tasks that a run of ``spec`` still waits for in ``before``, which is one of ``its_spec``."""
    there = its_spec.by_id.keys() - left_out(its_spec, before.logical_date)
    wanted = {task_id for task in spec.tasks for task_id in waits_for(spec, task)} & there
    wanted |= {task.task_id for task in spec.tasks if task.task_id not in there and _misses_itself(spec, task, before)}
    return tuple(sorted(task_id for task_id in wanted if not _is_good(before, task_id)))


def _misses_itself(spec: DagSpec, task: TaskSpec, before: Run) -> bool:
    """Whether ``task`` waits for itself though ``before`` lacks it: with catchup only from its start date on."""
    if task.ignore_first_depends_on_past or not (task.depends_on_past or task.wait_for_downstream):
        return False
    start = task.start_date or spec.start_date
    return not (spec.catchup and start is not None and before.logical_date is not None and before.logical_date < start)


def _is_good(run: Run, task_id: str) -> bool:
    entry = run.task(task_id)
    if is_expanded(entry):
        return all(run.task(name).state in GOOD for name in instances(task_id, entry.length or 0))
    return entry.state in GOOD
