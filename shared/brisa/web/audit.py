"""Each change that came through the API is noted, under the name of the API's method."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from brisa.errors import BrisaError
from brisa.model.access import Actor
from brisa.services.audit import Audit
from brisa.web.backend import Backend

log = logging.getLogger(__name__)
NOBODY = "anonymous"
_NAMED = {"dag_id": "dag_id", "dag_run_id": "run_id", "task_id": "task_id"}
"""A path's parameter, or a body's field → the entry's field."""
_NUMBERS = ("map_index", "try_number")


async def record(request: Request, event: str) -> None:
    """Note that ``request`` has changed something. A log that can't be written now does not undo the change."""
    backend = cast(Backend, request.app.state.backend)
    actor: Actor | None = getattr(request.state, "actor", None)
    body = await _body(request)
    path = dict(request.path_params)
    named = {**body, **path}
    of: dict[str, Any] = {field: named[name] for name, field in _NAMED.items() if isinstance(named.get(name), str)}
    of |= {name: int(path[name]) for name in _NUMBERS if str(path.get(name, "")).lstrip("-").isdigit()}
    rest = {name: value for name, value in path.items() if name not in _NAMED and name not in of}
    audit = Audit(backend.store, backend.clock)

    def write() -> None:
        audit.add(
            event,
            owner=NOBODY if actor is None else actor.name,
            origin=request.client.host if request.client else "",
            extra={**rest, **dict(request.query_params), **body},
            **of,
        )

    try:
        await run_in_threadpool(write)
    except BrisaError:
        log.exception("%s by %s is not in the audit log", event, actor)


async def _body(request: Request) -> Mapping[str, Any]:
    """The JSON object that was sent, if it was one: a route that takes no body has not looked at it."""
    if "json" not in request.headers.get("content-type", ""):
        return {}
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
