"""How each figure is measured."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import psutil

from brisa.adapters.sqlite import Database, SqliteStore
from brisa.bootstrap import State, open_state, set_paused
from brisa.model.dag import DagVersion
from brisa.model.run import Attempt, AttemptKey, Run, RunKey, TaskInstance
from brisa.model.states import RunState, TaskState
from brisa.ports.store import Create, Put, Update
from tests.bench import parsing, scale
from tests.bench.loaded import REQUESTS, loaded
from tests.support.builders import chain
from tests.support.site import Site

DAGS = Path(__file__).parent / "dags"
ROUNDS = 5


@dataclass(frozen=True)
class Measure:
    """Some figures that are measured together."""

    names: tuple[str, ...]
    run: Callable[[], dict[str, float]]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def standalone(home: Path, dags: Path = DAGS) -> Iterator[subprocess.Popen[str]]:
    """``brisa standalone`` in a process of its own, ready."""
    command = [
        sys.executable,
        "-m",
        "brisa",
        "standalone",
        "--home",
        str(home),
        "--dags-folder",
        str(dags),
        "--unpaused",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.rstrip().endswith("ready"):
                    break
            yield process
        finally:
            process.terminate()
            process.wait(20)


def wait_for(state: State, keys: list[RunKey], limit: float = 120.0) -> list[Run]:
    """The runs, once all have ended."""
    deadline = time.monotonic() + limit
    while True:
        runs = [stored.record for key in keys if (stored := state.store.run(key)) is not None]
        if len(runs) == len(keys) and all(run.state.terminal for run in runs):
            assert {run.state for run in runs} == {RunState.SUCCESS}, "a timed run has failed"
            return runs
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sum(not run.state.terminal for run in runs)} runs have not ended")
        time.sleep(0.02)


def wall(runs: list[Run]) -> float:
    """Seconds from the first trigger to the last end."""
    return max(run.ended_at or 0.0 for run in runs) - min(run.queued_at for run in runs)


def gaps(state: State, run: Run) -> list[float]:
    """Milliseconds between the end of each task's own code and the start of the next one's."""
    times = []
    for number in range(40):
        attempt = state.store.attempt(AttemptKey(run.dag_id, run.run_id, f"t{number}"))
        assert attempt is not None
        times.append(attempt.record.xcoms["return_value"].value)
    return [(later[0] - earlier[1]) * 1000 for earlier, later in pairwise(times)]  # type: ignore[index]


def served() -> dict[str, float]:
    """Everything that is timed through a running ``standalone``: medians over a few rounds in one process."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with standalone(home) as process, open_state(home) as state:
            chains, handovers, fans = [], [], []
            wait_for(state, [state.runs.trigger("chain40", run_id="warm").key])
            for number in range(ROUNDS):
                (run,) = wait_for(state, [state.runs.trigger("chain40", run_id=f"r{number}").key])
                chains.append(wall([run]))
                handovers += gaps(state, run)
                fans.append(wall(wait_for(state, [state.runs.trigger("fan100", run_id=f"r{number}").key])))
            keys = [
                state.runs.trigger(f"backlog{which}", run_id=f"r{number}").key
                for number in range(20)
                for which in range(5)
            ]
            backlog = wall(wait_for(state, keys))
            wait_until_idle(process.pid)
            idle = pss(process.pid)
    return {
        "chain40_s": statistics.median(chains),
        "handover_ms": statistics.median(handovers),
        "fan100_s": statistics.median(fans),
        "backlog_s": backlog,
        "idle_mb": idle,
    }


def mapped() -> dict[str, float]:
    """A thousand instances of a mapped task through a ``standalone`` of their own, which a run before has warmed."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with standalone(home), open_state(home) as state:
            wait_for(state, [state.runs.trigger("chain40", run_id="warm").key])
            (run,) = wait_for(state, [state.runs.trigger("mapped1000", run_id="r").key])
            assert len(run.tasks) == 1003, "a task is not there once for each item"
    return {"mapped1000_s": wall([run])}


def wait_until_idle(pid: int) -> None:
    """Wait until warm processes that nobody needs have been let go."""
    process = psutil.Process(pid)
    deadline = time.monotonic() + 60
    while len(process.children(recursive=True)) > 1 and time.monotonic() < deadline:
        time.sleep(1)


def pss(pid: int) -> float:
    """Megabytes of a process and all below it, shared pages counted once."""
    process = psutil.Process(pid)
    return float(sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)])) / 1e6


def cold() -> dict[str, float]:
    """From the command to the first task running: a run waits in the home already."""
    seconds = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            with standalone(home):
                pass
            with open_state(home) as state:
                set_paused(state, "backlog0", False)
                key = state.runs.trigger("backlog0", run_id="first").key
                begun = time.time()
                with standalone(home):
                    (run,) = wait_for(state, [key])
                attempt = state.store.attempt(AttemptKey(run.dag_id, run.run_id, "t0"))
                assert attempt is not None
                seconds.append(attempt.record.xcoms["return_value"].value[0] - begun)  # type: ignore[index]
    return {"cold_s": statistics.median(seconds)}


def commit() -> dict[str, float]:
    """One commit as a worker makes it at the end of a task, in a run of 1,000 tasks."""
    spec = chain(1000)
    tasks = {
        task.task_id: TaskInstance(
            state=TaskState.SUCCESS, try_number=1, max_tries=1, started_at=time.time(), ended_at=time.time()
        )
        for task in spec.tasks
    }
    run = Run(dag_id="d", run_id="r", version="v", state=RunState.RUNNING, tasks=tasks)
    times = []
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "brisa.db")
        store = SqliteStore(database)
        attempt = Attempt(key=AttemptKey("d", "r", "t0"))
        version = DagVersion(dag_id="d", version="v", spec=spec)
        run_revision, attempt_revision, _ = store.commit(Create(run), Create(attempt), Put(version))
        for number in range(300):
            changed = replace(tasks[f"t{number}"], ended_at=time.time())
            run = replace(run, tasks={**run.tasks, f"t{number}": changed}, next_check_at=time.time())
            attempt = replace(attempt, ended_at=time.time())
            begun = time.perf_counter()
            run_revision, attempt_revision = store.commit(Update(run, run_revision), Update(attempt, attempt_revision))
            times.append(time.perf_counter() - begun)
        database.close()
    return {"commit_ms": statistics.median(times) * 1000}


def imports() -> dict[str, float]:
    """What Python's own import timer says of the line that every DAG file begins with."""
    totals = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "from brisa import DAG, task"],
            capture_output=True,
            text=True,
            check=True,
        )
        rows = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)", done.stderr)
        names = [name for *_, name in rows]
        assert not any(name.startswith("google.cloud") for name in names), "a google library is imported"
        after_start = rows[names.index("site") + 1 :] if "site" in names else rows
        totals.append(sum(int(own) for own, *_ in after_start) / 1000)
    return {"import_ms": statistics.median(totals)}


def operations() -> dict[str, float]:
    """What one more task in a chain costs, counted at the ports."""
    totals = []
    for length in (10, 11):
        site = Site(chain(length))
        site.trigger()
        site.counts.reset()
        site.work()
        totals.append((site.counts.reads.total(), site.counts.writes.total(), site.counts.operations["enqueue"]))
    reads, writes, queue = (more - less for less, more in zip(*totals, strict=True))
    return {"reads_per_task": reads, "writes_per_task": writes, "queue_ops_per_task": queue}


ALL = (
    Measure(("chain40_s", "handover_ms", "fan100_s", "backlog_s", "idle_mb"), served),
    Measure(("cold_s",), cold),
    Measure(("mapped1000_s",), mapped),
    Measure(("commit_ms",), commit),
    Measure(("import_ms",), imports),
    Measure(("parse_file_ms",), parsing.file),
    Measure(("parse_folder_s", "parse_folder_airflow_s", "parse_vs_airflow"), parsing.folder),
    Measure(("tick_10000_s", "tick_10000_reads", "tick_100_reads"), scale.planned),
    Measure(("catchup1000_s", "catchup_kb_per_run"), scale.caught_up),
    Measure(("idle_week_writes",), scale.idle),
    Measure((*REQUESTS, "api_trigger_ms", "api_mb"), loaded),
    Measure(("reads_per_task", "writes_per_task", "queue_ops_per_task"), operations),
)
