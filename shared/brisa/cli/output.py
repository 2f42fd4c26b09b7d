"""Rows for people and for programs: table, json, yaml, plain."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

Row = Mapping[str, Any]
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

output_option = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml", "plain"]),
    default="table",
    show_default=True,
    help="How to print.",
)


def print_rows(rows: Sequence[Row], output: str, *, nothing: str, numbers: Collection[str] = ()) -> None:
    """Print rows that have the same keys; ``nothing`` is what people read when there are none.

    In a table the columns ``numbers`` are aligned on the right.
    """
    if output in ("json", "yaml"):
        print_value(list(rows), output)
    elif output == "plain":
        for row in rows:
            click.echo("\t".join(one_line(cell(name, value)) for name, value in row.items()))
    elif not rows:
        click.echo(nothing)
    else:
        _table(rows, numbers)


def print_value(value: Any, output: str) -> None:
    """Print one JSON value as ``json`` or ``yaml``."""
    if output == "yaml":
        import yaml

        click.echo(yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=False, allow_unicode=True), nl=False)
    else:
        click.echo(_json(value))


def _json(value: Any) -> str:
    """JSON in one line that the standard output's encoding has room for."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _table(rows: Sequence[Row], numbers: Collection[str]) -> None:
    """Nothing is cut off: what a terminal has no room for beside the rest goes on below."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    names = [name.replace("_", " ") for name in rows[0]]
    cells = [[_short(cell(name, value)) for name, value in row.items()] for row in rows]
    width = sum(max(map(cell_len, column)) + 2 for column in zip(names, *cells, strict=True))
    console = Console()
    if not console.is_terminal:
        console.width = max(80, width)
    table = Table(box=None, pad_edge=False, header_style="bold")
    if console.width < min(width, _ROOM * len(names)):
        table.show_header = False
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for row in cells:
            for name, text in zip(names, row, strict=True):
                table.add_row(name, _styled(text))
            table.add_row("", "")
    else:
        for name, key in zip(names, rows[0], strict=True):
            table.add_column(name, justify="right" if key in numbers else "left", overflow="fold")
        for row in cells:
            table.add_row(*map(_styled, row))
    with console.capture() as written:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in written.get().splitlines()))


def _styled(text: str) -> Any:
    """``text`` in the colour of the state that it may be; never read as markup."""
    from rich.text import Text

    return Text(text, style=state_style(text))


_ROOM = 10
"""Characters for each column: a terminal that has not even these shows a block for each row."""


def _short(text: str) -> str:
    """``text``; a moment in UTC without thousandths, and so that it can be wrapped."""
    return _MOMENT.sub(r"\1 \2Z", text)


_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{6})?)(?:\.\d{3})?(?:\+00:00|Z)$")


def cell(name: str, value: Any) -> str:
    """The value of the column ``name`` in a cell, for people."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(cell(name, one) for one in value)
    if name == "duration":
        return duration(value)
    return visible(str(value))


def visible(text: str) -> str:
    """``text`` with what would move the cursor, or colour the screen, written out; lines stay lines."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """``text`` in one line that does nothing to the screen."""
    return visible(" ".join(text.split("\n"))).replace("\t", " ")


_STYLES = {
    "success": "green",
    "failed": "bold red",
    "running": "cyan",
    "queued": "dim",
    "skipped": "magenta",
    "upstream_failed": "yellow",
    "up_for_retry": "yellow",
    "up_for_reschedule": "blue",
    "deferred": "blue",
}


def state_style(state: str) -> str:
    """The colour of a state; none for any other text."""
    return _STYLES.get(state, "")


def moment(seconds: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def when(text: str | None, timespec: str = "auto") -> str | None:
    """A moment of the API's as the others are written."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec=timespec)


def seconds_between(started: float | None, ended: float | None) -> float | None:
    """A duration in seconds; ``None`` while it has not ended, or not begun."""
    return None if started is None or ended is None else round(max(0.0, ended - started), 3)


def duration(seconds: float | None) -> str:
    """A duration as people read it."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def many(count: int, what: str) -> str:
    """``1 pool``, ``2 pools``."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def as_json(value: Any) -> Any:
    """An object, or a list, as JSON; else ``value``."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


class DateType(click.ParamType[datetime]):
    """A date or time in ISO 8601; without a zone it is UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware datetime in UTC."""
        try:
            parsed = datetime.fromisoformat(value)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a date like 2024-01-31 or 2024-01-31T06:00:00+01:00", param, ctx)


def options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several click options as one decorator."""

    def decorate(function: Any) -> Any:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


class Shown:
    """How much a command shows of an error."""

    verbose = False


def _be_verbose(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    shown = ctx.find_object(Shown)
    if value and shown is not None:
        shown.verbose = True


verbose_option = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_be_verbose,
    help="Show where an error comes from.",
)
home_option = click.option(
    "--home", "home_given", metavar="FOLDER", help="Where brisa keeps its state [$BRISA_HOME or ~/brisa]."
)
folder_options = options(
    home_option,
    click.option("--dags-folder", "dags_given", metavar="FOLDER", help="Where the DAG files are [HOME/dags]."),
)
