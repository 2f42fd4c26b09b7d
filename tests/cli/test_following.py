"""What follows a run that is under way, beside a real ``brisa standalone``: by its home, and by its API."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.places import typed
from tests.support.program import COMMAND, Home, environment

DAG = """
import time
from datetime import datetime, timedelta
from pathlib import Path
from brisa import DAG, task

with DAG("ventas", schedule=None, start_date=datetime(2024, 1, 1), is_paused_upon_creation=False):
    @task(retries=1, retry_delay=timedelta(seconds=0))
    def load(dag_run=None, ti=None):
        print("begun, try", ti.try_number, flush=True)
        go = Path(dag_run.conf["go"])
        while not go.exists():
            time.sleep(0.05)
        if ti.try_number < dag_run.conf["tries"]:
            raise RuntimeError("once")
        if dag_run.conf.get("fail"):
            raise RuntimeError("for good")
        print("done", flush=True)

    load()
"""


@pytest.fixture(scope="module", params=["here", "elsewhere"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One that a standalone process works on."""
    home = Home(tmp_path_factory.mktemp("following") / "home")
    home.write("ventas.py", DAG)
    with home.standalone() as running:
        if request.param == "here":
            yield home
            return
        running.wait_for("log in as admin")
        text = running.text()
        url, password = re.search(r"API (\S+)", text), re.search(r"log in as admin with (\S+)", text)
        assert url is not None
        assert password is not None
        there = {"BRISA_URL": url[1]}
        token = typed(Home(home.path, there), f"{password[1]}\n", "api-token")
        assert token.returncode == 0, token.stderr
        yield Home(home.path, {**there, "BRISA_TOKEN": token.stdout.strip()})


def begin(home: Home, *words: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    env = environment({"BRISA_HOME": str(home.path), **home.env})
    return subprocess.Popen([*COMMAND, *words], env=env, stdout=subprocess.PIPE, text=True)


def conf(go: Path, tries: int, *, fail: bool = False) -> str:
    """What the task is told: the file that it waits for, the try that ends, and how."""
    return f'{{"go": "{go}", "tries": {tries}, "fail": {str(fail).lower()}}}'


def test_a_run_is_waited_for(home: Home, tmp_path: Path) -> None:
    """Each state of its tasks is a line; the status is that of the run."""
    (tmp_path / "go").touch()
    ways = {"good": conf(tmp_path / "go", 2), "bad": conf(tmp_path / "go", 2, fail=True)}
    done = {name: home.call("dags", "trigger", "ventas", "-r", name, "-c", ways[name], "--wait") for name in ways}

    assert [done[name].returncode for name in ways] == [0, 1]
    assert "load: success" in done["good"].stderr
    assert "load: failed" in done["bad"].stderr
    assert "load has failed: `brisa tasks logs ventas bad load` shows why" in done["bad"].stderr
    assert "success" in done["good"].stdout


def test_a_log_is_followed_through_its_tries(home: Home, tmp_path: Path) -> None:
    """From before it has begun to its end; each line once."""
    go = tmp_path / "go"
    assert home.call("dags", "trigger", "ventas", "-r", "log", "-c", conf(go, 2)).returncode == 0
    with begin(home, "tasks", "logs", "-f", "ventas", "log", "load") as follower:
        assert follower.stdout is not None
        lines = []
        for line in follower.stdout:
            lines.append(line)
            if "begun, try 1" in line:
                go.touch()
    out = "".join(lines)

    assert follower.returncode == 0
    assert "RuntimeError: once" in out
    assert [out.count(text) for text in ("begun, try 1", "begun, try 2", "| done\n")] == [1, 1, 1]
    assert home.call("tasks", "state", "ventas", "load", "log").stdout == "success\n"
    rendered = home.call("tasks", "render", "ventas", "load", "log")
    assert rendered.returncode == 0, rendered.stderr


def test_what_works_in_the_background(home: Home) -> None:
    """Told by the process itself, also to the commands of its home."""
    jobs = home.json("dags", "list-jobs")

    assert [(job["job_type"], job["state"]) for job in jobs] == [
        ("SchedulerJob", "running"),
        ("DagProcessorJob", "running"),
    ]
    assert all(job["start_date"] <= job["latest_heartbeat"] for job in jobs)
    assert home.json("dags", "list-jobs", "--state", "failed") == []
