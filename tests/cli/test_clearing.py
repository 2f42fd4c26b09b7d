"""``brisa tasks clear``, ``mark``, ``brisa dags cancel-run``, ``delete-run`` and ``delete``, without a standalone."""

from __future__ import annotations

from pathlib import Path

import pytest

from brisa.bootstrap import embedded
from tests.support.program import Home
from tests.support.waiting import until

DAGS = """
from datetime import datetime
from brisa import DAG, task

with DAG("ventas", schedule=None, start_date=datetime(2024, 1, 1), is_paused_upon_creation=False):
    @task
    def extract():
        pass

    @task
    def load():
        raise RuntimeError("no")

    @task
    def tell():
        pass

    extract() >> load() >> tell()
"""


@pytest.fixture
def ran(tmp_path: Path) -> Home:
    """A home in which two runs of ``ventas`` have failed."""
    home = Home(tmp_path / "home")
    home.write("ventas.py", DAGS)
    with embedded(home.path, home.dags, slots=2) as stack:
        for day in (1, 2):
            home.call("dags", "trigger", "ventas", "-r", f"r{day}", "-e", f"2024-01-0{day}")
        until(lambda: not stack.state.store.running_runs() and len(home.runs("ventas")) == 2, what="the runs' end")
    return home


def told(rows: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Rows of a clear or a mark."""
    return [(one["run_id"], one["task_id"], one["state"]) for one in rows]


def test_tasks_are_cleared_and_marked(ran: Home):
    """What is meant is shown first, and has to be confirmed; runs that had ended go on."""
    arguments = ("tasks", "clear", "ventas", "-t", "loa", "-d", "--run-id", "r1")
    both = [("r1", "load", "failed"), ("r1", "tell", "upstream_failed")]
    assert told(ran.json(*arguments, "--dry-run")) == both
    unconfirmed = ran.brisa(*arguments)
    assert unconfirmed.returncode == 2
    assert unconfirmed.stderr == "Error: 2 task instances would be cleared: confirm it with --yes\n"
    assert ran.states("ventas") == ["failed", "failed"]
    assert told(ran.json(*arguments, "--yes")) == both
    assert dict(ran.runs("ventas")) == {"r1": "running", "r2": "failed"}
    assert told(ran.json("tasks", "mark", "ventas", "load", "success", "--run-id", "r1")) == [("r1", "load", "success")]
    assert told(ran.json("tasks", "clear", "ventas", "-f", "-s", "2024-01-02", "--dry-run")) == [
        ("r2", "load", "failed"),
        ("r2", "tell", "upstream_failed"),
    ]
    assert told(ran.json("tasks", "clear", "ventas", "-r", "--dry-run")) == []
    assert len(ran.json("tasks", "clear", "ventas", "--run-id", "r1", "--future", "--dry-run")) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tasks", "clear", "vents"), "there is no DAG 'vents'; did you mean 'ventas'?"),
        (("tasks", "clear", "ventas", "-t", "("), "'(' is no regular expression"),
        (("tasks", "clear", "ventas", "--run-id", "x"), "has no run 'x'; `brisa dags list-runs ventas` shows all"),
        (("tasks", "clear", "ventas", "--run-id", "r1", "-s", "2024-01-01"), "not both"),
        (("tasks", "clear", "ventas", "--past"), "--past and --future go with --run-id"),
        (("tasks", "mark", "ventas", "load", "success"), "say of which runs"),
        (("tasks", "mark", "ventas", "lod", "success", "--run-id", "r1"), "DAG 'ventas' has no task 'lod'"),
        (("dags", "cancel-run", "ventas", "r1"), "has ended already: failed"),
        (("dags", "delete-run", "ventas", "r3"), "has no run 'r3'"),
        (("dags", "delete", "vents", "-y"), "there is no DAG 'vents'"),
    ],
)
def test_what_can_not_be_is_refused(ran: Home, arguments: tuple[str, ...], message: str):
    """Status 2 and one clear sentence."""
    done = ran.call(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert ran.states("ventas") == ["failed", "failed"]


def test_runs_and_dags_are_deleted(ran: Home):
    """Confirmed by --yes where nobody can be asked; the DAG's file brings it back, without its runs."""
    refused = ran.brisa("dags", "delete-run", "ventas", "r1")
    assert (refused.returncode, "Confirm it with --yes" in refused.stderr) == (2, True)
    done = ran.call("dags", "delete-run", "ventas", "r1", "--yes")
    assert (done.returncode, done.stdout) == (0, "Deleted: run r1 of DAG ventas\n")
    assert [run_id for run_id, _ in ran.runs("ventas")] == ["r2"]
    assert ran.call("tasks", "clear", "ventas", "--run-id", "r2", "-y").returncode == 0
    done = ran.call("dags", "delete", "ventas", "--yes")
    assert (done.returncode, done.stdout) == (0, "Deleted: DAG ventas\n")
    assert ran.runs("ventas") == []
    assert not list((ran.path / "blobs").rglob("*ventas*/*"))
    (again,) = ran.json("dags", "list")
    assert again["dag_id"] == "ventas"
    (ran.dags / "ventas.py").unlink()
    assert ran.json("dags", "list") == []
    assert ran.call("dags", "delete", "ventas", "--yes").returncode == 0
    assert ran.call("dags", "delete", "ventas", "--yes").returncode == 2
