"""``brisa local-gcp``: what stands in for Google Cloud on one machine, with brisa's functions in it."""

from __future__ import annotations

import logging
import shlex
import signal
import time
from collections.abc import Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import NoReturn

import click

from brisa._version import __version__
from brisa.bootstrap import dags_folder, home_folder
from brisa.cli.output import one_line, options, visible
from brisa.cli.words import Words
from brisa.emulators.local_cloud import LocalCloud, environment, running_site
from brisa.emulators.service import Site
from brisa.emulators.upload import Mirror
from brisa.errors import BrisaError

_LOOK_EVERY = 3.0
"""Seconds between two looks at the DAGs folder, and at the health of everything."""
_STOPPING = (signal.SIGINT, signal.SIGTERM)


class _Stopped(BaseException):
    """Somebody wants this process to end; raised wherever the main thread is."""


def _stop(*_: object) -> None:
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped


_home = options(
    click.option(
        "--home",
        "home_given",
        metavar="FOLDER",
        help="Where it keeps its data [local-gcp in $BRISA_HOME or ~/brisa].",
    )
)


@click.group("local-gcp", cls=Words)
def local_gcp() -> None:
    """Run Google Cloud's stand-ins and brisa's functions on this machine."""


@local_gcp.command()
@_home
@click.option("--dags-folder", "dags_given", metavar="FOLDER", help="Upload this folder's files, and its changes.")
@click.option("--api-port", type=click.IntRange(1, 65535), help="The API's port [a free one, then the same again].")
@click.option("--slots", type=click.IntRange(1), default=8, show_default=True, help="Tasks to run at once.")
@click.option("--paused/--unpaused", default=True, show_default=True, help="Whether new DAGs begin paused.")
@click.option("--bigquery/--no-bigquery", default=True, show_default=True, help="Start the BigQuery emulator too.")
@click.option(
    "--duplicates",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Deliver every task, event and tick so many times more.",
)
@click.option("--functions-folder", metavar="FOLDER", help="Run the functions in this folder [brisa's own].")
def up(
    home_given: str | None,
    dags_given: str | None,
    api_port: int | None,
    slots: int,
    paused: bool,
    bigquery: bool,
    duplicates: int,
    functions_folder: str | None,
) -> None:
    """Run everything until you press Ctrl-C."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    home = _home_of(home_given)
    dags = dags_folder(home, dags_given) if dags_given else None
    cloud = LocalCloud(
        home,
        slots=slots,
        unpaused=not paused,
        duplicates=duplicates,
        api_port=api_port or 0,
        bigquery=bigquery,
        functions_folder=Path(functions_folder) if functions_folder else None,
    )
    try:
        for number in _STOPPING:
            signal.signal(number, _stop)
        click.echo(f"brisa {__version__}  home {home}")
        try:
            started = cloud.start()
            _greet(cloud.site, started)
            with closing(Mirror(dags, cloud.site.url("gcs"))) if dags else nullcontext() as mirror:
                _keep(cloud, mirror)
        finally:
            cloud.stop()
    except _Stopped:
        click.echo("stopped")


@local_gcp.command()
@_home
def env(home_given: str | None) -> None:
    """Print what another terminal must export to use the one that runs."""
    for line in _exports(environment(running_site(_home_of(home_given)))):
        click.echo(line)


def _home_of(given: str | None) -> Path:
    return home_folder(given) if given else home_folder() / "local-gcp"


def _greet(site: Site, started: Mapping[str, str]) -> None:
    for name in sorted(site.ports):
        click.echo(f"{name:14} {site.address(name)}")
    click.echo(f"logs           {site.layout.log('*')}")
    click.echo()
    for line in _exports(started):
        click.echo(line)
    click.echo()


def _exports(variables: Mapping[str, str]) -> list[str]:
    return [f"export {name}={shlex.quote(variables[name])}" for name in sorted(variables)]


def _keep(cloud: LocalCloud, mirror: Mirror | None) -> NoReturn:
    """Upload what changes in the folder of DAG files, until something can't be kept running."""
    told: frozenset[str] = frozenset()
    ready = False
    while True:
        cloud.check()
        if mirror is not None:
            trouble = _look(mirror)
            for one in sorted(trouble - told):
                click.echo(f"not uploaded: {one}", err=True)
            told = trouble
        if not ready:
            click.echo("ready")
            ready = True
        time.sleep(_LOOK_EVERY)


def _look(mirror: Mirror) -> frozenset[str]:
    """One look; what went wrong."""
    try:
        looked = mirror.look()
    except BrisaError as error:
        return frozenset([one_line(str(error))])
    for name in looked.uploaded:
        click.echo(visible(f"uploaded {name}"))
    for name in looked.removed:
        click.echo(visible(f"deleted {name}"))
    return frozenset(one_line(f"{name}: {why}") for name, why in looked.refused.items())
