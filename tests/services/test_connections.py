"""Connections as people list, change, export and import them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from brisa.adapters.memory import MemorySecrets
from brisa.authoring.connection_text import FIELDS
from brisa.authoring.connections import Connection
from brisa.errors import DecodeError, NotFoundError
from brisa.services.connections import DEFAULTS, Connections, UnfitConnectionError, kept, shown
from brisa.services.setting_files import Existing, ExistingError, Format, read, written

EXTRA = '{"token": "s3cret-token", "timeout": 3, "nested": {"password": "q", "x": 1}}'
FULL = Connection("bodega", "http", "wine", "h", "ana", "s3cret-password", "s", 80, EXTRA)


def fields(connection: Connection) -> Mapping[str, Any]:
    """What one says."""
    return {name: getattr(connection, name) for name in ("conn_id", *FIELDS)}


def test_one_is_kept_read_and_removed() -> None:
    """Every field comes back, and a task finds it under its name."""
    secrets = MemorySecrets()
    secrets.put("other/x", "not a connection")
    connections = Connections(secrets)
    connections.put(FULL)
    assert fields(connections.get("bodega")) == fields(FULL)
    assert connections.ids() == ["bodega"]
    assert secrets.names() == ["connections/bodega", "other/x"]
    connections.delete("bodega")
    assert not connections.exists("bodega")
    for verb in (connections.get, connections.delete):
        with pytest.raises(NotFoundError, match="bodega"):
            verb("bodega")


def test_what_people_see_has_no_secrets() -> None:
    """As Airflow 3.3.2 shows it."""
    seen = shown(FULL)
    assert (seen.password, seen.login, seen.host) == ("***", "ana", "h")
    assert json.loads(str(seen.extra)) == {"token": "***", "timeout": 3, "nested": {"password": "***", "x": 1}}
    assert shown(Connection("a", "http", password="")).password is None
    assert shown(Connection("a", "http", extra="no JSON s3cret")).extra == "***"
    assert shown(Connection("a", "http", extra='"s3cret"')).extra == "***"
    assert shown(Connection("a", "http", extra='{"a":  1}')).extra == '{"a":  1}'


def test_what_comes_back_hidden_stays_as_it_was() -> None:
    """Somebody changes a part of what they see."""
    changed = shown(FULL)
    changed.extra = '{"token": "***", "timeout": 4}'
    after = kept(changed, FULL)
    assert after.password == FULL.password
    assert json.loads(str(after.extra)) == {"token": "s3cret-token", "timeout": 4}
    assert fields(kept(shown(FULL), FULL)) == fields(FULL)


@pytest.mark.parametrize(
    "connection",
    [
        Connection("", "http"),
        Connection("a/b", "http"),
        Connection("../x", "http"),
        Connection("a\n", "http"),
        Connection("x" * 201, "http"),
        Connection("a", "http", extra={"a": "s3cret" * 12_000}),
        Connection.of("a", {"conn_type": "http", "host": 5}),
        Connection.of("a", {"conn_type": "http", "port": "x"}),
    ],
    ids=str,
)
def test_one_that_can_not_be_kept(connection: Connection) -> None:
    """Nothing is, and the error has none of its secrets."""
    secrets = MemorySecrets()
    with pytest.raises(UnfitConnectionError) as caught:
        Connections(secrets).put(connection)
    assert "s3cret" not in str(caught.value)
    assert secrets.names() == []


@pytest.mark.parametrize("text", ["s3cret", "{s3cret", "[]", '{"port": "s3cret"}', '{"host": ["s3cret"]}'])
def test_one_that_a_person_has_written_wrongly_is_listed(text: str) -> None:
    """It has no type, and says why."""
    secrets = MemorySecrets()
    secrets.put("connections/a", text)
    secrets.put("connections/b", "http://h")
    one, other = Connections(secrets).all()
    assert (one.conn_id, one.conn_type, other.conn_type) == ("a", "", "http")
    assert "can't be read" in str(one.description)
    assert "s3cret" not in str(one.description)
    with pytest.raises(DecodeError):
        Connections(secrets).get("a")


def test_the_defaults_take_no_place() -> None:
    """What is there stays as it is."""
    connections = Connections(MemorySecrets())
    connections.put(Connection("http_default", "http", host="mine"))
    for _ in range(2):
        connections.put_defaults()
    assert connections.ids() == sorted(str(one.conn_id) for one in DEFAULTS)
    assert connections.get("http_default").host == "mine"


FILES = [
    (
        Format.JSON,
        (
            '{"i1": "http://u:p@h:80/s?a=b", "i2": {"conn_type": "http", "host": "h", "extra": {"a": 1}},'
            ' "i3": [{"conn_type": "http"}], "i4": ["http://a"]}'
        ),
        [("i1", "u", "p", "h", 80), ("i2", None, None, "h", None), ("i3", *[None] * 4), ("i4", None, None, "a", None)],
    ),
    (
        Format.YAML,
        "i5: http://u:p@h\ni6:\n  conn_type: http\n  extra:\n    a: 1\n",
        [("i5", "u", "p", "h", None), ("i6", *[None] * 4)],
    ),
    (Format.ENV, 'i7=http://u:p@h\ni8={"conn_type": "http"}\n', [("i7", "u", "p", "h", None), ("i8", *[None] * 4)]),
]


@pytest.mark.parametrize(("form", "text", "expected"), FILES)
def test_an_import_says_what_airflows_files_say(form: Format, text: str, expected: list[Any]) -> None:
    """Seen in Airflow 3.3.2."""
    connections = Connections(MemorySecrets())
    connections.imported(read(text, form, "f"))
    assert [(one.conn_id, one.login, one.password, one.host, one.port) for one in connections.all()] == expected
    assert {one.conn_type for one in connections.all()} == {"http"}


@pytest.mark.parametrize(("form", "as_uris"), [(Format.JSON, False), (Format.YAML, False), (Format.ENV, True)])
def test_what_is_exported_is_imported(form: Format, *, as_uris: bool) -> None:
    """Every field, secrets too; a URI alone has no description."""
    one, other = Connections(MemorySecrets()), Connections(MemorySecrets())
    one.put(FULL)
    one.put(Connection("sin_nada", "fs"))
    other.imported(read(written(one.exported(as_uris=as_uris), form), form, "f"))
    described = {"description": None} if as_uris else {}
    assert fields(other.get("bodega")) == {**fields(FULL), **described}
    assert other.get("sin_nada").conn_type == "fs"


def test_an_import_skips_replaces_or_fails() -> None:
    """What fails has kept nothing, whichever of them is wrong."""
    connections = Connections(MemorySecrets())
    connections.put(Connection("a", "http", host="old"))
    assert connections.imported({"a": "http://new", "b": "http://b"}).skipped == ["a"]
    assert connections.get("a").host == "old"
    connections.imported({"a": "http://new"}, Existing.OVERWRITE)
    assert connections.get("a").host == "new"
    with pytest.raises(ExistingError):
        connections.imported({"a": "http://x", "c": "http://c"}, Existing.FAIL)
    wrong: list[Any] = [7, ["http://a", "http://b"], "no uri", {"hots": "h"}, {"port": "x"}, {"extra": "x" * 70_000}]
    for value in wrong:
        with pytest.raises(UnfitConnectionError, match="'c'"):
            connections.imported({"a": "http://x", "c": value, "d": "http://d"}, Existing.OVERWRITE)
    with pytest.raises(UnfitConnectionError, match="no id"):
        connections.imported({"a": "http://x", "c/d": "http://c"}, Existing.OVERWRITE)
    assert connections.get("a").host == "new"
    assert connections.ids() == ["a", "b"]
