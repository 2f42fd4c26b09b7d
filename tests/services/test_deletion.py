"""Deleting runs and DAGs over fakes: nothing is left, whatever crashes, and whoever is late changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from brisa.errors import NotFoundError, StorageError
from brisa.model.asset import AssetUpdate
from brisa.model.dag import Dag, DagVersion
from brisa.model.run import Attempt, AttemptKey, Message, Outcome, Run, RunKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import OutcomeKind, RunState
from brisa.model.wait import Wait, WaitKey
from brisa.ports.store import Create, Delete, Put, StateStore, Update
from brisa.runtime.supervisor import Report
from brisa.services.asset_documents import asset_writes
from brisa.services.clearing import Clearing, Selection
from brisa.services.deletion import BATCH, Deletion, DeletionError
from brisa.services.runs import Runs
from brisa.services.xcoms import INLINE_LIMIT, log_name
from tests.support.builders import chain, dag, task
from tests.support.faults import Crash, Fuse, Wrapped
from tests.support.site import DAY, SUCCESS, Silent, Site

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


def late(ends: Callable[[Site, Run], None], *, wide: bool, lost: bool) -> Site:
    """A site whose run was deleted while its worker was busy."""
    site = Site(chain(2) if not wide else dag(task("t0"), task("t1")), wide_above=1 if wide else None)
    run = site.trigger()

    def play(key: AttemptKey) -> Report:
        if site.store.run(run.key) is not None:
            ends(site, run)
            site.blobs.put(log_name(key), b"said")
        return Report(outcome=SUCCESS, lost=lost)

    site.supervisor._plays = {"t0": play}
    site.work()
    assert remains(site.store, site, run.run_id) == []
    assert site.store.next_due() is None
    return site


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("lost", [False, True])
def test_a_worker_that_is_late_changes_nothing(wide: bool, lost: bool) -> None:
    """Its run was deleted while it worked: its message is acknowledged, and what it leaves is removed."""
    late(lambda site, run: site.deletion.delete_run(run.key, cancel=True), wide=wide, lost=lost)


def test_a_worker_that_claims_while_its_dag_is_deleted_leaves_nothing() -> None:
    """It finds no version of the DAG to execute."""
    site = Site(chain(2))
    run = site.trigger()
    message: Message = site.take()
    site.start(Frozen("commit", 1, lambda: site.deletion.delete_dag("d", cancel=True)))  # type: ignore[arg-type]
    site.worker.handle(message)
    assert site.supervisor.effects == {}
    assert remains(site.store, site, run.run_id) == []


def test_a_worker_that_claims_while_its_run_is_deleted_leaves_nothing() -> None:
    """It reads the run before, and claims after; of a wide run its result is reported, and found by who folds it."""
    site = Site(dag(task("t0"), task("t1")), {"t0": speaks}, wide_above=0)
    run = site.trigger()
    message: Message = site.take()

    def meanwhile() -> None:
        site.deletion.delete_run(run.key, cancel=True)

    site.start(Frozen("commit", 1, meanwhile))  # type: ignore[arg-type]  # it has what a fuse has
    site.worker.handle(message)
    assert remains(site.store, site, run.run_id) != []
    site.work()
    assert remains(site.store, site, run.run_id) == []


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


# --- who is late, and what comes back


class Frozen:
    """A process that stops before the ``number``-th call of a port's verb, while ``meanwhile`` happens."""

    def __init__(self, verb: str, number: int, meanwhile: Callable[[], object]) -> None:
        self._verb, self._left, self._meanwhile = verb, number, meanwhile

    def around(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make the call, later perhaps."""
        if name.endswith(f".{self._verb}"):
            self._left -= 1
            if self._left == 0:
                self._meanwhile()
        return call(*args, **kwargs)


def late_deletion(site: Site, verb: str, number: int, meanwhile: Callable[[], object]) -> Deletion:
    """Deletes as a process that is frozen once."""
    store: Any = Wrapped(site.store, Frozen(verb, number, meanwhile).around)
    return Deletion(store, site.blobs, Runs(store, site.queue, site.clock, Silent()))


def register(site: Site) -> Run:
    """The DAG's file is loaded again, and a run made of it."""
    site.clock.sleep(1.0)
    version = replace(site.version, version="v2")
    site.store.commit(Put(version), Create(Dag(dag_id="d", version="v2", paused=False)))
    site.start()
    return site.trigger(run_id="one", logical_date=DAY)


@pytest.mark.parametrize("verb", ["commit", "dag", "run", "runs", "attempts", "versions", "backfills"])
def test_who_deletes_a_dag_and_is_late_leaves_alone_what_came_after(verb: str) -> None:
    """Two delete it, one freezes before any of its calls; the other is done, and the DAG comes back with its run."""
    number, frozen = 0, True
    while frozen:
        number += 1
        frozen = False
        site = filled("one", "two")
        site.deletion.flag("d")

        def meanwhile(site: Site = site) -> None:
            nonlocal frozen
            frozen = True
            site.deletion.delete_dag("d")
            site.start()
            register(site)

        late = late_deletion(site, verb, number, meanwhile)
        while late.go_on("d"):
            pass
        if frozen:
            where = f"{verb} {number}"
            stored = site.store.dag("d")
            assert stored is not None, where
            assert not stored.record.deleting, where
            assert site.store.version("d", "v2") is not None, where
            site.work()
            assert site.run(RunKey("d", "one")).state is RunState.SUCCESS, where
            assert len(site.store.attempts(RunKey("d", "one"))) == 2, where
    assert number > 1


def test_who_remembers_a_run_of_before_looks_after_the_one_that_came_after() -> None:
    """The planner's process knew a run of that id, whose DAG is gone; of the new one a message was lost."""
    site = Site(chain(2))
    run = site.trigger(run_id="one", logical_date=DAY)
    remembers = site.planner
    site.start()
    site.deletion.delete_dag("d", cancel=True)
    register(site)
    site.clock.sleep(3600.0)
    remembers.sweep(run.key)
    assert site.run(run.key).task("t0").sends == 1


def test_a_run_may_be_made_anew_though_its_tasks_have_changed_assets() -> None:
    """Events outlive the run that has told them; its successor tells its own."""
    site = Site(dag(task("t0")), {"t0": lambda _: replace(SUCCESS, assets=(AssetUpdate(uri="file:///a"),))})
    for count in (1, 2):
        run = site.trigger(run_id="one")
        site.work()
        assert site.run(run.key).state is RunState.SUCCESS
        assert len(site.store.asset_events(limit=9)) == count
        site.deletion.delete_run(run.key)
        site.clock.sleep(1.0)


def test_assets_forget_a_dag_that_is_deleted() -> None:
    """As its producer, and as a consumer."""
    site = Site(producing := dag(task("t0", display={"outlets": [{"asset": "file:///a"}]})))
    site.store.commit(*asset_writes(site.store, "d", None, producing))
    site.deletion.delete_dag("d")
    assert [stored.record.producers for stored in site.store.assets()] == [()]


def test_what_no_document_names_is_deleted_with_the_run() -> None:
    """The large XComs, and the log, of an attempt whose result came to nothing; those of a run with a like id stay."""
    site = filled("one")
    for name in ("xcoms/d/one/t0/0.1.7/return_value.json", "logs/d/one/t0/0.1.7.log", "logs/d/one%2Ftwo/t0/0.1.0.log"):
        site.blobs.put(name, b"")
    site.deletion.delete_run(RunKey("d", "one"))
    assert list(site.blobs._blobs) == ["logs/d/one%2Ftwo/t0/0.1.0.log"]
    key = AttemptKey("d", "one/two", "t0")
    assert log_name(key) == "logs/d/one%2Ftwo/t0/0.1.0.log"


def test_a_sensor_that_is_late_leaves_no_wait() -> None:
    """Its run was deleted while it looked."""
    site = Site(chain(2), watched=True)
    run = site.trigger()

    def play(_: AttemptKey) -> Outcome:
        site.deletion.delete_run(run.key, cancel=True)
        site.supervisor.answer("await_object", {"bucket": "bucket", "name": "name", "prefix": False})
        return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=0.0)

    site.supervisor._plays = {"t0": play}
    site.work()
    assert remains(site.store, site, run.run_id) == []


def test_a_worker_that_is_late_while_its_run_is_being_deleted_leaves_nothing() -> None:
    """Its attempt is gone already, the run is not yet: nobody else would remove what it has left."""
    site = Site(chain(2))
    run = site.trigger()

    def play(key: AttemptKey) -> Report:
        site.store.commit(*(Delete(stored.record) for stored in site.store.attempts(run.key)))
        site.blobs.put(log_name(key), b"said")
        return speaks(key)

    site.supervisor._plays = {"t0": play}
    site.worker.handle(site.take())
    assert [name for name in site.blobs._blobs if "/t0/" in name] == []


def test_what_a_worker_has_left_that_ended_too_late_goes_with_its_message() -> None:
    """It ended, without a word, after its run was deleted: whoever gets its message then removes the rest."""
    site = Site(chain(2))
    run = site.trigger()
    message: Message = site.take()
    key = message.attempt
    site.deletion.delete_run(run.key, cancel=True)
    site.store.commit(Put(Attempt(key=key)), Put(Wait(key=WaitKey("bucket", "name", False, *run.key, "t0", -1))))
    site.blobs.put(log_name(key), b"said")
    site.blobs.put(f"xcoms/d/{run.run_id}/t0/0.1.0/return_value.json", b"1")
    site.worker.handle(message)
    assert remains(site.store, site, run.run_id) == []


def test_a_planner_that_is_late_finds_the_dag_that_is_there_by_now() -> None:
    """It has read the DAG before that was deleted, and what it looks for next is gone."""
    site = filled("one")
    stored = site.store.dag("d")
    assert stored is not None
    site.store.commit(Update(replace(stored.record, next_run_at=0.0, next_start=DAY, next_end=DAY), stored.revision))
    before = site.store.dag("d")
    assert before is not None
    site.deletion.delete_dag("d")
    assert site.planner.plan(before) is False
    register(site)
    assert site.planner.plan(before) is False


def test_asset_events_of_a_run_that_is_deleted_reach_who_is_scheduled_on_them() -> None:
    """Its worker has ended right after the commit that made them: whoever deletes the run tells of them first."""
    site = Site(dag(task("t0")), {"t0": lambda _: replace(SUCCESS, assets=(AssetUpdate(uri="file:///a"),))})
    consumer = dag(
        task("t0"),
        dag_id="c",
        schedule=ScheduleSpec(kind=ScheduleKind.ASSETS, extra={"assets": {"asset": "file:///a"}}),
    )
    version = DagVersion(dag_id="c", version="v1", spec=consumer)
    consumes = asset_writes(site.store, "c", None, consumer)
    site.store.commit(Put(version), Create(Dag(dag_id="c", version="v1", paused=False)), *consumes)
    run = site.trigger(run_id="one")
    site.start(Frozen("asset_events_of", 1, crash))  # type: ignore[arg-type]  # it has what a fuse has
    with pytest.raises(Crash):
        site.worker.handle(site.take())
    site.start()
    assert site.run(run.key).announcing
    site.deletion.delete_run(run.key)
    assert len(site.store.runs("c")) == 1


def crash() -> None:
    """The process ends."""
    raise Crash
