"""Eventarc's stand-in: what an upload becomes, how it is delivered, and what survives."""

from __future__ import annotations

import http.client
import json
import stat
import urllib.error
import urllib.request
from contextlib import closing
from urllib.parse import unquote

import pytest
from google.auth import jwt

from brisa.emulators.eventarc.cloud_event import cloud_event, header_value
from brisa.emulators.eventarc.ledger import Delivery, Ledger
from brisa.emulators.eventarc.retries import KEPT, next_attempt
from brisa.emulators.post import loopback
from brisa.emulators.tokens import token
from brisa.errors import EmulatorError
from tests.adapters.cloudtasks.local_cloud_tasks import real_cloud
from tests.emulators.local_eventarc import ACCOUNT, Eventarc, cloud
from tests.support.waiting import until

NOTIFICATION = {
    "eventType": "OBJECT_FINALIZE",
    "bucketId": "landing",
    "objectId": "a/b.csv",
    "objectGeneration": "17",
    "eventTime": "2026-01-02T03:04:05Z",
    "payloadFormat": "JSON_API_V1",
}


def test_an_upload_becomes_the_request_that_eventarc_makes(tmp_path):
    """The happy path: one POST, binary mode, every header, the object's resource, a token that verifies."""
    with cloud(tmp_path) as here:
        blob = here.bucket("landing").blob("orders/2026-01-02.csv")
        blob.upload_from_string("id\n1\n", content_type="text/csv")
        (request,) = until(lambda: here.function.received, what="the event")

    headers = request.headers
    assert (request.method, request.path) == ("POST", "/work")
    assert headers["ce-id"].isdecimal()
    assert len(headers["ce-id"]) == 16
    assert headers["ce-specversion"] == "1.0"
    assert headers["ce-type"] == "google.cloud.storage.object.v1.finalized"
    assert headers["ce-source"] == "//storage.googleapis.com/projects/_/buckets/landing"
    assert headers["ce-subject"] == "objects/orders/2026-01-02.csv"
    assert headers["ce-time"].startswith("20")
    assert headers["ce-time"].endswith("Z")
    assert headers["ce-bucket"] == "landing"
    assert headers["Content-Type"] == "application/json"
    resource = json.loads(request.body)
    assert resource["kind"] == "storage#object"
    assert (resource["bucket"], resource["name"], resource["size"]) == ("landing", "orders/2026-01-02.csv", "5")
    assert resource["contentType"] == "text/csv"
    assert int(resource["generation"]) > 0

    bearer = headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(bearer, certs=json.loads(real_cloud().get("/oauth2/v1/certs")), audience=here.audience)
    assert (claims["email"], claims["email_verified"]) == (ACCOUNT, True)


@pytest.mark.parametrize("name", ["prix d'été/€ 100%.csv", 'say "hi"', "a/../b", "ümlaut/日本語/🎉", "tab\tname"])
def test_any_name_arrives_as_it_is(tmp_path, name):
    """Names with spaces, dots, quotes and letters of any alphabet: encoded in the header, plain in the body."""
    with cloud(tmp_path) as here:
        here.bucket("landing").blob(name).upload_from_string("x")
        (request,) = until(lambda: here.function.received, what="the event")
    subject = request.headers["ce-subject"]
    assert unquote(subject, errors="strict") == f"objects/{name}"
    assert all("!" <= letter <= "~" and letter != '"' for letter in subject)
    assert json.loads(request.body)["name"] == name


def test_events_of_all_buckets_and_of_deletions_come(tmp_path):
    """No bucket is left out; a deletion is told as one, and an overwrite as a deletion and an upload."""
    with cloud(tmp_path) as here:
        one, other = here.bucket("one"), here.bucket("other")
        one.blob("x").upload_from_string("1")
        other.blob("y").upload_from_string("1")
        until(lambda: len(here.function.received) == 2)
        other.blob("y").delete()
        until(lambda: len(here.function.received) == 3)
        one.blob("x").upload_from_string("2")
        until(lambda: len(here.function.received) == 5)
        told = [(one.headers["ce-type"], one.headers["ce-bucket"]) for one in here.function.received]
        ids = {one.headers["ce-id"] for one in here.function.received}
    finalized, deleted = (f"google.cloud.storage.object.v1.{kind}" for kind in ("finalized", "deleted"))
    assert sorted(told[:2]) == [(finalized, "one"), (finalized, "other")]
    assert told[2] == (deleted, "other")
    assert sorted(told[3:]) == [(deleted, "one"), (finalized, "one")]
    assert len(ids) == 5


def test_a_refused_event_comes_again_with_the_same_id(tmp_path):
    """After 503s it is delivered until there is a 2xx, and then no more."""
    answers = iter([503, 500, 404, 204])
    with cloud(tmp_path) as here:
        here.function.answer = lambda _: next(answers, 204)
        here.bucket("landing").blob("x").upload_from_string("1")
        until(lambda: len(here.function.received) == 4)
        here.bucket("other").blob("y").upload_from_string("1")
        until(lambda: len(here.function.received) == 5)
        first, *again, other = (one.headers["ce-id"] for one in here.function.received)
    assert again == [first] * 3
    assert other != first


def test_duplicates_on_demand(tmp_path):
    """With --duplicates 2 each event is delivered three times, under one id."""
    with cloud(tmp_path, "--duplicates", "2") as here:
        here.bucket("landing").blob("x").upload_from_string("1")
        until(lambda: len(here.function.received) == 3)
        assert len({one.headers["ce-id"] for one in here.function.received}) == 1


def test_a_kill_loses_no_event(tmp_path):
    """What was accepted and not yet delivered is delivered by the next emulator on the same file."""
    with cloud(tmp_path) as here:
        here.function.answer = lambda _: 503
        here.bucket("landing").blob("x").upload_from_string("1")
        (first, *_) = until(lambda: here.function.received)
        here.eventarc.end(kill=True)
        here.function.received.clear()
        here.function.answer = lambda _: 200
        next_one = Eventarc(here.function.url, here.google.url, "--data", str(tmp_path / "events.db"))
        try:
            (again, *_) = until(lambda: here.function.received)
        finally:
            next_one.end(kill=True)
    assert again.headers["ce-id"] == first.headers["ce-id"]
    assert again.body == first.body


def test_its_health_can_be_asked(tmp_path):
    """GET / answers 200 while its threads live."""
    with (
        cloud(tmp_path) as here,
        urllib.request.urlopen(here.eventarc.url) as response,
    ):
        assert response.status == 200


def test_a_notification_becomes_an_event():
    """The pure function: message in, headers and body out."""
    event = cloud_event("9", NOTIFICATION, b'{"name": "a/b.csv"}')
    assert event is not None
    assert event.id == "9"
    assert event.body == b'{"name": "a/b.csv"}'
    assert event.headers == {
        "ce-id": "9",
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.storage.object.v1.finalized",
        "ce-source": "//storage.googleapis.com/projects/_/buckets/landing",
        "ce-subject": "objects/a/b.csv",
        "ce-time": "2026-01-02T03:04:05Z",
        "ce-bucket": "landing",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize("changed", [{"eventType": "SOMETHING"}, {"bucketId": ""}, {"objectId": ""}])
def test_another_message_is_no_event(changed):
    """A message that does not tell of an object is not delivered."""
    assert cloud_event("9", NOTIFICATION | changed, b"{}") is None


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("plain/../~name!", "plain/../~name!"),
        ("a b", "a%20b"),
        ("100%", "100%25"),
        ('"', "%22"),
        ("é", "%C3%A9"),
        ("€", "%E2%82%AC"),
        ("🎉", "%F0%9F%8E%89"),
        ("a\r\nb", "a%0D%0Ab"),
        ("\x7f", "%7F"),
    ],
)
def test_header_values_are_encoded_as_the_binding_demands(text, encoded):
    """Space, quotation mark, percent, and all outside of printable ASCII; nothing else."""
    assert header_value(text) == encoded


def test_attempts_come_ever_more_seldom_for_a_day():
    """The pause doubles up to a minute; after 24 hours an event is dropped."""
    assert [next_attempt(0.0, 10.0, attempts, 0.5) for attempts in (1, 2, 3, 8, 10_000)] == [10.5, 11, 12, 70, 70]
    assert next_attempt(0.0, KEPT - 61.0, 100, 0.5) == KEPT - 1.0
    assert next_attempt(0.0, KEPT - 60.0, 100, 0.5) is None


def test_the_ledger_gives_each_event_to_one(tmp_path):
    """What is taken is nobody else's until it is put off or dropped; another process begins with it again."""
    event = cloud_event("9", NOTIFICATION, b"{}")
    assert event is not None
    ledger = Ledger(tmp_path / "events.db")
    ledger.add(event, 5.0, copies=0)
    assert ledger.take(4.0) == 5.0
    taken = ledger.take(5.0)
    assert isinstance(taken, Delivery)
    assert taken.event == event
    assert ledger.take(5.0) is None
    ledger.put_off(taken, 8.0)
    assert ledger.take(5.0) == 8.0
    again = ledger.take(8.0)
    assert isinstance(again, Delivery)
    assert again.attempts == 1
    ledger.close()

    other = Ledger(tmp_path / "events.db")
    found = other.take(8.0)
    assert isinstance(found, Delivery)
    other.drop(found)
    assert other.take(9.0) is None
    other.close()


def test_the_ledger_is_for_its_owner_alone(tmp_path):
    """Names of objects are in it: a file that others could read is closed to them."""
    (tmp_path / "events.db").touch(0o644)
    with closing(Ledger(tmp_path / "events.db")):
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_file_that_is_no_ledger_is_said(tmp_path):
    """The error names the file."""
    (tmp_path / "events.db").write_text("no database, and long enough to be seen as none" * 10)
    with pytest.raises(EmulatorError, match=r"events\.db can't be used"):
        Ledger(tmp_path / "events.db")


@pytest.mark.parametrize("url", ["http://example.com:80", "https://127.0.0.1:80", "http://127.0.0.1", "nothing", ""])
def test_nothing_leaves_the_machine(url):
    """Only an address on loopback is taken."""
    with pytest.raises(ValueError):  # noqa: PT011 (argparse asks for no more)
        loopback(url)
    assert loopback("http://127.0.0.1:8080") == "http://127.0.0.1:8080"


def test_the_local_google_signs_for_whom_it_is_asked():
    """POST /token gives a token that its certificates verify, for that account and that audience."""
    google = real_cloud()
    signed = token(google.url, "somebody@test", "http://there")
    claims = jwt.decode(signed, certs=json.loads(google.get("/oauth2/v1/certs")), audience="http://there")
    assert (claims["email"], claims["iss"]) == ("somebody@test", "https://accounts.google.com")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"x"', b"{}", b'{"email": "a", "audience": ""}', b'{"email": 1}', b"\xff"]
)
def test_a_token_for_nobody_is_refused(body):
    """Anything but an e-mail and an audience is a 400."""
    google = urllib.request.Request(f"{real_cloud().url}/token", data=body, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(google, timeout=10)
    with refused.value:
        assert refused.value.code == http.client.BAD_REQUEST


def test_without_the_local_google_there_is_no_token():
    """The error names the address."""
    with pytest.raises(EmulatorError, match=r"http://127\.0\.0\.1:1 gives no token"):
        token("http://127.0.0.1:1", "somebody@test", "http://there")
