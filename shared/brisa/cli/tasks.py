"""``brisa tasks …``."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from brisa.cli.dags import (
    FAILED_RUN,
    current_state,
    file_option,
    find_run,
    follow_trial,
    parse_conf,
    single_task,
    trial_of,
)
from brisa.cli.output import DateType, folder_options, output_option, print_rows, print_value
from brisa.cli.view import result, task_rows
from brisa.errors import NotFoundError
from brisa.model.run import Attempt
from brisa.model.states import AttemptState


@click.group()
def tasks() -> None:
    """List and test tasks, see their states and logs."""


@tasks.command("list")
@click.argument("dag_id")
@file_option
@folder_options
@output_option
def list_(dag_id: str, file: Path | None, home_given: str | None, dags_given: str | None, output: str) -> None:
    """List the tasks of a DAG, in topological order."""
    with trial_of(dag_id, file, home_given, dags_given) as (_, version):
        rows = [
            {"task_id": task.task_id, "operator": task.operator, "owner": task.owner} for task in version.spec.tasks
        ]
        print_rows(rows, output, nothing="The DAG has no tasks.")


@tasks.command()
@click.argument("dag_id")
@click.argument("run")
@folder_options
@output_option
def states(dag_id: str, run: str, home_given: str | None, dags_given: str | None, output: str) -> None:
    """Print the state of each task of a run, given by id, logical date, or `latest`."""
    with current_state(home_given, dags_given) as state:
        found = find_run(state, dag_id, run)
        attempts = [one.record for one in state.store.attempts(found.key)]
        print_rows(task_rows(found, state.runs.spec(found), attempts), output, nothing="The DAG has no tasks.")


@tasks.command()
@click.argument("dag_id")
@click.argument("run")
@click.argument("task_id")
@click.option("-t", "--try", "try_number", type=click.IntRange(1), help="The try [the last].")
@click.option("--follow", is_flag=True, help="Go on until the attempt has ended.")
@folder_options
def logs(
    dag_id: str,
    run: str,
    task_id: str,
    try_number: int | None,
    follow: bool,
    home_given: str | None,
    dags_given: str | None,
) -> None:
    """Print the log of a task of a run."""
    with current_state(home_given, dags_given) as state:
        found = find_run(state, dag_id, run)
        if task_id not in state.runs.spec(found).by_id:
            raise NotFoundError(f"DAG {dag_id!r} has no task {task_id!r}")

        def attempts() -> list[Attempt]:
            every = [one.record for one in state.store.attempts(found.key) if one.record.key.task_id == task_id]
            return [one for one in every if try_number in (None, one.key.try_number)][-1:]

        chosen = attempts()
        if not chosen:
            click.echo(f"{task_id} has not run in {found.run_id}.", err=True)
            return
        offset = 0
        while True:
            data = state.blobs.get(chosen[0].log, offset) or b""
            offset += len(data)
            click.echo(data.decode(errors="replace"), nl=False)
            if not follow or (chosen[0].state is not AttemptState.RUNNING and not data):
                return
            time.sleep(0.2)
            chosen = attempts()


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
