"""The server of an embedded brisa, on a real port."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import stat
import threading
import time
from contextlib import closing

import pytest

from brisa.adapters.memory import FakeClock, MemoryStore
from brisa.bootstrap.accounts import first_admin, token_key, token_seconds
from brisa.errors import BrisaError, StorageError
from brisa.services.users import Users
from brisa.web.server import ApiServer, PortError
from tests.support.program import Home
from tests.support.waiting import until
from tests.web.auth_site import AuthSite, password
from tests.web.site import WebSite


def call(port, method="GET", path="/api/v2/version", body=None, **headers):
    """Status and body of an answer, on a connection of its own."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        content = None if body is None else json.dumps(body).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")


def test_it_serves_until_it_is_left():
    """The application is made for whoever comes first; then nobody listens any more, and its thread is gone."""
    made: list[int] = []
    web = WebSite()
    with ApiServer("127.0.0.1", 0) as server:
        server.serve(lambda: (web.app, made.append(1))[0])  # type: ignore[func-returns-value] # that it was called
        assert made == []
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert call(server.port)[0] == 200
        assert call(server.port, path="/api/v2/pools", Authorization="Bearer viewer")[0] == 200
        assert made == [1]
        port = server.port
    with pytest.raises(ConnectionRefusedError):
        call(port)
    assert "api" not in {thread.name for thread in threading.enumerate()}


def test_a_proxy_is_not_believed():
    """Whoever is on this machine must not say in whose name they call."""
    web = WebSite()
    with ApiServer("127.0.0.1", 0) as server:
        server.serve(lambda: web.app)
        headers = {"Authorization": "Bearer op", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
        assert call(server.port, "POST", "/api/v2/pools", {"name": "a", "slots": 1}, **headers)[0] == 201
    assert [entry.origin for entry in web.store.audit_entries(limit=9)] == ["127.0.0.1"]


def test_a_proxy_that_is_believed():
    """Where there is one, its word counts: who called it, and not what that one said; and that it was HTTPS."""
    web = AuthSite()
    with ApiServer("127.0.0.1", 0, behind_proxy=True) as server:
        server.serve(lambda: web.app)
        body = {"username": "op", "password": password("op")}
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
            forwarded = {"X-Forwarded-For": "203.0.113.5, 192.0.2.1", "X-Forwarded-Proto": "https"}
            headers = {"Content-Type": "application/json", **forwarded}
            connection.request("POST", "/auth/login", json.dumps(body).encode(), headers)
            response = connection.getresponse()
            assert "Secure" in (response.getheader("Set-Cookie") or "")
            response.read()
    assert [entry.origin for entry in web.store.audit_entries(limit=9)] == ["192.0.2.1"]


def test_nobody_has_come():
    """It ends at once, though it waits for the first one; so does one that was never told what to serve."""
    began = time.monotonic()
    for serve in (True, False):
        with ApiServer("127.0.0.1", 0) as server:
            if serve:
                server.serve(lambda: pytest.fail("nobody has come"))
        server.stop()
    assert time.monotonic() - began < 1


def test_a_request_that_takes_long_does_not_keep_it(caplog):
    """It ends within a second, and that one was given up is no error to tell; connections that are open and silent do
    not keep it either."""
    entered, go = threading.Event(), threading.Event()

    async def slow(scope, receive, send):
        from anyio import to_thread

        entered.set()
        await to_thread.run_sync(go.wait, 30)

    server = ApiServer("127.0.0.1", 0)
    server.serve(lambda: slow)
    with closing(socket.create_connection(("127.0.0.1", server.port))) as silent:
        with closing(socket.create_connection(("127.0.0.1", server.port))) as busy:
            busy.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert entered.wait(30)
            began = time.monotonic()
            server.stop()
            took = time.monotonic() - began
        assert silent.recv(1) == b""
    go.set()
    until(lambda: "api" not in {thread.name for thread in threading.enumerate()}, what="the end of its thread")
    assert took < 1.5  # a second, and some for a busy machine
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_port_that_is_taken():
    """One clear line, which says what can be done."""
    with (
        ApiServer("127.0.0.1", 0) as server,
        pytest.raises(PortError, match=f"port {server.port} .* is taken") as error,
    ):
        ApiServer("127.0.0.1", server.port)
    assert "--port" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "x" * 300])
def test_an_address_that_is_not_ours(host):
    """Said as what it is."""
    with pytest.raises(PortError, match="--host"):
        ApiServer(host, 0)


def test_an_application_that_can_not_be_made(caplog):
    """The log says why, and whoever has come is not left waiting."""
    with ApiServer("127.0.0.1", 0) as server:
        server.serve(lambda: 1 / 0)
        with pytest.raises(OSError):  # noqa: PT011  reset or closed, as the system likes
            call(server.port)
            call(server.port)
    assert "the API has ended" in caplog.text


def mode(file):
    """Of a file, as chmod takes it."""
    return oct(stat.S_IMODE(file.stat().st_mode))


def test_the_first_admin_of_a_home(tmp_path):
    """Made once, with a password that nobody has chosen, in a file for the owner's eyes alone."""
    store, clock = MemoryStore(), FakeClock()
    (tmp_path / "admin-password.txt").write_text("of an earlier try")
    admin = first_admin(tmp_path, store, clock)
    assert admin is not None
    assert admin.file.read_text() == f"{admin.password}\n"
    assert (mode(admin.file), len(admin.password) >= 20) == ("0o600", True)
    assert Users(store, clock).verify("admin", admin.password) is not None
    assert first_admin(tmp_path, store, clock) is None
    other = first_admin(tmp_path / "other", MemoryStore(), clock)
    assert other is not None
    assert other.password != admin.password


def test_a_file_that_can_not_be_written_makes_no_admin(tmp_path):
    """Nobody gets an account whose password nobody knows."""
    (tmp_path / "admin-password.txt").mkdir()
    store = MemoryStore()
    with pytest.raises(StorageError, match=r"admin-password\.txt"):
        first_admin(tmp_path, store, FakeClock())
    assert store.users() == []
    assert [path.name for path in tmp_path.iterdir()] == ["admin-password.txt"]


def test_the_key_of_a_home(tmp_path):
    """Made once; a copy that everybody can read is made private; one that is damaged is not used."""
    key = token_key(tmp_path)
    file = tmp_path / "api.key"
    assert (token_key(tmp_path), mode(file), len(key)) == (key, "0o600", 64)
    file.chmod(0o644)
    assert (token_key(tmp_path), mode(file)) == (key, "0o600")
    file.write_bytes(b"")
    with pytest.raises(StorageError, match="damaged"):
        token_key(tmp_path)
    file.unlink()
    assert token_key(tmp_path) != key


@pytest.mark.parametrize(("given", "seconds"), [("", 86400), ("1", 3600), ("0.5", 1800)])
def test_how_long_tokens_are_good_for(monkeypatch, given, seconds):
    """A day unless told otherwise."""
    monkeypatch.setenv("BRISA_TOKEN_HOURS", given)
    assert token_seconds() == seconds


@pytest.mark.parametrize("given", ["0", "-1", "x", "inf", "nan", "1e9"])
def test_lives_that_can_not_be(monkeypatch, given):
    """Said with the variable's name."""
    monkeypatch.setenv("BRISA_TOKEN_HOURS", given)
    with pytest.raises(BrisaError, match="BRISA_TOKEN_HOURS"):
        token_seconds()


HELLO = """
from brisa import DAG, task

with DAG("hello", schedule=None, is_paused_upon_creation=False):
    @task
    def hello():
        return "hello"

    hello()
"""


def test_standalone_serves_its_home(tmp_path):
    """It prints where, and the first admin's password once; with it one logs in. The second time it prints none."""
    home = Home(tmp_path / "home")
    home.write("hello.py", HELLO)
    with home.standalone() as running:
        running.wait_for("log in as admin")
        found = re.search(
            r"API http://127\.0\.0\.1:(\d+)\nlog in as admin with (\S+) \(kept in (.*)\)\n", running.text()
        )
        assert found
        port, password = int(found[1]), found[2]
        assert (home.path / "admin-password.txt").read_text().strip() == password
        assert {mode(home.path / name) for name in ("admin-password.txt", "brisa.db", "brisa.db-wal")} == {"0o600"}
        status, answer = call(port, "POST", "/auth/token", {"username": "admin", "password": password})
        assert status == 201
        bearer = {"Authorization": f"Bearer {answer['access_token']}"}
        assert call(port, path="/auth/me", **bearer)[1]["role"] == "admin"
        assert call(port, path="/auth/me")[0] == 401
        began = time.monotonic()
        assert running.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 4
    with home.standalone() as running:
        running.wait_for("API http")
        port = int(re.findall(r"API http://127\.0\.0\.1:(\d+)", running.text())[0])
        assert call(port, path="/auth/me", **bearer)[0] == 200, "the key is kept"
        assert "log in as" not in running.text()


def test_standalone_without_an_api(tmp_path):
    """It neither listens nor makes accounts."""
    home = Home(tmp_path / "home")
    with home.standalone("--no-api") as running:
        assert "API" not in running.text()
    assert not (home.path / "admin-password.txt").exists()


def test_standalone_with_a_port_that_is_taken(tmp_path):
    """It ends with one line, before it has done anything."""
    home = Home(tmp_path / "home")
    with ApiServer("127.0.0.1", 0) as server:
        port = server.port
        done = home.brisa("standalone", "--port", str(port))
    assert done.returncode == 2
    assert re.fullmatch(rf"Error: port {port} of 127\.0\.0\.1 is taken.*\n", done.stderr)
    assert not (home.path / "brisa.db").exists()
