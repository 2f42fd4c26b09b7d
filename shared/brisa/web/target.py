"""What functions-framework serves as the api function: the application, over a stack of its own in each process.

functions-framework hands each request to a plain function; a2wsgi hands it on to the application, whose event loop is a
thread. Threads do not survive gunicorn's fork, so all of it is made for the first request. A request's body has been
read by then, whatever way it came in: a2wsgi would take one whose length is not told for empty.
"""

from __future__ import annotations

import io
import ipaddress
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import functions_framework
from werkzeug import Request, Response

from brisa.handlers.answering import HEALTH, Function
from brisa.handlers.bodies import read_body
from brisa.handlers.entrance import Entrance
from brisa.handlers.entry import Entry
from brisa.handlers.log_lines import log_in_lines
from brisa.handlers.refusals import Refusal
from brisa.ports.blobs import Blobs
from brisa.ports.secrets import Secrets
from brisa.services.changes import Changes
from brisa.services.deletion import Deletion
from brisa.services.runs import Runs
from brisa.web.limits import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from brisa.bootstrap.cloud import CloudStack

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_NOTED = {"dag_id": "dag_id", "dag_run_id": "run_id", "task_id": "task_id"}
"""A path's parameter → the log line's field."""
_TOLD = "brisa.told"
"""Of a WSGI environment: the dict in which the application leaves what became of a request."""


class Api:
    """Handles the requests of one process."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        """``make`` gives the ASGI application over a function's parts."""
        self._make = make
        self._lock = threading.Lock()
        self._made: WSGIApplication | None = None

    def __call__(self, request: Request, parts: Any, entry: Entry) -> Response:
        """The application's answer."""
        environ = _environ(request, read_body(request, LARGEST_BODY))
        response = Response.from_app(self._application(parts), environ, buffered=True)
        _describe(environ[_TOLD], response.status_code, entry)
        return response

    def _application(self, parts: Any) -> WSGIApplication:
        with self._lock:
            if self._made is None:
                from a2wsgi import ASGIMiddleware

                self._made = cast("WSGIApplication", ASGIMiddleware(_told(self._make(parts))))
            return self._made


def make_cloud_app(stack: CloudStack) -> Any:
    """The application over the services of a deployment."""
    from brisa.web.app import make_app
    from brisa.web.backend import Backend
    from brisa.web.google import GoogleGuard

    return make_app(
        Backend(
            store=stack.store,
            runs=cast(Runs, _Lazy(lambda: stack.runs)),
            clock=stack.clock,
            blobs=cast(Blobs, _Lazy(lambda: stack.blobs)),
            secrets=cast(Secrets, _Lazy(lambda: stack.secrets)),
            deletion=cast(Deletion, _Lazy(lambda: stack.deletion)),
            # A document that is read has a price, and so has an instance that waits: changes of runs are seen within
            # two seconds, those of DAGs within half a minute.
            changes=Changes(stack.store, interval=2.0, dags_every=15, background=False, now=stack.clock.now),
            guard=GoogleGuard(stack.anybody, stack.iap, stack.role),
        )
    )


class _Lazy:
    """Stands for a part until somebody needs it: most requests need no client but Firestore's."""

    def __init__(self, part: Callable[[], object]) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part(), name)


def _told(app: Any) -> Any:
    """``app``, which leaves with the WSGI request what became of it; an error that was answered has nowhere else to
    go."""

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        told = scope["wsgi_environ"][_TOLD]
        told["scope"] = scope
        try:
            await app(scope, receive, send)
        except Exception as error:  # noqa: BLE001  it was answered, and is told in the log line
            told["error"] = error

    return telling


def _environ(request: Request, body: bytes) -> WSGIEnvironment:
    """The request for the application: its body at hand, its text such as a2wsgi can read, and who really sent it."""
    environ = {**request.environ, _TOLD: {}}
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["QUERY_STRING"] = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe="%=&+;/?:@!$'()*,[]~-._")
    try:
        environ.get("PATH_INFO", "").encode("latin-1").decode()
    except UnicodeDecodeError:
        raise Refusal(404, "no such path", "there is nothing at this path") from None
    environ["REMOTE_ADDR"] = sender(environ.get("HTTP_X_FORWARDED_FOR", ""), environ.get("REMOTE_ADDR", ""))
    environ.setdefault("REMOTE_PORT", "0")
    return environ


def sender(forwarded: str, peer: str) -> str:
    """The address that a request came from: the last one in X-Forwarded-For, which the platform has added. What is
    before it, whoever sent the request may have made up."""
    last = forwarded.rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(last))
    except ValueError:
        return peer


def _describe(told: Mapping[str, Any], status: int, entry: Entry) -> None:
    scope = told.get("scope", {})
    names = {field: scope.get("path_params", {}).get(name) for name, field in _NOTED.items()}
    entry.note(**{field: value for field, value in names.items() if isinstance(value, str)})
    entry.outcome = (
        getattr(scope.get("endpoint"), "__name__", "console") if status < 400 else _OUTCOMES.get(status, "refused")
    )
    if "error" in told:
        entry.fail(told["error"])


_OUTCOMES = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "unknown",
    405: "wrong method",
    409: "conflict",
    413: "too large",
    422: "unfit",
    429: "too often",
    500: "defect",
    503: "unavailable",
}


def api_function(handle: Callable[[Request, Any, Entry], Response]) -> Function[Any]:
    """The api function; its application itself sees to who calls."""
    return Function(name="api", handle=handle, methods=METHODS, unknown=404, guarded=False, health=(HEALTH,))


def _cloud() -> CloudStack:
    from brisa.bootstrap.cloud import cloud_stack

    log_in_lines()
    return cloud_stack()


_entrance = Entrance(_cloud)
API = api_function(Api(make_cloud_app))


@functions_framework.http
def api(request: Request) -> Response:
    """The api function."""
    return _entrance.serve(API, request)
