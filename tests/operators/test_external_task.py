"""ExternalTaskSensor waits for other DAGs; ExternalTaskMarker says that one is waited for."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators.external_task import DuplicateStateError, ExternalTaskMarker, ExternalTaskSensor
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task
from tests.support.trials import run_dag

DAY = "2024-01-15T00:00:00+00:00"
FILES = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor
from airflow.utils.task_group import TaskGroup

def fail():
    raise ValueError("as told")

with DAG("upstream", schedule="@daily", start_date=datetime(2024, 1, 1)):
    with TaskGroup("load"):
        BashOperator(task_id="one", bash_command="true")
        BashOperator(task_id="two", bash_command="true")
    PythonOperator(task_id="bad", python_callable=fail)

with DAG("downstream", schedule="@daily", start_date=datetime(2024, 1, 1)):
    begins = TriggerDagRunOperator(task_id="begins", trigger_dag_id="upstream", logical_date="{{ logical_date }}")
    begins >> ExternalTaskMarker(task_id="marks", external_dag_id="other", external_task_id="waits")

    def sensor(task_id, **kwargs):
        return ExternalTaskSensor(task_id=task_id, external_dag_id="upstream", poke_interval=60, timeout=3600, **kwargs)

    sensor("task", external_task_id="load.one", check_existence=True)
    sensor("tasks", external_task_ids=["load.one", "load.two"])
    sensor("group", external_task_group_id="load", check_existence=True)
    sensor("whole", allowed_states=["success", "failed"])
    sensor("failed", external_task_id="bad", failed_states=["failed", "upstream_failed"])
    sensor("soft", external_task_id="bad", failed_states=["failed"], soft_fail=True)
    sensor("skips", external_task_id="bad", skipped_states=["failed"])
    sensor("delta", external_task_id="load.one", execution_delta=timedelta(days=1))
    sensor("date", external_task_id="load.one", execution_date_fn=lambda date: date)
    sensor("no_such_task", external_task_id="three", check_existence=True)
"""


def test_a_dag_that_waits_for_another(tmp_path: Path) -> None:
    """Sensors of tasks, groups and runs wait for the run of the same date, and end as what they see says."""
    file = tmp_path / "two.py"
    file.write_text(FILES, "utf-8")
    tried = run_dag(file, "downstream")
    assert tried.states == {
        "begins": "success",
        "marks": "success",
        "task": "success",
        "tasks": "success",
        "group": "success",
        "whole": "success",
        "failed": "failed",
        "soft": "skipped",
        "skips": "skipped",
        "delta": "failed",
        "date": "success",
        "no_such_task": "failed",
    }
    assert "ExternalTaskFailedError: the tasks 'bad' of DAG 'upstream'" in tried.logs["failed"]
    assert "Sensor has timed out" in tried.logs["delta"]
    assert "ExternalTaskNotFoundError: DAG 'upstream' has no task 'three'" in tried.logs["no_such_task"]


def a_dag(**kwargs):
    """A DAG of one sensor that waits for the DAG ``other``."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        ExternalTaskSensor(task_id="t", external_dag_id="other", **kwargs)
    return dag


def look(*runs, dag="there", nearest="", lacking=(), **kwargs):
    """One look of a sensor at these runs of ``other``; the outcome, and what it asked."""
    asked: list[Any] = []

    def elsewhere(question):
        asked.append(question)
        return {"runs": runs, "dag": dag, "nearest": nearest, "lacking": list(lacking)}

    outcome, _ = run_task(a_dag(**kwargs), channel=MemoryChannel(elsewhere=elsewhere))
    return outcome, asked[0] if asked else None


def a_run(state="running", **tasks):
    """A run of ``other``, as it is told."""
    return {"run_id": "x", "state": state, "tasks": tasks}


ANSWERS = [
    ([], {}, OutcomeKind.RESCHEDULE),
    ([a_run("running")], {}, OutcomeKind.RESCHEDULE),
    ([a_run("success")], {}, OutcomeKind.SUCCESS),
    ([a_run("failed")], {}, OutcomeKind.RESCHEDULE),
    ([a_run("failed")], {"failed_states": ["failed"]}, OutcomeKind.FAILED),
    ([a_run(a=["success"])], {"external_task_id": "a"}, OutcomeKind.SUCCESS),
    ([a_run(a=["success"], b=["none"])], {"external_task_ids": ["a", "b"]}, OutcomeKind.RESCHEDULE),
    ([a_run(a=["success"], b=["failed"])], {"external_task_ids": ["a", "b"]}, OutcomeKind.RESCHEDULE),
    (
        [a_run(a=["success"], b=["failed"])],
        {"external_task_ids": ["a", "b"], "failed_states": ["failed"]},
        OutcomeKind.FAILED,
    ),
    ([a_run(a=["success", "running"])], {"external_task_id": "a"}, OutcomeKind.RESCHEDULE),
    ([a_run(a=["skipped"])], {"external_task_id": "a", "skipped_states": ["skipped"]}, OutcomeKind.SKIPPED),
    ([a_run(a=["skipped"])], {"external_task_id": "a", "allowed_states": ["skipped"]}, OutcomeKind.SUCCESS),
    ([a_run()], {"external_task_group_id": "g"}, OutcomeKind.RESCHEDULE),
    ([a_run(a=["success"])], {"external_task_group_id": "g"}, OutcomeKind.SUCCESS),
    (
        [a_run(a=["failed"])],
        {"external_task_group_id": "g", "failed_states": ["failed"], "soft_fail": True},
        OutcomeKind.SKIPPED,
    ),
]


@pytest.mark.parametrize(("runs", "kwargs", "kind"), ANSWERS)
def test_what_a_sensor_makes_of_what_it_sees(runs, kwargs, kind):
    """All must be in an allowed state; one in a failed or skipped state is enough to end the wait."""
    outcome, _ = look(*runs, **kwargs)
    assert outcome.kind is kind


@pytest.mark.parametrize("kwargs", [{}, {"mode": "reschedule"}, {"deferrable": True}])
def test_where_the_other_run_tells_it_need_not_look_often(kwargs):
    """After 10, 20, 40 minutes and then every hour, in case that is lost; never past the timeout."""
    channel = MemoryChannel(elsewhere=lambda _: {"runs": [a_run(a=["none"])]}, hears=True)
    dag = a_dag(external_task_id="a", failed_states=["failed"], skipped_states=["skipped"], timeout=20_000, **kwargs)
    begun, pauses = time.time(), []
    for seq, waited in enumerate([0, 600, 1800, 4200, 7800, 19_000]):
        outcome, _ = run_task(dag, channel=channel, seq=seq, started_at=begun + waited, first_started_at=begun)
        assert outcome.kind is OutcomeKind.RESCHEDULE
        pauses.append(outcome.resume_at - time.time())
    assert pauses == pytest.approx([600, 1200, 2400, 3600, 3600, 1000], abs=1)
    assert channel.awaited[1] == {
        "dag_id": "other",
        "logical_dates": [DAY],
        "task_ids": ["a"],
        "group": None,
        "allowed": ["success"],
        "ends": ["failed", "skipped"],
        "patience": 1200.0,
    }


def test_a_run_that_ends_before_anybody_listens_is_seen():
    """It looks once more after it has asked to be told."""
    runs = [[a_run()], [a_run("success")]]
    channel = MemoryChannel(elsewhere=lambda _: {"runs": runs.pop(0)}, hears=True)
    assert run_task(a_dag(), channel=channel)[0].kind is OutcomeKind.SUCCESS


def test_a_sensor_with_a_look_of_its_own_looks_as_often_as_it_says():
    """What it waits for is not known to others."""

    class Mine(ExternalTaskSensor):
        def poke(self, context):
            return super().poke(context) and False

    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        Mine(task_id="t", external_dag_id="other", poke_interval=30)
    channel = MemoryChannel(hears=True)
    outcome, _ = run_task(dag, channel=channel)
    assert outcome.resume_at - time.time() == pytest.approx(30, abs=1)
    assert channel.awaited == []


def test_an_interval_longer_than_that_is_kept():
    """A sensor that is to look every two hours does not look more often because it is told."""
    channel = MemoryChannel(hears=True)
    outcome, _ = run_task(a_dag(poke_interval=7200), channel=channel)
    assert outcome.resume_at - time.time() == pytest.approx(7200, abs=1)


def test_all_dates_must_have_come():
    """Of two dates, one run is not enough."""
    dates = {"execution_date_fn": lambda date: [date, date - timedelta(days=1)]}
    assert look(a_run("success"), **dates)[0].kind is OutcomeKind.RESCHEDULE
    outcome, asked = look(a_run("success"), a_run("success"), **dates)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert asked["logical_dates"] == [DAY, "2024-01-14T00:00:00+00:00"]


@pytest.mark.parametrize(
    ("kwargs", "date"),
    [
        ({}, DAY),
        ({"execution_delta": timedelta(hours=1)}, "2024-01-14T23:00:00+00:00"),
        ({"execution_date_fn": lambda date: date.add(days=1)}, "2024-01-16T00:00:00+00:00"),
        ({"execution_date_fn": lambda date, ds, **_: datetime.fromisoformat(ds)}, DAY),
        ({"execution_date_fn": lambda date, context: context["data_interval_end"]}, "2024-01-16T00:00:00+00:00"),
        ({"execution_date_fn": lambda execution_date: execution_date}, DAY),
    ],
)
def test_whose_run_it_waits_for(kwargs, date):
    """That of its own logical date, or of another that is told from it, in UTC."""
    _, asked = look(a_run("success"), **kwargs)
    assert asked["logical_dates"] == [date]
    assert asked["dag_id"] == "other"


@pytest.mark.parametrize(
    ("found", "kwargs", "error"),
    [
        ({"dag": "unknown", "nearest": "othre"}, {}, "ExternalDagNotFoundError: there is no external DAG 'other'; did"),
        ({"dag": "deleted"}, {}, "ExternalDagDeletedError: the file of the external DAG 'other' is gone"),
        ({"lacking": ["a"]}, {"external_task_id": "a"}, "ExternalTaskNotFoundError: DAG 'other' has no task 'a'"),
        (
            {"lacking": ["g"]},
            {"external_task_group_id": "g"},
            "ExternalTaskGroupNotFoundError: DAG 'other' has no task",
        ),
    ],
)
def test_what_does_not_exist_fails_at_once(found, kwargs, error):
    """With check_existence; else it would be waited for until the timeout."""
    outcome, asked = look(check_existence=True, **found, **kwargs)
    assert outcome.error.startswith(error)
    assert asked["check"] is True
    assert look(**found, **kwargs)[0].kind is OutcomeKind.RESCHEDULE


def test_the_same_task_twice_is_an_error():
    """As in Airflow, when it looks: the ids may have been a template."""
    assert "Duplicate task_ids" in look(external_task_ids=["a", "a"])[0].error


BAD = [
    ({"external_task_id": "a", "external_task_ids": ["b"]}, AuthoringError, "only one of external_task_id,"),
    ({"external_task_id": "a", "external_task_group_id": "g"}, AuthoringError, "only one of external_task_id,"),
    ({"execution_delta": timedelta(1), "execution_date_fn": print}, AuthoringError, "only one of execution_delta"),
    ({"allowed_states": ["sucess"]}, AuthoringError, "'sucess', which is no state of a run; those are queued, running"),
    ({"external_task_id": "a", "failed_states": ["x"]}, AuthoringError, "'x', which is no state of a task"),
    ({"allowed_states": ["failed"], "failed_states": ["failed"]}, DuplicateStateError, "'failed' is in"),
    ({"allowed_states": ["skipped"]}, AuthoringError, "'skipped', which is no state of a run"),
]


@pytest.mark.parametrize(("kwargs", "kind", "message"), BAD)
def test_bad_arguments_are_told_when_the_file_loads(kwargs, kind, message):
    """With what is wrong."""
    with pytest.raises(kind, match=message):
        a_dag(**kwargs)


def test_old_arguments_are_taken():
    """poll_interval is poke_interval; deferrable changes nothing."""
    dag = a_dag(poll_interval=5, deferrable=True)
    assert dag.get_task("t").poke_interval == 5


def test_a_marker_is_an_empty_task():
    """It costs no message; what it was given is kept."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None):
        one = ExternalTaskMarker(task_id="t", external_dag_id="other", external_task_id="a")
        old = ExternalTaskMarker(
            task_id="old",
            external_dag_id="other",
            external_task_id="a",
            execution_date=datetime(2024, 1, 1, tzinfo=UTC),
            recursion_depth=3,
        )
    assert one.is_empty
    assert one.logical_date == "{{ logical_date.isoformat() }}"
    assert (old.logical_date, old.recursion_depth) == ("2024-01-01T00:00:00+00:00", 3)


@pytest.mark.parametrize(
    ("kwargs", "message"), [({"recursion_depth": 0}, "positive"), ({"logical_date": 5}, "not int")]
)
def test_a_marker_s_bad_arguments(kwargs, message):
    """As in Airflow."""
    with (
        DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None),
        pytest.raises(AuthoringError, match=message),
    ):
        ExternalTaskMarker(task_id="t", external_dag_id="o", external_task_id="a", **kwargs)
