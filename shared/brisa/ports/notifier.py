"""Whom to tell that something happened: an embedded dispatcher, a live view, a planner elsewhere."""

from __future__ import annotations

from typing import Protocol

from brisa.model.dag import Dag
from brisa.model.run import Run


class Notifier(Protocol):
    """Told after the fact; must return at once and never raise."""

    def run_changed(self, run: Run) -> None:
        """A commit changed this run."""
        ...

    def dag_due(self, dag: Dag) -> None:
        """A run has ended, and this DAG has something to begin at its ``due_at``: now, or later."""
        ...
