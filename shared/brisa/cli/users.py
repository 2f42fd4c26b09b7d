"""``brisa users …`` and ``brisa roles …``."""

from __future__ import annotations

import secrets
from typing import Any

import click

from brisa.cli.api import Api, known, plain_api_options
from brisa.cli.files import secret
from brisa.cli.output import options, output_option, print_rows, when
from brisa.cli.words import Words

_LIST = ("users", "list")
_USERS, _ROLES = "/auth/fab/v1/users", "/auth/fab/v1/roles"
ROLES = ("Viewer", "User", "Op", "Admin")
_name_option = click.option("-u", "--username", required=True, help="Their name.")
_role_type = click.Choice(ROLES, case_sensitive=False)
_password_options = options(
    click.option(
        "-p", "--password", help="Their password [asked for on the terminal, or read from the standard input]."
    ),
    click.option("--use-random-password", is_flag=True, help="Make one up, and print it."),
)


@click.group(cls=Words)
def users() -> None:
    """List, make and delete users, change their roles and passwords."""


@users.command("list")
@plain_api_options
@output_option
def list_(api: Api, output: str) -> None:
    """List all users."""
    rows = [_row(one) for one in api.all(_USERS, key="users", query={"order_by": "username"})]
    print_rows(rows, output, nothing="No users: 'brisa standalone' makes the first one, or 'brisa users create'.")


@users.command()
@_name_option
@click.option("-r", "--role", type=_role_type, required=True, help="What they may do.")
@click.option("-e", "--email", default="", help="Their e-mail address.")
@click.option("-f", "--firstname", default="", help="Their first name.")
@click.option("-l", "--lastname", default="", help="Their last name.")
@_password_options
@plain_api_options
def create(
    api: Api,
    username: str,
    role: str,
    email: str,
    firstname: str,
    lastname: str,
    password: str | None,
    use_random_password: bool,
) -> None:
    """Make a user. A password on the command line can be seen by others on this machine: leave it out."""
    chosen, made_up = _password(password, use_random_password)
    body = {
        "username": username,
        "email": email,
        "first_name": firstname,
        "last_name": lastname,
        "roles": [{"name": role}],
        "password": chosen,
    }
    api.post(_USERS, body=body)
    click.echo(f"user {username} is made: {role}")
    if made_up:
        click.echo(f"password: {chosen}")


@users.command()
@_name_option
@plain_api_options
def delete(api: Api, username: str) -> None:
    """Delete a user."""
    known(lambda: api.delete(_USERS, username), lambda: _names(api), username, _no(username), _LIST)
    click.echo(f"user {username} is deleted")


@users.command("change-role")
@_name_option
@click.option("-r", "--role", type=_role_type, required=True, help="What they may do from now on.")
@plain_api_options
def change_role(api: Api, username: str, role: str) -> None:
    """Give a user another role; their tokens are void."""
    _change(api, username, {"roles": [{"name": role}]})
    click.echo(f"user {username} is changed: {role}")


@users.command("reset-password")
@_name_option
@_password_options
@plain_api_options
def reset_password(api: Api, username: str, password: str | None, use_random_password: bool) -> None:
    """Give a user another password; their tokens are void."""
    known(lambda: api.get(_USERS, username), lambda: _names(api), username, _no(username), _LIST)
    chosen, made_up = _password(password, use_random_password)
    _change(api, username, {"password": chosen})
    click.echo(f"user {username} has another password")
    if made_up:
        click.echo(f"password: {chosen}")


@click.group(cls=Words)
def roles() -> None:
    """List the roles that users have."""


@roles.command("list")
@plain_api_options
@output_option
def list_roles(api: Api, output: str) -> None:
    """List the roles, and what each may do."""
    rows = [
        {
            "role": one["name"],
            "permissions": [f"{told['resource']['name']}:{told['action']['name']}" for told in one["actions"]],
        }
        for one in api.all(_ROLES, key="roles")
    ]
    print_rows(rows, output, nothing="")


def _password(given: str | None, random: bool) -> tuple[str, bool]:
    """The password, and whether it was made up."""
    if random and given is not None:
        raise click.UsageError("give --password or --use-random-password, not both")
    return (secrets.token_urlsafe(15), True) if random else (secret(given, "Password", twice=True), False)


def _change(api: Api, username: str, fields: dict[str, Any]) -> None:
    known(lambda: api.patch(_USERS, username, body=fields), lambda: _names(api), username, _no(username), _LIST)


def _names(api: Api) -> list[str]:
    return [one["username"] for one in api.all(_USERS, key="users")]


def _no(username: str) -> str:
    return f"there is no user {username!r}"


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "username": one["username"],
        "role": one["roles"][0]["name"],
        "active": one["active"],
        "email": one["email"],
        "first_name": one["first_name"],
        "last_name": one["last_name"],
        "created_on": when(one.get("created_on"), "seconds"),
    }
