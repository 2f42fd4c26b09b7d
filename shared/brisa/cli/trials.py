"""Trials: a DAG, or one of its tasks, run here and now; and what commands need to get at it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from brisa.bootstrap import TrialStack, dags_folder, home_folder, trial
from brisa.cli import BAD_INPUT
from brisa.cli.output import one_line, visible
from brisa.cli.view import Progress
from brisa.cli.words import nearest
from brisa.errors import NotFoundError
from brisa.model.dag import DagVersion, ImportFailure
from brisa.model.run import Message, Run
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import TriggerRule

FAILED_RUN = 1
"""The exit status of a command whose run has not ended in success."""
_SHOWN = 12
"""How many names a message lists."""

file_option = click.option(
    "-f",
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The DAG file; else all files of the DAGs folder are looked at.",
)


def _print_failures(failures: tuple[ImportFailure, ...]) -> None:
    for failure in failures:
        click.echo(f"Error: {one_line(failure.message)}", err=True)
        if failure.traceback:
            click.echo(visible(failure.traceback.rstrip()), err=True)


@contextmanager
def trial_of(
    dag_id: str, file: Path | None, home_given: str | None, dags_given: str | None, *, real_time: bool = False
) -> Iterator[tuple[TrialStack, DagVersion]]:
    """A stack in memory that knows the DAG. Exits with status 2, having said why, if the DAG does not load."""
    folder, only = bundle_of(file, home_given, dags_given)
    with trial(folder, home=home_folder(home_given), only=only, real_time=real_time) as stack:
        found = stack.registry.find(dag_id)
        stored = stack.store.dag(dag_id)
        if file or stored is None:
            _print_failures(found.failures)
        if stored is None:
            known = [one.record.dag_id for one in stack.store.dags()]
            if found.failures and not known:
                raise SystemExit(BAD_INPUT)  # why there is nothing in it has just been said
            shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
            place = f"{file or folder}; DAGs there: {shown or 'none'}"
            raise NotFoundError(f"there is no DAG {dag_id!r} in {place}{nearest(dag_id, known)}")
        for notice in found.notices:
            click.echo(visible(notice), err=True)
        yield stack, stack.runs.version(dag_id, stored.record.version)


def bundle_of(file: Path | None, home_given: str | None, dags_given: str | None) -> tuple[Path, str | None]:
    """The folder that a trial's DAG files are in, and the file in it if one was named.

    A file below the folder of DAG files imports from there, as it does in production; any other from beside itself.
    """
    if file is None:
        return dags_folder(home_folder(home_given), dags_given), None
    file = file.absolute()
    home = home_folder(home_given)
    named = dags_given or os.environ.get("BRISA_DAGS_FOLDER")
    folder = dags_folder(home, dags_given) if named else home / "dags"
    resolved = file.parent.resolve() / file.name
    if resolved.is_relative_to(folder):
        return folder, str(resolved.relative_to(folder))
    return resolved.parent, resolved.name


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


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def parse_conf(conf: str | None) -> dict[str, Any]:
    """The JSON object of ``--conf``."""
    if conf is None:
        return {}
    try:
        value = json.loads(conf, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--conf is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise click.UsageError("--conf must be a JSON object")
    return value


def known_task(spec: DagSpec, task_id: str) -> TaskSpec:
    """The task; a clear error with the nearest name if there's none."""
    try:
        return spec.by_id[task_id]
    except KeyError:
        near = nearest(task_id, spec.by_id)
        raise NotFoundError(f"DAG {spec.dag_id!r} has no task {task_id!r}{near}") from None


def single_task(version: DagVersion, task_id: str) -> DagVersion:
    """The DAG with this task alone, and nothing above it."""
    task = replace(
        known_task(version.spec, task_id), upstream=(), trigger_rule=TriggerRule.ALL_SUCCESS, is_teardown=False
    )
    spec = replace(version.spec, tasks=(task,))
    return replace(version, version=f"{version.version}-{task_id}", spec=spec)
