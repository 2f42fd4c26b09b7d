"""Every route of the API declares who may use it, and that is how it is: each role at each route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from brisa.model.access import GRANTS, Permission, Role
from brisa.web.accounts import COOKIE
from brisa.web.origin import SAFE
from brisa.web.permissions import declared
from brisa.web.routing import AuditedRoute
from tests.web.application import application
from tests.web.auth_site import AuthSite


@dataclass(frozen=True)
class Way:
    """One method of one route."""

    method: str
    path: str
    permissions: tuple[Permission, ...]
    """All that it takes; none of a route for everybody."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """Its path with something in each place, which is a number and a name."""
        return re.sub(r"\{[^}]+\}", "1", self.path)


def routes(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    """Each with its whole path."""
    for context in iter_route_contexts(app.routes):
        route: Any = context.original_route
        assert isinstance(route, APIRoute), f"{context.path} is none that could declare a permission"
        assert context.path is not None
        yield context.path, route


def ways(app: FastAPI) -> Iterator[Way]:
    """All there are."""
    for path, route in routes(app):
        permissions = tuple(one for one in declared(list(route.dependencies)) if one is not None)
        for method in sorted(route.methods or ()):
            yield Way(method, path, permissions)


WAYS = list(ways(application()))
GUARDED = [way for way in WAYS if way.permissions]
OPEN = {
    "GET /api/v2/openapi.json",
    "GET /api/v2/version",
    "GET /api/v2/monitor/health",
    "GET /api/v2/auth/login",
    "GET /api/v2/auth/logout",
    "POST /auth/token",
    "POST /auth/token/cli",
    "POST /auth/login",
}
"""What takes no token. A route that is to be added here is to be thought about twice."""
each_way = pytest.mark.parametrize("way", GUARDED, ids=str)


@pytest.fixture(scope="module")
def web():
    """A home with a user for each role."""
    return AuthSite()


def test_each_route_declares_a_permission(web):
    """Or some, or that it is for everybody; not nothing, and not both."""
    found = [(route.name, declared(list(route.dependencies))) for _, route in routes(application())]
    assert len(found) > 10
    assert [name for name, permissions in found if not permissions] == []
    assert [name for name, permissions in found if None in permissions and len(permissions) > 1] == []


def test_a_route_without_a_permission_is_found(web):
    """The test above is one that can fail: it sees routes of the application and of routers in it."""
    from fastapi import APIRouter

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    router = APIRouter(prefix="/more")
    router.get("/in")(lambda: None)
    app.get("/out")(lambda: None)
    app.include_router(router, prefix="/even")
    assert {path: declared(list(route.dependencies)) for path, route in routes(app)} == {
        "/out": [],
        "/even/more/in": [],
    }


def test_what_is_for_everybody():
    """Only what is known to be."""
    assert {str(way) for way in WAYS if not way.permissions} <= OPEN


def test_every_change_is_audited(web):
    """Each route that is not a look is of the class that leaves an entry."""
    changing = [(path, route) for path, route in routes(application()) if not set(route.methods or ()) <= set(SAFE)]
    assert [path for path, route in changing if not isinstance(route, AuditedRoute)] == []


def test_the_document_says_who_needs_a_token(web):
    """Generated clients send one where, and only where, the document says so."""
    document = web.browser().get("/api/v2/openapi.json").json()
    said = {
        (method.upper(), path): "security" in operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    known = {(way.method, re.sub(r":\w+}", "}", way.path)): bool(way.permissions) for way in WAYS}
    del known["GET", "/api/v2/openapi.json"]
    assert said == known
    assert document["components"]["securitySchemes"]["HTTPBearer"] == {"type": "http", "scheme": "bearer"}


def test_roles_are_nested():
    """Each may what the one before may, and something more; only admins see users and the audit log."""
    ladder = [GRANTS[role] for role in Role]
    assert all(lower < higher for lower, higher in pairwise(ladder))
    own = {Permission.READ_USERS, Permission.EDIT_USERS, Permission.READ_AUDIT}
    assert GRANTS[Role.ADMIN] == frozenset(Permission)
    assert own & GRANTS[Role.OP] == set()


@each_way
@pytest.mark.parametrize("role", list(Role))
def test_each_role_at_each_route(web, way, role):
    """Who has the permission gets through to what the route itself says; who has not gets 403."""
    response = web.user(role.value).request(way.method, way.address)
    if all(map(role.may, way.permissions)):
        assert response.status_code not in (401, 403, 500), response.text
    else:
        assert (response.status_code, response.json()) == (403, {"detail": "Forbidden"})


@each_way
def test_nobody_at_each_route(web, way):
    """Without a token, with one that is none, or with a cookie that is none: 401, with a word on what to send."""
    for headers in ({}, {"Authorization": "Bearer garbage"}, {"Cookie": f"{COOKIE}=garbage"}):
        response = web.browser().request(way.method, way.address, headers=headers)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
        assert response.json()["detail"]


@pytest.mark.parametrize("way", [way for way in GUARDED if way.method not in SAFE], ids=str)
def test_a_browser_without_its_token_changes_nothing(web, way):
    """Wherever something could change, an admin's cookie alone is not enough."""
    browser = web.browser()
    browser.cookies.set(COOKIE, web.tokens.issue(web.users.get("admin")))
    response = browser.request(way.method, way.address)
    assert response.status_code == 403
    assert "X-CSRF-Token" in response.json()["detail"]


@pytest.mark.parametrize("way", [way for way in WAYS if not way.permissions], ids=str)
def test_everybody_at_the_open_routes(web, way):
    """Nobody is asked who they are."""
    for headers in ({}, {"Authorization": "Bearer garbage"}):
        response = web.browser().request(way.method, way.address, headers=headers)
        assert response.status_code not in (401, 403, 500)


def test_nothing_has_changed(web):
    """After all of the above: neither users nor pools nor DAGs; in the audit log is what takes no body to be done."""
    assert [user.username for user in web.users.list()] == sorted(Role)
    assert web.store.pools() == []
    assert [one.record.paused for one in web.store.dags()] == [False]
    events = {entry.event for entry in web.store.audit_entries(limit=1000)}
    assert events <= {"delete_session", "create_default_connections"}
