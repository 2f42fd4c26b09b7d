"""Functions in other interpreters: real virtual environments, made without a network.

What is asserted about results and failures was seen in Airflow 2.11.2 and 3.3.2.
"""

import os
import sys
import tempfile
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.registry import recording
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators import environments
from brisa.operators.empty import EmptyOperator
from brisa.operators.taskflow import task
from brisa.operators.virtualenv import (
    BranchExternalPythonOperator,
    BranchPythonVirtualenvOperator,
    ExternalPythonOperator,
    PythonVirtualenvOperator,
)
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task
from tests.support.trials import run_dag


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An interpreter with nothing but the standard library."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    return str(folder / "bin" / "python")


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path, monkeypatch):
    """Environments of tests are not kept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def a_dag(dialect=3):
    """A DAG without a schedule."""
    dag = DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None)
    dag.dialect = dialect
    return dag


def call(function, python, dialect=3, channel=None, **kwargs):
    """Call a function in the interpreter ``python``: the outcome, and what it pushed."""
    with a_dag(dialect) as dag:
        ExternalPythonOperator(task_id="t", python=python, python_callable=function, **kwargs)
    outcome, channel = run_task(dag, channel=channel)
    return outcome, channel.values()


def test_a_function_runs_elsewhere(bare):
    """It gets its arguments, rendered, and its result is the XCom, whatever plain type it has."""

    def f(a, b=2, *, day, ds=None):
        import sys

        return a, b, day, ds, sys.executable, {1, 2}

    outcome, pushed = call(f, bare, op_args=[(1, 2)], op_kwargs={"day": "{{ ds_nodash }}"})
    assert outcome.kind is OutcomeKind.SUCCESS
    assert pushed == {"return_value": ((1, 2), 2, "20240115", "2024-01-15", bare, {1, 2})}


def nothing(): ...


def texts():
    return virtualenv_string_args  # type: ignore[name-defined]  # noqa: F821  it is there when it runs


def of_context(ds, run_id, params, data_interval_end, dag_run, templates_dict):
    kind = type(data_interval_end).__module__
    return ds, run_id[:9], params, data_interval_end.isoformat(), kind, dag_run.run_type, templates_dict


def optional(ti=None, conf=None, x=1):
    return ti, conf, x


def every(**kwargs):
    return sorted(kwargs)


async def later():
    return 5


def text():
    """A text whose lines begin at the left margin stays as it is."""
    return """one
two"""


RESULTS = [
    (nothing, {}, {}),
    (texts, {"string_args": ["a", "{{ ds }}", 3]}, {"return_value": ["a", "{{ ds }}", "3"]}),
    (
        of_context,
        {"templates_dict": {"q": "{{ ds }}"}, "params": {"p": 1}},
        {
            "return_value": (
                "2024-01-15",
                "scheduled",
                {"p": 1},
                "2024-01-16T00:00:00+00:00",
                "datetime",
                "scheduled",
                {"q": "2024-01-15"},
            )
        },
    ),
    (optional, {"op_kwargs": {"x": 2}}, {"return_value": (None, None, 2)}),
    (later, {}, {"return_value": 5}),
    (text, {}, {"return_value": "one\ntwo"}),
]


@pytest.mark.parametrize(("function", "kwargs", "pushed"), RESULTS)
def test_what_it_is_given_and_gives_back(bare, function, kwargs, pushed):
    """The plain part of the context, by name; None pushes nothing."""
    outcome, found = call(function, bare, **kwargs)
    assert outcome.kind is OutcomeKind.SUCCESS, outcome.error
    assert found == pushed


def test_the_names_of_the_context(bare):
    """Each dialect has its own, and nothing that can't be sent."""
    channel = MemoryChannel(previous={"start_date": "2024-01-14T00:00:00+00:00"})
    names = {dialect: set(call(every, bare, dialect, channel)[1]["return_value"]) for dialect in (2, 3)}
    assert {"ds", "ts_nodash", "run_id", "logical_date", "params", "prev_start_date_success"} <= names[2] & names[3]
    assert names[2] - names[3] >= {"execution_date", "yesterday_ds", "next_ds"}
    assert not (names[2] | names[3]) & {"ti", "task", "dag", "var", "conn", "macros"}


def test_what_nobody_asks_for_is_not_worked_out(bare):
    """The run before is looked up only for a function that wants it."""
    channel = MemoryChannel()
    call(nothing, bare, channel=channel)
    assert "previous_success" not in channel.asked


def boom():
    import sys

    sys.stdout.write("before\n")
    sys.stderr.write("error\n")
    raise ValueError("bad thing")


def leave(status):
    import sys

    sys.exit(status)


def needs(ti):
    return ti


def unreadable():
    return lambda: 1


FAILURES = [
    (boom, {}, "Process returned non-zero exit status 1. ValueError: bad thing"),
    (leave, {"op_args": [42]}, "Process returned non-zero exit status 42."),
    (leave, {"op_args": [0]}, "ended without a result"),
    (needs, {}, "TypeError: needs() missing 1 required positional argument: 'ti'"),
    (unreadable, {}, "exit status 1."),
    (nothing, {"serializer": "dill"}, "ModuleNotFoundError: No module named 'dill'"),
    (nothing, {"python": "python3"}, "Python Path 'python3' must exist"),
    (nothing, {"python": "/nowhere/python"}, "Python Path '/nowhere/python' must exist"),
]


@pytest.mark.parametrize(("function", "kwargs", "words"), FAILURES)
def test_failures(bare, function, kwargs, words):
    """The task fails, and may be retried; the error says what went wrong on the other side."""
    outcome, pushed = call(function, **{"python": bare, **kwargs})
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.retryable
    assert words in outcome.error
    assert pushed == {}


@pytest.mark.parametrize("statuses", [42, [1, 42]])
def test_a_status_may_skip(bare, statuses):
    """skip_on_exit_code is a status, or several."""
    outcome, _ = call(leave, bare, op_args=[42], skip_on_exit_code=statuses)
    assert (outcome.kind, outcome.error) == (OutcomeKind.SKIPPED, "Process exited with code 42. Skipping.")


def test_the_log_is_what_it_writes_and_the_users_own_lines(bare, caplog):
    """Each line of both outputs, and a traceback that names this file and this line."""
    caplog.set_level("INFO")
    call(boom, bare)
    assert {"before", "error", "ValueError: bad thing"} <= set(caplog.messages)
    line = boom.__code__.co_firstlineno + 5
    assert f'  File "{__file__}", line {line}, in boom' in caplog.messages
    assert not any("in main" in message for message in caplog.messages)


def test_its_environment(bare, monkeypatch):
    """The worker's and env_vars, or only those; they are no template."""

    def shop():
        import os

        return os.environ.get("SHOP"), os.environ.get("MINE"), os.environ.get("AIRFLOW_CTX_TASK_ID")

    monkeypatch.setenv("SHOP", "open")
    cases: list[tuple[dict[str, Any], Any]] = [
        ({}, ("open", None, "t")),
        ({"env_vars": {"MINE": "{{ ds }}"}}, ("open", "{{ ds }}", "t")),
        ({"env_vars": {"MINE": "1"}, "inherit_env": False}, (None, "1", None)),
    ]
    for kwargs, expected in cases:
        assert call(shop, bare, **kwargs)[1] == {"return_value": expected}


def choose():
    return "a"


def test_branches(bare):
    """The function's result is followed."""
    with a_dag() as dag:
        forks = [
            BranchExternalPythonOperator(task_id="external", python=bare, python_callable=choose),
            BranchPythonVirtualenvOperator(task_id="virtual", python_callable=choose),
        ]
        forks >> EmptyOperator(task_id="a")
        forks >> EmptyOperator(task_id="b")
    assert [run_task(dag, name)[0].follow for name in ("external", "virtual")] == [("a",), ("a",)]


# --- virtual environments


def virtual(function, **kwargs):
    """Call a function in a virtual environment."""
    with a_dag() as dag:
        PythonVirtualenvOperator(task_id="t", python_callable=function, **kwargs)
    outcome, channel = run_task(dag)
    assert outcome.kind is OutcomeKind.SUCCESS, outcome.error
    return channel.values().get("return_value")


def where():
    import importlib.util
    import sys

    return sys.prefix, importlib.util.find_spec("pendulum") is not None


def test_an_environment_is_made_once(tmp_path, caplog):
    """The same wish finds it again, another makes another; one that is not whole is made anew."""
    caplog.set_level("INFO")
    first, _ = virtual(where)
    assert Path(first).parent == tmp_path / f"brisa-environments-{os.getuid()}"
    assert Path(first).parent.stat().st_mode & 0o777 == 0o700
    assert virtual(where)[0] == first
    assert sum("-m venv" in message for message in caplog.messages) == 1
    assert virtual(where, system_site_packages=False)[0] != first
    (Path(first) / "brisa-environment.json").unlink()
    assert virtual(where)[0] == first
    assert sum("-m venv" in message for message in caplog.messages) == 3


def test_what_is_beside_brisa():
    """It can be imported with system_site_packages, and only then."""
    assert [virtual(where, system_site_packages=wish)[1] for wish in (True, False)] == [True, False]


def test_the_author_may_say_where(tmp_path):
    """venv_cache_path is a template."""
    prefix, _ = virtual(where, venv_cache_path=f"{tmp_path}/{{{{ ds }}}}")
    assert Path(prefix).parent == tmp_path / "2024-01-15"


def a_package(folder, name, number):
    """A package that pip can install without a network: a wheel made by hand."""
    import zipfile

    info = f"{name}-1.0.dist-info"
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.py", f"NUMBER = {number}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package brisa_tiny."""
    return a_package(tmp_path_factory.mktemp("wheels"), "brisa_tiny", 7)


def tiny():
    import brisa_tiny  # type: ignore[import-not-found]  # the test's own package

    return brisa_tiny.NUMBER


def no_network(*options):
    """Keeps pip away from every index."""
    return {"pip_install_options": ["--no-index", *options], "system_site_packages": False}


@pytest.mark.slow
def test_requirements(wheel, tmp_path, caplog):
    """A list, or a file beside the DAG file, which is a template."""
    caplog.set_level("INFO")
    assert virtual(tiny, requirements=[str(wheel)], **no_network()) == 7
    (tmp_path / "needs.txt").write_text("{{ params.wheel }}\n")
    params = {"wheel": str(wheel)}
    with DAG("d", schedule=None, template_searchpath=str(tmp_path)) as dag:
        PythonVirtualenvOperator(
            task_id="t", python_callable=tiny, requirements="needs.txt", params=params, **no_network()
        )
    assert run_task(dag)[1].values() == {"return_value": 7}
    installs = [message for message in caplog.messages if " -m pip " in message]
    assert len(installs) == 1  # both come to the same environment
    assert any(message.startswith("Successfully installed brisa") for message in caplog.messages)


@pytest.mark.slow
def test_where_pip_looks(wheel, tmp_path):
    """pip_install_options are handed on; index_urls go before the user's configuration, and may name Connections."""
    options: dict[str, Any] = {"requirements": "brisa_tiny==1.0", "system_site_packages": False}
    found = virtual(tiny, index_urls=[], pip_install_options=[f"--find-links={wheel.parent}"], **options)
    assert found == 7
    channel = MemoryChannel(
        connections={"index": {"host": "https://example.invalid/simple", "login": "me", "password": "p@ss"}}
    )
    with a_dag() as dag:
        PythonVirtualenvOperator(
            task_id="t",
            python_callable=tiny,
            index_urls="https://first.invalid/simple",
            index_urls_from_connection_ids=["index"],
            pip_install_options=["--no-index", f"--find-links={wheel.parent}"],
            venv_cache_path=str(tmp_path / "kept"),
            **options,
        )
    assert run_task(dag, channel=channel)[0].kind is OutcomeKind.SUCCESS
    (config,) = (tmp_path / "kept").glob("venv-*/pip.conf")
    assert config.read_text() == (
        "[global]\nindex-url = https://first.invalid/simple\n"
        "extra-index-url = https://me:p%40ss@example.invalid/simple\n"
    )
    assert config.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_where_there_is_no_pip_beside_brisa(wheel, monkeypatch):
    """The environment gets its own."""
    monkeypatch.setattr(environments, "_own_pip", lambda wanted: False)
    assert virtual(tiny, requirements=[str(wheel)], **no_network()) == 7


@pytest.mark.slow
def test_requirements_that_are_not_there(caplog):
    """The task fails, pip's words are in its log, and the next try begins again."""
    caplog.set_level("INFO")
    with a_dag() as dag:
        PythonVirtualenvOperator(task_id="t", python_callable=tiny, requirements=["brisa-nowhere==9"], **no_network())
    for _ in range(2):
        outcome, _ = run_task(dag)
        assert (outcome.kind, outcome.retryable) == (OutcomeKind.FAILED, True)
        assert "the requirements can't be installed: exit status 1" in outcome.error
    assert sum("No matching distribution found for brisa-nowhere" in message for message in caplog.messages) == 2


def test_another_version_of_python():
    """The running one is at hand; one that is not in the PATH is named."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert virtual(where, python_version=f"{own}.1")
    with a_dag() as dag:
        PythonVirtualenvOperator(task_id="t", python_callable=where, python_version="3.99")
    assert "there is no python3.99 in the PATH" in run_task(dag)[0].error


def test_a_folder_of_somebody_else(tmp_path, monkeypatch):
    """Code is never run from a folder that another user may write to."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"brisa-environments-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with a_dag() as dag:
        PythonVirtualenvOperator(task_id="t", python_callable=where)
    assert "belongs to somebody else" in run_task(dag)[0].error


def a_generator():
    yield 1


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"python_callable": lambda: 1}, "only supports functions for python_callable"),
        ({"python_callable": print}, "only supports functions for python_callable"),
        ({"python_callable": a_generator}, "does not support using 'yield'"),
        ({"serializer": "json"}, "Unsupported serializer 'json'. Expected one of 'pickle', 'cloudpickle', 'dill'"),
        ({"serializer": "pickle", "use_dill": True}, "Please set only one of them"),
        ({"python_version": "2.7"}, "Python 3 only"),
        ({"python_version": 3.12}, "Passing non-string types"),
        ({"requirments": ["x"]}, "did you mean 'requirements'"),
    ],
)
def test_what_does_not_load(kwargs, words):
    """The errors are Airflow's where it has them, and name the task."""
    with a_dag(), pytest.raises(AuthoringError, match=words) as error:
        PythonVirtualenvOperator(**{"task_id": "t", "python_callable": nothing, **kwargs})
    assert error.value.location.task_id == "t"


def test_what_airflow_2_took():
    """use_dill, with a word about it, and a number as python_version."""
    with recording() as record, speaking(2), a_dag(2):
        operator = PythonVirtualenvOperator(
            task_id="t",
            python_callable=nothing,
            use_dill=True,
            python_version=3.12,  # type: ignore[arg-type]  # as Airflow 2's users write it
            requirements="a\nb",
        )
    assert (operator.serializer, operator.python_version) == ("dill", "3.12")
    assert any("use_dill" in notice for notice in record.notices)


# --- decorators


def test_decorators(bare):
    """They are stripped from the source, and those below them stay."""

    @task.external_python(python=bare, task_id="one", multiple_outputs=True)
    def split(n: int, ds=None) -> "dict[str, int]":
        return {"n": n, "day": ds}

    @task.branch_external_python(python=bare)
    def fork():
        return "two"

    @task.virtualenv
    def two(n):
        return n

    @task.branch_virtualenv(system_site_packages=False)
    def other():
        return ["two"]

    with a_dag() as dag:
        below = two(split(3)["n"])
        [fork(), other()] >> below
        dag.get_task("one")
    assert run_task(dag, "one")[1].values() == {
        "n": 3,
        "day": "2024-01-15",
        "return_value": {"n": 3, "day": "2024-01-15"},
    }
    assert [run_task(dag, name)[0].follow for name in ("fork", "other")] == [("two",), ("two",)]
    channel = MemoryChannel()
    channel.give("one", 3, key="n")
    assert run_task(dag, "two", channel=channel)[1].values() == {"return_value": 3}
    assert dag.get_task("two").operator_name == "@task.virtualenv"


FILES = {
    2: "from airflow.decorators import dag, task as job\nfrom airflow.operators.python import ExternalPythonOperator\n",
    3: "from airflow.sdk import dag, task as job\n"
    "from airflow.providers.standard.operators.python import ExternalPythonOperator\n",
}
BODY = """
import sys
from datetime import datetime
import pendulum

def plain(x: pendulum.DateTime):
    return x

@dag(schedule=None, start_date=datetime(2024, 1, 1))
def elsewhere():
    @job.virtualenv(venv_cache_path=str(__import__("pathlib").Path(__file__).parent))
    def served(ds=None):
        '''Airflow's names are there too.
at the margin'''
        from airflow.exceptions import AirflowException
        from airflow.models import Variable

        return [AirflowException.__name__, Variable.get("town", default_var="nowhere"), ds]

    @job
    def use(values):
        return values[::-1]

    use(served()) >> ExternalPythonOperator(
        task_id="plain", python=sys.executable, python_callable=plain, op_args=[1], expect_airflow=False
    )

elsewhere()
"""


@pytest.mark.parametrize("dialect", [2, 3])
def test_a_dag_file(tmp_path, dialect, monkeypatch):
    """Annotations need not be known there, `task` may have another name, and Airflow's names can be imported."""
    monkeypatch.setenv("AIRFLOW_VAR_TOWN", "Bilbao")
    (tmp_path / "elsewhere.py").write_text(FILES[dialect] + BODY)
    tried = run_dag(tmp_path / "elsewhere.py", "elsewhere")
    assert tried.run_state == "success", tried.logs
    assert tried.xcoms["use"] == {"return_value": ["2024-01-01", "Bilbao", "AirflowException"]}
    assert tried.xcoms["plain"] == {"return_value": 1}


def test_tasks_that_start_together_share_one_environment(tmp_path):
    """One makes it, the others wait for it; mapped tasks run there as well."""
    (tmp_path / "crowd.py").write_text(
        "from airflow.sdk import DAG, task\n"
        'with DAG("crowd", schedule=None):\n'
        f'    @task.virtualenv(venv_cache_path="{tmp_path}/kept")\n'
        "    def double(x):\n"
        "        return 2 * x\n"
        "    double.expand(x=[1, 2, 3])\n"
        "    double(4)\n"
    )
    tried = run_dag(tmp_path / "crowd.py", "crowd")
    assert tried.run_state == "success", tried.logs
    assert len(tried.logs) == 4
    assert sum("-m venv" in log for log in tried.logs.values()) == 1
    assert len(list((tmp_path / "kept").glob("venv-*/brisa-environment.json"))) == 1
