"""The API of a home in the process of whoever asks: for the command line. No server, no port, no token."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from fastapi import FastAPI, Request

from brisa.adapters.sqlite import SqliteSecrets
from brisa.bootstrap import State, beats_of
from brisa.model.access import Actor, Role
from brisa.services.changes import Changes
from brisa.services.deletion import Deletion
from brisa.web.answered import Answered
from brisa.web.app import add_routes, make_app
from brisa.web.backend import Backend
from brisa.web.places import modules_of

if TYPE_CHECKING:
    from brisa.web.accounts import Accounts

ORIGIN = "cli"
"""Where a change came from, in the audit log."""


class OwnerGuard:
    """Whoever may read and write a home's files may do everything there: they are asked by the operating system."""

    def identify(self, request: Request) -> Actor:
        """This process's user, as an admin."""
        return Actor(name=os_user(), role=Role.ADMIN)


def os_user() -> str:
    """The name of this process's user, or their number."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


class LocalApp:
    """Answers requests over the state of a home. Loads the routes of what is asked for alone.

    A defect, or a state that can't be used, is raised, not answered: nobody else is there to read a log.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._app = make_app(_backend(state), modules=())
        self._loaded: set[str] = set()
        self._runner = asyncio.Runner()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        """The answer to a request; ``target`` is its path, quoted, and query."""
        path, _, query = target.partition("?")
        if path.startswith("/auth/") and self._app.state.backend.accounts is None:
            self._app.state.backend = replace(self._app.state.backend, accounts=_accounts(self._state))
        new = [name for name in modules_of(method, unquote(path)) if name not in self._loaded]
        add_routes(self._app, new)
        self._loaded.update(new)
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": (ORIGIN, 0),
            "server": ("localhost", 0),
            "state": {},
        }
        return self._runner.run(_call(self._app, scope, body))

    def close(self) -> None:
        """End its threads. Idempotent."""
        self._runner.close()


async def _call(app: FastAPI, scope: dict[str, Any], body: bytes) -> Answered:
    sent: list[Any] = []
    ended = asyncio.Event()
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if unread:
            return unread.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    broken = scope["state"].get("broken")
    if broken is not None:
        raise broken
    start, *rest = sent
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answered(start["status"], headers, b"".join(part.get("body", b"") for part in rest))


def _backend(state: State) -> Backend:
    return Backend(
        store=state.store,
        runs=state.runs,
        clock=state.clock,
        blobs=state.blobs,
        secrets=SqliteSecrets(state.home / "secrets.db", state.home / "secret.key"),
        deletion=Deletion(state.store, state.blobs, state.runs),
        changes=Changes(state.store),
        guard=OwnerGuard(),
        triggered_by=ORIGIN,
        beats=lambda: beats_of(state.home),
    )


def _accounts(state: State) -> Accounts:
    """The home's users. Nobody logs in here, so no token that is made here is good elsewhere."""
    from brisa.services.users import Users
    from brisa.web.accounts import Accounts
    from brisa.web.tokens import Tokens

    users = Users(state.store, state.clock)
    return Accounts(state.store, state.clock, users, Tokens(secrets.token_bytes(32), state.clock, seconds=0))
