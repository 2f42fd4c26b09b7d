"""The events function."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from brisa.errors import NotFoundError, StorageError, UnavailableError
from brisa.handlers.events import EVENTS
from brisa.handlers.storage_event import DELETED, FINALIZED
from tests.handlers.deployment import UNWELCOME, Deployment, answered, request

BUCKETS = "//storage.googleapis.com/projects/_/buckets/"


@pytest.fixture
def deployment():
    """A new one."""
    return Deployment()


def resource(**changes):
    """What Cloud Storage says of an object; a change to ``None`` leaves a field out."""
    told = {
        "kind": "storage#object",
        "bucket": "incoming",
        "name": "2024/sales.csv",
        "generation": "1700000000123456",
        "size": "12",
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def attributes(about=None, **changes):
    """The attributes of the event for an object; a change to ``None`` leaves one out."""
    about = about or resource()
    told = {
        "specversion": "1.0",
        "id": "1",
        "type": FINALIZED,
        "source": f"{BUCKETS}{about.get('bucket')}",
        "subject": f"objects/{about.get('name')}",
        "time": "2024-01-01T00:00:00Z",
        "bucket": str(about.get("bucket")),
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def binary(about=None, body=None, **changes):
    """An event as Eventarc sends it: attributes in headers, percent-encoded where they aren't plain ASCII."""
    about = about or resource()
    headers = {
        f"ce-{name}": quote(str(value), safe="/:;=,.!?#[]@$&'()*+~{}|^`<>\\")
        for name, value in attributes(about, **changes).items()
    }
    body = json.dumps(about).encode() if body is None else body
    return request(body, headers={"Content-Type": "application/json", **headers})


def structured(about=None, content_type="application/cloudevents+json; charset=utf-8", event=None, **changes):
    """An event whose attributes and data are one JSON object."""
    about = about or resource()
    event = {**attributes(about, **changes), "data": about} if event is None else event
    return request(event, headers={"Content-Type": content_type})


@pytest.mark.parametrize("send", [binary, structured])
@pytest.mark.parametrize(("kind", "verb"), [(FINALIZED, "finalized"), (DELETED, "deleted")])
def test_an_object_came_or_went(deployment, send, kind, verb):
    """Both modes and both types are passed on with the object's bucket, name and generation."""
    response = deployment.call(EVENTS, send(type=kind))
    assert (response.status_code, answered(response)) == (200, {"outcome": verb})
    assert deployment.objects.told == [(verb, "incoming", "2024/sales.csv", "1700000000123456")]


ODD_NAMES = {
    "spaces": "  a  b .csv ",
    "up": "../../etc/passwd",
    "slashes": "//a///b/",
    "percent": "100%.csv",
    "percent that looks encoded": "100%25.csv",
    "Spanish": "Año/campaña número 1.csv",
    "emoji": "😀/\N{SKULL AND CROSSBONES}.csv",
    "quotes": "\"'`$(rm -rf)`.csv",
    "JSON": '{"a": [1]}',
    "question": "a?b#c&d=e+f.csv",
    "backslash": "a\\b",
    "control": "a\x01\x7f\tb",
    "Latin-1": "ÿþ",
    "1,024 bytes": "é" * 512,
    "one letter": "x",
}


@pytest.mark.parametrize("send", [binary, structured])
@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_odd_names(deployment, send, name):
    """Whatever Cloud Storage allows in a name is data, and arrives as it is."""
    assert deployment.call(EVENTS, send(resource(name=name))).status_code == 200
    assert deployment.objects.told == [("finalized", "incoming", name, "1700000000123456")]


def test_a_subject_that_nobody_has_encoded(deployment):
    """A sender that does not percent-encode its headers is understood, too."""
    for name, header in (("100%25.csv", "100%25.csv"), ("año.csv", "año.csv".encode().decode("latin-1"))):
        about = resource(name=name)
        sent = binary(about)
        sent.environ["HTTP_CE_SUBJECT"] = f"objects/{header}"
        assert deployment.call(EVENTS, sent).status_code == 200
        assert deployment.objects.told.pop() == ("finalized", "incoming", name, "1700000000123456")


def test_data_in_base64(deployment):
    """In structured mode the resource may come as base64."""
    event = {**attributes(), "data_base64": base64.b64encode(json.dumps(resource()).encode()).decode()}
    assert deployment.call(EVENTS, structured(event=event)).status_code == 200
    assert len(deployment.objects.told) == 1


WRONG = {
    "other type": {"type": "google.cloud.storage.object.v1.archived"},
    "Pub/Sub": {"type": "google.cloud.pubsub.topic.v1.messagePublished"},
    "no type": {"type": None},
    "no source": {"source": None},
    "no subject": {"subject": None},
    "no id": {"id": None},
    "no version": {"specversion": None},
    "other version": {"specversion": "7"},
    "bucket of another": {"source": BUCKETS + "other"},
    "bucket begins alike": {"source": BUCKETS + "incoming2"},
    "source of another service": {"source": "//pubsub.googleapis.com/projects/_/buckets/incoming"},
    "name of another": {"subject": "objects/2024/other.csv"},
    "subject without objects": {"subject": "2024/sales.csv"},
}
WRONG_RESOURCES = {
    "no bucket": {"bucket": None},
    "empty bucket": {"bucket": ""},
    "bucket is a number": {"bucket": 3},
    "bucket is too long": {"bucket": "b" * 223},
    "no name": {"name": None},
    "empty name": {"name": ""},
    "name is a list": {"name": ["a"]},
    "name is true": {"name": True},
    "1,025 bytes": {"name": "é" * 512 + "x"},
    "no generation": {"generation": None},
    "generation is a number": {"generation": 1700000000123456},
    "generation is no number": {"generation": "latest"},
    "generation is negative": {"generation": "-1"},
    "generation in other digits": {"generation": "٣"},
    "generation is too long": {"generation": "1" * 21},
}


@pytest.mark.parametrize("send", [binary, structured])
@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_another_event(deployment, send, changes):
    """An event of another type, or one that contradicts itself, is refused with a reason."""
    assert_refused(deployment, send(**changes))


@pytest.mark.parametrize("send", [binary, structured])
@pytest.mark.parametrize("changes", WRONG_RESOURCES.values(), ids=WRONG_RESOURCES)
def test_another_resource(deployment, send, changes):
    """An event of something that can't be an object is refused with a reason."""
    assert_refused(deployment, send(resource(**changes)))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"text", b"\xff", b'{"name": "\\udc00"}', b"[" * 100_000])
def test_a_body_that_is_no_resource(deployment, body):
    """In either mode the body has to be a JSON object."""
    assert_refused(deployment, binary(body=body))
    assert_refused(deployment, request(body, headers={"Content-Type": "application/cloudevents+json"}))


@pytest.mark.parametrize(
    "more",
    [
        {"specversion": ["1.0"]},
        {"specversion": None},
        {"extensions": "x"},
        {"data": "text"},
        {"data": [1]},
        {"data": None},
        {"data_base64": "!"},
        {"data_base64": 3},
        {"source": 3},
        {"subject": {"a": 1}},
        {"type": [FINALIZED]},
        {"subject": "\ud800"},
    ],
)
def test_odd_attributes(deployment, more):
    """Attributes of odd types are refused, not stumbled over."""
    assert_refused(deployment, structured(event={**attributes(), "data": resource(), **more}))


def test_attributes_that_the_library_trips_over(deployment):
    """A header that collides with a name inside the library is refused."""
    sent = binary()
    sent.environ["HTTP_CE_EXTENSIONS"] = "x"
    assert_refused(deployment, sent)


@pytest.mark.parametrize("content_type", ["application/json", "", "application/cloudevents-batch+json"])
def test_no_event_at_all(deployment, content_type):
    """JSON without attributes in headers is an event only if its type says so."""
    assert_refused(deployment, structured(content_type=content_type))


def assert_refused(deployment, sent):
    """Status 400 with a reason, and nothing has been passed on."""
    before = deployment.state()
    response = deployment.call(EVENTS, sent)
    assert response.status_code == 400
    assert answered(response)["detail"]
    assert deployment.state() == before


@pytest.mark.parametrize(("token", "status"), UNWELCOME)
def test_who_may_not_call(deployment, token, status):
    """Nobody but the callers of the deployment tells of objects."""
    sent = binary()
    sent.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert deployment.call(EVENTS, sent).status_code == status
    assert deployment.objects.told == []


def test_the_largest_body(deployment):
    """A body may have 1 MiB: objects carry metadata."""
    body = json.dumps(resource()).encode()
    assert deployment.call(EVENTS, binary(body=body.ljust(1 << 20))).status_code == 200
    assert deployment.call(EVENTS, binary(body=body.ljust((1 << 20) + 1))).status_code == 413
    assert len(deployment.objects.told) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("no such run"), 200),
        (UnavailableError("the store is away"), 503),
        (StorageError("the store is full"), 500),
        (RuntimeError("a defect"), 500),
    ],
)
def test_failures(deployment, error, status):
    """An event that could not be handled is to be delivered again; one for what is gone is not."""
    deployment.objects.error = error
    assert deployment.call(EVENTS, binary()).status_code == status
