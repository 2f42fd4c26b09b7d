"""``GET /`` says whether an emulator's threads are alive."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Health(ThreadingHTTPServer):
    """Listens on loopback; ``serve_forever`` in a thread. ``port`` 0 for a free one."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, well: Callable[[], bool]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.well = well


class _Handler(BaseHTTPRequestHandler):
    server: Health  # type: ignore[mutable-override] # nobody else makes one

    def do_GET(self) -> None:
        """The one thing to ask."""
        body = b'{"service": "emulator"}'
        self.send_response(200 if self.server.well() else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Not a line for each request."""
