"""``brisa tasks clear`` and ``brisa tasks mark``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from brisa.adapters.local.doorbell import ring
from brisa.cli.dags import current_state, find_run, known_dag
from brisa.cli.output import DateType, folder_options, options, output_option, print_rows
from brisa.errors import BrisaError
from brisa.model.states import TaskState
from brisa.services.clearing import Chosen, Clearing, Selection

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
@folder_options
@output_option
def clear(
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
    home_given: str | None,
    dags_given: str | None,
    output: str,
) -> None:
    """Run tasks of past and present runs again, as if they had never run."""
    selection = _selection(
        dag_id,
        start_date,
        end_date,
        run,
        past=past,
        future=future,
        task_regex=task_regex,
        upstream=upstream,
        downstream=downstream,
        map_indexes=map_index,
        only_failed=only_failed,
        only_running=only_running,
        recursive=recursive,
    )
    with current_state(home_given, dags_given) as state:
        known_dag(state, dag_id)
        if run is not None:
            selection = replace(selection, run_ids=(find_run(state, dag_id, run).run_id,))
        service = Clearing(state.store, state.runs)
        found = service.to_clear(selection)
        if dry_run or not found:
            print_rows(_rows(found), output, nothing="There is nothing to clear.")
            return
        if not yes:
            _confirm(found)
        service.clear(selection, found=found)
        heard = ring(state.home)
        print_rows(_rows(found), output, nothing="")
        if not heard:
            click.echo("No `brisa standalone` is running here: they run when one does.", err=True)


@click.command()
@click.argument("dag_id")
@click.argument("task_id")
@click.argument("state", type=click.Choice(["success", "failed", "skipped"]))
@which_runs
@folder_options
@output_option
def mark(
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
    home_given: str | None,
    dags_given: str | None,
    output: str,
) -> None:
    """Say that a task of a run is in a state; what had failed below it is judged anew."""
    if run is None and start_date is None and end_date is None:
        raise click.UsageError("say of which runs: --run-id, or --start-date and --end-date")
    selection = _selection(
        dag_id,
        start_date,
        end_date,
        run,
        past=past,
        future=future,
        task_ids=(task_id,),
        upstream=upstream,
        downstream=downstream,
        map_indexes=map_index,
    )
    with current_state(home_given, dags_given) as opened:
        known_dag(opened, dag_id)
        if run is not None:
            selection = replace(selection, run_ids=(find_run(opened, dag_id, run).run_id,))
        found = Clearing(opened.store, opened.runs).mark(selection, TaskState[state.upper()])
        ring(opened.home)
        print_rows(_rows(found, state), output, nothing="There is nothing to mark.")


def _selection(dag_id: str, first: datetime | None, last: datetime | None, run: str | None, **more: Any) -> Selection:
    if run is not None and (first is not None or last is not None):
        raise click.UsageError("give --run-id, or --start-date and --end-date, not both")
    if run is None and (more["past"] or more["future"]):
        raise click.UsageError("--past and --future go with --run-id")
    return Selection(dag_id=dag_id, first=first, last=last, **more)


def _rows(found: Sequence[Chosen], state: str = "") -> list[dict[str, Any]]:
    return [
        {"dag_id": one.run.dag_id, "run_id": one.run.run_id, "task_id": name, "state": state or before}
        for one in found
        for name, before in zip(one.names, one.states, strict=True)
    ]


def _confirm(found: Sequence[Chosen]) -> None:
    rows = _rows(found)
    if not sys.stdin.isatty():
        raise BrisaError(f"{len(rows):,} task instances would be cleared: confirm it with --yes")
    for row in rows[:_SHOWN]:
        click.echo(f"{row['dag_id']}  {row['run_id']}  {row['task_id']}  {row['state']}", err=True)
    if len(rows) > _SHOWN:
        click.echo(f"… and {len(rows) - _SHOWN:,} more", err=True)
    click.confirm(f"Clear these {len(rows):,} task instances?", abort=True, err=True)
