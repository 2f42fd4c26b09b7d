"""How a route is made: with a tag, the answers it may give, and an entry in the audit log if it changes something."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from inspect import signature
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute

from brisa.errors import DecodeError
from brisa.web.audit import record
from brisa.web.origin import SAFE
from brisa.web.schemas.base import HTTPValidationError, Problem

PREFIX = "/api/v2"


class AuditedRoute(APIRoute):
    """A route that leaves an entry in the audit log once it has changed something; one that has not, for once, says so
    by ``request.state.unchanged``."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        if "body" in signature(endpoint).parameters:
            # What is no text in UTF-8, and what is too large, no route gets to see.
            more["responses"] = {**problems(400, 413), **(more.get("responses") or {})}
        super().__init__(path, endpoint, **more)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, with the entry after it."""
        handle = super().get_route_handler()
        if set(self.methods or ()) <= set(SAFE) or (self.openapi_extra or {}).get(_READS):
            return handle

        async def audited(request: Request) -> Response:
            response = await handle(request)
            if response.status_code < 400 and not getattr(request.state, "unchanged", False):
                await record(request, self.name)
            return response

        return audited


_READS = "x-reads-only"
READS_ONLY: dict[str, Any] = {_READS: True}
"""``openapi_extra`` of a POST that changes nothing (a search with a body, a rehearsal)."""


def routes(tag: str, prefix: str = PREFIX) -> APIRouter:
    """A router for one module; ``tag`` is Airflow's, by which generated clients group their methods."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=AuditedRoute, dependencies=[Depends(_check_body)])


_SUSPICIOUS = (b"\\u", b"NaN", b"Infinity")


async def _check_body(request: Request) -> None:
    """422 for JSON that Python reads though no store could take it: ``NaN``, or half of a surrogate pair."""
    if request.method in SAFE or "json" not in request.headers.get("content-type", ""):
        return
    body = await request.body()
    if any(sign in body for sign in _SUSPICIOUS):
        from brisa.handlers.bodies import decoded  # loads a second web framework

        try:
            decoded(body)
        except DecodeError as error:
            raise HTTPException(422, str(error)) from error


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: these beside 401, 403 and 422, which all have."""
    return {**{status: {"model": Problem} for status in (401, 403, *statuses)}, 422: {"model": HTTPValidationError}}
