"""Embedded mode over simulated time: the parts of ``brisa standalone``, and a clock that is put forward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from brisa.adapters.local.blobs import FolderBlobs
from brisa.adapters.memory import FakeClock
from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore
from brisa.bootstrap import PRELOAD
from brisa.cli.view import result
from brisa.model.backfill import Reprocess
from brisa.model.run import Run
from brisa.model.work import Chore, Work
from brisa.runtime.supervisor import Supervisor
from brisa.services.backfills import Backfills, Wanted
from brisa.services.planner import Planner
from brisa.services.pools import Pools
from brisa.services.registry import Registry
from brisa.services.runs import Runs
from brisa.services.worker import Worker
from brisa.services.xcoms import log_name


class _Nobody:
    """Is told of changes, and does nothing: the loop below looks by itself."""

    def run_changed(self, run: object) -> None:
        """Nothing to do."""

    def dag_due(self, dag: object) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class Month:
    """A home whose time passes by :meth:`until` alone."""

    clock: FakeClock
    store: SqliteStore
    queue: SqliteQueue
    blobs: FolderBlobs
    runs: Runs
    planner: Planner
    worker: Worker
    slots: int

    def until(self, moment: datetime) -> None:
        """Do all that is due until ``moment``, each thing at its time, and let the clock stand at ``moment``."""
        end = moment.timestamp()
        busy: dict[Future[None], Work] = {}
        with ThreadPoolExecutor(self.slots) as pool:
            while True:
                for work in self.queue.take(self.clock.now(), limit=self.slots - len(busy), owner="month"):
                    busy[pool.submit(self._handle, work)] = work
                if busy:
                    for ended in wait(busy, return_when=FIRST_COMPLETED)[0]:
                        self.queue.done(busy.pop(ended).name)
                        ended.result()
                    continue
                before = self._next_due()
                if before is not None and before <= self.clock.now():
                    self.planner.tick()
                    if self._next_due() == before:
                        self.clock.advance(1.0)
                elif before is None or before > end:
                    self.clock.advance(end - self.clock.now())
                    return
                else:
                    self.clock.advance(max(before - self.clock.now(), 0.001))  # the clock rounds to microseconds

    def _next_due(self) -> float | None:
        due = [moment for moment in (self.queue.next_due(), self.store.next_due()) if moment is not None]
        return min(due, default=None)

    def _handle(self, work: Work) -> None:
        if isinstance(work, Chore):
            self.planner.handle(work)
        else:
            self.worker.handle(work)

    def trigger(self, dag_id: str, logical_date: datetime | None = None, *, minutes: int = 100) -> Run:
        """A manual run, to its end, which has to come within so many minutes of the clock."""
        key = self.runs.trigger(dag_id, logical_date=logical_date).key
        for _ in range(minutes):
            self.until(datetime.fromtimestamp(self.clock.now(), UTC) + timedelta(minutes=1))
            stored = self.store.run(key)
            if stored is not None and stored.record.state.terminal:
                return stored.record
        raise AssertionError(f"{key} has not ended")

    def backfill(self, dag_id: str, first: datetime, last: datetime, reprocess: Reprocess = Reprocess.FAILED) -> None:
        """A backfill, to its end: for twenty minutes of the clock."""
        Backfills(self.store, self.clock).create(
            Wanted(dag_id=dag_id, from_date=first, to_date=last, reprocess=reprocess, max_active_runs=1)
        )
        self.until(datetime.fromtimestamp(self.clock.now(), UTC) + timedelta(minutes=20))

    def scheduled(self, dag_id: str) -> dict[datetime, Run]:
        """Logical date → run, of all runs but manual ones, in order."""
        found = [stored.record for stored in self.store.runs(dag_id, limit=2000)]
        return {run.logical_date: run for run in sorted(found, key=lambda run: run.queued_at) if run.logical_date}

    def all_runs(self, dag_id: str) -> Sequence[Run]:
        """All runs, in the order in which they began; those that assets have made have no logical date."""
        return sorted((stored.record for stored in self.store.runs(dag_id)), key=lambda run: run.started_at or 0.0)

    def errors(self, run: Run) -> dict[str, str]:
        """Task → the error of its latest attempt that had one."""
        attempts = [stored.record for stored in self.store.attempts(run.key)]
        return {str(one.key.task_key): one.outcome.error for one in attempts if one.outcome and one.outcome.error}

    def tries(self, run: Run, task_id: str) -> list[int]:
        """How often each instance of a task was tried, by map index."""
        found: dict[int, int] = {}
        for one in self.store.attempts(run.key):
            key = one.record.key
            if key.task_id == task_id:
                found[key.map_index] = max(found.get(key.map_index, 0), key.try_number)
        return [found[index] for index in sorted(found)]

    def xcoms(self, run: Run) -> Mapping[str, Any]:
        """Task → key → value, as ``brisa dags test -o json`` shows them."""
        shown: Mapping[str, Any] = result(run, self.runs.spec(run), self.store, self.blobs)["xcoms"]
        return shown

    def log(self, run: Run, task_id: str) -> str:
        """The log of a task's latest attempt."""
        attempts = [one.record for one in self.store.attempts(run.key) if one.record.key.task_id == task_id]
        return (self.blobs.get(log_name(attempts[-1].key)) or b"").decode()


class _SomeFiles:
    """A bundle of these files alone."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root = root
        self._names = names

    def root(self) -> Path:
        """The folder."""
        return self._root

    def files(self) -> Mapping[str, str]:
        """The files; they do not change."""
        return dict.fromkeys(self._names, "given")


@contextmanager
def month(
    dags: Path, start: datetime, home: Path, files: Sequence[str], *, pools: Sequence[str] = (), slots: int = 3
) -> Iterator[Month]:
    """Embedded mode from ``start`` on, with the DAGs of ``files`` in ``dags`` unpaused, and ``pools`` of two slots."""
    clock = FakeClock(start.timestamp())
    with ExitStack() as cleanup:
        supervisor = Supervisor(dags, preload=PRELOAD)
        cleanup.callback(supervisor.close)
        supervisor.start()
        database = Database(home / "brisa.db")
        cleanup.callback(database.close)
        store, queue, blobs = SqliteStore(database), SqliteQueue(database, clock), FolderBlobs(home / "blobs")
        for name in pools:
            Pools(store, clock).put(name, slots=2)
        runs = Runs(store, queue, clock, _Nobody())
        registry = Registry(store, _SomeFiles(dags, files), supervisor, clock, paused=False)
        synced = registry.sync()
        assert not synced.failures, synced.failures[0].message
        worker = Worker(store, blobs, clock, runs, supervisor, owner="month", origin=registry.origin)
        yield Month(clock, store, queue, blobs, runs, Planner(store, clock, runs), worker, slots)
