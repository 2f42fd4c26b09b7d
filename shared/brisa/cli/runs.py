"""``brisa dags …``, as far as it is about runs."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from brisa.cli.api import Api, ApiError, api_options
from brisa.cli.files import confirm_deletion
from brisa.cli.found import dag_ids, find_run, known_dag, run_row, tell_if_nobody_runs
from brisa.cli.output import DateType, output_option, print_rows, visible
from brisa.cli.trials import FAILED_RUN, parse_conf
from brisa.errors import BrisaError, NotFoundError
from brisa.model.states import RunState, RunType


@click.command()
@click.argument("dag_id")
@click.option("-r", "--run-id", default="", help="The run's id [manual__ and the date].")
@click.option("-l", "-e", "--logical-date", "--exec-date", type=DateType(), help="The run's logical date [now].")
@click.option("-c", "--conf", help="The run's configuration, as a JSON object.")
@click.option("--wait", is_flag=True, help="Show its tasks until it has ended; status 1 if it has failed.")
@api_options
@output_option
def trigger(
    api: Api, dag_id: str, run_id: str, logical_date: datetime | None, conf: str | None, wait: bool, output: str
) -> None:
    """Make a run of a DAG."""
    given = parse_conf(conf)
    dag = known_dag(api, dag_id)
    if dag["is_stale"]:
        raise NotFoundError(f"DAG {dag_id!r} is gone: its file {dag['relative_fileloc']} no longer defines it")
    if wait and dag["is_paused"]:
        raise BrisaError(f"{dag_id} is paused, and --wait would wait for ever: first `brisa dags unpause {dag_id}`")
    if wait and not tell_if_nobody_runs(api, ""):
        raise BrisaError("no `brisa standalone` is running here, and --wait would wait for ever: start one")
    date = logical_date or datetime.now(UTC)
    body = {"dag_run_id": run_id or None, "logical_date": date.isoformat(), "conf": given}
    run = api.post("dags", dag_id, "dagRuns", body=body)
    if wait:
        from brisa.cli.waiting import wait_for

        run = wait_for(api, run)
    print_rows([run_row(run)], output, nothing="")
    if wait:
        if run["state"] != "success":
            sys.exit(FAILED_RUN)
    elif dag["is_paused"]:
        click.echo(f"{dag_id} is paused: the run begins once you `brisa dags unpause {dag_id}`.", err=True)
    else:
        tell_if_nobody_runs(api, "the run begins when one does.")


@click.command("list-runs")
@click.argument("dag_id")
@click.option("--state", "wanted", type=click.Choice([one.value for one in RunState]), help="Only runs in this state.")
@click.option("-s", "--start-date", type=DateType(), help="The first logical date [all].")
@click.option("-e", "--end-date", type=DateType(), help="The last logical date, included [all].")
@click.option("--no-backfill", is_flag=True, help="No runs of backfills.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@api_options
@output_option
def list_runs(
    api: Api,
    dag_id: str,
    wanted: str | None,
    start_date: datetime | None,
    end_date: datetime | None,
    no_backfill: bool,
    limit: int,
    output: str,
) -> None:
    """List the runs of a DAG, the latest first."""
    known_dag(api, dag_id)
    query = {
        "order_by": "-run_after",
        "state": wanted,
        "logical_date_gte": start_date and start_date.isoformat(),
        "logical_date_lte": end_date and end_date.isoformat(),
        "run_type": _OTHER_TYPES if no_backfill else None,
    }
    runs = api.all("dags", dag_id, "dagRuns", key="dag_runs", query=query, limit=limit)
    print_rows(
        [run_row(run) for run in runs],
        output,
        nothing=f"{dag_id} has no {f'{wanted} runs' if wanted else 'runs yet'}.",
    )


_OTHER_TYPES = [RunType.MANUAL.value, RunType.SCHEDULED.value, "asset_triggered"]
"""Of the API's words for why there is a run, all but a backfill."""


@click.command()
@click.argument("dag_id")
@click.argument("run")
@api_options
@output_option
def state(api: Api, dag_id: str, run: str, output: str) -> None:
    """Print the state of a run, given by id, logical date, or `latest`."""
    found = find_run(api, dag_id, run)
    if output == "table":
        click.echo(found["state"])
    else:
        print_rows([run_row(found)], output, nothing="")


@click.command("cancel-run")
@click.argument("dag_id")
@click.argument("run")
@api_options
@output_option
def cancel_run(api: Api, dag_id: str, run: str, output: str) -> None:
    """End a run now: what runs is stopped, and the run has failed."""
    found = find_run(api, dag_id, run)
    if RunState(found["state"]).terminal:
        raise BrisaError(f"run {found['dag_run_id']!r} of DAG {dag_id!r} has ended already: {found['state']}")
    ended = _cancel(api, dag_id, found["dag_run_id"])
    tell_if_nobody_runs(api, "")
    print_rows([run_row(ended)], output, nothing="")


@click.command("delete-run")
@click.argument("dag_id")
@click.argument("run")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; a run that has not ended is cancelled.")
@api_options
def delete_run(api: Api, dag_id: str, run: str, yes: bool) -> None:
    """Delete a run, its attempts, logs and XComs."""
    run_id = find_run(api, dag_id, run)["dag_run_id"]
    if not yes:
        confirm_deletion(f"Delete run {run_id} of DAG {dag_id}?")
    try:
        api.delete("dags", dag_id, "dagRuns", run_id)
    except ApiError as error:
        if error.status != 409 or not yes:
            raise
        _cancel(api, dag_id, run_id)
        api.delete("dags", dag_id, "dagRuns", run_id)
    click.echo(f"Deleted: run {visible(run_id)} of DAG {visible(dag_id)}")


@click.command()
@click.argument("dag_id")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; runs that have not ended are cancelled.")
@api_options
def delete(api: Api, dag_id: str, yes: bool) -> None:
    """Delete a DAG with its runs, logs and XComs; its file, which brings it back, stays."""
    known_dag(api, dag_id)
    if not yes:
        confirm_deletion(f"Delete DAG {dag_id} and all that is known of it?")
    try:
        api.delete("dags", dag_id)
    except ApiError as error:
        if error.status != 409 or not yes:
            raise
        _cancel_all(api, dag_id)
        api.delete("dags", dag_id)
    if api.state is not None:  # nobody else may be there to do the rest
        from brisa.services.deletion import Deletion

        deletion = Deletion(api.state.store, api.state.blobs, api.state.runs)
        while deletion.go_on(dag_id):
            pass
    click.echo(f"Deleted: DAG {visible(dag_id)}")


def _cancel(api: Api, dag_id: str, run_id: str) -> dict[str, object]:
    ended: dict[str, object] = api.patch("dags", dag_id, "dagRuns", run_id, body={"state": "failed"})
    return ended


def _cancel_all(api: Api, dag_id: str) -> None:
    """End what keeps a DAG from being deleted: its backfills, and then its runs."""
    for one in api.all("backfills", key="backfills", query={"dag_id": dag_id}):
        if one["completed_at"] is None:
            api.put("backfills", str(one["id"]), "cancel")
    for state in (one.value for one in RunState if not one.terminal):
        for run in api.all("dags", dag_id, "dagRuns", key="dag_runs", query={"state": state}):
            _cancel(api, dag_id, run["dag_run_id"])


def matching(api: Api, pattern: str) -> list[str]:
    """Ids of the DAGs in which a regular expression is found."""
    import re

    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise click.UsageError(f"{pattern!r} is no regular expression: {error}") from error
    found = [dag_id for dag_id in dag_ids(api) if wanted.search(dag_id)]
    if not found:
        raise NotFoundError(f"there is no DAG whose id matches {pattern!r}")
    return found
