"""Runs real DAG files as ``brisa dags test`` does, and gives back what it would print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brisa.bootstrap import trial
from brisa.cli.view import result
from brisa.model.run import Message
from brisa.services.trial import run_to_the_end
from brisa.services.xcoms import log_name

PIPELINES = Path(__file__).parents[2] / "pipelines"


@dataclass(frozen=True)
class Tried:
    """A run that has ended."""

    run_state: str
    states: Mapping[str, str]
    xcoms: Mapping[str, Mapping[str, Any]]
    logs: Mapping[str, str]
    """Task id → the log of its last attempt."""


def run_dag(file: Path, dag_id: str, logical_date: datetime = datetime(2024, 1, 1, tzinfo=UTC), **conf: Any) -> Tried:
    """Run the DAG of ``file`` once, to its end."""
    logs: dict[str, str] = {}
    with trial(file.parent, only=file.name) as stack:
        synced = stack.registry.sync()
        assert not synced.failures, synced.failures
        run = stack.runs.trigger(dag_id, logical_date=logical_date, conf=conf)

        def handle(message: Message) -> None:
            stack.worker.handle(message)
            logs[str(message.attempt.task_key)] = (stack.blobs.get(log_name(message.attempt)) or b"").decode()

        run = run_to_the_end(run.key, stack.store, stack.queue, handle, stack.planner, stack.clock, slots=4)
        shown = result(run, stack.runs.spec(run), stack.store, stack.blobs)
    return Tried(run_state=shown["run_state"], states=shown["task_states"], xcoms=shown["xcoms"], logs=logs)
