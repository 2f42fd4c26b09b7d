"""``executor`` and ``executor_config``: what they ask of brisa, and what they say to other executors."""

from __future__ import annotations

from datetime import timedelta

import pytest

from brisa import DAG, task
from brisa.authoring.compile import to_spec
from brisa.errors import AuthoringError
from brisa.operators.bash import BashOperator
from brisa.operators.google.bigquery import BigQueryInsertJobOperator
from brisa.operators.sensor import PythonSensor

LONG = timedelta(minutes=40)


def spec_of(**arguments):
    """How a task with these arguments is compiled."""
    with DAG("d", schedule=None) as dag:
        BashOperator(task_id="t", bash_command="true", **arguments)
    return to_spec(dag).by_id["t"]


def test_a_task_asks_for_a_job():
    """With what it needs, in bytes and cores; by either of the two words."""
    spec = spec_of(executor="cloud_run_job", executor_config={"cpu": "500m", "memory": "8Gi"})
    assert (spec.executor, spec.job, spec.is_long) == ("cloud_run_job", {"cpu": 0.5, "memory": 8 * 2**30}, True)
    assert spec_of(executor="cloud_run_job").is_long
    assert spec_of(executor_config={"job": "large"}).executor == "cloud_run_job"
    assert not spec_of().is_long


def test_decorated_and_mapped_tasks_ask_too():
    """And what default_args say counts."""

    @task(executor="cloud_run_job")
    def train(x):
        return x

    with DAG("d", schedule=None, default_args={"executor_config": {"memory": 1e9}}) as dag:
        train.expand(x=[1, 2])
        BashOperator(task_id="by_default", bash_command="true")
    spec = to_spec(dag)
    assert spec.by_id["train"].is_long
    assert spec.by_id["by_default"].job == {"memory": 1e9}


def test_what_may_last_longer_than_a_worker_is_long():
    """Thirty minutes are too long for it; a sensor's attempts are short, and so are those of a BigQuery job."""
    assert spec_of(execution_timeout=timedelta(minutes=30)).is_long
    assert not spec_of(execution_timeout=timedelta(minutes=29)).is_long
    assert not spec_of(execution_timeout=LONG, executor="worker").is_long
    with DAG("d", schedule=None, default_args={"execution_timeout": LONG}) as dag:
        PythonSensor(task_id="sensor", python_callable=lambda: True)
        BigQueryInsertJobOperator(task_id="query", configuration={})
        PythonSensor(task_id="asks", python_callable=lambda: True, executor="cloud_run_job")
    assert [one.is_long for one in to_spec(dag).tasks] == [False, False, True]


@pytest.mark.parametrize(
    ("executor", "config"),
    [
        ("LocalExecutor", {"cpu": "much"}),
        ("KubernetesExecutor", {"pod_override": object()}),
        ("airflow.providers.x.MyExecutor", {}),
        (None, {"pod_override": object()}),
        (None, {"KubernetesExecutor": {"request_cpu": "1"}}),
        (None, {"cpu": 512, "taskRoleArn": "arn"}),
        ("", {}),
    ],
)
def test_other_executors_and_what_they_are_told_have_no_effect(executor, config):
    """DAG files that say so run unmodified."""
    spec = spec_of(executor=executor, executor_config=config)
    assert (spec.executor, spec.job) == ("", {})


@pytest.mark.parametrize(
    ("executor", "config", "message"),
    [
        (
            "cloud_run_jobs",
            {},
            r"'cloud_run_jobs' is unknown; did you mean 'cloud_run_job'\? There are: worker",
        ),
        ("cloud_run_job", {"memori": "1Gi"}, "executor_config has no 'memori'; did you mean 'memory'"),
        ("cloud_run_job", {"memory": "lots"}, "'lots' is not like 2, '500m' or '8Gi'"),
        ("cloud_run_job", {"cpu": True}, "True is not like"),
        ("cloud_run_job", {"job": 3}, "job must be a job's name, not 3"),
    ],
)
def test_what_can_not_be_understood_is_refused_with_its_place(executor, config, message):
    """The error names file, line, DAG and task."""
    with pytest.raises(AuthoringError, match=message) as caught:
        spec_of(executor=executor, executor_config=config)
    place = caught.value.location
    assert (place.dag_id, place.task_id) == ("d", "t")
    assert place.line > 0
