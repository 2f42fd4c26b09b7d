"""The three verifiers."""

from __future__ import annotations

from collections.abc import Collection

from brisa.adapters.oidc.claims import Claims, Issuer
from brisa.adapters.oidc.keys import GOOGLE_CERTS, IAP_KEYS, Fetch, PublicKeys, certificates, key_set
from brisa.adapters.oidc.token import REMOVED, Token, from_base64, read_token
from brisa.errors import IdentityError
from brisa.ports.clock import Clock
from brisa.ports.identity import Caller


class _Signatures:
    """Checks that tokens are signed with one of the issuer's keys, by one algorithm, whatever their headers ask for."""

    def __init__(self, keys: PublicKeys, algorithm: str) -> None:
        self._keys = keys
        self._algorithm = algorithm

    def check(self, token: Token) -> None:
        if token.header.get("alg") != self._algorithm:
            raise IdentityError(f"the token is not signed with {self._algorithm}")
        key_id = token.header.get("kid")
        if not isinstance(key_id, str):
            raise IdentityError("the token does not name the key that signed it")
        key = self._keys.find(key_id)
        try:
            signature = from_base64(token.signature)
        except ValueError:
            raise IdentityError("the token's signature is not base64") from None
        if not key.verify(token.signed, signature):
            raise IdentityError("the token's signature is not the issuer's")


class OidcVerifier:
    """A :class:`~brisa.ports.identity.Verifier` that relies on nobody but the issuer's public keys.

    Signatures are RS256 (RSA, PKCS #1 v1.5, SHA-256), the only kind that Google makes for ID tokens. Times are compared
    with ``clock``, not with the machine's: google-auth's own ``jwt.decode`` knows only the latter, so of that library
    just the arithmetic is used.
    """

    def __init__(
        self,
        *,
        audience: str | Collection[str],
        callers: Collection[str] | None,
        clock: Clock,
        certs_url: str = GOOGLE_CERTS,
        fetch: Fetch | None = None,
    ) -> None:
        """``audience`` is what callers have their tokens made for, or all that it may be; ``callers`` are the e-mail
        addresses that may call; ``None`` leaves that to who asks.

        ``fetch`` gets the body at a URL, or raises ``OSError``; by default over HTTP.
        """
        self._claims = Claims(audience=audience, callers=callers, clock=clock)
        self._signatures = _Signatures(PublicKeys(certs_url, clock, fetch, certificates), "RS256")

    def verify(self, token: str) -> Caller:
        """See the port. :class:`~brisa.adapters.oidc.StrangerError` when all is well but who calls."""
        read = read_token(token)
        if read.signature == REMOVED:
            raise IdentityError(
                "the platform has removed the token's signature: a service that requires authentication is to be "
                "set up with BRISA_AUTH=platform"
            )
        self._signatures.check(read)
        return self._claims.check(read.claims)


class PlatformVerifier:
    """A :class:`~brisa.ports.identity.Verifier` that relies on Cloud Run having checked the signature.

    Cloud Run, and Cloud Run functions with it, checks the ID token of every request to a service that requires
    authentication, and hands it to the container with :data:`~brisa.adapters.oidc.REMOVED` in the signature's place.
    Only such tokens are accepted, and all that they claim is checked as ever: the platform checks neither which of its
    callers this function is for nor, with more than one URL, which audience.

    To be used (``BRISA_AUTH=platform``) only where the platform is known to check. On a service that lets
    unauthenticated requests in, or outside of Cloud Run, anybody can write such a token. A token with any
    signature is refused: it can't have come that way, so something is set up differently from what was thought.

    When a request has both ``X-Serverless-Authorization`` and ``Authorization``, the platform checks the first alone;
    so must whoever calls this: see :func:`brisa.handlers.bearer.bearer_token`.
    """

    def __init__(self, *, audience: str | Collection[str], callers: Collection[str] | None, clock: Clock) -> None:
        """As with :class:`OidcVerifier`."""
        self._claims = Claims(audience=audience, callers=callers, clock=clock)

    def verify(self, token: str) -> Caller:
        """See the port. :class:`~brisa.adapters.oidc.StrangerError` when all is well but who calls."""
        read = read_token(token)
        if read.signature != REMOVED:
            raise IdentityError(
                "the token did not come through the platform, which removes the signatures it has checked"
            )
        return self._claims.check(read.claims)


class IapVerifier:
    """A :class:`~brisa.ports.identity.Verifier` of what Identity-Aware Proxy says of who has logged in to it, in the
    header ``X-Goog-IAP-JWT-Assertion``; see its page "Securing your app with signed headers". Signatures are ES256."""

    def __init__(self, *, audience: str, clock: Clock, keys_url: str = IAP_KEYS, fetch: Fetch | None = None) -> None:
        """``audience`` is ``/projects/NUMBER/…``, as IAP shows it. Who may call is left to who asks."""
        self._claims = Claims(audience=audience, callers=None, clock=clock, issuer=Issuer.IAP)
        self._signatures = _Signatures(PublicKeys(keys_url, clock, fetch, key_set), "ES256")

    def verify(self, token: str) -> Caller:
        """See the port. :class:`~brisa.adapters.oidc.StrangerError` for somebody without an e-mail address."""
        read = read_token(token)
        self._signatures.check(read)
        return self._claims.check(read.claims)
