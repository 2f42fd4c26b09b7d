"""Whether brisa does its work, told by what there is to see."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from brisa.errors import BrisaError
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore

SILENT = 90.0
"""Seconds after which a part of a process that has shown no sign of life counts as dead: embedded mode's planner shows
one every half minute, its look at the DAG files every few seconds."""
OVERDUE = 180.0
"""Seconds for which something may be due: a tick comes once a minute, and one may be missed."""


class Part(StrEnum):
    """What works in the background, with Airflow's names for such jobs."""

    SCHEDULER = "SchedulerJob"
    """Plans, and sees that nothing is lost."""
    DAG_PROCESSOR = "DagProcessorJob"
    """Loads DAG files as they change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A part of this process. Times are seconds since the epoch."""

    part: Part
    started_at: float
    last: float
    """When it last showed that it works."""

    def alive(self, now: float) -> bool:
        """Whether that is not too long ago."""
        return now - self.last <= SILENT


def beats_told(beats: Sequence[Beat]) -> bytes:
    """For another process, which has :func:`beats_read`."""
    return json.dumps([asdict(beat) for beat in beats]).encode()


def beats_read(told: bytes) -> Sequence[Beat]:
    """What another process has told of its parts."""
    return [Beat(**{**fields, "part": Part(fields["part"])}) for fields in json.loads(told)]


Beats = Callable[[], Sequence[Beat]]
"""The parts of this process as they are now; none where they are functions that end with each request."""


def no_beats() -> Sequence[Beat]:
    """Nothing works in the background of this process."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How it is. ``None``: there is no such part, or nothing is known of its last sign of life."""

    store: bool
    scheduler: bool
    scheduler_beat: float | None = None
    dag_processor: bool | None = None
    dag_processor_beat: float | None = None


def health(store: StateStore, clock: Clock, beats: Sequence[Beat]) -> Health:
    """How brisa is.

    Where a planner is a part of this process, it is well if it shows signs of life. On Google Cloud there is none
    between two ticks, and a tick that finds nothing to do writes nothing: the planner is well if nothing has waited for
    it for too long. DAG files that are uploaded are loaded at once, by no part of its own.
    """
    now = clock.now()
    parts = {beat.part: beat for beat in beats}
    try:
        due = store.next_due()
    except BrisaError:
        return Health(store=False, scheduler=False)
    planner, processor = parts.get(Part.SCHEDULER), parts.get(Part.DAG_PROCESSOR)
    late = due is not None and due + OVERDUE < now
    return Health(
        store=True,
        scheduler=not late if planner is None else planner.alive(now),
        scheduler_beat=None if planner is None else planner.last,
        dag_processor=None if processor is None else processor.alive(now),
        dag_processor_beat=None if processor is None else processor.last,
    )
