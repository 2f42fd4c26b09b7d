"""What Identity-Aware Proxy says of who has logged in, with real keys: what is accepted, and everything that is not."""

from __future__ import annotations

import json

import pytest

from brisa.adapters.memory import FakeClock
from brisa.adapters.oidc import IapVerifier, StrangerError
from brisa.errors import IdentityError, UnavailableError
from tests.adapters.oidc.google import NOW, passed_on, signed
from tests.adapters.oidc.iap import IAP_AUDIENCE, PERSON, asserted, key_set


def verifier(shown=None, **more):
    """Of a service behind IAP."""
    asked = []

    def fetch(url):
        asked.append(url)
        return shown if shown is not None else key_set()

    made = IapVerifier(audience=IAP_AUDIENCE, clock=more.get("clock", FakeClock(NOW)), fetch=fetch)
    return made, asked


def test_who_has_logged_in():
    """With the domain that the account belongs to; the keys are fetched once, from where Google shows them."""
    made, asked = verifier()
    for _ in range(10):
        made.verify(asserted())
    caller = made.verify(asserted())
    assert (caller.email, caller.subject, caller.domain) == (PERSON, "accounts.google.com:1234567890", "example.com")
    assert asked == ["https://www.gstatic.com/iap/verify/public_key-jwk"]
    assert made.verify(asserted(hd=None)).domain == ""


BAD = {
    "another key": asserted("somebody else"),
    "another audience": asserted(aud="/projects/1/apps/x"),
    "no audience": asserted(aud=None),
    "another issuer": asserted(iss="https://accounts.google.com"),
    "no issuer": asserted(iss=None),
    "expired": asserted(exp=int(NOW) - 31),
    "issued in the future": asserted(iat=int(NOW) + 31),
    "no end": asserted(exp=None),
    "alg none": asserted(header={"alg": "none"}),
    "alg RS256": asserted(header={"alg": "RS256"}),
    "alg HS256": asserted(header={"alg": "HS256"}),
    "another key id": asserted(header={"kid": "other"}),
    "signature cut": asserted()[:-4],
    "no signature": asserted().rpartition(".")[0] + ".",
    "signature removed": passed_on(asserted()),
    "claims exchanged": ".".join([*asserted().split(".")[:1], asserted(email="eve@example.com").split(".")[1], "AAAA"]),
    "an ID token": signed(aud=IAP_AUDIENCE),
    "garbage": "garbage",
    "empty": "",
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_assertions_that_are_none(token):
    """Whatever IAP has not signed for this service, and now, is refused."""
    made, _ = verifier()
    with pytest.raises(IdentityError) as refused:
        made.verify(token)
    assert not isinstance(refused.value, StrangerError)


def test_somebody_without_an_address():
    """A good assertion that names nobody a policy could name."""
    with pytest.raises(StrangerError):
        verifier()[0].verify(asserted(email=None))


@pytest.mark.parametrize(
    "shown",
    [
        b"",
        b"[]",
        b"3",
        b"{}",
        b'{"keys": 3}',
        b'{"keys": [3]}',
        b'{"keys": [{}]}',
        key_set(x="AAAA"),
        key_set(x="ñ"),
        key_set(kid=None, y=None),
    ],
)
def test_keys_that_are_none(shown):
    """An answer without keys, or with a point off the curve, is as good as none."""
    with pytest.raises(UnavailableError):
        verifier(shown)[0].verify(asserted())


@pytest.mark.parametrize("change", [{"kty": "RSA"}, {"crv": "P-384"}])
def test_keys_of_other_kinds(change):
    """Are left out: a token that names one is signed with none of the issuer's."""
    with pytest.raises(IdentityError, match="none of the issuer's"):
        verifier(key_set(**change))[0].verify(asserted())
    assert json.loads(key_set(**change))["keys"]
