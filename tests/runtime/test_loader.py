"""DAG files load, or say where and why not; other files go on loading."""

import json
import os
import sys
import textwrap
from pathlib import Path

import pytest

from brisa.model.codec import decode
from brisa.model.spec import DagSpec, ScheduleKind
from brisa.model.states import OutcomeKind
from brisa.runtime.loader import load_file, report
from tests.runtime.attempts import run_task

HEAD = "from datetime import datetime\nfrom brisa import DAG, task\nSTART = datetime(2024, 1, 1)\n"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write files into a bundle, and load the first of them."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(text, file="dag.py", others=None, *, inside="", **kwargs):
        for name, content in {file: text, **(others or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
        return load_file(tmp_path / inside, file.removeprefix(f"{inside}/"), **kwargs)

    return run


def only_failure(loaded):
    """The one failure of a file that gave no DAG."""
    assert not loaded.dags
    assert not loaded.specs
    (failure,) = loaded.failures
    assert failure.file == loaded.file
    return failure


def test_a_file_is_its_dags(load):
    """Given a file with two DAGs, both are found and compiled, in the order of their making."""
    loaded = load(
        HEAD
        + """
with DAG("first", start_date=START, schedule="@daily"):
    @task
    def hello():
        return 1
    hello()
second = DAG("second", start_date=START, schedule=None)
"""
    )
    assert list(loaded.dags) == ["first", "second"]
    assert [spec.dag_id for spec in loaded.specs] == ["first", "second"]
    assert loaded.specs[0].file == "dag.py"
    assert loaded.specs[0].tasks[0].line == 9
    assert (loaded.failures, loaded.warnings) == ((), ())
    assert run_task(loaded.dags["first"], "hello")[1].values() == {"return_value": 1}


def test_the_report_is_json(load):
    """What leaves the process is JSON, and decodes to the same specs."""
    loaded = load(HEAD + "DAG('d', schedule=None).add_tasks([])\ndag = DAG('e', schedule=None)\n1 / 0\n")
    data = json.loads(json.dumps(report(loaded)))
    assert data["specs"] == []
    assert data["failures"][0]["line"] == 6
    assert data["failures"][0]["message"].startswith("dag.py:6: ZeroDivisionError")
    loaded = load(HEAD + "dag = DAG('e', schedule=None)\n")
    data = json.loads(json.dumps(report(loaded)))
    assert tuple(decode(DagSpec, spec) for spec in data["specs"]) == loaded.specs


BROKEN = {
    "an error": ("x = 1\nraise ValueError('bad thing')\n", 2, "ValueError: bad thing"),
    "in a function": ("def f():\n    return {}['k']\n\nf()\n", 2, "KeyError: 'k'"),
    "sys.exit": ("import sys\nsys.exit(3)\n", 2, "the file called sys.exit(3)"),
    "exit with a text": ("raise SystemExit('no')\n", 1, "sys.exit('no')"),
    "syntax": ("x = 1\ndef f(:\n    pass\n", 2, "SyntaxError: invalid syntax: def f(:"),
    "indentation": ("def f():\nreturn 1\n", 2, "IndentationError"),
    "recursion": ("def f():\n    f()\nf()\n", 2, "RecursionError"),
    "a zero byte": ("x = 1\n\0\n", None, "null bytes"),
    "no such module": ("import no_such_module_at_all\n", 1, "No module named 'no_such_module_at_all'"),
    "bad cron": (HEAD + "DAG('d', schedule='61 * * * *', start_date=START)\n", 4, "61"),
    "unknown argument": (HEAD + "DAG('d', tag=['x'])\n", 4, "did you mean 'tags'?"),
    "duplicate id": (
        HEAD
        + "from brisa.operators.empty import EmptyOperator\n"
        + "with DAG('d', schedule=None):\n    EmptyOperator(task_id='a')\n    EmptyOperator(task_id='a')\n",
        7,
        "DAG 'd', task 'a'",
    ),
    "bad trigger rule": (
        HEAD
        + "from brisa.operators.empty import EmptyOperator\n"
        + "with DAG('d', schedule=None):\n    EmptyOperator(\n        task_id='a', trigger_rule='sometimes')\n",
        6,
        "'sometimes' is not a trigger rule",
    ),
    "timeout": (
        "from brisa.authoring.exceptions import AirflowTaskTimeout\nraise AirflowTaskTimeout('slow')\n",
        2,
        "AirflowTaskTimeout: slow",
    ),
}


@pytest.mark.parametrize(("text", "line", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_where_and_why(load, text, line, words):
    """The message names the file, the user's own line, and what is wrong."""
    failure = only_failure(load(text))
    assert words in failure.message
    if line is not None:
        assert failure.line == line
        assert failure.message.startswith(f"dag.py:{line}")


def test_the_traceback_is_the_users(load):
    """It begins in the file, not in brisa, and shows the file's text."""
    failure = only_failure(load("def f():\n    raise ValueError('bad')  # here\n\nf()\n"))
    assert "# here" in failure.traceback
    assert f"{os.sep}loader.py" not in failure.traceback


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"x = 1\n# caf\xe9\n", 2, "not UTF-8: byte 0xe9 at offset 11"),
        (b"# \xe9\n", 1, "not UTF-8: byte 0xe9 at offset 2"),
        (b"x = 1\n\n\n\n" + b"y" * 100 + b"\xff\xfe", 5, "not UTF-8: byte 0xff at offset 109"),
        (b"# -*- coding: nonsense -*-\n", 1, "unknown encoding: nonsense"),
    ],
)
def test_a_file_that_is_no_text(load, data, line, words):
    """The message names the first bad byte, by offset and line."""
    failure = only_failure(load(data))
    assert words in failure.message
    assert failure.line == line


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbffrom brisa import DAG\ndag = DAG('d', schedule=None)\n",
        b"# -*- coding: latin-1 -*-\nfrom brisa import DAG\nx = '\xe9'\ndag = DAG('d', schedule=None)\n",
        b"from brisa import DAG\r\ndag = DAG('d', schedule=None)\r\n",
    ],
    ids=["BOM", "latin-1", "CRLF"],
)
def test_what_python_reads_is_read(load, data):
    """A BOM, a coding comment, Windows' line ends: as Python has it."""
    assert list(load(data).dags) == ["d"]


def test_five_megabytes(load):
    """A big file loads like any other."""
    text = HEAD + "DATA = [\n" + "".join(f"    '{'x' * 1000}',\n" for _ in range(5_000)) + "]\n"
    assert len(text) > 5_000_000
    assert list(load(text + "dag = DAG('d', schedule=None)\n").dags) == ["d"]


def test_five_thousand_tasks(load):
    """A DAG of 5,000 tasks loads and compiles."""
    loaded = load(
        HEAD
        + "from brisa.operators.empty import EmptyOperator\n"
        + "with DAG('d', schedule=None):\n"
        + "    before = None\n"
        + "    for n in range(5_000):\n"
        + "        one = EmptyOperator(task_id=f't{n}')\n"
        + "        if before is not None:\n"
        + "            before >> one\n"
        + "        before = one\n"
    )
    assert len(loaded.specs[0].tasks) == 5_000


def test_a_file_that_is_not_there(load, tmp_path):
    """Its absence is a failure like any other."""
    assert "can't be read: No such file" in only_failure(load_file(tmp_path, "nowhere.py")).message


def test_a_dag_that_fails_does_so_alone(load):
    """A cycle is reported with its DAG; the file's other DAGs load."""
    loaded = load(
        HEAD
        + """
from brisa.operators.empty import EmptyOperator
with DAG("circle", schedule=None):
    a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
    a >> b >> a
with DAG("fine", schedule=None):
    EmptyOperator(task_id="a")
"""
    )
    assert list(loaded.dags) == ["fine"]
    (failure,) = loaded.failures
    assert "DAG 'circle'" in failure.message
    assert "a >> b >> a" in failure.message
    assert failure.line == 7


def test_which_dags_count(load):
    """Those that a global names or that were entered; not one that a function made and dropped."""
    loaded = load(
        HEAD
        + """
from brisa.authoring.dag import dag

def dropped():
    return DAG("dropped", schedule=None)

def entered():
    with DAG("entered", schedule=None):
        pass

def hidden():
    with DAG("hidden", schedule=None, auto_register=False):
        pass

dropped()
entered()
hidden()
named = dropped.__class__ and DAG("named", schedule=None)

@dag(schedule=None)
def decorated():
    pass

decorated()
for i in range(3):
    with DAG(f"loop_{i}", schedule=None):
        pass
"""
    )
    assert list(loaded.dags) == ["entered", "named", "decorated", "loop_0", "loop_1", "loop_2"]


def test_the_later_of_two_dags_with_one_id_counts(load):
    """As in Airflow, a file may define an id twice."""
    loaded = load(HEAD + "a = DAG('d', schedule=None, tags=['one'])\nb = DAG('d', schedule=None, tags=['two'])\n")
    assert loaded.specs[0].tags == ("two",)
    assert len(loaded.specs) == 1


@pytest.mark.parametrize("file", ["dag.py", "folder/dag.py"])
def test_what_lies_beside_is_found(load, file):
    """Helper modules, packages, and template files beside the DAG file, or in the bundle's root."""
    folder = Path(file).parent
    loaded = load(
        """
        import root_helper
        from side_helper import NAME
        from package.inner import VALUE
        from brisa import DAG
        from brisa.operators.bash import BashOperator
        with DAG(NAME, schedule=None) as dag:
            BashOperator(task_id="t", bash_command="run.sh", params={"x": VALUE + root_helper.ONE})
        """,
        file,
        {
            "root_helper.py": "ONE = 1\n",
            str(folder / "side_helper.py"): "NAME = 'helped'\n",
            str(folder / "package/__init__.py"): "",
            str(folder / "package/inner.py"): "VALUE = 41\n",
            str(folder / "run.sh"): "echo {{ params.x }}\n",
        },
    )
    assert list(loaded.dags) == ["helped"]
    outcome, channel = run_task(loaded.dags["helped"])
    assert outcome.kind is OutcomeKind.SUCCESS, outcome.error
    assert channel.values() == {"return_value": "42"}


def test_helpers_of_one_name_do_not_meet(load):
    """Two folders may each have a helpers.py, and a helper that has changed is read again."""
    text = "from helpers import NAME\nfrom brisa import DAG\ndag = DAG(NAME, schedule=None)\n"
    assert list(load(text, "a/dag.py", {"a/helpers.py": "NAME = 'a'\n"}).dags) == ["a"]
    assert list(load(text, "b/dag.py", {"b/helpers.py": "NAME = 'b'\n"}).dags) == ["b"]
    assert list(load(text, "b/dag.py", {"b/helpers.py": "NAME = 'changed'\n"}).dags) == ["changed"]


def test_a_helper_does_not_stand_in_for_the_standard_library(load):
    """A random.py beside the DAG file does no harm."""
    loaded = load(
        HEAD + "import colorsys\ndag = DAG(colorsys.__name__, schedule=None)\n", others={"colorsys.py": "1/0"}
    )
    assert list(loaded.dags) == ["colorsys"]


def test_an_error_in_a_helper_names_the_helper(load):
    """The message is about the helper's line, the failure about the file that imports it."""
    failure = only_failure(load("\nimport broken_helper\n", others={"broken_helper.py": "x = 1\n\n1 / 0\n"}))
    assert failure.message.startswith("broken_helper.py:3: ZeroDivisionError")
    assert failure.line == 2


def test_libraries_within_the_bundle_are_not_its_helpers(load, tmp_path, monkeypatch):
    """A virtual environment inside the bundle keeps its modules, and an error there is told at the file's line."""
    monkeypatch.syspath_prepend(tmp_path / ".venv" / "site-packages")
    library = {".venv/site-packages/some_library_x.py": "COUNT = []\ndef fail():\n    raise ValueError('deep')\n"}
    text = "import some_library_x\nsome_library_x.COUNT.append(1)\n"
    load(text, others=library)
    load(text, others=library)
    assert sys.modules["some_library_x"].COUNT == [1, 1]
    failure = only_failure(load("import some_library_x\n\nsome_library_x.fail()\n", others=library))
    assert failure.message.startswith("dag.py:3: ValueError: deep")


def test_a_bundle_may_lie_among_installed_packages(load):
    """Examples that are shipped with a package load, and fail, like any other file."""
    failure = only_failure(
        load(
            "import side_of_it\n1 / side_of_it.ZERO\n",
            "site-packages/dag.py",
            {"site-packages/side_of_it.py": "ZERO = 0\n"},
            inside="site-packages",
        )
    )
    assert failure.line == 2


def test_a_dag_that_a_helper_makes(load):
    """A DAG imported from a helper counts, as in Airflow."""
    loaded = load("from factory import made\n", others={"factory.py": HEAD + "made = DAG('made', schedule=None)\n"})
    assert list(loaded.dags) == ["made"]


def test_what_a_file_prints_goes_to_standard_error(load, capsys):
    """Standard output belongs to whoever asked."""
    load("print('hello from the file')\n")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "hello from the file" in printed.err


def test_another_source_can_stand_in(load):
    """A run that is pinned to an older version of its file runs that."""
    loaded = load("1 / 0\n", source=HEAD + "dag = DAG('old', schedule=None)\n")
    assert list(loaded.dags) == ["old"]


def test_warnings_of_the_file_are_kept(load):
    """What the file's own lines warn of is told once, by file and line."""
    loaded = load("import warnings\nfor _ in range(3):\n    warnings.warn('old ways', DeprecationWarning)\n")
    assert loaded.warnings == ("dag.py:3: DeprecationWarning: old ways",)


@pytest.mark.parametrize(
    ("imports", "dialect", "intervals", "kind"),
    [
        ("from airflow import DAG", 2, True, ScheduleKind.DELTA),
        ("from airflow.models.dag import DAG", 2, True, ScheduleKind.DELTA),
        ("from airflow.sdk import DAG", 3, False, ScheduleKind.NONE),
        ("import airflow.sdk\nDAG = airflow.sdk.DAG", 3, False, ScheduleKind.NONE),
        ("from airflow import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator", 3, False, None),
        ("from brisa import DAG", 3, True, ScheduleKind.NONE),
    ],
)
def test_the_imports_tell_the_dialect(load, imports, dialect, intervals, kind):
    """Airflow 3's own packages mean 3, any other of Airflow's 2, brisa's 3 with data intervals."""
    text = f"{imports}\nfrom datetime import datetime\n"
    loaded = load(text + "dag = DAG('d', start_date=datetime(2024, 1, 1))\n")
    assert loaded.specs[0].dialect == dialect
    if kind is not None:
        assert loaded.specs[0].schedule.kind is kind
    loaded = load(text + "dag = DAG('d', start_date=datetime(2024, 1, 1), schedule='@daily')\n")
    assert loaded.specs[0].schedule.intervals is intervals


def test_nothing_of_airflow_is_left_behind(load):
    """Outside of a load, `import airflow` behaves as if brisa were not there."""
    before = {name for name in sys.modules if name.partition(".")[0] == "airflow"}
    hooks = list(sys.meta_path)
    load("from airflow import DAG\nimport airflow.utils.dates\n1 / 0\n")
    assert {name for name in sys.modules if name.partition(".")[0] == "airflow"} == before
    assert sys.meta_path == hooks
