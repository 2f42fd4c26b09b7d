"""Decorated functions are tasks."""

import json
from datetime import UTC, datetime

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.registry import recording
from brisa.authoring.task_group import TaskGroup
from brisa.errors import AuthoringError
from brisa.model.states import Decides, OutcomeKind
from brisa.operators.empty import EmptyOperator
from brisa.operators.taskflow import setup, task, teardown
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task


def a_dag():
    """A DAG without a schedule."""
    return DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None)


def test_results_become_arguments():
    """Given a task's result handed to another, the second runs after the first and gets its value."""

    @task
    def extract():
        return [1, 2, 3]

    @task()
    def total(numbers, factor=1, ds=None):
        return sum(numbers) * factor, ds

    with a_dag() as dag:
        total(extract(), factor=2)
    assert dag.get_task("total").upstream_task_ids == {"extract"}
    channel = MemoryChannel()
    channel.give("extract", [1, 2, 3])
    outcome, channel = run_task(dag, "total", channel=channel)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == {"return_value": (12, "2024-01-15")}


def test_names_and_arguments_of_the_task():
    """The function's name is the task's unless told otherwise; further arguments are the operator's."""

    @task(task_id="named", retries=3)
    def f():
        """What it does."""

    with a_dag() as dag:
        f()
        f()
        f.override(task_id="g", retries=1)()
        with TaskGroup("group"):
            f()
    assert list(dag.task_dict) == ["named", "named__1", "g", "group.named"]
    assert [one.retries for one in dag.tasks] == [3, 3, 1, 3]
    assert dag.get_task("named").doc_md == "What it does."
    assert dag.get_task("named").operator_name == "@task"


def test_multiple_outputs():
    """A function annotated to return a dict pushes its entries one by one, and the whole."""

    @task
    def split() -> dict:
        return {"a": 1, "b": [2]}

    with a_dag() as dag:
        split()
    assert run_task(dag, "split")[1].values() == {"a": 1, "b": [2], "return_value": {"a": 1, "b": [2]}}


@pytest.mark.parametrize(("result", "words"), [([1], "returned a list"), ({1: 2}, "1 is a int")])
def test_multiple_outputs_needs_a_dict_of_texts(result, words):
    """Anything else fails the task in words."""

    @task(multiple_outputs=True)
    def split():
        return result

    with a_dag() as dag:
        split()
    outcome, channel = run_task(dag, "split")
    assert outcome.kind is OutcomeKind.FAILED
    assert words in outcome.error
    assert channel.values() == {}


def test_an_entry_of_a_result():
    """result["key"] is the XCom of that key."""

    @task(multiple_outputs=True)
    def split():
        return {"a": 1}

    @task
    def use(a):
        return a

    with a_dag() as dag:
        use(split()["a"])
    channel = MemoryChannel()
    channel.give("split", 1, key="a")
    assert run_task(dag, "use", channel=channel)[1].values() == {"return_value": 1}


def test_kinds_that_decide():
    """@task.branch follows what it returns; @task.short_circuit skips what is below."""

    @task.branch
    def choose(ds=None):
        return "a" if ds else "b"

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def gate():
        return False

    with a_dag() as dag:
        choose() >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
        gate() >> EmptyOperator(task_id="c")
    assert run_task(dag, "choose")[0].follow == ("a",)
    assert run_task(dag, "gate")[0].circuit == "direct"
    assert [dag.get_task(name).decides for name in ("choose", "gate")] == [Decides.BRANCH, Decides.CIRCUIT]


def test_a_sensor():
    """@task.sensor waits until its function says so."""

    @task.sensor(poke_interval=5, timeout=60, mode="reschedule")
    def there(ds=None):
        return ds == "2024-01-16"

    with a_dag() as dag:
        there()
    assert run_task(dag, "there")[0].kind is OutcomeKind.RESCHEDULE
    assert dag.get_task("there").operator_name == "@task.sensor"


def test_bash():
    """@task.bash runs the command that its function returns, rendered."""

    @task.bash(env={"WHO": "me"}, append_env=True)
    def greet(greeting, ti=None):
        return f'echo "{greeting} $WHO {{{{ ds }}}} {ti.task_id}"'

    @task.bash
    def nothing():
        return " "

    with a_dag() as dag:
        greet("{{ params.greeting }}")
        nothing()
    dag.params["greeting"] = "hello"
    dag.get_task("greet").params["greeting"] = "hello"
    channel = run_task(dag, "greet")[1]
    assert channel.values() == {"return_value": "hello me 2024-01-15 greet"}
    assert channel.rendered["bash_command"] == 'echo "hello $WHO 2024-01-15 greet"'
    assert "non-empty string" in run_task(dag, "nothing")[0].error


ENTRIES = {"a": 1, "b": [2]}


@pytest.mark.parametrize(
    ("dialect", "kwargs", "echoed", "pushed"),
    [
        (3, {"multiple_outputs": True, "output_processor": json.loads}, ENTRIES, {**ENTRIES, "return_value": ENTRIES}),
        (2, {"multiple_outputs": True, "output_processor": json.loads}, ENTRIES, {"return_value": ENTRIES}),
        (3, {"output_processor": json.loads}, ENTRIES, {"return_value": ENTRIES}),
        (3, {"multiple_outputs": True}, "hi", None),
        (2, {"multiple_outputs": True}, "hi", {"return_value": '"hi"'}),
    ],
)
def test_bash_with_multiple_outputs(dialect, kwargs, echoed, pushed):
    """As Airflow 3.3.2 and 2.11.2: the entries of a dict are pushed in dialect 3, where anything else is an error."""
    with speaking(dialect), recording() as record, a_dag() as dag:

        @task.bash(**kwargs)
        def t():
            return f"echo '{json.dumps(echoed)}'"

        t()
    outcome, channel = run_task(dag)
    assert outcome.kind is (OutcomeKind.FAILED if pushed is None else OutcomeKind.SUCCESS)
    assert channel.values() == (pushed or {})
    assert bool(record.notices) is (dialect == 2)


def test_setup_and_teardown():
    """Both work on plain functions and on decorated ones."""

    @setup
    def begin(): ...

    @teardown(on_failure_fail_dagrun=True)
    @task(task_id="finish")
    def end(): ...

    with a_dag() as dag:
        begin() >> end()
    assert dag.get_task("begin").is_setup
    assert dag.get_task("finish").is_teardown
    assert dag.get_task("finish").on_failure_fail_dagrun


@pytest.mark.parametrize(
    ("kind", "package"),
    [
        ("docker", "apache-airflow-providers-docker"),
        ("kubernetes", "apache-airflow-providers-cncf-kubernetes"),
        ("pyspark", "apache-airflow-providers-apache-spark"),
        ("sql", "apache-airflow-providers-common-sql"),
    ],
)
def test_kinds_of_providers(kind, package):
    """They can be named; using one is an error that says what it needs."""
    decorator = getattr(task, kind)
    with pytest.raises(AuthoringError, match=f"@task.{kind} needs the provider package {package}"):
        decorator(image="x")


def test_a_mistyped_kind():
    """The nearest is named."""
    with pytest.raises(AuthoringError, match="did you mean 'branch'"):
        task.bransh(print)


def test_wrong_calls_do_not_load():
    """A missing argument, or one too many, is an error at parse time with the function's name."""

    @task
    def f(x): ...

    with a_dag(), pytest.raises(AuthoringError, match=r"f\(\).*'x'"):
        f()
    with a_dag(), pytest.raises(AuthoringError, match=r"f\(\)"):
        f(1, y=2)
    with pytest.raises(AuthoringError, match="decorates a function"):
        task("name")
