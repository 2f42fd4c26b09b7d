"""How errors are told: ``{"detail": …}`` with Airflow's statuses, and never a trace."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from brisa.adapters.oidc import StrangerError
from brisa.errors import (
    BrisaError,
    ConflictError,
    DecodeError,
    IdentityError,
    NewerFormatError,
    NotFoundError,
    ScheduleError,
    UnavailableError,
)
from brisa.model.params import ParamValidationError

log = logging.getLogger(__name__)

STATUSES: Sequence[tuple[type[BrisaError], int]] = (
    (StrangerError, 403),
    (IdentityError, 401),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ParamValidationError, 400),
    (ScheduleError, 400),
    (NewerFormatError, 503),
    (DecodeError, 400),
    (UnavailableError, 503),
)
"""The first that fits counts; whatever fits none is a defect, or must be mended by a person: 500."""
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}
_BROKEN = "brisa has failed here; its log says how"


def handle_errors(app: FastAPI) -> None:
    """Have ``app`` answer errors so."""
    app.exception_handler(BrisaError)(_told)
    app.exception_handler(RequestValidationError)(_unfit)
    app.exception_handler(Exception)(_broken)


def _told(request: Request, error: Exception) -> JSONResponse:
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return JSONResponse({"detail": str(error)}, status, _HEADERS.get(status))
    return _broken(request, error)


def _unfit(_: Request, error: Exception) -> JSONResponse:
    """As FastAPI's, without what was sent: it may be secret, or long, or no JSON."""
    told = error.errors() if isinstance(error, RequestValidationError) else []
    places = [{name: _plain(place[name]) for name in ("type", "loc", "msg") if name in place} for place in told]
    return JSONResponse({"detail": places}, 422)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _broken(request: Request, error: Exception) -> JSONResponse:
    request.state.broken = error  # for whoever called without a server
    log.error("%s %s has failed", request.method, request.url.path, exc_info=error)
    return JSONResponse({"detail": _BROKEN}, 500)
