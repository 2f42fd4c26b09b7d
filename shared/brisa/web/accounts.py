"""Logging in to an embedded brisa, and who asks there: a user's token, or a browser's session."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from fastapi import HTTPException, Request

from brisa.errors import IdentityError
from brisa.handlers.bearer import bearer_token
from brisa.model.access import Actor
from brisa.model.user import User
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore
from brisa.services.users import Users
from brisa.web.origin import CSRF_HEADER, SAFE, check_same_origin
from brisa.web.throttle import Throttle, neighbourhood
from brisa.web.tokens import Grant, Tokens

log = logging.getLogger(__name__)

COOKIE = "brisa_session"
_FREE_BY_NAME = 5
_FREE_BY_ADDRESS = 20
"""More: several people may share one."""
_WRONG = "Invalid credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Whose request it is, and by what."""

    user: User
    grant: Grant
    by_cookie: bool


class Accounts:
    """The users of a home, and their tokens. A :class:`~brisa.web.backend.Guard`, safe between threads."""

    def __init__(self, store: StateStore, clock: Clock, users: Users, tokens: Tokens) -> None:
        self._store = store
        self.users = users
        self.tokens = tokens
        self._names = Throttle(clock, free=_FREE_BY_NAME)
        self._addresses = Throttle(clock, free=_FREE_BY_ADDRESS)

    def log_in(self, username: str, password: str, address: str) -> User:
        """The user of that name and password: 401, and after a few failures 429 for a while, whatever is sent then."""
        key = neighbourhood(address)
        wait = self._addresses.enter(key) or self._names.enter(username)
        if wait:
            seconds = str(math.ceil(wait))
            raise HTTPException(429, f"too many failed logins: try again in {seconds} s", {"Retry-After": seconds})
        user = self.users.verify(username, password)
        if user is None:
            log.warning("a login from %s has failed", key)
            raise IdentityError(_WRONG)
        self._names.forgive(username)
        self._addresses.forgive(key, once=True)
        return user

    def identify(self, request: Request) -> Actor:
        """See :meth:`brisa.web.backend.Guard.identify`. 403 for a change that a page of somebody else's may have sent:
        by cookie, without the session's token in X-CSRF-Token."""
        session = self.session(request)
        if session.by_cookie and request.method not in SAFE:
            check_same_origin(request)
            if not self.tokens.is_csrf(session.grant, request.headers.get(CSRF_HEADER, "")):
                raise HTTPException(403, f"a change by cookie needs the session's token in {CSRF_HEADER}")
        return Actor(name=session.user.username, role=session.user.role, by_cookie=session.by_cookie)

    def session(self, request: Request) -> Session:
        """Whose request it is; :class:`~brisa.errors.IdentityError`. Authorization counts before a cookie."""
        cookie = request.cookies.get(COOKIE)
        by_cookie = cookie is not None and "authorization" not in request.headers
        token = cookie if cookie is not None and by_cookie else bearer_token(request.headers)
        grant = self.tokens.read(token)
        stored = self._store.user(grant.username)
        if stored is None or not stored.record.active or stored.record.epoch != grant.epoch:
            raise IdentityError("the token is void since its user was changed: get another one")
        return Session(user=stored.record, grant=grant, by_cookie=by_cookie)
