"""``SubDagOperator``: a DAG inside a task, which Airflow 3 removed; here it becomes a task group."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from brisa.authoring import scope
from brisa.authoring.dag import DAG
from brisa.authoring.registry import current_recording, notice
from brisa.authoring.source import here
from brisa.authoring.task_group import TaskGroup
from brisa.errors import AuthoringError
from brisa.model.states import TriggerRule


class SkippedStatePropagationOptions(Enum):
    """Accepted as ``propagate_skipped_state``: in a task group skips reach what is below by themselves."""

    ALL_LEAVES = "all_leaves"
    ANY_LEAF = "any_leaf"


class SubDagOperator:
    """``SubDagOperator(task_id="clean", subdag=dag)`` gives a :class:`TaskGroup` ``clean``: all tasks of ``subdag`` are
    moved into it, as ``clean.<task id>``, with their dependencies, labels and groups.

    Dependencies are drawn to the group as they were to the operator. Its trigger rule goes to the group's first tasks,
    unless they have one of their own. The id of ``subdag`` must be ``<parent's id>.<task_id>``, as in Airflow 2; as a
    DAG of its own it is forgotten. Its schedule and its own macros mean nothing: the parent's count.
    """

    def __new__(  # type: ignore[misc]  # a class by name only: it can be imported, and called
        cls,
        *,
        task_id: str,
        subdag: DAG,
        dag: DAG | None = None,
        task_group: TaskGroup | None = None,
        trigger_rule: str = TriggerRule.ALL_SUCCESS,
        **_: Any,
    ) -> TaskGroup:
        """Move the tasks; the group."""
        parent = dag or getattr(task_group, "dag", None) or scope.current_dag()
        if parent is None:
            raise AuthoringError(f"SubDagOperator {task_id!r} can only be made inside a DAG", here("", task_id))
        if not isinstance(subdag, DAG):
            raise AuthoringError(f"subdag must be a DAG, not {type(subdag).__name__}", here(parent.dag_id, task_id))
        expected = f"{parent.dag_id}.{task_id}"
        if subdag.dag_id != expected:
            raise AuthoringError(
                f"The subdag's dag_id should have the form '{{parent_dag_id}}.{{this_task_id}}'. Expected "
                f"'{expected}'; received '{subdag.dag_id}'.",
                here(parent.dag_id, task_id),
            )
        notice("SubDagOperator becomes a task group (Airflow 3 removed it); use TaskGroup")
        group = TaskGroup(task_id, dag=parent, parent_group=task_group or scope.current_group(parent))
        _move(subdag, group)
        roots: list[Any] = list(group.roots)
        for root in roots:
            if root.trigger_rule == TriggerRule.ALL_SUCCESS:
                root.trigger_rule = TriggerRule(trigger_rule)
        _forget(subdag)
        return group


def _move(subdag: DAG, group: TaskGroup) -> None:
    parent: Any = group.dag
    prefix = group.child_id("")
    groups: dict[int, TaskGroup] = {id(subdag.task_group): group}
    for inner in _groups(subdag.task_group):
        groups[id(inner)] = TaskGroup(
            _own_id(inner),
            prefix_group_id=inner.prefix_group_id,
            parent_group=groups[id(inner.parent_group)],
            dag=parent,
            tooltip=inner.tooltip,
        )
    for task in subdag.tasks:
        old = task.task_id
        task.task_id = prefix + old
        if task.task_display_name == old:
            task.task_display_name = task.task_id
        task.upstream_task_ids = {prefix + name for name in task.upstream_task_ids}
        task.downstream_task_ids = {prefix + name for name in task.downstream_task_ids}
        task.task_group = groups[id(task.task_group)]
        parent.add_task(task)
    for (above, below), label in subdag.edge_labels.items():
        parent.edge_labels[prefix + above, prefix + below] = label


def _groups(group: TaskGroup) -> Iterator[TaskGroup]:
    """The groups inside, each after the one around it."""
    for child in group.children.values():
        if isinstance(child, TaskGroup):
            yield child
            yield from _groups(child)


def _own_id(group: TaskGroup) -> str:
    """A group's id without the prefixes of those around it."""
    assert group.group_id is not None  # noqa: S101  for the type checker: only a DAG's root has none
    assert group.parent_group is not None  # noqa: S101
    return group.group_id.removeprefix(group.parent_group.child_id(""))


def _forget(subdag: DAG) -> None:
    """It is no DAG of the file any more."""
    record = current_recording()
    if record is not None:
        record.created = [dag for dag in record.created if dag is not subdag]
        record.entered = [dag for dag in record.entered if dag is not subdag]
