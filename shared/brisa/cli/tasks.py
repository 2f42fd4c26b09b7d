"""``brisa tasks …``."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from brisa.cli.api import Api, ApiError, api_options
from brisa.cli.clearing import clear, mark
from brisa.cli.found import (
    Found,
    find_run,
    instance_row,
    instances_of,
    known_dag,
    known_task,
    named,
    tasks_of,
    tell_if_nobody_runs,
)
from brisa.cli.output import DateType, folder_options, output_option, print_rows, print_value
from brisa.cli.trials import FAILED_RUN, file_option, follow_trial, parse_conf, single_task, trial_of
from brisa.cli.view import result, task_rows
from brisa.cli.words import Words
from brisa.errors import NotFoundError
from brisa.model.states import RunState, TaskState

_FOLLOW_EVERY = 0.2
"""Seconds between two looks at a log."""
_TOKEN = "airflow-continuation-token"  # noqa: S105  a place in a log, no secret


class _Words(Words):
    """Knows a command by a shorter word, too."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, {"states": "states-for-dag-run"}.get(cmd_name, cmd_name))


@click.group(cls=_Words)
def tasks() -> None:
    """List, test, clear and mark tasks, see their states and logs."""


tasks.add_command(clear)
tasks.add_command(mark)


@tasks.command("list")
@click.argument("dag_id")
@file_option
@api_options
@output_option
def list_(api: Api, dag_id: str, file: Path | None, output: str) -> None:
    """List the tasks of a DAG, each after those above it."""
    if file is not None:
        params = click.get_current_context().params
        with trial_of(dag_id, file, params.get("home_given"), params.get("dags_given")) as (_, version):
            rows = [
                {"task_id": one.task_id, "operator": one.operator, "owner": one.owner} for one in version.spec.tasks
            ]
    else:
        known_dag(api, dag_id)
        rows = [
            {"task_id": task["task_id"], "operator": task["operator_name"], "owner": task["owner"]}
            for task in tasks_of(api, dag_id)
        ]
    print_rows(rows, output, nothing="The DAG has no tasks.")


@tasks.command("states-for-dag-run")
@click.argument("dag_id")
@click.argument("run")
@api_options
@output_option
def states_for_dag_run(api: Api, dag_id: str, run: str, output: str) -> None:
    """Print the state of each task of a run, given by id, logical date, or `latest`."""
    found = instances_of(api, find_run(api, dag_id, run))
    print_rows([instance_row(one) for one in found], output, nothing="The DAG has no tasks.")


@tasks.command()
@click.argument("dag_id")
@click.argument("task_id")
@click.argument("run")
@click.option("--map-index", type=click.IntRange(0), help="Which instance of a mapped task.")
@api_options
def state(api: Api, dag_id: str, task_id: str, run: str, map_index: int | None) -> None:
    """Print the state of a task of a run; of a mapped one, a line for each instance."""
    found = _instances(api, find_run(api, dag_id, run), task_id, map_index)
    for one in found:
        said = one["state"] or "none"
        click.echo(said if len(found) == 1 else f"{one['map_index']}\t{said}")


@tasks.command("failed-deps")
@click.argument("dag_id")
@click.argument("task_id")
@click.argument("run")
@click.option("--map-index", type=click.IntRange(0), help="Which instance of a mapped task.")
@api_options
@output_option
def failed_deps(api: Api, dag_id: str, task_id: str, run: str, map_index: int | None, output: str) -> None:
    """Print what a task of a run still waits for, and why it has not begun."""
    found = _instances(api, find_run(api, dag_id, run), task_id, map_index)
    rows = [
        {"task_id": row["task_id"], "dependency": told["name"], "reason": told["reason"]}
        for one in found
        for row in [instance_row(one)]
        for told in api.get(*_path(one), *_index(one), "dependencies")["dependencies"]
    ]
    states = sorted({str(one["state"] or "none") for one in found})
    print_rows(rows, output, nothing=f"{task_id} waits for nothing: it is {', '.join(states)}.")


def _path(one: Found) -> tuple[str, ...]:
    return ("dags", one["dag_id"], "dagRuns", one["dag_run_id"], "taskInstances", one["task_id"])


def _index(one: Found) -> tuple[str, ...]:
    return (str(one["map_index"]),) if one["map_index"] >= 0 else ()


def _instances(api: Api, run: Found, name: str, map_index: int | None = None) -> Sequence[Found]:
    """The instances of a task, by its id or as ``task[3]``."""
    task_id, index = named(name)
    wanted = map_index if index is None else index
    found = [one for one in instances_of(api, run) if one["task_id"] == task_id]
    chosen = [one for one in found if wanted in (None, one["map_index"])]
    if not found:
        known_task(api, run["dag_id"], task_id)
    if not chosen:
        raise NotFoundError(f"task {task_id!r} has no instance {wanted} in run {run['dag_run_id']!r}")
    return chosen


@tasks.command()
@click.argument("dag_id")
@click.argument("run")
@click.argument("task_id")
@click.option("-t", "--try", "try_number", type=click.IntRange(1), help="The try [the last one].")
@click.option("-f", "--follow", is_flag=True, help="Go on until the task has ended.")
@api_options
def logs(api: Api, dag_id: str, run: str, task_id: str, try_number: int | None, follow: bool) -> None:
    """Print the log of a task of a run; of its DAG's callbacks: @callbacks; of its first deadline: @deadline[0]."""
    found = find_run(api, dag_id, run)
    if task_id.startswith("@"):
        from brisa.cli.own_logs import print_own_log

        print_own_log(api, found, task_id, try_number)
        return
    readers = [_LogReader(api, one, try_number) for one in _instances(api, found, task_id)]
    while True:
        over = [reader.print_news() for reader in readers]
        if all(over) or not follow:
            break
        if not tell_if_nobody_runs(api, "nothing more will come for now."):
            break
        time.sleep(_FOLLOW_EVERY)
    if not any(reader.begun for reader in readers):
        which = f"try {try_number} of {task_id}" if try_number else f"task {task_id}"
        raise NotFoundError(f"{which} has not begun in run {found['dag_run_id']}: it has no log yet")


class _LogReader:
    """Prints the log of a task instance, as far as it has come: that of one try, or of the last one and those after."""

    def __init__(self, api: Api, one: Found, try_number: int | None) -> None:
        self._api = api
        self._path = _path(one)
        self._one = one
        self._wanted = try_number
        self._try = try_number or one["try_number"]
        self._token: str | None = None
        self._read_whole = False
        self.begun = False

    def print_news(self) -> bool:
        """Print what has come since the last call; whether nothing more will."""
        while not self._read_whole and self._print_part():
            pass
        if not self._read_whole:
            return False
        one = self._api.get(*self._path, *_index(self._one))
        if self._wanted is None and one["try_number"] > self._try:
            self._try, self._token, self._read_whole = one["try_number"], None, False
            return False
        if self._wanted is not None and one["try_number"] > self._wanted:
            return True
        state = TaskState[(one["state"] or "none").upper()]
        run = self._api.get(*self._path[:4])
        return state.terminal or RunState(run["state"]).terminal

    def _print_part(self) -> bool:
        """Whether there may be more right now."""
        if self._try < 1:
            one = self._api.get(*self._path, *_index(self._one))
            self._try = one["try_number"]
            if self._try < 1:
                self._read_whole = RunState(self._api.get(*self._path[:4])["state"]).terminal
                return False
        query = {"map_index": self._one["map_index"], "token": self._token}
        try:
            text, headers = self._api.text(*self._path, "logs", str(self._try), query=query)
        except ApiError as error:
            if error.status != 404:
                raise
            self._read_whole = True  # there is no such try
            return False
        self.begun = True
        click.echo(text, nl=False)
        self._token = headers.get(_TOKEN)
        self._read_whole = self._token is None
        return bool(text)


@tasks.command()
@click.argument("dag_id")
@click.argument("task_id")
@click.argument("run")
@click.option("--map-index", type=click.IntRange(0), help="Which instance of a mapped task.")
@api_options
@output_option
def render(api: Api, dag_id: str, task_id: str, run: str, map_index: int | None, output: str) -> None:
    """Print the template fields of a task: as they were in a run, or, for a date without one, as they would be."""
    known_dag(api, dag_id)
    known_task(api, dag_id, task_id)
    fields = _rendered(api, dag_id, task_id, run, map_index)
    if output in ("json", "yaml"):
        print_value(dict(fields), output)
    elif output == "plain":
        print_rows([{"field": name, "value": text} for name, text in fields.items()], output, nothing="")
    else:
        for name, text in fields.items():
            click.echo(f"# {name}\n{text}\n")


def _rendered(api: Api, dag_id: str, task_id: str, run: str, map_index: int | None) -> Mapping[str, Any]:
    try:
        found = find_run(api, dag_id, run)
    except NotFoundError:
        found = None
    if found is not None:
        (one, *_) = _instances(api, found, task_id, map_index)
        rendered: Mapping[str, Any] | None = api.get(*_path(one), *_index(one)).get("rendered_fields")
        if rendered:
            return rendered
    if api.state is None:
        raise NotFoundError(f"task {task_id!r} has not begun in run {run!r}: a brisa elsewhere renders nothing for you")
    from brisa.cli.rendering import rehearsed

    return rehearsed(
        api.state,
        click.get_current_context().params.get("dags_given"),
        dag_id,
        task_id,
        run_id=None if found is None else found["dag_run_id"],
        date=datetime.now(UTC) if found is not None else DateType().convert(run, None, None),
        map_index=map_index,
    )


@tasks.command()
@click.argument("dag_id")
@click.argument("task_id")
@click.argument("logical_date", type=DateType(), required=False)
@file_option
@folder_options
@click.option("-c", "--conf", help="The run's configuration, as a JSON object.")
@click.option("--real-time", is_flag=True, help="Wait for retry delays and pokes, instead of skipping the time.")
@output_option
def test(
    dag_id: str,
    task_id: str,
    logical_date: datetime | None,
    file: Path | None,
    home_given: str | None,
    dags_given: str | None,
    conf: str | None,
    real_time: bool,
    output: str,
) -> None:
    """Run one task, here and now, without its dependencies and without a server; nothing is kept."""
    with trial_of(dag_id, file, home_given, dags_given, real_time=real_time) as (stack, version):
        from brisa.ports.store import Put, Update

        alone = single_task(version, task_id)
        stored = stack.store.dag(dag_id)
        if stored is None:
            raise NotFoundError(f"there is no DAG {dag_id!r}")
        stack.store.commit(Put(alone), Update(replace(stored.record, version=alone.version), stored.revision))
        run = stack.runs.trigger(dag_id, logical_date=logical_date, conf=parse_conf(conf), triggered_by="cli")
        run = follow_trial(stack, alone, run, slots=1, quiet=False)
        if output in ("json", "yaml"):
            print_value(result(run, alone.spec, stack.store, stack.blobs), output)
        else:
            print_rows(task_rows(run, alone.spec), output, nothing="")
    if run.state.value != "success":
        sys.exit(FAILED_RUN)
