"""``brisa pools …``."""

from __future__ import annotations

import click

from brisa.adapters.local.doorbell import ring
from brisa.bootstrap import home_folder, open_state
from brisa.cli.output import home_option, output_option, print_rows
from brisa.errors import NotFoundError
from brisa.model.pool import Pool
from brisa.services.pools import Pools


@click.group()
def pools() -> None:
    """List, set and delete pools: slots that tasks of all runs share."""


@pools.command("list")
@home_option
@output_option
def list_(home_given: str | None, output: str) -> None:
    """List all pools."""
    with open_state(home_folder(home_given)) as state:
        found = [stored.record for stored in state.store.pools() if not stored.record.own]
        print_rows([_row(pool) for pool in found], output, nothing="No pools: make one with 'brisa pools set'.")


@pools.command()
@click.argument("name")
@home_option
@output_option
def get(name: str, home_given: str | None, output: str) -> None:
    """Show one pool."""
    with open_state(home_folder(home_given)) as state:
        stored = state.store.pool(name)
        if stored is None or stored.record.own:
            raise NotFoundError(f"there is no pool {name!r}")
        print_rows([_row(stored.record)], output, nothing="")


@pools.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("slots", type=int)
@click.argument("description", required=False)
@click.option(
    "--include-deferred/--exclude-deferred", default=None, help="Whether deferred tasks keep their slots (no)."
)
@home_option
def set_(name: str, slots: int, description: str | None, include_deferred: bool | None, home_given: str | None) -> None:
    """Make a pool of so many slots (-1: no limit), or change it."""
    with open_state(home_folder(home_given)) as state:
        state.runs.set_pool(name, slots, description=description, include_deferred=include_deferred)
        ring(state.home)
    click.echo(f"pool {name} has {slots if slots >= 0 else 'any number of'} slots")


@pools.command()
@click.argument("name")
@home_option
def delete(name: str, home_given: str | None) -> None:
    """Delete a pool that nobody uses."""
    with open_state(home_folder(home_given)) as state:
        Pools(state.store, state.clock).delete(name)
    click.echo(f"pool {name} is deleted")


def _row(pool: Pool) -> dict[str, object]:
    waiting = [one for one in pool.users.values() if not one.granted]
    return {
        "pool": pool.name,
        "slots": pool.slots,
        "taken": pool.taken,
        "waiting": len(waiting),
        "include_deferred": pool.include_deferred,
        "description": pool.description,
    }
