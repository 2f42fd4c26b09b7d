"""``brisa assets …``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from brisa.cli.api import Api, api_options
from brisa.cli.found import run_row, tell_if_nobody_runs
from brisa.cli.output import as_json, moment, output_option, print_rows, print_value, when
from brisa.cli.trials import parse_conf
from brisa.cli.words import Words, nearest
from brisa.errors import BrisaError, NotFoundError
from brisa.model.asset import AssetKey

if TYPE_CHECKING:
    from brisa.bootstrap import State

Asset = Mapping[str, Any]


@click.group(cls=Words)
def assets() -> None:
    """List assets and their events, and make them."""


@assets.command("list")
@api_options
@output_option
def list_(api: Api, output: str) -> None:
    """List the assets, and aliases, that DAGs name."""
    rows = _list(api) if api.state is None else _list_at_home(api.state)
    print_rows(rows, output, nothing="No DAG names an asset.")


def _list(api: Api) -> list[dict[str, Any]]:
    """As the API tells it: who makes an alias, and waits for it, it does not."""
    found = _all(api)
    rows = [
        _row(
            one["uri"],
            one["name"],
            one["group"],
            None,
            sorted({task["dag_id"] for task in one["producing_tasks"]}),
            sorted({dag["dag_id"] for dag in one["scheduled_dags"]}),
        )
        for one in found
    ]
    for alias in api.all("assets/aliases", key="asset_aliases"):
        of = [one["uri"] for one in found if alias["id"] in {known["id"] for known in one["aliases"]}]
        rows.append(_row(alias["name"], alias["name"], alias["group"], of, None, None))
    return rows


def _list_at_home(state: State) -> list[dict[str, Any]]:
    from brisa.services.assets import Assets

    return [
        _row(
            one.key.uri,
            one.name or one.key.uri,
            one.group or "asset",
            list(one.uris) if one.key.alias else None,
            list(one.producers),
            list(one.consumers),
        )
        for one in Assets(state.store, state.clock, state.runs).all()
    ]


def _row(
    uri: str,
    name: str,
    group: str,
    alias_of: list[str] | None,
    producers: list[str] | None,
    consumers: list[str] | None,
) -> dict[str, Any]:
    return {
        "uri": uri,
        "name": name,
        "group": group,
        "alias_of": alias_of,
        "producers": producers,
        "consumers": consumers,
    }


@assets.command()
@click.argument("uri")
@api_options
@output_option
def details(api: Api, uri: str, output: str) -> None:
    """Print all that is known of an asset, given by uri or name."""
    told = api.get("assets", str(_known(api, uri)["id"]))
    if output in ("json", "yaml"):
        print_value(told, output)
    else:
        print_rows([{"name": name, "value": as_json(value)} for name, value in told.items()], output, nothing="")


@assets.command()
@click.argument("uri")
@api_options
@click.option("--alias", is_flag=True, help="URI is an alias: the events that were told through it.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@output_option
def events(api: Api, uri: str, alias: bool, limit: int, output: str) -> None:
    """List the events of an asset, given by uri or name, the latest first."""
    rows = _events_at_home(api.state, uri, alias, limit) if api.state is not None else _events(api, uri, alias, limit)
    print_rows(rows, output, nothing=f"{uri} has no events yet.")


def _events(api: Api, uri: str, alias: bool, limit: int) -> list[dict[str, Any]]:
    if alias:
        raise BrisaError("a brisa elsewhere does not tell the events of an alias: ask for those of an asset")
    query = {"asset_id": _known(api, uri)["id"], "order_by": "-timestamp"}
    return [
        {
            "timestamp": when(event["timestamp"], "milliseconds"),
            "uri": event["uri"],
            "source_dag_id": event["source_dag_id"],
            "source_run_id": event["source_run_id"],
            "source_task_id": event["source_task_id"],
            "source_map_index": event["source_map_index"] if event["source_task_id"] else None,
            "extra": event["extra"],
            "told": sorted({run["dag_id"] for run in event["created_dagruns"]}),
        }
        for event in api.all("assets/events", key="asset_events", query=query, limit=limit)
    ]


def _events_at_home(state: State, uri: str, alias: bool, limit: int) -> list[dict[str, Any]]:
    """The same, also through an alias, and with the DAGs that know of it before a run of theirs begins."""
    from brisa.services.assets import Assets

    verbs = Assets(state.store, state.clock, state.runs)
    try:
        key = AssetKey(uri, alias=True) if alias else verbs.asset(uri).key
    except NotFoundError as error:
        known = [asset.key.uri for asset in verbs.all() if not asset.key.alias]
        raise NotFoundError(f"{error}{nearest(uri, known)}") from None
    return [
        {
            "timestamp": moment(event.timestamp),
            "uri": event.uri,
            "source_dag_id": event.source_dag_id or None,
            "source_run_id": event.source_run_id or None,
            "source_task_id": event.source_task_id or None,
            "source_map_index": event.source_map_index if event.source_task_id else None,
            "extra": event.extra,
            "told": list(event.delivered),
        }
        for event in verbs.events(key, limit=limit).events
    ]


@assets.command()
@click.argument("uri")
@api_options
@click.option("-c", "--conf", help="The run's configuration, as a JSON object.")
@output_option
def materialize(api: Api, uri: str, conf: str | None, output: str) -> None:
    """Make a run of the one DAG that makes an asset, given by uri or name."""
    one, body = _known(api, uri), {"conf": parse_conf(conf)}
    made_by = sorted({task["dag_id"] for task in one["producing_tasks"]})
    if len(made_by) != 1:
        those = (
            f"more than one DAG makes {one['uri']}: {', '.join(made_by)}" if made_by else f"no DAG makes {one['uri']}"
        )
        raise BrisaError(those)
    run = api.post("assets", str(one["id"]), "materialize", body=body)
    print_rows([run_row(run)], output, nothing="")
    tell_if_nobody_runs(api, "the run begins when one does.")


def _all(api: Api) -> Sequence[Asset]:
    return api.all("assets", key="assets", query={"only_active": False})


def _known(api: Api, name: str) -> Asset:
    found = _all(api)
    for field in ("uri", "name"):
        for one in found:
            if one[field] == name:
                return one
    raise NotFoundError(
        f"no DAG names an asset {name!r}{nearest(name, [one['uri'] for one in found], 'assets', 'list')}"
    )
