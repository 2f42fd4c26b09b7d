"""``brisa backfill …``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from brisa.adapters.local.doorbell import ring
from brisa.cli.dags import current_state, known_dag
from brisa.cli.output import DateType, folder_options, moment, output_option, print_rows
from brisa.cli.trials import parse_conf
from brisa.model.backfill import MAX_ACTIVE_RUNS, Backfill, Reprocess
from brisa.services.backfills import Backfills, UnconfirmedError, Wanted

_SHOWN = 1000
"""How many intervals a dry run lists."""


@click.group()
def backfill() -> None:
    """Make runs for past intervals, look at them, pause and cancel that."""


@backfill.command()
@click.option("--dag-id", required=True, help="The DAG.")
@click.option("--from-date", type=DateType(), required=True, help="The first logical date.")
@click.option("--to-date", type=DateType(), required=True, help="The last logical date, included.")
@click.option("--run-backwards", is_flag=True, help="Begin with the latest interval.")
@click.option(
    "--max-active-runs",
    type=click.IntRange(1),
    default=MAX_ACTIVE_RUNS,
    show_default=True,
    help="How many of its runs are active at once; those of the DAG's schedule don't count.",
)
@click.option(
    "--reprocess-behavior",
    "--reprocessing-behavior",
    type=click.Choice([one.value for one in Reprocess]),
    default=Reprocess.NONE.value,
    show_default=True,
    help="Of the intervals that have a run: none is run again, those that failed, or all that have ended.",
)
@click.option("--dag-run-conf", help="The runs' configuration, as a JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what would be done with each interval, and do nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask, however many intervals there are.")
@folder_options
@output_option
def create(
    dag_id: str,
    from_date: datetime,
    to_date: datetime,
    run_backwards: bool,
    max_active_runs: int,
    reprocess_behavior: str,
    dag_run_conf: str | None,
    dry_run: bool,
    yes: bool,
    home_given: str | None,
    dags_given: str | None,
    output: str,
) -> None:
    """Make runs of a DAG for the intervals of a range of dates."""
    wanted = Wanted(
        dag_id=dag_id,
        from_date=from_date,
        to_date=to_date,
        reverse=run_backwards,
        max_active_runs=max_active_runs,
        reprocess=Reprocess(reprocess_behavior),
        conf=parse_conf(dag_run_conf),
    )
    with current_state(home_given, dags_given) as state:
        dag = known_dag(state, dag_id)
        service = Backfills(state.store, state.clock)
        if dry_run:
            _print_foreseen(service, wanted, output)
            return
        made = _create(service, wanted, confirm=yes)
        heard = ring(state.home)
        print_rows([backfill_row(made)], output, nothing="")
        if dag.paused:
            click.echo(f"{dag_id} is paused: its runs begin once you `brisa dags unpause {dag_id}`.", err=True)
        elif not heard:
            click.echo("No `brisa standalone` is running here: its runs begin when one does.", err=True)


def _create(service: Backfills, wanted: Wanted, *, confirm: bool) -> Backfill:
    try:
        return service.create(wanted, confirm=confirm, created_by="cli")
    except UnconfirmedError as error:
        if not sys.stdin.isatty():
            raise UnconfirmedError(f"{error}, with --yes") from error
        click.confirm(f"{error}?", abort=True, err=True)
    return service.create(wanted, confirm=True, created_by="cli")


def _print_foreseen(service: Backfills, wanted: Wanted, output: str) -> None:
    foreseen, total = service.foresee(wanted, limit=_SHOWN)
    rows = [
        {
            "logical_date": one.interval.start.isoformat(),
            "data_interval_end": one.interval.end.isoformat(),
            "action": one.action,
            "run_id": one.run.run_id if one.run is not None else None,
            "state": one.run.state.value if one.run is not None else None,
        }
        for one in foreseen
    ]
    print_rows(rows, output, nothing="")
    if total.more or total.runs > len(rows):
        click.echo(f"The first {len(rows):,} of {total} intervals.", err=True)


@backfill.command("list")
@click.option("--dag-id", help="Only those of this DAG.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@folder_options
@output_option
def list_(dag_id: str | None, limit: int, home_given: str | None, dags_given: str | None, output: str) -> None:
    """List backfills, the latest first."""
    with current_state(home_given, dags_given) as state:
        if dag_id is not None:
            known_dag(state, dag_id)
        rows = [backfill_row(one) for one in Backfills(state.store, state.clock).list(dag_id, limit=limit)]
        print_rows(rows, output, nothing="There are no backfills yet.")


@backfill.command()
@click.argument("backfill_id", type=int)
@folder_options
@output_option
def show(backfill_id: int, home_given: str | None, dags_given: str | None, output: str) -> None:
    """Show how far a backfill has come."""
    with current_state(home_given, dags_given) as state:
        found = Backfills(state.store, state.clock).get(backfill_id)
        print_rows([backfill_row(found)], output, nothing="")
        if found.note:
            click.echo(f"Paused by brisa: {found.note}", err=True)


@backfill.command()
@click.argument("backfill_id", type=int)
@folder_options
@output_option
def pause(backfill_id: int, home_given: str | None, dags_given: str | None, output: str) -> None:
    """Pause a backfill: no further run begins for now."""
    _change(lambda service: service.pause(backfill_id), home_given, dags_given, output)


@backfill.command()
@click.argument("backfill_id", type=int)
@folder_options
@output_option
def unpause(backfill_id: int, home_given: str | None, dags_given: str | None, output: str) -> None:
    """Unpause a backfill: it goes on where it was."""
    _change(lambda service: service.unpause(backfill_id), home_given, dags_given, output)


@backfill.command()
@click.argument("backfill_id", type=int)
@folder_options
@output_option
def cancel(backfill_id: int, home_given: str | None, dags_given: str | None, output: str) -> None:
    """Cancel a backfill: no further run begins, ever; those that have begun go on."""
    _change(lambda service: service.cancel(backfill_id), home_given, dags_given, output)


def _change(
    change: Callable[[Backfills], Backfill], home_given: str | None, dags_given: str | None, output: str
) -> None:
    with current_state(home_given, dags_given) as state:
        changed = change(Backfills(state.store, state.clock))
        ring(state.home)
        print_rows([backfill_row(changed)], output, nothing="")


def backfill_row(one: Backfill) -> dict[str, Any]:
    """A backfill as a row."""
    return {
        "backfill_id": one.backfill_id,
        "dag_id": one.dag_id,
        "state": one.state,
        "from_date": one.from_date.isoformat(),
        "to_date": one.to_date.isoformat(),
        "intervals": f"more than {one.total}" if one.more else str(one.total),
        "created": one.created,
        "rerun": one.rerun,
        "skipped": one.skipped,
        "active": len(one.active_runs),
        "success": one.succeeded,
        "failed": one.failed,
        "next": one.next_start.isoformat() if one.next_start is not None else None,
        "completed_at": moment(one.completed_at),
    }
