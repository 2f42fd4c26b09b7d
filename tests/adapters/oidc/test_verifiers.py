"""Who calls, with real keys: what is accepted, and everything that is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading

import pytest

from brisa.adapters.memory import FakeClock
from brisa.adapters.oidc import OidcVerifier, PlatformVerifier, StrangerError
from brisa.errors import IdentityError, UnavailableError
from tests.adapters.oidc.google import AUDIENCE, CALLER, NOW, Certs, claims, encoded, part, passed_on, signed, signer


@pytest.fixture
def certs():
    """The server of the issuer's keys."""
    server = Certs()
    yield server
    server.close()


@pytest.fixture
def clock():
    """It is ``NOW``."""
    return FakeClock(NOW)


@pytest.fixture
def verifier(certs, clock):
    """Of a service that checks signatures itself."""
    return OidcVerifier(audience=AUDIENCE, callers=[CALLER], clock=clock, certs_url=certs.url)


@pytest.fixture
def platform(clock):
    """Of a service that the platform checks signatures for."""
    return PlatformVerifier(audience=AUDIENCE, callers=[CALLER], clock=clock)


def test_a_good_token_names_its_caller(verifier):
    """The token that Cloud Tasks sends is accepted."""
    caller = verifier.verify(signed())
    assert (caller.email, caller.subject) == (CALLER, "1234567890")


def test_the_emulators_own_tokens_are_good(certs):
    """What the local Cloud Tasks signs is accepted at the time it is signed at."""
    token = signer().token(CALLER, AUDIENCE)
    issued = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["iat"]
    verifier = OidcVerifier(audience=AUDIENCE, callers=[CALLER], clock=FakeClock(issued + 1), certs_url=certs.url)
    assert verifier.verify(token).email == CALLER


def test_the_platforms_token_names_its_caller(platform):
    """A token whose signature the platform has removed is accepted where that is what is expected."""
    assert platform.verify(passed_on(signed())).email == CALLER


def test_keys_are_fetched_once_an_hour(verifier, certs, clock):
    """A hundred requests cost one fetch, and the next hour one more."""
    for _ in range(100):
        verifier.verify(signed())
    assert certs.asked == 1
    clock.advance(3601)
    verifier.verify(signed(iat=NOW + 3500, exp=NOW + 7000))
    assert certs.asked == 2


WRONG_CLAIMS = [
    pytest.param({"aud": "https://other.a.run.app"}, "another audience", id="other audience"),
    pytest.param({"aud": None}, "another audience", id="no audience"),
    pytest.param({"aud": [AUDIENCE]}, "another audience", id="list of audiences"),
    pytest.param({"iss": "https://accounts.example.com"}, "another issuer", id="other issuer"),
    pytest.param({"iss": None}, "another issuer", id="no issuer"),
    pytest.param({"iss": ["https://accounts.google.com"]}, "another issuer", id="list of issuers"),
    pytest.param({"exp": int(NOW) - 30}, "expired", id="expired"),
    pytest.param({"exp": float("-1e300")}, "expired", id="expired long ago"),
    pytest.param({"iat": int(NOW) + 31}, "not valid yet", id="issued in the future"),
    pytest.param({"nbf": int(NOW) + 31}, "not valid yet", id="not before the future"),
    pytest.param({"iat": 10**4000}, "not valid yet", id="a number of 4,000 digits"),
    pytest.param({"exp": None}, "when", id="no end"),
    pytest.param({"exp": str(int(NOW) + 60)}, "when", id="end is text"),
    pytest.param({"exp": True}, "when", id="end is true"),
    pytest.param({"iat": None}, "when", id="no beginning"),
    pytest.param({"nbf": "soon"}, "when", id="not before is text"),
]
STRANGERS = [
    pytest.param({"email": "other@project.iam.gserviceaccount.com"}, "nobody who may call", id="other account"),
    pytest.param({"email": CALLER.upper()}, "nobody who may call", id="other case"),
    pytest.param({"email": None}, "no e-mail", id="no e-mail"),
    pytest.param({"email": [CALLER]}, "no e-mail", id="e-mail is a list"),
    pytest.param({"email_verified": False}, "not verified", id="not verified"),
    pytest.param({"email_verified": None}, "not verified", id="nothing on verification"),
    pytest.param({"email_verified": "true"}, "not verified", id="verified as text"),
]


@pytest.mark.parametrize(("changes", "reason"), WRONG_CLAIMS)
def test_wrong_claims(verifier, platform, changes, reason):
    """Both verifiers refuse a token that is not for here and now, and it is no matter of who calls."""
    for verify, token in ((verifier.verify, signed(**changes)), (platform.verify, passed_on(signed(**changes)))):
        with pytest.raises(IdentityError, match=reason) as refused:
            verify(token)
        assert not isinstance(refused.value, StrangerError)


@pytest.mark.parametrize(("changes", "reason"), STRANGERS)
def test_strangers(verifier, platform, changes, reason):
    """Both verifiers tell a good token of somebody who may not call from a bad one."""
    with pytest.raises(StrangerError, match=reason):
        verifier.verify(signed(**changes))
    with pytest.raises(StrangerError, match=reason):
        platform.verify(passed_on(signed(**changes)))


@pytest.mark.parametrize(("begins", "ends"), [(NOW + 29, NOW + 3600), (NOW - 3600, NOW - 29)])
def test_clocks_may_differ_a_little(verifier, begins, ends):
    """Half a minute is forgiven on either side."""
    assert verifier.verify(signed(iat=begins, exp=ends)).email == CALLER


def hs256() -> str:
    """Signed with the public key as if it were a shared secret."""
    public = json.loads(signer().certificates())[signer().key_id].encode()
    text = f"{part({'alg': 'HS256', 'kid': signer().key_id})}.{part(claims())}"
    mac = hmac.new(public, text.encode(), hashlib.sha256).digest()
    return f"{text}.{encoded(mac)}"


def swapped() -> str:
    """A good token's header and signature around other claims."""
    header, _, signature = signed(email="other@project.iam.gserviceaccount.com").split(".")
    return f"{header}.{part(claims())}.{signature}"


NONE = f"{part({'alg': 'none', 'kid': signer().key_id})}.{part(claims())}."
NOT_SIGNED = {
    "forged": signed("somebody else", header={"kid": signer().key_id}),
    "claims exchanged": swapped(),
    "signature cut": signed()[:-8],
    "a signature of one letter": signed().rpartition(".")[0] + ".A",
    "no signature": signed().rpartition(".")[0] + ".",
    "alg none": NONE,
    "alg none with a signature": NONE + signed().rpartition(".")[2],
    "another algorithm, signed all the same": signed(header={"alg": "PS256"}),
    "alg missing": f"{part({'kid': signer().key_id})}.{part(claims())}.{signed().rpartition('.')[2]}",
    "HS256 with the public key": hs256(),
    "signature removed by nobody": passed_on(signed()),
    "key id missing": signed(header={"kid": None}),
    "key id is no text": signed(header={"kid": {"a": 1}}),
}
GARBAGE = {
    "empty": "",
    "a word": "token",
    "one part": part(claims()),
    "two parts": signed().rpartition(".")[0],
    "four parts": signed() + ".more",
    "dots": "..",
    "a blank in it": signed().replace(".", ". ", 1),
    "two tokens": f"{signed()},Bearer {signed()}",
    "line ends": signed() + "\r\n",
    "padding": signed().replace(".", "=.", 1),
    "not ASCII": signed().replace("e", "é", 1),
    "digits of another script": signed().replace(".", "\N{ARABIC-INDIC DIGIT ONE}.", 1),
    "not base64": f"A.{part(claims())}.AAAA",
    "not JSON": f"{encoded(b'{]')}.{part(claims())}.AAAA",
    "not UTF-8": f"{encoded(bytes([0xFF] * 3))}.{part(claims())}.AAAA",
    "lists": f"{part([])}.{part([])}.AAAA",
    "deep": f"{encoded(b'[' * 3000)}.{part(claims())}.AAAA",
    "a number that is none": f"{part({'alg': float('nan')})}.{part(claims())}.AAAA",
    "1 MB": "A" * (1 << 20),
    "1 MB in three parts": f"{'A' * 500_000}.{'A' * 500_000}.AAAA",
}


@pytest.mark.parametrize("token", [*NOT_SIGNED.values(), *GARBAGE.values()], ids=[*NOT_SIGNED, *GARBAGE])
def test_not_signed_by_the_issuer(verifier, token):
    """Whatever lacks the issuer's own signature is refused, in words that hold nothing of it."""
    with pytest.raises(IdentityError) as refused:
        verifier.verify(token)
    assert not isinstance(refused.value, StrangerError)
    assert not any(word in str(refused.value) for word in token.split(".") if len(word) > 6)


REAL_SIGNATURES = {name: token for name, token in NOT_SIGNED.items() if name != "signature removed by nobody"}


@pytest.mark.parametrize(
    "token", [signed(), *REAL_SIGNATURES.values(), *GARBAGE.values()], ids=["good", *REAL_SIGNATURES, *GARBAGE]
)
def test_did_not_come_through_the_platform(platform, token):
    """Where the platform checks signatures, any token that still has one, or something else, is refused."""
    with pytest.raises(IdentityError):
        platform.verify(token)


def test_the_platforms_mark_must_be_exact(platform):
    """A signature that resembles the platform's mark is none."""
    start = signed().rpartition(".")[0]
    for mark in ("signature_removed_by_google", "SIGNATURE_REMOVED_BY_GOOGLE_", "XSIGNATURE_REMOVED_BY_GOOGLE"):
        with pytest.raises(IdentityError, match="platform"):
            platform.verify(f"{start}.{mark}")


def test_a_function_has_several_addresses(certs, clock):
    """A token for any of them is good, and for no other."""
    addresses = [AUDIENCE, "https://planner-1.europe-west1.run.app"]
    verifier = OidcVerifier(audience=addresses, callers=[CALLER], clock=clock, certs_url=certs.url)
    for address in addresses:
        assert verifier.verify(signed(aud=address)).email == CALLER
    for other in (",".join(addresses), "", addresses):
        with pytest.raises(IdentityError, match="audience"):
            verifier.verify(signed(aud=other))


def test_nobody_may_call_a_service_without_callers(certs, clock):
    """Without an audience or without callers, everybody is refused."""
    nobody = OidcVerifier(audience=AUDIENCE, callers=[], clock=clock, certs_url=certs.url)
    with pytest.raises(StrangerError):
        nobody.verify(signed())
    unnamed = OidcVerifier(audience="", callers=[CALLER], clock=clock, certs_url=certs.url)
    with pytest.raises(IdentityError, match="audience"):
        unnamed.verify(signed(aud=""))


def test_a_new_key_is_fetched(verifier, certs, clock):
    """A token that names a key published since is good, a minute after the last look at the latest."""
    verifier.verify(signed())
    certs.answer = json.dumps({**json.loads(certs.answer), **json.loads(signer("new").certificates())})
    with pytest.raises(IdentityError):
        verifier.verify(signed("new"))
    clock.advance(60)
    assert verifier.verify(signed("new")).email == CALLER
    assert certs.asked == 2


def test_unknown_keys_cost_one_fetch_a_minute(verifier, certs, clock):
    """Made-up key ids make us ask the issuer once, not once each."""
    for number in range(50):
        with pytest.raises(IdentityError, match="none of the issuer's"):
            verifier.verify(signed(header={"kid": f"made up {number}"}))
    assert certs.asked == 1
    clock.advance(60)
    for number in range(50):
        with pytest.raises(IdentityError, match="none of the issuer's"):
            verifier.verify(signed(header={"kid": f"made up {number}"}))
    assert certs.asked == 2


def test_keys_that_can_not_be_had(verifier, certs, clock):
    """Without keys nobody is let in, nobody is called a forger, and it mends by itself."""
    certs.status = 500
    for _ in range(5):
        with pytest.raises(UnavailableError):
            verifier.verify(signed())
    assert certs.asked == 1, "those who come while it has just failed share the failure"
    certs.status = 200
    clock.advance(1)
    assert verifier.verify(signed()).email == CALLER


@pytest.mark.parametrize("answer", ["", "no JSON", "[]", "3", '{"a": 1}', '{"a": "no certificate"}', "[" * 100_000])
def test_keys_that_are_none(verifier, certs, answer):
    """An answer without keys is as good as none."""
    certs.answer = answer
    with pytest.raises(UnavailableError, match="no certificates"):
        verifier.verify(signed())


def test_keys_of_an_earlier_hour_do_meanwhile(verifier, certs, clock):
    """Known keys are used for up to a day while newer ones can't be had, and the issuer is asked once a minute."""
    verifier.verify(signed())
    certs.status = 503
    clock.advance(7200)
    for _ in range(3):
        assert verifier.verify(signed(iat=NOW + 7000, exp=NOW + 9000)).email == CALLER
    assert certs.asked == 2
    clock.advance(61)
    with pytest.raises(UnavailableError):
        verifier.verify(signed("new", iat=NOW + 7000, exp=NOW + 9000))
    clock.advance(86400)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            verifier.verify(signed(iat=NOW + 90000, exp=NOW + 99000))


def test_nobody_listens_at_the_keys(clock):
    """An address where nobody listens, or that is no web address, makes the issuer unavailable."""
    gone = Certs()
    gone.close()
    for url in (gone.url, "file:///etc/hostname"):
        verifier = OidcVerifier(audience=AUDIENCE, callers=[CALLER], clock=clock, certs_url=url)
        with pytest.raises(UnavailableError, match="can't be fetched"):
            verifier.verify(signed())


def test_many_threads_cost_one_fetch(verifier, certs):
    """The first requests of a process come at once, and share one fetch."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(verifier.verify(signed()).email)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CALLER] * 16
    assert certs.asked == 1
