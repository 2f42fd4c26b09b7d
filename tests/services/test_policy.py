"""Who has which role in a deployment, by its policy document."""

from __future__ import annotations

import json
import threading

import pytest

from brisa.adapters.memory import FakeClock
from brisa.errors import StorageError, UnavailableError
from brisa.model.access import Role
from brisa.ports.identity import Caller
from brisa.services.policy import KEPT, Policies, PolicyError, admins, read_policy

TEXT = """
# who may do what
admin: ["user:ana@example.com", "serviceAccount:ci@p.iam.gserviceaccount.com"]
op: ["group:data@example.com", "user:bob@example.com"]
user: []
viewer: ["domain:example.com", "group:guests@other.org"]
"""
GROUPS = {"data@example.com": {"carl@example.com", "ana@example.com"}, "guests@other.org": {"dora@mail.org"}}


def role(caller, text=TEXT, asked=None):
    """By the document."""

    def in_group(group, email):
        if asked is not None:
            asked.append((group, email))
        return email in GROUPS[group]

    return read_policy(text).role(caller, in_group)


@pytest.mark.parametrize(
    ("email", "domain", "expected"),
    [
        ("ana@example.com", "example.com", Role.ADMIN),
        ("ANA@Example.com", "example.com", Role.ADMIN),
        ("ci@p.iam.gserviceaccount.com", "", Role.ADMIN),
        ("carl@example.com", "example.com", Role.OP),
        ("bob@example.com", "", Role.OP),
        ("eve@example.com", "example.com", Role.VIEWER),
        ("eve@example.com", "EXAMPLE.COM", Role.VIEWER),
        ("dora@mail.org", "", Role.VIEWER),
        ("eve@example.com", "", None),
        ("eve@sub.example.com", "sub.example.com", None),
        ("eve@mail.org", "", None),
        ("other@p.iam.gserviceaccount.com", "", None),
        ("", "", None),
    ],
)
def test_the_role_of_somebody(email, domain, expected):
    """The highest that fits. A domain is what Google says that the account belongs to, not how its address ends."""
    assert role(Caller(email=email, domain=domain)) is expected


def test_groups_are_asked_only_where_they_matter():
    """Not of whom the document names itself with a role as high."""
    asked: list[tuple[str, str]] = []
    role(Caller(email="ana@example.com"), asked=asked)
    role(Caller(email="Bob@example.com"), asked=asked)
    assert asked == []
    role(Caller(email="Eve@example.com", domain="example.com"), asked=asked)
    assert asked == [("data@example.com", "eve@example.com")]


def test_json_is_as_good():
    """And an empty mapping lets nobody in."""
    text = json.dumps({"op": ["user:ana@example.com"]})
    assert role(Caller(email="ana@example.com"), text) is Role.OP
    assert role(Caller(email="ana@example.com"), "{}") is None


BAD = {
    "nothing": ("", "no mapping"),
    "a list": ("[]", "no mapping"),
    "no YAML": ("{", "no YAML"),
    "a tag": ("!!python/object/apply:os.system [ls]", "no YAML"),
    "deep": ("[" * 100_000, "no YAML"),
    "large": ("#" * 2_000_000, "1 MiB"),
    "unknown role": ("owner: []", "owner"),
    "a role that is a number": ("3: []", "3"),
    "one member": ("op: user:ana@example.com", "no list"),
    "everybody": ("viewer: [allUsers]", "allUsers"),
    "everybody with an account": ("viewer: [allAuthenticatedUsers]", "allAuthenticatedUsers"),
    "unknown kind": ("op: ['person:ana@example.com']", "person"),
    "no kind": ("op: [ana@example.com]", "ana"),
    "no name": ("op: ['user:']", "user:"),
    "no address": ("op: ['user:ana']", "ana"),
    "a blank": ("op: ['user: ana@example.com']", "ana"),
    "a quote": ('op: ["group:a\'b@example.com"]', "group"),
    "a slash": ("op: ['domain:example.com/x']", "domain"),
    "any domain": ("op: ['domain:*']", "domain"),
    "no domain": ("op: ['domain:']", "domain"),
    "a number": ("op: [3]", "3"),
    "a mapping": ("op: [{user: ana@example.com}]", "user"),
    "a service account as a user": ("op: ['user:ci@p.iam.gserviceaccount.com']", "service accounts"),
    "a user as a service account": ("op: ['serviceAccount:ana@example.com']", "service accounts"),
}


@pytest.mark.parametrize(("text", "told"), BAD.values(), ids=BAD)
def test_documents_that_can_not_be(text, told):
    """The error names what is wrong, on one line."""
    with pytest.raises(PolicyError, match=told) as error:
        read_policy(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def test_a_list_of_callers():
    """Without a document these may do everything, and nobody else anything."""
    policy = admins(["ana@example.com", "ci@p.iam.gserviceaccount.com"])
    for email, expected in [
        ("ana@example.com", Role.ADMIN),
        ("ci@p.iam.gserviceaccount.com", Role.ADMIN),
        ("eve@example.com", None),
    ]:
        assert policy.role(Caller(email=email, domain="example.com"), lambda *_: True) is expected


class Document:
    """A document that changes."""

    def __init__(self):
        self.text, self.error, self.read = "op: ['user:ana@example.com']", None, 0

    def __call__(self):
        """Its text now."""
        self.read += 1
        if self.error is not None:
            raise self.error
        return self.text


ANA = Caller(email="ana@example.com")


def test_the_document_is_read_once_a_minute():
    """And what it says then counts."""
    document, clock = Document(), FakeClock()
    policies = Policies(document, clock)
    for _ in range(100):
        assert policies.current().role(ANA, lambda *_: False) is Role.OP
    assert document.read == 1
    document.text = "viewer: ['user:ana@example.com']"
    clock.advance(KEPT)
    assert policies.current().role(ANA, lambda *_: False) is Role.VIEWER
    assert document.read == 2
    clock.advance(-1000)  # set back
    policies.current()
    assert document.read == 3


@pytest.mark.parametrize("error", [StorageError("forbidden"), UnavailableError("away"), None])
def test_a_document_that_is_spoilt(error, caplog):
    """The last good one stays in force, which the log says, and is asked for again a minute later."""
    document, clock = Document(), FakeClock()
    policies = Policies(document, clock)
    policies.current()
    document.error, document.text = error, "owner: []"
    clock.advance(KEPT)
    for _ in range(10):
        assert policies.current().role(ANA, lambda *_: False) is Role.OP
    assert (document.read, caplog.text.count("stays in force")) == (2, 1)
    document.error, document.text = None, "{}"
    clock.advance(KEPT)
    assert policies.current().role(ANA, lambda *_: False) is None


def test_others_do_not_wait_for_who_reads_it():
    """While one reads it again, the others go by what it said; the first time all wait, and it is read once."""
    document, clock = Document(), FakeClock()
    began, go = threading.Event(), threading.Event()

    def slowly():
        began.set()
        assert go.wait(30)
        return document()

    policies = Policies(slowly, clock)
    found = []
    threads = [threading.Thread(target=lambda: found.append(policies.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert began.wait(30)
    go.set()
    for thread in threads:
        thread.join()
    assert (len(found), document.read) == (8, 1)

    clock.advance(KEPT)
    began.clear()
    go.clear()
    document.text = "{}"
    reader = threading.Thread(target=policies.current)
    reader.start()
    assert began.wait(30)
    assert policies.current() == found[0]
    go.set()
    reader.join()
    assert policies.current().role(ANA, lambda *_: False) is None


def test_without_any_document_nobody_gets_in():
    """One that was never good is an error each time, until it is mended."""
    document = Document()
    document.error = UnavailableError("away")
    policies = Policies(document, FakeClock())
    for _ in range(2):
        with pytest.raises(UnavailableError):
            policies.current()
    document.error = None
    assert policies.current().role(ANA, lambda *_: False) is Role.OP
