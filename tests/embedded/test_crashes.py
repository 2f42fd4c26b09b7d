"""kill -9 of the standalone process, at any moment: runs end, nothing finished is done again, tries are not used up."""

from __future__ import annotations

import random
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.program import Home, Standalone, counted, lives
from tests.support.waiting import until

EFFECTS = """
from pathlib import Path
import time
from brisa import DAG, task
from brisa.operators.bash import BashOperator

HERE = Path(__file__).parent

def effect(name):
    with open(HERE / "effects", "a") as file:
        file.write(name + "\\n")

with DAG("chain", schedule=None, is_paused_upon_creation=False):
    @task
    def step(number, ti=None):
        effect(f"begun_{number}")
        time.sleep(0.05)
        effect(f"ended_{number}")
        return ti.try_number

    last = None
    for number in range(30):
        now = step.override(task_id=f"step_{number}")(number)
        if last is not None:
            last >> now
        last = now

with DAG("held", schedule=None, is_paused_upon_creation=False):
    @task
    def before():
        effect("before")

    @task
    def held(ti=None):
        effect("held")
        while not (HERE / "go").exists():
            time.sleep(0.01)
        return ti.try_number

    @task
    def after():
        effect("after")

    before() >> held() >> after()
    BashOperator(task_id="shell", bash_command=f"while [ ! -e {HERE}/go ]; do sleep 0.05; done")
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a chain of thirty tasks, and a DAG that is held until a file is there."""
    home = Home(tmp_path / "home")
    home.write("effects.py", EFFECTS)
    return home


def test_after_a_kill_the_run_goes_on_where_it_was(home: Home):
    """Finished tasks are not run again; those under way are, in the same try; the run ends in success."""
    effects = counted(home.dags / "effects")
    with home.standalone() as running:
        home.call("dags", "trigger", "held", "-r", "mine")
        until(lambda: effects().get("held"), what="the task in the middle")
        processes = running.family()
        running.end(signal.SIGKILL)
        assert not any(map(lives, processes))
    (home.dags / "go").touch()
    with home.standalone() as running:
        running.wait_for("held  mine  success")

    rows = home.json("tasks", "states", "held", "mine")
    assert {(row["state"], row["try_number"]) for row in rows} == {("success", 1)}
    assert effects() == {"before": 1, "held": 2, "after": 1}


@pytest.mark.slow
def test_ten_kills_at_random_moments(home: Home):
    """Whenever it is killed, also while it starts, the run ends in success, and no task is done that was done."""
    chance = random.Random(7)
    effects = counted(home.dags / "effects")
    home.call("dags", "unpause", "chain")
    home.call("dags", "trigger", "chain", "-r", "mine")
    for kill in range(10):
        with Standalone.started(home) as running:
            if kill % 3:
                running.wait_for("ready")
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(chance.uniform(0.0, 0.4))
            running.end(signal.SIGKILL)
    begun_by_then = len(effects())
    with home.standalone():
        until(lambda: home.states("chain") == ["success"], 60, what="the run's end")

    rows = home.json("tasks", "states", "chain", "mine")
    assert {(row["state"], row["try_number"]) for row in rows} == {("success", 1)}
    done = effects()
    again = sum(done[f"begun_{number}"] - 1 for number in range(30))
    assert {f"ended_{number}" for number in range(30)} < set(done)
    assert begun_by_then > 2, "no kill has hit a task"
    assert again <= 10, "a kill makes at most the one task run again that was under way"
