"""``brisa completion``."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete brisa's commands and options; the shell is to read it when it starts."""
    from click.shell_completion import get_completion_class

    from brisa.cli import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(kind(cli, {}, "brisa", "_BRISA_COMPLETE").source())
