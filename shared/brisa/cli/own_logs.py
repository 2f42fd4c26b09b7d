"""Logs that no task has: those of a DAG's callbacks and deadlines. They are told at home alone."""

from __future__ import annotations

import click

from brisa.cli.api import Api
from brisa.cli.found import Found
from brisa.errors import BrisaError, NotFoundError
from brisa.model.run import RunKey


def print_own_log(api: Api, run: Found, name: str, try_number: int | None) -> None:
    """Print the log of ``@callbacks`` or ``@deadline[0]`` of a run, as far as it has come."""
    if api.state is None:
        raise BrisaError(f"a brisa elsewhere does not tell the log of {name}")
    key = RunKey(run["dag_id"], run["dag_run_id"])
    every = [stored.record for stored in api.state.store.attempts(key)]
    found = [one for one in every if name in (one.key.task_id, one.key.name)]
    wanted = [one for one in found if try_number in (None, one.key.try_number)]
    if not wanted:
        raise NotFoundError(f"{name} has not begun in run {key.run_id}: it has no log yet")
    last = wanted[-1].key
    for one in wanted:
        if (one.key.generation, one.key.try_number) == (last.generation, last.try_number):
            data = api.state.blobs.get(one.log) or b""
            click.echo(data.decode(errors="replace"), nl=False)
