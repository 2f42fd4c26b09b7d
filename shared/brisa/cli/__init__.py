"""The command line: Airflow's words for the same things."""

from __future__ import annotations

import sys
from typing import ClassVar

import click

from brisa._version import __version__
from brisa.errors import BrisaError


class _Lazy(click.Group):
    """Groups whose commands are imported when they are used, so that ``brisa --help`` stays quick."""

    _modules: ClassVar[dict[str, str]] = {
        "dags": "brisa.cli.dags:dags",
        "tasks": "brisa.cli.tasks:tasks",
        "standalone": "brisa.cli.standalone:standalone",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._modules])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return super().get_command(ctx, cmd_name)
        import importlib

        module, name = self._modules[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """brisa: Airflow DAGs, run by functions that scale to zero, or by one command on one machine."""


@cli.command()
def version() -> None:
    """Print brisa's version."""
    click.echo(__version__)


def main() -> None:
    """The console script: exit status 0 for success, 1 for a failed run, 2 for a usage or parse error."""
    try:
        cli(prog_name="brisa")
    except BrisaError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
