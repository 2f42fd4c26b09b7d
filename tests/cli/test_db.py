"""``brisa db`` and ``brisa info``: what a home keeps, as a whole."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from brisa.adapters.sqlite import SqliteSecrets
from brisa.bootstrap import open_state
from tests.cli.places import typed
from tests.support.program import Home

DAG = """
from brisa import DAG
with DAG("ventas", schedule=None):
    pass
"""


@pytest.fixture
def full(tmp_path: Path) -> Home:
    """A home with a run, a Variable, a secret and a log."""
    home = Home(tmp_path / "home")
    home.write("ventas.py", DAG)
    for words in (
        ("dags", "trigger", "ventas", "-r", "mine"),
        ("variables", "set", "a", "ñ"),
        ("connections", "add", "db", "--conn-uri", "postgres://u:p4ss@h"),
    ):
        assert home.call(*words).returncode == 0
    with open_state(home.path) as state:
        state.blobs.put("logs/ventas/mine/x.log", b"said \xff")
    return home


def test_a_home_moves_to_another(full: Home, tmp_path: Path) -> None:
    """All that was kept is there, with secrets under the new home's own key; the file is for its owner alone."""
    file = tmp_path / "all.jsonl"
    assert full.call("db", "export", str(file)).returncode == 0
    other = Home(tmp_path / "other")

    done = other.call("db", "import", str(file))

    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert other.runs("ventas") == full.runs("ventas") == [("mine", "queued")]
    assert other.call("variables", "get", "a").stdout == "ñ\n"
    exported = [json.loads(one.call("connections", "export", "-").stdout) for one in (full, other)]
    assert exported[0] == exported[1]
    assert exported[0]["db"]["password"] == "p4ss"
    assert (full.path / "secret.key").read_bytes() != (other.path / "secret.key").read_bytes()
    with open_state(other.path) as state:
        assert state.blobs.get("logs/ventas/mine/x.log") == b"said \xff"
    assert other.call("db", "check").stdout.endswith("is sound\n")
    again = other.call("db", "export", "-").stdout.splitlines()
    assert [line for line in again if '"variables"' in line] == [
        line for line in file.read_text().splitlines() if '"variables"' in line
    ]


def test_an_export_of_an_earlier_layout_is_brought_up(full: Home, tmp_path: Path) -> None:
    """It is read as it was written, and then migrated as an old file is."""
    row = {"table": "variables", "row": {"key": "a", "value": "1"}}
    lines = [{"kind": "brisa export", "version": "0", "layout": 1}, row]
    other = Home(tmp_path / "other")

    done = typed(other, "".join(f"{json.dumps(line)}\n" for line in lines), "db", "import", "-")

    assert done.returncode == 0, done.stderr
    assert other.call("variables", "get", "a").stdout == "1\n"


HEAD = json.dumps({"kind": "brisa export", "version": "0", "layout": 1})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "nothing that `brisa db export` has written"),
        ("{}\n", "nothing that `brisa db export` has written"),
        ("x\n", "-:1: this is no JSON object"),
        (json.dumps({"kind": "brisa export", "layout": 999}), "exported by a newer brisa"),
        (f"{HEAD}\nx\n", "-:2: this is no JSON object"),
        (f'{HEAD}\n{{"table": "variables", "row": {{"kei": 1}}}}', "line 2 is no row of a table of brisa's"),
        (f'{HEAD}\n{{"table": "sqlite_master", "row": {{"name": 1}}}}', "line 2 is no row of a table"),
        (f'{HEAD}\n{{"table": "variables", "row": {{"key": null}}}}', "line 2 does not fit"),
        (f'{HEAD}\n{{"blob": "../../x", "data": ""}}', "line 2 is nothing that"),
        (f'{HEAD}\n{{"blob": "/tmp/x", "data": ""}}', "line 2 is nothing that"),
        (f'{HEAD}\n{{"blob": "a", "data": "%"}}', "line 2 is nothing that"),
        (f'{HEAD}\n{{"secret": "a"}}', "line 2 is nothing that"),
    ],
)
def test_what_is_no_export_leaves_no_home(tmp_path: Path, text: str, error: str) -> None:
    """The line is named, and nothing was made."""
    home = Home(tmp_path / "home")

    done = typed(home, text, "db", "import", "-")

    assert (done.returncode, done.stdout) == (2, "")
    assert error in done.stderr
    assert {path.name for path in home.path.iterdir()} <= {"brisa.lock"}


def test_a_home_with_a_state_is_not_overwritten(full: Home, tmp_path: Path) -> None:
    """Nor is one whose state is only secrets."""
    other = Home(tmp_path / "other")
    other.path.mkdir()
    SqliteSecrets(other.path / "secrets.db", other.path / "secret.key").put("a", "b")

    for home in (full, other):
        done = typed(home, HEAD, "db", "import", "-")
        assert "has a state already" in done.stderr
    assert full.runs("ventas") == [("mine", "queued")]


def test_a_database_is_checked_and_migrated(full: Home, tmp_path: Path) -> None:
    """One that is damaged, or not there, is told."""
    assert full.call("db", "check").returncode == 0
    assert "has layout" in full.call("db", "migrate").stdout
    none = Home(tmp_path / "none").call("db", "check")
    assert (none.returncode, "there is no database yet" in none.stderr) == (2, True)
    (full.path / "brisa.db").write_bytes(b"SQLite format 3\x00" + b"x" * 8192)
    bad = full.call("db", "check")
    assert (bad.returncode, "Traceback" in bad.stderr) == (2, False)


def test_what_is_old_is_cleaned(full: Home) -> None:
    """Shown with --dry-run, confirmed by --yes where nobody can be asked; what has not ended stays."""
    for run in ("mine", "other"):
        full.call("dags", "trigger", "ventas", "-r", run)
        assert full.call("dags", "cancel-run", "ventas", run).returncode == 0
    arguments = ("db", "clean", "--clean-before-timestamp", "2100-01-01")
    entries = full.json("db", "clean", "--clean-before-timestamp", "2100-01-01", "--dry-run")[1]["rows"]

    assert entries > 0
    assert full.json(*arguments, "--dry-run", "-t", "dag_run")[0] == {"table": "dag_run", "rows": 1}
    unconfirmed = full.call(*arguments)
    assert (unconfirmed.returncode, "Confirm it with --yes" in unconfirmed.stderr) == (2, True)
    assert full.json("db", "clean", "--clean-before-timestamp", "2000-01-01", "-y") == [
        {"table": "dag_run", "rows": 0},
        {"table": "log", "rows": 0},
    ]
    assert len(full.runs("ventas")) == 2
    assert full.json(*arguments, "-y") == [{"table": "dag_run", "rows": 1}, {"table": "log", "rows": entries}]
    assert [run for run, _ in full.runs("ventas")] == ["other"]


def test_what_runs_here(full: Home) -> None:
    """Versions and places."""
    told = {row["name"]: row["value"] for row in full.json("info")}

    assert told["home"] == str(full.path)
    assert told["standalone"] == "not running"
    assert told["fastapi"]
