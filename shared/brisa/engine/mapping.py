"""Mapped tasks: one task of the DAG, as many instances as its inputs have items.

A mapped task that is not expanded yet is a task like any other. When its rule says that it may run, its inputs tell how
many instances there are, and from then on the run is one of a DAG in which that many tasks, ``t[0]``, ``t[1]`` …, stand
in its place, each with its states, tries and messages. So every rule holds for instances as it does for tasks: a
trigger rule counts each of them, a branch may skip one, the run ends when all have. Tasks of a mapped group become
instances together, and depend on each other index by index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from math import prod

from brisa.model.json import JsonValue
from brisa.model.run import TaskInstance, TaskKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import TaskState

EXPANDED = TaskState.SCHEDULED
"""The state of a mapped task itself once it has instances."""
_KEPT = 16


def is_expanded(instance: TaskInstance) -> bool:
    """Whether it is a mapped task that instances stand in place of: ``scheduled``, as those that wait for room are."""
    return instance.state is EXPANDED and instance.length is not None


def expanded(spec: DagSpec, tasks: Mapping[str, TaskInstance]) -> DagSpec:
    """The DAG with instances in place of the mapped tasks that have been expanded; ``spec`` itself if none has."""
    if not spec.mapped_ids:
        return spec
    lengths = tuple((task_id, length) for task_id in spec.mapped_ids if (length := _length(tasks, task_id)) is not None)
    if not lengths:
        return spec
    kept = spec.expansions
    if lengths not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[lengths] = _expand(spec, dict(lengths))
    return kept[lengths]


def instances(task_id: str, length: int) -> list[str]:
    """The names of a mapped task's instances."""
    return [str(TaskKey(task_id, index)) for index in range(length)]


def together(spec: DagSpec, task: TaskSpec) -> tuple[str, ...]:
    """Ids of the tasks that are expanded at once with ``task``: itself, or all of its mapped group."""
    if not task.map_group:
        return (task.task_id,)
    return tuple(other.task_id for other in spec.tasks if other.map_group == task.map_group)


def inputs(spec: DagSpec, task: TaskSpec) -> Mapping[str, JsonValue]:
    """What ``task``, or the mapped group around it, is expanded over: see :attr:`TaskSpec.mapped`."""
    if not task.map_group:
        return task.mapped
    return next(group.mapped for group in spec.groups if group.group_id == task.map_group)


def producers(expressions: Iterable[JsonValue]) -> Iterator[str]:
    """Ids of the tasks whose results are expanded over."""
    for expression in expressions:
        if isinstance(expression, str):
            yield expression
        elif isinstance(expression, list):
            yield from producers(expression[1:])


def fed(spec: DagSpec, name: str) -> list[str]:
    """Ids of the tasks of mapped groups that are expanded over what the task known by ``name`` returns.

    Those inside such a group are not directly below that task, and yet wait for its result.
    """
    task_id = TaskKey.of(name).task_id
    groups = {one.group_id for one in spec.groups if task_id in producers(one.mapped.values())}
    return [task.task_id for task in spec.tasks if task.map_group in groups] if groups else []


def how_many(expressions: Iterable[JsonValue], items: Mapping[str, int]) -> int:
    """The number of instances: the product of the inputs' numbers of items. ``items`` has each producer's."""
    return prod(_count(expression, items) for expression in expressions)


def _count(expression: JsonValue, items: Mapping[str, int]) -> int:
    match expression:
        case int():
            return expression
        case str():
            return items[expression]
        case [how, *parts]:
            return _HOW[str(how)](_count(part, items) for part in parts)
        case _:
            raise ValueError(f"no number of items: {expression!r}")


_HOW: Mapping[str, Callable[[Iterable[int]], int]] = {"zip": min, "zip_longest": max, "concat": sum}


def _length(tasks: Mapping[str, TaskInstance], task_id: str) -> int | None:
    instance = tasks.get(task_id)
    return instance.length if instance is not None and is_expanded(instance) else None


def _expand(spec: DagSpec, lengths: Mapping[str, int]) -> DagSpec:
    tasks: list[TaskSpec] = []
    for task in spec.tasks:
        if task.task_id not in lengths:
            tasks.append(replace(task, upstream=tuple(_above(spec, task, None, lengths))))
            continue
        for index in range(lengths[task.task_id]):
            name = str(TaskKey(task.task_id, index))
            upstream = tuple(_above(spec, task, index, lengths))
            tasks.append(replace(task, task_id=name, upstream=upstream, mapped={}, map_group=""))
    return replace(spec, tasks=tuple(tasks))


def _above(spec: DagSpec, task: TaskSpec, index: int | None, lengths: Mapping[str, int]) -> Iterator[str]:
    for up in task.upstream:
        if up not in lengths:
            yield up
        elif index is not None and task.map_group and spec.by_id[up].map_group == task.map_group:
            if index < lengths[up]:  # a part of a group that was cleared may have come to have more instances
                yield str(TaskKey(up, index))
        else:
            yield from instances(up, lengths[up])
