"""The console: the files that Vite has built from ``functions/api/console``, served beside the API.

Any address that is not the API's is a page of the console, which looks at the address itself. Nothing of it needs a
login: what it shows it asks the API for.
"""

from __future__ import annotations

import mimetypes
import re
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from brisa.services.changes import cursor_at

STATIC = Path(__file__).parent / "static"
NONCE = "__NONCE__"
"""What stands in the built page where each answer has a word of its own."""
CHANGES = "__CHANGES__"
"""What stands where each has a cursor: of all that changes from then on, the page shows nothing yet."""
_API = re.compile(r"/+(api|auth|metrics)(/|$)")
LOGIN = "/auth/login"
"""Airflow's address of the page where people log in: the API's only in that a POST goes there, too."""
_ASSET = re.compile(r"/(assets/)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+", re.ASCII)
_FOR_EVER = "public, max-age=31536000, immutable"
"""Of files that have a hash of their content in their names."""
_MISSING = """\
The console is not built.

It needs Node.js 20 or newer and npm: run `make console` in a checkout of brisa, or install brisa from
a wheel, which has it.
The API answers all the same, under /api/v2.
"""


def security(nonce: str) -> Mapping[str, str]:
    """Headers of a page: it runs and shows only what comes from here, and nobody frames it.

    A style may also be one that carries ``nonce``: the component library makes some (MDN, "Content-Security-Policy").
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
    }


class Console:
    """ASGI middleware: answers GET for whatever is not the API's."""

    def __init__(self, app: ASGIApp, static: Path = STATIC) -> None:
        """``static`` is the folder with the built files; without any, it is told how to get them."""
        self._app = app
        self._static = static
        page = static / "index.html"
        self._page = page.read_text() if page.is_file() else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _is_console(scope["path"]):
            await self._answer(scope["path"], Headers(scope=scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _answer(self, path: str, headers: Headers) -> Response:
        if _ASSET.fullmatch(path) and path != "/index.html":
            return self._file(path, "gzip" in headers.get("accept-encoding", ""))
        if not self._page:
            return PlainTextResponse(_MISSING, 404)
        nonce = secrets.token_urlsafe(16)
        page = self._page.replace(NONCE, nonce).replace(CHANGES, cursor_at(time.time()))
        return HTMLResponse(page, headers={**security(nonce), "cache-control": "no-store"})

    def _file(self, path: str, gzip: bool) -> Response:
        """A file, compressed if there is such a one and the browser takes it."""
        file = self._static / path[1:]
        if not file.is_file():
            return PlainTextResponse("there is no such file\n", 404)
        compressed = file.with_name(f"{file.name}.gz")
        headers = {"x-content-type-options": "nosniff", "vary": "accept-encoding"}
        headers["cache-control"] = _FOR_EVER if path.startswith("/assets/") else "no-cache"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if gzip and compressed.is_file():
            return FileResponse(compressed, media_type=kind, headers={**headers, "content-encoding": "gzip"})
        return FileResponse(file, media_type=kind, headers=headers)


def _is_console(path: str) -> bool:
    return path == LOGIN or not _API.match(path)
