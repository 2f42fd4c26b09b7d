"""DAGs that wait for each other in embedded mode: two files, one process after another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Home
from tests.support.waiting import until

BELOW = """
from datetime import datetime
from airflow import DAG
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sensors.external_task import ExternalTaskSensor

with DAG("below", schedule=None, start_date=datetime(2024, 1, 1), is_paused_upon_creation=False):
    ExternalTaskSensor(task_id="whole", external_dag_id="above")
    ExternalTaskSensor(task_id="group", external_dag_id="above", external_task_group_id="load", deferrable=True)

with DAG("calls", schedule=None, start_date=datetime(2024, 1, 1), is_paused_upon_creation=False):
    TriggerDagRunOperator(task_id="calls", trigger_dag_id="above", trigger_run_id="called", wait_for_completion=True)
"""
ABOVE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup

with DAG("above", schedule=None, start_date=datetime(2024, 1, 1), is_paused_upon_creation=False):
    with TaskGroup("load"):
        BashOperator(task_id="one", bash_command="sleep 0.2")
"""
CIRCLE = """
from datetime import datetime
from airflow import DAG
from airflow.sensors.external_task import ExternalTaskSensor

for one, other in (("left", "right"), ("right", "left")):
    with DAG(one, schedule=None, start_date=datetime(2024, 1, 1)):
        ExternalTaskSensor(task_id="waits", external_dag_id=other)
"""
DATE = "2024-03-01T00:00:00+00:00"

pytestmark = pytest.mark.slow


def test_sensors_are_woken_by_the_run_that_they_wait_for_across_a_restart(tmp_path: Path) -> None:
    """The run is made minutes before they would look again by themselves; so is one that another task has made."""
    home = Home(tmp_path / "home")
    home.write("below.py", BELOW)
    home.write("above.py", ABOVE)
    with home.standalone():
        home.call("dags", "trigger", "below", "-e", DATE)
        until(lambda: _sleeping(home) == ["group", "whole"], what="both sensors to sleep")
    with home.standalone():
        home.call("dags", "trigger", "above", "-e", DATE)
        until(lambda: home.states("below") == ["success"], 20, what="the end of the run that waits")
        home.call("dags", "trigger", "calls")
        until(lambda: home.states("calls") == ["success"], 20, what="the end of the run that has triggered another")
    assert sorted(home.states("above")) == ["success", "success"]


def _sleeping(home: Home) -> list[str]:
    (run_id,) = [run_id for run_id, _ in home.runs("below")] or [""]
    rows = home.json("tasks", "states", "below", run_id) if run_id else []
    return sorted(row["task_id"] for row in rows if row["state"] == "up_for_reschedule")


def test_dags_that_wait_for_each_other_are_warned_of(tmp_path: Path) -> None:
    """When their file is loaded, once, by the DAGs' names; they are loaded all the same."""
    home = Home(tmp_path / "home")
    with home.standalone() as running:
        home.write("circle.py", CIRCLE)
        running.wait_for("waits for itself")
        assert "circle.py: DAG 'right' waits for itself: right → left → right" in running.text()
        assert running.text().count("waits for itself") == 1
    assert home.dag_ids() == ["left", "right"]
