"""What the functions have in common: who calls is checked, then one is called, and whatever happens is answered.

| what | status |
| --- | --- |
| done, nothing left to do, a task that failed | 200 |
| a body that is not what the function takes | 400 |
| no token, or none that is good | 401 |
| a good token of somebody who may not call | 403 |
| another method | 405 |
| too large a body | 413 |
| a service that brisa stands on is away; a newer brisa has written it | 503, with ``Retry-After`` |
| a person must act; a defect of brisa | 500 |

Something that there is not (a run, a DAG) is 200 where a queue or Eventarc asks, which would only ask again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from werkzeug import Request, Response

from brisa.errors import BrisaError
from brisa.handlers.bearer import bearer_token
from brisa.handlers.bodies import throw_away
from brisa.handlers.entry import Entry
from brisa.handlers.log_lines import handling, name_traces_after
from brisa.handlers.parts import Parts
from brisa.handlers.refusals import Refusal, refusal
from brisa.model.trace import read_trace
from brisa.ports.telemetry import within

HEALTH = "/health"
P = TypeVar("P", bound=Parts)
P_contra = TypeVar("P_contra", bound=Parts, contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Generic[P_contra]):
    """One function: its name, and what it does with a request of somebody who may call."""

    name: str
    handle: Callable[[Request, P_contra, Entry], Any]
    """Gives what to answer, as JSON, or a whole response; notes in the entry what was done."""
    methods: tuple[str, ...] = ("POST",)
    unknown: int = 200
    """The status when something is asked for that there is not."""
    guarded: bool = True
    """Whether only the deployment's callers get through; else ``handle`` sees to who calls."""
    health: tuple[str, ...] = ("/", HEALTH)
    """Paths at which it says that it is well."""


def serve(function: Function[P], request: Request, parts: Callable[[], P]) -> Response:
    """The answer to ``request``, and its log line. ``parts`` is called only when something is to be done.

    What is done belongs to the trace that the request's headers name.
    """
    trace = read_trace(request.headers.get("traceparent", ""), request.headers.get("X-Cloud-Trace-Context", ""))
    with within(trace), handling(function.name):
        return _serve(function, request, parts)


def _serve(function: Function[P], request: Request, parts: Callable[[], P]) -> Response:
    entry = Entry(function=function.name)
    try:
        response = _answer(function, request, parts, entry)
    except BrisaError as error:
        refused = refusal(error, unknown=function.unknown)
        response = _broken(entry, error) if refused is None else _refused(entry, refused)
    except Exception as error:  # noqa: BLE001  whatever it is: the caller gets an answer, and the log its traceback
        response = _broken(entry, error)
    throw_away(request)
    entry.write(response.status_code)
    return response


def _answer(function: Function[P], request: Request, parts: Callable[[], P], entry: Entry) -> Response:
    if request.path in function.health and request.method in ("GET", "HEAD"):
        entry.outcome = "ok"
        return Response("ok", content_type="text/plain; charset=utf-8")
    if request.method not in function.methods:
        allowed = ", ".join(function.methods)
        raise Refusal(405, "wrong method", f"{function.name} takes {allowed}", {"Allow": allowed})
    made = parts()
    name_traces_after(made.settings.project)
    before = made.counts.totals()
    try:
        if function.guarded:
            made.verifier.verify(bearer_token(request.headers))
        answer = function.handle(request, made, entry)
        return answer if isinstance(answer, Response) else _json(200, answer)
    finally:
        entry.cost(before, made.counts.totals())
        made.telemetry.flush()  # once this is answered, the process may get no processor


def _refused(entry: Entry, refused: Refusal) -> Response:
    entry.outcome = refused.outcome
    entry.detail = str(refused)
    return _json(refused.status, {"detail": str(refused)}, refused.headers)


def _broken(entry: Entry, error: Exception) -> Response:
    entry.outcome = "defect"
    entry.fail(error)
    return _json(500, {"detail": "brisa has failed here; its log says how"})


def _json(status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json")
