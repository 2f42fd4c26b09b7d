"""Trying connections: in a process of its own, never one that plans or works; and only where it is allowed."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from brisa.authoring.connection_text import FIELDS
from brisa.authoring.connections import Connection
from brisa.authoring.secrets import secret_texts
from brisa.errors import NotFoundError
from brisa.model.variable import OWN
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore
from brisa.runtime.masking import Masker
from brisa.runtime.process import end_group

SECONDS: Final = 20.0
"""How long one may take."""
_KEPT: Final = 3600.0
"""Seconds for which a result can be asked for."""
_RESULTS: Final = f"{OWN}connection_test:"


def allowed() -> bool:
    """Whether this deployment has connections tried: ``BRISA_TEST_CONNECTION`` is ``enabled``. In Airflow, too, it is
    off unless set: whoever may try a connection can have this machine call any other."""
    return os.environ.get("BRISA_TEST_CONNECTION", "").lower() == "enabled"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it; ``message`` has none of the connection's secrets."""

    status: bool
    message: str


def try_connection(connection: Connection, *, seconds: float = SECONDS) -> Tried:
    """Whether it works; an attempt that takes longer is ended."""
    said = {"conn_id": connection.conn_id, **{name: getattr(connection, name) for name in FIELDS}}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    child = subprocess.Popen(
        [sys.executable, "-m", "brisa.runtime.connection_trial"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(json.dumps(said).encode(), timeout=seconds)
        answer = json.loads(output)
        told = Tried(bool(answer["status"]), str(answer["message"]))
    except subprocess.TimeoutExpired:
        told = Tried(False, f"it took longer than {seconds:g} seconds")
    except (ValueError, KeyError, TypeError):
        told = Tried(False, "its hook has ended the process that tried it")
    finally:
        end_group(child.pid)
        with child:  # its pipes are closed, whatever was written to them
            child.communicate()
    masker = Masker()
    for secret in (*secret_texts(connection.password), *secret_texts(connection.extra_dejson, "extra")):
        masker.add(secret)
    return Tried(told.status, masker.text(told.message))


class ConnectionTests:
    """Tests whose results are asked for later, by a token. Nothing goes on between two requests on Google Cloud, so a
    test is over before its token is given out."""

    def __init__(
        self, store: StateStore, clock: Clock, attempt: Callable[[Connection], Tried] = try_connection
    ) -> None:
        self._store = store
        self._clock = clock
        self._attempt = attempt

    def run(self, connection: Connection) -> tuple[str, Tried]:
        """Try it, and keep the result for an hour; its token, and the result."""
        now = self._clock.now()
        tried = self._attempt(connection)
        token = secrets.token_urlsafe(32)
        result = {
            "connection_id": connection.conn_id,
            "state": "success" if tried.status else "failed",
            "result_message": tried.message,
            "created_at": now,
        }
        old = [one.key for one in self._store.variables(_RESULTS) if _created(one.value) + _KEPT <= now]
        self._store.set_variables([*((key, None) for key in old), (_RESULTS + token, json.dumps(result))])
        return token, tried

    def result(self, token: str) -> dict[str, Any]:
        """``connection_id``, ``state``, ``result_message``, and ``created_at`` (seconds since the epoch);
        :class:`NotFoundError`."""
        text = self._store.variable(_RESULTS + token)
        if text is None or _created(text) + _KEPT <= self._clock.now():
            raise NotFoundError(f"No connection test found for token: `{token}`")
        found: dict[str, Any] = json.loads(text)
        return found


def _created(text: str) -> float:
    return float(json.loads(text)["created_at"])
