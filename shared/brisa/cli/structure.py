"""The structure of a DAG, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from brisa.cli.output import one_line
from brisa.cli.view import edges
from brisa.model.json import JsonValue
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import TriggerRule

_SHOWN = 12
"""How many of the tasks that follow one are drawn."""


def structure(spec: DagSpec) -> dict[str, Any]:
    """What a DAG is, without its code."""
    return {
        "dag_id": spec.dag_id,
        "description": spec.description or None,
        "file": spec.file,
        "schedule": spec.schedule.summary or None,
        "start_date": spec.start_date.isoformat() if spec.start_date else None,
        "end_date": spec.end_date.isoformat() if spec.end_date else None,
        "catchup": spec.catchup,
        "tags": list(spec.tags),
        "owners": list(spec.owners),
        "params": {name: param.get("value") for name, param in _mappings(spec.params)},
        "tasks": [task.task_id for task in spec.tasks],
        "edges": edges(spec),
        "labels": [[up, task.task_id, label] for task in spec.tasks for up, label in _labels(task).items()],
        "groups": [{"group_id": group.group_id, "parent": group.parent or None} for group in spec.groups],
        "task_details": {
            task.task_id: {
                "operator": task.operator,
                "trigger_rule": task.trigger_rule.value,
                "retries": task.retries,
                "group_id": task.group_id or None,
                "owner": task.owner,
            }
            for task in spec.tasks
        },
    }


def _mappings(values: Mapping[str, JsonValue]) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield name, value


def _labels(task: TaskSpec) -> Mapping[str, JsonValue]:
    """Id of an upstream task → the label on the edge from it."""
    labels = task.display.get("labels")
    return labels if isinstance(labels, Mapping) else {}


def drawing(spec: DagSpec) -> Iterator[str]:
    """The DAG as lines of text: its groups and tasks as a tree, and after each task those that follow it.

    ::

        sales  @daily  from 2024-01-01
        ├─ fetch  BashOperator  → clean.dates, clean.names (if there are any)
        ├─ clean
        │  ├─ dates  @task  → publish
        │  └─ names  @task  → publish
        └─ publish  @task  [none_failed]
    """
    facts = [
        spec.dag_id,
        spec.schedule.summary or "no schedule",
        f"from {spec.start_date:%Y-%m-%d}" if spec.start_date else "",
        f"to {spec.end_date:%Y-%m-%d}" if spec.end_date else "",
        "catchup" if spec.catchup else "",
        f"tags {', '.join(spec.tags)}" if spec.tags else "",
        f"owner {', '.join(spec.owners)}" if spec.owners else "",
    ]
    yield one_line("  ".join(fact for fact in facts if fact))
    if spec.description:
        yield one_line(spec.description)
    labels = {(up, task.task_id): label for task in spec.tasks for up, label in _labels(task).items()}
    yield from _branch(spec, _members(spec), labels, "", "")


def _members(spec: DagSpec) -> Mapping[str, Sequence[str | TaskSpec]]:
    """Group id (``""`` for the DAG) → its tasks and the ids of its groups, in the order of their first task."""
    parents = {group.group_id: group.parent for group in spec.groups}
    members: dict[str, list[str | TaskSpec]] = {"": []}
    placed: set[str] = set()
    for task in spec.tasks:
        members.setdefault(task.group_id, []).append(task)
        group_id = task.group_id
        while group_id and group_id not in placed:
            placed.add(group_id)
            members.setdefault(parents.get(group_id, ""), []).append(group_id)
            group_id = parents.get(group_id, "")
    return members


def _branch(
    spec: DagSpec,
    members: Mapping[str, Sequence[str | TaskSpec]],
    labels: Mapping[tuple[str, str], JsonValue],
    group_id: str,
    margin: str,
) -> Iterator[str]:
    inside = members.get(group_id, ())
    for number, member in enumerate(inside, 1):
        last = number == len(inside)
        twig = margin + ("└─ " if last else "├─ ")
        if isinstance(member, TaskSpec):
            yield twig + _task_line(spec, member, labels)
        else:
            yield twig + one_line(_within(member, group_id))
            yield from _branch(spec, members, labels, member, margin + ("   " if last else "│  "))


def _within(name: str, group_id: str) -> str:
    return name.removeprefix(f"{group_id}.") if group_id else name


def _task_line(spec: DagSpec, task: TaskSpec, labels: Mapping[tuple[str, str], JsonValue]) -> str:
    parts = [_within(task.task_id, task.group_id), task.operator, *(["[mapped]"] if task.is_mapped else [])]
    if task.trigger_rule is not TriggerRule.ALL_SUCCESS:
        parts.append(f"[{task.trigger_rule.value}]")
    below = []
    for down in spec.downstream[task.task_id]:
        label = labels.get((task.task_id, down))
        below.append(f"{down} ({label})" if label else down)
    if below:
        more = f" and {len(below) - _SHOWN} more" if len(below) > _SHOWN else ""
        parts.append(f"→ {', '.join(below[:_SHOWN])}{more}")
    return one_line("  ".join(parts))
