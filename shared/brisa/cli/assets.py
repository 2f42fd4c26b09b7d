"""``brisa assets …``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from brisa.cli.api import Api, api_options
from brisa.cli.found import run_row, tell_if_nobody_runs
from brisa.cli.output import output_option, print_rows, print_value, when
from brisa.cli.trials import nearest, parse_conf
from brisa.errors import BrisaError, NotFoundError

Asset = Mapping[str, Any]


@click.group()
def assets() -> None:
    """List assets and their events, and make them."""


@assets.command("list")
@api_options
@output_option
def list_(api: Api, output: str) -> None:
    """List the assets, and aliases, that DAGs name."""
    found = _all(api)
    rows = [
        {
            "uri": one["uri"],
            "name": one["name"],
            "group": one["group"],
            "alias_of": None,
            "producers": sorted({task["dag_id"] for task in one["producing_tasks"]}),
            "consumers": sorted({dag["dag_id"] for dag in one["scheduled_dags"]}),
        }
        for one in found
    ]
    rows += [
        {
            "uri": alias["name"],
            "name": alias["name"],
            "group": alias["group"],
            "alias_of": [one["uri"] for one in found if alias["id"] in {known["id"] for known in one["aliases"]}],
            "producers": [],
            "consumers": [],
        }
        for alias in api.all("assets/aliases", key="asset_aliases")
    ]
    print_rows(rows, output, nothing="No DAG names an asset.")


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
        print_rows([{"name": name, "value": value} for name, value in told.items()], output, nothing="")


@assets.command()
@click.argument("uri")
@api_options
@click.option("--alias", is_flag=True, help="URI is an alias: the events that were told through it.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@output_option
def events(api: Api, uri: str, alias: bool, limit: int, output: str) -> None:
    """List the events of an asset, given by uri or name, the latest first."""
    if alias:
        wanted = [one["id"] for one in _all(api) if uri in {known["name"] for known in one["aliases"]}]
        known = {one["name"] for one in api.all("assets/aliases", key="asset_aliases")}
        if uri not in known:
            raise NotFoundError(f"there is no alias {uri!r}{nearest(uri, known)}")
    else:
        wanted = [_known(api, uri)["id"]]
    found = [
        event
        for asset_id in wanted
        for event in api.all(
            "assets/events",
            key="asset_events",
            query={"asset_id": asset_id, "order_by": "-timestamp"},
            limit=limit,
        )
    ]
    rows = [
        {
            "timestamp": when(event["timestamp"], "milliseconds"),
            "uri": event["uri"],
            "source_dag_id": event["source_dag_id"],
            "source_run_id": event["source_run_id"],
            "source_task_id": event["source_task_id"],
            "source_map_index": event["source_map_index"] if event["source_task_id"] else None,
            "extra": event["extra"],
            "runs": [run["run_id"] for run in event["created_dagruns"]],
        }
        for event in sorted(found, key=lambda event: str(event["timestamp"]), reverse=True)[:limit]
    ]
    print_rows(rows, output, nothing=f"{uri} has no events yet.")


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
    raise NotFoundError(f"there is no asset {name!r}{nearest(name, [one['uri'] for one in found])}")
