"""Connections: read, written and found as Airflow does; the password stays out of sight."""

import importlib

import pytest

from brisa.authoring.connection_text import FIELDS, read_connection_text
from brisa.authoring.connections import Connection
from brisa.authoring.exceptions import AirflowException, AirflowNotFoundException
from brisa.authoring.hooks import BaseHook
from brisa.authoring.running import executing
from brisa.compat import active
from brisa.runtime.memory import MemoryChannel

PARTS = ("conn_type", "host", "login", "password", "schema", "port", "extra")


def parts(connection):
    """Type, host, login, password, schema, port and extra."""
    return tuple(getattr(connection, name) for name in PARTS)


def test_a_task_finds_its_connection_by_name(monkeypatch):
    """The environment comes first, then whoever supervises the task; both dialects' names find the same."""
    channel = MemoryChannel(connections={"db": {"conn_type": "postgres", "host": "h", "extra": {"a": 1}}})
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "http://u:pw@shop.example:8080")
    with executing({}, channel):
        assert Connection.get("db").host == "h"
        assert Connection.get_connection_from_secrets("db").extra_dejson == {"a": 1}
        assert BaseHook.get_connection("db").conn_id == "db"
        assert BaseHook.get_connection("shop").get_uri() == "http://u:pw@shop.example:8080"
    assert channel.asked == ["connection"] * 3


def test_one_that_is_nowhere_is_airflows_error(monkeypatch):
    """With somebody to ask, and while a DAG file loads; an empty variable defines nothing."""
    monkeypatch.setenv("AIRFLOW_CONN_EMPTY", "")
    for conn_id in ("nope", "empty"):
        with pytest.raises(AirflowNotFoundException, match=f"The conn_id `{conn_id}` isn't defined"):
            Connection.get(conn_id)
        with executing({}, MemoryChannel()), pytest.raises(AirflowNotFoundException):
            BaseHook.get_connection(conn_id)


URIS = [
    (
        "postgres://ana:pw@db.example:5432/ventas",
        ("postgres", "db.example", "ana", "pw", "ventas", 5432, None),
        "postgres://ana:pw@db.example:5432/ventas",
    ),
    ("postgresql://h/s", ("postgres", "h", None, None, "s", None, None), "postgres://h/s"),
    (
        "my-conn-type://login:password@host:1234/schema?param1=val1&param2=val2",
        ("my_conn_type", "host", "login", "password", "schema", 1234, '{"param1": "val1", "param2": "val2"}'),
        "my-conn-type://login:password@host:1234/schema?param1=val1&param2=val2",
    ),
    (
        "scheme://user%40x:p%2Fw%3A%25@host%2Flocation:1234/schema%2Fschema?extra1=a%25value&extra2=%2Fpath",
        (
            "scheme",
            "host/location",
            "user@x",
            "p/w:%",
            "schema/schema",
            1234,
            '{"extra1": "a%value", "extra2": "/path"}',
        ),
        "scheme://user%40x:p%2Fw%3A%25@host%2Flocation:1234/schema%2Fschema?extra1=a%25value&extra2=%2Fpath",
    ),
    ("scheme://host", ("scheme", "host", None, None, "", None, None), "scheme://host"),
    ("scheme://", ("scheme", "", None, None, "", None, None), "scheme://"),
    ("scheme:///", ("scheme", "", None, None, "", None, None), "scheme://"),
    ("scheme://:1234", ("scheme", "", None, None, "", 1234, None), "scheme://@:1234"),
    ("scheme://host:/s", ("scheme", "host", None, None, "s", None, None), "scheme://host/s"),
    ("scheme:///schema", ("scheme", "", None, None, "schema", None, None), "scheme:///schema"),
    ("scheme:////abs/path", ("scheme", "", None, None, "/abs/path", None, None), "scheme:///%2Fabs%2Fpath"),
    ("scheme://user@host", ("scheme", "host", "user", None, "", None, None), "scheme://user@host"),
    ("scheme://:pw@host", ("scheme", "host", "", "pw", "", None, None), "scheme://:pw@host"),
    ("scheme://user:@host", ("scheme", "host", "user", None, "", None, None), "scheme://user@host"),
    ("scheme://user:p@ss@host", ("scheme", "host", "user", "p@ss", "", None, None), "scheme://user:p%40ss@host"),
    (
        "scheme://host/schema/with/slash",
        ("scheme", "host", None, None, "schema/with/slash", None, None),
        "scheme://host/schema%2Fwith%2Fslash",
    ),
    (
        "scheme://host?__extra__=%7B%22my_val%22%3A+%5B%22list%22%2C+%22of%22%5D%7D",
        ("scheme", "host", None, None, "", None, '{"my_val": ["list", "of"]}'),
        "scheme://host/?__extra__=%7B%22my_val%22%3A+%5B%22list%22%2C+%22of%22%5D%7D",
    ),
    (
        "scheme://host?__extra__=single+value",
        ("scheme", "host", None, None, "", None, "single value"),
        "scheme://host/?__extra__=single+value",
    ),
    (
        "scheme://host?a=1&__extra__=%7B%22b%22%3A2%7D",
        ("scheme", "host", None, None, "", None, '{"b":2}'),
        "scheme://host/?__extra__=%7B%22b%22%3A2%7D",
    ),
    (
        "scheme://host?a=&b=2&b=3",
        ("scheme", "host", None, None, "", None, '{"a": "", "b": "3"}'),
        "scheme://host/?a=&b=3",
    ),
    ("scheme://host?a", ("scheme", "host", None, None, "", None, '{"a": ""}'), "scheme://host/?a="),
    ("scheme://h/?", ("scheme", "h", None, None, "", None, None), "scheme://h"),
    ("scheme://h/s#frag", ("scheme", "h", None, None, "s", None, None), "scheme://h/s"),
    ("http://https%3A%2F%2Fhost", ("http", "https://host", None, None, "", None, None), "http://https://host"),
    ("http://https://host:8080/", ("http", "https://host", None, None, "", 8080, None), "http://https://host:8080"),
    (
        "http://https://user:pw@host:8080/s?x=1",
        ("http", "https://host", "user", "pw", "s", 8080, '{"x": "1"}'),
        "http://https://user:pw@host:8080/s?x=1",
    ),
    (
        "google-cloud-platform://?key_path=%2Fkeys%2Fkey.json&scope=https%3A%2F%2Fwww",
        ("google_cloud_platform", "", None, None, "", None, '{"key_path": "/keys/key.json", "scope": "https://www"}'),
        "google-cloud-platform:///?key_path=%2Fkeys%2Fkey.json&scope=https%3A%2F%2Fwww",
    ),
    (
        "aws://AKIA:se%2Fcret@/?region_name=eu",
        ("aws", "", "AKIA", "se/cret", "", None, '{"region_name": "eu"}'),
        "aws://AKIA:se%2Fcret@/?region_name=eu",
    ),
    ("sqlite:////tmp/x.db", ("sqlite", "", None, None, "/tmp/x.db", None, None), "sqlite:///%2Ftmp%2Fx.db"),
    ("sqlite://%2Ftmp%2FX.db", ("sqlite", "/tmp/X.db", None, None, "", None, None), "sqlite://%2Ftmp%2FX.db"),
    ("sqlite://u@%2Ftmp%2FX.db:5", ("sqlite", "/tmp/X.db", "u", None, "", 5, None), "sqlite://u@%2Ftmp%2FX.db:5"),
    ("mysql+pymysql://h", ("mysql+pymysql", "h", None, None, "", None, None), "mysql+pymysql://h"),
    ("HTTP://HOST.Example", ("http", "host.example", None, None, "", None, None), "http://host.example"),
    (
        "scheme://h%20x/s%20x?q=a+b",
        ("scheme", "h x", None, None, "s x", None, '{"q": "a b"}'),
        "scheme://h%20x/s%20x?q=a+b",
    ),
    ("scheme://[::1]:80/s", ("scheme", "::1", None, None, "s", 80, None), "scheme://%3A%3A1:80/s"),
    (
        "scheme://ño:ñ@hóst/ñ",
        ("scheme", "hóst", "ño", "ñ", "ñ", None, None),
        "scheme://%C3%B1o:%C3%B1@h%C3%B3st/%C3%B1",
    ),
    ("//h", ("", "h", None, None, "", None, None), "//h"),
]
"""A URI, what Airflow 2.11.2 reads in it, and the URI that it writes for that."""


@pytest.mark.parametrize(("uri", "read", "written"), URIS)
def test_uris_are_read_and_written_as_airflow_does(uri, read, written):
    """Percent-encoding, parts that are missing, ports, schemes with hyphens, extras plain and nested."""
    connection = Connection("x", uri=uri)

    assert parts(connection) == read
    assert connection.get_uri() == written


def test_an_underscore_in_the_scheme_is_what_it_means():
    """Airflow reads nonsense there, since RFC 3986 has no such scheme."""
    assert parts(Connection(uri="google_cloud_platform://h"))[:2] == ("google_cloud_platform", "h")


WRITTEN = [
    ({"conn_type": "my_sql", "host": "h", "extra": {"a": 1}}, "my-sql://h/?__extra__=%7B%22a%22%3A+1%7D"),
    ({"host": "h"}, "//h"),
    ({"conn_type": "t", "host": "proto://h", "port": 3}, "t://proto://h:3"),
    ({"conn_type": "t", "extra": "[1]"}, "t:///?__extra__=%5B1%5D"),
    ({"conn_type": "t", "extra": "nojson"}, "t:///?__extra__=nojson"),
    ({"conn_type": "t", "extra": "{}"}, "t:///?__extra__=%7B%7D"),
    ({"conn_type": "t", "extra": {"a": "1", "b": "x y"}}, "t:///?a=1&b=x+y"),
    ({"conn_type": "t", "extra": {"a": ""}}, "t:///?a="),
    ({"conn_type": "t", "extra": {"a": None}}, "t:///?__extra__=%7B%22a%22%3A+null%7D"),
    ({"conn_type": "t", "login": "u"}, "t://u@"),
    ({"conn_type": "t", "password": "p"}, "t://:p@"),
    ({"conn_type": "t", "port": 5}, "t://@:5"),
    ({"conn_type": "t", "schema": "s"}, "t:///s"),
    (
        {"conn_type": "t", "host": "h", "schema": "s/x", "login": "a@b", "password": "p:/"},
        "t://a%40b:p%3A%2F@h/s%2Fx",
    ),
    ({"conn_type": "A_b", "host": "h"}, "a-b://h"),
    ({"host": "proto://h", "conn_type": "t", "login": "u", "password": "p", "port": 1}, "t://proto://u:p@h:1"),
    ({"conn_type": "t", "host": "", "extra": ""}, "t://"),
]
"""Airflow 2.11.2's ``get_uri``."""


@pytest.mark.parametrize(("fields", "uri"), WRITTEN, ids=lambda value: str(value)[:40])
def test_a_connection_made_of_parts(fields, uri):
    """Its URI is Airflow's, and its JSON says the same connection again."""
    connection = Connection("x", **fields)
    again = Connection.from_json(connection.as_json(), "x")

    assert connection.get_uri() == uri
    assert again.extra_dejson == connection.extra_dejson
    assert (again.host or "", again.login, again.password) == (
        connection.host or "",
        connection.login,
        connection.password,
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"conn_type":"t","host":"h","extra":{"a":1}}', ("t", "h", None, None, None, None, '{"a": 1}')),
        ('{"conn_type":"my-sql","port":"5"}', ("my_sql", None, None, None, None, 5, None)),
        ('{"conn_type":"postgresql"}', ("postgres", None, None, None, None, None, None)),
        ('{"port":""}', (None,) * 7),
        ('{"uri":"a://b"}', ("a", "b", None, None, "", None, None)),
        ('{"extra":"{\\"a\\": 2}"}', (None, None, None, None, None, None, '{"a": 2}')),
        (' {"extra":null}\n', (None,) * 7),
    ],
)
def test_json_is_read_as_airflow_does(text, read):
    """``extra`` as an object or a text, a port that is a text, a whole URI."""
    assert parts(Connection.from_json(text)) == read
    assert read_connection_text(text) == dict.fromkeys(FIELDS) | dict(zip(PARTS, read, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "s3cret",
        "s3cret:5",
        "postgres:s3cret",
        "http://http://h1://s3cret",
        "t://u:s3cret/x@h",
        "t://h:s3cret",
        "t://h:99999",
        "t://[s3cret",
        '{"password": "s3cret"',
        '{"password": "s3cret", "bad": 1}',
        '{"password": "s3cret", "port": "s3cret"}',
        '{"uri": "a://b", "password": "s3cret"}',
        '["s3cret"]',
    ],
)
def test_what_is_no_connection_is_an_error_that_quotes_nothing(monkeypatch, text):
    """The message says what is wrong and which connection it is, but not what is in it; nor does its cause."""
    monkeypatch.setenv("AIRFLOW_CONN_BAD", text)
    with pytest.raises(AirflowException, match="connection 'bad' can't be read") as caught:
        Connection.get("bad")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_uri_and_parts_are_not_mixed():
    """As in Airflow."""
    with pytest.raises(AirflowException, match="You can't mix these two ways"):
        Connection("x", uri="a://b", host="h")


def test_the_password_is_not_in_any_text_form():
    """A connection shows its id, in logs and in templates; only get_uri, as_json and to_dict tell all."""
    connection = Connection("x", "t", password="s3cret", extra={"token": "s3cret"})

    assert [str(connection), repr(connection), f"{connection}", repr([connection])] == ["x", "x", "x", "[x]"]
    assert connection.get_password() == connection.to_dict()["password"] == "s3cret"
    assert connection.to_dict(prune_empty=True) == {
        "conn_id": "x",
        "conn_type": "t",
        "password": "s3cret",
        "extra": {"token": "s3cret"},
    }


def test_extra():
    """JSON or not, nested or not."""
    connection = Connection("x", extra={"a": '{"b": [1]}', "c": "no", "d": 2})
    assert connection.extra_dejson == {"a": '{"b": [1]}', "c": "no", "d": 2}
    assert connection.get_extra_dejson(nested=True) == {"a": {"b": [1]}, "c": "no", "d": 2}
    assert (Connection("x").extra_dejson, Connection("x", extra="no").extra_dejson) == ({}, {})


def test_a_hook_of_ones_own():
    """A subclass has a log, finds its connection, and need not call the base's constructor."""

    class Mine(BaseHook):
        def __init__(self, mine_conn_id="mine"):
            self.mine_conn_id = mine_conn_id

        def get_conn(self):
            self.log.info("connecting")
            return self.get_connection(self.mine_conn_id).host

    with executing({}, MemoryChannel(connections={"mine": {"host": "h"}})):
        assert Mine().get_conn() == "h"
    with pytest.raises(NotImplementedError, match="get_conn"):
        BaseHook().get_conn()


def test_a_hook_by_the_connections_type():
    """One that brisa has; for another the error says which package to install."""
    channel = MemoryChannel(
        connections={"web": {"conn_type": "http", "host": "h"}, "db": {"conn_type": "mssql"}, "none": {}}
    )
    with executing({}, channel):
        hook = BaseHook.get_hook("web", hook_params={"method": "GET"})
        assert (type(hook).__name__, hook.http_conn_id, hook.method) == ("HttpHook", "web", "GET")
        with pytest.raises(AirflowException, match="apache-airflow-providers-microsoft-mssql"):
            BaseHook.get_hook("db")
        with pytest.raises(AirflowException, match='Unknown hook type "None"'):
            BaseHook.get_hook("none")


@pytest.mark.parametrize(
    "name",
    [
        "airflow.hooks.base:BaseHook",
        "airflow.hooks.base_hook:BaseHook",
        "airflow.sdk:BaseHook",
        "airflow.sdk.bases.hook:BaseHook",
        "airflow.sdk:Connection",
        "airflow.models:Connection",
        "airflow.models.connection:Connection",
        "airflow.providers.common.compat.sdk:Connection",
    ],
)
def test_airflows_names(name):
    """Each of Airflow's import paths leads to these classes."""
    module, _, attribute = name.partition(":")
    with active():
        found = getattr(importlib.import_module(module), attribute)
    assert found is {"BaseHook": BaseHook, "Connection": Connection}[attribute]
