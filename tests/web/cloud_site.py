"""The api function without a process: the application behind a2wsgi, real Google tokens, requests made by hand."""

from __future__ import annotations

from typing import Any

from werkzeug import Request, Response

from brisa.adapters.memory import MemorySecrets
from brisa.adapters.oidc import IapVerifier, OidcVerifier
from brisa.handlers.answering import serve
from brisa.model.access import Role
from brisa.ports.identity import Caller, Verifier
from brisa.services.policy import Policy, admins, read_policy
from brisa.web.target import Api, api_function, make_cloud_app
from tests.adapters.oidc.google import AUDIENCE, CALLER, signer
from tests.adapters.oidc.iap import IAP_AUDIENCE, key_set
from tests.handlers.deployment import Deployment


class CloudSite(Deployment):
    """The parts of the api function, whose DAG ``d`` is ``t0 >> t1``, and how to call it."""

    def __init__(self, policy: str = "", *, iap: bool = False) -> None:
        super().__init__()
        self.blobs, self.secrets = self.site.blobs, MemorySecrets()
        self.anybody: Verifier = OidcVerifier(
            audience=AUDIENCE, callers=None, clock=self.clock, fetch=lambda _: signer().certificates().encode()
        )
        self.iap: Verifier | None = (
            IapVerifier(audience=IAP_AUDIENCE, clock=self.clock, fetch=lambda _: key_set()) if iap else None
        )
        self.policy: Policy = read_policy(policy) if policy else admins([CALLER])
        self.members: set[tuple[str, str]] = set()
        self._function = api_function(Api(make_cloud_app))

    def role(self, caller: Caller) -> Role | None:
        """By the policy."""
        return self.policy.role(caller, lambda *pair: pair in self.members)

    def answer(self, request: Request) -> Response:
        """The api function's."""

        def parts() -> Any:
            self.asked_for += 1
            return self

        return serve(self._function, request, parts)

    def state(self) -> list[object]:
        """All that there is, to compare."""
        return [*super().state(), self.store.pools(), self.store.audit_entries(limit=100)]
