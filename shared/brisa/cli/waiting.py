"""Following a run until it has ended: a live table on a terminal, a line per change elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from shlex import quote
from typing import Any, Protocol

import click

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
    """The run as it has ended; of what has failed, it is said where the reason is."""
    with _screen() as screen:
        while True:
            run = api.get("dags", run["dag_id"], "dagRuns", run["dag_run_id"])
            rows = [_row(one) for one in instances_of(api, run)]
            screen.show(run, rows)
            if RunState(run["state"]).terminal:
                break
            time.sleep(_EVERY)
    for name in [row["task_id"] for row in rows if row["state"] == "failed"][:_NAMED]:
        words = ("tasks", "logs", run["dag_id"], run["dag_run_id"], name)
        click.echo(visible(f"{name} has failed: `brisa {' '.join(map(quote, words))}` shows why"), err=True)
    return run


def _row(one: Found) -> dict[str, Any]:
    """As other commands show it; what runs has a duration, too."""
    row, began = instance_row(one), one["start_date"]
    if row["state"] == "running" and began is not None:
        row["duration"] = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(began)).total_seconds())
    return row


_NAMED = 3
"""So many tasks that have failed are named."""


@contextmanager
def _screen() -> Iterator[_Screen]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live

    # The last table stays: it shows what has failed.
    with Live(console=Console(stderr=True), refresh_per_second=8) as live:
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
                ended = row["duration"] is not None and row["state"] != "running"
                took = f"  ({duration(row['duration'])})" if ended else ""
                sys.stderr.write(f"{visible(row['task_id'])}: {row['state']}{took}\n")
        sys.stderr.flush()


class _Table:
    """All tasks, as they are."""

    def __init__(self, live: Any) -> None:
        self._live = live
        self._begun = time.monotonic()

    def show(self, run: Found, rows: Sequence[Mapping[str, Any]]) -> None:
        """Draw it."""
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("task", "operator", "state", "try", "duration"):
            table.add_column(name, overflow="fold")
        for row in rows:
            state = row["state"]
            mark: Any = Spinner("dots", state, style="cyan") if state == "running" else Text(state, state_style(state))
            names = (Text(visible(row["task_id"])), Text(visible(row["operator"] or "")))
            table.add_row(*names, mark, str(row["try_number"] or ""), duration(row["duration"]))
        spent = f"{time.monotonic() - self._begun:.1f} s"
        told = visible(f"{run['dag_id']}  {run['dag_run_id']}  ")
        last = Text.assemble(told, (run["state"], state_style(run["state"])), f"  {spent}")
        self._live.update(Group(table, last), refresh=True)
