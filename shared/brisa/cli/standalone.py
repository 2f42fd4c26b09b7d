"""``brisa standalone``: everything on one machine."""

from __future__ import annotations

import logging
import os
import signal
import threading

import click

from brisa._version import __version__
from brisa.bootstrap import Listeners, Stack, dags_folder, embedded, home_folder
from brisa.cli.output import duration, folder_options
from brisa.model.run import Run

_LOOK_EVERY = 3.0
"""Seconds between two looks at the DAGs folder."""
_IDLE_LOOKS = 10
"""Looks without any work after which warm processes are let go."""


@click.command()
@folder_options
@click.option("--slots", type=click.IntRange(1), help="Tasks to run at once [twice the cores, at least 4].")
@click.option("--emulators/--no-emulators", default=False, help="Start the GCS and BigQuery emulators too.")
@click.option("--paused/--unpaused", default=True, show_default=True, help="Whether new DAGs begin paused.")
def standalone(
    home_given: str | None, dags_given: str | None, slots: int | None, emulators: bool, paused: bool
) -> None:
    """Run everything on this machine: scheduler, queue, workers, until you press Ctrl-C."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    home = home_folder(home_given)
    dags = dags_folder(home, dags_given)
    dags.mkdir(parents=True, exist_ok=True)
    click.echo(f"brisa {__version__}  home {home}  DAGs {dags}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    listeners = Listeners()
    listeners.add(_say)
    started = None
    if emulators:
        from brisa.emulators import Emulators

        started = Emulators(home)
        os.environ.update(started.start())
        click.echo("emulators: " + ", ".join(f"{name}={os.environ[name]}" for name in sorted(started.environment)))
    try:
        with embedded(home, dags, slots=slots, listeners=listeners, paused=paused) as stack:
            _greet(stack)
            _watch_folder(stack, stop)
            click.echo("stopping; tasks under way will be run again at the next start")
    finally:
        if started is not None:
            started.stop()


def _say(run: Run) -> None:
    if run.state.terminal:
        click.echo(f"{run.dag_id}  {run.run_id}  {run.state.value}  {duration(run.started_at, run.ended_at)}")


def _greet(stack: Stack) -> None:
    dags = [one.record for one in stack.state.store.dags() if one.record.active]
    paused = sum(dag.paused for dag in dags)
    click.echo(f"{len(dags)} DAGs, {paused} of them paused; ready")
    for failure in stack.state.store.import_failures():
        click.echo(f"does not load: {failure.message.splitlines()[0]}", err=True)


def _watch_folder(stack: Stack, stop: threading.Event) -> None:
    """Load DAG files as they change, and let go of warm processes that nobody has needed for a while."""
    idle = 0
    while not stop.wait(_LOOK_EVERY):
        synced = stack.registry.sync()
        for dag_id in synced.loaded:
            click.echo(f"loaded {dag_id}")
        for dag_id in synced.removed:
            click.echo(f"removed {dag_id}: its file no longer defines it")
        for failure in synced.failures:
            click.echo(f"does not load: {failure.message.splitlines()[0]}", err=True)
        if synced.loaded or synced.removed:
            stack.dispatcher.wake_planner()
        idle = 0 if stack.state.queue.depth() else idle + 1
        if idle == _IDLE_LOOKS:
            stack.supervisor.idle()
