"""Who calls, told from OpenID Connect tokens of Google: two verifiers that differ in who checks the signature, and one
for what Identity-Aware Proxy says.

:class:`OidcVerifier` checks it itself and is right wherever anybody may send a request. :class:`PlatformVerifier` is
for services of Cloud Run and Cloud Run functions that require authentication: the platform has checked it by then,
and has put :data:`REMOVED` in its place.
"""

from brisa.adapters.oidc.claims import StrangerError
from brisa.adapters.oidc.keys import GOOGLE_CERTS, PublicKeys
from brisa.adapters.oidc.token import REMOVED
from brisa.adapters.oidc.verifiers import IapVerifier, OidcVerifier, PlatformVerifier

__all__ = ["GOOGLE_CERTS", "REMOVED", "IapVerifier", "OidcVerifier", "PlatformVerifier", "PublicKeys", "StrangerError"]
