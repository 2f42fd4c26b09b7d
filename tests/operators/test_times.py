"""Sensors that wait for a time sleep until that very moment. The table is Airflow 2.11.2's and 3.3.2's answers."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from brisa.authoring.registry import recording
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators.times import (
    DateTimeSensor,
    DateTimeSensorAsync,
    TimeDeltaSensor,
    TimeDeltaSensorAsync,
    TimeSensor,
    TimeSensorAsync,
    WaitSensor,
)
from tests.operators.clock import a_dag, look
from tests.runtime.attempts import a_run
from tests.support.trials import run_dag

NEW_YORK = ZoneInfo("America/New_York")
SECOND = timedelta(seconds=1)


def utc(year, month, day, hour=0, minute=0, second=0):
    """A moment in UTC."""
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def near(moment, wanted):
    """Whether two moments are the same, but for the time that a look takes."""
    return wanted <= moment <= wanted + 5 * SECOND


DAY = utc(2024, 1, 5)
"""The run's interval is 2024-01-15; these moments are the clock's."""
WAITS = [
    (DateTimeSensor, {"target_time": "2024-01-05T10:00:00"}, utc(2024, 1, 5, 8), utc(2024, 1, 5, 10)),
    (DateTimeSensor, {"target_time": "2024-01-05 10:00:00+02:00"}, utc(2024, 1, 5, 7), utc(2024, 1, 5, 8)),
    (DateTimeSensor, {"target_time": datetime(2024, 1, 5, 10)}, utc(2024, 1, 5, 8), utc(2024, 1, 5, 10)),
    (DateTimeSensor, {"target_time": "{{ ds }}"}, utc(2024, 1, 14), utc(2024, 1, 15)),
    (DateTimeSensorAsync, {"target_time": utc(2024, 1, 5, 10)}, utc(2024, 1, 5, 8), utc(2024, 1, 5, 10)),
    (TimeSensor, {"target_time": time(10)}, utc(2024, 1, 5, 9, 59), utc(2024, 1, 5, 10)),
    (TimeSensorAsync, {"target_time": time(10)}, utc(2024, 1, 5, 9, 59), utc(2024, 1, 5, 10)),
    (TimeDeltaSensor, {"delta": timedelta(hours=1)}, utc(2024, 1, 15, 12), utc(2024, 1, 16, 1)),
    (TimeDeltaSensor, {"delta": 90}, utc(2024, 1, 16), utc(2024, 1, 16, 1, 30)),
    (TimeDeltaSensorAsync, {"delta": timedelta(hours=1)}, utc(2024, 1, 16), utc(2024, 1, 16, 1)),
    (WaitSensor, {"time_to_wait": timedelta(hours=1)}, utc(2024, 1, 5, 8), utc(2024, 1, 5, 9)),
    (WaitSensor, {"time_to_wait": 10}, utc(2024, 1, 5, 8), utc(2024, 1, 5, 8, 10)),
]


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(("sensor", "kwargs", "now", "moment"), WAITS)
def test_it_sleeps_until_the_moment(sensor, kwargs, now, moment, dialect):
    """Whatever its poke_interval, the first look asks for the moment, and the second, right then, succeeds."""
    with a_dag(dialect) as dag:
        sensor(task_id="t", poke_interval=60, **kwargs)
    outcome, resume, _ = look(dag, now)
    assert outcome.kind is OutcomeKind.RESCHEDULE
    assert near(resume, moment)
    outcome, _, channel = look(dag, moment, first=now)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == {}
    assert look(dag, moment - SECOND, first=now)[0].kind is OutcomeKind.RESCHEDULE


TRUE = {"return_value": True}
PASSED = [
    (DateTimeSensor, {"target_time": "2024-01-05"}, utc(2024, 1, 5, 0, 0, 1), {}),
    (DateTimeSensorAsync, {"target_time": "2024-01-05"}, utc(2024, 1, 5, 0, 0, 1), {}),
    (TimeSensor, {"target_time": time(10)}, utc(2024, 1, 5, 23), {}),
    (TimeSensor, {"target_time": time(10), "deferrable": True}, utc(2024, 1, 5, 23), {}),
    (TimeSensorAsync, {"target_time": time(10)}, utc(2024, 1, 5, 23), {}),
    (TimeDeltaSensor, {"delta": timedelta(0)}, utc(2024, 1, 16), {}),
    (TimeDeltaSensor, {"delta": timedelta(0), "deferrable": True}, utc(2024, 1, 16), TRUE),
    (TimeDeltaSensor, {"delta": timedelta(0), "deferrable": True, "end_from_trigger": True}, utc(2024, 1, 16), TRUE),
    (TimeDeltaSensorAsync, {"delta": timedelta(0)}, utc(2024, 1, 16), TRUE),
    (TimeDeltaSensor, {"delta": timedelta(days=-3)}, utc(2024, 1, 14), {}),
]


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(("sensor", "kwargs", "now", "pushed"), PASSED)
def test_a_moment_that_has_passed(sensor, kwargs, now, pushed, dialect):
    """There is nothing to wait for; of the deferrable ones, some push that."""
    with a_dag(dialect) as dag:
        sensor(task_id="t", **kwargs)
    outcome, _, channel = look(dag, now)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == pushed


@pytest.mark.parametrize(
    ("now", "target", "moment"),
    [
        (utc(2024, 1, 6, 3), time(23), utc(2024, 1, 6, 4)),
        (utc(2024, 1, 6, 5, 30), time(23), utc(2024, 1, 7, 4)),
        (utc(2024, 1, 6, 3), time(1), None),
        (utc(2024, 7, 6, 3), time(23, 30), utc(2024, 7, 6, 3, 30)),
    ],
)
@pytest.mark.parametrize("dialect", [2, 3])
def test_a_time_of_the_day_is_in_the_dags_zone(now, target, moment, dialect):
    """The day is today's in New York, not in UTC, and so is the time."""
    with a_dag(dialect, NEW_YORK) as dag:
        TimeSensor(task_id="t", target_time=target)
    outcome, resume, _ = look(dag, now)
    assert outcome.kind is (OutcomeKind.RESCHEDULE if moment else OutcomeKind.SUCCESS)
    assert moment is None or near(resume, moment)


def test_the_day_is_that_of_the_first_look():
    """A look after midnight, such as a repeated attempt, does not wait for another day."""
    with a_dag() as dag:
        TimeSensor(task_id="t", target_time=time(23))
    assert look(dag, utc(2024, 1, 6, 1), first=utc(2024, 1, 5, 22))[0].kind is OutcomeKind.SUCCESS


def test_a_target_time_with_a_zone():
    """Airflow 2 fails when it compares; Airflow 3 leaves the zone out of account, which is said."""
    with recording() as record, a_dag(3, NEW_YORK) as dag:
        TimeSensor(task_id="t", target_time=time(23, tzinfo=UTC))
    assert near(look(dag, utc(2024, 1, 6, 3))[1], utc(2024, 1, 6, 4))
    assert any("time zone of a TimeSensor" in notice for notice in record.notices)
    dag.dialect = 2
    assert look(dag, utc(2024, 1, 6, 3))[0].error.startswith("TypeError: can't compare offset-naive")


def test_a_run_without_an_interval_counts_from_when_it_may_run():
    """Airflow 3's manual runs need have no logical date."""
    with a_dag() as dag:
        TimeDeltaSensor(task_id="t", delta=timedelta(hours=1))
    nothing = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    run = a_run(run_after=utc(2024, 1, 10).timestamp(), **nothing)
    assert near(look(dag, utc(2024, 1, 10), run=run)[1], utc(2024, 1, 10, 1))


TIMEOUTS = [
    (DateTimeSensor, {"target_time": utc(2024, 1, 9)}, {2: True, 3: True}),
    (DateTimeSensorAsync, {"target_time": utc(2024, 1, 9)}, {2: False, 3: False}),
    (TimeSensorAsync, {"target_time": time(23)}, {2: False, 3: False}),
    (TimeSensor, {"target_time": time(23)}, {2: True, 3: True}),
    (TimeDeltaSensor, {"delta": timedelta(days=1)}, {2: True, 3: True}),
    (TimeDeltaSensorAsync, {"delta": timedelta(days=1)}, {2: False, 3: True}),
    (WaitSensor, {"time_to_wait": timedelta(days=1)}, {2: False, 3: False}),
]


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(("sensor", "kwargs", "counts"), TIMEOUTS)
def test_timeout(sensor, kwargs, counts, dialect):
    """Where it counts, the sensor wakes when its patience is over, and fails; most deferrable ones wait on."""
    with a_dag(dialect) as dag:
        sensor(task_id="t", timeout=60, **kwargs)
    _, resume, _ = look(dag, DAY)
    assert near(resume, DAY + 60 * SECOND) == counts[dialect]
    outcome, _, _ = look(dag, DAY + 61 * SECOND, first=DAY)
    assert outcome.kind is (OutcomeKind.FAILED if counts[dialect] else OutcomeKind.RESCHEDULE)


def test_a_subclass_may_look_in_its_own_way():
    """Who overrides poke is started again after poke_interval, as any sensor."""

    class Mine(DateTimeSensor):
        def poke(self, context):
            return False

    with a_dag() as dag:
        Mine(task_id="t", target_time="2099-01-01", poke_interval=30)
    assert near(look(dag, DAY)[1], DAY + 30 * SECOND)


@pytest.mark.parametrize(
    ("sensor", "kwargs", "words"),
    [
        (DateTimeSensor, {"target_time": 5}, "Expected str or datetime"),
        (DateTimeSensor, {"target_time": None}, "Expected str or datetime"),
        (TimeSensor, {"target_time": "10:00"}, "target_time must be a datetime.time"),
        (TimeDeltaSensor, {}, "missing keyword argument 'delta'"),
        (WaitSensor, {"time_to_wait": 5, "dalta": 1}, "unexpected keyword argument 'dalta'"),
    ],
)
def test_wrong_arguments_do_not_load(sensor, kwargs, words):
    """They are errors that name the task."""
    with a_dag(), pytest.raises(AuthoringError, match=words) as error:
        sensor(task_id="t", **kwargs)
    assert error.value.location.task_id == "t"


@pytest.mark.parametrize(
    ("sensor", "kwargs", "words"),
    [
        (TimeDeltaSensor, {"delta": "1h"}, "TypeError: delta must be a timedelta"),
        (WaitSensor, {"time_to_wait": True}, "TypeError: time_to_wait must be a timedelta"),
        (DateTimeSensor, {"target_time": "soon"}, "soon"),
    ],
)
def test_what_is_found_when_it_runs(sensor, kwargs, words):
    """A template may come to anything, so that it is an error of the task."""
    with a_dag() as dag:
        sensor(task_id="t", **kwargs)
    assert words in look(dag, DAY)[0].error


FILES = {
    2: "from airflow import DAG\nfrom airflow.sensors.date_time import DateTimeSensor, DateTimeSensorAsync\n"
    "from airflow.sensors.time_delta import TimeDeltaSensor, TimeDeltaSensorAsync\n"
    "from airflow.sensors.time_sensor import TimeSensor, TimeSensorAsync\n",
    3: "from airflow.sdk import DAG\n"
    "from airflow.providers.standard.sensors.date_time import DateTimeSensor, DateTimeSensorAsync\n"
    "from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor, TimeDeltaSensorAsync, WaitSensor\n"
    "from airflow.providers.standard.sensors.time import TimeSensor, TimeSensorAsync\n",
}
BODY = """
from datetime import datetime, time, timedelta
from pathlib import Path


def note(context):
    with Path(__file__).with_name("looks.txt").open("a") as file:
        file.write(context["ti"].task_id + " ")


with DAG("times", start_date=datetime(2024, 1, 1), schedule=None, default_args={"on_execute_callback": note}):
    DateTimeSensor(task_id="date", target_time=datetime(2199, 1, 1), timeout=10**11)
    TimeDeltaSensor(task_id="delta", delta=timedelta(days=365 * 200), timeout=10**11, mode="reschedule")
    TimeSensor(task_id="time", target_time=time(23, 59, 59, 999999))
    DateTimeSensorAsync(task_id="patient", target_time="2199-01-01")
    TimeDeltaSensor(task_id="late", delta=timedelta(days=365 * 200))
"""


@pytest.mark.parametrize("dialect", [2, 3])
def test_a_dag_file(tmp_path: Path, dialect):
    """Nearly two centuries cost two attempts each; a sensor with an ordinary timeout gives up after a week."""
    (tmp_path / "times.py").write_text(FILES[dialect] + BODY)
    tried = run_dag(tmp_path / "times.py", "times")
    ended = dict.fromkeys(("date", "delta", "time", "patient"), "success") | {"late": "failed"}
    assert (tried.run_state, tried.states) == ("failed", ended)
    assert sorted((tmp_path / "looks.txt").read_text().split()) == sorted([*ended, *ended])


def test_an_attempt_that_begins_a_hair_too_early():
    """The rounding of times costs no further attempt."""
    with a_dag() as dag:
        DateTimeSensor(task_id="t", target_time=DAY)
    assert look(dag, DAY - timedelta(microseconds=10), first=DAY - SECOND)[0].kind is OutcomeKind.SUCCESS
