"""A JSON Web Token in compact form (RFC 7519), taken apart. Nothing here tells whether it is genuine."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from brisa.errors import IdentityError

REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
"""What Cloud Run puts in the signature's place once it has checked it: its page "Authenticating service-to-service"."""
LONGEST = 8192
"""Characters. Google's have about 1,000; a header that is longer does not get through gunicorn either."""
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token says of itself. Its text is not shown: whoever has it can call."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    """What the signature is of."""
    signature: str
    """As it came: base64url, :data:`REMOVED`, or empty."""

    def __repr__(self) -> str:
        return "Token(…)"


def read_token(text: str) -> Token:
    """The parts of ``text``; :class:`~brisa.errors.IdentityError`, which does not quote it, if it is no such token."""
    found = _COMPACT.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise IdentityError("the token is no JSON Web Token")
    header, claims, signature = found.groups()
    signed = f"{header}.{claims}".encode()
    return Token(header=_object(header), claims=_object(claims), signed=signed, signature=signature)


def from_base64(text: str) -> bytes:
    """The bytes of base64url without padding; ``ValueError`` if ``text`` is none."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)


def _object(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(from_base64(part).decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        # No cause: its message and its frames hold pieces of the token.
        raise IdentityError("the token is no JSON Web Token: a part of it is not JSON") from None
    if not isinstance(found, dict):
        raise IdentityError("the token is no JSON Web Token: a part of it is no object")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
