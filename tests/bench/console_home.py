"""A home that the console has much to show of: 1,000 DAGs; one more with 300 tasks and 100 runs, and a log of 50 MB."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from brisa.adapters.local.blobs import FolderBlobs
from brisa.adapters.sqlite import Database, SqliteStore
from brisa.model.run import Attempt, AttemptKey, Run, TaskInstance
from brisa.model.states import AttemptState, RunState, RunType, TaskState
from brisa.ports.store import Create, StateStore
from brisa.runtime.task_log import head
from brisa.services.xcoms import log_name

DAGS, TASKS, RUNS, LAYERS = 1000, 300, 100, 15
EDGES = 2 * TASKS // LAYERS * (LAYERS - 1)
WIDE, LOGGED = "wide", "t_00_00"
"""The DAG with many tasks, and its task with a long log, in the run :func:`run_id` of 0."""
LOG_BYTES = 50_000_000
BEGIN, HOUR = 1_700_000_000.0, 3600.0
FILE = f"""
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

for number in range({DAGS}):
    with DAG(f"dag_{{number:04}}", schedule=None, tags=[f"team_{{number % 7}}"]):
        EmptyOperator(task_id="only")

with DAG("{WIDE}", schedule=None):
    layers = [
        [EmptyOperator(task_id=f"t_{{layer:02}}_{{place:02}}") for place in range({TASKS // LAYERS})]
        for layer in range({LAYERS})
    ]
    for above, below in zip(layers, layers[1:]):
        for place, task in enumerate(above):
            task >> [below[place], below[(place + 1) % len(below)]]
"""
STRIP = 14
"""Runs of each of the first DAGs: as many as a list shows."""
LISTED = 50


def run_id(number: int) -> str:
    """Of the runs, the first is 0."""
    return f"seeded__{number:03}"


def seed(home: Path) -> None:
    """Write the runs and the log; the DAGs are registered already."""
    with closing(Database(home / "brisa.db")) as database:
        store = SqliteStore(database)
        for number in range(LISTED):
            _runs(store, f"dag_{number:04}", STRIP)
        _runs(store, WIDE, RUNS)
        _log(store, FolderBlobs(home / "blobs"))


def _runs(store: StateStore, dag_id: str, count: int) -> None:
    """Ended runs; one task in twelve of them has failed."""
    (dag,) = store.dags_of([dag_id])
    assert dag is not None, "the DAG is not registered"
    version = store.version(dag_id, dag.record.version)
    assert version is not None
    names = [task.task_id for task in version.spec.tasks]
    for number in range(count):
        after = BEGIN + number * HOUR
        tasks = {
            name: TaskInstance(
                state=TaskState.FAILED if (place + number) % 12 == 0 else TaskState.SUCCESS,
                try_number=1,
                max_tries=1,
                started_at=after,
                ended_at=after + 9,
            )
            for place, name in enumerate(names)
        }
        failed = any(one.state is TaskState.FAILED for one in tasks.values())
        run = Run(
            dag_id=dag_id,
            run_id=run_id(number),
            version=version.version,
            state=RunState.FAILED if failed else RunState.SUCCESS,
            run_type=RunType.MANUAL,
            run_after=after,
            started_at=after,
            ended_at=after + 30 + number % 40,
            tasks=tasks,
        )
        store.commit(Create(run))


def _log(store: StateStore, blobs: FolderBlobs) -> None:
    """Of one attempt: lines with colours, and an error now and then."""
    key = AttemptKey(WIDE, run_id(0), LOGGED)
    ended = Attempt(
        key=key, state=AttemptState.FINISHED, started_at=BEGIN, ended_at=BEGIN + 9, log=log_name(key), token="seeded"
    )
    store.commit(Create(ended))
    lines: list[bytes] = []
    size = 0
    while size < LOG_BYTES:
        number = len(lines)
        level = "ERROR" if number % 1000 == 999 else "INFO"
        text = f"\x1b[32mrow\x1b[0m {number} of a log that has no end in sight: {number * 7919} ñandúes\n"
        lines.append(head(level, "stdout", BEGIN + number / 100).encode() + text.encode())
        size += len(lines[-1])
    blobs.put(ended.log, b"".join(lines))
