"""DAG files with and without mistakes: brisa loads what Airflow loads, but where it says why not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from brisa.authoring.assets import Asset
from brisa.authoring.compile import to_spec
from brisa.authoring.dag import DAG, dag
from brisa.authoring.dialect import speaking
from brisa.authoring.edges import chain
from brisa.authoring.params import Param
from brisa.authoring.registry import recording
from brisa.authoring.task_group import TaskGroup
from brisa.model.states import TriggerRule
from brisa.operators.bash import BashOperator
from brisa.operators.empty import EmptyOperator
from brisa.operators.python import BranchPythonOperator, PythonOperator
from brisa.operators.taskflow import task

TABLE = Path(__file__).parent.parent / "oracle" / "dagspec_errors.json"
OTHERWISE = {
    "cron_six_fields": "a minute is the finest step of the platform",
    "cron_never": "a schedule that never comes is a mistake",
    "schedule_interval": "old names work in both dialects",
    "trigger_rule_none_failed_or_skipped": "old names work in both dialects",
    "trigger_rule_dummy": "old names work in both dialects",
    "provide_context": "old names work in both dialects",
    "concurrency": "old names work in both dialects",
    "start_date_text": "there is only one way to understand it",
    "execution_timeout_number": "there is only one way to understand it",
    "tags_text": "there is only one way to understand it",
}
"""Case → why brisa answers otherwise."""
AS_AIRFLOW = {
    *((case, 2) for case in ("schedule_interval", "trigger_rule_none_failed_or_skipped", "trigger_rule_dummy")),
    *((case, 2) for case in ("provide_context", "concurrency")),
    ("tags_text", 3),
}
"""Of those, the cases and dialects in which brisa and that Airflow agree."""


NAMES = {
    value.__name__: value
    for value in (
        Asset,
        BashOperator,
        BranchPythonOperator,
        DAG,
        EmptyOperator,
        Param,
        PythonOperator,
        TaskGroup,
        TriggerRule,
        chain,
        dag,
        datetime,
        timedelta,
    )
} | {"task": task}


def cases():
    """Each case of one file, once per version of Airflow."""
    for case in json.loads(TABLE.read_text(encoding="utf-8"))["cases"]:
        if "import_error" in case:
            for version in case["airflow"].split(", "):
                yield pytest.param(case, int(version[0]), id=f"{case['case']}-{version}")


def load(source, dialect):
    """Run a file as the loader would; DAG id → its tasks' ids."""
    names = dict(NAMES)
    with recording("<file>") as record, speaking(dialect, intervals=False):
        exec(compile(source, "<file>", "exec"), names)
    return {
        made.dag_id: sorted(task.task_id for task in to_spec(made).tasks)
        for made in record.found(names)
        if isinstance(made, DAG)
    }


@pytest.mark.parametrize(("case", "dialect"), list(cases()))
def test_a_file_loads_where_airflow_loads_it(case, dialect):
    """A mistake for Airflow is a mistake for brisa, and what Airflow takes, brisa takes; exceptions have a reason."""
    if case["import_error"] != (case["case"] in OTHERWISE and differs(case, dialect)):
        with pytest.raises((Exception, SystemExit)):
            load(case["source"], dialect)
    else:
        found = load(case["source"], dialect)
        assert case["import_error"] or found in possible(case)


def differs(case, dialect):
    """Whether brisa's answer is not the one of this version; where the versions differ, brisa follows one of them."""
    return (case["case"], dialect) not in AS_AIRFLOW


def possible(case):
    """The DAGs that Airflow found, or may find."""
    said = case.get("dags_by_chance", [case["dags"]])
    return [
        {
            name: sorted("a" * 250 if task_id == "<a * 250>" else task_id for task_id in ids)
            for name, ids in dags.items()
        }
        for dags in said
    ]
