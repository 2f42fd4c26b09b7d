"""``brisa standalone``: everything on one machine."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from brisa._version import __version__
from brisa.bootstrap import Listeners, Stack, dags_folder, embedded, home_folder
from brisa.bootstrap.listening import listening
from brisa.cli.output import duration, folder_options, one_line, seconds_between, visible
from brisa.errors import BrisaError
from brisa.model.run import Run, RunKey

if TYPE_CHECKING:  # only who serves the API pays for it
    from brisa.web.server import ApiServer

_LOOK_EVERY = 1.0
"""Seconds between two looks at the DAGs folder."""
_LET_GO_AFTER = 30.0
"""Seconds without any work after which warm processes are let go."""
_REMEMBERED = 10_000
"""How many runs whose end was said are remembered."""


class _Stopped(BaseException):
    """Somebody wants this process to end; raised wherever the main thread is."""


def _stop(*_: object) -> None:
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped


_STOPPING = (signal.SIGINT, signal.SIGTERM)


@click.command()
@folder_options
@click.option("--slots", type=click.IntRange(1), help="Tasks to run at once [twice the cores, at least 4].")
@click.option("--emulators/--no-emulators", default=False, help="Start the GCS and BigQuery emulators too.")
@click.option("--paused/--unpaused", default=True, show_default=True, help="Whether new DAGs begin paused.")
@click.option(
    "--look-every",
    type=click.FloatRange(0.05),
    default=_LOOK_EVERY,
    show_default=True,
    help="Seconds between two looks at the DAGs folder.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address that the API listens at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Its port; 0 for any.")
@click.option("--api/--no-api", default=True, show_default=True, help="Whether there is an HTTP API.")
@click.option("--metrics/--no-metrics", default=False, show_default=True, help="Whether /metrics shows Prometheus any.")
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="A proxy on this machine is in front of the API: believe its X-Forwarded-For and X-Forwarded-Proto.",
)
def standalone(
    home_given: str | None,
    dags_given: str | None,
    slots: int | None,
    emulators: bool,
    paused: bool,
    look_every: float,
    host: str,
    port: int,
    api: bool,
    metrics: bool,
    behind_proxy: bool,
) -> None:
    """Run everything on this machine: scheduler, queue, workers, until you press Ctrl-C."""
    _log_to_the_screen()
    home = home_folder(home_given)
    dags = dags_folder(home, dags_given)
    heard = listening("brisa-standalone", prometheus=metrics and api)
    click.echo(f"brisa {__version__}  home {home}  DAGs {dags}")
    listeners = Listeners()
    listeners.add(Ends())
    try:
        for number in _STOPPING:
            signal.signal(number, _stop)
        with (
            _emulators(home) if emulators else nullcontext(),
            _listening(host, port, behind_proxy) if api else nullcontext() as server,
            embedded(home, dags, slots=slots, listeners=listeners, paused=paused, heard=heard, aloud=True) as stack,
            ExitStack() as cleanup,
        ):
            _greet(stack)
            if server is not None:
                cleanup.callback(server.stop)  # before what it serves
                _serve(server, stack)
            _watch_folder(stack, look_every)
    except _Stopped:
        click.echo("stopped; tasks that were under way will be run again at the next start")


class _OnScreen(logging.Formatter):
    """A line for people, in which nothing that a DAG file or a task has said does anything to the screen."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and a traceback if there is one."""
        return visible(super().format(record))


def _log_to_the_screen() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_OnScreen("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


@contextmanager
def _emulators(home: Path) -> Iterator[None]:
    from brisa.emulators import Emulators

    started = Emulators(home)
    try:
        os.environ.update(started.start())
        click.echo("emulators: " + ", ".join(f"{name}={os.environ[name]}" for name in sorted(started.environment)))
        yield
    finally:
        started.stop()


def _listening(host: str, port: int, behind_proxy: bool) -> ApiServer:
    from brisa.web.server import ApiServer

    return ApiServer(host, port, behind_proxy=behind_proxy)


def _serve(server: ApiServer, stack: Stack) -> None:
    """Begin to answer, in a thread that loads what it takes when somebody first connects."""
    from brisa.bootstrap.accounts import first_admin, token_seconds

    def make() -> object:
        from brisa.web.embedded import make_home_app

        return make_home_app(stack)

    token_seconds()  # said now if it can't be, not to whoever first connects
    state = stack.state
    admin = first_admin(state.home, state.store, state.clock)
    server.serve(make)
    click.echo(f"API {server.url}")
    if admin is not None:
        click.echo(f"log in as {admin.username} with {admin.password} (kept in {admin.file})")


class Ends:
    """Says of each run that it has ended, once: what is written of it later is no end."""

    def __init__(self) -> None:
        self._said: OrderedDict[RunKey, float | None] = OrderedDict()

    def __call__(self, run: Run) -> None:
        """Look at a run that has changed."""
        if not run.state.terminal or self._said.get(run.key) == run.ended_at:
            return
        self._said[run.key] = run.ended_at
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        took = duration(seconds_between(run.started_at, run.ended_at))
        with suppress(OSError):  # that nobody reads it is no reason to fail
            click.echo(visible(f"{run.dag_id}  {run.run_id}  {run.state.value}  {took}"))


def _greet(stack: Stack) -> None:
    dags = [one.record for one in stack.state.store.dags() if one.record.active]
    paused = sum(dag.paused for dag in dags)
    click.echo(f"{len(dags)} DAG{'s' * (len(dags) != 1)}, {paused} paused; ready")
    _tell_notices(stack.notices)


def _tell_notices(notices: Iterable[str]) -> None:
    for notice in notices:
        click.echo(visible(notice), err=True)


def _watch_folder(stack: Stack, look_every: float) -> NoReturn:
    """Load DAG files as they change, and let go of warm processes that nobody has needed for a while."""
    trouble = ""
    busy_at = time.monotonic()
    while True:
        time.sleep(look_every)
        try:
            _look(stack)
            busy = stack.state.queue.depth() > 0
        except BrisaError as error:
            if str(error) != trouble:
                click.echo(f"Error: {one_line(str(error))}; trying again", err=True)
            trouble = str(error)
            continue
        trouble = ""
        now = time.monotonic()
        if busy:
            busy_at = now
        elif now - busy_at > _LET_GO_AFTER:
            stack.supervisor.idle()
            busy_at = now


def _look(stack: Stack) -> None:
    synced = stack.registry.sync()
    for dag_id in synced.loaded:
        click.echo(f"loaded {dag_id}")
    for dag_id in synced.removed:
        click.echo(f"removed {dag_id}: no file defines it any more")
    _tell_notices(synced.notices)
    if synced.loaded or synced.removed:
        stack.dispatcher.wake_planner()
