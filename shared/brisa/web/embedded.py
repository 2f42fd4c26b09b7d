"""The API of a home."""

from __future__ import annotations

from fastapi import FastAPI

from brisa.adapters.sqlite import SqliteSecrets
from brisa.bootstrap import Stack
from brisa.bootstrap.accounts import token_key, token_seconds
from brisa.services.changes import Changes
from brisa.services.deletion import Deletion
from brisa.services.users import Users
from brisa.web.accounts import Accounts
from brisa.web.app import make_app
from brisa.web.backend import Backend
from brisa.web.tokens import Tokens


def make_home_app(stack: Stack) -> FastAPI:
    """The application over the services of a running ``standalone``."""
    state = stack.state
    tokens = Tokens(token_key(state.home), state.clock, seconds=token_seconds())
    accounts = Accounts(state.store, state.clock, Users(state.store, state.clock), tokens)
    return make_app(
        Backend(
            store=state.store,
            runs=state.runs,
            clock=state.clock,
            blobs=state.blobs,
            secrets=SqliteSecrets(state.home / "secrets.db", state.home / "secret.key"),
            deletion=Deletion(state.store, state.blobs, state.runs),
            changes=Changes(state.store, reports=lambda: stack.registry.reports),
            guard=accounts,
            accounts=accounts,
            reload=stack.registry.load_again,
            beats=stack.beats,
            metrics=stack.metrics,
            settings=stack.settings,
        )
    )
