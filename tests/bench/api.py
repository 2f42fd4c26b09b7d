"""How quickly the API answers beside a full store: lists of DAGs and runs, one run, and triggers.

``python -m tests.bench.api`` seeds a SQLite file with 1,000 DAGs of ten tasks, and 100,000 runs, which takes seconds,
and asks from several threads. ``--keep FILE`` keeps it, and uses it again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request

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
DAGS_TRIGGERED = 500


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


class Client(Protocol):
    """Makes a request, and says how many milliseconds it took."""

    def __call__(self, method: str, path: str, body: Any = None) -> float: ...


def clients_of(port: int) -> Client:
    """A client with a connection for each thread."""
    local = threading.local()

    def ask(method: str, path: str, body: Any = None) -> float:
        if not hasattr(local, "connection"):
            local.connection = HTTPConnection("127.0.0.1", port)
        headers = {"content-type": "application/json"} if body is not None else {}
        begin = time.perf_counter()
        local.connection.request(method, f"/api/v2{path}", None if body is None else json.dumps(body), headers)
        response = local.connection.getresponse()
        text = response.read()
        took = (time.perf_counter() - begin) * 1000
        assert response.status == 200, text[:500]
        return took

    return ask


def measure(ask: Client, path: str, *, clients: int, times: int) -> list[float]:
    """Milliseconds that each of ``times`` requests took, made by ``clients`` at once."""
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: ask("GET", path), range(WARM_UP)))
        return list(pool.map(lambda _: ask("GET", path), range(times)))


def triggers(ask: Client, *, clients: int, times: int) -> float:
    """Runs that are triggered in a second."""

    def trigger(number: int) -> float:
        body = {"logical_date": None, "dag_run_id": f"t{time.time_ns()}_{number}"}
        return ask("POST", f"/dags/dag_{number % DAGS_TRIGGERED:04}/dagRuns", body)

    with ThreadPoolExecutor(clients) as pool:
        begin = time.perf_counter()
        list(pool.map(trigger, range(times)))
        return times / (time.perf_counter() - begin)


def serve(path: Path, folder: Path, port: int) -> None:
    """Answer on ``port``, in a process of its own."""
    import uvicorn

    database = Database(path)
    store, clock = SqliteStore(database), SystemClock()
    blobs = FolderBlobs(folder / "blobs")
    runs = Runs(store, SqliteQueue(database, clock), clock, Silent())
    deletion = Deletion(store, blobs, runs)
    backend = Backend(
        store=store, runs=runs, clock=clock, blobs=blobs, secrets=MemorySecrets(), deletion=deletion, guard=Everybody()
    )
    uvicorn.run(make_app(backend), port=port, log_level="warning")


def free_port() -> int:
    """A port that nobody has."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_for(port: int) -> None:
    """Until somebody answers on ``port``."""
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main() -> None:
    """Seed, serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dags", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = options.keep or folder / "bench.db"
        database = Database(path)
        store = SqliteStore(database)
        if not store.dags():
            begin = time.perf_counter()
            seed(store, dags=options.dags, runs=options.runs)
            print(f"seeded in {time.perf_counter() - begin:.1f} s, {path.stat().st_size / 1e6:.0f} MB")
        database.close()
        port = free_port()
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(path, folder, port), daemon=True)
        server.start()
        try:
            wait_for(port)
            ask = clients_of(port)
            for label, asked in REQUESTS.items():
                took = sorted(measure(ask, asked, clients=options.clients, times=options.times))
                alone = statistics.median(measure(ask, asked, clients=1, times=10))
                p50, p95 = took[len(took) // 2], took[len(took) * 95 // 100]
                print(f"{label:22} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  alone {alone:6.1f} ms")
            print(f"{'triggers':22} {triggers(ask, clients=options.clients, times=500):.0f} runs/s")
        finally:
            server.terminate()
            server.join()


if __name__ == "__main__":
    main()
