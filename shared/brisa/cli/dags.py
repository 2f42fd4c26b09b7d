"""``brisa dags …``."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brisa.cli import runs
from brisa.cli.api import Api, api_options
from brisa.cli.backfill import dags_backfill
from brisa.cli.found import known_dag, tell_if_nobody_runs
from brisa.cli.output import (
    DateType,
    as_json,
    duration,
    folder_options,
    many,
    one_line,
    output_option,
    print_rows,
    print_value,
    seconds_between,
    visible,
    when,
)
from brisa.cli.structure import drawing, structure
from brisa.cli.trials import FAILED_RUN, file_option, follow_trial, parse_conf, trial_of
from brisa.cli.view import result, task_rows
from brisa.cli.words import Words
from brisa.errors import BrisaError

if TYPE_CHECKING:
    from brisa.bootstrap import State
    from brisa.model.dag import Dag


@click.group(cls=Words)
def dags() -> None:
    """List, show, test, trigger DAGs."""


for _command in (
    runs.trigger,
    runs.list_runs,
    runs.state,
    runs.cancel_run,
    runs.delete_run,
    runs.delete,
    dags_backfill,
):
    dags.add_command(_command)


@dags.command("list")
@api_options
@output_option
def list_(api: Api, output: str) -> None:
    """List all DAGs."""
    rows = [
        {
            "dag_id": dag["dag_id"],
            "schedule": dag["timetable_summary"],
            "paused": dag["is_paused"],
            "next_run": when(dag["next_dagrun_run_after"], "milliseconds") if not dag["is_paused"] else None,
            "owners": dag["owners"],
            "file": dag["relative_fileloc"],
        }
        for dag in api.all("dags", key="dags")
    ]
    print_rows(rows, output, nothing=_nothing(api))
    for problem in _problems(api.state):
        click.echo(f"is not scheduled: {one_line(problem.problem)}", err=True)
    for failure in _failures(api):
        click.echo(f"does not load: {one_line(_placed(failure))}", err=True)


def _nothing(api: Api) -> str:
    context = click.get_current_context()
    if api.state is None:
        return "No DAGs yet."
    from brisa.bootstrap import dags_folder

    return f"No DAGs yet: put a DAG file into {dags_folder(api.state.home, context.params.get('dags_given'))}."


def _problems(state: State | None) -> list[Dag]:
    """The DAGs of a home whose custom timetable does not tell the next run."""
    if state is None:
        return []
    return [one.record for one in state.store.dags() if one.record.active and one.record.problem]


def _failures(api: Api) -> Iterator[dict[str, Any]]:
    """The files that do not load. A brisa elsewhere tells the trace: what it ends with is what went wrong."""
    if api.state is not None:
        for one in api.state.store.import_failures():
            yield {"file": one.file, "line": one.line, "error": one.message}
        return
    for told in api.all("importErrors", key="import_errors"):
        lines = (told["stack_trace"] or "").strip().splitlines()
        yield {"file": told["filename"], "line": _line(lines, told["filename"]), "error": lines[-1] if lines else ""}


def _placed(failure: dict[str, Any]) -> str:
    """What is wrong, and where."""
    file, line, error = failure["file"], failure["line"], str(failure["error"])
    return error if error.startswith(file) else f"{file}{f':{line}' if line else ''}: {error}"


def _line(lines: list[str], file: str) -> int:
    """The last line of ``file`` that a trace names; 0 if it names none."""
    import re

    found = (re.search(rf'{re.escape(file)}(?:", line |:)(\d+)', line) for line in reversed(lines))
    return next((int(one[1]) for one in found if one), 0)


@dags.command("list-import-errors")
@api_options
@output_option
def list_import_errors(api: Api, output: str) -> None:
    """List the DAG files that do not load, and why."""
    rows = [*_failures(api)]
    rows += [{"file": dag.file, "line": 0, "error": dag.problem} for dag in _problems(api.state)]
    print_rows(rows, output, nothing="Every DAG file loads.")


@dags.command()
@click.argument("dag_id")
@api_options
@output_option
def details(api: Api, dag_id: str, output: str) -> None:
    """Print all that is known of a DAG."""
    known_dag(api, dag_id)
    told = api.get("dags", dag_id, "details")
    if output in ("json", "yaml"):
        print_value(told, output)
    else:
        print_rows([{"name": name, "value": as_json(value)} for name, value in told.items()], output, nothing="")


@dags.command()
@click.argument("dag_id")
@file_option
@folder_options
@output_option
def show(dag_id: str, file: Path | None, home_given: str | None, dags_given: str | None, output: str) -> None:
    """Show the structure of a DAG, without running it."""
    with trial_of(dag_id, file, home_given, dags_given) as (_, version):
        spec = version.spec
        if output in ("json", "yaml"):
            print_value(structure(spec), output)
        elif output == "table":
            click.echo("\n".join(drawing(spec)))
        else:
            rows = [
                {
                    "task_id": task.task_id,
                    "operator": task.operator,
                    "trigger_rule": task.trigger_rule.value,
                    "upstream": list(task.upstream),
                    "downstream": list(spec.downstream[task.task_id]),
                }
                for task in spec.tasks
            ]
            print_rows(rows, output, nothing="")


@dags.command()
@click.argument("dag_id")
@click.argument("logical_date", type=DateType(), required=False)
@file_option
@folder_options
@click.option("-c", "--conf", help="The run's configuration, as a JSON object.")
@click.option("--real-time", is_flag=True, help="Wait for retry delays and pokes, instead of skipping the time.")
@click.option("--slots", type=click.IntRange(1), default=4, show_default=True, help="Tasks to run at once.")
@click.option("-q", "--quiet", is_flag=True, help="Do not print the tasks' logs.")
@output_option
def test(
    dag_id: str,
    logical_date: datetime | None,
    file: Path | None,
    home_given: str | None,
    dags_given: str | None,
    conf: str | None,
    real_time: bool,
    slots: int,
    quiet: bool,
    output: str,
) -> None:
    """Run a DAG once, here and now, without a server; nothing is kept."""
    with trial_of(dag_id, file, home_given, dags_given, real_time=real_time) as (stack, version):
        run = stack.runs.trigger(dag_id, logical_date=logical_date, conf=parse_conf(conf), triggered_by="cli")
        run = follow_trial(stack, version, run, slots=slots, quiet=quiet)
        if output in ("json", "yaml"):
            print_value(result(run, version.spec, stack.store, stack.blobs), output)
        else:
            print_rows(task_rows(run, version.spec), output, nothing="The DAG has no tasks.")
            if output == "table":
                took = duration(seconds_between(run.started_at, run.ended_at))
                skipped = f", {duration(stack.clock.skipped)} of it skipped" if stack.clock.skipped >= 1 else ""
                click.echo(visible(f"\n{run.dag_id} {run.run_id}: {run.state.value} in {took}{skipped}"))
    if run.state.value != "success":
        sys.exit(FAILED_RUN)


@dags.command()
@click.argument("dag_id")
@click.option("--treat-dag-id-as-regex", is_flag=True, help="DAG_ID is a regular expression: all that it is found in.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@api_options
def pause(api: Api, dag_id: str, treat_dag_id_as_regex: bool, yes: bool) -> None:
    """Pause a DAG: no new runs begin."""
    for name in _meant(api, dag_id, treat_dag_id_as_regex, yes, "Pause"):
        _set_paused(api, name, True)


@dags.command()
@click.argument("dag_id")
@click.option("--treat-dag-id-as-regex", is_flag=True, help="DAG_ID is a regular expression: all that it is found in.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@api_options
def unpause(api: Api, dag_id: str, treat_dag_id_as_regex: bool, yes: bool) -> None:
    """Unpause a DAG: its schedule and its waiting runs go on. Says how many runs that makes."""
    for name in _meant(api, dag_id, treat_dag_id_as_regex, yes, "Unpause"):
        _set_paused(api, name, False)


def _meant(api: Api, dag_id: str, as_regex: bool, yes: bool, verb: str) -> list[str]:
    if not as_regex:
        return [dag_id]
    found = runs.matching(api, dag_id)
    if not yes:
        if not sys.stdin.isatty():
            raise BrisaError(f"{len(found)} DAGs are meant: {', '.join(found)}: confirm it with --yes")
        click.confirm(f"{verb} {', '.join(found)}?", abort=True, err=True)
    return found


def _set_paused(api: Api, dag_id: str, paused: bool) -> None:
    was_paused = known_dag(api, dag_id)["is_paused"]
    foreseen = _foreseen(api.state, dag_id) if api.state is not None and was_paused and not paused else ""
    dag = api.patch("dags", dag_id, body={"is_paused": paused})
    tell_if_nobody_runs(api, "")
    click.echo(f"Dag: {dag['dag_id']}, paused: {dag['is_paused']}")
    if foreseen:
        click.echo(f"{dag['dag_id']}: {foreseen}; at most {dag['max_active_runs']} at once", err=True)


@dags.command("next-execution")
@click.argument("dag_id")
@click.option("-n", "--num-executions", type=click.IntRange(1), default=1, show_default=True, help="How many.")
@click.option(
    "--field",
    type=click.Choice(["logical_date", "data_interval.start", "data_interval.end", "run_after"]),
    default="logical_date",
    show_default=True,
    help="What to print of each.",
)
@click.option("--table", is_flag=True, help="Print all of each, as a table.")
@api_options
@output_option
def next_execution(api: Api, dag_id: str, num_executions: int, field: str, table: bool, output: str) -> None:
    """Print when a DAG's schedule makes its next runs; `None` if it makes none."""
    dag = known_dag(api, dag_id)
    rows = _next_of(dag) if api.state is None else _next_at_home(api.state, dag_id, num_executions) or _next_of(dag)
    if len(rows) < num_executions and api.state is None and num_executions > 1:
        raise BrisaError("a brisa elsewhere tells the next run alone: leave out --num-executions")
    if dag["is_paused"]:
        click.echo(f"{dag_id} is paused: none begins before you `brisa dags unpause {dag_id}`.", err=True)
    if table or output != "table":
        print_rows(rows, output, nothing="None")
        return
    for row in rows or [{field: None}]:
        click.echo(row[field] or "None")


def _next_of(dag: Any) -> list[dict[str, Any]]:
    """The next run, as the API tells it."""
    if dag["next_dagrun_run_after"] is None:
        return []
    return [
        {
            "logical_date": when(dag["next_dagrun_logical_date"]),
            "data_interval.start": when(dag["next_dagrun_data_interval_start"]),
            "data_interval.end": when(dag["next_dagrun_data_interval_end"]),
            "run_after": when(dag["next_dagrun_run_after"]),
        }
    ]


def _next_at_home(state: State, dag_id: str, count: int) -> list[dict[str, Any]]:
    """The next runs, as the schedule says."""
    from brisa.schedule.preview import preview

    stored = state.store.dag(dag_id)
    version = None if stored is None else state.store.version(dag_id, stored.record.version)
    if version is None:
        return []
    spec, now = version.spec, datetime.fromtimestamp(state.clock.now(), UTC)
    return [
        {
            "logical_date": one.start.isoformat(),
            "data_interval.start": one.start.isoformat(),
            "data_interval.end": one.end.isoformat(),
            "run_after": one.run_at.isoformat(),
        }
        for one in preview(spec.schedule, spec.start_date, spec.end_date, now, count)
    ]


@dags.command("list-jobs")
@click.option("--state", help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@api_options
@output_option
def list_jobs(api: Api, state: str | None, limit: int, output: str) -> None:
    """List what works in the background."""
    jobs = api.all("jobs", key="jobs", query={"job_state": state}, limit=limit)
    rows = [
        {
            "job_type": job["job_type"],
            "state": job["state"],
            "start_date": when(job["start_date"], "seconds"),
            "latest_heartbeat": when(job["latest_heartbeat"], "seconds"),
            "hostname": job["hostname"],
        }
        for job in jobs
    ]
    where = "here: no `brisa standalone` is running" if api.state is not None else "there"
    print_rows(rows, output, nothing="No such jobs." if state else f"Nothing works in the background {where}.")


@dags.command()
@api_options
@output_option
def report(api: Api, output: str) -> None:
    """List the DAG files, with how many DAGs and tasks each has."""
    of_file: dict[str, list[str]] = defaultdict(list)
    for dag in api.all("dags", key="dags"):
        of_file[dag["relative_fileloc"]].append(dag["dag_id"])
    rows = [
        {
            "file": file,
            "dag_num": len(ids),
            "task_num": sum(api.get("dags", dag_id, "tasks")["total_entries"] for dag_id in ids),
            "dags": ids,
        }
        for file, ids in sorted(of_file.items())
    ]
    print_rows(rows, output, nothing=_nothing(api))


@dags.command()
@api_options
def reserialize(api: Api) -> None:
    """Load all DAG files again, also those that have not changed."""
    if api.state is None:
        tokens = {dag["file_token"]: dag["relative_fileloc"] for dag in api.all("dags", key="dags")}
        for token, file in tokens.items():
            api.put("parseDagFile", token)
            click.echo(f"asked for {visible(file)}")
        return
    from brisa.bootstrap import dags_folder, refresh

    if not tell_if_nobody_runs(api, ""):
        (api.state.home / "loaded.json").unlink(missing_ok=True)
        refresh(api.state, dags_folder(api.state.home, click.get_current_context().params.get("dags_given")))
        click.echo(f"loaded {many(len(api.all('dags', key='dags')), 'DAG')}")
    else:
        click.echo("`brisa standalone` has the home, and loads files as they change", err=True)


def _foreseen(state: State, dag_id: str) -> str:
    """What unpausing sets going, in a sentence; empty if it is nothing."""
    from brisa.services.pausing import foresee_unpausing

    told = foresee_unpausing(state.store, state.clock, dag_id)
    parts = []
    if told.scheduled.runs == 1 and told.first is not None:
        parts.append(f"will make 1 run, of {told.first.isoformat()}")
    elif told.first is not None and told.last is not None:
        span = f"from {told.first.isoformat()} to {told.last.isoformat()}"
        parts.append(f"will make {told.scheduled} runs {span}")
    if told.waiting:
        parts.append(f"{told.waiting:,} waiting {'run begins' if told.waiting == 1 else 'runs begin'}")
    return "; ".join(parts)
