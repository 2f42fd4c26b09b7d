"""Identity-Aware Proxy, as far as its assertions go: signed with a real EC key, whose public half is a JWK."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from google.auth.crypt import ES256Signer

from tests.adapters.oidc.google import NOW, encoded, part

IAP_AUDIENCE = "/projects/123456789/locations/europe-west1/services/api"
PERSON = "ana@example.com"
KEY_ID = "0Yd1aQ"


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_set(name: str = "iap", **changes: Any) -> bytes:
    """What Google shows: the public key of ``name``."""
    numbers = _key(name).public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(one.to_bytes(32)).decode().rstrip("=") for one in (numbers.x, numbers.y))
    key = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID, "x": x, "y": y, **changes}
    return json.dumps({"keys": [key]}).encode()


def asserted(by: str = "iap", *, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """An assertion that is good at ``NOW`` but for the changes; ``None`` leaves a claim out."""
    told: dict[str, Any] = {
        "iss": "https://cloud.google.com/iap",
        "aud": IAP_AUDIENCE,
        "sub": "accounts.google.com:1234567890",
        "email": PERSON,
        "hd": "example.com",
        "iat": int(NOW) - 60,
        "exp": int(NOW) + 540,
        **changes,
    }
    claims = {name: value for name, value in told.items() if value is not None}
    text = f"{part({'alg': 'ES256', 'typ': 'JWT', 'kid': KEY_ID, **(header or {})})}.{part(claims)}"
    return f"{text}.{encoded(ES256Signer(_key(by), KEY_ID).sign(text.encode()))}"
