"""A deployment without processes: real services over the shipped fakes, real tokens, requests made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from brisa.adapters.oidc import OidcVerifier
from brisa.handlers.answering import Function, serve
from brisa.model.work import Chore
from brisa.ports.identity import Verifier
from tests.adapters.oidc.google import AUDIENCE, CALLER, signed, signer
from tests.support.builders import dag, task
from tests.support.site import Site


@dataclass(frozen=True)
class Settings:
    """Of the deployment."""

    project: str = "my-project"


@dataclass
class Ticks:
    """A planner that keeps what it is asked for, and fails as it is told."""

    error: Exception | None = None
    asked: list[Chore | str] = field(default_factory=list)
    dags: int = 1
    runs: int = 2
    handed_on: int = 3

    def tick(self) -> Ticks:
        """Says what it did: itself."""
        return self._done("tick")

    def handle(self, chore: Chore) -> Ticks:
        """Keeps it."""
        return self._done(chore)

    def _done(self, what: Chore | str) -> Ticks:
        if self.error is not None:
            raise self.error
        self.asked.append(what)
        return self


@dataclass
class Objects:
    """Keeps what it is told of, and fails as it is told."""

    error: Exception | None = None
    told: list[tuple[str, ...]] = field(default_factory=list)

    def finalized(self, bucket: str, name: str, generation: str) -> None:
        """Keeps it."""
        self._keep("finalized", bucket, name, generation)

    def deleted(self, bucket: str, name: str, generation: str) -> None:
        """Keeps it."""
        self._keep("deleted", bucket, name, generation)

    def _keep(self, *what: str) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(what)


class Broken:
    """A worker that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def handle(self, work: object) -> None:
        """Fail."""
        raise self._error


class Deployment:
    """The parts of all four functions, whose DAG ``d`` is ``t0 >> t1``, and how to call them."""

    def __init__(self) -> None:
        self.site = Site(dag(task("t0"), task("t1", "t0")))
        self.settings = Settings()
        self.clock = self.site.clock
        self.store = self.site.store
        self.queue = self.site.queue
        self.runs = self.site.runs
        self.deletion = self.site.deletion
        self.counts = self.site.counts
        self.telemetry = self.site.telemetry
        self.worker: Any = self.site.worker
        self.planner = Ticks()
        self.objects = Objects()
        self.asked_for = 0
        self.verifier: Verifier = OidcVerifier(
            audience=AUDIENCE,
            callers=[CALLER],
            clock=self.clock,
            fetch=lambda _: signer().certificates().encode(),
        )

    def call(self, function: Function[Any], request: Request) -> Response:
        """The answer to a request."""

        def parts() -> Deployment:
            self.asked_for += 1
            return self

        return serve(function, request, parts)

    def state(self) -> list[object]:
        """All that there is, to compare."""
        dags = self.store.dags()
        runs = [run for one in dags for run in self.store.runs(one.record.dag_id)]
        attempts = [attempt for run in runs for attempt in self.store.attempts(run.record.key)]
        return [
            dags,
            runs,
            attempts,
            self.store.variables(),
            self.queue.depth(),
            [*self.planner.asked, *self.objects.told],
        ]


def request(
    body: object = b"",
    *,
    method: str = "POST",
    path: str = "/",
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    query: str = "",
) -> Request:
    """A request with a good token (or ``token``, none if it is empty); a ``body`` that isn't bytes is sent as JSON."""
    token = signed() if token is None else token
    named: dict[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    builder = EnvironBuilder(
        path=path, method=method, data=data, headers=Headers(named | dict(headers or {})), query_string=query
    )
    return Request(builder.get_environ())


def answered(response: Response) -> Any:
    """What a response says."""
    return json.loads(response.get_data())


UNWELCOME: Sequence[Any] = [
    pytest.param("", 401, id="no token"),
    pytest.param("garbage", 401, id="garbage"),
    pytest.param(signed("somebody else", header={"kid": signer().key_id}), 401, id="forged"),
    pytest.param(signed(aud="https://other.a.run.app"), 401, id="other audience"),
    pytest.param(signed(exp=1_600_000_000), 401, id="expired"),
    pytest.param(signed(email="other@project.iam.gserviceaccount.com"), 403, id="other account"),
    pytest.param(signed(email_verified=False), 403, id="e-mail not verified"),
]
"""Tokens that open nothing, and the status for each."""

BAD_BODIES: Sequence[Any] = [
    pytest.param(b"{", id="not JSON"),
    pytest.param(b"\xff\xfe", id="not UTF-8"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"3", id="a number"),
    pytest.param(b'"text"', id="a text"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[" * 60_000, id="deep"),
    pytest.param(b'{"kind": NaN}', id="a number that is none"),
    pytest.param(b'{"kind": "\\ud800"}', id="half a character"),
    pytest.param(b'{"kind": "fol"}', id="unknown kind"),
    pytest.param(b'{"kind": ["fold"]}', id="kind is a list"),
    pytest.param(b'{"kind": "fold"}', id="a fold of nothing"),
    pytest.param(b'{"kind": "fold", "run": "d"}', id="a fold of a text"),
    pytest.param(b'{"kind": "fold", "run": ["d"]}', id="a fold of half a key"),
    pytest.param(b'{"kind": "chore", "runs": [["d"]]}', id="a chore of half a key"),
    pytest.param(b'{"kind": "chore", "dags": 3}', id="a chore of a number"),
]
"""Bodies that neither the planner nor the worker can do anything with."""
