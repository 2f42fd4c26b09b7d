"""``brisa config …``."""

from __future__ import annotations

import click

from brisa.cli.api import Api, ApiError, plain_api_options
from brisa.cli.words import Words
from brisa.errors import NotFoundError


@click.group(cls=Words)
def config() -> None:
    """Show how brisa is set."""


@config.command("list")
@click.option("--section", help="Only this section.")
@plain_api_options
def list_(api: Api, section: str | None) -> None:
    """List all settings that are no secrets, as a configuration file."""
    try:
        text, _ = api.text("config", query={"section": section})
    except ApiError as error:
        raise NotFoundError(f"there is no section {section!r}") if error.status == 404 else error from None
    click.echo(text, nl=not text.endswith("\n"))


@config.command("get-value")
@click.argument("section")
@click.argument("option")
@plain_api_options
def get_value(api: Api, section: str, option: str) -> None:
    """Print one setting."""
    try:
        told = api.get("config/section", section, "option", option)
    except ApiError as error:
        if error.status != 404:
            raise
        raise NotFoundError(f"there is no setting [{section}/{option}]: `brisa config list` shows all") from None
    click.echo(told["sections"][0]["options"][0]["value"])
