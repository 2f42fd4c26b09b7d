"""What travels through the task queue: ids only, and few of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

from brisa.model.run import Message, RunKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Fold into the run what its attempts have reported: one such message for all that report in a slice of time.

    ``not_before``, the slice's end, is seconds since the epoch.
    """

    run: RunKey
    not_before: float | None = None

    @property
    def name(self) -> str:
        """The queue's name for it: the same for the same run and slice."""
        return _hashed("fold", *self.run, self.not_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Planner's work that is better done apart: plan these DAGs, sweep these runs.

    ``asked_at`` (seconds since the epoch) tells it from the same work asked for at another time.
    """

    dags: tuple[str, ...] = ()
    runs: tuple[RunKey, ...] = ()
    asked_at: float = 0.0
    not_before: float | None = None

    @property
    def name(self) -> str:
        """The queue's name for it."""
        return _hashed("chore", *self.dags, "", *(part for run in self.runs for part in run), self.asked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRun:
    """Ask a DAG's custom timetable for the next run: a worker's work, as the timetable is user code.

    ``asked_at`` (seconds since the epoch) tells it from the same question asked at another time.
    """

    dag_id: str
    asked_at: float = 0.0
    not_before: float | None = None

    @property
    def name(self) -> str:
        """The queue's name for it."""
        return _hashed("next run", self.dag_id, self.asked_at)


Work: TypeAlias = Message | Fold | Chore | NextRun
"""Whatever a queue carries. Chores go to the planner, all else to a worker."""


def _hashed(*parts: object) -> str:
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
