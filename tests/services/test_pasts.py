"""Runs that wait for the run before: linked when made, told when it gets on, whatever crashes in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from brisa.model.events import Clear, Mark
from brisa.model.run import AttemptKey, Outcome, Run, RunKey
from brisa.model.states import RunState, RunType, TaskState
from brisa.ports.store import Delete
from tests.support.builders import FAILED, SUCCESS, dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import DAY, Site

SPEC = dag(task("a"), task("b", "a", depends_on_past=True), max_active_runs=9)


def trigger(site: Site, day: int, run_type: RunType = RunType.MANUAL) -> RunKey:
    """The run of that day of the month."""
    return site.trigger(run_id=f"r{day}", logical_date=DAY + timedelta(days=day - 1), run_type=run_type).key


def key(day: int) -> RunKey:
    return RunKey("d", f"r{day}")


def links(site: Site) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """Run id → the run before, and those that follow."""
    runs = sorted((stored.record for stored in site.store.runs("d")), key=lambda run: run.run_id)
    return {run.run_id: (run.previous, run.followers) for run in runs}


def test_runs_follow_each_other_through_the_task() -> None:
    """Three runs at once: each has its first task done, and the second one day by day."""
    begun: list[str] = []

    def begins(attempt: AttemptKey) -> Outcome:
        begun.append(attempt.run_id)
        return SUCCESS

    site = Site(SPEC, {"b": begins})
    for day in (1, 2, 3):
        trigger(site, day)
    site.work()

    assert {site.run(key(day)).state for day in (1, 2, 3)} == {RunState.SUCCESS}
    assert begun == ["r1", "r2", "r3"]
    assert links(site) == {"r1": ("", ("r2",)), "r2": ("r1", ("r3",)), "r3": ("r2", ())}


def test_a_failure_holds_back_all_that_follow_until_it_is_mended() -> None:
    """Marking the failed task lets the next run go on at once."""
    site = Site(SPEC, {"b": lambda attempt: FAILED if attempt.run_id == "r1" else SUCCESS})
    for day in (1, 2):
        trigger(site, day)
    for _ in range(20):
        for message in site.queue.take(site.clock.now(), limit=1, owner=site.owner):
            site.handle(message)
            site.queue.done(message.name)
    assert (site.run(key(1)).state, site.run(key(2)).state) == (RunState.FAILED, RunState.RUNNING)
    assert site.states(key(2)) == {"a": "success", "b": "none"}

    site.runs.change(key(1), lambda _: [Mark(task_ids=("b",), state=TaskState.SUCCESS)])
    assert site.states(key(2))["b"] == "queued"
    site.work()
    assert site.run(key(2)).state is RunState.SUCCESS


def test_a_run_in_between_is_put_between() -> None:
    """A run of an earlier date that is made later comes before those that follow it."""
    site = Site(SPEC)
    for day in (1, 5, 3):
        trigger(site, day)
    assert links(site) == {"r1": ("", ("r3",)), "r3": ("r1", ("r5",)), "r5": ("r3", ())}
    site.work()
    assert {site.run(key(day)).state for day in (1, 3, 5)} == {RunState.SUCCESS}


def test_a_run_before_all_others_is_put_there() -> None:
    """A backfill begins before the first run that there is: that waits for it from then on, and is told."""
    begun: list[str] = []

    def begins(attempt: AttemptKey) -> Outcome:
        begun.append(attempt.run_id)
        return SUCCESS

    site = Site(SPEC, {"b": begins})
    for day in (5, 7, 3, 1):
        trigger(site, day)
    assert links(site) == {"r1": ("", ("r3",)), "r3": ("r1", ("r5",)), "r5": ("r3", ("r7",)), "r7": ("r5", ())}

    site.work()
    assert begun == ["r1", "r3", "r5", "r7"]


def test_with_catchup_runs_by_hand_are_nobodys_past() -> None:
    """A scheduled run waits for the scheduled run before, as in Airflow; a run by hand for that one, too."""
    spec = dag(*SPEC.tasks, catchup=True, max_active_runs=9)
    site = Site(spec)
    trigger(site, 1, RunType.SCHEDULED)
    trigger(site, 2)
    trigger(site, 3, RunType.SCHEDULED)
    assert links(site) == {"r1": ("", ("r2", "r3")), "r2": ("r1", ()), "r3": ("r1", ())}


def test_a_past_that_was_deleted_holds_back_nobody() -> None:
    """The sweep finds that the run before is gone."""
    site = Site(SPEC, {"b": lambda attempt: FAILED if attempt.run_id == "r1" else SUCCESS})
    first = trigger(site, 1)
    site.work()
    trigger(site, 2)
    stored = site.store.run(first)
    assert stored is not None
    site.store.commit(Delete(stored.record))
    site.work()
    assert site.run(key(2)).state is RunState.SUCCESS


def test_the_past_that_is_cleared_counts_again() -> None:
    """What has not begun waits for the new generation."""
    site = Site(SPEC)
    trigger(site, 1)
    site.work()
    trigger(site, 2)
    site.runs.change(key(1), lambda _: [Clear(task_ids=("b",))])
    assert site.run(key(2)).behind == ("b",)
    site.work()
    assert site.run(key(2)).state is RunState.SUCCESS


def test_dags_that_do_not_look_back_know_of_no_past() -> None:
    """Their runs are not linked, and cost nothing more."""
    site = Site(dag(task("a")))
    trigger(site, 1)
    trigger(site, 2)
    assert links(site) == {"r1": (None, ()), "r2": (None, ())}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whatever_crashes_each_run_gets_on(after: bool) -> None:
    """The process ends at each of its port calls in turn: the sweep tells who has not been told."""
    number, blown = 0, True
    while blown:
        site = Site(SPEC)
        site.start(Fuse(blow_at=number, after=after))
        blown = _crashed(site)
        if blown:
            site.start()
            assert not _crashed(site)
        states = {run.run_id: run.state for run in _runs(site)}
        assert states == {"r1": RunState.SUCCESS, "r2": RunState.SUCCESS}, f"call {number}"
        assert links(site) == {"r1": ("", ("r2",)), "r2": ("r1", ())}
        number += 1
    assert number > 30


def _runs(site: Site) -> list[Run]:
    return [stored.record for stored in site.store.runs("d")]


def _crashed(site: Site) -> bool:
    try:
        for day in (1, 2):
            if site.store.run(key(day)) is None:
                trigger(site, day)
        site.work()
    except Crash:
        return True
    return False
