"""Connections are tried in a process of its own: by their hook, or by whether somebody listens."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from brisa.adapters.memory import FakeClock, MemoryStore
from brisa.authoring.connections import Connection
from brisa.errors import NotFoundError
from brisa.services.connection_tests import ConnectionTests, Tried, allowed, try_connection


@pytest.fixture
def port() -> Iterator[int]:
    """Where somebody listens, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(("value", "expected"), [("enabled", True), ("Enabled", True), ("", False), ("yes", False)])
def test_it_is_off_unless_it_is_set(monkeypatch: pytest.MonkeyPatch, value: str, *, expected: bool) -> None:
    """As in Airflow."""
    monkeypatch.setenv("BRISA_TEST_CONNECTION", value)
    assert allowed() is expected


def test_a_hook_tries_its_connection(tmp_path: Path) -> None:
    """Under the id that it would have."""
    good = try_connection(Connection("mi.base", "sqlite", host=str(tmp_path / "a.db")))
    assert good == Tried(True, "Connection successfully tested")
    bad = try_connection(Connection("mi.base", "sqlite", host=str(tmp_path / "no" / "a.db")))
    assert (bad.status, bad.message) == (False, "unable to open database file")


@pytest.mark.parametrize("conn_type", ["http", "postgres", "something_else"])
def test_without_a_hooks_test_it_is_enough_that_somebody_listens(port: int, conn_type: str) -> None:
    """And the answer says that this is all it knows."""
    found = try_connection(Connection("a", conn_type, host="127.0.0.1", port=port))
    assert found.status
    assert "is listening" in found.message


def test_nobody_listens(port: int) -> None:
    """Neither at a port that is closed, nor without a host; of an unknown type nothing can be said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    refused = try_connection(Connection("a", "http", host=f"http://127.0.0.1:{closed}/x"))
    assert (refused.status, "refused" in refused.message) == (False, True)
    assert try_connection(Connection("a", "http")) == Tried(False, "it names no host to be reached")
    assert try_connection(Connection("a", "nada", host="h")) == Tried(False, 'Unknown hook type "nada"')


def test_a_message_has_no_secrets() -> None:
    """Whatever an error quotes."""
    found = try_connection(Connection("a", "http", host="http://s3cret:x", password="s3cret", extra={"token": "t0ken"}))
    assert not found.status
    assert "s3cret" not in found.message


def test_one_that_hangs_is_ended() -> None:
    """The time is up before the process has begun to think."""
    assert try_connection(Connection("a", "http", host="h"), seconds=0.001) == Tried(
        False, "it took longer than 0.001 seconds"
    )


def test_a_result_is_kept_for_an_hour() -> None:
    """By a token that nobody can guess; older ones go when new ones come."""
    store, clock = MemoryStore(), FakeClock()
    tests = ConnectionTests(store, clock, lambda one: Tried(one.host == "good", "words"))
    token, tried = tests.run(Connection("a", "http", host="good"))
    assert tried.status
    other, _ = tests.run(Connection("b", "http"))
    assert len(token) > 40
    assert tests.result(token) == {
        "connection_id": "a",
        "state": "success",
        "result_message": "words",
        "created_at": clock.now(),
    }
    assert tests.result(other)["state"] == "failed"
    clock.advance(3600)
    for unknown in (token, "x"):
        with pytest.raises(NotFoundError, match=unknown):
            tests.result(unknown)
    tests.run(Connection("c", "http"))
    assert len(store.variables("@connection_test:")) == 1
    assert store.variables() == []
