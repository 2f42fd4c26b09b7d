"""Commands that look at, and change, what a home keeps, where no standalone process is running."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from brisa.bootstrap import embedded
from brisa.model.states import TaskState
from tests.support.program import Home
from tests.support.waiting import until

TWO = """
from datetime import datetime, timedelta
from brisa import DAG, Param, task

with DAG("ventas", schedule="@daily", start_date=datetime(2024, 1, 1), params={"city": "Lima"}):
    @task
    def extract(params=None):
        print("from", params["city"], "niño")
        return params["city"]

    @task(retries=1, retry_delay=timedelta(seconds=0))
    def load(city, ti=None):
        print("this is try", ti.try_number)
        if ti.try_number == 1:
            raise RuntimeError("once")

    load(extract())

with DAG("needy", schedule=None, params={"city": Param(type="string")}):
    pass
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with two DAGs."""
    home = Home(tmp_path / "home")
    home.write("ventas.py", TWO)
    return home


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two DAGs that tests only look at."""
    home = Home(tmp_path_factory.mktemp("looked-at") / "home")
    home.write("ventas.py", TWO)
    return home


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which a run of ``ventas`` has ended."""
    home = Home(tmp_path_factory.mktemp("ran") / "home")
    home.write("ventas.py", TWO)
    with embedded(home.path, home.dags, slots=2, paused=False) as stack:
        run = stack.state.runs.trigger("ventas", run_id="first", conf={"city": "Quito"})
        until(lambda: (stored := stack.state.store.run(run.key)) and stored.record.state.terminal, what="the run's end")
    return home


def test_an_empty_home_says_where_dags_go(tmp_path: Path):
    """The first command in a new home makes it, and says where DAG files belong."""
    home = Home(tmp_path / "new")

    done = home.call("dags", "list")

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"No DAGs yet: put a DAG file into {home.path / 'dags'}.\n"


def test_dags_are_listed(home: Home):
    """Each DAG with its schedule, whether it is paused, and its file."""
    told = home.json("dags", "list")

    assert told == [
        {"dag_id": "needy", "schedule": None, "paused": True, "next_run": None, "owners": [], "file": "ventas.py"},
        {
            "dag_id": "ventas",
            "schedule": "0 0 * * *",
            "paused": True,
            "next_run": None,
            "owners": ["airflow"],
            "file": "ventas.py",
        },
    ]


def test_files_that_do_not_load_are_listed_and_others_go_on_loading(home: Home):
    """An import error names file and line, in its own list and below the list of DAGs."""
    home.write("broken.py", "from brisa import DAG\n\nraise ValueError('no\\ngood')\n")

    (failure,) = home.json("dags", "list-import-errors")
    listed = home.call("dags", "list")

    assert (failure["file"], failure["line"]) == ("broken.py", 3)
    assert failure["error"] == "broken.py:3: ValueError: no\ngood"
    assert "ventas" in listed.stdout
    assert listed.stderr == "does not load: broken.py:3: ValueError: no good\n"


def test_files_are_loaded_again_only_when_they_have_changed(home: Home):
    """A second command doesn't import the DAG file anew; a change, also of a helper, is seen by the next one."""
    home.write("helper_of_counted.py", "DAG_ID = 'one'\n")
    home.write(
        "counted.py",
        """
        from pathlib import Path
        from brisa import DAG
        from helper_of_counted import DAG_ID
        with Path(__file__).with_name("loads.txt").open("a") as file:
            file.write("x")
        dag = DAG(DAG_ID, schedule=None)
        """,
    )

    def loads() -> int:
        return len((home.dags / "loads.txt").read_text())

    first = [one["dag_id"] for one in home.json("dags", "list")]
    again = [one["dag_id"] for one in home.json("dags", "list")]
    after_two = loads()
    home.write("helper_of_counted.py", "DAG_ID = 'another'\n")
    changed = [one["dag_id"] for one in home.json("dags", "list")]

    assert first == again == ["needy", "one", "ventas"]
    assert after_two == 1
    assert changed == ["another", "needy", "ventas"]
    assert loads() == 2


def test_what_was_remembered_of_files_is_not_trusted_blindly(home: Home):
    """A new database, a broken note, or another folder of DAG files: everything is loaded again."""
    home.json("dags", "list")
    for part in home.path.glob("brisa.db*"):
        part.unlink()
    anew = home.json("dags", "list")
    (home.path / "loaded.json").write_text("{]")
    broken = home.json("dags", "list")
    other = home.path.parent / "other"
    other.mkdir()
    elsewhere = home.json("dags", "list", "--dags-folder", other)
    back = home.json("dags", "list")

    assert anew == broken == back
    assert [one["dag_id"] for one in anew] == ["needy", "ventas"]
    assert elsewhere == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["dags", "trigger", "venta"], "there is no DAG 'venta'; did you mean 'ventas'?"),
        (["dags", "pause", "x"], "there is no DAG 'x'; `brisa dags list` shows all"),
        (["dags", "list-runs", "venta"], "there is no DAG 'venta'; did you mean 'ventas'?"),
        (["dags", "state", "ventas", "latest"], "DAG 'ventas' has no runs yet"),
        (["dags", "trigger", "needy"], "'city' has no default"),
        (["dags", "trigger", "ventas", "--conf", "x"], "--conf is not JSON"),
        (["dags", "trigger", "ventas", "-e", "soon"], "'soon' is not a date"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_can_not_be_done_is_one_line_and_status_2(arguments: list[str], says: str, looked_at: Home):
    """An error is one line that says what is wrong; no traceback."""
    done = looked_at.call(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_a_paused_dag_keeps_its_run_waiting(home: Home):
    """A triggered run of a paused DAG is queued, and the command says so."""
    done = home.call(
        "dags", "trigger", "ventas", "-r", "mine", "-e", "2024-05-01", "-c", '{"city": "Cusco"}', "-o", "json"
    )

    (told,) = json.loads(done.stdout)
    assert (told["run_id"], told["state"], told["logical_date"]) == ("mine", "queued", "2024-05-01T00:00:00+00:00")
    assert "ventas is paused: the run begins once you `brisa dags unpause ventas`." in done.stderr
    again = home.call("dags", "trigger", "ventas", "-r", "mine")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == "Error: there is a run 'mine' of DAG 'ventas' already\n"


def test_pausing_and_unpausing(home: Home):
    """Pause and unpause say what is now; an unpaused DAG shows its next run, and triggers say that nobody runs them."""
    unpaused = home.call("dags", "unpause", "ventas")
    listed = {one["dag_id"]: one for one in home.json("dags", "list")}
    triggered = home.call("dags", "trigger", "ventas")
    paused = home.call("dags", "pause", "ventas")

    assert unpaused.stdout == "Dag: ventas, paused: False\n"
    assert listed["ventas"]["paused"] is False
    assert listed["ventas"]["next_run"] is not None
    assert triggered.returncode == 0
    assert "No `brisa standalone` is running here" in triggered.stderr
    assert paused.stdout == "Dag: ventas, paused: True\n"


def test_a_dag_whose_file_is_gone_keeps_its_runs_but_takes_no_more(home: Home):
    """Its runs can still be seen; a trigger says why it can't be."""
    home.call("dags", "trigger", "ventas", "-r", "mine")
    (home.dags / "ventas.py").unlink()

    assert home.json("dags", "list") == []
    assert [run["run_id"] for run in home.json("dags", "list-runs", "ventas")] == ["mine"]
    refused = home.call("dags", "trigger", "ventas")
    assert refused.returncode == 2
    assert refused.stderr == "Error: DAG 'ventas' is gone: its file ventas.py no longer defines it\n"


def test_runs_are_listed_and_filtered(ran: Home):
    """Runs come the latest first, with states and times; ``--state`` keeps those of one state."""
    (run,) = ran.json("dags", "list-runs", "ventas", "--limit", "1", "--state", "success")
    failed = ran.call("dags", "list-runs", "ventas", "--state", "failed")

    assert (run["dag_id"], run["run_id"], run["state"]) == ("ventas", "first", "success")
    assert 0 < run["duration"] < 60
    assert failed.stdout == "ventas has no failed runs.\n"


def test_the_state_of_a_run_by_id_date_or_latest(ran: Home):
    """One word for people; a row for programs."""
    (row,) = ran.json("dags", "state", "ventas", "first")

    assert ran.call("dags", "state", "ventas", "latest").stdout == "success\n"
    assert ran.call("dags", "state", "ventas", row["logical_date"]).stdout == "success\n"
    assert ran.call("dags", "state", "ventas", "frist").stderr == (
        "Error: DAG 'ventas' has no run 'frist'; did you mean 'first'?\n"
    )


def test_the_states_of_the_tasks(ran: Home):
    """A row per task with its state and try."""
    told = ran.json("tasks", "states", "ventas", "first")

    assert [(row["task_id"], row["state"], row["try_number"]) for row in told] == [
        ("extract", TaskState.SUCCESS, 1),
        ("load", TaskState.SUCCESS, 2),
    ]


def test_logs_of_the_last_try_and_of_any(ran: Home):
    """Without a number the last try's log is printed; letters come whole."""
    last = ran.call("tasks", "logs", "ventas", "first", "load")
    first = ran.call("tasks", "logs", "ventas", "latest", "load", "--try", "1")
    letters = ran.call("tasks", "logs", "ventas", "first", "extract", "--follow")
    none = ran.call("tasks", "logs", "ventas", "first", "load", "-t", "3")
    unknown = ran.call("tasks", "logs", "ventas", "first", "loda")

    assert ("this is try 2" in last.stdout, "this is try 1" in last.stdout) == (True, False)
    assert "RuntimeError: once" in first.stdout
    assert "from Quito niño" in letters.stdout
    assert (none.returncode, none.stderr) == (2, "Error: try 3 of load has not begun in run first: it has no log yet\n")
    assert unknown.stderr == "Error: DAG 'ventas' has no task 'loda'; did you mean 'load'?\n"


OUTPUTS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "yaml": yaml.safe_load,
    "plain": lambda text: [line.split("\t") for line in text.splitlines()],
    "table": lambda text: text.splitlines()[1:],
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_output_of_every_list(output: str, ran: Home):
    """All four outputs of all lists are well formed and hold the rows that there are."""
    lists = [
        (["dags", "list"], 2),
        (["dags", "list-runs", "ventas", "--state", "success", "--limit", "1"], 1),
        (["tasks", "states", "ventas", "first"], 2),
    ]
    for arguments, rows in lists:
        done = ran.call(*arguments, "-o", output)

        found = OUTPUTS[output](done.stdout)
        assert isinstance(found, list)
        assert len(found) == rows, (arguments, done.stdout)


def test_two_commands_at_once_see_the_same(home: Home):
    """A command that finds another one loading the DAG files waits for it, instead of seeing nothing."""
    import subprocess

    from tests.support.program import COMMAND, environment

    env = environment({"BRISA_HOME": str(home.path)})
    both = [
        subprocess.Popen([*COMMAND, "dags", "list", "-o", "json"], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [one.communicate(timeout=60)[0] for one in both]

    assert [[row["dag_id"] for row in json.loads(text)] for text in told] == [["needy", "ventas"]] * 2


def test_an_up_to_date_home_is_looked_at_without_any_other_process(home: Home):
    """Once loaded, DAGs are listed without starting the processes that load files."""
    import subprocess
    import sys

    from tests.support.program import environment

    home.json("dags", "list")
    probe = (
        "import subprocess, sys\n"
        "def no(*a, **k): raise AssertionError('a process was started')\n"
        "subprocess.Popen = no\n"
        "sys.argv = ['brisa', 'dags', 'list', '-o', 'plain']\n"
        "from brisa.cli import main; main()"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env=environment({"BRISA_HOME": str(home.path)}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("needy\t")
    assert time.monotonic() - began < 20
