"""The tokens of an embedded brisa: JSON Web Tokens that it signs itself, for programs and for browsers' sessions."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brisa.errors import IdentityError
from brisa.model.user import User
from brisa.ports.clock import Clock

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "HS256"
CLI_SECONDS = 3600.0
"""Of a token for a command line: Airflow's ``jwt_cli_expiration_time``."""
_LONGEST = 4096
_REVOKED = 10_000
"""Ids of tokens that are remembered as revoked, until they would have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a good token says."""

    username: str
    epoch: int
    """Of the user when it was made; see :attr:`brisa.model.user.User.epoch`."""
    token_id: str
    ends: float
    """Seconds since the epoch."""


class Tokens:
    """Makes and reads tokens. Safe between threads."""

    def __init__(self, key: bytes, clock: Clock, *, seconds: float) -> None:
        """``key`` signs; ``seconds`` is how long a token is good for."""
        self._key = key
        self._clock = clock
        self.seconds = seconds
        self._revoked: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self, user: User, seconds: float | None = None) -> str:
        """A token for ``user``, good for ``seconds``, or for as long as any."""
        import jwt

        now = self._clock.now()
        claims = {
            "sub": user.username,
            "epoch": user.epoch,
            "iat": int(now),
            "exp": now + (self.seconds if seconds is None else min(seconds, self.seconds)),
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def read(self, token: str) -> Grant:
        """What ``token`` says; :class:`~brisa.errors.IdentityError`, which does not quote it, unless it is one of ours
        that has neither ended nor been revoked. Whether its user still is the same, it can't know."""
        import jwt

        # Its own checks of times ask the machine's clock.
        options: Options = {"verify_exp": False, "verify_iat": False, "require": ["sub", "epoch", "exp", "jti"]}
        try:
            if len(token) > _LONGEST:
                raise ValueError
            claims = jwt.decode(token, self._key, [ALGORITHM], options)
            grant = Grant(
                username=str(claims["sub"]),
                epoch=int(claims["epoch"]),
                token_id=str(claims["jti"]),
                ends=float(claims["exp"]),
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise IdentityError("the token is none of this brisa's") from None  # a cause may hold pieces of it
        if self._clock.now() >= grant.ends:
            raise IdentityError("the token has expired: get another one")
        with self._lock:
            if grant.token_id in self._revoked:
                raise IdentityError("the token was given back: get another one")
        return grant

    def revoke(self, grant: Grant) -> None:
        """From now on it is good for nothing, as long as this process lives."""
        now = self._clock.now()
        with self._lock:
            for token_id in [one for one, ends in self._revoked.items() if ends <= now]:
                del self._revoked[token_id]
            self._revoked[grant.token_id] = grant.ends
            if len(self._revoked) > _REVOKED:
                self._revoked.popitem(last=False)

    def csrf(self, grant: Grant) -> str:
        """What a browser's page sends beside the cookie, to show that it could read an answer of ours."""
        return hmac.new(self._key, f"csrf:{grant.token_id}".encode(), hashlib.sha256).hexdigest()

    def is_csrf(self, grant: Grant, sent: str) -> bool:
        """Whether ``sent`` is that; compared in constant time."""
        return hmac.compare_digest(self.csrf(grant).encode(), sent.encode("utf-8", "replace"))
