"""Google, as far as ID tokens go: it signs them with real RSA keys and shows their public halves over HTTP."""

from __future__ import annotations

import base64
import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from brisa.adapters.oidc import REMOVED
from brisa.emulators.cloud_tasks.identity import Signer
from brisa.emulators.cloud_tasks.ledger import Ledger

AUDIENCE = "https://worker-abc.a.run.app"
CALLER = "tasks@project.iam.gserviceaccount.com"
NOW = 1_700_000_000.0


def signer(name: str = "google") -> Signer:
    """A signer with a key of its own for each ``name``, the same for the whole session."""
    return _signers()[name]


@cache
def _signers() -> defaultdict[str, Signer]:
    return defaultdict(_new_signer)


def _new_signer() -> Signer:
    with closing(Ledger(None)) as ledger:
        return Signer(ledger)


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token says at ``NOW``; a change to ``None`` leaves a claim out."""
    told: dict[str, Any] = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "azp": CALLER,
        "sub": "1234567890",
        "email": CALLER,
        "email_verified": True,
        "iat": int(NOW) - 60,
        "exp": int(NOW) + 3540,
    }
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


def signed(by: str = "google", *, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """A token with those claims, signed by the signer ``by``; ``header`` is put over the token's own, as claims are."""
    named = {"alg": "RS256", "typ": "JWT", "kid": signer(by).key_id, **(header or {})}
    text = f"{part({name: value for name, value in named.items() if value is not None})}.{part(claims(**changes))}"
    return f"{text}.{encoded(signer(by)._signer.sign(text))}"


def passed_on(token: str) -> str:
    """The token as Cloud Run hands it to a container, its signature removed."""
    return f"{token.rpartition('.')[0]}.{REMOVED}"


def part(value: object) -> str:
    """A part of a token, made by hand."""
    return encoded(json.dumps(value).encode())


def encoded(value: bytes) -> str:
    """In base64url without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class Certs:
    """A server of public keys, and how often it was asked."""

    answer: str = field(default_factory=lambda: signer().certificates())
    status: int = 200
    asked: int = 0

    def __post_init__(self) -> None:
        certs = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                certs.asked += 1
                body = certs.answer.encode()
                self.send_response(certs.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *args) -> None:  # noqa: A002
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/certs"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        """Stop listening: from now on nobody is there."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
