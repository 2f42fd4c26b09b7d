"""One brisa, asked in two ways: as the home of here, and as a brisa elsewhere."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from brisa.bootstrap import State, dags_folder, open_state, refresh
from brisa.bootstrap.accounts import token_key
from brisa.model.access import Role
from brisa.model.user import User
from brisa.services.health import no_beats
from brisa.services.users import Users
from brisa.web.embedded import make_home_app
from brisa.web.server import ApiServer
from brisa.web.tokens import Tokens
from tests.support.program import Called, Home
from tests.web.auth_site import quick_hasher

WAYS = ("here", "elsewhere")


@contextmanager
def served(path: Path, role: Role = Role.ADMIN) -> Iterator[tuple[Home, State]]:
    """A home whose commands ask it over HTTP, as a user of that role; and its state."""
    with open_state(path) as state, ApiServer("127.0.0.1", 0) as server:
        registry = SimpleNamespace(load_again=lambda _: None)
        stack: Any = SimpleNamespace(state=state, registry=registry, beats=no_beats, settings={}, metrics=None)
        server.serve(lambda: make_home_app(stack))
        user = Users(state.store, state.clock, quick_hasher).create(User(username="ana", role=role), "a long password")
        token = Tokens(token_key(path), state.clock, seconds=3600).issue(user)
        yield Home(path, {"BRISA_URL": server.url, "BRISA_TOKEN": token}), state


@contextmanager
def place(way: str, path: Path, files: Sequence[tuple[str, str]] = ()) -> Iterator[Home]:
    """A new home with DAG files, asked in that way."""
    home = Home(path / "home")
    for name, text in files:
        home.write(name, text)
    if way == "here":
        yield home
        return
    with served(home.path) as (elsewhere, state):
        if files:
            refresh(state, dags_folder(home.path))
        yield elsewhere


def typed(home: Home, text: str, *arguments: str) -> Called:
    """Run a command that reads ``text`` from its standard input."""
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        return home.call(*arguments)
    finally:
        sys.stdin = before
