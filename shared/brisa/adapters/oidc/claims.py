"""What a token must say: who issued it, for whom, when, and about whom. The same for all verifiers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from brisa.errors import IdentityError
from brisa.ports.clock import Clock
from brisa.ports.identity import Caller


class Issuer(Enum):
    """Who issues tokens, by the names that they have for themselves."""

    GOOGLE = ("https://accounts.google.com", "accounts.google.com")
    """Of ID tokens (its page "OpenID Connect"). They say whether the e-mail address is verified."""
    IAP = ("https://cloud.google.com/iap",)
    """Identity-Aware Proxy, which lets nobody in whose address is not."""


LEEWAY = 30.0
"""Seconds that the issuer's clock and ours may differ."""


class StrangerError(IdentityError):
    """A token is good, but whom it names is nobody who may call."""


class Claims:
    """Checks the claims of tokens made for ``audience`` that name one of ``callers``, at the given clock's time.

    ``audience`` may be several: a function has several addresses. ``callers`` may be ``None``: then it is left to who
    asks.
    """

    def __init__(
        self,
        *,
        audience: str | Collection[str],
        callers: Collection[str] | None,
        clock: Clock,
        issuer: Issuer = Issuer.GOOGLE,
    ) -> None:
        self._audiences = frozenset([audience] if isinstance(audience, str) else audience) - {""}
        self._callers = None if callers is None else frozenset(callers)
        self._clock = clock
        self._issuer = issuer

    def check(self, claims: Mapping[str, Any]) -> Caller:
        """The caller that ``claims`` name; :class:`~brisa.errors.IdentityError` or :class:`StrangerError` if none."""
        if claims.get("iss") not in self._issuer.value:
            raise IdentityError("the token is not Google's: another issuer")
        self._check_times(claims)
        audience = claims.get("aud")
        if not isinstance(audience, str) or audience not in self._audiences:
            raise IdentityError("the token is made for another audience")
        email = claims.get("email")
        if not isinstance(email, str) or not email:
            raise StrangerError("the token names no e-mail address")
        if self._issuer is Issuer.GOOGLE and claims.get("email_verified") is not True:
            raise StrangerError("the token's e-mail address is not verified")
        if self._callers is not None and email not in self._callers:
            raise StrangerError(f"{email[:320]!r} is nobody who may call")
        return Caller(email=email, subject=_text(claims, "sub"), domain=_text(claims, "hd"))

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        issued, ends = _moment(claims, "iat"), _moment(claims, "exp")
        begins = _moment(claims, "nbf") if "nbf" in claims else issued
        now = self._clock.now()
        # The sides are such that no claim is added to: an integer may have thousands of digits.
        if now - LEEWAY >= ends:
            raise IdentityError("the token has expired")
        if now + LEEWAY < max(issued, begins):
            raise IdentityError("the token is not valid yet; compare the clocks")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IdentityError(f"the token does not say when ({name})")
    return value
