"""How quickly the API of a ``brisa standalone`` answers whose store is full: lists, one run, and triggers.

A file defines 1,000 DAGs of ten tasks each; 100,000 ended runs of theirs, so a million task instances, are written into
the store. Then several clients ask at once, and trigger runs, each of which must be there in the end.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import psutil

from brisa.adapters.sqlite import Database, SqliteStore
from brisa.model.run import Run, RunKey, TaskInstance
from brisa.model.states import RunState, RunType, TaskState
from brisa.ports.store import Create, StateStore

DAGS, RUNS, TASKS, CLIENTS = 1000, 100_000, 10, 8
TIMES = 300
TRIGGERED = 500
BATCH = 1000
BEGIN = 1_700_000_000.0
HOUR = 3600.0
FILE = f"""
from airflow.sdk import DAG, chain
from airflow.providers.standard.operators.empty import EmptyOperator

for number in range({DAGS}):
    with DAG(f"dag_{{number:04}}", schedule=None, tags=[f"team_{{number % 7}}", "bench"], max_active_runs=100):
        chain(*(EmptyOperator(task_id=f"task_{{place}}") for place in range({TASKS})))
"""
REQUESTS = {
    "api_list_dags_ms": "/dags",
    "api_list_runs_ms": "/dags/~/dagRuns?order_by=-run_after",
    "api_dag_runs_ms": "/dags/dag_0500/dagRuns?order_by=-start_date",
    "api_failed_runs_ms": "/dags/~/dagRuns?state=failed&order_by=-start_date",
    "api_get_run_ms": "/dags/dag_0500/dagRuns/seeded__000042",
    "api_its_tasks_ms": "/dags/dag_0500/dagRuns/seeded__000042/taskInstances",
}
"""Figure → what is asked for: its 95th percentile."""


def loaded() -> dict[str, float]:
    """All of them."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        (home / "dags").mkdir(parents=True)
        (home / "dags" / "many.py").write_text(FILE)
        with served(home):
            pass  # it has registered the DAGs
        with closing(Database(home / "brisa.db")) as database:
            seed(SqliteStore(database))
        with served(home) as (process, port):
            ask = client_of(port, token(home, port))
            found = {figure: percentile(measure(ask, path), 95) for figure, path in REQUESTS.items()}
            found["api_trigger_ms"] = triggers(ask)
            found["api_mb"] = psutil.Process(process.pid).memory_info().rss / 1e6
        with closing(Database(home / "brisa.db")) as database:
            store = SqliteStore(database)
            assert all(store.run(key) is not None for key in map(triggered, range(TRIGGERED))), "a run was lost"
    return found


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """``brisa standalone`` in a process of its own, and the port of its API."""
    command = [sys.executable, "-m", "brisa", "standalone", "--home", str(home), "--unpaused", "--port", "0"]
    with (home / "printed.txt").open("w") as file:
        process = subprocess.Popen(command, stdout=file, text=True)
    try:
        deadline = time.monotonic() + 120
        while not (found := re.search(r"^API http://[^:]+:(\d+)", (home / "printed.txt").read_text(), re.MULTILINE)):
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < deadline, "it is not ready"
            time.sleep(0.05)
        yield process, int(found[1])
    finally:
        process.terminate()
        process.wait(20)


def seed(store: StateStore) -> None:
    """Write the ended runs, spread evenly over the DAGs."""
    chance = random.Random(7)
    versions = {stored.record.dag_id: stored.record.version for stored in store.dags()}
    assert len(versions) == DAGS, "the DAGs are not registered"
    dag_ids = sorted(versions)
    runs = (_run(dag_ids[number % DAGS], versions, number // DAGS, chance) for number in range(RUNS))
    while batch := [Create(run) for run in islice(runs, BATCH)]:
        store.commit(*batch)


def _run(dag_id: str, versions: dict[str, str], number: int, chance: random.Random) -> Run:
    after = BEGIN + number * HOUR
    failed = chance.random() < 0.1
    states = [TaskState.SUCCESS] * TASKS
    if failed:
        states[-1] = TaskState.FAILED
    return Run(
        dag_id=dag_id,
        run_id=f"seeded__{number:06}",
        version=versions[dag_id],
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


class Client(Protocol):
    """Makes a request, and says how many milliseconds it took."""

    def __call__(self, method: str, path: str, body: Any = None) -> float: ...


def token(home: Path, port: int) -> str:
    """Of the admin that the first start has made."""
    password = (home / "admin-password.txt").read_text().strip()
    with closing(HTTPConnection("127.0.0.1", port)) as connection:
        body = json.dumps({"username": "admin", "password": password})
        connection.request("POST", "/auth/token", body, {"content-type": "application/json"})
        return str(json.load(connection.getresponse())["access_token"])


def client_of(port: int, bearer: str) -> Client:
    """A client with a connection for each thread."""
    local = threading.local()
    headers = {"content-type": "application/json", "authorization": f"Bearer {bearer}"}

    def ask(method: str, path: str, body: Any = None) -> float:
        if not hasattr(local, "connection"):
            local.connection = HTTPConnection("127.0.0.1", port)
        begin = time.perf_counter()
        local.connection.request(method, f"/api/v2{path}", None if body is None else json.dumps(body), headers)
        response = local.connection.getresponse()
        text = response.read()
        took = (time.perf_counter() - begin) * 1000
        assert response.status == 200, text[:500]
        return took

    return ask


def measure(ask: Client, path: str) -> list[float]:
    """Milliseconds that each of many requests took, made by some clients at once, once all were warm."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: ask("GET", path), range(5 * CLIENTS)))
        return list(pool.map(lambda _: ask("GET", path), range(TIMES)))


def percentile(found: list[float], share: int) -> float:
    """The one below which that many per cent are."""
    return sorted(found)[len(found) * share // 100]


def triggered(number: int) -> RunKey:
    """The run that is triggered so."""
    return RunKey(f"dag_{number:04}", f"triggered_{number}")


def triggers(ask: Client) -> float:
    """Milliseconds for each of many runs that some clients trigger at once."""

    def trigger(number: int) -> float:
        key = triggered(number)
        return ask("POST", f"/dags/{key.dag_id}/dagRuns", {"logical_date": None, "dag_run_id": key.run_id})

    with ThreadPoolExecutor(CLIENTS) as pool:
        begin = time.perf_counter()
        list(pool.map(trigger, range(TRIGGERED)))
        return (time.perf_counter() - begin) * 1000 / TRIGGERED
