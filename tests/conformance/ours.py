"""Asks brisa about one DAG file: runs its DAGs as ``brisa dags test`` does, and says what came out as oracle.py does.

``python -m tests.conformance.ours FILE DAGS_FOLDER [DAG_ID …]``. Beyond what the command prints there are the rendered
fields, and why a task failed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brisa.bootstrap import TrialStack, trial
from brisa.cli.trials import bundle_of, follow_trial, trial_of
from brisa.cli.view import edges
from brisa.errors import BrisaError
from brisa.model.dag import DagVersion
from brisa.model.run import Attempt, Run, TaskKey
from brisa.runtime.xcom_values import plain
from brisa.services.xcoms import load_value

WHEN = datetime(2024, 1, 1, tzinfo=UTC)


def main() -> None:
    """Answer for one file."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # tasks print
    file, folder, *wanted = sys.argv[1:]

    def say(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer) + "\n")
        out.flush()

    dags, error = load(Path(file), folder)
    say({"dags": dags, "error": error})
    for dag_id in wanted or dags:
        say(answer_of(dag_id, Path(file), folder) if dag_id in dags else {"dag_id": dag_id, "error": error})


def load(file: Path, folder: str) -> tuple[list[str], str]:
    """The ids of the file's DAGs, and why it does not load."""
    place, only = bundle_of(file, None, folder)
    with trial(place, only=only) as stack:
        found = stack.registry.find("")
        return sorted(one.record.dag_id for one in stack.store.dags()), "; ".join(one.message for one in found.failures)


def answer_of(dag_id: str, file: Path, folder: str) -> dict[str, Any]:
    """Run the DAG once, on the day that the oracle takes."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), trial_of(dag_id, file, None, folder) as (stack, version):
            answer: dict[str, Any] = {"dag_id": dag_id, **structure(version)}
            try:
                when = max(WHEN, version.spec.start_date or WHEN)
                run = stack.runs.trigger(dag_id, logical_date=when, conf={}, triggered_by="cli")
                run = follow_trial(stack, version, run, slots=4, quiet=True)
            except BrisaError as error:
                return {**answer, "error": f"{type(error).__name__}: {error}"}
            return {**answer, "error": "", **outcome(run, version, stack)}
    except (BrisaError, SystemExit) as error:
        return {"dag_id": dag_id, "error": said.getvalue() or str(error)}


def structure(version: DagVersion) -> dict[str, Any]:
    """Tasks with their operators, and edges."""
    return {
        "tasks": {task.task_id: task.operator for task in version.spec.tasks},
        "edges": sorted(edges(version.spec)),
    }


def outcome(run: Run, version: DagVersion, stack: TrialStack) -> dict[str, Any]:
    """States, XComs and rendered fields, by name of the task instance."""
    last = last_attempts(one.record for one in stack.store.attempts(run.key))
    told = {name: one.outcome.error for name, one in last.items() if one.outcome is not None}
    return {
        "run_id": run.run_id,
        "state": run.state.value,
        "states": {
            name: run.task(name).state.value for name in instances(run.tasks, (t.task_id for t in version.spec.tasks))
        },
        "xcoms": {
            name: {key: plain(load_value(stack.blobs, value)) for key, value in one.xcoms.items()}
            for name, one in last.items()
            if one.xcoms
        },
        "rendered": {name: dict(one.rendered) for name, one in last.items() if one.rendered},
        "errors": {name: error for name, error in told.items() if error},
    }


def instances(known: Collection[str], task_ids: Iterable[str]) -> list[str]:
    """The names of the run's task instances: an expanded task is its instances alone, as Airflow has it."""
    expanded = {TaskKey.of(name).task_id for name in known if name.endswith("]")}
    return sorted((set(known) | set(task_ids)) - expanded)


def last_attempts(attempts: Iterable[Attempt]) -> dict[str, Attempt]:
    """Of each task instance the attempt that counts."""
    return {one.key.name: one for one in sorted(attempts, key=lambda one: one.key)}


if __name__ == "__main__":
    main()
