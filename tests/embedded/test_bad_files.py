"""DAG files broken in every way: each is an import error that says what and where, and others go on loading."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.program import Home
from tests.support.waiting import until

GOOD = "from brisa import DAG\nwith DAG('good', schedule=None, is_paused_upon_creation=False):\n    pass\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one good DAG file, whose name comes last."""
    home = Home(tmp_path / "home")
    home.write("z_good.py", GOOD)
    return home


BAD = {
    "raises": (b"import brisa  # dag\n\nraise KeyError('city')\n", "bad.py:3: KeyError: 'city'"),
    "syntax": (b"import brisa  # dag\ndef f(:\n", "bad.py:2: SyntaxError: invalid syntax"),
    "import": (b"import brisa  # dag\nimport no_such_thing\n", "bad.py:2: ModuleNotFoundError: No module named"),
    "exits": (b"import brisa, sys  # dag\nsys.exit(3)\n", "bad.py:2: the file called sys.exit(3) while it was loaded"),
    "hard exit": (
        b"import brisa, os  # dag\nos._exit(0)\n",
        "the process that imported bad.py ended before it was done",
    ),
    "killed": (
        b"import brisa, os  # dag\nos.kill(os.getpid(), 9)\n",
        "the process that imported bad.py",
    ),
    "latin 1": (b"import brisa  # dag\nname = 'ni\xf1o'\n", "bad.py:2: not UTF-8: byte 0xf1 at offset 30"),
    "binary": (bytes(range(256)) + b"brisa dag", "bad.py"),
    "recursion": (b"import brisa  # dag\ndef f():\n    f()\nf()\n", "bad.py:3: RecursionError"),
    "a million brackets": (b"# brisa dag\nx = " + b"(" * 1_000_000, "bad.py"),
}


@pytest.mark.parametrize(("text", "says"), BAD.values(), ids=list(BAD))
def test_a_bad_file_is_an_import_error(text: bytes, says: str, home: Home):
    """What is wrong is said with file and line; the good DAG is there."""
    (home.dags / "bad.py").write_bytes(text)

    failures = home.json("dags", "list-import-errors")

    assert "good" in [one["dag_id"] for one in home.json("dags", "list")]
    (failure,) = failures
    assert failure["file"] == "bad.py"
    assert failure["error"].startswith(says)
    assert "/brisa/runtime" not in failure["error"]


def test_a_file_that_hangs_is_cut_off(home: Home):
    """After the limit (30 s unless told otherwise) a hanging import is killed, and the message says what to do."""
    home.write("hang.py", "import time\nimport brisa  # dag\ntime.sleep(1000)\n")
    home.env["BRISA_IMPORT_LIMIT"] = "0.5"

    began = time.monotonic()
    (failure,) = home.json("dags", "list-import-errors")

    assert "importing hang.py took longer than 0.5 s" in failure["error"]
    assert time.monotonic() - began < 15
    assert [one["dag_id"] for one in home.json("dags", "list")] == ["good"]


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf"])
def test_an_import_limit_that_is_no_number_of_seconds(value: str, home: Home):
    """A limit that can't be is refused, and named."""
    done = home.call("dags", "list", BRISA_IMPORT_LIMIT=value)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: BRISA_IMPORT_LIMIT is {value!r}: it must be a number of seconds above 0\n"


def test_a_file_of_five_megabytes(home: Home):
    """A DAG file of 5 MB loads, and its DAG runs."""
    rows = "".join(f"    'row {number}': '{'x' * 100}',\n" for number in range(45_000))
    text = f"{GOOD.replace('good', 'large')}DATA = {{\n{rows}}}\n"
    assert len(text) > 5_000_000
    home.write("large.py", text)

    listed = home.call("dags", "list", "-o", "plain")
    done = home.call("dags", "test", "large", "-f", home.dags / "large.py", "-o", "plain")

    assert "large" in listed.stdout
    assert listed.stderr == ""
    assert done.returncode == 0, done.stderr


HUGE = """
from brisa import DAG, task
from brisa.operators.empty import EmptyOperator

with DAG("huge", schedule=None, is_paused_upon_creation=False):
    @task
    def count(number):
        return number

    first, last = count(1), EmptyOperator(task_id="last")
    rows = [[EmptyOperator(task_id=f"row_{row}_{place}") for place in range(50)] for row in range(100)]
    first >> rows[0]
    for above, below in zip(rows, rows[1:]):
        for up, down in zip(above, below):
            up >> down
    rows[-1] >> count.override(task_id="middle")(2) >> last
"""


@pytest.mark.slow
def test_a_dag_of_five_thousand_tasks(home: Home):
    """It loads, is shown, and a run of it ends, by trial and in the standalone process."""
    file = home.write("huge.py", HUGE)

    shown = home.call("dags", "show", "huge", "-f", file, "-o", "json")
    drawn = home.call("dags", "show", "huge", "-f", file)
    tried = home.call("dags", "test", "huge", "-f", file, "-o", "json", "-q")
    with home.standalone() as running:
        home.call("dags", "trigger", "huge", "-r", "mine")
        running.wait_for("huge  mine  success", 60)

    assert shown.stdout.count("row_") > 5000
    assert len(drawn.stdout.splitlines()) == 1 + 5003
    assert "and 38 more" in drawn.stdout
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.count('"success"') == 5003 + 1
    assert len(home.json("tasks", "states", "huge", "mine")) == 5003


def test_an_empty_folder_and_a_folder_without_dags(home: Home):
    """No DAGs, and files that define none, are no error."""
    (home.dags / "z_good.py").unlink()
    empty = home.call("dags", "list")
    home.write("helper.py", "# dag for airflow\nx = 1\n")
    helper = home.call("dags", "list")

    assert empty.stdout == helper.stdout == f"No DAGs yet: put a DAG file into {home.dags}.\n"
    assert (empty.stderr, helper.stderr) == ("", "")


def test_a_folder_of_dag_files_that_is_none(tmp_path: Path, home: Home):
    """A file, or nothing, in place of the folder of DAG files: status 2, and the DAGs known are not forgotten."""
    home.json("dags", "list")
    (tmp_path / "file").touch()
    for command in (["dags", "list"], ["standalone", "--port", "0"], ["dags", "test", "good"]):
        for name, says in (("file", "is not a folder"), ("missing", "is not there")):
            done = home.call(*command, "--dags-folder", tmp_path / name)
            assert done.returncode == 2
            assert done.stderr == (
                f"Error: the folder of DAG files {tmp_path / name} {says}: name one with --dags-folder\n"
            )

    assert home.dag_ids() == ["good"]


def test_the_folder_of_dag_files_goes_and_comes_back(home: Home):
    """While it is away, standalone says so once and keeps its DAGs; when it is back, it goes on."""
    away = home.path / "away"
    with home.standalone() as running:
        home.dags.rename(away)
        running.wait_for("can't be read")
        assert home.dag_ids() == ["good"]
        away.rename(home.path / "dags")
        home.write("more.py", GOOD.replace("good", "more"))
        running.wait_for("loaded more")

        assert running.text().count("can't be read") == 1
        home.call("dags", "trigger", "good", "-r", "mine")
        until(lambda: home.states("good") == ["success"], what="the run")
