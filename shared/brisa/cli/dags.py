"""``brisa dags …``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brisa.bootstrap import State, dags_folder, home_folder, open_state
from brisa.cli.output import (
    DateType,
    duration,
    folder_options,
    moment,
    one_line,
    output_option,
    print_rows,
    print_value,
    seconds_between,
    visible,
)
from brisa.cli.structure import drawing, structure
from brisa.cli.trials import file_option, follow_trial, nearest, parse_conf, trial_of
from brisa.cli.view import result, task_rows
from brisa.errors import BrisaError, NotFoundError
from brisa.model.dag import Dag
from brisa.model.run import Run, RunKey
from brisa.model.states import RunState

if TYPE_CHECKING:
    from brisa.services.deletion import Deletion

FAILED_RUN = 1
_ALL_RUNS = 1_000_000


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
    known = [one.record.dag_id for one in state.store.dags() if one.record.active]
    raise NotFoundError(f"there is no DAG {dag_id!r}{nearest(dag_id, known)}")


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
                    "next_run": moment(dag.next_run_at) if not (dag.paused or dag.asks) else None,
                    "owners": list(version.spec.owners),
                    "file": dag.file,
                }
            )
        folder = dags_folder(state.home, dags_given)
        print_rows(rows, output, nothing=f"No DAGs yet: put a DAG file into {folder}.")
        for problem in _problems(state):
            click.echo(f"is not scheduled: {one_line(problem.problem)}", err=True)
        for failure in state.store.import_failures():
            click.echo(f"does not load: {one_line(failure.message)}", err=True)


def _problems(state: State) -> list[Dag]:
    """The DAGs whose custom timetable does not tell the next run."""
    return [one.record for one in state.store.dags() if one.record.active and one.record.problem]


@dags.command("list-import-errors")
@folder_options
@output_option
def list_import_errors(home_given: str | None, dags_given: str | None, output: str) -> None:
    """List the DAG files that do not load, and why."""
    with current_state(home_given, dags_given) as state:
        rows = [{"file": one.file, "line": one.line, "error": one.message} for one in state.store.import_failures()]
        rows += [{"file": dag.file, "line": 0, "error": dag.problem} for dag in _problems(state)]
        print_rows(rows, output, nothing="Every DAG file loads.")


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
                click.echo(visible(f"\n{run.dag_id} {run.run_id}: {run.state.value} in {took}"))
    if run.state.value != "success":
        sys.exit(FAILED_RUN)


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
        if not dag.active:
            raise NotFoundError(f"DAG {dag_id!r} is gone: its file {dag.file} no longer defines it")
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
        "duration": seconds_between(run.started_at, run.ended_at),
    }


@dags.command("list-runs")
@click.argument("dag_id")
@folder_options
@click.option("--state", "wanted", type=click.Choice([one.value for one in RunState]), help="Only runs in this state.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@output_option
def list_runs(
    dag_id: str, home_given: str | None, dags_given: str | None, wanted: str | None, limit: int, output: str
) -> None:
    """List the runs of a DAG, the latest first."""
    with current_state(home_given, dags_given) as state:
        known_dag(state, dag_id)
        runs = [stored.record for stored in state.store.runs(dag_id, limit=_ALL_RUNS if wanted else limit)]
        rows = [run_row(run) for run in runs if wanted in (None, run.state.value)][:limit]
        print_rows(rows, output, nothing=f"{dag_id} has no {f'{wanted} runs' if wanted else 'runs yet'}.")


def find_run(state: State, dag_id: str, run: str) -> Run:
    """The run of that id, or of that logical date; ``latest`` is the last one."""
    known_dag(state, dag_id)
    stored = state.store.run(RunKey(dag_id, run))
    if stored is not None:
        return stored.record
    runs = [one.record for one in state.store.runs(dag_id, limit=_ALL_RUNS)]
    if run == "latest" and runs:
        return runs[0]
    try:
        date = DateType().convert(run, None, None)
    except click.BadParameter:
        date = None
    for one in runs:
        if date is not None and one.logical_date == date:
            return one
    near = nearest(run, [one.run_id for one in runs])
    raise NotFoundError(f"DAG {dag_id!r} has no run {run!r}{near}" if runs else f"DAG {dag_id!r} has no runs yet")


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
        was_paused = known_dag(opened, dag_id).paused
        foreseen = _foreseen(opened, dag_id) if was_paused and not paused else ""
        dag = set_paused(opened, dag_id, paused)
        ring(opened.home)
        click.echo(f"Dag: {dag.dag_id}, paused: {dag.paused}")
        if foreseen:
            click.echo(f"{dag.dag_id} {foreseen}: at most {dag.max_active_runs} at once.", err=True)


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
    """Unpause a DAG: its schedule and its waiting runs go on. Says how many runs that makes."""
    _set_paused(dag_id, home_given, dags_given, False)


@dags.command("cancel-run")
@click.argument("dag_id")
@click.argument("run")
@folder_options
@output_option
def cancel_run(dag_id: str, run: str, home_given: str | None, dags_given: str | None, output: str) -> None:
    """End a run now: what runs is stopped, and the run has failed."""
    from brisa.adapters.local.doorbell import ring
    from brisa.services.clearing import Clearing

    with current_state(home_given, dags_given) as opened:
        found = find_run(opened, dag_id, run)
        ended = Clearing(opened.store, opened.runs).cancel(found.key)
        ring(opened.home)
        print_rows([run_row(ended)], output, nothing="")


@dags.command("delete-run")
@click.argument("dag_id")
@click.argument("run")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; a run that has not ended is cancelled.")
@folder_options
def delete_run(dag_id: str, run: str, yes: bool, home_given: str | None, dags_given: str | None) -> None:
    """Delete a run, its attempts, logs and XComs."""
    with current_state(home_given, dags_given) as opened:
        found = find_run(opened, dag_id, run)
        if not yes:
            confirm_deletion(f"Delete run {found.run_id} of DAG {dag_id}?")
        _deletion(opened).delete_run(found.key, cancel=yes)
        click.echo(f"Deleted: run {visible(found.run_id)} of DAG {visible(dag_id)}")


@dags.command()
@click.argument("dag_id")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; runs that have not ended are cancelled.")
@folder_options
def delete(dag_id: str, yes: bool, home_given: str | None, dags_given: str | None) -> None:
    """Delete a DAG with its runs, logs and XComs; its file, which brings it back, stays."""
    with current_state(home_given, dags_given) as opened:
        known_dag(opened, dag_id)
        if not yes:
            confirm_deletion(f"Delete DAG {dag_id} and all that is known of it?")
        _deletion(opened).delete_dag(dag_id, cancel=yes)
        click.echo(f"Deleted: DAG {visible(dag_id)}")


def confirm_deletion(question: str) -> None:
    """Ask; an error where nobody could answer."""
    if not sys.stdin.isatty():
        raise BrisaError(f"{question} Confirm it with --yes")
    click.confirm(question, abort=True, err=True)


def _deletion(state: State) -> Deletion:
    from brisa.services.deletion import Deletion

    return Deletion(state.store, state.blobs, state.runs)


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
