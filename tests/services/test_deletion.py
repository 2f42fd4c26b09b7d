"""Deleting runs and DAGs over fakes: nothing is left, whatever crashes, and whoever is late changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from brisa.errors import NotFoundError, StorageError
from brisa.model.run import AttemptKey, Message, Outcome, Run, RunKey
from brisa.model.wait import Wait, WaitKey
from brisa.ports.store import Put, StateStore
from brisa.runtime.supervisor import Report
from brisa.services.clearing import Clearing, Selection
from brisa.services.deletion import BATCH, DeletionError
from brisa.services.xcoms import INLINE_LIMIT
from tests.support.builders import chain, dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import DAY, SUCCESS, Site

LARGE = "x" * (INLINE_LIMIT + 1)


def speaks(_: AttemptKey) -> Report:
    """Returns a value too large for its document."""
    return Report(outcome=SUCCESS, xcoms={"return_value": LARGE})


def filled(*run_ids: str) -> Site:
    """A DAG of two tasks with runs that have ended, each with logs, a large XCom and a wait."""
    site = Site(chain(2), {"t0": speaks})
    for number, run_id in enumerate(run_ids):
        run = site.trigger(run_id=run_id, logical_date=DAY.replace(day=number + 1))
        site.store.commit(Put(Wait(key=WaitKey("bucket", "name", False, *run.key, "t0", -1))))
    site.work()
    for run_id in run_ids:
        for attempt in site.store.attempts(RunKey("d", run_id)):
            site.blobs.put(attempt.record.log, b"said")
    return site


def remains(store: StateStore, site: Site, run_id: str) -> list[str]:
    """What is left of a run."""
    key = RunKey("d", run_id)
    left = [str(attempt.record.key) for attempt in store.attempts(key)]
    left += [str(wait.record.key) for wait in store.waits_of(key, limit=10)]
    left += [blob for blob in site.blobs._blobs if f"/d/{run_id}/" in blob]
    return left + [run_id] * (store.run(key) is not None)


def test_a_run_is_deleted_with_all_that_belongs_to_it() -> None:
    """Attempts, logs, XComs, waits; the other runs stay as they are."""
    site = filled("one", "other")
    before = remains(site.store, site, "other")
    assert len(before) == 2 + 1 + 3 + 1
    site.deletion.delete_run(RunKey("d", "one"))
    assert remains(site.store, site, "one") == []
    assert remains(site.store, site, "other") == before
    with pytest.raises(NotFoundError, match="no run 'one'"):
        site.deletion.delete_run(RunKey("d", "one"))
    again = site.trigger(run_id="one")
    site.work()
    assert site.run(again.key).state.value == "success"


def test_more_attempts_than_one_commit_removes() -> None:
    """They go in batches."""
    site = Site(dag(task("m", mapped={"x": 2 * BATCH + 1})))
    run = site.trigger_and_work()
    assert len(site.store.attempts(run.key)) == 2 * BATCH + 1
    site.deletion.delete_run(run.key)
    assert remains(site.store, site, run.run_id) == []


def test_a_run_that_has_not_ended_must_be_cancelled() -> None:
    """Or is, if that is asked for; running or waiting, the DAG document forgets it and another begins."""
    site = Site(dag(task("t0"), max_active_runs=1))
    running, waiting, last = (site.trigger(run_id=name) for name in ("running", "waiting", "last"))
    for run in (running, waiting):
        with pytest.raises(DeletionError, match="has not ended"):
            site.deletion.delete_run(run.key)
        site.deletion.delete_run(run.key, cancel=True)
    site.work()
    assert site.store.run(running.key) is None
    assert site.run(last.key).state.value == "success"
    stored = site.store.dag("d")
    assert stored is not None
    assert (stored.record.active_runs, stored.record.waiting_runs) == ((), ())


def late(ends: Callable[[Site, Run], None], *, wide: bool) -> Site:
    """A site whose run was deleted while its worker was busy."""
    site = Site(chain(2) if not wide else dag(task("t0"), task("t1")), wide_above=1 if wide else None)
    run = site.trigger()

    def play(_: AttemptKey) -> Outcome:
        if site.store.run(run.key) is not None:
            ends(site, run)
        return SUCCESS

    site.supervisor._plays = {"t0": play}
    site.work()
    assert remains(site.store, site, run.run_id) == []
    assert site.store.next_due() is None
    return site


@pytest.mark.parametrize("wide", [False, True])
def test_a_worker_that_is_late_changes_nothing(wide: bool) -> None:
    """Its run was deleted while it worked: its message is acknowledged, and what it leaves is removed."""
    late(lambda site, run: site.deletion.delete_run(run.key, cancel=True), wide=wide)


def test_a_late_message_and_a_late_sweep_change_nothing() -> None:
    """Of a run that is gone."""
    site = Site(chain(2))
    run = site.trigger()
    message: Message = site.take()
    site.deletion.delete_run(run.key, cancel=True)
    site.worker.handle(message)
    site.planner.sweep(run.key)
    assert site.supervisor.effects == {}
    with pytest.raises(NotFoundError):
        Clearing(site.store, site.runs).clear(Selection(dag_id="d", run_ids=(run.run_id,)))


def test_a_dag_is_deleted_with_all_that_is_known_of_it() -> None:
    """Its runs, versions, backfills, blobs, and its document; it can be made anew."""
    site = filled(*(f"r{number}" for number in range(12)))
    site.blobs.put("logs/d/of a run whose documents have expired/t0/0.1.0.log", b"")
    site.blobs.put("logs/d2/other/t0/0.1.0.log", b"")
    site.deletion.delete_dag("d")
    assert site.store.dag("d") is None
    assert site.store.runs("d") == []
    assert site.store.versions("d", limit=1) == []
    assert list(site.blobs._blobs) == ["logs/d2/other/t0/0.1.0.log"]
    with pytest.raises(NotFoundError, match="no DAG 'd'"):
        site.deletion.delete_dag("d")


def test_a_dag_with_live_runs_must_be_cancelled_first() -> None:
    """Or is, if that is asked for."""
    site = Site(chain(2))
    run = site.trigger()
    with pytest.raises(DeletionError, match=r"runs that have not ended \(1\)"):
        site.deletion.delete_dag("d")
    site.deletion.delete_dag("d", cancel=True)
    site.work()
    assert remains(site.store, site, run.run_id) == []
    assert site.supervisor.effects == {}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_while_a_dag_is_deleted_is_made_good_by_the_planner(after: bool) -> None:
    """Once it is flagged nobody need ask again."""
    number, blown = 0, True
    while blown:
        site = filled("one")
        site.trigger(run_id="live", logical_date=DAY.replace(day=9))
        site.start(Fuse(blow_at=number, after=after))
        try:
            site.deletion.delete_dag("d", cancel=True)
            blown = False
        except Crash:
            pass
        site.start()
        stored = site.store.dag("d")
        if stored is not None and not stored.record.deleting:
            site.deletion.delete_dag("d", cancel=True)
        site.work()
        where = f"call {number}"
        assert site.store.dag("d") is None, where
        assert remains(site.store, site, "one") + remains(site.store, site, "live") == [], where
        assert site.store.next_due() is None, where
        number += 1
    assert number > 20


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_while_a_run_is_deleted_is_made_good_by_asking_again(after: bool) -> None:
    """Until the run is gone it can be asked for again."""
    number, blown = 0, True
    while blown:
        site = filled("one")
        site.start(Fuse(blow_at=number, after=after))
        try:
            site.deletion.delete_run(RunKey("d", "one"))
            blown = False
        except Crash:
            pass
        site.start()
        if site.store.run(RunKey("d", "one")) is not None:
            site.deletion.delete_run(RunKey("d", "one"))
        assert remains(site.store, site, "one") == [], f"call {number}"
        number += 1
    assert number > 8


def test_a_dag_that_can_not_be_deleted_now_is_tried_again_later() -> None:
    """The tick says that something failed: whoever ticks lets some time pass; once it can be done, it is."""
    site = filled("one")
    site.deletion.flag("d", cancel=True)
    removed = site.blobs.delete

    def full(name: str) -> None:
        raise StorageError("no room")

    site.blobs.delete = full  # type: ignore[method-assign]
    assert site.planner.tick().failed
    site.blobs.delete = removed  # type: ignore[method-assign]
    while (ticked := site.planner.tick()).more:
        pass
    assert not ticked.failed
    assert site.store.dag("d") is None
