"""How the tasks and groups of a DAG look to clients."""

from __future__ import annotations

from brisa.model.spec import DagSpec, TaskSpec
from brisa.web.schemas.overview import GroupNode


def label_of(task: TaskSpec) -> str:
    """The name that a task is shown by: what its author has given it, or its id without the prefix of its group."""
    return str(task.display.get("display_name") or within(task.task_id, task.group_id))


def group_nodes(spec: DagSpec) -> list[GroupNode]:
    """All groups, each after the one that it is in."""
    return [
        GroupNode(
            group_id=group.group_id,
            parent_id=group.parent or None,
            label=within(group.group_id, group.parent),
            tooltip=group.tooltip or None,
            is_mapped=bool(group.mapped),
        )
        for group in spec.groups
    ]


def within(name: str, group_id: str) -> str:
    """A name without the prefix that its group gives it."""
    return name.removeprefix(f"{group_id}.") if group_id else name
