"""``brisa pools …``."""

from __future__ import annotations

from typing import Any

import click

from brisa.cli.api import Api, ApiError, known, plain_api_options
from brisa.cli.files import read_settings, write_settings
from brisa.cli.output import many, output_option, print_rows
from brisa.cli.words import Words
from brisa.errors import BrisaError

_DEFAULT = "default_pool"
"""The pool of every task that names no other: it has no limit here, and is not listed."""
_LIST = ("pools", "list")
_FIELDS = ("slots", "description", "include_deferred")


@click.group(cls=Words)
def pools() -> None:
    """List, get, set, delete, import and export pools: slots that tasks of all runs share."""


@pools.command("list")
@plain_api_options
@output_option
def list_(api: Api, output: str) -> None:
    """List all pools."""
    rows = [_row(pool) for pool in _all(api)]
    print_rows(rows, output, nothing="No pools: make one with 'brisa pools set'.")


@pools.command()
@click.argument("name")
@plain_api_options
@output_option
def get(api: Api, name: str, output: str) -> None:
    """Show one pool."""
    pool = known(lambda: api.get("pools", name), lambda: _names(api), name, f"there is no pool {name!r}", _LIST)
    print_rows([_row(pool)], output, nothing="")


@pools.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("slots", type=int)
@click.argument("description", required=False)
@click.option(
    "--include-deferred/--exclude-deferred", default=None, help="Whether deferred tasks keep their slots (no)."
)
@plain_api_options
def set_(api: Api, name: str, slots: int, description: str | None, include_deferred: bool | None) -> None:
    """Make a pool of so many slots (-1: no limit), or change it."""
    if slots < -1:
        raise BrisaError(f"a pool has 0 slots or more, or -1 for no limit, not {slots}")
    put(api, name, {"slots": slots, "description": description, "include_deferred": include_deferred})
    click.echo(f"pool {name} has {slots if slots >= 0 else 'any number of'} slots")


@pools.command()
@click.argument("name")
@plain_api_options
def delete(api: Api, name: str) -> None:
    """Delete a pool that nobody uses."""
    known(lambda: api.delete("pools", name), lambda: _names(api), name, f"there is no pool {name!r}", _LIST)
    click.echo(f"pool {name} is deleted")


@pools.command("import")
@click.argument("file")
@plain_api_options
def import_(api: Api, file: str) -> None:
    """Make the pools that a file says, or change them: name → slots, description, include_deferred."""
    told = read_settings(file)
    for name, fields in told.items():
        if not isinstance(fields, dict) or set(fields) - set(_FIELDS) or not isinstance(fields.get("slots"), int):
            raise BrisaError(f"{file}: pool {name!r} is no object of {', '.join(_FIELDS)}, with a number of slots")
    for name, fields in told.items():
        put(api, name, fields)
    click.echo(f"{many(len(told), 'pool')} imported")


@pools.command()
@click.argument("file")
@plain_api_options
def export(api: Api, file: str) -> None:
    """Write all pools to a file (.json or .yaml; - for the standard output), for `pools import`."""
    found = {pool["name"]: {field: pool[field] for field in _FIELDS} for pool in _all(api)}
    write_settings(file, found)
    click.echo(f"{many(len(found), 'pool')} exported to {file}", err=True)


def put(api: Api, name: str, fields: dict[str, Any]) -> None:
    """Make a pool, or change it: what is ``None`` stays as it is."""
    given = {field: value for field, value in fields.items() if value is not None}
    try:
        api.post("pools", body={"name": name, **given})
    except ApiError as error:
        if error.status != 409:
            raise
        api.patch("pools", name, body=given)


def _all(api: Api) -> list[Any]:
    return [pool for pool in api.all("pools", key="pools") if pool["name"] != _DEFAULT]


def _names(api: Api) -> list[str]:
    return [pool["name"] for pool in _all(api)]


def _row(pool: dict[str, Any]) -> dict[str, object]:
    return {
        "pool": pool["name"],
        "slots": pool["slots"],
        "taken": pool["occupied_slots"],
        "waiting": pool["scheduled_slots"],
        "include_deferred": pool["include_deferred"],
        "description": pool["description"] or "",
    }
