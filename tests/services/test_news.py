"""What people hear of, and what is counted: each fact once, from where it is decided."""

from __future__ import annotations

import logging

import pytest

from brisa.engine.stuck import SENDS
from brisa.model.dag import ImportFailure
from brisa.model.events import Lost, Mark, MarkRun
from brisa.model.run import AttemptKey, Outcome
from brisa.model.states import OutcomeKind, RunState, TaskState
from brisa.model.trace import trace_of
from brisa.runtime.supervisor import Report
from brisa.services.news import News
from tests.support.builders import dag, task
from tests.support.site import DAY, Site

BROKEN = Outcome(kind=OutcomeKind.FAILED, error="ValueError: no")
SUCCESS = Outcome(kind=OutcomeKind.SUCCESS)
LOST = Report(outcome=BROKEN, lost=True)


def fail(_):
    """A task that always does."""
    return BROKEN


@pytest.fixture
def told(caplog):
    """What the log has said: (level, text, its fields)."""
    caplog.set_level(logging.INFO, "brisa")
    return lambda: [
        (record.levelname, record.getMessage(), record.about)
        for record in caplog.records
        if record.name == "brisa.services.news"
    ]


def events(told):
    """Of each line which fact it tells."""
    return [about["event"] for _, _, about in told()]


def test_a_run_that_ends_well(told):
    """Is counted, with its tasks and how long everything took, and nobody need hear of it."""

    def slow(_):
        site.clock.advance(7)
        return SUCCESS

    site = Site(dag(task("a"), task("b", "a")), {"a": slow})
    site.trigger_and_work()

    assert site.telemetry.counts == {
        ("brisa.dag_run.ended", "d", "success"): 1,
        ("brisa.task_instance.ended", "d", "success"): 2,
    }
    assert site.telemetry.records["brisa.dag_run.duration", "d", "success"] == [7.0]
    assert site.telemetry.records["brisa.task_instance.duration", "d", "success"] == [7.0, 0.0]
    assert site.telemetry.records["brisa.task_instance.queue_delay", "d"] == [0.0, 0.0]
    assert told() == []


def test_a_run_that_fails(told):
    """Its task and itself are told of, with the error, how long it took and what had failed."""
    site = Site(dag(task("a"), task("b", "a")), {"a": fail})
    run = site.trigger_and_work()

    (level, text, about), (run_level, run_text, of_run) = told()
    assert (level, text) == (
        "ERROR",
        f"task a of run {run.run_id} of DAG d, try 1 has failed: ValueError: no",
    )
    key = {"dag_id": "d", "run_id": run.run_id}
    assert about == {"event": "task_failed", **key, "task_id": "a", "map_index": -1, "try_number": 1}
    assert (run_level, run_text) == ("ERROR", f"run {run.run_id} of DAG d has failed after 0.0 s; failed tasks: a")
    assert of_run == {"event": "run_failed", **key, "seconds": 0.0, "tasks": ["a"]}
    assert site.telemetry.counts == {
        ("brisa.task_instance.ended", "d", "failed"): 1,
        ("brisa.task_instance.ended", "d", "upstream_failed"): 1,
        ("brisa.dag_run.ended", "d", "failed"): 1,
    }


def test_a_try_that_fails_is_not_the_end(told):
    """While retries are left nobody hears of it; each try is due anew, so its delay is not a delay."""
    plays = iter([BROKEN, SUCCESS])
    site = Site(dag(task("a", retries=1, retry_delay=600.0)), {"a": lambda _: next(plays)})
    site.trigger_and_work()

    assert told() == []
    assert site.telemetry.counts["brisa.task_instance.ended", "d", "success"] == 1
    assert site.telemetry.records["brisa.task_instance.queue_delay", "d"] == [0.0, 0.0]


def test_work_that_waits():
    """The delay of an attempt counts from when it was due."""
    site = Site(dag(task("a")))
    site.trigger()
    site.clock.advance(12.0)
    site.work()
    assert site.telemetry.records["brisa.task_instance.queue_delay", "d"] == [12.0]


def test_a_lost_attempt(told):
    """Once for each worker that is lost, whoever finds it."""
    plays = iter([LOST, LOST])
    site = Site(dag(task("a")), {"a": lambda _: next(plays, SUCCESS)})
    site.trigger_and_work()

    assert events(told) == ["attempt_lost"] * 2
    assert told()[0][0] == "WARNING"
    assert site.telemetry.counts["brisa.attempt.lost", "d"] == 2


def test_a_loss_that_is_no_news(told):
    """Of an attempt that the run has got past nobody hears, whatever else has changed the run in the same commit."""
    site = Site(dag(task("a"), task("b"), task("c")))
    run = site.trigger()
    site.handle(site.take())  # a ends
    over, other = AttemptKey("d", run.run_id, "a"), AttemptKey("d", run.run_id, "b", seq=7)
    mark = Mark(task_ids=("c",), state=TaskState.SUCCESS)
    site.runs.change(run.key, lambda _: [Lost(attempt=over), Lost(attempt=other), mark])
    assert events(told) == []
    assert site.telemetry.counts == {("brisa.task_instance.ended", "d", "success"): 2}


def test_a_failed_task_that_is_marked(told):
    """It has ended twice: failed, and then by a person's word, so has its run."""
    site = Site(dag(task("a")), {"a": fail})
    run = site.trigger_and_work()
    site.runs.change(run.key, lambda _: [Mark(task_ids=("a",), state=TaskState.SUCCESS)])
    assert events(told) == ["task_failed", "run_failed"]
    assert site.telemetry.counts["brisa.task_instance.ended", "d", "success"] == 1
    assert site.telemetry.counts["brisa.dag_run.ended", "d", "success"] == 1


def test_a_lost_message(told):
    """The sweep sends it again, which is a repair; a run whose message is sent again and again is stuck."""
    site = Site(dag(task("a")))
    run = site.trigger()
    for _ in range(SENDS):
        site.queue.done(site.take().name)
        site.clock.advance((site.run(run.key).next_check_at or 0.0) - site.clock.now())
        site.planner.tick()

    repaired = ["repaired"] * (SENDS - 1)
    assert events(told) == [*repaired, "run_stuck", "repaired"]
    assert site.telemetry.counts["brisa.sweep.repairs", "resent"] == SENDS
    assert site.telemetry.counts["brisa.dag_run.stuck", "d"] == 1
    (stuck,) = [text for _, text, about in told() if about["event"] == "run_stuck"]
    assert stuck == f"run {run.run_id} of DAG d is stuck: no worker has taken the message for a, which was sent 5 times"

    site.work()
    assert events(told)[-1] == "repaired", "it goes on, and that it was stuck is past"


def test_what_the_sweep_finds(told):
    """An attempt whose worker has gone without a word is lost, and that is a repair."""
    site = Site(dag(task("a")))
    site.trigger()
    message = site.take()
    site.worker._claim(message)
    site.work()
    assert events(told) == ["attempt_lost", "repaired"]
    assert site.telemetry.counts["brisa.sweep.repairs", "lost"] == 1


def test_a_sweep_with_nothing_to_repair(told):
    """That an attempt was claimed, and runs, is none."""
    site = Site(dag(task("a")))
    run = site.trigger()
    message = site.take()
    site.worker._claim(message)
    site.planner.sweep(run.key)
    assert events(told) == []
    assert not [series for series in site.telemetry.counts if series[0] == "brisa.sweep.repairs"]


def test_what_people_do(told):
    """Whoever ends a run by hand is not told of it by an alert's line twice: one line, and one count."""
    site = Site(dag(task("a"), task("b", "a")))
    run = site.trigger()
    site.runs.change(run.key, lambda _: [Mark(task_ids=("a",), state=TaskState.SUCCESS)])
    site.runs.change(run.key, lambda _: [MarkRun(state=RunState.FAILED)])
    site.runs.change(run.key, lambda _: [MarkRun(state=RunState.FAILED)])

    assert events(told).count("run_failed") == 1
    assert site.telemetry.counts["brisa.dag_run.ended", "d", "failed"] == 1
    assert site.telemetry.counts["brisa.task_instance.ended", "d", "success"] == 1
    assert not site.telemetry.records.get(("brisa.task_instance.duration", "d", "success"))


def test_a_file_that_does_not_load(told):
    """Each failure is a line, with the first line of what is wrong; the file counts once."""
    site = Site(dag(task("a")))
    one = ImportFailure(file="x.py", message="x.py:3: ValueError: no\nand more")
    site.news.file_failed([one, ImportFailure(file="x.py", message="x.py:9: twice")])

    assert [text for _, text, _ in told()] == ["does not load: x.py:3: ValueError: no", "does not load: x.py:9: twice"]
    assert told()[0][2] == {"event": "file_failed", "file": "x.py"}
    assert site.telemetry.counts == {("brisa.dag_file.failed", "x.py"): 1}


def test_a_command_is_silent(told):
    """Who is not asked to speak aloud counts, and leaves the log alone."""
    site = Site(dag(task("a")), {"a": fail})
    site.runs._news = News(site.telemetry)
    site.trigger_and_work()
    assert told() == []
    assert site.telemetry.counts["brisa.dag_run.ended", "d", "failed"] == 1


def test_spans():
    """An attempt has one, with its parts within; where no message brings a trace, all are in the run's own."""
    site = Site(dag(task("a")), {"a": fail})
    run = site.trigger(logical_date=DAY)
    site.planner.tick()
    site.work()

    tick, attempt, *parts = site.telemetry.spans
    assert (tick.name, tick.parent) == ("tick", None)
    assert (attempt.name, attempt.parent) == ("attempt", trace_of(run.key))
    assert attempt.attributes == {
        "dag_id": "d",
        "run_id": run.run_id,
        "task_id": "a",
        "map_index": -1,
        "try_number": 1,
    }
    assert [(span.name, span.parent, span.attributes) for span in parts] == [
        ("claim", attempt.trace, {}),
        ("execute", attempt.trace, {}),
        ("finish", attempt.trace, {"outcome": "failed"}),
    ]
    assert all(span.ended and not span.error for span in site.telemetry.spans)
    assert len(site.telemetry.records["brisa.planner.tick.duration",]) == 1
