"""Backfills, as people ask for them: made, looked at, paused, cancelled. The planner drives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.backfill import MAX_ACTIVE_RUNS, Backfill, Reprocess
from brisa.model.dag import Dag
from brisa.model.json import JsonObject
from brisa.model.params import resolve_params
from brisa.model.run import Run
from brisa.model.spec import DagSpec
from brisa.ports.clock import Clock
from brisa.ports.store import Create, StateStore, Stored, Update
from brisa.schedule.backfill import intervals, is_periodic, within
from brisa.schedule.due import Interval
from brisa.schedule.preview import Pending
from brisa.services.filling import dates_of, pointed, run_of
from brisa.services.following import dag_writes
from brisa.services.runs import CONFLICTS

COUNTED = 10_000
"""Intervals are counted up to this number; a backfill of more has to be confirmed."""

MOST_ACTIVE = 1000
"""Runs that a backfill may have active at once: their ids are in the DAG's document."""


class BackfillError(BrisaError):
    """There can't be such a backfill, or it can't be changed so."""


class OpenBackfillError(BackfillError):
    """The DAG has a backfill that is not completed: one at a time."""


class UnconfirmedError(BackfillError):
    """The backfill is so large that a person should confirm it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for. Dates are aware, and both included."""

    dag_id: str
    from_date: datetime
    to_date: datetime
    reverse: bool = False
    max_active_runs: int = MAX_ACTIVE_RUNS
    reprocess: Reprocess = Reprocess.NONE
    conf: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a backfill would do with one interval: ``create`` a run, ``rerun`` it, or ``skip`` what has one."""

    interval: Interval
    action: str
    run: Run | None = None
    """The run that there is."""


class Backfills:
    """What people do with backfills."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, wanted: Wanted, *, confirm: bool = False, created_by: str = "") -> Backfill:
        """Store an open backfill; from then on the planner makes its runs.

        ``confirm``: even if there are more than :data:`COUNTED`. Raises :class:`BackfillError`,
        :class:`NotFoundError` for an unknown DAG, and what :func:`~brisa.model.params.resolve_params` raises.
        """
        for number in range(CONFLICTS):
            stored, backfill = self._prepared(wanted)
            if stored.record.backfill is not None:
                raise OpenBackfillError(_one_at_a_time(stored.record.backfill))
            if backfill.more and not confirm:
                raise UnconfirmedError(
                    f"the backfill of DAG {wanted.dag_id!r} has more than {backfill.total:,} intervals from "
                    f"{backfill.from_date.isoformat()} to {backfill.to_date.isoformat()}: confirm that you mean it"
                )
            backfill = replace(backfill, backfill_id=int(self._clock.now() * 1000) + number, created_by=created_by)
            try:
                dag = replace(stored.record, backfill=backfill)
                self._store.commit(Create(backfill), Update(dag, stored.revision))
                return backfill
            except ConflictError:
                continue
        raise UnavailableError(f"DAG {wanted.dag_id!r} changes too often; try again")

    def foresee(self, wanted: Wanted, *, limit: int = 1000) -> tuple[Sequence[Foreseen], Pending]:
        """What such a backfill would do with its first ``limit`` intervals, and how many it has. Nothing is stored."""
        stored, backfill = self._prepared(wanted)
        coming = islice(self._intervals(stored.record, backfill), limit)
        return [self._foreseen(backfill, one) for one in coming], Pending(backfill.total, backfill.more)

    def get(self, backfill_id: int) -> Backfill:
        """The backfill as it is now; :class:`NotFoundError` if there is none of that number."""
        found = self._store.backfill(backfill_id)
        if found is None:
            raise NotFoundError(f"there is no backfill {backfill_id}")
        return self._current(found)

    def list(self, dag_id: str | None = None, *, limit: int = 100) -> Sequence[Backfill]:
        """Backfills of one DAG, or of all, as they are now, the latest first."""
        return [self._current(one) for one in self._store.backfills(dag_id, limit=limit)]

    def pause(self, backfill_id: int) -> Backfill:
        """Let no further run begin, for now."""
        return self._change(backfill_id, lambda one: replace(one, paused=True))

    def unpause(self, backfill_id: int) -> Backfill:
        """Let it go on."""
        return self._change(backfill_id, lambda one: replace(one, paused=False, note=""))

    def cancel(self, backfill_id: int) -> Backfill:
        """Let no further run begin, ever. Those that have begun go on, and with the last of them it is completed."""
        return self._change(backfill_id, lambda one: pointed(replace(one, cancelled=True, paused=False), None))

    def _prepared(self, wanted: Wanted) -> tuple[Stored[Dag], Backfill]:
        """The DAG document, and the backfill as it would be, without its number."""
        stored = self._store.dag(wanted.dag_id)
        version = None if stored is None else self._store.version(wanted.dag_id, stored.record.version)
        if stored is None or version is None or not stored.record.active:
            raise NotFoundError(f"there is no DAG {wanted.dag_id!r}")
        now = self._clock.now()
        _check(wanted, version.spec, now)
        spec = version.spec
        first, last = within(spec.schedule, spec.start_date, spec.end_date, wanted.from_date, wanted.to_date)
        backfill = Backfill(
            backfill_id=0,
            dag_id=wanted.dag_id,
            version=version.version,
            from_date=first,
            to_date=last,
            reverse=wanted.reverse,
            max_active_runs=wanted.max_active_runs,
            reprocess=wanted.reprocess,
            conf=wanted.conf,
            created_at=now,
        )
        total = sum(1 for _ in islice(intervals(spec.schedule, dates_of(backfill)), COUNTED + 1))
        if not total:
            raise BackfillError(
                f"DAG {wanted.dag_id!r} has no complete interval from {first.isoformat()} to {last.isoformat()}"
                f"{_bounded(wanted, first, last)}"
            )
        backfill = replace(backfill, total=min(total, COUNTED), more=total > COUNTED)
        return stored, pointed(backfill, next(self._intervals(stored.record, backfill), None))

    def _intervals(self, dag: Dag, backfill: Backfill) -> Iterator[Interval]:
        version = self._store.version(dag.dag_id, backfill.version)
        assert version is not None  # noqa: S101  it has just been read
        return intervals(version.spec.schedule, dates_of(backfill), reverse=backfill.reverse)

    def _foreseen(self, backfill: Backfill, interval: Interval) -> Foreseen:
        found = run_of(self._store, backfill.dag_id, interval.start)
        if found is None:
            return Foreseen(interval, "create")
        again = backfill.reprocess.applies_to(found.record.state)
        return Foreseen(interval, "rerun" if again else "skip", found.record)

    def _current(self, record: Backfill) -> Backfill:
        """While it is open, the DAG document knows how far it has come."""
        if record.completed_at is not None:
            return record
        stored = self._store.dag(record.dag_id)
        here = None if stored is None else stored.record.backfill
        if here is not None and here.backfill_id == record.backfill_id:
            return here
        return self._store.backfill(record.backfill_id) or record  # it has been completed in between

    def _change(self, backfill_id: int, changed: Callable[[Backfill], Backfill]) -> Backfill:
        for _ in range(CONFLICTS):
            backfill = self.get(backfill_id)
            stored = self._store.dag(backfill.dag_id)
            if stored is None or stored.record.backfill is None or stored.record.backfill.backfill_id != backfill_id:
                raise BackfillError(f"backfill {backfill_id} of DAG {backfill.dag_id!r} is {backfill.state} already")
            if stored.record.backfill.cancelled:
                raise BackfillError(f"backfill {backfill_id} of DAG {backfill.dag_id!r} is cancelled already")
            backfill = changed(stored.record.backfill).settled(self._clock.now())
            try:
                self._store.commit(*dag_writes(replace(stored.record, backfill=backfill), stored))
                return backfill
            except ConflictError:
                continue
        raise UnavailableError(f"backfill {backfill_id} changes too often; try again")


def _check(wanted: Wanted, spec: DagSpec, now: float) -> None:
    """As Airflow 3 does, in its order."""
    name = f"DAG {wanted.dag_id!r}"
    if not is_periodic(spec.schedule):
        raise BackfillError(
            f"{name} has the schedule {spec.schedule.summary or None}, which has no intervals to fill: "
            "a backfill needs one that recurs, cron or timedelta"
        )
    if wanted.from_date > wanted.to_date:
        raise BackfillError(f"from_date {wanted.from_date.isoformat()} is after to_date {wanted.to_date.isoformat()}")
    if wanted.from_date >= datetime.fromtimestamp(now, UTC):
        raise BackfillError(f"from_date {wanted.from_date.isoformat()} is in the future: nothing is to be filled there")
    if not 1 <= wanted.max_active_runs <= MOST_ACTIVE:
        raise BackfillError(f"max_active_runs is {wanted.max_active_runs}: it must be from 1 to {MOST_ACTIVE:,}")
    past = [task.task_id for task in spec.tasks if task.depends_on_past]
    if past and wanted.reverse:
        raise BackfillError(f"{name} can't be run backwards: its task {past[0]!r} depends on the past")
    if past and wanted.reprocess is Reprocess.NONE:
        raise BackfillError(
            f"task {past[0]!r} of {name} depends on the past: say which runs are reprocessed, failed or completed ones"
        )
    resolve_params(spec.params, wanted.conf)


def _bounded(wanted: Wanted, first: datetime, last: datetime) -> str:
    if (first, last) == (wanted.from_date, wanted.to_date):
        return ""
    return ", which are the DAG's own start and end dates within the range"


def _one_at_a_time(backfill: Backfill) -> str:
    how = f"is {backfill.state}"
    if backfill.cancelled:
        how = f"was cancelled, and {len(backfill.active_runs)} of its runs have not ended"
    return f"DAG {backfill.dag_id!r} has a backfill, {backfill.backfill_id}, that {how}: one at a time"
