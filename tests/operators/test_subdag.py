"""SubDagOperator becomes a task group."""

from datetime import datetime
from pathlib import Path

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.edges import Label
from brisa.authoring.registry import recording
from brisa.authoring.task_group import TaskGroup
from brisa.errors import AuthoringError
from brisa.model.states import TriggerRule
from brisa.operators.empty import EmptyOperator
from brisa.operators.subdag import SubDagOperator
from tests.support.trials import run_dag

START = datetime(2024, 1, 1)


def a_subdag(dag_id="d.sub"):
    """one → two, one → inner.three."""
    with DAG(dag_id, start_date=START, schedule=None) as subdag:
        one = EmptyOperator(task_id="one")
        one >> Label("then") >> EmptyOperator(task_id="two")
        with TaskGroup("inner"):
            one >> EmptyOperator(task_id="three")
    return subdag


def test_its_tasks_are_moved_into_a_group():
    """Ids, dependencies, groups and labels come along, and dependencies on the operator are on the group."""
    with DAG("d", start_date=START, schedule=None) as dag:
        sub = SubDagOperator(task_id="sub", subdag=a_subdag())
        EmptyOperator(task_id="begin") >> sub >> EmptyOperator(task_id="end")
    assert isinstance(sub, TaskGroup)
    above = {task.task_id: task.upstream_task_ids for task in dag.tasks}
    assert above == {
        "begin": set(),
        "sub.one": {"begin"},
        "sub.two": {"sub.one"},
        "sub.inner.three": {"sub.one"},
        "end": {"sub.two", "sub.inner.three"},
    }
    assert set(dag.task_group_dict) == {"sub", "sub.inner"}
    assert dag.get_edge_info("sub.one", "sub.two") == {"label": "then"}
    assert dag.get_task("sub.inner.three").task_group.group_id == "sub.inner"
    assert dag.get_task("sub.one").dag is dag
    assert dag.get_task("sub.one").downstream_task_ids == {"sub.two", "sub.inner.three"}
    assert dag.get_task("sub.one").task_display_name == "sub.one"


def test_a_subdag_in_a_subdag():
    """Each level is a group."""
    with DAG("d", start_date=START, schedule=None) as dag:
        outer = DAG("d.sub", start_date=START, schedule=None)
        SubDagOperator(task_id="deep", subdag=a_subdag("d.sub.deep"), dag=outer)
        SubDagOperator(task_id="sub", subdag=outer)
    assert set(dag.task_ids) == {"sub.deep.one", "sub.deep.two", "sub.deep.inner.three"}


def test_its_trigger_rule_is_that_of_its_first_tasks():
    """Unless they have one of their own."""
    with DAG("d", start_date=START, schedule=None) as dag:
        subdag = a_subdag()
        EmptyOperator(task_id="own", trigger_rule="one_failed", dag=subdag)
        SubDagOperator(task_id="sub", subdag=subdag, trigger_rule="all_done", retries=3)
    rules = {name: dag.get_task(f"sub.{name}").trigger_rule for name in ("one", "two", "own")}
    assert rules == {
        "one": TriggerRule.ALL_DONE,
        "two": TriggerRule.ALL_SUCCESS,
        "own": TriggerRule.ONE_FAILED,
    }


def test_it_is_said_once_and_the_subdag_is_no_dag_of_the_file():
    """Not even when a global names it."""
    with recording() as record:
        with DAG("d", start_date=START, schedule=None) as dag:
            first, second = a_subdag("d.one"), a_subdag("d.two")
            SubDagOperator(task_id="one", subdag=first)
            SubDagOperator(task_id="two", subdag=second)
        found = record.found({"dag": dag, "first": first})
    assert found == [dag]
    assert [text for text in record.notices if "SubDagOperator" in text] == [
        "SubDagOperator becomes a task group (Airflow 3 removed it); use TaskGroup"
    ]


@pytest.mark.parametrize(
    ("subdag", "words"),
    [(lambda: a_subdag("other"), "Expected 'd.sub'; received 'other'"), (lambda: "d.sub", "subdag must be a DAG")],
)
def test_what_does_not_load(subdag, words):
    """The id must say where the DAG belongs, as in Airflow 2."""
    with DAG("d", start_date=START, schedule=None), pytest.raises(AuthoringError, match=words):
        SubDagOperator(task_id="sub", subdag=subdag())
    with pytest.raises(AuthoringError, match="inside a DAG"):
        SubDagOperator(task_id="sub", subdag=a_subdag())


@pytest.mark.parametrize("module", ["subdag", "subdag_operator"])
def test_a_dag_file(tmp_path: Path, module):
    """As tutorials write it: a function makes the subdag, whose tasks hand values on."""
    (tmp_path / "outer.py").write_text(
        "from datetime import datetime\n"
        "from airflow import DAG\n"
        "from airflow.operators.python import PythonOperator\n"
        f"from airflow.operators.{module} import SubDagOperator\n"
        'args = {"owner": "me", "start_date": datetime(2024, 1, 1)}\n'
        "def section(parent, child, args):\n"
        '    dag = DAG(dag_id=f"{parent}.{child}", default_args=args, schedule_interval="@daily")\n'
        '    a = PythonOperator(task_id="a", python_callable=lambda: 2, dag=dag)\n'
        '    b = PythonOperator(task_id="b", python_callable=lambda x: x, op_args=[a.output], dag=dag)\n'
        "    return dag\n"
        'with DAG("outer", default_args=args, schedule_interval="@once") as dag:\n'
        '    SubDagOperator(task_id="section", subdag=section("outer", "section", args), default_args=args)\n'
    )
    tried = run_dag(tmp_path / "outer.py", "outer")
    assert tried.states == {"section.a": "success", "section.b": "success"}
    assert tried.xcoms["section.b"] == {"return_value": 2}
