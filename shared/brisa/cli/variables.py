"""``brisa variables …``."""

from __future__ import annotations

import json
from typing import Any

import click

from brisa.cli.api import Api, ApiError, known, plain_api_options
from brisa.cli.bulk import make_all
from brisa.cli.files import read_settings, write_settings
from brisa.cli.output import many, output_option, print_rows
from brisa.cli.words import Words
from brisa.errors import BrisaError

MASK = "***"


_LIST = ("variables", "list")


@click.group(cls=Words)
def variables() -> None:
    """List, get, set, delete, import and export Variables: settings by name, which DAG files and tasks read."""


@variables.command("list")
@click.option("--show-values", is_flag=True, help="Their values, too; *** stands for what is secret by its name.")
@plain_api_options
@output_option
def list_(api: Api, show_values: bool, output: str) -> None:
    """List the keys of all Variables."""
    shown = ("key", "value", "description") if show_values else ("key",)
    rows = [{name: one[name] for name in shown} for one in api.all("variables", key="variables")]
    print_rows(rows, output, nothing="No Variables: make one with 'brisa variables set'.")


@variables.command()
@click.argument("key")
@click.option("-d", "--default", help="What to print if there is no such Variable.")
@click.option("-j", "--json", "as_json", is_flag=True, help="Its value is JSON: print that in one line.")
@plain_api_options
def get(api: Api, key: str, default: str | None, as_json: bool) -> None:
    """Print the value of a Variable; of a brisa elsewhere *** stands for what is secret by its name."""
    try:
        value = known(lambda: _value(api, key), lambda: _keys(api), key, f"there is no Variable {key!r}", _LIST)
    except BrisaError:
        if default is None:
            raise
        value = default
    if as_json:
        try:
            value = json.dumps(json.loads(value), ensure_ascii=False)
        except ValueError:
            raise BrisaError(f"Variable {key!r} is not JSON") from None
    click.echo(value)


@variables.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--description", help="What it is for.")
@click.option("-j", "--json", "as_json", is_flag=True, help="Keep the value as a text in JSON, for `get --json`.")
@plain_api_options
def set_(api: Api, key: str, value: str, description: str | None, as_json: bool) -> None:
    """Set a Variable; the value - is read from the standard input, or typed unseen."""
    from brisa.cli.files import STDIO, secret

    text = secret(value, f"Value of {key}") if value == STDIO else value
    put(api, key, {"value": json.dumps(text) if as_json else text, "description": description})
    click.echo(f"Variable {key} is set")


@variables.command()
@click.argument("key")
@plain_api_options
def delete(api: Api, key: str) -> None:
    """Delete a Variable."""
    known(lambda: api.delete("variables", key), lambda: _keys(api), key, f"there is no Variable {key!r}", _LIST)
    click.echo(f"Variable {key} is deleted")


@variables.command("import")
@click.argument("file")
@click.option(
    "-a",
    "--action-on-existing-key",
    type=click.Choice(["overwrite", "fail", "skip"]),
    default="overwrite",
    show_default=True,
    help="What becomes of those that are there already.",
)
@plain_api_options
def import_(api: Api, file: str, action_on_existing_key: str) -> None:
    """Set the Variables that a file says (.json, .yaml or .env; - for JSON on the standard input)."""
    told = read_settings(file)
    entities = [{"key": key, **_fields(value)} for key, value in told.items()]
    made = make_all(api, "variables", entities, "key", action_on_existing_key)
    left = len(told) - made
    click.echo(f"{many(made, 'Variable')} imported" + (f", {left} left as they were" if left else ""))


@variables.command()
@click.argument("file")
@plain_api_options
def export(api: Api, file: str) -> None:
    """Write all Variables to a file (.json, .yaml or .env; - for the standard output), for `variables import`.

    A brisa elsewhere does not tell what is secret: *** is in its place.
    """
    if api.state is not None:
        from brisa.services.variables import Variables

        found = dict(Variables(api.state.store).exported())
    else:
        found = {one["key"]: _exported(one) for one in api.all("variables", key="variables")}
    write_settings(file, found)
    click.echo(f"{many(len(found), 'Variable')} exported to {file}", err=True)


def put(api: Api, key: str, fields: dict[str, Any]) -> None:
    """Make a Variable, or change it: what is ``None`` stays as it is."""
    given = {field: value for field, value in fields.items() if value is not None}
    try:
        api.post("variables", body={"key": key, **given})
    except ApiError as error:
        if error.status != 409:
            raise
        api.patch("variables", key, body={"key": key, **given})


def _value(api: Api, key: str) -> str:
    """The owner of a home is told what is secret, too: it is in a file of theirs."""
    found: str = api.get("variables", key)["value"]
    if api.state is None:
        return found
    from brisa.services.variables import Variables

    return Variables(api.state.store).get(key).value


def _keys(api: Api) -> list[str]:
    return [one["key"] for one in api.all("variables", key="variables")]


def _fields(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "description"}:
        return {"value": value["value"], "description": value.get("description")}
    return {"value": value}


def _exported(one: dict[str, Any]) -> Any:
    try:
        value = json.loads(one["value"])
    except ValueError:
        value = one["value"]
    return value if one["description"] is None else {"value": value, "description": one["description"]}
