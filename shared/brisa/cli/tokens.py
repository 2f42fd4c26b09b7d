"""``brisa api-token``."""

from __future__ import annotations

import click

from brisa.cli.api import profile_option, url_option
from brisa.cli.files import secret
from brisa.cli.output import home_option, options, verbose_option
from brisa.errors import BrisaError, NotFoundError

_FIRST = "admin"


@click.command("api-token")
@click.option("-u", "--username", default=_FIRST, show_default=True, help="Whose token.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="How long it is good for [as any, see below].")
@options(home_option, url_option, profile_option, verbose_option)
def api_token(username: str, hours: float | None, home_given: str | None, url: str | None, profile: str | None) -> None:
    """Print a token for the HTTP API: of a home for whoever may read it, of a brisa elsewhere for who has the password.

    The password is typed unseen, or read from the standard input.
    """
    from brisa.cli.remote import chosen

    far = None if home_given is not None else chosen(url, None, profile)
    if far is None:
        click.echo(_own(username, hours, home_given))
        return
    if hours is not None:
        raise click.UsageError("how long a token is good for, a brisa elsewhere says itself: leave out --hours")
    from brisa.cli.api import Api, ApiError
    from brisa.cli.remote import HttpChannel

    channel = HttpChannel(far.url, "")
    channel.hints = {}
    password = secret(None, f"Password of {username} at {far.url}")
    try:
        told = Api(channel).post("/auth/token", body={"username": username, "password": password})
    except ApiError as error:
        hint = "; there it is an identity token: `gcloud auth print-identity-token`" if error.status == 404 else ""
        raise BrisaError(f"{error}{hint}") from error
    finally:
        channel.close()
    click.echo(told["access_token"])


def _own(username: str, hours: float | None, home_given: str | None) -> str:
    """A token for a user of the home, signed with its key."""
    from brisa.bootstrap import home_folder, open_state
    from brisa.bootstrap.accounts import token_key, token_seconds
    from brisa.cli.words import nearest
    from brisa.services.audit import Audit
    from brisa.services.users import Users
    from brisa.web.local import ORIGIN, os_user
    from brisa.web.tokens import Tokens

    home = home_folder(home_given)
    with open_state(home) as state:
        users = Users(state.store, state.clock)
        try:
            user = users.get(username)
        except NotFoundError as error:
            known = [one.username for one in users.list()]
            hint = nearest(username, known) if known else ": `brisa standalone` makes the first one at its first start"
            raise NotFoundError(f"{error}{hint}") from None
        if not user.active:
            raise BrisaError(f"user {username!r} is not active")
        token = Tokens(token_key(home), state.clock, seconds=token_seconds()).issue(user, hours and hours * 3600)
        Audit(state.store, state.clock).add(
            "cli_api_token", owner=os_user(), origin=ORIGIN, extra={"username": username}
        )
    return token
