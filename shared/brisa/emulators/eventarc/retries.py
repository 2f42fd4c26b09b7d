"""When an event is delivered again."""

from __future__ import annotations

KEPT = 86_400.0
"""Seconds that Eventarc tries to deliver an event; then it is dropped."""
MOST = 60.0
"""Seconds between two attempts at most."""


def next_attempt(born: float, now: float, attempts: int, least: float) -> float | None:
    """When an event of ``born`` is delivered again after ``attempts`` that failed; ``None``: it is dropped.

    ``least`` seconds after the first, then twice as many each time.
    """
    due = now + min(MOST, least * 2.0 ** min(attempts - 1, 32))
    return due if due < born + KEPT else None
