"""Many DAGs, years of catch-up, and nothing at all: what the planner costs then."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from brisa.adapters.counts import Counts
from brisa.adapters.local.counting import CountingStore
from brisa.adapters.memory import FakeClock, MemoryQueue
from brisa.adapters.sqlite import Database, SqliteStore
from brisa.bootstrap import open_state
from brisa.model.dag import Dag, DagVersion
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import RunState
from brisa.ports.store import Create, Put, Write
from brisa.services.planner import Planner, cursor_fields, following
from brisa.services.runs import Runs
from tests.support.builders import chain
from tests.support.site import Silent

_REGISTERED, _DUE = 10_000, 100
_DAYS = 1_000
_DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")
_PATIENCE = 600.0
_CATCH_UP = """
from datetime import datetime
from brisa import DAG, task

with DAG("catch_up", schedule="@daily", start_date=datetime({start}), catchup=True):
    @task
    def step(before=None):
        return 1

    step(step(step()))
"""


def planned() -> dict[str, float]:
    """One tick on SQLite with ten thousand DAGs registered, and then with a hundred: as many are due both times."""
    seconds, reads = _tick(_REGISTERED)
    _, fewer = _tick(_DUE)
    return {"tick_10000_s": seconds, "tick_10000_reads": reads, "tick_100_reads": fewer}


def _tick(registered: int) -> tuple[float, float]:
    """Seconds, and documents read, until all that is due is begun."""
    clock, counts = FakeClock(), Counts()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "brisa.db")
        store = SqliteStore(database)
        _register(store, clock, registered)
        counted = CountingStore(store, counts)
        planner = Planner(counted, clock, Runs(counted, MemoryQueue(clock), clock, Silent()))
        begun = time.perf_counter()
        while planner.tick().more:
            pass
        seconds = time.perf_counter() - begun
        begun_runs = sum(1 for _ in store.running_runs())
        assert begun_runs == _DUE, f"{begun_runs} runs were begun, not {_DUE}"
        database.close()
    return seconds, counts.reads.total()


def _register(store: SqliteStore, clock: FakeClock, registered: int) -> None:
    """Daily DAGs, of which the first hundred are due now and the others tomorrow."""
    now = datetime.fromtimestamp(clock.now(), UTC)
    writes: list[Write] = []
    for number in range(registered):
        start = now - timedelta(days=2) if number < _DUE else now
        spec = replace(chain(3), dag_id=f"dag{number:05}", schedule=_DAILY, start_date=start)
        version = DagVersion(dag_id=spec.dag_id, version="v1", spec=spec)
        interval = following(spec, None, now)
        writes += [Put(version), Create(Dag(dag_id=spec.dag_id, version="v1", paused=False, **cursor_fields(interval)))]
    for first in range(0, len(writes), 500):
        store.commit(*writes[first : first + 500])


def idle() -> dict[str, float]:
    """A week of ticks, one a minute, in which nothing is due."""
    clock, counts = FakeClock(), Counts()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "brisa.db")
        store = SqliteStore(database)
        far = datetime.fromtimestamp(clock.now(), UTC) + timedelta(days=365)
        spec = replace(chain(3), schedule=_DAILY, start_date=far)
        interval = following(spec, None, far - timedelta(days=365))
        store.commit(
            Put(DagVersion(dag_id="d", version="v1", spec=spec)),
            Create(Dag(dag_id="d", version="v1", paused=False, **cursor_fields(interval))),
        )
        counted, queue = CountingStore(store, counts), MemoryQueue(clock)
        planner = Planner(counted, clock, Runs(counted, queue, clock, Silent()))
        for _ in range(7 * 24 * 60):
            planner.tick()
            clock.advance(60.0)
        database.close()
    totals = counts.totals()
    return {"idle_week_writes": totals["writes"] + totals["deletes"] + float(queue.depth())}


def caught_up() -> dict[str, float]:
    """A thousand daily runs of three tasks through ``standalone``, and by how much its database grows with each."""
    from tests.bench.figures import standalone

    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS)
    with tempfile.TemporaryDirectory() as folder:
        home, dags = Path(folder) / "home", Path(folder) / "dags"
        dags.mkdir()
        date = f"{start.year}, {start.month}, {start.day}"
        (dags / "catch_up.py").write_text(_CATCH_UP.format(start=date))
        with open_state(home) as state:
            database = next(home.rglob("*.db"), None)
            assert database is not None, "the home has no database"
            begun = time.monotonic()
            with standalone(home, dags):
                while sum(_ended(state.store.runs("catch_up", limit=2 * _DAYS))) < _DAYS:
                    assert time.monotonic() - begun < _PATIENCE, "the catch-up does not end"
                    time.sleep(1.0)
            runs = [stored.record for stored in state.store.runs("catch_up", limit=2 * _DAYS)]
        size = sum(file.stat().st_size for file in home.rglob("*.db*"))
    ends = [run.ended_at or 0.0 for run in runs]
    return {
        "catchup1000_s": max(ends) - min(run.queued_at for run in runs),
        "catchup_kb_per_run": size / len(runs) / 1000,
    }


def _ended(runs: object) -> list[bool]:
    return [stored.record.state is RunState.SUCCESS for stored in runs]  # type: ignore[attr-defined]
