"""What an emulator answers over HTTP, on loopback, beside what it emulates."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from brisa.emulators.service import HOST
from brisa.errors import EmulatorError


class HttpSide(ThreadingHTTPServer):
    """Listens from its making on, and answers from :meth:`start` on, as long as the process lives."""

    request_queue_size = 128  # five, its default, turns away some of those who come at the same time

    def __init__(self, port: int, handler: type[Handler]) -> None:
        """``port`` 0 for a free one. :class:`EmulatorError` for one that can't be used."""
        try:
            super().__init__((HOST, port), handler)
        except OSError as error:
            raise EmulatorError(f"Port {port} can't be used: {error.strerror}") from error

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One request; ``do_GET`` and its like are to be added."""

    def answer(self, status: int, body: str = "") -> None:
        """Answer with JSON, or with nothing but the status."""
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Not a line for each request."""
