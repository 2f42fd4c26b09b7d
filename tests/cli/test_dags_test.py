"""``brisa dags test``: one DAG, once, here and now."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.program import Called, Home, brisa, called

KEYS = ["dag_id", "run_id", "run_state", "logical_date", "tasks", "edges", "task_states", "xcoms"]


def write(folder: Path, text: str, name: str = "dag.py") -> Path:
    """A DAG file."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def run(file: Path, dag_id: str, *more: str) -> tuple[dict[str, Any], Called]:
    """The one JSON object that a test of a DAG prints, and how the command ended."""
    done = called("dags", "test", dag_id, *more, "-f", file, "-o", "json", BRISA_HOME=str(file.parent / "home"))
    assert done.stdout.count("\n") == 1, done.stderr
    return json.loads(done.stdout), done


HELLO = """
from datetime import datetime
from brisa import DAG, task
from brisa.operators.bash import BashOperator

with DAG("hello", schedule="@daily", start_date=datetime(2024, 1, 1), params={"name": "world"}):
    fetch = BashOperator(task_id="fetch", bash_command="echo data of {{ ds }} for {{ params.name }}")

    @task
    def count(line):
        print("counting", line)
        return {"words": len(line.split())}

    count(fetch.output)
"""


def test_a_run_is_one_json_object(tmp_path: Path):
    """A run of a logical date prints one object with exactly the promised keys; users' output goes elsewhere."""
    told, done = run(write(tmp_path, HELLO), "hello", "2024-05-01")

    assert list(told) == KEYS
    assert told == {
        "dag_id": "hello",
        "run_id": "manual__2024-05-01T00:00:00+00:00",
        "run_state": "success",
        "logical_date": "2024-05-01T00:00:00+00:00",
        "tasks": ["fetch", "count"],
        "edges": [["fetch", "count"]],
        "task_states": {"fetch": "success", "count": "success"},
        "xcoms": {
            "fetch": {"return_value": "data of 2024-05-01 for world"},
            "count": {"return_value": {"words": 5}},
        },
    }
    assert done.returncode == 0
    assert "counting data of 2024-05-01 for world" in done.stderr
    assert "fetch: success" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_test_leaves_nothing_behind(tmp_path: Path):
    """Neither a home folder nor temporary files remain."""
    spool = tmp_path / "tmp"
    spool.mkdir()
    file = write(tmp_path / "dags", HELLO)

    done = brisa("dags", "test", "hello", "-f", file, BRISA_HOME=str(tmp_path / "home"), TMPDIR=str(spool))

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "home").exists()
    assert list(spool.iterdir()) == []


def test_conf_reaches_the_run(tmp_path: Path):
    """``--conf`` sets params."""
    told, _ = run(write(tmp_path, HELLO), "hello", "2024-05-01", "--conf", '{"name": "mundo"}')

    assert told["xcoms"]["fetch"] == {"return_value": "data of 2024-05-01 for mundo"}


MANY_ENDS = """
from brisa import DAG, task
from brisa.operators.empty import EmptyOperator
from brisa.operators.python import BranchPythonOperator, PythonOperator

def boom():
    raise ValueError("no good")

with DAG("ends", schedule=None):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "left")
    left = EmptyOperator(task_id="left")
    right = EmptyOperator(task_id="right")
    after_right = EmptyOperator(task_id="after_right")
    join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
    fails = PythonOperator(task_id="fails", python_callable=boom)
    below = EmptyOperator(task_id="below")
    choose >> [left, right] >> join
    right >> after_right
    fails >> below
"""


def test_a_failed_run_shows_every_state_and_is_status_1(tmp_path: Path):
    """Failed, skipped and upstream_failed tasks are told apart, and the exit status says that the run failed."""
    told, done = run(write(tmp_path, MANY_ENDS), "ends")

    assert done.returncode == 1
    assert told["run_state"] == "failed"
    assert told["task_states"] == {
        "choose": "success",
        "left": "success",
        "right": "skipped",
        "after_right": "skipped",
        "join": "success",
        "fails": "failed",
        "below": "upstream_failed",
    }
    assert "ValueError: no good" in done.stderr


PATIENCE = """
from datetime import datetime, timedelta
from pathlib import Path
from brisa import DAG, BaseSensorOperator, task

class ThirdLook(BaseSensorOperator):
    def poke(self, context):
        file = Path(__file__).with_name("looks")
        looks = len(file.read_text()) + 1 if file.exists() else 1
        file.write_text("x" * looks)
        return looks >= 3

with DAG("patience", schedule=None):
    @task(retries=2, retry_delay=timedelta(minutes=30))
    def flaky(ti=None):
        if ti.try_number < 3:
            raise RuntimeError(f"try {ti.try_number}")
        return ti.try_number

    flaky() >> ThirdLook(task_id="wait", mode="reschedule", poke_interval=3600, timeout=86400)
"""


def test_retry_delays_and_pokes_are_due_at_once(tmp_path: Path):
    """An hour between pokes and half an hour before a retry take no time."""
    told, done = run(write(tmp_path, PATIENCE), "patience")

    assert (told["run_state"], done.returncode) == ("success", 0)
    assert told["xcoms"]["flaky"] == {"return_value": 3}
    assert (tmp_path / "looks").read_text() == "xxx"


def test_the_time_that_was_skipped_is_told(tmp_path: Path):
    """Two retries after half an hour, two pokes after an hour: nobody waited for them, and the last line says so."""
    done = called("dags", "test", "patience", "-f", write(tmp_path, PATIENCE), "-q")

    assert re.search(r"success in 3 h 00 min, (2 h 59|3 h 00) min of it skipped\n$", done.stdout), done.stdout


REAL = """
import time
from datetime import timedelta
from brisa import DAG, task

with DAG("real", schedule=None):
    @task(retries=1, retry_delay=timedelta(seconds=1))
    def flaky(ti=None):
        if ti.try_number == 1:
            ti.xcom_push("at", time.monotonic())
            open(__file__ + ".at", "w").write(str(time.monotonic()))
            raise RuntimeError("once")
        return time.monotonic() - float(open(__file__ + ".at").read())

    @task
    def slow():
        time.sleep(3)

    flaky()
    slow()
"""


def test_real_time_really_waits_but_not_for_other_tasks(tmp_path: Path):
    """With ``--real-time`` a retry comes after its delay, while another task is still busy."""
    told, _ = run(write(tmp_path, REAL), "real", "--real-time")

    assert told["run_state"] == "success"
    assert 1.0 <= told["xcoms"]["flaky"]["return_value"] < 2.5


def test_what_lies_beside_the_file_is_found(tmp_path: Path):
    """A helper module, a package and a SQL file beside the DAG file, and a module in the folder of DAGs above it."""
    folder = tmp_path / "dags"
    write(folder, "PLACE = 'top'\n", "top_module.py")
    write(folder / "team", "def shout(text): return text.upper()\n", "helper_module.py")
    write(folder / "team" / "tools", "from tools.inner import NAME\n", "__init__.py")
    write(folder / "team" / "tools", "NAME = 'inner'\n", "inner.py")
    write(folder / "team" / "sql", "SELECT '{{ ds }}' -- {% include 'sql/more.sql' %}", "query.sql")
    write(folder / "team" / "sql", "more of {{ dag.dag_id }}", "more.sql")
    file = write(
        folder / "team",
        """
from brisa import DAG, BaseOperator
from helper_module import shout
import tools
import top_module

class Query(BaseOperator):
    template_fields = ("sql",)
    template_ext = (".sql",)
    def __init__(self, sql, **kwargs):
        super().__init__(**kwargs)
        self.sql = sql
    def execute(self, context):
        return [shout(self.sql), tools.NAME, top_module.PLACE]

with DAG("beside", schedule=None):
    Query(task_id="query", sql="sql/query.sql")
""",
    )

    done = brisa("dags", "test", "beside", "2024-05-01", "-f", file, "--dags-folder", folder, "-o", "json")

    assert done.returncode == 0, done.stderr
    returned = json.loads(done.stdout)["xcoms"]["query"]["return_value"]
    assert returned == ["SELECT '2024-05-01' -- MORE OF BESIDE", "inner", "top"]


def test_a_dag_is_found_in_the_folder_without_naming_its_file(tmp_path: Path):
    """Without ``-f`` the DAG's file is looked for; others, broken ones too, are in nobody's way."""
    folder = tmp_path / "dags"
    write(folder, "from brisa import DAG\nraise RuntimeError('broken')\n", "broken.py")
    write(folder, HELLO, "z.py")

    done = brisa("dags", "test", "hello", "--dags-folder", folder, "-o", "json", BRISA_HOME=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run_state"] == "success"
    assert "broken" not in done.stderr


WIDE = """
from brisa import DAG, task
from brisa.operators.empty import EmptyOperator

with DAG("wide", schedule=None):
    @task
    def work(number):
        return number

    last = EmptyOperator(task_id="last")
    for number in range(299):
        work.override(task_id=f"work_{number}")(number) >> last
"""


def test_three_hundred_tasks(tmp_path: Path):
    """A fan-out of 299 Python tasks with a join: all run, and all results are there."""
    told, done = run(write(tmp_path, WIDE), "wide", "-q")

    assert (told["run_state"], done.returncode) == ("success", 0)
    assert [told["xcoms"][f"work_{number}"]["return_value"] for number in range(299)] == list(range(299))
    assert told["tasks"][-1] == "last"
    assert done.stderr == ""


@pytest.mark.parametrize("output", ["table", "plain", "yaml"])
def test_the_other_outputs(output: str, tmp_path: Path):
    """A table, plain lines and YAML tell the same states, without escape codes when piped."""
    file = write(tmp_path, HELLO)

    done = called("dags", "test", "hello", "2024-05-01", "-f", file, "-o", output, "-q")

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    if output == "yaml":
        assert list(yaml.safe_load(done.stdout)) == KEYS
    else:
        lines = [line.split() for line in done.stdout.splitlines()]
        assert ["fetch", "BashOperator", "success", "1"] in [line[:4] for line in lines]
    if output == "table":
        assert "hello manual__2024-05-01T00:00:00+00:00: success in " in done.stdout


NEEDY = "from brisa import DAG, Param\nd = DAG('needy', schedule=None, params={'city': Param(type='string')})\n"
BROKEN = "from brisa import DAG\nd = DAG('a', schedule=None)\nthis is no Python\n"
ONE_BAD = """
from brisa import DAG
from brisa.operators.empty import EmptyOperator
good = DAG("good", schedule=None)
with DAG("ring", schedule=None):
    a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
    a >> b >> a
"""


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        (HELLO, ["hallo"], ["no DAG 'hallo'", "dag.py", "did you mean 'hello'?"]),
        (HELLO, ["hello", "2024-13-01"], ["'2024-13-01' is not a date"]),
        (HELLO, ["hello", "--conf", "{"], ["--conf is not JSON"]),
        (HELLO, ["hello", "--conf", "[1]"], ["--conf must be a JSON object"]),
        (HELLO, ["hello", "--conf", '{"name": NaN}'], ["--conf is not JSON", "NaN"]),
        (NEEDY, ["needy"], ["'city'", "no default"]),
        (BROKEN, ["a"], ["dag.py:3", "SyntaxError"]),
        (ONE_BAD, ["ring"], ["dag.py", "'ring'", "a", "b", "no DAG 'ring'"]),
        ("import no_such_module\n# dag brisa", ["a"], ["dag.py:1", "no_such_module"]),
    ],
    ids=["unknown DAG", "date", "conf", "conf list", "conf NaN", "param", "syntax", "cycle", "import"],
)
def test_bad_input_is_status_2_and_says_what_is_wrong(text: str, arguments: list[str], says: list[str], tmp_path: Path):
    """Nothing runs, nothing is printed on standard output, and the message names what is at fault and where."""
    file = write(tmp_path, text)

    done = called("dags", "test", *arguments, "-f", file, "-o", "json", BRISA_HOME=str(tmp_path / "home"))

    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert [word for word in says if word not in done.stderr] == []
    assert "brisa/cli" not in done.stderr
    # Said once; a file with other, good DAGs in it also tells which these are.
    assert len([line for line in done.stderr.splitlines() if line.startswith("Error: ")]) == 1 + (text is ONE_BAD)


def test_a_missing_file_is_status_2(tmp_path: Path):
    """A file that isn't there is named."""
    done = brisa("dags", "test", "a", "-f", tmp_path / "missing.py")

    assert (done.returncode, done.stdout) == (2, "")
    assert "missing.py" in done.stderr


def test_a_good_dag_runs_beside_a_bad_one(tmp_path: Path):
    """Another DAG of the same file that can't be loaded is reported, and doesn't keep the good one from running."""
    told, done = run(write(tmp_path, ONE_BAD), "good")

    assert (told["run_state"], told["tasks"], done.returncode) == ("success", [], 0)
    assert "'ring'" in done.stderr


def test_one_task_alone(tmp_path: Path):
    """``tasks test`` runs a task without what is above it, whatever its trigger rule, and nothing else."""
    file = write(tmp_path, MANY_ENDS)

    join = called("tasks", "test", "ends", "join", "-f", file, "-o", "json")
    choose = called("tasks", "test", "ends", "choose", "-f", file, "-o", "json")
    fails = called("tasks", "test", "ends", "fails", "2024-05-01", "-f", file, "-o", "json")
    unknown = called("tasks", "test", "ends", "fail", "-f", file)

    assert json.loads(join.stdout)["task_states"] == {"join": "success"}
    assert json.loads(choose.stdout)["task_states"] == {"choose": "success"}
    assert (fails.returncode, json.loads(fails.stdout)["task_states"]) == (1, {"fails": "failed"})
    assert unknown.returncode == 2
    assert unknown.stderr.strip().splitlines() == ["Error: DAG 'ends' has no task 'fail'; did you mean 'fails'?"]


SETTINGS = """
from brisa import DAG, task
from brisa.authoring.connections import Connection
from brisa.authoring.variables import Variable

with DAG("settings", schedule=None):
    @task
    def look():
        found = Variable.get("color"), Connection.get("db").host
        Variable.set("color", "red")
        return [*found, Variable.get("color")]

    look()
"""


def test_a_trial_sees_the_settings_of_its_home_and_leaves_them_alone(tmp_path: Path):
    """Variables and Connections are those that tasks will find when the DAG is deployed."""
    home = Home(tmp_path / "home")
    home.call("variables", "set", "color", "blue")
    home.call("connections", "add", "db", "--conn-uri", "postgres://ana:hunter2@db.example")
    file = write(tmp_path, SETTINGS)

    tried, _ = run(file, "settings")
    alone = home.json("tasks", "test", "settings", "look", "-f", str(file))

    for found in (tried, alone):
        assert found["xcoms"]["look"]["return_value"] == ["blue", "db.example", "red"]
    assert home.call("variables", "get", "color").stdout == "blue\n"
