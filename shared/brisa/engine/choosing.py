"""Which task instances of a run a person means: by task, by what is around it, by map index, by state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from brisa.engine.mapping import expanded
from brisa.model.run import Run, TaskKey
from brisa.model.spec import DagSpec
from brisa.model.states import TaskState


def related(spec: DagSpec, task_ids: Iterable[str], *, upstream: bool = False, downstream: bool = False) -> set[str]:
    """``task_ids``, with what is above or below them if that is asked for, and the setups that they need.

    As in Airflow (its ``partial_subset``): a task brings along each setup above it whose teardown is not above it, too,
    with that setup's teardowns; a setup brings along its own.
    """
    given = set(task_ids)
    chosen = set(given)
    if downstream:
        chosen |= spec.closure(given)
    above = {task_id: _above(spec, task_id) for task_id in given}
    if upstream:
        chosen = chosen.union(*above.values())
    for task_id in given:
        for setup in (up for up in {task_id, *above[task_id]} if spec.by_id[up].is_setup):
            teardowns = {down for down in spec.downstream[setup] if spec.by_id[down].is_teardown}
            if not teardowns or not teardowns <= above[task_id] | {task_id}:
                chosen |= {setup, *teardowns}
    return chosen


def _above(spec: DagSpec, task_id: str) -> set[str]:
    seen: set[str] = set()
    stack = list(spec.by_id[task_id].upstream)
    while stack:
        up = stack.pop()
        if up not in seen:
            seen.add(up)
            stack.extend(spec.by_id[up].upstream)
    return seen


def any_state(_: TaskState) -> bool:
    """Every state will do."""
    return True


def chosen(
    run: Run,
    spec: DagSpec,
    task_ids: Collection[str],
    *,
    upstream: bool = False,
    downstream: bool = False,
    map_indexes: Collection[int] = (),
    wanted: Callable[[TaskState], bool] = any_state,
) -> tuple[str, ...]:
    """The names, as the run knows them, of the instances that are meant, in topological order.

    ``map_indexes`` are those of the mapped tasks among ``task_ids`` alone. A mapped task of which every instance is
    meant is named itself, so that it is expanded anew. Ids that the DAG does not have are left out.
    """
    given = {task_id for task_id in task_ids if task_id in spec.by_id}
    meant = related(spec, given, upstream=upstream, downstream=downstream)
    instances: dict[str, list[str]] = {}
    for task in expanded(spec, run.tasks).tasks:
        instances.setdefault(TaskKey.of(task.task_id).task_id, []).append(task.task_id)
    names: list[str] = []
    for task in spec.tasks:
        if task.task_id not in meant:
            continue
        every = instances.get(task.task_id, [task.task_id])
        indexes = map_indexes if task.task_id in given and every != [task.task_id] else ()
        some = [
            name
            for name in every
            if wanted(run.task(name).state) and (not indexes or TaskKey.of(name).map_index in indexes)
        ]
        names += [task.task_id] if len(some) == len(every) else some
    return tuple(names)
