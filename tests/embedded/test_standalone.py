"""``brisa standalone``: it starts, follows the DAG files, schedules, hears other commands, and ends."""

from __future__ import annotations

import signal
import time
from functools import partial
from pathlib import Path

import pytest

from brisa import _version
from brisa.adapters.sqlite import SqliteSecrets
from brisa.bootstrap import State, open_state
from brisa.model.run import Attempt, Run
from brisa.services.answers import connection_secret
from tests.support.program import Home, Standalone, counted
from tests.support.waiting import until

HELLO = """
from brisa import DAG, task

with DAG("hello", schedule=None, is_paused_upon_creation=False):
    @task
    def hello():
        return "hello"

    hello()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(tmp_path / "home")


def test_it_says_where_everything_is_and_runs_what_is_triggered(home: Home):
    """From nothing: one command makes the home; a DAG file put there is found; a triggered run ends."""
    with home.standalone() as running:
        first, ready = running.text().splitlines()[:2]
        home.write("hello.py", HELLO)
        running.wait_for("loaded hello")
        home.call("dags", "trigger", "hello", "-r", "mine")
        running.wait_for("hello  mine  success")

    assert first == f"brisa {_version.__version__}  home {home.path}  DAGs {home.dags}"
    assert ready == "0 DAGs, 0 paused; ready"


def test_a_task_reads_a_connection_from_the_homes_secrets(home: Home):
    """It is encrypted in the home, and a template may name it; the environment's has precedence."""
    secrets = SqliteSecrets(home.path / "secrets.db", home.path / "secret.key")
    home.path.mkdir()
    secrets.put(connection_secret("shop"), "postgres://ana:s3cret@db.example:5432/ventas")
    secrets.put(connection_secret("both"), "http://home")
    home.write(
        "conn.py",
        """
        from brisa import DAG
        from brisa.operators.bash import BashOperator

        with DAG("conn", schedule=None, is_paused_upon_creation=False):
            BashOperator(
                task_id="told",
                bash_command="echo {{ conn.shop.host }} {{ conn.shop.port }} {{ conn.both.host }} > $OUT",
            )
        """,
    )
    told = home.path / "told"
    with home.standalone(OUT=str(told), AIRFLOW_CONN_BOTH="http://environment"):
        home.call("dags", "trigger", "conn", "-r", "mine")
        until(lambda: home.states("conn") == ["success"], what="the run's end")
    assert told.read_text() == "db.example 5432 environment\n"
    assert b"s3cret" not in (home.path / "secrets.db").read_bytes()


def test_it_follows_the_dag_files(home: Home):
    """New, changed, broken, mended and removed files are seen while it runs; each is said once."""
    home.write("hello.py", HELLO)
    with home.standalone() as running:
        assert "1 DAG, 0 paused; ready" in running.text()
        home.write("hello.py", HELLO + "\nraise ValueError('not now')\n")
        running.wait_for("does not load: hello.py:11: ValueError: not now")
        assert home.dag_ids() == ["hello"], "a DAG stays as it was while its file is broken"
        home.write("hello.py", HELLO.replace('DAG("hello"', 'DAG("bye"'))
        running.wait_for("loaded bye")
        running.wait_for("removed hello")
        home.write("sub/more.py", HELLO)
        running.wait_for("loaded hello")
        (home.dags / "sub" / "more.py").unlink()
        until(lambda: running.text().count("removed hello") == 2, what="the second removal")

        assert home.dag_ids() == ["bye"]
        assert running.text().count("does not load") == 1


def test_a_dag_id_that_two_files_define(home: Home):
    """The first file keeps the id, the second is an import error that names it; when the first goes, it takes over."""
    home.write("a.py", HELLO)
    home.write("b.py", HELLO)
    with home.standalone() as running:
        running.wait_for("does not load: b.py, DAG 'hello': this DAG id is already defined in a.py")
        (home.dags / "a.py").unlink()
        running.wait_for("loaded hello")

        (dag,) = home.json("dags", "list")
        assert (dag["dag_id"], dag["file"]) == ("hello", "b.py")
        assert home.json("dags", "list-import-errors") == []


def attempts_of(state: State, run: Run) -> list[Attempt]:
    """The attempts of a run that have begun."""
    return [stored.record for stored in state.store.attempts(run.key)]


def test_a_run_in_another_process_begins_within_a_tenth_of_a_second(home: Home):
    """The doorbell: what another process triggers begins at once, not at the next look."""
    home.write("hello.py", HELLO)
    with home.standalone("--look-every", "60"), open_state(home.path) as state:
        delays = []
        for _ in range(5):
            run = state.runs.trigger("hello")
            until(partial(attempts_of, state, run), what="the run's attempt")
            (attempt,) = attempts_of(state, run)
            delays.append(attempt.started_at - run.queued_at)

    assert sorted(delays)[2] < 0.1


EVERY_SECOND = """
from datetime import datetime, timedelta, timezone
from brisa import DAG, task

with DAG(
    "often", schedule=timedelta(seconds=1), start_date=datetime(2024, 1, 1), catchup=False, max_active_runs=1,
):
    @task
    def effect(data_interval_start=None, data_interval_end=None):
        with open(__file__ + ".effects", "a") as file:
            file.write(data_interval_start.isoformat() + "\\n")
        assert (data_interval_end - data_interval_start) == timedelta(seconds=1)

    effect()

with DAG("daily", schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False):
    pass

with DAG("asleep", schedule="@daily", start_date=datetime(2024, 1, 1), is_paused_upon_creation=True):
    pass
"""


def test_schedules_are_kept(home: Home):
    """A DAG of every second really runs, once per interval; one of every day makes one run, for the last whole day."""
    file = home.write("often.py", EVERY_SECOND)
    effects = counted(file.with_name("often.py.effects"))
    with home.standalone("--unpaused"):
        until(lambda: len(effects()) >= 3, what="three runs")

        assert set(effects().values()) == {1}
        assert home.states("asleep") == []
        ((run_id, state),) = home.runs("daily")
        assert state == "success"
        day = run_id.removeprefix("scheduled__")
        today = time.strftime("%Y-%m-%d", time.gmtime())
        assert day.endswith("T00:00:00+00:00")
        assert day[:10] < today


def test_unpausing_begins_the_last_interval_at_once(home: Home):
    """`brisa dags unpause` makes the one run that is due; pausing keeps further ones from beginning."""
    home.write("often.py", EVERY_SECOND)
    with home.standalone("--look-every", "60") as running:
        assert home.states("daily") == []
        home.call("dags", "unpause", "daily")
        running.wait_for("daily  scheduled__")
        home.call("dags", "pause", "daily")
        home.call("dags", "trigger", "daily", "-r", "later")

        assert sorted(home.states("daily")) == ["queued", "success"]


LONG = """
from pathlib import Path
import time
from brisa import DAG, task
from brisa.operators.bash import BashOperator

def effect(name):
    with open(__file__ + ".effects", "a") as file:
        file.write(name + "\\n")

with DAG("long", schedule=None, is_paused_upon_creation=False):
    @task
    def first():
        effect("first")

    @task
    def middle(ti=None):
        effect("middle")
        while not Path(__file__).with_name("go").exists():
            time.sleep(0.01)
        return ti.try_number

    @task
    def last():
        effect("last")

    first() >> middle() >> last()
    go = Path(__file__).with_name("go")
    BashOperator(task_id="shell", bash_command=f"while [ ! -e {go} ]; do sleep 0.05; done")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_a_signal_ends_it_quickly_and_loses_nothing(number: signal.Signals, home: Home):
    """It ends at once with all its processes; tasks under way run again, in the same try, at the next start."""
    file = home.write("long.py", LONG)
    effects = counted(file.with_name("long.py.effects"))
    with home.standalone() as running:
        home.call("dags", "trigger", "long", "-r", "mine")
        until(lambda: effects().get("middle"), what="the task in the middle")
        until(lambda: len(running.family()) > 5, what="the shell")
        began = time.monotonic()
        status = running.end(number)
        took = time.monotonic() - began
        assert (status, running.text().splitlines()[-1][:8]) == (0, "stopped;")
        assert took < 3  # two seconds, and some for a busy machine
        assert home.states("long") == ["running"]

    (home.dags / "go").touch()
    with home.standalone() as running:
        running.wait_for("long  mine  success")

    rows = home.json("tasks", "states", "long", "mine")
    assert {row["task_id"]: (row["state"], row["try_number"]) for row in rows} == {
        "first": ("success", 1),
        "middle": ("success", 1),
        "last": ("success", 1),
        "shell": ("success", 1),
    }
    assert effects() == {"first": 1, "middle": 2, "last": 1}


def test_a_signal_while_files_load_ends_it_too(home: Home):
    """A DAG file that hangs while it is imported doesn't keep the process from ending."""
    home.write(
        "hang.py",
        "import time\nimport brisa  # dag\nopen(__file__ + '.hanging', 'w').close()\ntime.sleep(1000)\n",
    )
    with Standalone.started(home) as running:
        until((home.dags / "hang.py.hanging").exists, what="the import")
        began = time.monotonic()
        assert running.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 3


def test_logs_can_be_followed(home: Home):
    """`brisa tasks logs --follow` prints what a running task writes, and ends with the task."""
    import subprocess

    from tests.support.program import COMMAND, environment

    home.write("long.py", LONG.replace('effect("middle")', 'print("waiting for the file", flush=True)'))
    with home.standalone():
        home.call("dags", "trigger", "long", "-r", "mine")
        until(lambda: home.json("tasks", "states", "long", "mine")[1]["state"] == "running", what="the task")
        with subprocess.Popen(
            [*COMMAND, "tasks", "logs", "long", "mine", "middle", "--follow"],
            env=environment({"BRISA_HOME": str(home.path)}),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "waiting for the file" in line:
                    break
            assert process.poll() is None
            (home.dags / "go").touch()
            rest = process.stdout.read()

    assert process.returncode == 0
    assert "ended: success" in rest


def test_a_run_that_is_late_calls_whom_its_dag_says(home: Home):
    """Given a task that waits for somebody to be told, when its run misses its deadline, it goes on; there is a log."""
    told = home.path / "told"
    home.write(
        "late.py",
        f"""
        from datetime import timedelta
        from pathlib import Path
        from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, task

        TOLD = Path({str(told)!r})

        async def tell(text, context):
            TOLD.write_text(text + context["dag_run"]["dag_run_id"])
            print("told")

        alert = DeadlineAlert(
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=timedelta(seconds=0.2),
            callback=AsyncCallback(tell, {{"text": "late: "}}),
        )
        with DAG("late", schedule=None, is_paused_upon_creation=False, deadline=alert):

            @task.sensor(poke_interval=0.1)
            def wait():
                return TOLD.exists()

            wait()
        """,
    )
    with home.standalone() as running:
        home.call("dags", "trigger", "late", "-r", "mine")
        running.wait_for("late  mine  success")
        log = ("tasks", "logs", "late", "mine", "@deadline[0]")
        until(lambda: "stdout | told" in home.call(*log).stdout, what="the callback's log")
    assert told.read_text() == "late: mine"
