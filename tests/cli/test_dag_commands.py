"""``brisa dags`` and ``brisa tasks`` that ask the API: of a home, and of a brisa elsewhere; nothing runs there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.places import WAYS, place
from tests.support.program import Home

DAGS = """
from datetime import datetime
from brisa import DAG, Asset
from brisa.operators.bash import BashOperator

with DAG("ventas", schedule="@daily", start_date=datetime(2024, 1, 1), is_paused_upon_creation=False, tags=["a"]):
    load = BashOperator(task_id="load", bash_command="echo {{ ds }}", outlets=[Asset("s3://ventas")])
    BashOperator(task_id="extract", bash_command="true") >> load

with DAG("ventas_viejas", schedule=None):
    pass
"""


@pytest.fixture(params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """Two DAGs, asked in either way; ``ventas`` is paused."""
    with place(request.param, tmp_path, [("ventas.py", DAGS)]) as found:
        assert found.call("dags", "pause", "ventas").returncode == 0
        yield found


def said(home: Home, *arguments: str) -> str:
    """What a command that works prints."""
    done = home.call(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dags_are_listed_and_described(home: Home) -> None:
    """The list, one in full, and what the files have."""
    assert [row["dag_id"] for row in home.json("dags", "list")] == ["ventas", "ventas_viejas"]
    told = home.json("dags", "details", "ventas")
    assert (told["catchup"], told["tags"][0]["name"]) == (False, "a")
    assert "timetable_summary" in said(home, "dags", "details", "ventas")
    assert home.json("dags", "report") == [
        {"file": "ventas.py", "dag_num": 2, "task_num": 2, "dags": ["ventas", "ventas_viejas"]}
    ]
    assert home.json("dags", "list-import-errors") == []
    assert home.json("dags", "list-jobs") == []


def test_dags_are_paused_by_a_pattern(home: Home) -> None:
    """All that match, once that is confirmed."""
    unconfirmed = home.call("dags", "unpause", "--treat-dag-id-as-regex", "^vent")
    assert (unconfirmed.returncode, unconfirmed.stdout) == (2, "")
    assert "2 DAGs are meant: ventas, ventas_viejas: confirm it with --yes" in unconfirmed.stderr

    done = said(home, "dags", "unpause", "--treat-dag-id-as-regex", "viejas$", "-y")

    assert done == "Dag: ventas_viejas, paused: False\n"
    assert {row["dag_id"]: row["paused"] for row in home.json("dags", "list")} == {
        "ventas": True,
        "ventas_viejas": False,
    }
    assert "is no regular expression" in home.call("dags", "pause", "--treat-dag-id-as-regex", "(").stderr
    assert "no DAG whose id matches" in home.call("dags", "pause", "--treat-dag-id-as-regex", "x").stderr


def test_runs_are_made_listed_and_ended(home: Home) -> None:
    """By id, date and state."""
    for day in ("2024-01-01", "2024-01-02"):
        said(home, "dags", "trigger", "ventas", "-l", day, "-r", f"r{day[-1]}", "-c", '{"a": 1}')
    again = home.call("dags", "trigger", "ventas", "-r", "r1")

    assert "there is a run 'r1' of DAG 'ventas' already" in again.stderr
    assert [run["run_id"] for run in home.json("dags", "list-runs", "ventas")] == ["r2", "r1"]
    only = home.json("dags", "list-runs", "ventas", "-s", "2024-01-02", "-e", "2024-01-02", "--no-backfill")
    assert [run["run_id"] for run in only] == ["r2"]
    assert said(home, "dags", "state", "ventas", "2024-01-01") == "queued\n"
    assert home.json("dags", "cancel-run", "ventas", "r1")[0]["state"] == "failed"
    assert "has ended already: failed" in home.call("dags", "cancel-run", "ventas", "r1").stderr
    assert home.call("dags", "delete-run", "ventas", "r2", "--yes").stdout == "Deleted: run r2 of DAG ventas\n"
    assert [run["run_id"] for run in home.json("dags", "list-runs", "ventas", "--state", "failed")] == ["r1"]


def test_a_dag_is_deleted_with_what_is_open(home: Home) -> None:
    """Its backfill and its runs end first, if that is confirmed."""
    said(home, "dags", "unpause", "ventas")
    said(home, "dags", "trigger", "ventas", "-r", "mine")
    said(home, "dags", "backfill", "ventas", "-s", "2024-02-01", "-e", "2024-02-02")

    assert home.call("dags", "delete", "ventas", "--yes").stdout == "Deleted: DAG ventas\n"


def test_whoever_waits_would_wait_for_ever(home: Home) -> None:
    """Where the DAG is paused: nothing is made then."""
    done = home.call("dags", "trigger", "ventas", "--wait")

    assert (done.returncode, "--wait would wait for ever" in done.stderr) == (2, True)
    assert home.json("dags", "list-runs", "ventas") == []


def test_the_next_execution(home: Home) -> None:
    """Of a daily DAG the day that begins next; of one without a schedule none."""
    said(home, "dags", "unpause", "ventas")
    (row,) = home.json("dags", "next-execution", "ventas")

    assert row["logical_date"].endswith("T00:00:00+00:00")
    assert said(home, "dags", "next-execution", "ventas") == f"{row['logical_date']}\n"
    assert said(home, "dags", "next-execution", "ventas", "--field", "run_after") == f"{row['run_after']}\n"
    assert said(home, "dags", "next-execution", "ventas_viejas") == "None\n"


def test_a_backfill_in_either_words(home: Home) -> None:
    """Rehearsed, made, paused and cancelled."""
    dates = ("--from-date", "2024-02-01", "--to-date", "2024-02-02")
    foreseen = home.json("backfill", "create", "--dag-id", "ventas", *dates, "--dry-run")
    assert [row["logical_date"][:10] for row in foreseen] == ["2024-02-01", "2024-02-02"]

    (made,) = home.json("dags", "backfill", "ventas", "-s", "2024-02-01", "-e", "2024-02-02")
    number = str(made["backfill_id"])

    assert (made["intervals"], made["next"]) == ("2", "2024-02-01T00:00:00+00:00")
    assert home.json("backfill", "list") == home.json("backfill", "show", number) == [made]
    assert home.json("backfill", "pause", number)[0]["state"] == "paused"
    assert home.json("backfill", "cancel", number)[0]["state"] == "cancelled"
    for wrong in ("7", "-7", "99999999999999999999"):
        done = home.call("backfill", "show", "--", wrong)
        assert (done.returncode, "; `brisa backfill list` shows all" in done.stderr) == (2, True)


def test_tasks_and_their_states(home: Home) -> None:
    """Each after those above it; before anything runs they have none."""
    said(home, "dags", "trigger", "ventas", "-r", "mine")

    assert [row["task_id"] for row in home.json("tasks", "list", "ventas")] == ["extract", "load"]
    rows = home.json("tasks", "states-for-dag-run", "ventas", "mine")
    assert [(row["task_id"], row["state"]) for row in rows] == [("extract", "none"), ("load", "none")]
    assert said(home, "tasks", "state", "ventas", "load", "latest") == "none\n"
    assert home.json("tasks", "failed-deps", "ventas", "load", "mine")[0]["task_id"] == "load"
    assert "did you mean 'load'" in home.call("tasks", "state", "ventas", "lod", "mine").stderr
    assert "it has no log yet" in home.call("tasks", "logs", "ventas", "mine", "load").stderr


def test_tasks_are_marked_and_cleared(home: Home) -> None:
    """By run and by dates."""
    said(home, "dags", "trigger", "ventas", "-r", "mine", "-e", "2024-01-01")
    marked = home.json("tasks", "mark", "ventas", "extract", "success", "--run-id", "mine")
    assert marked == [{"dag_id": "ventas", "run_id": "mine", "task_id": "extract", "state": "success"}]
    assert home.json("tasks", "mark", "ventas", "extract", "success", "-s", "2024-01-01") == []

    assert home.json("tasks", "clear", "ventas", "-t", "extr", "--run-id", "mine", "-y") == marked
    assert said(home, "tasks", "state", "ventas", "extract", "mine") == "none\n"


def test_what_a_task_is_given(tmp_path: Path) -> None:
    """At home its templates are rendered, without it running; elsewhere nobody does that."""
    with place("here", tmp_path, [("ventas.py", DAGS)]) as home:
        assert said(home, "tasks", "render", "ventas", "load", "2024-03-05").startswith(
            "# bash_command\necho 2024-03-05\n"
        )
        assert home.json("tasks", "render", "ventas", "load", "2024-03-05")["bash_command"] == "echo 2024-03-05"
        home.write("bad.py", DAGS.replace("ventas", "mala").replace("{{ ds }}", "{{ 1 / 0 }}"))
        done = home.call("tasks", "render", "mala", "load", "2024-03-05")
        assert (done.returncode, "ZeroDivisionError" in done.stderr) == (2, True)
    with place("elsewhere", tmp_path) as far:
        done = far.call("tasks", "render", "ventas", "load", "2024-03-05")
        assert "a brisa elsewhere renders nothing for you" in done.stderr


def test_assets(home: Home) -> None:
    """What makes them, and runs that do."""
    assert home.json("assets", "list") == [
        {
            "uri": "s3://ventas",
            "name": "s3://ventas",
            "group": "asset",
            "alias_of": None,
            "producers": ["ventas"],
            "consumers": [],
        }
    ]
    assert home.json("assets", "details", "s3://ventas")["uri"] == "s3://ventas"
    assert said(home, "assets", "events", "s3://ventas") == "s3://ventas has no events yet.\n"
    assert home.json("assets", "materialize", "s3://ventas")[0]["dag_id"] == "ventas"
    assert "did you mean 's3://ventas'" in home.call("assets", "details", "s3://venta").stderr


def test_files_are_loaded_again(home: Home) -> None:
    """At home at once; elsewhere that is asked for."""
    assert said(home, "dags", "reserialize") in ("loaded 2 DAGs\n", "asked for ventas.py\n")


def test_import_errors_from_elsewhere(tmp_path: Path) -> None:
    """The file, the line and what went wrong, as far as the trace says."""
    files = [("bad.py", "from brisa import DAG\n\nraise ValueError('no good')\n")]
    with place("elsewhere", tmp_path, files) as far:
        (row,) = far.json("dags", "list-import-errors")
        told = far.call("dags", "list").stderr

    assert (row["file"], row["line"]) == ("bad.py", 3)
    assert "no good" in row["error"]
    assert told == "does not load: bad.py:3: ValueError: no good\n"
