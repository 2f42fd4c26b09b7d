"""The issuer's public keys: fetched when they are needed, kept for an hour."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Protocol, TypeAlias

from brisa.adapters.oidc.token import from_base64
from brisa.errors import IdentityError, UnavailableError
from brisa.ports.clock import Clock

log = logging.getLogger(__name__)

GOOGLE_CERTS = "https://www.googleapis.com/oauth2/v1/certs"
"""Key id → certificate, for the tokens that Google signs (google.oauth2.id_token uses the same)."""
IAP_KEYS = "https://www.gstatic.com/iap/verify/public_key-jwk"
"""Identity-Aware Proxy's, as a JWK Set."""
KEPT = 3600.0
"""Seconds before keys are fetched again. Google publishes a key well before it signs with it."""
STALE = 86400.0
"""Seconds that keys may be used for while newer ones can't be had."""
PAUSE = 60.0
"""Seconds at least from one fetch to the next: whoever makes up key ids must not make us call Google each time."""
_SETTLE = 1.0
"""Seconds for which those who have waited for a fetch that failed share its failure."""
_TIMEOUT = 5.0
_LARGEST = 1 << 20

Fetch: TypeAlias = Callable[[str], bytes]
"""URL → the body of a good answer; ``OSError`` for anything else."""


class Key(Protocol):
    """A public key."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether its private half has signed ``message`` so."""
        ...


Read: TypeAlias = Callable[[Any], Mapping[str, Key]]
"""What an issuer shows, as JSON → its keys by their ids; one of Python's own errors if it is none of that."""


@dataclass(frozen=True, slots=True)
class _KeySet:
    by_id: Mapping[str, Key]
    fetched_at: float


def certificates(shown: Any) -> Mapping[str, Key]:
    """Of an object: key id → certificate in PEM, of an RSA key."""
    from google.auth.crypt import RSAVerifier

    return {key_id: RSAVerifier.from_string(text) for key_id, text in shown.items()}  # type: ignore[no-untyped-call] # google-auth types it in part


def key_set(shown: Any) -> Mapping[str, Key]:
    """Of a JWK Set (RFC 7517): its keys on the curve P-256."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
    from google.auth.crypt.es256 import ES256Verifier

    def number(text: str) -> int:
        return int.from_bytes(from_base64(text))

    fit = [key for key in shown["keys"] if (key["kty"], key["crv"]) == ("EC", "P-256")]
    numbers = {key["kid"]: EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), SECP256R1()) for key in fit}
    return {key_id: ES256Verifier(one.public_key()) for key_id, one in numbers.items()}


class PublicKeys:
    """The keys that ``url`` shows, read by ``read``. Safe between threads."""

    def __init__(self, url: str, clock: Clock, fetch: Fetch | None = None, read: Read = certificates) -> None:
        self._url = url
        self._clock = clock
        self._read = read
        self._fetch = fetch or fetch_over_http
        self._lock = threading.Lock()
        self._kept: _KeySet | None = None
        self._asked_at = float("-inf")

    def find(self, key_id: str) -> Key:
        """The key ``key_id``. :class:`~brisa.errors.IdentityError` if the issuer has none of that id,
        :class:`~brisa.errors.UnavailableError` if its keys can't be had."""
        kept = self._kept
        if kept is not None and self._fresh(kept) and key_id in kept.by_id:
            return kept.by_id[key_id]
        with self._lock:
            kept = self._renewed(key_id)
        found = kept.by_id.get(key_id)
        if found is None:
            raise IdentityError("the token is signed with a key that is none of the issuer's")
        return found

    def _fresh(self, kept: _KeySet) -> bool:
        return self._clock.now() - kept.fetched_at < KEPT

    def _renewed(self, key_id: str) -> _KeySet:
        """What to look in: fetched now if what is kept is too old, or lacks the key, and it is not too soon."""
        kept = self._kept
        now = self._clock.now()
        if kept is not None and now - kept.fetched_at >= STALE:
            kept = None
        if kept is not None:
            good = self._fresh(kept) and key_id in kept.by_id
            if good or now - self._asked_at < PAUSE:
                return kept
        elif now - self._asked_at < _SETTLE:
            raise UnavailableError("the issuer's public keys could not be had a moment ago")
        self._asked_at = now
        try:
            self._kept = _KeySet(self._fetched(), now)
        except UnavailableError:
            if kept is None or key_id not in kept.by_id:
                raise
            log.warning("the issuer's public keys can't be fetched; those of an earlier hour are used")
            return kept
        return self._kept

    def _fetched(self) -> Mapping[str, Key]:
        try:
            return self._read(json.loads(self._fetch(self._url)))
        except OSError as error:
            raise UnavailableError(f"the public keys at {self._url} can't be fetched: {error}") from error
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise UnavailableError(f"what is at {self._url} are no certificates and no keys") from error


def fetch_over_http(url: str) -> bytes:
    """GET, with the standard library: it is one request an hour, and ``requests`` costs a cold start."""
    from urllib.request import Request, urlopen

    if not url.startswith(("https://", "http://")):
        raise OSError(f"{url} is no HTTP address")
    try:
        with urlopen(Request(url), timeout=_TIMEOUT) as response:  # noqa: S310  checked above
            body: bytes = response.read(_LARGEST)
    except HTTPException as error:
        raise OSError(f"no HTTP answer: {type(error).__name__}") from error
    return body
