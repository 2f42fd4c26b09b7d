"""Following a run until it has ended: a live table on a terminal, a line per change elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from brisa.cli.api import Api
from brisa.cli.found import Found, instance_row, instances_of
from brisa.cli.output import duration, state_style, visible
from brisa.model.states import RunState

_EVERY = 0.5
"""Seconds between two looks."""


class _Screen(Protocol):
    def show(self, run: Found, rows: Sequence[Mapping[str, Any]]) -> None:
        """What is now."""
        ...


def wait_for(api: Api, run: Found) -> Found:
    """The run as it has ended."""
    with _screen() as screen:
        while True:
            run = api.get("dags", run["dag_id"], "dagRuns", run["dag_run_id"])
            screen.show(run, [instance_row(one) for one in instances_of(api, run)])
            if RunState(run["state"]).terminal:
                return run
            time.sleep(_EVERY)


@contextmanager
def _screen() -> Iterator[_Screen]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live

    # What remains on the screen is what the command prints in the end.
    with Live(console=Console(stderr=True), refresh_per_second=8, transient=True) as live:
        yield _Table(live)


class _Lines:
    """A line for each task that has another state."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def show(self, run: Found, rows: Sequence[Mapping[str, Any]]) -> None:
        """Say what has changed."""
        for row in rows:
            if row["state"] != self._seen.get(row["task_id"], "none"):
                self._seen[row["task_id"]] = row["state"]
                took = f"  ({duration(row['duration'])})" if row["duration"] is not None else ""
                sys.stderr.write(f"{visible(row['task_id'])}: {row['state']}{took}\n")
        sys.stderr.flush()


class _Table:
    """All tasks, as they are."""

    def __init__(self, live: Any) -> None:
        self._live = live
        self._begun = time.monotonic()

    def show(self, run: Found, rows: Sequence[Mapping[str, Any]]) -> None:
        """Draw it."""
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("task", "operator", "state", "try", "duration"):
            table.add_column(name)
        for row in rows:
            state = row["state"]
            mark: Any = Spinner("dots", state, style="cyan") if state == "running" else Text(state, state_style(state))
            names = (Text(visible(row["task_id"])), Text(visible(row["operator"] or "")))
            table.add_row(*names, mark, str(row["try_number"] or ""), duration(row["duration"]))
        spent = f"{time.monotonic() - self._begun:.1f} s"
        table.caption = Text(visible(f"{run['dag_id']}  {run['dag_run_id']}  {run['state']}  {spent}"))
        table.caption_justify = "left"
        self._live.update(table)
