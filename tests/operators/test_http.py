"""HTTP through a real server on loopback: requests as Airflow's provider makes them, and errors that keep secrets."""

import importlib
import json
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.running import executing
from brisa.compat import active
from brisa.model.states import OutcomeKind
from brisa.operators.http import HttpHook, HttpOperator, HttpSensor, SimpleHttpOperator
from brisa.operators.sensor import PokeReturnValue
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task


@dataclass
class Site:
    """A server: a path that begins with a status is answered with it; it keeps what it was sent."""

    port: int = 0
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path with query, and body."""
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Method and path of each request."""
        return [f"{method} {path}" for method, path, _ in self.seen]


@contextmanager
def serving() -> Iterator[Site]:
    """A server that runs meanwhile."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            site.seen.append((self.command, self.path, body))
            site.headers.append(dict(self.headers))
            status = int(self.path[1:4]) if self.path[1:4].isdigit() else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/found")
            self.send_header("Content-Length", "8")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b'{"a": 1}')

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815  as it is called

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server."""
    with serving() as one:
        yield one


def channel(site, **fields):
    """One that knows the server as ``http_default``."""
    return MemoryChannel(
        connections={"http_default": {"conn_type": "http", "host": "127.0.0.1", "port": site.port} | fields}
    )


def task(site, cls=HttpOperator, fields=None, **kwargs):
    """Run one operator; its outcome, and what it pushed."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        cls(task_id="t", **kwargs)
    outcome, told = run_task(dag, channel=channel(site, **fields or {}))
    return outcome, told.values().get("return_value")


def test_a_request_is_a_task(site):
    """Endpoint, data and headers are templates; the answer's text is the XCom."""
    outcome, value = task(
        site,
        endpoint="sales/{{ ds }}",
        data='{"n": {{ params.n }}}',
        headers={"X-Run": "{{ run_id }}"},
        params={"n": 3},
    )

    assert outcome.kind is OutcomeKind.SUCCESS
    assert value == '{"a": 1}'
    assert site.seen == [("POST", "/sales/2024-01-15", '{"n": 3}')]
    assert site.headers[0]["X-Run"] == "scheduled__2024-01-15T00:00:00+00:00"


@pytest.mark.parametrize(
    ("method", "options", "seen"),
    [
        ("GET", {"data": {"a": 1}}, ("GET", "/x?a=1", "")),
        ("HEAD", {"data": {"a": 1}}, ("HEAD", "/x", "")),
        ("POST", {"data": {"a": 1}}, ("POST", "/x", "a=1")),
        ("PUT", {"data": "abc"}, ("PUT", "/x", "abc")),
        ("DELETE", {"data": {"a": 1}}, ("DELETE", "/x", "a=1")),
        ("post", {"json": {"a": 1}}, ("POST", "/x", '{"a": 1}')),
    ],
)
def test_where_the_data_goes(site, method, options, seen):
    """As in Airflow: the query of a GET, nothing in a HEAD, the body of all others."""
    with executing({}, channel(site)):
        HttpHook(method).run("x", **options)
    assert site.seen == [seen]


@pytest.mark.parametrize(
    ("fields", "base"),
    [
        ({"host": "h"}, "http://h"),
        ({"host": "h", "schema": "https", "port": 8}, "https://h:8"),
        ({"host": "https://h", "port": 9}, "https://h:9"),
        ({"host": "https://h/base/"}, "https://h/base/"),
        ({}, "http://"),
    ],
)
def test_addresses(fields, base):
    """The connection's, and an endpoint below it; an endpoint leads to no other server."""
    with executing({}, MemoryChannel(connections={"http_default": fields})):
        hook = HttpHook()
        hook.get_conn()
    assert hook.base_url == base
    if fields.get("host") == "h" and "port" not in fields:
        found = [hook.url_from_endpoint(one) for one in ("a", "/a", "", None, "http://o/x")]
        assert found == [f"{base}/a", f"{base}/a", base, base, f"{base}/http://o/x"]


def test_what_the_connection_brings(site):
    """Its login, its headers, and options even as a URI has them; a request's own header wins."""
    extra = {"X-A": "1", "X-B": "1", "timeout": "5", "verify": "false", "allow_redirects": "false"}
    with executing({}, channel(site, login="u", password="s3cret", extra=json.dumps(extra))):
        response = HttpHook("GET").run("302", headers={"X-B": "2"})
    sent = site.headers[0]
    assert (sent["X-A"], sent["X-B"], sent["Authorization"]) == ("1", "2", "Basic dTpzM2NyZXQ=")
    assert response.status_code == 302
    assert "timeout" not in sent


def test_redirects_are_followed(site):
    """Unless the options say otherwise."""
    task(site, endpoint="302", method="GET")
    task(site, endpoint="302", method="GET", extra_options={"allow_redirects": False})
    assert site.lines == ["GET /302", "GET /found", "GET /302"]


def test_an_error_status_fails_the_task(site, caplog):
    """The error is status and reason, the log has the answer's beginning; ``check_response=False`` turns that off."""
    outcome, _ = task(site, endpoint="404?token=s3cret", headers={"Authorization": "Bearer s3cret"})
    assert (outcome.kind, outcome.error) == (OutcomeKind.FAILED, "AirflowException: 404:Not Found")
    assert 'The server\'s answer: {"a": 1}' in caplog.text
    assert "s3cret" not in caplog.text
    assert task(site, endpoint="500", extra_options={"check_response": False})[1] == '{"a": 1}'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": "x?token=s3cret"}, "did not answer in time"),
        ({"endpoint": "x", "headers": {"X": "s3cret\nx"}}, "InvalidHeader"),
    ],
)
def test_a_request_that_comes_to_nothing_tells_no_secret(caplog, options, words):
    """The error has method, server and reason; not the address, the headers or the login."""
    caplog.set_level("INFO")
    fields = {"host": "http://u:s3cret@127.0.0.1", "login": "u", "password": "s3cret", "extra": {"timeout": 0.05}}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site = Site(silent.getsockname()[1])
        outcome, _ = task(site, fields=fields, **options)
    assert outcome.kind is OutcomeKind.FAILED
    assert f"POST to http://127.0.0.1:{site.port} failed: " in outcome.error
    assert words in outcome.error
    assert "s3cret" not in outcome.error + caplog.text


def test_a_server_that_is_away(caplog):
    """The error says so, without the address's path."""
    with serving() as site:
        pass
    outcome, _ = task(site, endpoint="x?token=s3cret")
    assert f"POST to http://127.0.0.1:{site.port} failed: ConnectionError" in outcome.error
    assert "Connection refused" in outcome.error
    assert "s3cret" not in outcome.error + caplog.text


def test_the_cause_of_an_error_tells_no_secret_either(site):
    """A traceback in a function that uses the hook has nothing of the headers."""
    secret = "s3" + "cret"
    with executing({}, channel(site)), pytest.raises(AirflowException) as caught:
        HttpHook("GET").run("x", headers={"X": secret + "\nx"})
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_a_connection_that_is_not_there():
    """Airflow's error."""
    with executing({}, MemoryChannel()), pytest.raises(AirflowException, match="The conn_id `zz` isn't defined"):
        HttpHook("GET", "zz").run("x")


def test_answers_are_checked_and_filtered(site):
    """By functions that take the answer, and what they name of the context."""
    options = {"endpoint": "x", "method": "GET"}
    assert task(site, **options, response_filter=lambda response: response.json()["a"])[1] == 1
    assert (
        task(site, **options, response_filter=lambda response, ds: f"{response.status_code} {ds}")[1]
        == "200 2024-01-15"
    )
    assert task(site, **options, response_check=lambda response: response.ok)[0].kind is OutcomeKind.SUCCESS
    for answer in (False, None):
        outcome, _ = task(site, **options, response_check=lambda response, answer=answer: answer)
        assert outcome.error == "AirflowException: Response check returned False."


def test_pages(site):
    """Each answer says what differs in the next request; all answers are the XCom."""
    pages = iter([{"endpoint": "y", "data": {"p": 2}, "headers": {"X-P": "2"}}, {"data": {"p": 3}}])
    _, value = task(
        site, cls=SimpleHttpOperator, endpoint="x", method="GET", data={"z": 1}, headers={"X-H": "1"},
        pagination_function=lambda response: next(pages, None),
    )  # fmt: skip
    assert value == ['{"a": 1}'] * 3
    assert site.lines == ["GET /x?z=1", "GET /y?z=1&p=2", "GET /y?z=1&p=3"]
    assert [(one.get("X-H"), one.get("X-P")) for one in site.headers] == [("1", None), ("1", "2"), ("1", "2")]
    _, value = task(
        site,
        endpoint="x",
        pagination_function=lambda response: None,
        response_filter=lambda responses: [one.json() for one in responses],
    )
    assert value == [{"a": 1}]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"endpoint": "x", "request_params": {"ds": "{{ ds }}"}}, OutcomeKind.SUCCESS),
        ({"endpoint": "404"}, OutcomeKind.RESCHEDULE),
        ({"endpoint": "500"}, OutcomeKind.FAILED),
        ({"endpoint": "500", "response_error_codes_allowlist": ["500"]}, OutcomeKind.RESCHEDULE),
        ({"endpoint": "404", "response_error_codes_allowlist": ["500"]}, OutcomeKind.FAILED),
        ({"endpoint": "500", "extra_options": {"check_response": False}}, OutcomeKind.SUCCESS),
        ({"endpoint": "x", "response_check": lambda response: "b" in response.text}, OutcomeKind.RESCHEDULE),
        ({"endpoint": "x", "response_check": lambda response, ti: ti.task_id == "t"}, OutcomeKind.SUCCESS),
        ({"endpoint": "x", "response_check": lambda response: None}, OutcomeKind.RESCHEDULE),
    ],
)
def test_the_sensor(site, options, kind):
    """What ends the wait, what is not yet, and what fails, as seen in Airflow."""
    assert task(site, cls=HttpSensor, **options)[0].kind is kind
    assert site.lines[0].startswith("GET /")
    if "request_params" in options:
        assert site.lines == ["GET /x?ds=2024-01-15"]


def test_the_sensors_value(site):
    """A PokeReturnValue of the check is the task's XCom."""
    check = lambda response: PokeReturnValue(True, response.json()["a"])  # noqa: E731  as users write it
    assert task(site, cls=HttpSensor, endpoint="x", response_check=check)[1] == 1


@pytest.mark.parametrize(
    "name",
    [
        "airflow.providers.http.operators.http:HttpOperator",
        "airflow.providers.http.operators.http:SimpleHttpOperator",
        "airflow.operators.http_operator:SimpleHttpOperator",
        "airflow.providers.http.sensors.http:HttpSensor",
        "airflow.sensors.http_sensor:HttpSensor",
        "airflow.providers.http.hooks.http:HttpHook",
    ],
)
def test_airflows_names(name):
    """Each of Airflow's import paths has it, where no provider package is installed."""
    module, _, attribute = name.partition(":")
    with active():
        found = getattr(importlib.import_module(module), attribute)
    assert found.__module__.startswith("brisa.")
