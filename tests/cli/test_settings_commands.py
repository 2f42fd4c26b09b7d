"""``brisa variables``, ``connections``, ``pools``, ``config``: of a home, and of a brisa elsewhere."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.places import WAYS, place, typed
from tests.support.program import Home


@pytest.fixture(params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """An empty one, asked in either way."""
    with place(request.param, tmp_path) as found:
        yield found


def said(home: Home, *arguments: str) -> str:
    """What a command that works prints."""
    done = home.call(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(home: Home, *arguments: str) -> str:
    """What a command that does not work says."""
    done = home.call(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_variable_is_set_read_and_deleted(home: Home) -> None:
    """Its description stays if it is not given; keys may have slashes in them."""
    assert said(home, "variables", "list") == "No Variables: make one with 'brisa variables set'.\n"
    assert said(home, "variables", "set", "a/b", "1", "--description", "one") == "Variable a/b is set\n"
    said(home, "variables", "set", "a/b", "2")

    assert said(home, "variables", "get", "a/b") == "2\n"
    assert home.json("variables", "list") == [{"key": "a/b"}]
    assert home.json("variables", "list", "--show-values") == [{"key": "a/b", "value": "2", "description": "one"}]
    said(home, "variables", "delete", "a/b")
    assert home.json("variables", "list") == []


def test_json_goes_in_and_out(home: Home) -> None:
    """--json keeps any text as JSON, and reads it again."""
    said(home, "variables", "set", "-j", "x", 'a "quoted" ñ')
    said(home, "variables", "set", "y", '{"a":  [1]}')

    assert said(home, "variables", "get", "-j", "x") == '"a \\"quoted\\" ñ"\n'
    assert said(home, "variables", "get", "-j", "y") == '{"a": [1]}\n'
    assert said(home, "variables", "get", "z", "-d", "7") == "7\n"


def test_variables_move_by_file(home: Home, tmp_path: Path) -> None:
    """What is exported can be imported; the file is for its owner's eyes alone."""
    file = tmp_path / "variables.json"
    file.write_text('{"a": 1, "b": {"value": "x", "description": "text"}}')

    assert said(home, "variables", "import", str(file)) == "2 Variables imported\n"
    assert said(home, "variables", "import", str(file), "-a", "skip") == "0 Variables imported, 2 left as they were\n"
    assert "already" in refused(home, "variables", "import", str(file), "-a", "fail")
    assert said(home, "variables", "get", "a") == "1\n"
    out = tmp_path / "out.yaml"
    home.call("variables", "export", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(said(home, "variables", "export", "-")) == {"a": 1, "b": {"value": "x", "description": "text"}}
    said(home, "variables", "delete", "b")
    said(home, "variables", "import", str(out))
    assert said(home, "variables", "get", "b") == "x\n"


def test_many_and_large_ones_are_moved(home: Home) -> None:
    """More than one page, and more than one request takes."""
    many = {f"k{number:03}": "x" * 5000 for number in range(250)}

    done = typed(home, json.dumps(many), "variables", "import", "-")

    assert done.stdout == "250 Variables imported\n", done.stderr
    assert [row["key"] for row in home.json("variables", "list")] == list(many)
    done = typed(home, json.dumps({"k001": 1, "new": 1}), "variables", "import", "-", "-a", "fail")
    assert (done.returncode, "are there already, and nothing was imported: k001" in done.stderr) == (2, True)
    assert len(home.json("variables", "list")) == 250


def test_what_is_secret_stays_at_home(tmp_path: Path) -> None:
    """The owner of a home reads it; who asks from elsewhere gets ***; it may be typed unseen."""
    with place("here", tmp_path) as here:
        typed(here, "s3cret\n", "variables", "set", "api_key", "-")
        assert said(here, "variables", "get", "api_key") == "s3cret\n"
        assert "s3cret" in said(here, "variables", "export", "-")
        assert "s3cret" not in said(here, "variables", "list", "--show-values")
    with place("elsewhere", tmp_path) as elsewhere:
        assert said(elsewhere, "variables", "get", "api_key") == "***\n"
        assert "s3cret" not in said(elsewhere, "variables", "export", "-")


def test_a_connection_is_added_shown_and_deleted(home: Home) -> None:
    """Its secrets are not shown."""
    said(home, "connections", "add", "db", "--conn-uri", "postgres://u:p4ss@h:5432/s?sslmode=require")
    typed(
        home, "p4ss\n", "connections", "add", "ftp", "--conn-type", "ftp", "--conn-password", "-", "--conn-port", "21"
    )
    typed(home, '{"conn_type": "http", "host": "h"}\n', "connections", "add", "web", "--conn-json", "-")

    assert home.json("connections", "list") == [
        {"conn_id": "db", "conn_type": "postgres"},
        {"conn_id": "ftp", "conn_type": "ftp"},
        {"conn_id": "web", "conn_type": "http"},
    ]
    (row,) = home.json("connections", "get", "db")
    assert (row["host"], row["port"], row["schema"], row["login"], row["password"]) == ("h", 5432, "s", "u", "***")
    assert "p4ss" not in said(home, "connections", "list", "--show-values")
    said(home, "connections", "delete", "ftp")
    assert len(home.json("connections", "list")) == 2


def test_connections_move_by_file(home: Home, tmp_path: Path) -> None:
    """URIs and objects are read; what is there already stays, unless --overwrite."""
    file = tmp_path / "connections.yaml"
    file.write_text("a: http://h:80\nb:\n  conn_type: ftp\n  host: f\n")

    assert said(home, "connections", "import", str(file)) == "2 connections imported\n"
    assert said(home, "connections", "import", str(file)) == "0 connections imported, 2 left as they were\n"
    assert said(home, "connections", "import", str(file), "--overwrite") == "2 connections imported\n"
    assert json.loads(said(home, "connections", "export", "-", "--serialization-format", "uri")) == {
        "a": "http://h:80",
        "b": "ftp://f",
    }
    assert "a=" in said(home, "connections", "export", "-", "--file-format", "env", "--serialization-format", "uri")


def test_secrets_are_exported_from_a_home_alone(tmp_path: Path) -> None:
    """From elsewhere *** is in their place."""
    with place("here", tmp_path) as here:
        said(here, "connections", "add", "db", "--conn-uri", "postgres://u:p4ss@h")
        assert json.loads(said(here, "connections", "export", "-"))["db"]["password"] == "p4ss"
    with place("elsewhere", tmp_path) as elsewhere:
        assert json.loads(said(elsewhere, "connections", "export", "-"))["db"]["password"] == "***"


def test_defaults_and_tests_of_connections(home: Home) -> None:
    """Those that hooks look for can be made; a test has to be allowed."""
    made = said(home, "connections", "create-default-connections")

    assert made == "added: fs_default, google_cloud_default, http_default, sqlite_default\n"
    assert said(home, "connections", "create-default-connections") == "all are there already\n"
    told = refused(home, "connections", "add", "fs_default", "--conn-type", "fs")
    assert "`brisa connections delete fs_default` removes it" in told
    assert {"conn_id": "http_default", "conn_type": "http"} in home.json("connections", "list")
    assert "BRISA_TEST_CONNECTION" in refused(home, "connections", "test", "fs_default")


def test_pools_move_by_file(home: Home, tmp_path: Path) -> None:
    """With Airflow's format."""
    file = tmp_path / "pools.json"
    file.write_text(
        '{"db": {"slots": 3, "description": "the database", "include_deferred": true}, "web": {"slots": -1}}'
    )

    assert said(home, "pools", "import", str(file)) == "2 pools imported\n"
    assert [row["pool"] for row in home.json("pools", "list")] == ["db", "web"]
    assert json.loads(said(home, "pools", "export", "-"))["db"] == {
        "slots": 3,
        "description": "the database",
        "include_deferred": True,
    }


def test_settings_of_brisa_itself(home: Home) -> None:
    """All as a configuration file, or one."""
    assert "[core]" in said(home, "config", "list")
    assert "[core]" not in said(home, "config", "list", "--section", "smtp")
    assert said(home, "config", "get-value", "core", "default_timezone") == "utc\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("variables", "get", "nowhere"), "there is no Variable 'nowhere'"),
        (("variables", "get", ".."), "'..' is no name"),
        (("variables", "delete", "nowhere"), "there is no Variable 'nowhere'"),
        (("variables", "import", "/nowhere.json"), "/nowhere.json can't be read: No such file or directory"),
        (("variables", "import", "x.txt"), "x.txt ends in none of .json, .yaml, .yml and .env"),
        (("variables", "set", "@own", "1"), "'@own' is no key for a Variable"),
        (("connections", "get", "nowhere"), "there is no connection 'nowhere'"),
        (("connections", "delete", "nowhere"), "there is no connection 'nowhere'"),
        (("connections", "add", "a b", "--conn-type", "x"), "connection_id: String should match pattern"),
        (("connections", "add", "a", "--conn-uri", "nothing"), "this is not a connection's URI"),
        (("connections", "add", "a", "--conn-host", "h"), "--conn-type says of which kind it is"),
        (("connections", "add", "a"), "give one of --conn-uri, --conn-json, or --conn-type"),
        (("pools", "import", "/nowhere.json"), "can't be read"),
        (("config", "get-value", "core", "nothing"), "there is no setting [core/nothing]"),
        (("config", "list", "--section", "nothing"), "there is no section 'nothing'"),
    ],
)
def test_what_can_not_be_is_said(home: Home, words: tuple[str, ...], error: str) -> None:
    """In a line or two, with status 2."""
    assert error in refused(home, *words)


def test_the_nearest_name_is_told(home: Home) -> None:
    """Where there is one."""
    said(home, "variables", "set", "ventas", "1")
    assert refused(home, "variables", "get", "venta").endswith("; did you mean 'ventas'?\n")
