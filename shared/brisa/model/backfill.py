"""A backfill: runs for the intervals of a range of dates, made as fast as their own limit allows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from brisa.model.json import JsonObject
from brisa.model.states import RunState

MAX_ACTIVE_RUNS = 10
"""How many runs of a backfill are active at once unless told otherwise, as in Airflow."""


class Reprocess(StrEnum):
    """Which intervals that have a run already are run again, with Airflow's words."""

    NONE = "none"
    FAILED = "failed"
    """Those whose run has failed."""
    COMPLETED = "completed"
    """Those whose run has ended, in success too."""

    def applies_to(self, state: RunState) -> bool:
        """Whether a run in ``state`` is run again. One that has not ended never is."""
        match self:
            case Reprocess.NONE:
                return False
            case Reprocess.FAILED:
                return state is RunState.FAILED
            case Reprocess.COMPLETED:
                return state.terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """One backfill. Dates are aware, in UTC; the other times are seconds since the epoch.

    While it is open it is a part of its DAG's document (:attr:`brisa.model.dag.Dag.backfill`), of which there is one,
    so that a DAG has one open backfill at most, and each step is one compare-and-set. What was asked for, and in the
    end what came of it, is a record of its own.
    """

    backfill_id: int
    """Tells it from all others; later ones have higher numbers."""
    dag_id: str
    version: str
    """The DAG version whose schedule has the intervals. Its runs are of the version that is current when they begin."""
    from_date: datetime
    to_date: datetime
    """The first and the last logical date that may be in it."""
    reverse: bool = False
    """Whether the latest interval comes first."""
    max_active_runs: int = MAX_ACTIVE_RUNS
    reprocess: Reprocess = Reprocess.NONE
    conf: JsonObject = field(default_factory=dict)
    created_at: float = 0.0
    """Intervals that were not complete by then are not in it."""
    created_by: str = ""
    note: str = ""
    """Why brisa itself has paused it."""
    paused: bool = False
    """Whether no further runs begin; those that have go on."""
    cancelled: bool = False
    """Whether no further runs begin, ever; those that have go on."""
    completed_at: float | None = None
    """When its last run ended."""
    next_start: datetime | None = None
    next_end: datetime | None = None
    next_run_at: datetime | None = None
    """The interval that it has come to; ``None`` once it has been through all."""
    active_runs: tuple[str, ...] = ()
    """Ids of its runs that have not ended."""
    total: int = 0
    """How many intervals it has, ..."""
    more: bool = False
    """... or that it has more than so many: they are counted up to a bound."""
    skipped: int = 0
    """Intervals that were left out, because they have a run."""
    created: int = 0
    """Runs that were made."""
    rerun: int = 0
    """Runs that there were already, and that were begun again."""
    succeeded: int = 0
    failed: int = 0

    @property
    def wants_more(self) -> bool:
        """Whether its next run may begin, as far as it is concerned itself."""
        return not self.paused and self.next_start is not None and len(self.active_runs) < self.max_active_runs

    @property
    def state(self) -> str:
        """In one word for people: running, paused, cancelled or completed."""
        if self.cancelled:
            return "cancelled"
        if self.completed_at is not None:
            return "completed"
        return "paused" if self.paused else "running"

    def followed(self, run_id: str, before: RunState, after: RunState, now: float) -> Backfill:
        """As it is once its run ``run_id`` has gone from ``before`` to ``after``: it has ended, or was cleared.

        With the end of its last run it is completed.
        """
        rest = tuple(one for one in self.active_runs if one != run_id)
        told = self.counted(before, -1) if before.terminal else self
        told = replace(told, active_runs=rest if after.terminal else (*rest, run_id))
        return (told.counted(after) if after.terminal else told).settled(now)

    def counted(self, state: RunState, number: int = 1) -> Backfill:
        """As it is once one of its runs has ended in ``state``; with -1 as if it had not."""
        if state is RunState.SUCCESS:
            return replace(self, succeeded=self.succeeded + number)
        return replace(self, failed=self.failed + number)

    def settled(self, now: float) -> Backfill:
        """Completed, if there is no interval left and no run active."""
        over = self.next_start is None and not self.active_runs and self.completed_at is None
        return replace(self, completed_at=now, paused=False) if over else self
