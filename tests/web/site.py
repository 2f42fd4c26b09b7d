"""The API over real services and fakes, without a server or a process: for requests made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.testclient import TestClient

from brisa.adapters.memory import MemorySecrets
from brisa.adapters.oidc import StrangerError
from brisa.errors import IdentityError
from brisa.model.access import Actor, Role
from brisa.model.spec import DagSpec
from brisa.services.changes import Changes
from brisa.web.backend import Backend
from tests.support.builders import dag, task
from tests.support.site import Site
from tests.web.application import Served


class FakeGuard:
    """Takes a role's name for a token."""

    def identify(self, request: Request) -> Actor:
        """Whoever has that role."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in (*Role, "stranger"):
            raise IdentityError("there is no token, or none that is good")
        if token == "stranger":
            raise StrangerError("stranger@example.com may not call")
        return Actor(name=f"{token}@example.com", role=Role(token))


class WebSite:
    """A home whose DAG ``d`` is ``t0 >> t1``, and clients of its API."""

    def __init__(self, spec: DagSpec | None = None, **more: Any) -> None:
        self.site = Site(spec or dag(task("t0"), task("t1", "t0")), **more)
        self.store, self.clock, self.runs, self.blobs = (
            self.site.store,
            self.site.clock,
            self.site.runs,
            self.site.blobs,
        )
        self.secrets = MemorySecrets()
        self.backend = Backend(
            store=self.store,
            runs=self.runs,
            clock=self.clock,
            blobs=self.blobs,
            secrets=self.secrets,
            deletion=self.site.deletion,
            changes=Changes(self.store),
            guard=FakeGuard(),
        )
        self.app = Served(self.backend)
        self.admin = self.client(Role.ADMIN)

    def client(self, token: str = "", headers: Mapping[str, str] | None = None) -> TestClient:
        """A client that calls ``/api/v2`` with a role's token, or none."""
        own = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(
            self.app, "http://testserver/api/v2", headers={**own, **(headers or {})}, raise_server_exceptions=False
        )
