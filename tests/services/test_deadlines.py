"""Deadlines over fakes: when runs get which, and that somebody is told once, whatever crashes."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from brisa.model.run import AttemptKey, Outcome
from brisa.model.spec import DeadlineKind, DeadlineSpec
from brisa.model.states import OutcomeKind, RunState, RunType, TaskState
from brisa.ports.store import Update
from tests.support.builders import dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import SUCCESS, Site

HOUR = 3600.0
WITHIN_AN_HOUR = DeadlineSpec(kind=DeadlineKind.QUEUED_AT, interval=HOUR)
FIRST = "@deadline[0]"


def late_site(*, wide_above: int | None = None) -> Site:
    """A site whose task ``a`` is a sensor that sees nothing for two hours."""
    site = Site(dag(task("a"), task("b", "a"), deadlines=(WITHIN_AN_HOUR,)), wide_above=wide_above)
    begun = site.clock.now()

    def waits(_: AttemptKey) -> Outcome:
        if site.clock.now() >= begun + 2 * HOUR:
            return SUCCESS
        return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=begun + 2 * HOUR)

    site.supervisor._plays = {"a": waits}
    return site


def test_a_late_run_has_its_callback_called_once_and_ends() -> None:
    """Given a run that takes two hours, when its hour is over, somebody is told; the run ends as it would have."""
    site = late_site()
    run = site.trigger()
    assert run.deadlines == (run.queued_at + HOUR,)
    site.work()
    ended = site.run(run.key)
    assert site.supervisor.told == [(0, ())]
    assert (ended.state, ended.next_check_at, ended.task(FIRST).state) == (RunState.SUCCESS, None, TaskState.SUCCESS)
    attempt = site.store.attempt(AttemptKey("d", run.run_id, "@deadline", 0))
    assert attempt is not None
    assert attempt.record.log


def test_a_run_in_time_costs_what_any_run_costs() -> None:
    """No read, write or message more."""
    totals = []
    for deadlines in ((), (WITHIN_AN_HOUR,)):
        site = Site(dag(task("a"), task("b", "a"), deadlines=deadlines))
        site.trigger()
        site.work()
        totals.append(site.counts.totals())
        assert site.supervisor.told == []
    assert totals[0] == totals[1]


def test_a_run_that_waits_for_room_is_looked_after() -> None:
    """It has not begun by its moment: somebody is told."""
    site = late_site()
    dag_document = site.store.dag("d")
    assert dag_document is not None
    site.store.commit(Update(replace(dag_document.record, paused=True), dag_document.revision))
    run = site.trigger()
    assert (run.state, run.next_check_at) == (RunState.QUEUED, run.queued_at + HOUR)
    site.work()
    assert site.supervisor.told == [(0, ())]
    assert site.run(run.key).state is RunState.QUEUED


@pytest.mark.parametrize("folded", [None, 0], ids=["narrow", "wide"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_somebody_is_told_whatever_crashes(after: bool, folded: int | None) -> None:
    """The process ends before, or after, each port call in turn; the sweep alone sees to the rest."""
    number, blown = 0, True
    while blown:
        site = late_site(wide_above=folded)
        site.start(Fuse(blow_at=number, after=after))
        try:
            site.trigger_and_work()
            blown = False
        except Crash:
            site.start()
        found = site.store.runs("d")
        run = found[0].record if found else site.trigger()
        site.work()
        assert set(site.supervisor.told) == {(0, ())}, f"call {number}"
        assert len(site.supervisor.told) <= 1 + blown, f"call {number}"
        assert site.states(run.key) == {"a": "success", "b": "success"}, f"call {number}"
        assert site.store.next_due() is None
        number += 1
    assert number > 20


@pytest.mark.parametrize(("least", "known"), [(1, True), (2, True), (3, False)])
def test_an_average_needs_enough_runs_that_have_ended(least: int, known: bool) -> None:
    """The latest count, whatever came of them; with too few there is no deadline, as in Airflow."""
    usual = DeadlineSpec(kind=DeadlineKind.AVERAGE_RUNTIME, interval=60.0, max_runs=2, min_runs=least)
    site = Site(dag(task("a"), deadlines=(usual,)))
    took = iter([1000.0, 100.0, 300.0])

    def works(_: AttemptKey) -> Outcome:
        site.clock.advance(next(took, 0.0))
        return SUCCESS

    site.supervisor._plays = {"a": works}
    for number in range(3):
        site.trigger(run_id=f"r{number}")
        site.work()
        site.clock.advance(1)
    run = site.trigger(run_id="now")
    average = None if run.deadlines[0] is None else run.deadlines[0] - run.queued_at - 60.0
    assert average == (pytest.approx(200.0, abs=1.0) if known else None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90.0), (None, None), ("soon", None), ("-1", None), ("1.5", None), ("9" * 400, None)]
)
def test_an_interval_may_be_a_variable(
    text: str | None, seconds: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Read when a run is made; where it says no number of seconds, the log does, and the run has no deadline."""
    site = Site(dag(task("a"), deadlines=(replace(WITHIN_AN_HOUR, variable="limit"),)))
    site.store.set_variables([("limit", text)])
    with caplog.at_level(logging.ERROR):
        run = site.trigger()
    assert run.deadlines == (None if seconds is None else run.queued_at + seconds,)
    assert ("the Variable 'limit' must be a whole number of seconds" in caplog.text) == (seconds is None)


def test_an_sla_names_the_tasks_that_are_late() -> None:
    """Of a scheduled run, when its data interval has been over for an hour."""
    sla = DeadlineSpec(kind=DeadlineKind.SLA, interval=HOUR, tasks=("a", "b", "c"))
    site = Site(dag(task("a"), task("b", "a"), task("c"), deadlines=(sla,)))
    begun = site.clock.now()
    site.supervisor._plays = {
        "b": lambda _: (
            SUCCESS
            if site.clock.now() >= begun + 2 * HOUR
            else Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=begun + 2 * HOUR)
        )
    }
    day = datetime.fromtimestamp(begun, UTC)
    run = site.trigger(run_type=RunType.SCHEDULED, logical_date=day, interval=(day, day))
    site.work()
    assert site.supervisor.told == [(0, ("b",))]
    assert site.run(run.key).state is RunState.SUCCESS


def test_who_is_told_makes_no_run_wide() -> None:
    """Only tasks' attempts count; there is one of each here, and a run with more than one is wide."""
    site = Site(dag(task("a"), deadlines=(WITHIN_AN_HOUR,)), wide_above=1)
    run = site.trigger()
    assert site.worker._folding is not None
    site.clock.advance(HOUR)
    site.planner.sweep(run.key)
    run = site.run(run.key)
    assert [instance.state.waiting for instance in run.tasks.values()] == [True, True]
    assert not site.worker._folding.is_wide(run)
