"""Deferred tasks: an attempt that waits for a trigger ends, and the next one goes on where it was."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brisa.authoring.exceptions import (
    AirflowSkipException,
    AirflowTaskTerminated,
    TaskDeferralError,
    TaskDeferralTimeout,
    TaskDeferred,
)
from brisa.authoring.triggers import (
    DateTimeTrigger,
    DirectoryFileDeleteTrigger,
    FileDeleteTrigger,
    FileTrigger,
    StartTriggerArgs,
    TaskSkippedEvent,
    TaskSuccessEvent,
    TimeDeltaTrigger,
    TriggerEvent,
)
from brisa.model.states import OutcomeKind
from brisa.runtime import slices
from brisa.runtime.request import DEFERRAL
from brisa.runtime.slices import run_slice
from tests.runtime.attempts import run_task
from tests.runtime.deferring import (
    BEGAN,
    Blocks,
    CancelsItsJob,
    Coroutine,
    Defers,
    Ends,
    Exits,
    Fails,
    Hears,
    Raises,
    Skips,
    Succeeds,
    Trying,
    Yields,
    YieldsGarbage,
    a_dag,
)


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    """Nothing was seen yet, and slices are short."""
    Yields.seen.clear()
    monkeypatch.setenv("BRISA_TRIGGER_SLICE", "0.2")


def test_a_trigger_that_fires_at_once_costs_no_second_attempt():
    """Given a trigger that fires at once, the same attempt goes on: anew, with what it was given, and its XComs."""
    trying = Trying(a_dag(trigger=Yields({"job": 7}), text="{{ ds }}", kwargs={"until": timedelta(1)}))
    assert trying.attempt().kind is OutcomeKind.SUCCESS
    assert trying.result == [{"job": 7}, {"until": timedelta(1)}, "2024-01-15", "the job's id"]
    assert DEFERRAL not in trying.channel.pushed
    assert Yields.seen == ["cleaned up"]


def test_a_trigger_that_fires_later_is_waited_for_without_a_worker():
    """A trigger that sleeps for a minute ends the attempt at once; the next one, a minute later, goes on."""
    trying = Trying(a_dag(trigger=Yields("now", 1, 60), text="{{ ds }}"))
    before = time.time()
    outcome = trying.attempt()
    assert outcome.kind is OutcomeKind.DEFERRED
    assert time.time() - before < 0.2
    assert before + 59 < outcome.resume_at < before + 61
    assert trying.channel.values() == {"before": "the job's id"}

    assert trying.later(outcome).kind is OutcomeKind.SUCCESS
    assert trying.result == ["now", {}, "2024-01-15", "the job's id"]
    assert Yields.seen == ["slept", "slept", "cleaned up"]


def test_a_trigger_that_polls_is_looked_at_after_growing_pauses():
    """What never comes: the pauses double up to a minute, are the same when asked again, and nothing is cleaned up."""
    trying = Trying(a_dag(trigger=CancelsItsJob()))
    outcome, pauses = trying.attempt(), []
    for _ in range(6):
        pauses.append(outcome.resume_at - time.time())
        outcome = trying.later(outcome)
    for number, pause in enumerate(pauses):
        rule = min(5 * 2**number, 60)
        assert 0.8 * rule - 0.1 <= pause <= 1.2 * rule + 0.1
    assert len({round(pause / min(5 * 2**number, 60), 2) for number, pause in enumerate(pauses)}) > 1
    assert Yields.seen == []


def test_many_short_sleeps_are_over_when_their_time_is():
    """A trigger that counts 600 seconds one by one fires after as long, though no slice is that long."""
    trying = Trying(a_dag(trigger=Yields("now", 600, 1)))
    outcome = trying.attempt()
    for _ in range(60):
        if outcome.kind is not OutcomeKind.DEFERRED:
            break
        outcome = trying.later(outcome)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert 599 <= trying.now - BEGAN <= 700


def test_a_trigger_that_takes_its_time_to_look_is_not_hurried():
    """Sleeps count only as long as they take no real time: a trigger that polls is not made to poll again and again."""

    class Looks(Yields):
        async def run(self):
            while self.steps == 0:
                time.sleep(0.03)
                self.seen.append("looked")
                await asyncio.sleep(1)
            yield self.event()

    found = run_slice(Looks(), 0.2, slept=3600, patience=5)
    assert found.event is None
    assert found.asleep == pytest.approx(1, abs=0.1)
    assert 2 <= len(Yields.seen) <= 4


@pytest.mark.parametrize("whence", ["thread", "pipe"])
def test_waiting_for_an_answer_is_no_sleep(whence):
    """Though there is a timer that says how long to wait for it at most."""
    trying = Trying(a_dag(trigger=Hears(whence)))
    assert trying.attempt().kind is OutcomeKind.SUCCESS
    assert trying.result[0] == "found"


@pytest.mark.parametrize("trigger", [DateTimeTrigger, TimeDeltaTrigger])
def test_a_moment_is_met_exactly_and_never_run(trigger, monkeypatch):
    """The next attempt starts at the moment, without a slice, and goes on with it as event."""
    monkeypatch.setattr(slices, "run_slice", None)
    moment = datetime.now(UTC) + timedelta(hours=1)
    trying = Trying(a_dag(trigger=trigger(moment if trigger is DateTimeTrigger else timedelta(hours=1))))
    outcome = trying.attempt()
    assert outcome.resume_at == pytest.approx(moment.timestamp(), abs=0.5)
    assert trying.later(outcome).kind is OutcomeKind.SUCCESS
    assert trying.result[0] == moment if trigger is DateTimeTrigger else trying.result[0] > moment


def test_a_moment_that_has_passed_goes_on_at_once():
    """There is nothing to wait for."""
    trying = Trying(a_dag(trigger=DateTimeTrigger(datetime(2024, 1, 1, tzinfo=UTC))))
    assert trying.attempt().kind is OutcomeKind.SUCCESS


def test_an_attempt_that_comes_too_early_waits_on():
    """By brisa's clock, which may not be this machine's, the moment is still to come."""
    trying = Trying(a_dag(trigger=TimeDeltaTrigger(timedelta(hours=1))))
    trying.attempt()
    trying.now += 1800
    trying.channel.next_attempt()
    again = trying.attempt()
    assert again.kind is OutcomeKind.DEFERRED
    assert again.resume_at - time.time() == pytest.approx(1800, abs=1)


@pytest.mark.parametrize("bad", ["2024-01-01", datetime(2024, 1, 1), None])
def test_a_moment_must_be_an_aware_datetime(bad):
    """As in Airflow."""
    with pytest.raises((TypeError, ValueError), match="DateTimeTrigger"):
        DateTimeTrigger(bad)


def test_files(tmp_path):
    """FileTrigger and FileDeleteTrigger look, and look again after their interval; the second deletes the file."""
    file = tmp_path / "in" / "x.csv"
    trying = Trying(a_dag(trigger=FileTrigger(str(tmp_path / "*" / "x.csv"), poke_interval=30)))
    outcome = trying.attempt()
    assert outcome.resume_at - time.time() == pytest.approx(30, abs=1)
    file.parent.mkdir()
    file.write_text("1")
    assert trying.later(outcome).kind is OutcomeKind.SUCCESS
    assert trying.result[0] is True

    assert Trying(a_dag(trigger=FileDeleteTrigger(str(file)))).attempt().kind is OutcomeKind.SUCCESS
    assert not Path(file).exists()
    assert Trying(a_dag(trigger=FileDeleteTrigger(str(file)))).attempt().kind is OutcomeKind.DEFERRED


BAD = [
    (YieldsGarbage(), "TriggerError: the trigger yielded 3, a int; it must yield a TriggerEvent"),
    (Raises(), "ValueError: the service is gone"),
    (Ends(), "TriggerError: the trigger ended without an event"),
    (Coroutine(), "TriggerError: Coroutine.run() gave a coroutine; it must be an `async def` with a `yield`"),
    (Yields(steps="three"), "TypeError: 'str' object cannot be interpreted as an integer"),
]


@pytest.mark.parametrize(("trigger", "error"), BAD)
def test_a_bad_trigger_fails_the_try(trigger, error, caplog):
    """The try fails as Airflow's does when a trigger fails, and may be tried again; callbacks are called."""
    failed = []
    trying = Trying(a_dag(trigger=trigger, on_failure_callback=lambda context: failed.append(context["exception"])))
    outcome = trying.attempt()
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.retryable
    assert outcome.error == f"TaskDeferralError: Trigger failure: {error}"
    assert [type(one) for one in failed] == [TaskDeferralError]
    assert Yields.seen == ["cleaned up"]
    assert ("Traceback" in caplog.text) == ("TriggerError" not in error)


class Unmade(Yields):
    def __init__(self, **kwargs):
        super().__init__()
        if kwargs:
            raise RuntimeError("not twice")


class Unknown(Yields):
    def serialize(self):
        return "nowhere.at.all.Trigger", {}


@pytest.mark.parametrize(
    ("trigger", "error"), [(Unmade(), "RuntimeError: not twice"), (Unknown(), "No module named 'nowhere'")]
)
def test_a_trigger_that_can_not_be_made_again_fails_the_try(trigger, error):
    """It is made from what serialize() told already in the first attempt, so that this shows at once."""
    assert error in Trying(a_dag(trigger=trigger)).attempt().error


class NoPair(Yields):
    def serialize(self):
        return "only the path"


@pytest.mark.parametrize(
    ("trigger", "kwargs", "error"),
    [
        (NoPair(), None, "NoPair.serialize() gave 'only the path'; it must give the class path and a dict"),
        (Yields(object()), None, "can't be kept while the task is deferred"),
        (Yields(), {"f": print}, "the arguments of done() can't be kept"),
    ],
)
def test_what_can_not_be_kept_fails_the_try(trigger, kwargs, error):
    """The message says what it is, before anybody waits."""
    assert error in Trying(a_dag(trigger=trigger, kwargs=kwargs)).attempt().error


def test_a_missing_method_fails_the_try():
    """As a missing method does in Airflow."""
    assert "no attribute 'gone'" in Trying(a_dag(trigger=Yields(), method="gone")).attempt().error


def test_a_trigger_that_blocks_its_loop_is_interrupted(monkeypatch):
    """Blocking for longer than is bearable is a failure; the message says what to do."""
    monkeypatch.setattr(slices, "BLOCKED_LIMIT", 0.1)
    begun = time.monotonic()
    outcome = Trying(a_dag(trigger=Blocks())).attempt()
    assert "has blocked its event loop for 0.3 s; it must await what it waits for" in outcome.error
    assert time.monotonic() - begun < 5


def test_a_trigger_that_exits_is_a_task_that_exits():
    """sys.exit() in a trigger must not end the attempt without an outcome."""
    assert Trying(a_dag(trigger=Exits())).attempt().error == "the task called sys.exit(3)"


@pytest.mark.parametrize("timeout", [timedelta(minutes=2), 120])
def test_a_trigger_that_never_fires_times_out(timeout):
    """At its deadline the trigger is looked at once more, then cancelled, and the try fails."""
    failed = []
    dag = a_dag(
        trigger=CancelsItsJob(),
        timeout=timeout,
        on_failure_callback=lambda context: failed.append(context["exception"]),
    )
    trying = Trying(dag)
    outcome = trying.attempt()
    while outcome.kind is OutcomeKind.DEFERRED:
        outcome = trying.later(outcome)
    assert outcome.error == "TaskDeferralTimeout: Trigger timeout"
    assert [type(one) for one in failed] == [TaskDeferralTimeout]
    assert trying.now == pytest.approx(BEGAN + 120, abs=1)
    assert Yields.seen == ["job cancelled", "cleaned up"]


def test_a_moment_beyond_the_deadline_times_out_at_the_deadline():
    """The earlier of the two counts."""
    trying = Trying(a_dag(trigger=TimeDeltaTrigger(timedelta(hours=1)), timeout=60))
    outcome = trying.later(trying.attempt())
    assert outcome.error == "TaskDeferralTimeout: Trigger timeout"
    assert trying.now == pytest.approx(BEGAN + 60, abs=1)


def test_the_execution_timeout_counts_from_the_first_attempt():
    """Time spent deferred counts, as Airflow's page on deferring says; the task is told to clean up."""
    trying = Trying(a_dag(trigger=CancelsItsJob(), execution_timeout=timedelta(seconds=30)))
    outcome = trying.attempt()
    while outcome.kind is OutcomeKind.DEFERRED:
        outcome = trying.later(outcome)
    assert outcome.error == "AirflowTaskTimeout: the task ran longer than its execution_timeout of 30 s"
    assert trying.now == pytest.approx(BEGAN + 30, abs=1)
    assert Yields.seen == ["killed"]


class WorksOn(Defers):
    def done(self, context, event=None, **kwargs):
        time.sleep(30)


def test_the_rest_of_the_execution_timeout_ends_the_method_that_goes_on():
    """A resumed attempt has only what is left of it."""
    trying = Trying(
        a_dag(WorksOn, trigger=TimeDeltaTrigger(timedelta(minutes=1)), execution_timeout=timedelta(seconds=60.3))
    )
    begun = time.monotonic()
    outcome = trying.later(trying.attempt())
    assert outcome.error == "AirflowTaskTimeout: the task ran longer than its execution_timeout of 60.3 s"
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("trigger", "kind", "result"),
    [
        (Succeeds("x"), OutcomeKind.SUCCESS, "x"),
        (Skips(), OutcomeKind.SKIPPED, None),
        (Fails(), OutcomeKind.FAILED, None),
        (DateTimeTrigger(datetime(2024, 1, 1, tzinfo=UTC), end_from_trigger=True), OutcomeKind.SUCCESS, None),
    ],
)
def test_a_trigger_may_end_the_task(trigger, kind, result):
    """Then nothing of the operator goes on, and a failure is final, as in Airflow."""
    trying = Trying(a_dag(trigger=trigger))
    outcome = trying.attempt()
    assert outcome.kind is kind
    assert outcome.retryable is (kind is not OutcomeKind.FAILED)
    assert trying.result == result


class Starts(Defers):
    start_from_trigger = True
    start_trigger_args: StartTriggerArgs | None = StartTriggerArgs(
        f"{Yields.__module__}.Yields", "done", {"what": 5}, {"more": 6}, timedelta(1)
    )

    def execute(self, context):
        raise AssertionError


def test_a_task_may_start_from_its_trigger():
    """With start_from_trigger nothing of execute() is called."""
    trying = Trying(a_dag(Starts, trigger=None))
    assert trying.attempt().kind is OutcomeKind.SUCCESS
    assert trying.result == [5, {"more": 6}, "", None]


def test_a_task_that_defers_itself_for_ever_gives_way():
    """Triggers that fire at once go on in the same attempt only so often."""
    outcome = Trying(a_dag(trigger=Yields(), method="again")).attempt()
    assert outcome.kind is OutcomeKind.DEFERRED


class SoftlyFails(Defers):
    def resume_execution(self, next_method, next_kwargs, context):
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralError as error:
            raise AirflowSkipException("not today") from error


def test_an_operator_may_take_its_trigger_s_failure_otherwise():
    """resume_execution can be overridden, as Airflow's sensors do."""
    assert Trying(a_dag(SoftlyFails, trigger=Raises())).attempt().kind is OutcomeKind.SKIPPED


def test_the_signal_is_raised_as_airflow_raises_it():
    """`raise TaskDeferred(…)` is the same as `self.defer(…)`; a timeout that is none is refused."""
    soon: Any = "soon"
    with pytest.raises(ValueError, match="must be a timedelta"):
        TaskDeferred(trigger=Yields(), method_name="done", timeout=soon)


def test_a_silly_setting_is_told(monkeypatch):
    """BRISA_TRIGGER_SLICE must be a number of seconds."""
    monkeypatch.setenv("BRISA_TRIGGER_SLICE", "long")
    assert "BRISA_TRIGGER_SLICE is 'long'" in Trying(a_dag(trigger=Yields())).attempt().error


def test_events_are_told_apart():
    """Events compare by what they are and carry."""
    assert TriggerEvent(1) == TriggerEvent(1) != TriggerEvent(2)
    assert TaskSuccessEvent() != TaskSkippedEvent()
    assert repr(TriggerEvent("x")) == "TriggerEvent<'x'>"
    assert repr(FileTrigger("/x")).startswith("<brisa.authoring.triggers.FileTrigger filepath=/x")


def test_a_file_in_a_folder_fires_once_and_is_gone(tmp_path):
    """Only its own file counts; the event tells where it was."""
    trigger = DirectoryFileDeleteTrigger(directory=str(tmp_path), filename="us.flag")
    path, kwargs = trigger.serialize()
    assert path.endswith("DirectoryFileDeleteTrigger")
    assert vars(DirectoryFileDeleteTrigger(**kwargs)) == vars(trigger)
    for name in ("us.flag", "eu.flag"):
        (tmp_path / name).touch()

    async def first():
        return [event async for event in trigger.run()]

    assert asyncio.run(first()) == [TriggerEvent({"filepath": str(tmp_path / "us.flag")})]
    assert [found.name for found in tmp_path.iterdir()] == ["eu.flag"]


class Told(Yields):
    """A trigger that never fires, and says that it was told to end what it waits for."""

    async def run(self):
        if self.what == "stopped":
            raise AirflowTaskTerminated("as if it were told to end by a signal")
        await asyncio.sleep(3600)
        yield TriggerEvent()

    async def on_kill(self):
        self.seen.append(f"told of {self.task_instance.task_id}")
        await asyncio.sleep(0)
        if self.what == "fails":
            raise ValueError("on purpose")


@pytest.mark.parametrize("payload", ["ends", "fails"])
def test_a_trigger_is_told_that_its_task_was_ended(payload, caplog):
    """Made anew, by an attempt that does nothing else; then it cleans up. What it raises is in the log."""
    trying = Trying(a_dag(trigger=Told(payload)))
    assert trying.attempt().kind is OutcomeKind.DEFERRED
    trying.channel.next_attempt()
    outcome, channel = run_task(trying.dag, channel=trying.channel, seq=1, kill=True)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert Yields.seen == ["told of t", "cleaned up"]
    assert DEFERRAL not in channel.pushed
    assert ("ValueError: on purpose" in caplog.text) == (payload == "fails")


def test_a_trigger_is_told_that_its_task_is_ended_while_it_runs():
    """In the middle of a slice, and so is its operator; the slice has let it clean up."""
    assert Trying(a_dag(trigger=Told("stopped"))).attempt().kind is OutcomeKind.FAILED
    assert Yields.seen == ["cleaned up", "told of t", "killed"]


def test_without_a_trigger_nobody_is_told():
    """The task was not deferred."""
    outcome, _ = run_task(a_dag(trigger=Told("ends")), kill=True)
    assert (outcome.kind, Yields.seen) == (OutcomeKind.SUCCESS, [])
