"""What the command line shows of a run: its tasks as rows, as a live table, as the JSON of ``dags test``."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from brisa.cli.output import duration, seconds_between, state_style, visible
from brisa.engine import attempt_key, expanded
from brisa.model.run import Attempt, Run, TaskInstance
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, TaskState
from brisa.ports.blobs import Blobs
from brisa.ports.store import StateStore
from brisa.runtime.xcom_values import plain
from brisa.services.xcoms import load_value


def task_rows(run: Run, spec: DagSpec, attempts: Sequence[Attempt] = ()) -> list[dict[str, Any]]:
    """One row per task, in topological order; of a mapped one, once it is expanded, a row per instance.

    ``attempts`` tell which of the awaited ones are running.
    """
    running = {one.key: one for one in attempts if one.state is AttemptState.RUNNING}
    rows = []
    for task in expanded(spec, run.tasks).tasks:
        instance = run.task(task.task_id)
        state, started = displayed_state(run, task.task_id, instance, running)
        rows.append(
            {
                "task_id": task.task_id,
                "operator": task.operator,
                "state": state.value,
                "try_number": instance.try_number,
                "duration": seconds_between(started, instance.ended_at),
            }
        )
    return rows


def displayed_state(
    run: Run, task_id: str, instance: TaskInstance, running: Mapping[Any, Attempt]
) -> tuple[TaskState, float | None]:
    """The state that people see, and when the task began: an awaited attempt that is claimed is running."""
    attempt = running.get(attempt_key(run, task_id, instance)) if instance.state.waiting else None
    if attempt is not None:
        return TaskState.RUNNING, instance.started_at or attempt.started_at
    return instance.state, instance.started_at


def edges(spec: DagSpec) -> list[list[str]]:
    """Every dependency as [upstream, downstream], in topological order of the downstream task."""
    return [[up, task.task_id] for task in spec.tasks for up in task.upstream]


def result(run: Run, spec: DagSpec, store: StateStore, blobs: Blobs) -> dict[str, Any]:
    """The object that ``brisa dags test -o json`` prints."""
    xcoms: dict[str, dict[str, Any]] = {}
    names = [task.task_id for task in expanded(spec, run.tasks).tasks]
    tried = [name for name in names if run.task(name).try_number]
    for name, stored in zip(
        tried, store.attempts_of([attempt_key(run, name, run.task(name)) for name in tried]), strict=True
    ):
        if stored is not None and stored.record.xcoms:
            xcoms[name] = {key: plain(load_value(blobs, value)) for key, value in stored.record.xcoms.items()}
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_state": run.state.value,
        "logical_date": run.logical_date.isoformat() if run.logical_date else None,
        "tasks": [task.task_id for task in spec.tasks],
        "edges": edges(spec),
        "task_states": {name: run.task(name).state.value for name in names},
        "xcoms": xcoms,
    }


class Progress:
    """Follows a run on standard error: a live table on a terminal, a line per change elsewhere."""

    def __init__(self, spec: DagSpec, store: StateStore, *, quiet: bool = False) -> None:
        self._spec = spec
        self._store = store
        self._quiet = quiet
        self._seen: dict[str, TaskState] = {}
        self._lock = threading.Lock()
        self._live: Any = None
        self._begun = time.monotonic()
        self._run: Run | None = None

    def __enter__(self) -> Progress:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True)
            # What remains on the screen is what the command prints in the end.
            self._live = Live(console=console, refresh_per_second=8, get_renderable=self._render, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def watch(self, run: Run) -> None:
        """The run has changed."""
        with self._lock:
            self._run = run
            if self._quiet or self._live is not None:
                return
            for task in expanded(self._spec, run.tasks).tasks:
                instance = run.task(task.task_id)
                if instance.state is not self._seen.get(task.task_id, TaskState.NONE):
                    self._seen[task.task_id] = instance.state
                    took = duration(seconds_between(instance.started_at, instance.ended_at))
                    tail = f"  ({took})" if took and instance.state.terminal else ""
                    self.say(f"{task.task_id}: {instance.state.value}{tail}")

    def say(self, line: str) -> None:
        """Print a line above the table."""
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text.from_ansi(line), soft_wrap=True)
        else:
            sys.stderr.write(f"{line}\n")  # in one piece: tasks write beside each other
            sys.stderr.flush()

    def _render(self) -> Any:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("task", "operator", "state", "try", "duration"):
            table.add_column(name)
        run = self._run
        if run is None:
            return table
        attempts = [one.record for one in self._store.attempts(run.key)]
        now = time.time()
        for row in task_rows(run, self._spec, attempts):
            state = row["state"]
            instance = run.task(row["task_id"])
            took = duration(row["duration"])
            if state == TaskState.RUNNING:
                began = next((a.started_at for a in attempts if a.key.name == row["task_id"]), now)
                took = duration(seconds_between(instance.started_at or began, max(now, began)))
            mark: Any = (
                Spinner("dots", state, style="cyan") if state == TaskState.RUNNING else Text(state, state_style(state))
            )
            names = (Text(visible(row["task_id"])), Text(visible(row["operator"])))
            table.add_row(*names, mark, str(row["try_number"] or ""), took)
        spent = f"{time.monotonic() - self._begun:.1f} s"
        table.caption = Text(visible(f"{run.dag_id}  {run.run_id}  {run.state.value}  {spent}"))
        table.caption_justify = "left"
        return table
