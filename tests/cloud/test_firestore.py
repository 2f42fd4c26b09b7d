"""Many at once on Firestore: attempts of one run that end together, and planners that tick together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brisa.adapters.firestore import FirestoreStore
from brisa.adapters.local import SystemClock
from brisa.adapters.memory import FakeClock
from brisa.model.dag import Dag, DagVersion
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import AttemptState, RunState
from brisa.ports.store import Create, Put, StateStore
from brisa.services.folding import ABOVE
from brisa.services.planner import Planner, cursor_fields, following
from brisa.services.runs import Runs
from tests.support import firestore_emulator
from tests.support.builders import dag, task
from tests.support.firestore_emulator import FirestoreEmulator
from tests.support.firestore_site import THREADS, fan, firestore_site
from tests.support.site import Silent, Site

pytestmark = [pytest.mark.firestore, pytest.mark.slow]


@pytest.fixture(scope="module")
def emulator() -> Iterator[FirestoreEmulator]:
    """One for all tests here; they keep out of each other's way."""
    with firestore_emulator.running() as emulator:
        yield emulator


def test_attempts_that_end_together_are_folded(emulator: FirestoreEmulator) -> None:
    """Two hundred attempts on sixteen threads: each counts once, in a handful of commits of the run."""
    with firestore_site(emulator, fan(200), wide_above=ABOVE) as (site, worked_on):
        run = site.trigger()
        site.work_on_threads(THREADS)
        assert site.run(run.key).state is RunState.SUCCESS
        assert set(site.supervisor.effects.values()) == {1}
        assert {one.record.state for one in site.store.attempts(run.key)} == {AttemptState.FINISHED}
    commits = worked_on.commits_of_runs
    print(f"200 attempts were folded in {commits} commits of the run's document")  # noqa: T201
    assert 2 <= commits <= 10


def test_planners_at_once_make_each_run_once(emulator: FirestoreEmulator) -> None:
    """Four planners plan the same twelve DAGs at the same moment: one run for each logical date, none lost."""
    emulator.wipe()
    now = datetime(2024, 1, 1, 12, tzinfo=UTC)
    clock = FakeClock(now.timestamp())
    schedule = ScheduleSpec(kind=ScheduleKind.DELTA, seconds=60.0)
    queue = Site(dag(task("unused"))).queue

    def planner(store: StateStore) -> Planner:
        # Conflicts are waited out by the machine's clock: the other's stands still.
        return Planner(store, clock, Runs(store, queue, SystemClock(), Silent()))

    with closing(FirestoreStore(emulator.client(), SystemClock())) as store:
        for number in range(12):
            start = now - timedelta(minutes=3)
            spec = replace(dag(task("a"), schedule=schedule, catchup=True), dag_id=f"d{number}", start_date=start)
            interval = following(spec, None, now)
            version = DagVersion(dag_id=spec.dag_id, version="v", spec=spec)
            stored = Dag(dag_id=spec.dag_id, version="v", paused=False, **cursor_fields(interval))
            store.commit(Put(version), Create(stored))
        with ThreadPoolExecutor(4) as threads:
            ticks = [threads.submit(planner(store).tick) for _ in range(4)]
        for tick in ticks:
            tick.result()
        planner(store).tick()
        dates = Counter(
            (found.record.dag_id, found.record.logical_date)
            for number in range(12)
            for found in store.runs(f"d{number}")
        )
        assert set(dates.values()) == {1}
        assert len(dates) == 12 * 3
        for number in range(12):
            document = store.dag(f"d{number}")
            assert document is not None
            assert len(document.record.active_runs) == 3
