"""Google groups, against a server that answers as Cloud Identity does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from brisa.adapters.cloudidentity import CloudIdentityGroups, connect
from brisa.adapters.cloudidentity.groups import KEPT
from brisa.adapters.memory import FakeClock
from brisa.errors import UnavailableError

DATA, HIDDEN = "data@example.com", "hidden@example.com"


class CloudIdentity:
    """Groups and their members over HTTP."""

    def __init__(self) -> None:
        self.members = {"groups/0abc": {"ana@example.com"}}
        self.names = {DATA: "groups/0abc", HIDDEN: "groups/0hid"}
        self.asked: list[str] = []
        self.status = 0
        """Of every answer, unless 0."""
        self.body: str | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append(unquote(self.path))
                status, answer = service.answer(self.path)
                body = (service.body if service.body is not None else json.dumps(answer)).encode()
                self.send_response(service.status or status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *args) -> None:  # noqa: A002
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def answer(self, path: str) -> tuple[int, dict[str, object]]:
        """Status and body, as the API's pages say."""
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/v1/groups:lookup":
            name = self.names.get(query["groupKey.id"])
            return (200, {"name": name}) if name else (404, {"error": {"code": 404}})
        name, _, verb = parts.path.removeprefix("/v1/").partition("/memberships:")
        assert verb == "checkTransitiveMembership"
        if name not in self.members:
            return 403, {"error": {"code": 403}}
        asked = query["query"]
        assert asked.startswith("member_key_id == '")
        member = asked.removeprefix("member_key_id == '").removesuffix("'")
        return 200, {"hasMembership": True} if member in self.members[name] else {}

    def close(self) -> None:
        """Nobody listens any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[CloudIdentity]:
    """Running."""
    made = CloudIdentity()
    yield made
    made.close()


@pytest.fixture
def clock():
    """It stands still."""
    return FakeClock()


@pytest.fixture
def groups(service, clock):
    """That asks the service."""
    with requests.Session() as session:
        yield CloudIdentityGroups(session, clock, service.url)


def test_who_is_in_a_group(groups, service):
    """The group is looked up by its address, then its members by theirs; both are remembered."""
    for _ in range(10):
        assert groups.has(DATA, "ana@example.com")
        assert not groups.has(DATA, "eve@example.com")
    assert service.asked == [
        "/v1/groups:lookup?groupKey.id=data@example.com",
        "/v1/groups/0abc/memberships:checkTransitiveMembership?query=member_key_id+==+'ana@example.com'",
        "/v1/groups/0abc/memberships:checkTransitiveMembership?query=member_key_id+==+'eve@example.com'",
    ]


def test_what_is_remembered_is_asked_again_after_five_minutes(groups, service, clock):
    """Who has left the group is out then, and who has come is in."""
    assert groups.has(DATA, "ana@example.com")
    service.members["groups/0abc"] = {"eve@example.com"}
    clock.advance(KEPT - 1)
    assert groups.has(DATA, "ana@example.com")
    clock.advance(1)
    assert not groups.has(DATA, "ana@example.com")
    assert groups.has(DATA, "eve@example.com")
    assert sum("lookup" in path for path in service.asked) == 1


@pytest.mark.parametrize("group", ["unknown@example.com", HIDDEN])
def test_a_group_that_we_do_not_see(groups, service, caplog, group):
    """Nobody gets a role by it, and the log says why, once."""
    for _ in range(5):
        assert not groups.has(group, "ana@example.com")
    assert caplog.text.count(group) == 1


@pytest.mark.parametrize(
    "email", ["a'b@example.com", "x' || member_key_id == 'ana@example.com", 'a"@x.org', "a\\@x.org"]
)
def test_an_address_that_would_be_more_than_an_address(groups, service, email):
    """Is in no group, and does not get into the expression."""
    assert not groups.has(DATA, email)
    assert service.asked == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, None), (503, None), (429, None), (401, None), (200, "no JSON"), (200, "[]"), (302, "")],
)
def test_a_service_that_does_not_answer_as_it_should(groups, service, status, body):
    """Nobody is called a stranger for it, nothing is remembered, and it mends by itself."""
    service.status, service.body = status, body
    with pytest.raises(UnavailableError):
        groups.has(DATA, "ana@example.com")
    service.status, service.body = 0, None
    assert groups.has(DATA, "ana@example.com")


def test_names_that_are_none(groups, service):
    """An answer that names no group finds nobody."""
    service.names[DATA] = "../users/ana"
    assert not groups.has(DATA, "ana@example.com")
    assert len(service.asked) == 1


def test_nobody_listens(clock):
    """As if it did not answer."""
    gone = CloudIdentity()
    gone.close()
    with requests.Session() as session, pytest.raises(UnavailableError):
        CloudIdentityGroups(session, clock, gone.url).has(DATA, "ana@example.com")


def test_its_memory_is_bounded(groups, service):
    """Of many askers the first are forgotten."""
    groups._known.update({(DATA, f"u{number}@example.com"): (False, groups._clock.now()) for number in range(10_000)})
    assert groups.has(DATA, "ana@example.com")
    assert len(groups._known) == 10_000
    assert (DATA, "u0@example.com") not in groups._known


def test_the_credentials_of_this_process(monkeypatch, tmp_path):
    """The application default ones, asked for no more than to read groups."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    told = {"type": "service_account", "client_email": "brisa@p.iam.gserviceaccount.com", "token_uri": "https://x"}
    told["private_key"] = key.private_bytes(*form).decode()
    (tmp_path / "credentials.json").write_text(json.dumps(told))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "credentials.json"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    with connect() as session:  # type: ignore[attr-defined] # it is one of requests'
        assert session.credentials.service_account_email == "brisa@p.iam.gserviceaccount.com"
        assert session.credentials.scopes == ["https://www.googleapis.com/auth/cloud-identity.groups.readonly"]
