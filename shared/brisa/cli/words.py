"""Groups of commands: how they are listed, and what is said of a word that is none of them."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

import click


def nearest(name: str, known: Iterable[str], *listing: str) -> str:
    """What to add to the message that there's no ``name``: the one of ``known`` that was probably meant, or else the
    command, by its words, that lists them all."""
    import difflib

    near = difflib.get_close_matches(name, list(known), 1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; `brisa {' '.join(map(quote, listing))}` shows all" if listing else ""


class Words(click.Group):
    """A group that lists each of its commands with a whole sentence, and knows what was probably meant."""

    def sentence(self, ctx: click.Context, name: str) -> str:
        """What the command ``name`` does."""
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(_WHOLE)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands."""
        rows = [(name, self.sentence(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's; a mistyped word gets the one that is nearest."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}{nearest(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


_WHOLE = 1000
"""Characters of a sentence that is not cut off."""
