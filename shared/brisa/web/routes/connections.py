"""Connections: where outside systems are, and how to log in. Their secrets are written, and never answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Header, HTTPException, Query

from brisa.authoring.connection_text import FIELDS
from brisa.authoring.connections import Connection
from brisa.errors import DecodeError
from brisa.model.access import Permission
from brisa.services.connection_tests import ConnectionTests, allowed, try_connection
from brisa.services.connections import Connections, UnfitConnectionError, kept, shown
from brisa.web.backend import Backend, Uses
from brisa.web.bulk import Bulk, BulkBody
from brisa.web.paging import Limit, Offset, begins, in_order, matches, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.common import BulkResponse
from brisa.web.schemas.connections import (
    AsyncConnectionTestResponse,
    ConnectionBody,
    ConnectionCollectionResponse,
    ConnectionResponse,
    ConnectionTestQueuedResponse,
    ConnectionTestRequestBody,
    ConnectionTestResponse,
)

router = routes("Connection")
_READ, _EDIT = needs(Permission.READ_CONNECTIONS), needs(Permission.EDIT_CONNECTIONS)
_ID: Mapping[str, Callable[[str], Any]] = dict.fromkeys(("id", "connection_id", "conn_id"), str)
_KEYS: Mapping[str, Callable[[Connection], Any]] = {
    **dict.fromkeys(_ID, lambda one: one.conn_id),
    "conn_type": lambda one: one.conn_type,
    "description": lambda one: one.description,
    "host": lambda one: one.host,
    "port": lambda one: one.port,
    "team_name": lambda _: None,
}


@router.get("/connections", dependencies=[_READ], responses=problems(400))
def get_connections(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    connection_id_pattern: str | None = None,
    connection_id_prefix_pattern: str | None = None,
) -> ConnectionCollectionResponse:
    """Those that are kept; what environment variables define is not among them. Each is read by itself: in the order of
    their ids, only those of the page are."""
    connections = Connections(backend.secrets)
    ids = [
        conn_id
        for conn_id in connections.ids()
        if matches(connection_id_pattern, conn_id) and begins(connection_id_prefix_pattern, conn_id)
    ]
    if all(name.removeprefix("-") in _ID for name in order_by):
        found = connections.all(page(in_order(ids, order_by, _ID, "id"), limit, offset))
    else:
        found = page(in_order(connections.all(ids), order_by, _KEYS, "id"), limit, offset)
    return ConnectionCollectionResponse(connections=[_view(one) for one in found], total_entries=len(ids))


@router.post("/connections", status_code=201, dependencies=[_EDIT], responses=problems(400, 409))
def post_connection(body: ConnectionBody, backend: Uses) -> ConnectionResponse:
    """Make a connection."""
    if Connections(backend.secrets).exists(body.connection_id):
        raise HTTPException(409, f"The Connection with connection_id: `{body.connection_id}` already exists")
    return _put(backend, _made(body))


@router.patch("/connections", dependencies=[_EDIT], responses=problems())
def bulk_connections(body: BulkBody[ConnectionBody], backend: Uses) -> BulkResponse:
    """Make, change and remove several connections."""
    connections = Connections(backend.secrets)
    return Bulk[ConnectionBody](
        kind="connection",
        name=lambda one: one.connection_id,
        exists=connections.exists,
        create=lambda one: _put(backend, _made(one)),
        update=lambda one, mask: _put(backend, _changed(connections, one, mask)),
        delete=connections.delete,
    ).perform(body)


@router.post("/connections/test", dependencies=[_EDIT], responses=problems())
def test_connection(body: ConnectionBody, backend: Uses) -> ConnectionTestResponse:
    """Whether it works; 403 unless the deployment allows that. ``***`` stands for what the kept one has."""
    _check_allowed()
    tried = try_connection(_to_try(backend, body))
    return ConnectionTestResponse(status=tried.status, message=tried.message)


@router.post("/connections/enqueue-test", status_code=202, dependencies=[_EDIT], responses=problems(409))
def enqueue_connection_test(body: ConnectionTestRequestBody, backend: Uses) -> ConnectionTestQueuedResponse:
    """As ``test_connection``, for who asks for the result later, by the token. The test is over by then, in whichever
    state; ``executor`` and ``queue`` mean nothing here."""
    _check_allowed()
    connection = _to_try(backend, body)
    token, tried = ConnectionTests(backend.store, backend.clock).run(connection)
    if tried.status and body.commit_on_success:
        _put(backend, connection)
    return ConnectionTestQueuedResponse(
        token=token, connection_id=body.connection_id, state="success" if tried.status else "failed"
    )


@router.get("/connections/enqueue-test", dependencies=[_READ], responses=problems(404))
def get_connection_test(
    token: Annotated[str, Header(alias="Airflow-Connection-Test-Token")], backend: Uses
) -> AsyncConnectionTestResponse:
    """What came of a test, for an hour."""
    found = ConnectionTests(backend.store, backend.clock).result(token)
    created = datetime.fromtimestamp(found.pop("created_at"), UTC)
    return AsyncConnectionTestResponse(token=token, created_at=created, **found)


@router.post("/connections/defaults", status_code=204, dependencies=[_EDIT], responses=problems())
def create_default_connections(backend: Uses) -> None:
    """Keep those that hooks of brisa's own look for; what is there stays as it is."""
    Connections(backend.secrets).put_defaults()


@router.get("/connections/{connection_id}", dependencies=[_READ], responses=problems(404))
def get_connection(connection_id: str, backend: Uses) -> ConnectionResponse:
    """One connection, without its secrets."""
    connections = Connections(backend.secrets)
    return _view(next(iter(connections.all([connection_id])), None) or connections.get(connection_id))


@router.patch("/connections/{connection_id}", dependencies=[_EDIT], responses=problems(400, 404))
def patch_connection(
    connection_id: str,
    body: ConnectionBody,
    backend: Uses,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> ConnectionResponse:
    """Change a connection: what the body has, and of that only what ``update_mask`` names; ``***`` stays what it
    was."""
    if body.connection_id != connection_id:
        raise HTTPException(400, "The connection_id in the request body does not match the URL parameter")
    return _put(backend, _changed(Connections(backend.secrets), body, update_mask))


@router.delete("/connections/{connection_id}", status_code=204, dependencies=[_EDIT], responses=problems(404))
def delete_connection(connection_id: str, backend: Uses) -> None:
    """Remove a connection."""
    Connections(backend.secrets).delete(connection_id)


def _made(body: ConnectionBody) -> Connection:
    return Connection.of(body.connection_id, _fields(body))


def _fields(body: ConnectionBody) -> dict[str, Any]:
    """A connection's fields, as the body has them."""
    return {name: getattr(body, "schema_" if name == "schema" else name) for name in FIELDS}


def _changed(connections: Connections, body: ConnectionBody, mask: list[str] | None) -> Connection:
    before = connections.get(body.connection_id)
    sent = {name.removesuffix("_") for name in body.model_fields_set}
    wanted = sent & set(mask) if mask else sent
    fields = {name: value if name in wanted else getattr(before, name) for name, value in _fields(body).items()}
    return kept(Connection.of(body.connection_id, fields), before)


def _to_try(backend: Backend, body: ConnectionBody) -> Connection:
    connections = Connections(backend.secrets)
    if not connections.exists(body.connection_id):
        return _made(body)
    try:
        return kept(_made(body), connections.get(body.connection_id))
    except DecodeError:
        return _made(body)


def _check_allowed() -> None:
    if not allowed():
        raise HTTPException(403, "Testing connections is disabled here. BRISA_TEST_CONNECTION=enabled allows it.")


def _put(backend: Backend, one: Connection) -> ConnectionResponse:
    try:
        Connections(backend.secrets).put(one)
    except UnfitConnectionError as error:
        raise HTTPException(400, str(error)) from error
    return _view(one)


def _view(one: Connection) -> ConnectionResponse:
    seen = shown(one)
    return ConnectionResponse(
        connection_id=seen.conn_id or "",
        conn_type=seen.conn_type or "",
        description=seen.description,
        host=seen.host,
        login=seen.login,
        schema=seen.schema,
        port=seen.port,
        password=seen.password,
        extra=seen.extra,
        team_name=None,
    )
