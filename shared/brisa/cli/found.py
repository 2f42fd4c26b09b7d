"""DAGs and runs, as people name them, and how they look in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from brisa.cli.api import Api, ApiError, known
from brisa.cli.output import DateType, when
from brisa.cli.words import nearest
from brisa.errors import NotFoundError

Found = Mapping[str, Any]
_NEAR = 200
"""How many runs are looked at for the one that was probably meant."""


def known_dag(api: Api, dag_id: str) -> Found:
    """A DAG; a clear error with the nearest name if there's none."""
    found: Found = known(
        lambda: api.get("dags", dag_id), lambda: dag_ids(api), dag_id, f"there is no DAG {dag_id!r}", ("dags", "list")
    )
    return found


def dag_ids(api: Api) -> Sequence[str]:
    """All whose files are there."""
    return [one["dag_id"] for one in api.all("dags", key="dags")]


def find_run(api: Api, dag_id: str, run: str) -> Found:
    """The run of that id, or of that logical date; ``latest`` is the last one."""
    known_dag(api, dag_id)
    path = ("dags", dag_id, "dagRuns")
    try:
        one: Found = api.get(*path, run)
        return one
    except ApiError as error:
        if error.status != 404:
            raise
    latest = {"order_by": "-run_after"}
    runs = api.all(*path, key="dag_runs", query=latest, limit=1 if run == "latest" else _NEAR)
    if run == "latest" and runs:
        return dict(runs[0])
    date = _date(run)
    if date is not None:
        text = date.isoformat()
        dated = api.all(*path, key="dag_runs", query={"logical_date_gte": text, "logical_date_lte": text}, limit=1)
        if dated:
            return dict(dated[0])
    near = nearest(run, [one["dag_run_id"] for one in runs], "dags", "list-runs", dag_id)
    raise NotFoundError(f"DAG {dag_id!r} has no run {run!r}{near}" if runs else f"DAG {dag_id!r} has no runs yet")


def _date(text: str) -> datetime | None:
    try:
        return DateType().convert(text, None, None)
    except click.BadParameter:
        return None


def run_row(run: Found) -> dict[str, Any]:
    """A run as a row."""
    duration = run["duration"]
    return {
        "dag_id": run["dag_id"],
        "run_id": run["dag_run_id"],
        "state": run["state"],
        "logical_date": when(run["logical_date"]),
        "start_date": when(run["start_date"], "milliseconds"),
        "end_date": when(run["end_date"], "milliseconds"),
        "duration": None if duration is None else round(max(0.0, duration), 3),
    }


def tasks_of(api: Api, dag_id: str) -> Sequence[Found]:
    """The tasks of a DAG, each after those above it."""
    tasks = {one["task_id"]: one for one in api.get("dags", dag_id, "tasks")["tasks"]}
    above = dict.fromkeys(tasks, 0)
    for one in tasks.values():
        for down in one["downstream_task_ids"]:
            above[down] += 1
    free = [task_id for task_id, count in above.items() if not count]
    found: list[Found] = []
    while free:
        one = tasks[free.pop(0)]
        found.append(one)
        for down in one["downstream_task_ids"]:
            above[down] -= 1
            if not above[down]:
                free.append(down)
    return found


def known_task(api: Api, dag_id: str, task_id: str) -> None:
    """A clear error with the nearest name if the DAG has no such task."""
    ids = [one["task_id"] for one in api.get("dags", dag_id, "tasks")["tasks"]]
    if task_id not in ids:
        raise NotFoundError(f"DAG {dag_id!r} has no task {task_id!r}{nearest(task_id, ids, 'tasks', 'list', dag_id)}")


def named(name: str) -> tuple[str, int | None]:
    """Task id and map index of ``task`` or ``task[3]``."""
    task_id, bracket, index = name.rstrip("]").partition("[")
    return (task_id, int(index)) if bracket and index.isdigit() and name.endswith("]") else (name, None)


def instance_name(one: Found) -> str:
    """As :func:`named` reads it."""
    return f"{one['task_id']}[{one['map_index']}]" if one["map_index"] >= 0 else str(one["task_id"])


def instances_of(api: Api, run: Found) -> Sequence[Found]:
    """The task instances of a run, each after those above it, those of a mapped task by their index."""
    found = api.all("dags", run["dag_id"], "dagRuns", run["dag_run_id"], "taskInstances", key="task_instances")
    place = {one["task_id"]: number for number, one in enumerate(tasks_of(api, run["dag_id"]))}
    return sorted(found, key=lambda one: (place.get(one["task_id"], len(place)), one["task_id"], one["map_index"]))


def instance_row(one: Found) -> dict[str, Any]:
    """A task instance as a row."""
    duration = one["duration"]
    return {
        "task_id": instance_name(one),
        "operator": one["operator"],
        "state": one["state"] or "none",
        "try_number": one["try_number"],
        "duration": None if duration is None or one["end_date"] is None else round(max(0.0, duration), 3),
    }


def tell_if_nobody_runs(api: Api, what: str) -> bool:
    """Wake the standalone process of a home; where there is none, say that ``what`` waits for one."""
    if api.state is None:
        return True
    from brisa.adapters.local.doorbell import ring

    heard = ring(api.state.home)
    if not heard and what:
        click.echo(f"No `brisa standalone` is running here: {what}", err=True)
    return heard
