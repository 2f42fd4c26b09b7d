"""``brisa dags …``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from brisa.bootstrap import State, TrialStack, dags_folder, home_folder, open_state, trial
from brisa.cli.output import DateType, duration, folder_options, moment, output_option, print_rows, print_value
from brisa.cli.view import Progress, edges, result, task_rows
from brisa.errors import BrisaError, NotFoundError
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.json import JsonValue
from brisa.model.run import Message, Run, RunKey
from brisa.model.spec import DagSpec, TaskSpec

FAILED_RUN = 1
BAD_INPUT = 2

file_option = click.option(
    "-f",
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The DAG file; else all files of the DAGs folder are looked at.",
)


@click.group()
def dags() -> None:
    """List, show, test, trigger DAGs."""


@contextmanager
def current_state(home_given: str | None, dags_given: str | None) -> Iterator[State]:
    """The state of the home, with the DAGs as their files are now."""
    from brisa.bootstrap import refresh

    home = home_folder(home_given)
    with open_state(home) as state:
        refresh(state, dags_folder(home, dags_given))
        yield state


def known_dag(state: State, dag_id: str) -> Dag:
    """The DAG document; a clear error with the nearest name if there's none."""
    stored = state.store.dag(dag_id)
    if stored is not None:
        return stored.record
    import difflib

    near = difflib.get_close_matches(dag_id, [one.record.dag_id for one in state.store.dags()], 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise NotFoundError(f"there is no DAG {dag_id!r}{hint}")


@dags.command("list")
@folder_options
@output_option
def list_(home_given: str | None, dags_given: str | None, output: str) -> None:
    """List all DAGs."""
    with current_state(home_given, dags_given) as state:
        rows = []
        for stored in state.store.dags():
            dag = stored.record
            version = state.store.version(dag.dag_id, dag.version)
            if not dag.active or version is None:
                continue
            rows.append(
                {
                    "dag_id": dag.dag_id,
                    "schedule": version.spec.schedule.summary or None,
                    "paused": dag.paused,
                    "next_run": moment(dag.next_run_at) if not dag.paused else None,
                    "owners": list(version.spec.owners),
                    "file": dag.file,
                }
            )
        print_rows(rows, output, nothing="No DAGs yet: put a DAG file into the DAGs folder.")
        failures = state.store.import_failures()
        for failure in failures:
            click.echo(f"{failure.file}: does not load: {failure.message.splitlines()[0]}", err=True)


@dags.command("list-import-errors")
@folder_options
@output_option
def list_import_errors(home_given: str | None, dags_given: str | None, output: str) -> None:
    """List the DAG files that do not load, and why."""
    with current_state(home_given, dags_given) as state:
        rows = [{"file": one.file, "line": one.line, "error": one.message} for one in state.store.import_failures()]
        print_rows(rows, output, nothing="Every DAG file loads.")


def _print_failures(failures: tuple[ImportFailure, ...]) -> None:
    for failure in failures:
        click.echo(f"Error: {failure.message}", err=True)
        if failure.traceback:
            click.echo(failure.traceback.rstrip(), err=True)


@contextmanager
def trial_of(
    dag_id: str, file: Path | None, home_given: str | None, dags_given: str | None, *, real_time: bool = False
) -> Iterator[tuple[TrialStack, DagVersion]]:
    """A stack in memory that knows the DAG. Exits with status 2, having said why, if the DAG does not load."""
    folder = file.resolve().parent if file else dags_folder(home_folder(home_given), dags_given)
    with trial(folder, only=file.name if file else None, real_time=real_time) as stack:
        synced = stack.registry.sync()
        stored = stack.store.dag(dag_id)
        if stored is None:
            _print_failures(synced.failures)
            known = ", ".join(sorted(synced.loaded)) or "none"
            where = file or folder
            click.echo(f"Error: there is no DAG {dag_id!r} in {where}; DAGs there: {known}", err=True)
            sys.exit(BAD_INPUT)
        if file and synced.failures:
            _print_failures(synced.failures)
        yield stack, stack.runs.version(dag_id, stored.record.version)


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
            return
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
        print_rows(rows, output, nothing="The DAG has no tasks.")


def _labels(task: TaskSpec) -> Mapping[str, JsonValue]:
    labels = task.display.get("labels")
    return labels if isinstance(labels, Mapping) else {}


def structure(spec: DagSpec) -> dict[str, Any]:
    """What a DAG is, without its code."""
    return {
        "dag_id": spec.dag_id,
        "description": spec.description or None,
        "schedule": spec.schedule.summary or None,
        "start_date": spec.start_date.isoformat() if spec.start_date else None,
        "end_date": spec.end_date.isoformat() if spec.end_date else None,
        "catchup": spec.catchup,
        "tags": list(spec.tags),
        "owners": list(spec.owners),
        "tasks": [task.task_id for task in spec.tasks],
        "edges": edges(spec),
        "labels": [
            [up, task.task_id, label]
            for task in spec.tasks
            for up, label in _labels(task).items()
        ],
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
                took = duration(run.started_at, run.ended_at)
                click.echo(f"\n{run.dag_id} {run.run_id}: {run.state.value} in {took}")
    if run.state.value != "success":
        sys.exit(FAILED_RUN)


def follow_trial(stack: TrialStack, version: DagVersion, run: Run, *, slots: int, quiet: bool) -> Run:
    """Run a trial to its end, showing progress and the tasks' logs on standard error."""
    from brisa.services.trial import run_to_the_end
    from brisa.services.xcoms import log_name

    with Progress(version.spec, stack.store, quiet=quiet) as progress:

        def handle(message: Message) -> None:
            stack.worker.handle(message)
            text = (stack.blobs.get(log_name(message.attempt)) or b"").decode(errors="replace")
            if not quiet:
                for line in text.splitlines():
                    progress.say(f"[{message.attempt.task_key}] {line}")

        return run_to_the_end(
            run.key, stack.store, stack.queue, handle, stack.planner, stack.clock, slots=slots, watch=progress.watch
        )


def parse_conf(conf: str | None) -> dict[str, Any]:
    """The JSON object of ``--conf``."""
    if not conf:
        return {}
    try:
        value = json.loads(conf)
    except json.JSONDecodeError as error:
        raise click.UsageError(f"--conf is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise click.UsageError("--conf must be a JSON object")
    return value


@dags.command()
@click.argument("dag_id")
@folder_options
@click.option("-r", "--run-id", default="", help="The run's id [manual__ and the date].")
@click.option("-e", "--logical-date", "--exec-date", type=DateType(), help="The run's logical date [now].")
@click.option("-c", "--conf", help="The run's configuration, as a JSON object.")
@output_option
def trigger(
    dag_id: str,
    home_given: str | None,
    dags_given: str | None,
    run_id: str,
    logical_date: datetime | None,
    conf: str | None,
    output: str,
) -> None:
    """Make a run of a DAG."""
    from brisa.adapters.local.doorbell import ring

    with current_state(home_given, dags_given) as state:
        dag = known_dag(state, dag_id)
        run = state.runs.trigger(
            dag_id, logical_date=logical_date, run_id=run_id, conf=parse_conf(conf), triggered_by="cli"
        )
        heard = ring(state.home)
        print_rows([run_row(run)], output, nothing="")
        if dag.paused:
            click.echo(f"{dag_id} is paused: the run begins once you `brisa dags unpause {dag_id}`.", err=True)
        elif not heard:
            click.echo("No `brisa standalone` is running here: the run begins when one does.", err=True)


def run_row(run: Run) -> dict[str, Any]:
    """A run as a row."""
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "state": run.state.value,
        "logical_date": run.logical_date.isoformat() if run.logical_date else None,
        "start_date": moment(run.started_at),
        "end_date": moment(run.ended_at),
        "duration": duration(run.started_at, run.ended_at),
    }


@dags.command("list-runs")
@click.argument("dag_id")
@folder_options
@click.option("--state", "wanted", help="Only runs in this state.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@output_option
def list_runs(
    dag_id: str, home_given: str | None, dags_given: str | None, wanted: str | None, limit: int, output: str
) -> None:
    """List the runs of a DAG, the latest first."""
    with current_state(home_given, dags_given) as state:
        known_dag(state, dag_id)
        rows = [run_row(stored.record) for stored in state.store.runs(dag_id, limit=limit)]
        rows = [row for row in rows if wanted is None or row["state"] == wanted]
        print_rows(rows, output, nothing=f"{dag_id} has no runs yet.")


def find_run(state: State, dag_id: str, run: str) -> Run:
    """The run of that id, or of that logical date; ``latest`` is the last one."""
    known_dag(state, dag_id)
    stored = state.store.run(RunKey(dag_id, run))
    if stored is not None:
        return stored.record
    runs = [one.record for one in state.store.runs(dag_id, limit=1000)]
    if run == "latest" and runs:
        return runs[0]
    try:
        date = DateType().convert(run, None, None)
    except click.BadParameter:
        date = None
    for one in runs:
        if date is not None and one.logical_date == date:
            return one
    raise NotFoundError(f"DAG {dag_id!r} has no run {run!r}")


@dags.command()
@click.argument("dag_id")
@click.argument("run")
@folder_options
@output_option
def state(dag_id: str, run: str, home_given: str | None, dags_given: str | None, output: str) -> None:
    """Print the state of a run, given by id, logical date, or `latest`."""
    with current_state(home_given, dags_given) as opened:
        found = find_run(opened, dag_id, run)
        if output == "table":
            click.echo(found.state.value)
        else:
            print_rows([run_row(found)], output, nothing="")


def _set_paused(dag_id: str, home_given: str | None, dags_given: str | None, paused: bool) -> None:
    from brisa.adapters.local.doorbell import ring
    from brisa.bootstrap import set_paused

    with current_state(home_given, dags_given) as opened:
        known_dag(opened, dag_id)
        dag = set_paused(opened, dag_id, paused)
        ring(opened.home)
        click.echo(f"Dag: {dag.dag_id}, paused: {dag.paused}")


@dags.command()
@click.argument("dag_id")
@folder_options
def pause(dag_id: str, home_given: str | None, dags_given: str | None) -> None:
    """Pause a DAG: no new runs begin."""
    _set_paused(dag_id, home_given, dags_given, True)


@dags.command()
@click.argument("dag_id")
@folder_options
def unpause(dag_id: str, home_given: str | None, dags_given: str | None) -> None:
    """Unpause a DAG: its schedule and its waiting runs go on."""
    _set_paused(dag_id, home_given, dags_given, False)


def single_task(version: DagVersion, task_id: str) -> DagVersion:
    """The DAG with this task alone, and nothing above it."""
    task = version.spec.by_id.get(task_id)
    if task is None:
        raise BrisaError(f"DAG {version.dag_id!r} has no task {task_id!r}; it has {', '.join(version.spec.by_id)}")
    spec = replace(version.spec, tasks=(replace(task, upstream=()),))
    return replace(version, version=f"{version.version}-{task_id}", spec=spec)
