"""How quickly the API answers beside a full store: lists of DAGs and runs, one run, and triggers.

``python -m tests.bench.api`` seeds a SQLite file with 1,000 DAGs of ten tasks, and 100,000 runs, which takes seconds,
and asks from several threads. ``--keep FILE`` keeps it, and uses it again.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastapi import Request
from fastapi.testclient import TestClient

from brisa.adapters.local import FolderBlobs, SystemClock
from brisa.adapters.memory import MemorySecrets
from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore
from brisa.model.access import Actor, Role
from brisa.model.dag import Dag, DagSummary, DagVersion
from brisa.model.run import Run, TaskInstance
from brisa.model.spec import DagSpec, ScheduleKind, ScheduleSpec, TaskSpec
from brisa.model.states import RunState, RunType, TaskState
from brisa.ports.store import Create, Put, StateStore
from brisa.services.deletion import Deletion
from brisa.services.runs import Runs
from brisa.web.app import make_app
from brisa.web.backend import Backend
from tests.support.site import Silent

BATCH = 1000
TASKS = 10
BEGIN = 1_700_000_000.0
HOUR = 3600.0
WARM_UP = 5


class Everybody:
    """A guard that takes whoever comes for an administrator."""

    def identify(self, request: Request) -> Actor:
        """Somebody."""
        return Actor(name="bench@example.com", role=Role.ADMIN)


def seed(store: StateStore, *, dags: int, runs: int) -> None:
    """Fill an empty store: ``runs`` ended runs, spread evenly over ``dags`` DAGs."""
    chance = random.Random(7)
    for first in range(0, dags, BATCH // 4):
        numbers = range(first, min(first + BATCH // 4, dags))
        store.commit(*(write for number in numbers for write in _dag(number)))
    batch: list[Create] = []
    for number in range(runs):
        batch.append(Create(_run(f"dag_{number % dags:04}", number // dags, chance)))
        if len(batch) == BATCH:
            store.commit(*batch)
            batch.clear()
    if batch:
        store.commit(*batch)


def _dag(number: int) -> Iterator[Put | Create]:
    dag_id = f"dag_{number:04}"
    spec = DagSpec(
        dag_id=dag_id,
        tasks=tuple(
            TaskSpec(task_id=f"task_{place}", upstream=(f"task_{place - 1}",) if place else ())
            for place in range(TASKS)
        ),
        file=f"{dag_id}.py",
        schedule=ScheduleSpec(kind=ScheduleKind.CRON, cron="0 * * * *", summary="@hourly"),
        tags=(f"team_{number % 7}", "bench"),
        owners=(f"owner_{number % 5}",),
        description=f"The DAG number {number}",
    )
    yield Put(DagVersion(dag_id=dag_id, version="v1", spec=spec, created_at=BEGIN))
    yield Create(
        Dag(dag_id=dag_id, version="v1", file=spec.file, paused=False, summary=DagSummary.of(spec), updated_at=BEGIN)
    )


def _run(dag_id: str, number: int, chance: random.Random) -> Run:
    after = BEGIN + number * HOUR
    failed = chance.random() < 0.1
    states = [TaskState.SUCCESS] * TASKS
    if failed:
        states[-1] = TaskState.FAILED
    return Run(
        dag_id=dag_id,
        run_id=f"scheduled__{number:06}",
        version="v1",
        state=RunState.FAILED if failed else RunState.SUCCESS,
        run_type=RunType.SCHEDULED,
        run_after=after,
        queued_at=after,
        started_at=after + 1,
        ended_at=after + 10 + chance.random() * 100,
        triggered_by="planner",
        tasks={
            f"task_{place}": TaskInstance(state=state, try_number=1, max_tries=1, started_at=after, ended_at=after + 9)
            for place, state in enumerate(states)
        },
    )


REQUESTS = {
    "list DAGs": "/dags",
    "list DAGs, filtered": "/dags?tags=team_3&order_by=-dag_id&paused=false&dag_id_pattern=9",
    "list runs": "/dags/~/dagRuns",
    "list runs, latest": "/dags/~/dagRuns?order_by=-run_after",
    "list runs of a DAG": "/dags/dag_0500/dagRuns?order_by=-start_date",
    "list failed runs": "/dags/~/dagRuns?state=failed&order_by=-start_date",
    "list runs, far": "/dags/~/dagRuns?offset=90000",
    "get run": "/dags/dag_0500/dagRuns/scheduled__000042",
    "get its tasks": "/dags/dag_0500/dagRuns/scheduled__000042/taskInstances",
    "statistics": "/dagStats",
}


def measure(client: TestClient, path: str, *, clients: int, times: int) -> list[float]:
    """Milliseconds that each of ``times`` requests took, made by ``clients`` at once."""

    def ask(_: int) -> float:
        begin = time.perf_counter()
        response = client.get(path)
        assert response.status_code == 200, response.text
        return (time.perf_counter() - begin) * 1000

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, range(WARM_UP)))
        return list(pool.map(ask, range(times)))


def triggers(client: TestClient, *, clients: int, times: int) -> float:
    """Runs that are triggered in a second."""

    def trigger(number: int) -> None:
        response = client.post(
            f"/dags/dag_{number % 500:04}/dagRuns",
            json={"logical_date": None, "dag_run_id": f"t{time.time_ns()}_{number}"},
        )
        assert response.status_code == 200, response.text

    begin = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(trigger, range(times)))
    return times / (time.perf_counter() - begin)


def main() -> None:
    """Seed, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dags", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "bench.db"
        database = Database(path)
        store, clock = SqliteStore(database), SystemClock()
        if not store.dags():
            begin = time.perf_counter()
            seed(store, dags=options.dags, runs=options.runs)
            print(f"seeded in {time.perf_counter() - begin:.1f} s, {path.stat().st_size / 1e6:.0f} MB")
        blobs = FolderBlobs(Path(folder) / "blobs")
        runs = Runs(store, SqliteQueue(database, clock), clock, Silent())
        backend = Backend(
            store=store,
            runs=runs,
            clock=clock,
            blobs=blobs,
            secrets=MemorySecrets(),
            deletion=Deletion(store, blobs, runs),
            guard=Everybody(),
        )
        with TestClient(make_app(backend), "http://testserver/api/v2") as client:
            for name, path_asked in REQUESTS.items():
                took = measure(client, path_asked, clients=options.clients, times=options.times)
                alone = measure(client, path_asked, clients=1, times=10)
                p95 = statistics.quantiles(took, n=20)[-1]
                print(
                    f"{name:22} p50 {statistics.median(took):6.1f}  p95 {p95:6.1f}  alone {statistics.median(alone):6.1f} ms"
                )
            print(f"triggers               {triggers(client, clients=options.clients, times=300):.0f} runs/s")
        database.close()


if __name__ == "__main__":
    main()
