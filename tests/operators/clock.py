"""Attempts that begin when a test says, by brisa's clock."""

import time
from datetime import UTC, datetime

from brisa.authoring.dag import DAG
from tests.runtime.attempts import run_task


def a_dag(dialect=3, zone=UTC, **kwargs):
    """A DAG of that dialect and zone, without a schedule unless one is given."""
    dag = DAG("d", start_date=datetime(2024, 1, 1, tzinfo=zone), **{"schedule": None, **kwargs})
    dag.dialect = dialect
    return dag


def look(dag, now, task_id="t", *, first=None, **changes):
    """One attempt that begins at ``now``, the try's first at ``first``: the outcome, and when it wants to go on."""
    started = time.time()
    outcome, channel = run_task(
        dag, task_id, started_at=now.timestamp(), first_started_at=(first or now).timestamp(), **changes
    )
    # The process that runs an attempt puts this machine's clock right; see brisa.runtime.child.
    resume = outcome.resume_at and outcome.resume_at - started + now.timestamp()
    return outcome, resume and datetime.fromtimestamp(resume, UTC), channel
