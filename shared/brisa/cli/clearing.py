"""``brisa tasks clear`` and ``brisa tasks mark``."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from brisa.cli.api import Api, ApiError, api_options
from brisa.cli.found import find_run, instance_name, known_dag, known_task, tell_if_nobody_runs
from brisa.cli.output import DateType, options, output_option, print_rows
from brisa.errors import BrisaError

_SHOWN = 100
"""How many task instances are listed before a person is asked."""

which_runs = options(
    click.option("-s", "--start-date", type=DateType(), help="The first logical date [all]."),
    click.option("-e", "--end-date", type=DateType(), help="The last logical date, included [all]."),
    click.option("--run-id", "run", help="This run alone: its id, its logical date, or `latest`."),
    click.option("--past", is_flag=True, help="With --run-id: the runs of earlier logical dates, too."),
    click.option("--future", is_flag=True, help="With --run-id: the runs of later logical dates, too."),
    click.option("--map-index", type=click.IntRange(0), multiple=True, help="Only this instance of mapped tasks."),
    click.option("-u", "--upstream", is_flag=True, help="What is above the tasks, too."),
    click.option("-d", "--downstream", is_flag=True, help="What is below the tasks, too."),
)


@click.command()
@click.argument("dag_id")
@click.option("-t", "--task-regex", default="", help="Only tasks in whose id this is found [all].")
@which_runs
@click.option("-f", "--only-failed", is_flag=True, help="Only those that are failed or upstream_failed.")
@click.option("-r", "--only-running", is_flag=True, help="Only those that are running.")
@click.option(
    "--recursive/--no-recursive",
    default=True,
    help="Whether an ExternalTaskMarker clears what it marks [yes].",
)
@click.option("--dry-run", is_flag=True, help="Say what would be cleared, and do nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@api_options
@output_option
def clear(
    api: Api,
    dag_id: str,
    task_regex: str,
    start_date: datetime | None,
    end_date: datetime | None,
    run: str | None,
    past: bool,
    future: bool,
    map_index: tuple[int, ...],
    upstream: bool,
    downstream: bool,
    only_failed: bool,
    only_running: bool,
    recursive: bool,
    dry_run: bool,
    yes: bool,
    output: str,
) -> None:
    """Run tasks of past and present runs again, as if they had never run."""
    _check_runs(run, start_date, end_date, around=past or future)
    wanted = _pattern(task_regex)
    known_dag(api, dag_id)
    body: dict[str, Any] = {
        "dag_run_id": None if run is None else find_run(api, dag_id, run)["dag_run_id"],
        "start_date": start_date and start_date.isoformat(),
        "end_date": end_date and end_date.isoformat(),
        "include_past": past,
        "include_future": future,
        "include_upstream": upstream,
        "include_downstream": downstream,
        "only_failed": only_failed,
        "only_running": only_running,
        "include_recursive": recursive,
        "dry_run": True,
    }
    if task_regex or map_index:
        tasks = [one["task_id"] for one in api.get("dags", dag_id, "tasks")["tasks"] if wanted.search(one["task_id"])]
        body["task_ids"] = [[task, index] for task in tasks for index in map_index] if map_index else tasks
    found = api.post("dags", dag_id, "clearTaskInstances", body=body) if body.get("task_ids") != [] else _NONE
    rows = [_row(one) for one in found["task_instances"]]
    if dry_run or not rows:
        print_rows(rows, output, nothing="There is nothing to clear.")
        return
    if not yes:
        _confirm(rows, found["total_entries"])
    api.post("dags", dag_id, "clearTaskInstances", body={**body, "dry_run": False})
    heard = tell_if_nobody_runs(api, "")
    print_rows(rows, output, nothing="")
    if not heard:
        click.echo("No `brisa standalone` is running here: they run when one does.", err=True)


_NONE: Mapping[str, Any] = {"task_instances": [], "total_entries": 0}


@click.command()
@click.argument("dag_id")
@click.argument("task_id")
@click.argument("state", type=click.Choice(["success", "failed", "skipped"]))
@which_runs
@api_options
@output_option
def mark(
    api: Api,
    dag_id: str,
    task_id: str,
    state: str,
    start_date: datetime | None,
    end_date: datetime | None,
    run: str | None,
    past: bool,
    future: bool,
    map_index: tuple[int, ...],
    upstream: bool,
    downstream: bool,
    output: str,
) -> None:
    """Say that a task of a run is in a state; what had failed below it is judged anew."""
    if run is None and start_date is None and end_date is None:
        raise click.UsageError("say of which runs: --run-id, or --start-date and --end-date")
    _check_runs(run, start_date, end_date, around=past or future)
    known_dag(api, dag_id)
    if run is not None:
        run_ids = [find_run(api, dag_id, run)["dag_run_id"]]
        known_task(api, dag_id, task_id)
    else:
        known_task(api, dag_id, task_id)
        dates = {"logical_date_gte": start_date, "logical_date_lte": end_date}
        query = {name: date.isoformat() for name, date in dates.items() if date is not None}
        run_ids = [one["dag_run_id"] for one in api.all("dags", dag_id, "dagRuns", key="dag_runs", query=query)]
    body = {
        "new_state": state,
        "include_past": past,
        "include_future": future,
        "include_upstream": upstream,
        "include_downstream": downstream,
    }
    rows = [
        {**_row(one), "state": state}
        for run_id in run_ids
        for index in map_index or (None,)
        for one in _marked(api, ("dags", dag_id, "dagRuns", run_id, "taskInstances", task_id), index, body)
    ]
    tell_if_nobody_runs(api, "")
    print_rows(rows, output, nothing="There is nothing to mark.")


def _marked(api: Api, path: Sequence[str], index: int | None, body: Mapping[str, Any]) -> Sequence[Any]:
    """What was marked: nothing where all are in that state already."""
    try:
        found: Sequence[Any] = api.patch(*path, body=body, query={"map_index": index})["task_instances"]
    except ApiError as error:
        if error.status != 409:
            raise
        return ()
    return found


def _check_runs(run: str | None, first: datetime | None, last: datetime | None, *, around: bool) -> None:
    if run is not None and (first is not None or last is not None):
        raise click.UsageError("give --run-id, or --start-date and --end-date, not both")
    if run is None and around:
        raise click.UsageError("--past and --future go with --run-id")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise BrisaError(f"{text!r} is no regular expression: {error}") from error


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dag_id": one["dag_id"],
        "run_id": one["dag_run_id"],
        "task_id": instance_name(one),
        "state": one["state"] or "none",
    }


def _confirm(rows: Sequence[Mapping[str, Any]], total: int) -> None:
    if not sys.stdin.isatty():
        raise BrisaError(f"{total:,} task instances would be cleared: confirm it with --yes")
    for row in rows[:_SHOWN]:
        click.echo(f"{row['dag_id']}  {row['run_id']}  {row['task_id']}  {row['state']}", err=True)
    if total > _SHOWN:
        click.echo(f"… and {total - _SHOWN:,} more", err=True)
    click.confirm(f"Clear these {total:,} task instances?", abort=True, err=True)
