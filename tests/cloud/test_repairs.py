"""Backfills, clearing, cancelling and deleting over Firestore: the same services, its own preconditions and queries."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from brisa.model.backfill import Reprocess
from brisa.model.run import RunKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import RunState
from brisa.services.backfills import Backfills, Wanted
from brisa.services.clearing import Clearing, Selection
from brisa.services.planner import Planner
from tests.support import firestore_emulator
from tests.support.builders import FAILED, dag, task
from tests.support.firestore_emulator import FirestoreEmulator
from tests.support.firestore_site import firestore_site
from tests.support.site import Site

pytestmark = [pytest.mark.firestore, pytest.mark.slow]
DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")


@pytest.fixture(scope="module")
def emulator() -> Iterator[FirestoreEmulator]:
    """One for all tests here."""
    with firestore_emulator.running() as emulator:
        yield emulator


def october(day: int) -> datetime:
    """A day of October 2023, a month before the clock's time."""
    return datetime(2023, 10, day, tzinfo=UTC)


def fill(site: Site) -> None:
    """Plan and work until nothing is left to do."""
    while site.planner.tick().more:
        pass
    site.work()


def test_a_backfill_from_its_beginning_to_its_end(emulator: FirestoreEmulator) -> None:
    """One interval has a run, several planners drive it at once, never more than its limit, each interval once."""
    with firestore_site(emulator, dag(task("t0"), schedule=DAILY)) as (site, _):
        site.trigger(logical_date=october(2))
        site.work()
        service = Backfills(site.store, site.clock)
        wanted = Wanted(dag_id="d", from_date=october(1), to_date=october(8), max_active_runs=3)
        made = service.create(wanted)
        planners = [Planner(site._worked_on, site.clock, site.runs) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda planner: planner.tick(), planners))
        assert len(service.get(made.backfill_id).active_runs) == 3
        fill(site)
        told = service.get(made.backfill_id)
        assert (told.state, told.created, told.skipped, told.succeeded) == ("completed", 7, 1, 7)
        runs = [one.record for one in site.store.dated_runs("d", october(1), october(31), limit=100)]
        assert [run.logical_date for run in runs] == [october(day) for day in range(1, 9)]
        again = service.create(
            Wanted(dag_id="d", from_date=october(1), to_date=october(8), reprocess=Reprocess.COMPLETED, reverse=True)
        )
        fill(site)
        told = service.get(again.backfill_id)
        assert (told.state, told.created, told.rerun, told.succeeded) == ("completed", 0, 8, 8)
        assert [one.backfill_id for one in service.list("d")] == [again.backfill_id, made.backfill_id]
        assert site.store.next_due() is None


def test_runs_are_cleared_cancelled_and_deleted(emulator: FirestoreEmulator) -> None:
    """And the DAG with the rest."""
    with firestore_site(emulator, dag(task("t0"), task("t1", "t0"))) as (site, _):
        for day in range(1, 4):
            site.trigger(run_id=f"r{day}", logical_date=october(day))
        site.work()
        clearing = Clearing(site.store, site.runs)
        found = clearing.clear(Selection(dag_id="d", run_ids=("r1",), future=True, task_ids=("t1",)))
        assert [(one.run.run_id, one.names) for one in found] == [(f"r{day}", ("t1",)) for day in range(1, 4)]
        assert clearing.cancel(RunKey("d", "r3")).state is RunState.FAILED
        site.work()
        assert [site.run(RunKey("d", f"r{day}")).state.value for day in (1, 2, 3)] == ["success", "success", "failed"]
        site.deletion.delete_run(RunKey("d", "r1"))
        assert site.store.run(RunKey("d", "r1")) is None
        assert site.store.attempts(RunKey("d", "r1")) == []
        site.deletion.delete_dag("d")
        assert site.store.dag("d") is None
        assert site.store.runs("d") == []
        assert site.store.attempts(RunKey("d", "r2")) == []
        assert site.store.versions("d", limit=1) == []
        assert site.store.next_due() is None


def test_a_dag_that_fails_again_and_again_is_paused(emulator: FirestoreEmulator) -> None:
    """By the run whose failure makes them enough, of all that end at the same time."""
    spec = dag(task("t0"), max_consecutive_failed_dag_runs=4, max_active_runs=8)
    with firestore_site(emulator, spec, {"t0": lambda _: FAILED}) as (site, _):
        for number in range(4):
            stored = site.store.dag("d")
            assert stored is not None
            assert not stored.record.paused
            site.trigger(run_id=f"r{number}", logical_date=october(number + 1))
        site.work_on_threads(4)
        stored = site.store.dag("d")
        assert stored is not None
        assert stored.record.paused
