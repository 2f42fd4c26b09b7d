"""The application, which takes a third of a second to make, made once for all tests of a process."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from brisa.web.app import make_app
from brisa.web.backend import Backend


class Served:
    """What :func:`~brisa.web.app.make_app` makes, over a backend of its own: for one thread at a time."""

    def __init__(self, backend: Backend) -> None:
        self.state = SimpleNamespace(backend=backend)

    @property
    def routes(self) -> list[Any]:
        """Of the application."""
        return list(application().routes)

    def openapi(self) -> dict[str, Any]:
        """Its description."""
        return application().openapi()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer over this backend."""
        app = application()
        app.state.backend = self.state.backend
        await app(scope, receive, send)


@cache
def application() -> FastAPI:
    """The one that all share; it answers nothing by itself."""
    return make_app(cast(Backend, None))
