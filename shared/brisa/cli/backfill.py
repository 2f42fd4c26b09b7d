"""``brisa backfill …``."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from brisa.cli.api import Api, ApiError, api_options
from brisa.cli.found import known_dag, tell_if_nobody_runs
from brisa.cli.output import DateType, options, output_option, print_rows, when
from brisa.cli.trials import parse_conf
from brisa.cli.words import Words
from brisa.errors import BrisaError, NotFoundError
from brisa.model.backfill import MAX_ACTIVE_RUNS, Reprocess

_SHOWN = 1000
"""How many intervals a dry run lists."""
_EVERYTHING = "~"
_UNCONFIRMED = "confirm that you mean it"
"""What the API says of a backfill that is too large to be begun unasked."""


@click.group(cls=Words)
def backfill() -> None:
    """Make runs for past intervals, look at them, pause and cancel that."""


_how = options(
    click.option("--run-backwards", is_flag=True, help="Begin with the latest interval."),
    click.option(
        "--max-active-runs",
        type=click.IntRange(1),
        default=MAX_ACTIVE_RUNS,
        show_default=True,
        help="How many of its runs are active at once; those of the DAG's schedule don't count.",
    ),
    click.option(
        "--reprocess-behavior",
        "--reprocessing-behavior",
        type=click.Choice([one.value for one in Reprocess]),
        default=Reprocess.NONE.value,
        show_default=True,
        help="Of the intervals that have a run: none is run again, those that failed, or all that have ended.",
    ),
    click.option("--dag-run-conf", help="The runs' configuration, as a JSON object."),
    click.option("--dry-run", is_flag=True, help="Say what would be done with each interval, and do nothing."),
    click.option("-y", "--yes", is_flag=True, help="Do not ask, however many intervals there are."),
)


@backfill.command()
@click.option("--dag-id", required=True, help="The DAG.")
@click.option("--from-date", type=DateType(), required=True, help="The first logical date.")
@click.option("--to-date", type=DateType(), required=True, help="The last logical date, included.")
@_how
@api_options
@output_option
def create(api: Api, **given: Any) -> None:
    """Make runs of a DAG for the intervals of a range of dates."""
    _make(api, **given)


@click.command("backfill")
@click.argument("dag_id")
@click.option("-s", "--start-date", "from_date", type=DateType(), required=True, help="The first logical date.")
@click.option("-e", "--end-date", "to_date", type=DateType(), required=True, help="The last logical date, included.")
@_how
@api_options
@output_option
def dags_backfill(api: Api, **given: Any) -> None:
    """Make runs of a DAG for the intervals of a range of dates, as `brisa backfill create` does."""
    _make(api, **given)


def _make(
    api: Api,
    *,
    dag_id: str,
    from_date: datetime,
    to_date: datetime,
    run_backwards: bool,
    max_active_runs: int,
    reprocess_behavior: str,
    dag_run_conf: str | None,
    dry_run: bool,
    yes: bool,
    output: str,
) -> None:
    body = {
        "dag_id": dag_id,
        "from_date": from_date.isoformat(),
        "to_date": to_date.isoformat(),
        "run_backwards": run_backwards,
        "max_active_runs": max_active_runs,
        "reprocess_behavior": reprocess_behavior,
        "dag_run_conf": parse_conf(dag_run_conf),
    }
    dag = known_dag(api, dag_id)
    if dry_run:
        _print_foreseen(api, body, output)
        return
    made = _created(api, body, confirm=yes)
    heard = tell_if_nobody_runs(api, "")
    print_rows([_row(made)], output, nothing="")
    if dag["is_paused"]:
        click.echo(f"{dag_id} is paused: its runs begin once you `brisa dags unpause {dag_id}`.", err=True)
    elif not heard:
        click.echo("No `brisa standalone` is running here: its runs begin when one does.", err=True)


def _created(api: Api, body: dict[str, Any], *, confirm: bool) -> Any:
    try:
        return api.post("backfills", body={**body, "confirm": confirm})
    except ApiError as error:
        if error.status != 422 or _UNCONFIRMED not in str(error):
            raise
        if not sys.stdin.isatty():
            raise BrisaError(f"{error}, with --yes") from error
        click.confirm(f"{error}?", abort=True, err=True)
    return api.post("backfills", body={**body, "confirm": True})


def _print_foreseen(api: Api, body: dict[str, Any], output: str) -> None:
    """What would be done with each interval; a brisa elsewhere tells those alone that get a run."""
    if api.state is None:
        told = api.post("backfills/dry_run", body=body)["backfills"]
        print_rows([{"logical_date": when(one["logical_date"])} for one in told], output, nothing="No interval.")
        return
    from brisa.services.backfills import Backfills, Wanted

    wanted = Wanted(
        dag_id=body["dag_id"],
        from_date=datetime.fromisoformat(body["from_date"]),
        to_date=datetime.fromisoformat(body["to_date"]),
        reverse=body["run_backwards"],
        max_active_runs=body["max_active_runs"],
        reprocess=Reprocess(body["reprocess_behavior"]),
        conf=body["dag_run_conf"],
    )
    foreseen, total = Backfills(api.state.store, api.state.clock).foresee(wanted, limit=_SHOWN)
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
@api_options
@output_option
def list_(api: Api, dag_id: str | None, limit: int, output: str) -> None:
    """List backfills, the latest first."""
    if dag_id is not None:
        known_dag(api, dag_id)
    query = {"dag_id": dag_id or _EVERYTHING, "order_by": "-id"}
    found = api.all("backfills", key="backfills", query=query, limit=limit)
    print_rows([_row(one) for one in found], output, nothing="There are no backfills yet.")


@backfill.command()
@click.argument("backfill_id", type=int)
@api_options
@output_option
def show(api: Api, backfill_id: int, output: str) -> None:
    """Show how far a backfill has come."""
    try:
        found = api.get("backfills", str(backfill_id))
    except ApiError as error:
        raise _no(backfill_id) if error.status in (404, 422) else error from None
    print_rows([_row(found)], output, nothing="")
    if found["note"]:
        click.echo(f"Paused by brisa: {found['note']}", err=True)


@backfill.command()
@click.argument("backfill_id", type=int)
@api_options
@output_option
def pause(api: Api, backfill_id: int, output: str) -> None:
    """Pause a backfill: no further run begins for now."""
    _change(api, backfill_id, "pause", output)


@backfill.command()
@click.argument("backfill_id", type=int)
@api_options
@output_option
def unpause(api: Api, backfill_id: int, output: str) -> None:
    """Unpause a backfill: it goes on where it was."""
    _change(api, backfill_id, "unpause", output)


@backfill.command()
@click.argument("backfill_id", type=int)
@api_options
@output_option
def cancel(api: Api, backfill_id: int, output: str) -> None:
    """Cancel a backfill: no further run begins, ever; those that have begun go on."""
    _change(api, backfill_id, "cancel", output)


def _no(backfill_id: int) -> NotFoundError:
    return NotFoundError(f"there is no backfill {backfill_id}; `brisa backfill list` shows all")


def _change(api: Api, backfill_id: int, verb: str, output: str) -> None:
    try:
        changed = api.put("backfills", str(backfill_id), verb)
    except ApiError as error:
        raise _no(backfill_id) if error.status in (404, 422) else error from None
    tell_if_nobody_runs(api, "")
    print_rows([_row(changed)], output, nothing="")


def _row(one: Any) -> dict[str, Any]:
    intervals, runs = one["intervals"], one["runs"]
    return {
        "backfill_id": one["id"],
        "dag_id": one["dag_id"],
        "state": one["state"],
        "from_date": when(one["from_date"]),
        "to_date": when(one["to_date"]),
        "intervals": f"more than {intervals['count']}" if intervals["more"] else str(intervals["count"]),
        **{name: runs[name] for name in ("created", "rerun", "skipped", "active", "success", "failed")},
        "next": when(one["next_date"]),
        "completed_at": when(one["completed_at"], "milliseconds"),
    }
