"""Running a pipeline of the repository as `brisa dags test` does, against the local cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from brisa.bootstrap import trial
from brisa.model.run import Run
from brisa.services.trial import run_to_the_end
from tests.emulators.local_cloud import local_cloud

PIPELINES = Path(__file__).resolve().parents[2] / "pipelines"


@dataclass(frozen=True)
class Finished:
    """A run that has ended, and what went wrong in it."""

    run: Run
    errors: dict[str, str]
    """Task id → the error of its last attempt that had one."""

    def state(self, task_id):
        return self.run.task(task_id).state.value


@pytest.fixture(scope="session")
def cloud():
    """The emulators, their environment set for the session."""
    emulators, environment = local_cloud()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield emulators


@pytest.fixture(scope="session")
def run_pipeline(cloud):
    """A function that runs a DAG of ``pipelines/`` with this conf to its end."""

    def run(file, dag_id, **conf):
        with trial(PIPELINES, only=file) as stack:
            stack.registry.sync()
            failures = stack.store.import_failures()
            assert not failures, failures[0].message
            started = stack.runs.trigger(dag_id, conf=conf)
            ended = run_to_the_end(
                started.key, stack.store, stack.queue, stack.worker.handle, stack.planner, stack.clock, slots=3
            )
            attempts = [stored.record for stored in stack.store.attempts(ended.key)]
            return Finished(
                ended, {one.key.task_id: one.outcome.error for one in attempts if one.outcome and one.outcome.error}
            )

    return run
