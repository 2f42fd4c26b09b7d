"""Who the emulator says it is: OIDC tokens signed with a key of its own, and the key's public half for who verifies."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import time
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

from brisa.emulators.cloud_tasks.ledger import Ledger
from brisa.errors import EmulatorError

ISSUER = "https://accounts.google.com"
"""As in the real tokens: what verifies those verifies these, given this key in place of Google's."""
LIFE = 3600
_SECRET = "signing key"  # noqa: S105 (its name)


class Signer:
    """Signs tokens as Cloud Tasks has them signed for a service account."""

    def __init__(self, ledger: Ledger) -> None:
        """The key of ``ledger``; made when there is none."""
        pem = ledger.secret(_SECRET)
        if pem is None:
            fresh = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = fresh.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
            )
            ledger.keep_secret(_SECRET, pem)
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise EmulatorError("The Cloud Tasks emulator's signing key is no RSA key: delete its data file.")
        self._key = key
        self.key_id = hashlib.sha256(self._public()).hexdigest()[:40]
        self._signer = crypt.RSASigner(self._key, self.key_id)  # type: ignore[no-untyped-call] # google-auth types it in part
        # A signature takes a millisecond; the service, too, hands out one token for some minutes.
        self._cached = lru_cache(maxsize=256)(self._make)

    def token(self, email: str, audience: str) -> str:
        """A token for ``audience`` that names the service account ``email``; good for 50 minutes at least."""
        return self._cached(email, audience, int(time.time()) // 600)

    def _make(self, email: str, audience: str, tens: int) -> str:
        issued = tens * 600
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "azp": email,
            "sub": str(int(hashlib.sha256(email.encode()).hexdigest(), 16) % 10**21),
            "email": email,
            "email_verified": True,
            "iat": issued,
            "exp": issued + LIFE,
        }
        token: bytes = jwt.encode(self._signer, claims)  # type: ignore[no-untyped-call] # google-auth types it in part
        return token.decode()

    def _public(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.DER, form)

    def key_set(self) -> str:
        """The public key as a JWK Set (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id}
        return json.dumps({"keys": [key | {"n": _base64(numbers.n), "e": _base64(numbers.e)}]})

    def certificates(self) -> str:
        """The public key as Google's ``/oauth2/v1/certs`` gives it: key id → a certificate, which google-auth reads."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "brisa-cloud-tasks-emulator")])
        start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        certificate = (
            x509.CertificateBuilder(name, name, self._key.public_key(), int(self.key_id[:15], 16) + 1)
            .not_valid_before(start)
            .not_valid_after(start.replace(year=2120))
            .sign(self._key, hashes.SHA256())
        )
        return json.dumps({self.key_id: certificate.public_bytes(serialization.Encoding.PEM).decode()})


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
