"""Secrets are hidden in what people see of an attempt. The tables are Airflow 3.3.2's answers."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brisa.authoring.secrets import is_sensitive, listening, mask_secret, secret_texts
from brisa.runtime.masking import Masker, forms

SECRETS = st.lists(st.text(alphabet="abXY'\n\\\u00fc/ ", min_size=5, max_size=9), min_size=1, max_size=4)
TEXTS = st.lists(st.text(alphabet="abXY'\n\\\u00fc/ ", max_size=12), max_size=6)


def knowing(*secrets):
    """A masker that knows these."""
    masker = Masker()
    for secret in secrets:
        masker.add(secret)
    return masker


@pytest.mark.parametrize(
    ("secrets", "text", "hidden"),
    [
        (["hunter2"], "x hunter2 hunter2y", "x *** ***y"),
        (["abcd"], "abcd", "abcd"),
        (["abcde"], "abcde", "***"),
        (["SecretX"], "secretx SecretX SECRETX", "secretx *** SECRETX"),
        (["abcde", "abcdefgh"], "abcdefgh abcde abcdefg", "*** *** ***fg"),
        (["abcXY", "XYdef"], "abcXYdef", "***def"),
        (["a.c+e"], "abcce a.c+e", "abcce ***"),
        ([], "abcde", "abcde"),
    ],
)
def test_a_secret_is_hidden(secrets, text, hidden):
    """Wherever it is, but not in other case; of two that begin at once the longer, else the first."""
    assert knowing(*secrets).text(text) == hidden


@pytest.mark.parametrize("write", [repr, json.dumps, quote, lambda text: quote(text, safe="")])
def test_other_ways_of_writing_are_known(write):
    """A secret in a URL, or as Python or JSON write it, is hidden too."""
    secret = "p'a\n\"x\\y/\u00e9 z"
    shown = knowing(secret).text(f"<{write(secret)}>")
    assert shown.strip("<>\"'") == "***"


@given(SECRETS, TEXTS, st.data())
def test_pieces_do_not_matter(secrets, texts, data):
    """However bytes come in pieces, the same is hidden as in the whole, and no secret is left."""
    masker = knowing(*secrets)
    whole = "".join(part for text in texts for part in (text, data.draw(st.sampled_from(secrets)))).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert b"".join(masker.stream(pieces)).decode() == masker.text(whole.decode())


@given(SECRETS, st.text(alphabet="abXY", max_size=20))
def test_what_may_be_the_beginning_of_a_secret(secrets, text):
    """It is the longest end of a text that a secret goes on from."""
    masker = knowing(*secrets)
    begun = masker.begun(text)
    written = [form for secret in secrets for form in forms(secret)]
    assert begun == 0 or any(form.startswith(text[-begun:]) for form in written)
    for secret in secrets:
        assert all(masker.begun(text + secret[:size]) >= size for size in range(1, len(secret)))


def test_a_text_that_was_cut_shows_no_part_of_a_secret():
    """The end that a cut has left of one is cut off as well."""
    masker = knowing("hunter2secret")
    assert masker.cut("it is hunter2sec…") == "it is …"
    assert masker.cut("it is hunter2… (99 characters in all)") == "it is … (99 characters in all)"
    assert masker.cut("it is hunter2secret") == "it is ***"


SENSITIVE = """password Password passwd secret my_secret token mytoken access_token api_key apikey apiKey API_KEY
my_api_key_2 passphrase private_key private-key authorization keyfile_dict service_account session_token
extra__google_cloud_platform__keyfile_dict aws_secret_access_key aws_access_key_id aws_session_token connection_string
dsn sas_token sastoken client_secret refresh_token bearer private_key_content secrets tokens"""
PLAIN = """pwd privatekey auth keyfile keyfile_path key_path credential credentials key login user uri tenant_id oauth
cookie ssh_key host_key keyring jwt certificate cert passcode pin security account_key"""


@pytest.mark.parametrize(("names", "sensitive"), [(SENSITIVE, True), (PLAIN, False)])
def test_names_tell_secrets(names, sensitive):
    """A value of such a name is secret."""
    assert {name: is_sensitive(name) for name in names.split()} == dict.fromkeys(names.split(), sensitive)


@pytest.mark.parametrize(
    ("value", "name", "secret"),
    [
        ("value1", None, ["value1"]),
        ("value1", "plain", []),
        ("value1", "my_token", ["value1"]),
        ("1234", None, []),
        ("airflow", None, []),
        (12345678, None, []),
        (None, None, []),
        (["first1", "second2"], None, ["first1", "second2"]),
        (["first1"], "plain", []),
        (
            {"password": "pwdict", "other": "othdict", "l": ["listed1"], "n": {"token": "nested1"}},
            None,
            ["pwdict", "nested1"],
        ),
        ({"keyfile_dict": {"k": "inner1", "private_key": "inner2"}}, None, ["inner2"]),
        ({"secrets": ["first1", {"z": "second2"}]}, None, ["first1"]),
        ({"a": "value1", "password": "value2"}, "my_secret", ["value2"]),
    ],
)
def test_what_of_a_value_is_secret(value, name, secret):
    """A text with a sensitive name or with none, each of a list, and in dicts what the keys say."""
    assert list(secret_texts(value, name)) == secret


def test_who_listens_is_told_each_secret_once():
    """Those that were known already too; what was learnt meanwhile is forgotten."""
    known: list[str] = []
    told: list[str] = []
    with listening(known.append):  # other tests may have told some
        mask_secret("before")
        with listening(told.append):
            mask_secret({"password": "within"})
            mask_secret("within")
        mask_secret("after")
        assert told == [*known[:-3], "before", "within"]
    again: list[str] = []
    with listening(again.append):
        assert again == known[:-3]
