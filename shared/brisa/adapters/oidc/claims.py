"""What a token must say: who issued it, for whom, when, and about whom. The same for both verifiers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from brisa.errors import IdentityError
from brisa.ports.clock import Clock
from brisa.ports.identity import Caller

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
"""Google's two names for itself in ID tokens (its page "OpenID Connect")."""
LEEWAY = 30.0
"""Seconds that the issuer's clock and ours may differ."""


class StrangerError(IdentityError):
    """A token is good, but whom it names is nobody who may call."""


class Claims:
    """Checks the claims of tokens made for ``audience`` that name one of ``callers``, at the given clock's time."""

    def __init__(self, *, audience: str, callers: Collection[str], clock: Clock) -> None:
        self._audience = audience
        self._callers = frozenset(callers)
        self._clock = clock

    def check(self, claims: Mapping[str, Any]) -> Caller:
        """The caller that ``claims`` name; :class:`~brisa.errors.IdentityError` or :class:`StrangerError` if none."""
        if claims.get("iss") not in ISSUERS:
            raise IdentityError("the token is not Google's: another issuer")
        self._check_times(claims)
        if not self._audience or claims.get("aud") != self._audience:
            raise IdentityError("the token is made for another audience")
        email = claims.get("email")
        if not isinstance(email, str) or not email:
            raise StrangerError("the token names no e-mail address")
        if claims.get("email_verified") is not True:
            raise StrangerError("the token's e-mail address is not verified")
        if email not in self._callers:
            raise StrangerError(f"{email[:320]!r} is nobody who may call")
        subject = claims.get("sub")
        return Caller(email=email, subject=subject if isinstance(subject, str) else "")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        issued, ends = _moment(claims, "iat"), _moment(claims, "exp")
        begins = _moment(claims, "nbf") if "nbf" in claims else issued
        now = self._clock.now()
        # The sides are such that no claim is added to: an integer may have thousands of digits.
        if now - LEEWAY >= ends:
            raise IdentityError("the token has expired")
        if now + LEEWAY < max(issued, begins):
            raise IdentityError("the token is not valid yet; compare the clocks")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IdentityError(f"the token does not say when ({name})")
    return value
