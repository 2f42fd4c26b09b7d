"""``brisa tasks …``."""

from __future__ import annotations

import codecs
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from brisa.adapters.local.doorbell import ring
from brisa.bootstrap import State
from brisa.cli.clearing import clear, mark
from brisa.cli.dags import FAILED_RUN, current_state, find_run
from brisa.cli.output import DateType, folder_options, output_option, print_rows, print_value
from brisa.cli.trials import file_option, follow_trial, known_task, parse_conf, single_task, trial_of
from brisa.cli.view import result, task_rows
from brisa.errors import NotFoundError
from brisa.model.run import Attempt, Run, is_task

_FOLLOW_EVERY = 0.2
"""Seconds between two looks at a log."""


@click.group()
def tasks() -> None:
    """List, test, clear and mark tasks, see their states and logs."""


tasks.add_command(clear)
tasks.add_command(mark)


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
@click.option("-t", "--try", "try_number", type=click.IntRange(1), help="The try [the last one].")
@click.option("--follow", is_flag=True, help="Go on until the task has ended.")
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
    """Print the log of a task of a run; of its DAG's callbacks: @callbacks; of its first deadline: @deadline[0]."""
    with current_state(home_given, dags_given) as state:
        found = find_run(state, dag_id, run)
        if is_task(task_id):
            known_task(state.runs.spec(found), task_id)
        reader = _LogReader(state, found, task_id, try_number)
        while True:
            over = not follow or reader.over()
            reader.print_news()
            if over:
                break
            time.sleep(_FOLLOW_EVERY)
        if not reader.attempts:
            which = f"try {try_number} of {task_id}" if try_number else f"task {task_id}"
            raise NotFoundError(f"{which} has not begun in run {found.run_id}: it has no log yet")


class _LogReader:
    """Prints the logs of a task's attempts, as far as they have come: those of one try, or of the last one."""

    def __init__(self, state: State, run: Run, task_id: str, try_number: int | None) -> None:
        self._state = state
        self._run = run
        self._task_id = task_id
        self._try = try_number
        self._read: dict[str, tuple[int, codecs.IncrementalDecoder]] = {}
        self.attempts: list[Attempt] = []

    def over(self) -> bool:
        """Whether nothing will be added any more, or nobody is there who could."""
        stored = self._state.store.run(self._run.key)
        if stored is None or stored.record.state.terminal or stored.record.task(self._task_id).state.terminal:
            return True
        if self._try is not None and stored.record.task(self._task_id).try_number > self._try:
            return True
        if ring(self._state.home):
            return False
        click.echo("No `brisa standalone` is running here: nothing more will come for now.", err=True)
        return True

    def print_news(self) -> None:
        """Print what was added since the last call."""
        every = [one.record for one in self._state.store.attempts(self._run.key)]
        own = [one for one in every if self._task_id in (one.key.task_id, one.key.name)]
        if self._try is not None:
            own = [one for one in own if one.key.try_number == self._try]
        elif not self.attempts and own:
            last = own[-1].key
            own = [one for one in own if (one.key.generation, one.key.try_number) == (last.generation, last.try_number)]
        else:
            own = [one for one in own if one.key >= self.attempts[0].key]
        self.attempts = own
        for attempt in own:
            offset, decoder = self._read.get(attempt.log) or (0, codecs.getincrementaldecoder("utf-8")("replace"))
            data = self._state.blobs.get(attempt.log, offset) or b""
            self._read[attempt.log] = offset + len(data), decoder
            click.echo(decoder.decode(data), nl=False)


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
