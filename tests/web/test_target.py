"""The api function as functions-framework serves it: who may call, what hostile requests get, and its log line."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from brisa.adapters.memory import FakeClock, MemoryQueue
from brisa.errors import StorageError, UnavailableError
from brisa.model.trace import Trace
from brisa.model.work import Work
from brisa.ports.telemetry import current_trace
from brisa.web.target import sender
from tests.adapters.oidc.google import CALLER, passed_on, signed
from tests.adapters.oidc.iap import PERSON, asserted
from tests.handlers.deployment import UNWELCOME, answered, request
from tests.web.cloud_site import CloudSite

POOLS = "/api/v2/pools"
POOL = {"name": "a", "slots": 1}
JSON = {"Content-Type": "application/json"}
POLICY = f"""
admin: ["user:{PERSON}"]
op: ["group:data@example.com"]
user: ["serviceAccount:{CALLER}"]
viewer: ["domain:example.com"]
"""


@pytest.fixture(scope="module")
def site():
    """A deployment without a policy: its callers may do everything."""
    return CloudSite()


@pytest.fixture
def line(capsys):
    """What was written to standard output since: one JSON object on one line."""

    def read():
        (text,) = capsys.readouterr().out.splitlines()
        return json.loads(text)

    return read


def ask(site, method, path, body=b"", *, token=None, **headers):
    """The answer to a request."""
    sent = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return site.answer(request(body, method=method, path=path, token=token, headers=sent))


def test_a_request_and_its_log_line(site, line):
    """The callers of the deployment are admins; a request is one line with what it was and what it cost."""
    response = ask(site, "POST", POOLS, POOL)
    assert (response.status_code, answered(response)["name"]) == (201, "a")
    told = line()
    assert told.pop("milliseconds") >= 0
    assert told.pop("reads") >= 0
    assert told.pop("writes") >= 0
    assert told.pop("operations") >= 0
    assert told == {
        "severity": "INFO",
        "message": "api: post_pool",
        "function": "api",
        "outcome": "post_pool",
        "status": 201,
    }
    assert ask(site, "GET", POOLS).status_code == 200
    assert ask(site, "DELETE", f"{POOLS}/a").status_code == 204


@pytest.mark.parametrize(("method", "path"), [("GET", POOLS), ("POST", POOLS), ("DELETE", f"{POOLS}/a")])
@pytest.mark.parametrize(("token", "status"), UNWELCOME)
def test_who_may_not_call(site, method, path, token, status):
    """Nobody but the callers of the deployment sees or changes anything."""
    before = site.state()
    response = ask(site, method, path, POOL, token=token)
    assert (response.status_code, bool(answered(response)["detail"])) == (status, True)
    assert (response.headers.get("WWW-Authenticate") == "Bearer") is (status == 401)
    assert site.state() == before


def test_health(site):
    """Takes no token and touches nothing; other methods than the application's are refused."""
    before = site.asked_for
    assert ask(site, "GET", "/health", token="").get_data() == b"ok"
    assert ask(site, "OPTIONS", POOLS, token="").status_code == 405
    assert site.asked_for == before
    assert ask(site, "GET", "/api/v2/version", token="").status_code == 200


@pytest.mark.parametrize(
    ("email", "domain", "groups", "reads", "writes"),
    [
        (PERSON, None, [], 200, 201),
        (CALLER, None, [], 200, 403),
        ("eve@example.com", "example.com", [], 200, 403),
        ("eve@example.com", "example.com", ["data@example.com"], 200, 201),
        ("eve@example.com", None, [], 403, 403),
        ("eve@other.org", "other.org", [], 403, 403),
        ("other@project.iam.gserviceaccount.com", None, [], 403, 403),
    ],
)
def test_a_policy(email, domain, groups, reads, writes):
    """Says who may do what; whoever is not in it may do nothing."""
    site = CloudSite(POLICY)
    site.members = {(group, email) for group in groups}
    token = signed(email=email, hd=domain)
    assert ask(site, "GET", POOLS, token=token).status_code == reads
    assert ask(site, "POST", POOLS, POOL, token=token).status_code == writes
    assert [entry.owner for entry in site.store.audit_entries(limit=9)] == [email] * (writes == 201)


@pytest.fixture(scope="module")
def behind():
    """A deployment behind Identity-Aware Proxy."""
    return CloudSite(POLICY, iap=True)


def test_what_iap_says(behind):
    """Somebody who has logged in there is who it says, whatever token came along."""
    said: dict[str, Any] = {"X_Goog_IAP_JWT_Assertion": asserted(), "token": ""}
    me = answered(ask(behind, "GET", "/auth/me", **said))
    assert (me["username"], me["role"], me["passwords"], me["csrf_token"]) == (PERSON, "admin", False, None)
    assert "runs:trigger" in me["permissions"]
    said["token"] = signed()
    assert answered(ask(behind, "GET", "/auth/me", **said))["username"] == PERSON
    said["X_Goog_IAP_JWT_Assertion"] = asserted(email="eve@example.com")
    assert answered(ask(behind, "GET", "/auth/me", **said))["role"] == "viewer"


def test_service_to_service(behind):
    """Another service calls with an identity token of its own account, without IAP."""
    assert answered(ask(behind, "GET", "/auth/me", token=signed()))["role"] == "user"


@pytest.mark.parametrize(
    ("assertion", "status"),
    [
        ("garbage", 401),
        (asserted("somebody else"), 401),
        (asserted(aud="/projects/1/apps/x"), 401),
        (asserted(exp=1_600_000_000), 401),
        (asserted(email="eve@other.org", hd="other.org"), 403),
        (signed(), 401),
    ],
)
def test_assertions_that_open_nothing(behind, assertion, status):
    """A bad one is not made up for by a good token."""
    before = behind.state()
    for token in ("", signed()):
        answer = ask(behind, "POST", POOLS, POOL, token=token, X_Goog_IAP_JWT_Assertion=assertion)
        assert answer.status_code == status
    assert behind.state() == before


def test_an_assertion_where_there_is_no_iap(site):
    """Says nothing: anybody could send one."""
    assert ask(site, "GET", POOLS, X_Goog_IAP_JWT_Assertion=asserted(), token="").status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Sec_Fetch_Site": "same-origin"}, 201),
        ({"Origin": "http://localhost"}, 201),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_pages_from_elsewhere(headers, status):
    """A browser adds IAP's cookie to what another site's page sends: such a change is refused; a look is not told."""
    site = CloudSite(POLICY, iap=True)
    said: dict[str, Any] = {"X_Goog_IAP_JWT_Assertion": asserted(), "token": "", **headers}
    assert ask(site, "POST", POOLS, POOL, **said).status_code == status
    assert ask(site, "GET", POOLS, **said).status_code == 200


def test_the_platforms_own_header(site):
    """With X-Serverless-Authorization there, Authorization was checked by nobody: one that says so is a forgery."""
    forged = passed_on(signed())
    headers = {"X_Serverless_Authorization": f"Bearer {signed()}"}
    assert ask(site, "GET", POOLS, token=forged, **headers).status_code == 200
    headers = {"X_Serverless_Authorization": "Bearer garbage"}
    assert ask(site, "GET", POOLS, token=forged, **headers).status_code == 401


@pytest.mark.parametrize(
    ("forwarded", "origin"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("203.0.113.5, 192.0.2.9", "192.0.2.9"),
        ("evil, <script>,192.0.2.9", "192.0.2.9"),
        ("2001:DB8::1", "2001:db8::1"),
        ("192.0.2.9, unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_from_where(forwarded, origin):
    """The last address in X-Forwarded-For is the platform's word, what is before it anybody's."""
    assert sender(forwarded, "127.0.0.1") == origin
    site = CloudSite()
    builder = EnvironBuilder(
        path=POOLS, method="POST", json=POOL, headers=Headers({"Authorization": f"Bearer {signed()}"})
    )
    peer = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert site.answer(Request({**builder.get_environ(), **peer})).status_code == 201
    (entry,) = site.store.audit_entries(limit=9)
    assert (entry.owner, entry.origin) == (CALLER, origin)


def raw(site, **environ):
    """The answer to a GET of pools whose WSGI environment has ``environ``."""
    builder = EnvironBuilder(path=POOLS, method="GET", headers=Headers({"Authorization": f"Bearer {signed()}"}))
    return site.answer(Request({**builder.get_environ(), **environ}))


def test_requests_as_no_client_of_ours_sends_them(site):
    """Paths that are no UTF-8 are 404, queries that are no ASCII are read as if they had been escaped."""
    assert raw(site, PATH_INFO="/api/v2/pools/\xff\xfe").status_code == 404
    assert raw(site, PATH_INFO="/api/v2/pools/..%2f..%2fetc").status_code == 404
    assert raw(site, PATH_INFO="/api/v2/../v2/pools").status_code == 404
    assert raw(site, PATH_INFO="//api/v2/pools").status_code == 404
    assert raw(site, QUERY_STRING="pool_name_pattern=\xc3\xb1 '\"<>").status_code == 200
    assert raw(site, QUERY_STRING="limit=\xff").status_code == 422
    assert raw(site, QUERY_STRING="order_by=-name&limit=1%31").status_code == 200


def test_large_bodies(site):
    """413, with or without the length told before, and nothing changes."""
    before = site.state()
    large = json.dumps({"name": "x" * 2_000_000, "slots": 1}).encode()
    assert ask(site, "POST", POOLS, large).status_code == 413
    builder = EnvironBuilder(
        path=POOLS, method="POST", headers=Headers({"Authorization": f"Bearer {signed()}", **JSON})
    )
    environ = {**builder.get_environ(), "wsgi.input": io.BytesIO(large), "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    assert site.answer(Request(environ)).status_code == 413
    assert site.state() == before


def test_a_body_whose_length_is_not_told():
    """Is read all the same."""
    site = CloudSite()
    builder = EnvironBuilder(
        path=POOLS, method="POST", headers=Headers({"Authorization": f"Bearer {signed()}", **JSON})
    )
    body = io.BytesIO(json.dumps(POOL).encode())
    environ = {**builder.get_environ(), "wsgi.input": body, "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    assert site.answer(Request(environ)).status_code == 201


def failing(error):
    """A verb that raises."""

    def fail():
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [
        (UnavailableError("away"), 503, "unavailable"),
        (StorageError("full"), 500, "defect"),
        (OSError("a defect"), 500, "defect"),
    ],
)
def test_failures(line, monkeypatch, error, status, outcome):
    """A store that can't be used is told with the status that fits; a defect's traceback is in the log line alone."""

    site = CloudSite()
    monkeypatch.setattr(site.store, "pools", failing(error))
    response = ask(site, "GET", POOLS)
    told = line()
    assert (response.status_code, told["status"], told["outcome"]) == (status, status, outcome)
    assert ("Traceback" in told.get("stack_trace", "")) is isinstance(error, OSError)
    assert "Traceback" not in response.get_data(as_text=True)
    assert (response.headers.get("Retry-After") == "5") is (status == 503)


def test_the_first_requests_come_at_once():
    """They share one application."""
    site = CloudSite()
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(ask(site, "GET", POOLS).status_code)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8


def test_no_token_is_in_a_log_line(site, capsys, caplog):
    """Neither a good one nor a bad one."""
    caplog.set_level("DEBUG")
    tokens = [signed(), signed(aud="https://other.a.run.app"), signed("somebody else"), "Zm9yZ2VkIHRva2Vu.x.y"]
    said = [ask(site, "GET", POOLS, token=token).get_data(as_text=True) for token in tokens]
    told = "\n".join([capsys.readouterr().out, caplog.text, *said])
    assert not any(piece in told for token in tokens for piece in token.split(".") if len(piece) > 4)


class Noting(MemoryQueue):
    """A queue that notes of which trace who sends is."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.traces: list[Trace | None] = []

    def enqueue(self, messages: Sequence[Work]) -> None:
        """Note it."""
        self.traces.append(current_trace())
        super().enqueue(messages)


def test_what_is_sent_belongs_to_the_requests_trace():
    """Through all threads in between: the first messages of a run that is triggered are of who asked for it."""
    site = CloudSite()
    queue = site.site.queue = Noting(site.clock)
    site.site.start()
    site.runs = site.site.runs
    trace = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", True)
    for sent in (trace, None):
        headers = {"traceparent": sent.header} if sent else {}
        run = {"dag_run_id": f"r{len(queue.traces)}", "logical_date": None}
        assert ask(site, "POST", "/api/v2/dags/d/dagRuns", run, **headers).status_code == 200
    assert queue.traces == [trace, None]
