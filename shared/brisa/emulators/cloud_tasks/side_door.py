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

from brisa.emulators.cloud_tasks.broker import Broker
from brisa.emulators.cloud_tasks.clock import EmulatorClock
from brisa.emulators.cloud_tasks.dispatcher import Dispatcher
from brisa.emulators.cloud_tasks.identity import Signer
from brisa.emulators.http_side import Handler, HttpSide

_PATIENCE = 30.0
_MOST_BYTES = 65_536


class SideDoor(HttpSide):
    """Answers as the module says."""

    def __init__(self, port: int, signer: Signer, clock: EmulatorClock, broker: Broker, dispatcher: Dispatcher) -> None:
        super().__init__(port, _Handler)
        self.signer = signer
        self.clock = clock
        self.broker = broker
        self.dispatcher = dispatcher


class _Handler(Handler):
    server: SideDoor  # type: ignore[mutable-override] # nobody else makes one

    def do_GET(self) -> None:  # noqa: N802 (the base class names it)
        """Keys, health, quiet."""
        match self.path:
            case "/":
                self.answer(200 if self.server.dispatcher.alive else 503, '{"service": "cloud tasks emulator"}')
            case "/oauth2/v3/certs":
                self.answer(200, self.server.signer.key_set())
            case "/oauth2/v1/certs":
                self.answer(200, self.server.signer.certificates())
            case "/quiet":
                self.answer(204 if self.server.dispatcher.await_quiet(_PATIENCE) else 503)
            case _:
                self.answer(404)

    def do_POST(self) -> None:  # noqa: N802 (the base class names it)
        """A token."""
        if self.path != "/token":
            self.answer(404)
            return
        try:
            asked = json.loads(self.rfile.read(min(_MOST_BYTES, int(self.headers.get("Content-Length", 0)))))
            email, audience = asked["email"], asked["audience"]
        except (ValueError, TypeError, KeyError):
            email = audience = None
        if not (isinstance(email, str) and isinstance(audience, str) and email and audience):
            self.answer(400, '{"error": "a JSON object with the texts email and audience is expected"}')
            return
        self.answer(200, json.dumps({"token": self.server.signer.token(email, audience)}))

    def do_PUT(self) -> None:  # noqa: N802 (the base class names it)
        """The clock."""
        if self.path != "/clock" or not self.server.clock.manual:
            self.answer(404)
            return
        try:
            now = float(self.rfile.read(min(64, int(self.headers.get("Content-Length", 0)))))
        except ValueError:
            now = math.nan
        if not 0 <= now < 2**32:
            self.answer(400)
            return
        with self.server.broker.changed:
            self.server.clock.set(now)
            self.server.broker.changed.notify_all()
        self.answer(204)
