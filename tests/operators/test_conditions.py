"""@task.run_if and @task.skip_if. The tables are Airflow 2.11.2's and 3.3.2's answers, which agree."""

from pathlib import Path

import pytest

from brisa.authoring.dag import DAG
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators.taskflow import task
from tests.runtime.attempts import run_task
from tests.support.trials import run_dag

RAN, SKIPPED = OutcomeKind.SUCCESS, OutcomeKind.SKIPPED


@pytest.mark.parametrize(
    ("decorator", "truth", "kind"),
    [
        (task.run_if, True, RAN),
        (task.run_if, 1, RAN),
        (task.run_if, None, SKIPPED),
        (task.skip_if, True, SKIPPED),
        (task.skip_if, 0, RAN),
    ],
)
def test_the_condition_decides(decorator, truth, kind):
    """It is given the context, and its truth counts."""

    @decorator(lambda context: context["ds"] == "2024-01-15" and truth)
    @task
    def f():
        return "ran"

    with DAG("d", schedule=None) as dag:
        f()
    outcome, channel = run_task(dag, "f")
    assert outcome.kind is kind
    assert channel.values() == ({"return_value": "ran"} if kind is RAN else {})


def test_what_is_asked_first():
    """The task's own pre_execute, then the conditions from the inside out, until one skips."""
    asked = []

    def condition(name, truth):
        def ask(_):
            asked.append(name)
            return truth

        return ask

    @task.run_if(condition("outer", False), skip_message="not today")
    @task.skip_if(condition("inner", False))
    @task(pre_execute=lambda _: asked.append("own"))
    def f():
        asked.append("ran")

    with DAG("d", schedule=None) as dag:
        f.override(task_id="g")()
    outcome, _ = run_task(dag, "g")
    assert asked == ["own", "inner", "outer"]
    assert (outcome.kind, outcome.error) == (SKIPPED, "not today")


def test_a_condition_that_fails():
    """The task fails with it."""

    @task.run_if(lambda _: 1 / 0)
    @task.bash
    def f():
        return "true"

    with DAG("d", schedule=None) as dag:
        f()
    assert run_task(dag, "f")[0].error == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("name", ["run_if", "skip_if"])
def test_it_stands_above_task(name):
    """On a plain function it does not load."""
    with pytest.raises(AuthoringError, match=f"{name} can only be used with task"):
        getattr(task, name)(lambda _: True)(lambda: None)


@pytest.mark.parametrize("module", ["airflow.decorators", "airflow.sdk"])
def test_a_dag_file(tmp_path: Path, module):
    """As in Airflow's own example."""
    (tmp_path / "sometimes.py").write_text(
        f"from {module} import dag, task\n"
        "@dag(schedule=None)\n"
        "def sometimes():\n"
        '    @task.run_if(lambda context: context["task_instance"].task_id.endswith("1"))\n'
        "    @task.bash\n"
        "    def echo() -> str:\n"
        '        return "echo run"\n'
        "    @task.skip_if(lambda context: True)\n"
        "    @task\n"
        "    def never(): ...\n"
        '    echo.override(task_id="task_1")() >> never()\n'
        '    echo.override(task_id="task_2")()\n'
        "sometimes()\n"
    )
    states = run_dag(tmp_path / "sometimes.py", "sometimes").states
    assert states == {"task_1": "success", "never": "skipped", "task_2": "skipped"}
