"""The token in a request's headers."""

from __future__ import annotations

from typing import Protocol

from brisa.adapters.oidc import REMOVED
from brisa.errors import IdentityError

OWN = "Authorization"
PLATFORM = "X-Serverless-Authorization"


class Headers(Protocol):
    """A request's, whoever has read them; names in any case."""

    def get(self, key: str, /) -> str | None:
        """The header of that name, or ``None``."""
        ...


def bearer_token(headers: Headers) -> str:
    """The token of ``Authorization``, or of ``X-Serverless-Authorization`` if there is no such header.

    Cloud Run takes a caller's token from either; with both there it checks ``X-Serverless-Authorization`` alone, and
    hands the other one through untouched (its page "Authenticating service-to-service"). So a token in
    ``Authorization`` that says that the platform has checked it is then a forgery: the other one is taken.

    Raises :class:`~brisa.errors.IdentityError` without quoting what was there.
    """
    own, platform = headers.get(OWN), headers.get(PLATFORM)
    if platform is not None and (own is None or own.rstrip().endswith(f".{REMOVED}")):
        return _token(platform, PLATFORM)
    if own is None:
        raise IdentityError(f"there is no token: the header {OWN} is missing")
    return _token(own, OWN)


def _token(value: str, header: str) -> str:
    scheme, _, token = value.strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise IdentityError(f"the header {header} holds no bearer token")
    return token.strip()
