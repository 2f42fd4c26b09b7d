"""What people do to runs while ``brisa standalone`` works on them: cancel, clear, mark, delete, backfill."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from tests.support.program import Home
from tests.support.waiting import until

LONG = """
import os, time
from datetime import datetime
from brisa import DAG, task
from brisa.operators.bash import BashOperator
from brisa.operators.python import PythonOperator

FOLDER = os.environ["FOLDER"]

class Held(PythonOperator):
    def on_kill(self):
        with open(f"{FOLDER}/on_kill", "a") as file:
            file.write(f"{self.task_id}\\n")

def hold(ti):
    free = os.path.exists(f"{FOLDER}/release")
    with open(f"{FOLDER}/held", "a") as file:
        file.write(f"{os.getpid()}\\n")
    if not free:
        time.sleep(600)

with DAG("long", schedule=None, is_paused_upon_creation=False):
    hold_on = f"echo $$ > {FOLDER}/bash; sleep 600 & echo $! >> {FOLDER}/bash; wait"
    bash = BashOperator(task_id="bash", bash_command=hold_on)
    held = Held(task_id="held", python_callable=hold)

    @task
    def after():
        pass

    [bash, held] >> after()

with DAG("daily", schedule="@daily", start_date=datetime(2024, 1, 1), is_paused_upon_creation=False, catchup=False):
    @task
    def say(ds=None):
        with open(f"{FOLDER}/said", "a") as file:
            file.write(f"{ds}\\n")

    say()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a DAG whose tasks hold on."""
    home = Home(tmp_path / "home", {"FOLDER": str(tmp_path)})
    home.write("long.py", LONG)
    return home


def lines(home: Home, name: str) -> list[str]:
    """What tasks have written."""
    file = Path(home.env["FOLDER"]) / name
    return file.read_text().split() if file.exists() else []


def held(home: Home, times: int = 1) -> list[int]:
    """The processes that hold on, once both tasks are under way."""
    until(lambda: len(lines(home, "held")) >= times and len(lines(home, "bash")) >= 2, what="the tasks to begin")
    return [*map(int, lines(home, "bash")), int(lines(home, "held")[-1])]


def lives(pid: int) -> bool:
    """Whether the process runs: it may end, and be reaped, while one asks."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids: list[int]) -> bool:
    """Whether none of them lives."""
    return not any(lives(pid) for pid in pids)


def test_a_cancelled_run_is_stopped_within_seconds(home: Home):
    """Its processes end, ``on_kill`` was called, and so has what Bash had begun; the log says why."""
    with home.standalone():
        home.call("dags", "trigger", "long", "-r", "mine")
        pids = held(home)
        (ended,) = home.json("dags", "cancel-run", "long", "mine")
        assert ended["state"] == "failed"
        until(lambda: gone(pids), 10.0, what="the end of what the tasks had begun")
        assert lines(home, "on_kill") == ["held"]
        states = {one["task_id"]: one["state"] for one in home.json("tasks", "states", "long", "mine")}
        assert states == {"bash": "failed", "held": "failed", "after": "skipped"}
        until(lambda: "stopped" in home.call("tasks", "logs", "long", "mine", "held").stdout, what="the log")
        refused = home.call("dags", "cancel-run", "long", "mine")
        assert (refused.returncode, "has ended already" in refused.stderr) == (2, True)


def test_a_running_task_that_is_cleared_is_stopped_and_runs_again(home: Home):
    """Then the run goes on to its end, with one more try of that task alone."""
    with home.standalone():
        home.call("dags", "trigger", "long", "-r", "mine")
        *_, pid = held(home)
        Path(home.env["FOLDER"], "release").touch()
        done = home.call("tasks", "clear", "long", "-t", "held", "--run-id", "mine", "--yes")
        assert done.returncode == 0, done.stderr
        until(lambda: gone([pid]), 10.0, what="the end of the first attempt")
        marked = home.json("tasks", "mark", "long", "bash", "success", "--run-id", "mine")
        assert [(one["task_id"], one["state"]) for one in marked] == [("bash", "success")]
        until(lambda: home.states("long") == ["success"], what="the run's end")
    assert lines(home, "on_kill") == ["held"]
    assert len(lines(home, "held")) == 2


def test_a_dag_is_deleted_while_it_runs(home: Home):
    """Its processes end, nothing is left; its file, which is still there, brings it back without runs."""
    with home.standalone():
        home.call("dags", "trigger", "long", "-r", "mine")
        pids = held(home)
        refused = home.call("dags", "delete", "long")
        assert "Confirm it with --yes" in refused.stderr
        done = home.call("dags", "delete", "long", "--yes")
        assert (done.returncode, done.stdout) == (0, "Deleted: DAG long\n")
        until(lambda: gone(pids), 10.0, what="the end of what the tasks had begun")
        until(lambda: "long" in home.dag_ids(), what="the file to be loaded again")
        assert home.runs("long") == []
        until(lambda: not list((home.path / "blobs").rglob("*long*/*")), what="the end of its logs")


def test_a_backfill_goes_on_after_a_kill(home: Home):
    """No process holds it: killed in its midst, it is brought to its end by the next one, each day once."""
    made = home.json(
        "backfill", "create", "--dag-id", "daily", "--from-date", "2024-02-01", "--to-date", "2024-02-20",
        "--max-active-runs", "2",
    )[0]  # fmt: skip
    with home.standalone() as running:
        until(lambda: len(lines(home, "said")) >= 3, what="the first runs")
        running.end(signal.SIGKILL)
    with home.standalone():
        number = str(made["backfill_id"])
        until(lambda: home.json("backfill", "show", number)[0]["state"] == "completed", what="its end")
        (told,) = home.json("backfill", "show", number)
    assert (told["created"], told["success"], told["active"]) == (20, 20, 0)
    days = {day for day in lines(home, "said") if day.startswith("2024-02")}
    assert days == {f"2024-02-{day:02}" for day in range(1, 21)}
    backfilled = [run_id for run_id, _ in home.runs("daily") if run_id.startswith("backfill__")]
    assert len(backfilled) == 20
