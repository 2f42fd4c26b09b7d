"""LatestOnlyOperator. The tables are Airflow 2.11.2's and 3.3.2's answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from brisa.authoring.dialect import speaking
from brisa.authoring.timetables import CronDataIntervalTimetable
from brisa.model.states import RunType
from brisa.operators.empty import EmptyOperator
from brisa.operators.latest_only import LatestOnlyOperator
from tests.operators.clock import a_dag, look
from tests.runtime.attempts import a_run
from tests.support.trials import run_dag

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DATE = datetime(2024, 1, 5, tzinfo=UTC)


def ask(dag, now, run_type=RunType.SCHEDULED, *, interval=True):
    """What it follows in the run for DATE, and what it pushes."""
    end = DATE + DAY if interval else DATE
    run = a_run(
        run_type=run_type,
        logical_date=DATE,
        data_interval_start=DATE,
        data_interval_end=end,
        run_after=end.timestamp(),
    )
    outcome, _, channel = look(dag, now, run=run)
    return outcome.follow, channel.values().get("return_value")


def with_two_below(schedule, dialect, **kwargs):
    """latest → a → deep, latest → b, which runs when all is done."""
    with speaking(dialect, intervals=False), a_dag(dialect, schedule=schedule, **kwargs) as dag:
        latest = LatestOnlyOperator(task_id="t")
        latest >> EmptyOperator(task_id="a") >> EmptyOperator(task_id="deep")
        latest >> EmptyOperator(task_id="b", trigger_rule="all_done")
    return dag


@pytest.mark.parametrize("schedule", ["@daily", timedelta(days=1)])
@pytest.mark.parametrize(
    ("dialect", "now", "goes_on"),
    [
        (2, DATE + DAY + SECOND, True),
        (2, DATE + 2 * DAY, True),
        (2, DATE + 2 * DAY + SECOND, False),
        (2, DATE + 3 * DAY, False),
        (3, DATE + SECOND, True),
        (3, DATE + DAY, True),
        (3, DATE + DAY + SECOND, False),
        (3, DATE + 3 * DAY, False),
    ],
)
def test_it_goes_on_until_the_next_run_is_due(schedule, dialect, now, goes_on):
    """With intervals (Airflow 2) that is a day later than without (Airflow 3)."""
    follow, pushed = ask(with_two_below(schedule, dialect), now, interval=dialect == 2)
    assert follow == (("a", "b") if goes_on else ())
    assert pushed == (["a", "b"] if goes_on else [] if dialect == 2 else None)


def test_intervals_in_airflow_3():
    """A timetable with intervals counts as in Airflow 2."""
    dag = with_two_below(CronDataIntervalTimetable("@daily", "UTC"), 3)
    assert ask(dag, DATE + 2 * DAY)[0] == ("a", "b")
    assert ask(dag, DATE + 2 * DAY + SECOND)[0] == ()


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(
    ("schedule", "run_type", "kwargs", "goes_on"),
    [
        ("@daily", RunType.MANUAL, {}, True),
        ("@daily", RunType.BACKFILL, {}, False),
        ("@daily", RunType.SCHEDULED, {"end_date": DATE}, False),
        ("@daily", RunType.SCHEDULED, {"catchup": False}, False),
        (None, RunType.SCHEDULED, {}, True),
        ("@once", RunType.SCHEDULED, {}, True),
        (None, RunType.MANUAL, {}, True),
    ],
)
def test_long_after(dialect, schedule, run_type, kwargs, goes_on):
    """What a person has triggered goes on, and so does a DAG without another run; an end_date changes nothing."""
    dag = with_two_below(schedule, dialect, **kwargs)
    assert ask(dag, DATE + 10 * DAY, run_type, interval=dialect == 2)[0] == (("a", "b") if goes_on else ())


@pytest.mark.parametrize(
    "imports",
    [
        "from airflow import DAG\nfrom airflow.operators.latest_only import LatestOnlyOperator\n",
        "from airflow import DAG\nfrom airflow.operators.latest_only_operator import LatestOnlyOperator\n",
        "from airflow.providers.standard.operators.latest_only import LatestOnlyOperator\nfrom airflow import DAG\n",
    ],
)
def test_a_dag_file(tmp_path: Path, imports):
    """A run by hand for a day long ago is not held back."""
    (tmp_path / "latest.py").write_text(
        f"{imports}from datetime import datetime\n"
        'with DAG("latest", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False):\n'
        '    LatestOnlyOperator(task_id="latest") >> LatestOnlyOperator(task_id="again")\n'
    )
    assert run_dag(tmp_path / "latest.py", "latest").states == {"latest": "success", "again": "success"}
