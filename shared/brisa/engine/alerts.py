"""Whom a run keeps waiting: each deadline that it has missed has an attempt sent, the end of every ``advance``."""

from __future__ import annotations

from collections.abc import Iterator

from brisa.engine.cascade import Cascade
from brisa.engine.deadlines import name_of, pending
from brisa.engine.transitions import Move
from brisa.model.spec import DeadlineKind


def alert(cascade: Cascade) -> None:
    """Send an attempt for each deadline that has been missed by now. It changes nothing else about the run."""
    if not cascade.deadlines:
        return
    for place, moment in [*pending(cascade.base, cascade.as_run())]:
        if moment <= cascade.now:
            cascade.send(name_of(place), Move.RELEASE, try_number=1, max_tries=1, sends=0)


def forgive(cascade: Cascade, *, anew: bool = False) -> None:
    """A person is about to clear or mark tasks: a deadline that was met is met for good, even if its tasks run again.

    ``anew``: what counts from when the run was queued counts from now, unless it was missed, as in Airflow.
    """
    if not cascade.deadlines:
        return
    alert(cascade)
    moments = tuple(_later(cascade, anew=anew))
    cascade.dirty = cascade.dirty or moments != cascade.deadlines
    cascade.deadlines = moments


def _later(cascade: Cascade, *, anew: bool) -> Iterator[float | None]:
    for place, (deadline, moment) in enumerate(zip(cascade.base.deadlines, cascade.deadlines, strict=False)):
        told = name_of(place) in cascade.tasks
        if anew and deadline.kind is DeadlineKind.QUEUED_AT and not deadline.variable and not told:
            yield cascade.now + deadline.interval
        else:
            yield moment if told or moment is None or moment > cascade.now else None
