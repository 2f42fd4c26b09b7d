"""Who asks, on Google Cloud: an identity token of Google's, or what Identity-Aware Proxy says."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from brisa.adapters.oidc import StrangerError
from brisa.handlers.bearer import bearer_token
from brisa.model.access import Actor, Role
from brisa.ports.identity import Caller, Verifier
from brisa.web.origin import SAFE, check_same_origin

ASSERTION = "X-Goog-IAP-JWT-Assertion"


class GoogleGuard:
    """A :class:`~brisa.web.backend.Guard` that asks nobody but Google who it is, and a policy what they may do."""

    def __init__(self, tokens: Verifier, iap: Verifier | None, role: Callable[[Caller], Role | None]) -> None:
        """``iap`` is there where Identity-Aware Proxy is in front; then what it says counts before any token."""
        self._tokens = tokens
        self._iap = iap
        self._role = role

    def identify(self, request: Request) -> Actor:
        """See :meth:`brisa.web.backend.Guard.identify`. 403 for a change that a page from elsewhere has sent through
        IAP: browsers add its cookie by themselves."""
        assertion = request.headers.get(ASSERTION)
        by_cookie = self._iap is not None and assertion is not None
        if self._iap is not None and assertion is not None:
            caller = self._iap.verify(assertion)
            if request.method not in SAFE:
                check_same_origin(request)
        else:
            caller = self._tokens.verify(bearer_token(request.headers))
        role = self._role(caller)
        if role is None:
            raise StrangerError(f"{caller.email[:320]!r} is nobody who may call")
        return Actor(name=caller.email, role=role, by_cookie=by_cookie)
