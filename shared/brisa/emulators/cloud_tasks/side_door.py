"""The emulator's HTTP side: tokens, keys for who verifies them, health, and a clock to set.

``GET /`` health; ``GET /oauth2/v3/certs`` JWK Set; ``GET /oauth2/v1/certs`` certificates. ``POST /token`` with the JSON
``{"email": …, "audience": …}`` answers ``{"token": …}``, signed for that service account: the local Google's signature,
for the other emulators and for people at the terminal, so that there is one key on this machine. With a manual clock
also ``PUT /clock`` with the seconds since the epoch as text; ``GET /quiet`` answers 204 once nothing is due nor under
way.
"""

from __future__ import annotations

import json
import math
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from brisa.emulators.cloud_tasks.broker import Broker
from brisa.emulators.cloud_tasks.clock import EmulatorClock
from brisa.emulators.cloud_tasks.dispatcher import Dispatcher
from brisa.emulators.cloud_tasks.identity import Signer

_PATIENCE = 30.0
_MOST_BYTES = 65_536


class SideDoor(ThreadingHTTPServer):
    """Listens on loopback; ``serve_forever`` in a thread."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, signer: Signer, clock: EmulatorClock, broker: Broker, dispatcher: Dispatcher) -> None:
        """``port`` 0 for a free one."""
        super().__init__(("127.0.0.1", port), _Handler)
        self.signer = signer
        self.clock = clock
        self.broker = broker
        self.dispatcher = dispatcher


class _Handler(BaseHTTPRequestHandler):
    server: SideDoor  # type: ignore[mutable-override] # nobody else makes one

    def do_GET(self) -> None:
        """Keys, health, quiet."""
        match self.path:
            case "/":
                self._answer(200 if self.server.dispatcher.alive else 503, '{"service": "cloud tasks emulator"}')
            case "/oauth2/v3/certs":
                self._answer(200, self.server.signer.key_set())
            case "/oauth2/v1/certs":
                self._answer(200, self.server.signer.certificates())
            case "/quiet":
                self._answer(204 if self.server.dispatcher.await_quiet(_PATIENCE) else 503)
            case _:
                self._answer(404)

    def do_POST(self) -> None:
        """A token."""
        if self.path != "/token":
            self._answer(404)
            return
        try:
            asked = json.loads(self.rfile.read(min(_MOST_BYTES, int(self.headers.get("Content-Length", 0)))))
            email, audience = asked["email"], asked["audience"]
        except (ValueError, TypeError, KeyError):
            email = audience = None
        if not (isinstance(email, str) and isinstance(audience, str) and email and audience):
            self._answer(400, '{"error": "a JSON object with the texts email and audience is expected"}')
            return
        self._answer(200, json.dumps({"token": self.server.signer.token(email, audience)}))

    def do_PUT(self) -> None:
        """The clock."""
        if self.path != "/clock" or not self.server.clock.manual:
            self._answer(404)
            return
        try:
            now = float(self.rfile.read(min(64, int(self.headers.get("Content-Length", 0)))))
        except ValueError:
            now = math.nan
        if not 0 <= now < 2**32:
            self._answer(400)
            return
        with self.server.broker.changed:
            self.server.clock.set(now)
            self.server.broker.changed.notify_all()
        self._answer(204)

    def _answer(self, status: int, body: str = "") -> None:
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Not a line for each request."""
