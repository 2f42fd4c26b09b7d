"""Whom to tell that something happened, in this process: an embedded dispatcher, a live view."""

from __future__ import annotations

from typing import Protocol

from brisa.model.run import Run


class Notifier(Protocol):
    """Told after the fact; must return at once and never raise."""

    def run_changed(self, run: Run) -> None:
        """A commit changed this run."""
        ...
