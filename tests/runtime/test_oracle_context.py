"""Every template renders as it does in the real Airflow (see tests/oracle/README.md)."""

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.running import executing
from brisa.authoring.timetables import CronDataIntervalTimetable, CronTriggerTimetable
from brisa.model.states import RunType
from brisa.operators.python import PythonOperator
from brisa.runtime.context import build_context
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import a_request, a_run

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracle" / "context.json").read_text())
DIALECTS = {"2.11.2": 2, "3.3.2": 3}
SCHEDULES: dict[Any, Any] = {
    "6 hours": dt.timedelta(hours=6),
    "CronDataIntervalTimetable('@daily', 'UTC')": CronDataIntervalTimetable("@daily", "UTC"),
    "CronTriggerTimetable('@daily', 'UTC')": CronTriggerTimetable("@daily", timezone="UTC"),
}
PREVIOUS = {
    "data_interval_start": "prev_data_interval_start_success",
    "data_interval_end": "prev_data_interval_end_success",
    "logical_date": "prev_data_interval_start_success",
    "start_date": "prev_start_date_success",
    "end_date": "prev_end_date_success",
}

HOW_OBJECTS_SHOW_THEMSELVES = {
    "ti", "task_instance", "dag_run", "conf", "macros", "var", "conn", "inlet_events", "outlet_events",
    "triggering_dataset_events", "triggering_asset_events", "macros.random", "dag.schedule", "dag.schedule_interval",
    "ti.xcom_pull(task_ids=['first', 'first'])", "ti.xcom_pull(task_ids=['nothing'])",
}  # fmt: skip
ENUMS_SHOW_THEIR_VALUE = {"dag_run.run_type", "dag_run.state", "ti.state", "task.trigger_rule"}
WE_HAVE_IT_IN_BOTH_DIALECTS = {
    "test_mode", "dag_run.execution_date", "dag_run.external_trigger", "dag_run.id is defined", "dag_run.queued_at",
    "dag_run.run_after", "ti.prev_attempted_tries", "ti.is_mapped",
    "ti.execution_date", "ti.logical_date", "ti.key", "ti.operator",
}  # fmt: skip
NEEDS_BABEL = {
    "macros.ds_format_locale(ds, '%Y-%m-%d', 'dd MMMM yyyy')",
    "macros.ds_format_locale(ds, '%Y-%m-%d', 'dd MMMM yyyy', 'es')",
}
OURS = HOW_OBJECTS_SHOW_THEMSELVES | ENUMS_SHOW_THEIR_VALUE | WE_HAVE_IT_IN_BOTH_DIALECTS | NEEDS_BABEL
"""Where brisa differs on purpose."""


def rendered(version: str, run: str) -> dict[str, str]:
    """What the real one rendered in one of the runs."""
    return {
        row["template"].strip("{} "): row.get("rendered")
        for row in TABLE["rows"]
        if row["run"] == run and version in row["airflow"]
    }


@cache
def attempt(version: str, name: str) -> Any:
    """Operator, context and channel of brisa's attempt in the same run."""
    run = TABLE["header"]["runs"][version][name]
    real = rendered(version, name)
    zone = ZoneInfo("America/Bogota") if "bogota" in name else dt.UTC
    with speaking(DIALECTS[version], intervals=False):
        dag = DAG(
            name,
            schedule=SCHEDULES.get(run["schedule"], run["schedule"]),
            start_date=dt.datetime(2024, 3, 1, tzinfo=zone),
            catchup=True,
            description="a DAG",
            params={"n": 3, "word": "hola"},
            user_defined_macros={"greet": lambda who: f"hi {who}", "word_macro": "w"},
            user_defined_filters={"shout": lambda text: text.upper() + "!"},
        )
        with dag:
            first = PythonOperator(task_id="first", python_callable=len)
            first >> PythonOperator(task_id="t", python_callable=len, retries=2)
    shop = {"conn_type": "postgres", "host": "db.example", "login": "ana", "password": "pw", "port": 5432}
    channel = MemoryChannel(connections={"db": shop}, variables={"city": "Bogota", "point": '{"x": 3}'})
    if run["previous_run_succeeded"]:
        channel.previous = {key: real[template] for key, template in PREVIOUS.items() if real.get(template)}
    channel.give("first", [1, 2], key="k")
    channel.give("first", "hello")
    start, end = run["data_interval"] or (None, None)
    conf = run["conf"] or {}
    record = a_run(
        name,
        run_id=real["run_id"],
        run_type=RunType(run["run_type"]),
        logical_date=moment(run["logical_date"]),
        data_interval_start=moment(start),
        data_interval_end=moment(end),
        conf=conf,
        params={"n": 3, "word": "hola", **conf},
        started_at=dt.datetime.fromisoformat(run["run_start_date"]).timestamp(),
    )
    operator = dag.get_task("t").prepare_for_execution()
    request = a_request("t", record, DIALECTS[version], max_tries=3)
    return operator, build_context(request, operator, dag, channel), channel


def moment(text: str | None) -> dt.datetime | None:
    """A moment of the table."""
    return None if text is None else dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("version", "run"), [(version, run) for version, runs in TABLE["header"]["runs"].items() for run in runs]
)
def test_templates_render_as_in_airflow(version, run):
    """The same text, or an error where the real one has an error."""
    operator, context, channel = attempt(version, run)
    different = []
    for row in TABLE["rows"]:
        if row["run"] != run or version not in row["airflow"] or row["template"].strip("{} ") in OURS:
            continue
        with executing(context, channel):
            try:
                found = operator.render_template(row["template"], context)
            except Exception as error:  # noqa: BLE001  whatever is raised is what is compared
                found = error
        if (found != row["rendered"]) if "rendered" in row else not isinstance(found, Exception):
            different.append((row["template"], row.get("rendered", row.get("error")), found))
    assert not different


def test_the_exceptions_are_all_in_the_table():
    """A name among the differences that the table no longer has is removed here too."""
    assert {row["template"].strip("{} ") for row in TABLE["rows"]} >= OURS
