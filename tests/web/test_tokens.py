"""Tokens of an embedded brisa: what is accepted, and everything that is not."""

from __future__ import annotations

import hashlib
import hmac
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brisa.adapters.memory import FakeClock
from brisa.errors import IdentityError
from brisa.model.access import Role
from brisa.model.user import User
from brisa.web.tokens import CLI_SECONDS, Tokens
from tests.adapters.oidc.google import encoded, part
from tests.web.auth_site import DAY, KEY

ANA = User(username="ana", role=Role.OP, epoch=7)
NOW = 1_700_000_000.0


@pytest.fixture
def clock():
    """It is ``NOW``."""
    return FakeClock(NOW)


@pytest.fixture
def tokens(clock):
    """Of a home."""
    return Tokens(KEY, clock, seconds=DAY)


def forged(key: bytes = KEY, algorithm: str = "HS256", **changes: object) -> str:
    """A token made by hand, with good claims but for the changes; ``None`` leaves one out."""
    told = {"sub": "ana", "epoch": 7, "iat": int(NOW), "exp": NOW + 60, "jti": "x", **changes}
    claims = {name: value for name, value in told.items() if value is not None}
    text = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    return f"{text}.{encoded(hmac.new(key, text.encode(), digest).digest())}"


def test_a_token_says_whose_it_is(tokens):
    """And nothing secret; no two are the same."""
    token = tokens.issue(ANA)
    grant = tokens.read(token)
    assert (grant.username, grant.epoch, grant.ends) == ("ana", 7, NOW + DAY)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"sub", "epoch", "iat", "exp", "jti"}
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert tokens.issue(ANA) != token


def test_a_token_ends(tokens, clock):
    """By brisa's own clock, to the second; one for a command line after an hour."""
    token, short = tokens.issue(ANA), tokens.issue(ANA, CLI_SECONDS)
    clock.advance(CLI_SECONDS - 1)
    assert tokens.read(short).username == "ana"
    clock.advance(1)
    with pytest.raises(IdentityError, match="expired"):
        tokens.read(short)
    clock.advance(DAY - CLI_SECONDS - 1)
    assert tokens.read(token).username == "ana"
    clock.advance(1)
    with pytest.raises(IdentityError, match="expired"):
        tokens.read(token)


def test_a_short_life_is_not_made_longer(clock):
    """Where all tokens end soon, so do those for a command line."""
    tokens = Tokens(KEY, clock, seconds=60)
    assert tokens.read(tokens.issue(ANA, CLI_SECONDS)).ends == NOW + 60


def test_a_token_that_was_given_back(tokens):
    """Is good for nothing; others of the same user are as before."""
    token, other = tokens.issue(ANA), tokens.issue(ANA)
    tokens.revoke(tokens.read(token))
    with pytest.raises(IdentityError, match="given back"):
        tokens.read(token)
    assert tokens.read(other).username == "ana"


def test_what_was_given_back_is_forgotten_when_it_has_ended(tokens, clock):
    """So that their list does not grow for ever."""
    for _ in range(50):
        tokens.revoke(tokens.read(tokens.issue(ANA)))
    clock.advance(DAY)
    tokens.revoke(tokens.read(tokens.issue(ANA)))
    assert len(tokens._revoked) == 1


GOOD = forged()
BAD = {
    "another key": forged(b"x" * 64),
    "no key": forged(b""),
    "alg none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{GOOD.split('.')[1]}.",
    "alg None": f"{part({'alg': 'None', 'typ': 'JWT'})}.{GOOD.split('.')[1]}.",
    "alg none with a signature": f"{part({'alg': 'none', 'typ': 'JWT'})}.{GOOD.partition('.')[2]}",
    "alg HS512": forged(algorithm="HS512"),
    "alg missing": f"{part({'typ': 'JWT'})}.{GOOD.partition('.')[2]}",
    "other claims": f"{GOOD.split('.')[0]}.{forged(sub='admin').split('.')[1]}.{GOOD.split('.')[2]}",
    "no signature": GOOD.rpartition(".")[0] + ".",
    "signature cut": GOOD[:-4],
    "no user": forged(sub=None),
    "user is a number": forged(sub=3),
    "no epoch": forged(epoch=None),
    "epoch is text": forged(epoch="seven"),
    "epoch is a list": forged(epoch=[7]),
    "no end": forged(exp=None),
    "end is text": forged(exp="never"),
    "end is null": f"{part({'alg': 'HS256'})}.{part({'exp': None})}.AAAA",
    "no id": forged(jti=None),
    "empty": "",
    "a word": "token",
    "two dots": "..",
    "four parts": GOOD + ".more",
    "a list": f"{part([])}.{part([])}.AAAA",
    "not UTF-8": f"{encoded(bytes([0xFF] * 3))}.{part({})}.AAAA",
    "deep": f"{encoded(b'[' * 3000)}.{part({})}.AAAA",
    "a blank": GOOD.replace(".", ". ", 1),
    "not ASCII": GOOD.replace("e", "é", 1),
    "1 MB": "A" * (1 << 20),
    "long": forged(more="x" * 8000),
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_tokens_that_are_none(tokens, token):
    """Whatever is not signed by this brisa, as it signs, is refused in words that hold nothing of it."""
    assert tokens.read(GOOD).username == "ana"
    with pytest.raises(IdentityError) as refused:
        tokens.read(token)
    assert refused.value.__cause__ is None
    assert not any(word in str(refused.value) for word in token.split(".") if len(word) > 6)


@given(st.integers(min_value=0, max_value=len(GOOD) - 1), st.sampled_from("ABCDabcd0189-_."))
def test_any_letter_that_is_changed(place, letter):
    """Makes it another token: refused, or the same by another spelling of base64's last bits."""
    tokens = Tokens(KEY, FakeClock(NOW), seconds=DAY)
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    try:
        grant = tokens.read(changed)
    except IdentityError:
        return
    assert grant == tokens.read(GOOD)


@given(st.text(max_size=300))
def test_any_text(text):
    """Is refused as what it is."""
    with pytest.raises(IdentityError):
        Tokens(KEY, FakeClock(NOW), seconds=DAY).read(text)


def test_the_csrf_token_belongs_to_one_session(tokens):
    """It fits its own alone, does not tell of it, and neither is the other."""
    one, other = tokens.read(tokens.issue(ANA)), tokens.read(tokens.issue(ANA))
    assert tokens.is_csrf(one, tokens.csrf(one))
    for wrong in (tokens.csrf(other), "", tokens.csrf(one)[:-1], tokens.csrf(one).upper(), "é", "\ud800"):
        assert not tokens.is_csrf(one, wrong)
    assert one.token_id not in tokens.csrf(one)
    assert Tokens(b"y" * 64, FakeClock(NOW), seconds=DAY).csrf(one) != tokens.csrf(one)
    assert json.dumps(tokens.csrf(one)).strip('"').isalnum()
