"""Sensors look once, and are started again until their time is up."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferralError,
)
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators.sensor import RECHECK, Awaited, BaseSensorOperator, FileSensor, PokeReturnValue, PythonSensor
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task


def a_dag():
    """A DAG without a schedule."""
    return DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None)


def look(answer, *, started=0.0, seq=0, **kwargs):
    """Run one look of a sensor whose poke gives, or raises, ``answer``; it was first started ``started`` s ago."""

    class Mine(BaseSensorOperator):
        def poke(self, context):
            if isinstance(answer, BaseException):
                raise answer
            return answer

    with a_dag() as dag:
        Mine(task_id="t", **kwargs)
    now = time.time()
    return run_task(dag, seq=seq, started_at=now, first_started_at=now - started)


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_not_yet_means_started_again_later(mode):
    """Whatever the mode, a look that finds nothing ends at once, and says when to look again."""
    before = time.time()
    outcome, channel = look(False, poke_interval=30, mode=mode)
    assert outcome.kind is OutcomeKind.RESCHEDULE
    assert before + 30 <= outcome.resume_at <= time.time() + 30
    assert channel.values() == {}


@pytest.mark.parametrize(
    ("answer", "pushed"),
    [(True, {}), (PokeReturnValue(True, "found"), {"return_value": "found"}), (PokeReturnValue(is_done=True), {})],
)
def test_found(answer, pushed):
    """The task succeeds; a PokeReturnValue brings an XCom along."""
    outcome, channel = look(answer)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == pushed


def test_a_poke_return_value_that_is_not_done_waits():
    """Its truth counts, not that it is an object."""
    assert look(PokeReturnValue(False, 1))[0].kind is OutcomeKind.RESCHEDULE


def test_the_timeout_counts_from_the_first_look():
    """A sensor that has waited for longer than its timeout fails, and is not retried."""
    outcome, _ = look(False, started=100, timeout=99)
    assert outcome.kind is OutcomeKind.FAILED
    assert not outcome.retryable
    assert outcome.error.startswith("AirflowSensorTimeout: Sensor has timed out")
    assert look(False, started=98, timeout=timedelta(seconds=99))[0].kind is OutcomeKind.RESCHEDULE
    assert look(True, started=100, timeout=99)[0].kind is OutcomeKind.SUCCESS


def test_soft_fail_skips_on_timeout():
    """With soft_fail the end of the patience is a skip."""
    assert look(False, started=100, timeout=99, soft_fail=True)[0].kind is OutcomeKind.SKIPPED


ERRORS = [
    (AirflowException("x"), {}, OutcomeKind.FAILED),
    (AirflowException("x"), {"soft_fail": True}, OutcomeKind.FAILED),
    (AirflowException("x"), {"silent_fail": True}, OutcomeKind.RESCHEDULE),
    (ValueError("x"), {"silent_fail": True}, OutcomeKind.RESCHEDULE),
    (AirflowException("x"), {"never_fail": True}, OutcomeKind.SKIPPED),
    (AirflowFailException("x"), {}, OutcomeKind.FAILED),
    (AirflowFailException("x"), {"soft_fail": True}, OutcomeKind.SKIPPED),
    (AirflowSensorTimeout("x"), {"soft_fail": True}, OutcomeKind.SKIPPED),
    (AirflowSensorTimeout("x"), {"never_fail": True}, OutcomeKind.SKIPPED),
    (AirflowSkipException("x"), {}, OutcomeKind.SKIPPED),
]


@pytest.mark.parametrize(("error", "kwargs", "kind"), ERRORS)
def test_errors_in_poke(error, kwargs, kind):
    """What an error means is Airflow 2.11's rule: soft_fail is for timeouts and final failures only."""
    assert look(error, **kwargs)[0].kind is kind


def interval(seq, started=0.0, **kwargs):
    """Seconds until the next look."""
    outcome, _ = look(False, seq=seq, started=started, exponential_backoff=True, **kwargs)
    return outcome.resume_at - time.time()


@pytest.mark.parametrize(
    ("error", "soft_fail", "raised"),
    [
        ("Trigger timeout", False, AirflowSensorTimeout),
        ("Trigger timeout", True, AirflowSkipException),
        ("Trigger failure", False, TaskDeferralError),
        ("Trigger failure", True, AirflowSkipException),
    ],
)
def test_a_trigger_that_fails_a_deferred_sensor(error, soft_fail, raised):
    """Its timeout is the sensor's, and with soft_fail every failure is a skip: Airflow 2.11's rule."""
    with a_dag():
        sensor = BaseSensorOperator(task_id="s", soft_fail=soft_fail)
    with pytest.raises(raised) as caught:
        sensor.resume_execution("__fail__", {"error": error}, {})
    assert type(caught.value) is raised


def test_backoff_doubles_within_limits():
    """Each interval lies between half and once the doubled one; max_wait and the timeout cut it off."""
    for seq in range(6):
        least = max(60 * 2.0 ** (seq - 1), 1)
        assert least - 1 <= interval(seq, poke_interval=60) <= 2 * least
    assert interval(20, poke_interval=60, max_wait=100) <= 100
    assert interval(20, poke_interval=60, started=950, timeout=1000) <= 51
    assert interval(500, poke_interval=60) <= 7 * 24 * 3600


def test_the_jitter_of_the_backoff_is_the_same_again():
    """A repeated attempt asks for the same moment, so that nothing is poked twice."""
    assert interval(5, poke_interval=60) == pytest.approx(interval(5, poke_interval=60), abs=1)


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"mode": "pokey"}, "mode must be one of poke, reschedule, not 'pokey'"),
        ({"poke_interval": -1}, "poke_interval"),
        ({"timeout": "1h"}, "timeout"),
        ({"max_wait": -3}, "max_wait"),
        ({"soft_fail": True, "never_fail": True}, "mutually exclusive"),
    ],
)
def test_wrong_arguments_do_not_load(kwargs, words):
    """They are errors at parse time that name the task."""
    with a_dag(), pytest.raises(AuthoringError, match=words) as error:
        BaseSensorOperator(task_id="t", **kwargs)
    assert error.value.location.task_id == "t"


def test_a_subclass_that_catches_everything_still_waits():
    """User code around super().execute() can't take "not yet" for an error."""

    class Careful(PythonSensor):
        def execute(self, context):
            try:
                return super().execute(context)
            except Exception as error:
                raise AssertionError("not yet is no failure") from error

    with a_dag() as dag:
        Careful(task_id="t", python_callable=lambda: False)
    assert run_task(dag)[0].kind is OutcomeKind.RESCHEDULE


class Arrival(BaseSensorOperator):
    """Sees the object from its ``seen_at``-th look on."""

    def __init__(self, *, seen_at=99, **kwargs):
        super().__init__(**kwargs)
        self.looks, self.seen_at = 0, seen_at

    def awaiting(self):
        return Awaited("entrada", "ventas/", prefix=True)

    def poke(self, context):
        self.looks += 1
        return self.looks >= self.seen_at


def arrival(channel, *, started=0.0, **kwargs):
    """Run one attempt of a sensor that waits for an object."""
    with a_dag() as dag:
        Arrival(task_id="t", **kwargs)
    now = time.time()
    outcome, _ = run_task(dag, channel=channel, started_at=now, first_started_at=now - started)
    return outcome, outcome.resume_at and outcome.resume_at - now


def test_a_sensor_that_is_woken_looks_seldom():
    """Where brisa hears of the object: every ten minutes; elsewhere, and before anybody has looked, as it was told."""
    hearing, deaf = MemoryChannel(hears=True), MemoryChannel()
    _, pause = arrival(hearing, poke_interval=5)
    assert pause == pytest.approx(RECHECK, abs=2)
    assert hearing.awaited == [{"bucket": "entrada", "name": "ventas/", "prefix": True}]
    _, pause = arrival(deaf, poke_interval=5)
    assert pause == pytest.approx(5, abs=2)
    _, pause = arrival(hearing, poke_interval=3600)
    assert pause == pytest.approx(3600, abs=2)


def test_a_sensor_that_sees_the_object_asks_nobody():
    """The common case costs nothing more."""
    channel = MemoryChannel(hears=True)
    outcome, _ = arrival(channel, seen_at=1)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.awaited == []


def test_an_object_that_comes_while_a_sensor_asks_is_seen():
    """It looks once more when brisa has begun to listen."""
    assert arrival(MemoryChannel(hears=True), seen_at=2)[0].kind is OutcomeKind.SUCCESS
    assert arrival(MemoryChannel(hears=False), seen_at=2)[0].kind is OutcomeKind.RESCHEDULE


def test_a_woken_sensor_times_out_in_time():
    """The slow look comes no later than the end of its patience, and not before it."""
    _, pause = arrival(MemoryChannel(hears=True), poke_interval=5, timeout=60, started=20)
    assert 40 < pause < 45
    outcome, _ = arrival(MemoryChannel(hears=True), timeout=60, started=61)
    assert outcome.kind is OutcomeKind.FAILED


def test_python_sensor():
    """Its function is given what an operator's is."""
    with a_dag() as dag:
        PythonSensor(task_id="t", python_callable=lambda ds, n: n == ds, op_kwargs={"n": "{{ ds }}"})
        PythonSensor(task_id="value", python_callable=lambda: PokeReturnValue(True, 7))
    assert run_task(dag)[0].kind is OutcomeKind.SUCCESS
    assert run_task(dag, "value")[1].values() == {"return_value": 7}


def test_file_sensor(tmp_path):
    """A file, a glob, or a folder with a file somewhere inside; relative to the connection's path."""
    (tmp_path / "full" / "deep").mkdir(parents=True)
    (tmp_path / "full" / "deep" / "a.csv").touch()
    (tmp_path / "empty").mkdir()
    channel = MemoryChannel(connections={"fs": {"extra": json.dumps({"path": str(tmp_path)})}})
    table = {
        "full/deep/a.csv": True,
        "full": True,
        "full/*/*.csv": True,
        "empty": False,
        "nowhere": False,
        str(tmp_path / "full" / "deep" / "a.csv"): True,
    }
    for path, found in table.items():
        with a_dag() as dag:
            FileSensor(task_id="t", filepath=path, fs_conn_id="fs")
        outcome, _ = run_task(dag, channel=channel)
        assert (outcome.kind is OutcomeKind.SUCCESS) == found, path
