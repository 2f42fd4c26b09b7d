"""Makes attempts for tests: a request, a channel in memory, and the outcome."""

import datetime as dt
import time

from brisa.authoring.dialect import speaking
from brisa.model.run import Run
from brisa.model.states import RunState, RunType
from brisa.runtime.execute import execute
from brisa.runtime.memory import MemoryChannel
from brisa.runtime.request import AttemptRequest

DAY = dt.datetime(2024, 1, 15, tzinfo=dt.UTC)


def a_run(dag_id="d", **changes):
    """A scheduled run for 2024-01-15, whose interval is that day."""
    fields = {
        "dag_id": dag_id,
        "run_id": "scheduled__2024-01-15T00:00:00+00:00",
        "version": "v",
        "state": RunState.RUNNING,
        "run_type": RunType.SCHEDULED,
        "logical_date": DAY,
        "data_interval_start": DAY,
        "data_interval_end": DAY + dt.timedelta(days=1),
        "started_at": DAY.timestamp() + 86400,
    }
    return Run(**fields | changes)


def a_request(task_id="t", run=None, dialect=3, **changes):
    """The first attempt of a task, begun now."""
    fields = {
        "file": "dag.py",
        "task_id": task_id,
        "run": run or a_run(),
        "dialect": dialect,
        "started_at": time.time(),
    }
    return AttemptRequest(**fields | changes)


def run_task(dag, task_id="t", *, channel=None, run=None, **changes):
    """Execute one attempt of a task of ``dag``; its outcome, and the channel with what it pushed."""
    channel = channel or MemoryChannel()
    request = a_request(task_id, run or a_run(dag.dag_id), dialect=dag.dialect, **changes)
    with speaking(dag.dialect):
        return execute(request, dag, channel), channel
