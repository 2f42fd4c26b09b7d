"""``brisa connections …``."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Any

import click

from brisa.cli.api import Api, ApiError, known, plain_api_options
from brisa.cli.bulk import make_all
from brisa.cli.files import STDIO, read_settings, secret, write_settings
from brisa.cli.output import many, output_option, print_rows
from brisa.cli.words import Words
from brisa.errors import BrisaError

_LIST = ("connections", "list")
_COLUMNS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
FAILED = 1


@click.group(cls=Words)
def connections() -> None:
    """List, get, add, delete, test, import and export connections: where other systems are, and how to log in."""


@connections.command("list")
@click.option("--show-values", is_flag=True, help="All of each; *** stands for what is secret.")
@plain_api_options
@output_option
def list_(api: Api, show_values: bool, output: str) -> None:
    """List all connections that brisa keeps; those of environment variables are not among them."""
    shown = ("conn_id", *_COLUMNS) if show_values else ("conn_id", "conn_type")
    rows = [{name: _row(one)[name] for name in shown} for one in api.all("connections", key="connections")]
    print_rows(rows, output, nothing="No connections: make one with 'brisa connections add'.")


@connections.command()
@click.argument("conn_id")
@plain_api_options
@output_option
def get(api: Api, conn_id: str, output: str) -> None:
    """Show one connection; *** stands for what is secret."""
    print_rows([_row(_one(api, conn_id))], output, nothing="")


@connections.command()
@click.argument("conn_id")
@click.option("--conn-uri", metavar="URI", help="All of it as a URI.")
@click.option("--conn-json", metavar="JSON", help="All of it as a JSON object.")
@click.option("--conn-type", metavar="TYPE", help="Of which kind it is.")
@click.option("--conn-description", metavar="TEXT", help="What it is for.")
@click.option("--conn-host", metavar="HOST", help="Where the system is.")
@click.option("--conn-login", metavar="NAME", help="As whom to log in.")
@click.option("--conn-password", metavar="PASSWORD", help="With which password; - asks for it, unseen.")
@click.option("--conn-schema", metavar="SCHEMA", help="In which schema, or database.")
@click.option("--conn-port", type=click.IntRange(0, 65535), metavar="PORT", help="At which port.")
@click.option("--conn-extra", metavar="JSON", help="What else there is to say, as a JSON object.")
@plain_api_options
def add(api: Api, conn_id: str, conn_uri: str | None, conn_json: str | None, **given: str | int | None) -> None:
    """Make a connection. What may have a password in it (URI, JSON, password) can be -: then it is typed unseen, or
    read from the standard input."""
    parts = {name.removeprefix("conn_"): value for name, value in given.items() if value is not None}
    text = conn_uri if conn_uri is not None else conn_json
    if (conn_uri is not None) + (conn_json is not None) + bool(parts) != 1:
        raise click.UsageError("give one of --conn-uri, --conn-json, or --conn-type and its like")
    if text is not None:
        fields = _read(secret(text, "URI" if conn_uri is not None else "JSON") if text == STDIO else text)
    elif "type" not in parts:
        raise click.UsageError("--conn-type says of which kind it is")
    else:
        fields = {("conn_type" if name == "type" else name): value for name, value in parts.items()}
        if fields.get("password") == STDIO:
            fields["password"] = secret(STDIO, "Password")
    try:
        api.post("connections", body={"connection_id": conn_id, **fields})
    except ApiError as error:
        if error.status != 409:
            raise
        hint = f"`brisa connections delete {quote(conn_id)}` removes it"
        raise BrisaError(f"there is a connection {conn_id!r} already; {hint}") from None
    click.echo(f"connection {conn_id} is added")


@connections.command()
@click.argument("conn_id")
@plain_api_options
def delete(api: Api, conn_id: str) -> None:
    """Delete a connection."""
    known(lambda: api.delete("connections", conn_id), lambda: _ids(api), conn_id, _no(conn_id), _LIST)
    click.echo(f"connection {conn_id} is deleted")


@connections.command()
@click.argument("conn_id")
@plain_api_options
def test(api: Api, conn_id: str) -> int:
    """Try whether a connection works, where that is allowed; status 1 if it does not."""
    one = _one(api, conn_id)
    body = {name: value for name, value in one.items() if name != "team_name"}
    tried = api.post("connections/test", body=body)
    click.echo(tried["message"])
    return 0 if tried["status"] else FAILED


@connections.command("create-default-connections")
@plain_api_options
def create_default_connections(api: Api) -> None:
    """Make those that hooks of brisa's own look for; what is there stays as it is."""
    before = _ids(api)
    api.post("connections/defaults")
    added = sorted(set(_ids(api)) - set(before))
    click.echo(f"added: {', '.join(added)}" if added else "all are there already")


@connections.command("import")
@click.argument("file")
@click.option("--overwrite", is_flag=True, help="Put them in the place of those that are there already.")
@plain_api_options
def import_(api: Api, file: str, overwrite: bool) -> None:
    """Make the connections that a file says (.json, .yaml or .env; - for JSON on the standard input)."""
    told = read_settings(file)
    entities = [{"connection_id": conn_id, **_told(conn_id, value)} for conn_id, value in told.items()]
    made = make_all(api, "connections", entities, "connection_id", "overwrite" if overwrite else "skip")
    left = len(told) - made
    click.echo(f"{many(made, 'connection')} imported" + (f", {left} left as they were" if left else ""))


@connections.command()
@click.argument("file")
@click.option("--file-format", type=click.Choice(["json", "yaml", "env"]), help="How [as the file's name ends].")
@click.option(
    "--serialization-format",
    type=click.Choice(["json", "uri"]),
    default="json",
    show_default=True,
    help="Each as an object of its fields, or as a URI.",
)
@plain_api_options
def export(api: Api, file: str, file_format: str | None, serialization_format: str) -> None:
    """Write all connections, with their secrets, to a file (- for the standard output), for `connections import`.

    A brisa elsewhere does not tell what is secret: *** is in its place.
    """
    as_uris = serialization_format == "uri"
    if api.state is not None:
        from brisa.adapters.sqlite import SqliteSecrets
        from brisa.services.connections import Connections

        home = api.state.home
        found = dict(Connections(SqliteSecrets(home / "secrets.db", home / "secret.key")).exported(as_uris=as_uris))
    else:
        found = {
            one["connection_id"]: _exported(one, as_uris=as_uris) for one in api.all("connections", key="connections")
        }
    write_settings(file, found, file_format)
    click.echo(f"{many(len(found), 'connection')} exported to {file}", err=True)


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"conn_id": one["connection_id"], **{name: one[name] for name in _COLUMNS}}


def _one(api: Api, conn_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = known(
        lambda: api.get("connections", conn_id), lambda: _ids(api), conn_id, _no(conn_id), _LIST
    )
    return found


def _ids(api: Api) -> list[str]:
    return [one["connection_id"] for one in api.all("connections", key="connections")]


def _no(conn_id: str) -> str:
    return f"there is no connection {conn_id!r}"


def _read(text: str) -> dict[str, Any]:
    """The fields that a URI or a JSON object says."""
    from brisa.authoring.connection_text import read_connection_text
    from brisa.authoring.exceptions import AirflowException

    try:
        fields = read_connection_text(text)
    except AirflowException as error:
        raise BrisaError(str(error)) from None
    return {name: value for name, value in fields.items() if value is not None}


def _told(conn_id: str, value: Any) -> dict[str, Any]:
    import json

    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = json.dumps(value)
    if not isinstance(value, str):
        raise BrisaError(f"connection {conn_id!r} is neither a URI nor an object of its fields")
    try:
        return _read(value)
    except BrisaError as error:
        raise BrisaError(f"connection {conn_id!r}: {error}") from None


def _exported(one: Mapping[str, Any], *, as_uris: bool) -> Any:
    fields = {name: one[name] for name in _COLUMNS}
    if not as_uris:
        return fields
    from brisa.authoring.connections import Connection

    return Connection.of(one["connection_id"], fields).get_uri()
