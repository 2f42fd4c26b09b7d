"""``brisa assets …``."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from brisa.bootstrap import State
from brisa.cli.dags import current_state, run_row
from brisa.cli.output import folder_options, output_option, print_rows
from brisa.cli.trials import nearest, parse_conf
from brisa.errors import NotFoundError
from brisa.model.asset import Asset, AssetKey
from brisa.services.assets import Assets


@click.group()
def assets() -> None:
    """List assets and their events, and make them."""


@assets.command("list")
@folder_options
@output_option
def list_(home_given: str | None, dags_given: str | None, output: str) -> None:
    """List the assets, and aliases, that DAGs name."""
    with current_state(home_given, dags_given) as state:
        rows = [
            {
                "uri": asset.key.uri,
                "name": asset.name or asset.key.uri,
                "group": asset.group or "asset",
                "alias_of": list(asset.uris) if asset.key.alias else None,
                "producers": list(asset.producers),
                "consumers": list(asset.consumers),
            }
            for asset in _verbs(state).all()
        ]
        print_rows(rows, output, nothing="No DAG names an asset.")


@assets.command()
@click.argument("uri")
@folder_options
@click.option("--alias", is_flag=True, help="URI is an alias: the events that were told through it.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@output_option
def events(uri: str, home_given: str | None, dags_given: str | None, alias: bool, limit: int, output: str) -> None:
    """List the events of an asset, given by uri or name, the latest first."""
    with current_state(home_given, dags_given) as state:
        key = AssetKey(uri, alias=True) if alias else _known(state, uri).key
        rows = [
            {
                "timestamp": datetime.fromtimestamp(event.timestamp, UTC).isoformat(timespec="milliseconds"),
                "uri": event.uri,
                "source_dag_id": event.source_dag_id or None,
                "source_run_id": event.source_run_id or None,
                "source_task_id": event.source_task_id or None,
                "source_map_index": event.source_map_index if event.source_task_id else None,
                "extra": event.extra,
                "told": list(event.delivered),
            }
            for event in _verbs(state).events(key, limit=limit).events
        ]
        print_rows(rows, output, nothing=f"{uri} has no events yet.")


@assets.command()
@click.argument("uri")
@folder_options
@click.option("-c", "--conf", help="The run's configuration, as a JSON object.")
@output_option
def materialize(uri: str, home_given: str | None, dags_given: str | None, conf: str | None, output: str) -> None:
    """Make a run of the one DAG that makes an asset, given by uri or name."""
    from brisa.adapters.local.doorbell import ring

    with current_state(home_given, dags_given) as state:
        run = _verbs(state).materialize(_known(state, uri).key.uri, parse_conf(conf), triggered_by="cli")
        heard = ring(state.home)
        print_rows([run_row(run)], output, nothing="")
        if not heard:
            click.echo("No `brisa standalone` is running here: the run begins when one does.", err=True)


def _verbs(state: State) -> Assets:
    return Assets(state.store, state.clock, state.runs)


def _known(state: State, name: str) -> Asset:
    try:
        return _verbs(state).asset(name)
    except NotFoundError as error:
        known = [asset.key.uri for asset in _verbs(state).all() if not asset.key.alias]
        raise NotFoundError(f"{error}{nearest(name, known)}") from None
