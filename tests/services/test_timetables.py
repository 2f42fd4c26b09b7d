"""Custom timetables: the planner has a worker ask them, and whatever they do, it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brisa.errors import UnavailableError
from brisa.model.dag import Dag
from brisa.model.run import Outcome
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import OutcomeKind, RunType
from brisa.model.work import NextRun
from brisa.ports.store import Put, Update
from brisa.runtime.request import ANSWER
from brisa.runtime.supervisor import Report
from brisa.services.pausing import set_paused
from brisa.services.planner import to_ask
from brisa.services.timetables import AFTER_AN_ERROR
from tests.support.builders import dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import SUCCESS, Site

CUSTOM = ScheduleSpec(kind=ScheduleKind.TIMETABLE, summary="Mine")


def answering(start: datetime, end: datetime) -> Report:
    """A timetable's answer: a run for that interval, when it is over."""
    return Report(outcome=SUCCESS, xcoms={ANSWER: [start.isoformat(), end.isoformat(), end.isoformat()]})


class Hourly:
    """Plays a timetable that gives an hour after the other, so many in all, the first an hour ago."""

    def __init__(self, site: Site, runs: int) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._first = datetime.fromtimestamp(site.clock.now(), UTC) - timedelta(hours=1)
        self._runs = runs

    def __call__(self, question: Mapping[str, Any]) -> Report:
        self.asked.append(question)
        start = datetime.fromisoformat(question["last"][1]) if question["last"] else self._first
        if (start - self._first) / timedelta(hours=1) >= self._runs:
            return Report(outcome=SUCCESS, xcoms={ANSWER: None})
        return answering(start, start + timedelta(hours=1))


def site_of(**more: Any) -> Site:
    """A site whose DAG has a timetable that was not asked yet."""
    site = Site(replace(dag(task("t0")), schedule=CUSTOM, catchup=True, file="mine.py"), **more)
    stored = site.store.dag("d")
    assert stored is not None
    site.store.commit(Update(replace(stored.record, **to_ask(site.clock.now())), stored.revision))
    return site


def document(site: Site) -> Dag:
    """The DAG document."""
    stored = site.store.dag("d")
    assert stored is not None
    return stored.record


def questions(site: Site) -> list[NextRun]:
    """The questions in the queue."""
    found = site.queue.take(float("inf"), limit=100, owner="x")
    site.queue.done(*(one.name for one in found))
    return [one for one in found if isinstance(one, NextRun)]


def test_runs_are_those_that_the_timetable_gives() -> None:
    """One after another, each when it is due, until there is none."""
    site = site_of()
    timetable = site.supervisor.timetable = Hourly(site, runs=3)
    began = site.clock.now()
    site.planner.tick()
    site.work()
    runs = sorted((one.record for one in site.store.runs("d")), key=lambda run: run.run_after)
    assert [run.run_after - began for run in runs] == [0, 3600, 7200]
    assert all(run.run_type is RunType.SCHEDULED and run.state.terminal for run in runs)
    assert [run.data_interval_end for run in runs[:-1]] == [run.data_interval_start for run in runs[1:]]
    assert [question["last"] is None for question in timetable.asked] == [True, False, False, False]
    assert timetable.asked[0]["catchup"] is True
    assert (document(site).next_run_at, document(site).problem) == (None, "")


def test_the_planner_does_not_wait() -> None:
    """It sends the question, and asks again only when nothing came of it for a while."""
    site = site_of(ahead=60.0, hands_on=True)
    for _ in range(3):
        site.planner.tick()
    assert len(questions(site)) == 1
    site.clock.advance(300)
    site.planner.tick()
    assert len(questions(site)) == 1


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (Report(outcome=Outcome(kind=OutcomeKind.FAILED, error="line 9: ValueError: no idea")), "ValueError: no idea"),
        (Report(outcome=SUCCESS, xcoms={ANSWER: "soon"}), "the answer 'soon' is no run"),
    ],
)
def test_an_error_is_noted_with_file_and_dag(report: Report, told: str) -> None:
    """It is told, the timetable is asked again later, and a good answer takes the error back."""
    site = site_of()
    site.supervisor.timetable = lambda _: report
    site.planner.tick()
    (question,) = questions(site)
    site.handle(question)
    assert document(site).problem.startswith("mine.py, DAG 'd': its timetable does not tell the next run: ")
    assert told in document(site).problem
    assert document(site).next_run_at == site.clock.now() + AFTER_AN_ERROR
    site.supervisor.timetable = Hourly(site, runs=1)
    site.clock.advance(AFTER_AN_ERROR)
    site.planner.tick()
    site.work()
    assert document(site).problem == ""
    assert len(site.store.runs("d")) == 1


def test_a_lost_process_is_no_answer() -> None:
    """The queue delivers the question again."""
    site = site_of()
    site.supervisor.timetable = lambda _: Report(outcome=SUCCESS, lost=True)
    site.planner.tick()
    (question,) = questions(site)
    with pytest.raises(UnavailableError):
        site.handle(question)
    assert document(site).asks
    assert document(site).problem == ""


@pytest.mark.parametrize(
    "change",
    [{"active": False}, {"version": "v2"}, {"next_start": datetime(2024, 1, 1, tzinfo=UTC)}, {"next_run_at": None}],
)
def test_an_answer_that_nobody_waits_for_changes_nothing(change: dict[str, Any]) -> None:
    """The DAG is gone, has another version or was answered, before it is asked or while it is."""
    for meanwhile in (False, True):
        site = site_of()
        hourly = Hourly(site, runs=1)
        site.store.commit(Put(replace(site.version, version="v2", spec=dag(task("t0")))))

        def alter(site: Site = site) -> None:
            stored = site.store.dag("d")
            assert stored is not None
            site.store.commit(Update(replace(stored.record, **change), stored.revision))

        def answer(question: Mapping[str, Any], hourly: Hourly = hourly, alter: Any = alter) -> Report:
            alter()
            return hourly(question)

        site.planner.tick()
        (question,) = questions(site)
        if not meanwhile:
            alter()
        site.supervisor.timetable = answer if meanwhile else hourly
        site.handle(question)
        altered = document(site)
        assert all(getattr(altered, name) == value for name, value in change.items())
        assert len(hourly.asked) == meanwhile
        assert altered.last_start is None


def test_an_answer_is_noted_though_the_dag_has_changed() -> None:
    """Its runs begin and end meanwhile: that is no other question."""
    site = site_of()
    hourly = Hourly(site, runs=1)

    def answer(question: Mapping[str, Any]) -> Report:
        site.trigger()
        return hourly(question)

    site.supervisor.timetable = answer
    site.planner.tick()
    (question,) = [one for one in site.queue.take(float("inf"), limit=9, owner="x") if isinstance(one, NextRun)]
    site.handle(question)
    assert not document(site).asks
    assert document(site).active_runs


def test_unpausing_asks_anew() -> None:
    """What the timetable said before the DAG was paused may be long past."""
    site = site_of()
    set_paused(site.store, site.clock, "d", True)
    site.planner.tick()
    assert questions(site) == []
    set_paused(site.store, site.clock, "d", False)
    site.planner.tick()
    assert len(questions(site)) == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_anywhere_loses_no_run_and_doubles_none(after: bool) -> None:
    """Before or after any call of a port: the next process goes on."""
    for blow_at in range(60):
        site = site_of()
        site.supervisor.timetable = Hourly(site, runs=2)
        fuse = Fuse(blow_at, after)
        site.start(fuse)
        crashed = False
        try:
            site.planner.tick()
            site.work()
        except Crash:
            crashed = True
            site.start()
            site.recover()
            site.planner.tick()
            site.work()
        assert len(site.store.runs("d")) == 2, fuse.passed
        assert document(site).next_run_at is None
        if not crashed:
            return
    raise AssertionError("the site never came through without a crash")
