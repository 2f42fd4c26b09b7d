"""Drives a DAG's open backfill: each step is one commit on the DAG document, so a crash between two loses nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from brisa.engine import Decision, advance, create_run, watching
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag
from brisa.model.events import Clear, Start
from brisa.model.json import JsonObject
from brisa.model.params import ParamValidationError, resolve_params
from brisa.model.run import Run
from brisa.model.states import RunState, RunType
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Stored, Write
from brisa.schedule.backfill import Range, intervals
from brisa.schedule.due import Interval
from brisa.services.following import dag_writes
from brisa.services.runs import Runs

log = logging.getLogger(__name__)

LOOKS = 50
"""Intervals with a run of their own that one step leaves out at most."""
_SAME_DATE = 10
"""Runs of one logical date that are looked at: people can trigger several."""


def dates_of(backfill: Backfill) -> Range:
    """The range that it fills."""
    return Range(backfill.from_date, backfill.to_date, datetime.fromtimestamp(backfill.created_at, UTC))


def pointed(backfill: Backfill, interval: Interval | None) -> Backfill:
    """With ``interval`` as the one that it has come to; ``None``: it has been through all."""
    start, end, run_at = (None, None, None) if interval is None else interval
    return replace(backfill, next_start=start, next_end=end, next_run_at=run_at)


def run_of(store: StateStore, dag_id: str, date: datetime) -> Stored[Run] | None:
    """The run of a logical date, of whatever type; of several the one that began last, one that has not begun first."""
    found = store.dated_runs(dag_id, date, date, limit=_SAME_DATE)
    return max(found, key=lambda one: (one.record.started_at is None, one.record.started_at or 0.0), default=None)


class Filling:
    """Begins the runs of backfills."""

    def __init__(self, store: StateStore, clock: Clock, runs: Runs) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs

    def step(self, stored: Stored[Dag]) -> None:
        """Begin the next run of the DAG's backfill, if it wants one; or leave out intervals that have a run.

        One commit. Raises :class:`~brisa.errors.ConflictError` when the DAG document has changed since.
        """
        dag, backfill = stored.record, stored.record.backfill
        if backfill is None or not backfill.wants_more:
            return
        for interval, following in self._left(backfill):
            moved = pointed(backfill, following)
            found = run_of(self._store, dag.dag_id, interval.start)
            if found is None:
                if self._begin(stored, backfill, moved, interval):
                    return
            elif backfill.reprocess.applies_to(found.record.state):
                self._begin_again(stored, moved, found)
                return
            backfill = replace(moved, skipped=backfill.skipped + 1)
        self._write(stored, backfill)

    def _left(self, backfill: Backfill) -> Iterator[tuple[Interval, Interval | None]]:
        """The intervals to look at in one step, each with the one that follows."""
        at = interval_of(backfill)
        schedule = self._runs.version(backfill.dag_id, backfill.version).spec.schedule
        coming = intervals(schedule, dates_of(backfill), reverse=backfill.reverse, after=at)
        for _ in range(LOOKS):
            if at is None:
                return
            following = next(coming, None)
            yield at, following
            at = following

    def _begin(self, stored: Stored[Dag], backfill: Backfill, moved: Backfill, interval: Interval) -> bool:
        """Make the interval's run, and begin it. False if a run of another date has its id."""
        dag, now = stored.record, self._clock.now()
        version = self._runs.version(dag.dag_id, dag.version)
        try:
            params = resolve_params(version.spec.params, backfill.conf)
        except ParamValidationError as error:
            # The DAG has changed since: a person must say what is to be done.
            log.warning("the backfill of DAG %r is paused: %s", dag.dag_id, error)
            self._write(stored, replace(backfill, paused=True, note=str(error)))
            return True
        run = create_run(
            version,
            run_type=RunType.BACKFILL,
            logical_date=interval.start,
            interval=(interval.start, interval.end),
            run_after=interval.run_at.timestamp(),
            now=now,
            conf=backfill.conf,
            params=params,
            triggered_by="backfill",
        )
        if self._store.run(run.key) is not None:
            return False
        dag, run = watching.handed_over(dag, replace(run, backfill_id=backfill.backfill_id))
        run, links = self._runs.prepared(run, version.spec, dag)
        decision = advance(run, version.spec, [Start()], now)
        self._commit(Stored(dag, stored.revision), replace(moved, created=backfill.created + 1), decision, None, links)
        return True

    def _begin_again(self, stored: Stored[Dag], backfill: Backfill, found: Stored[Run]) -> None:
        """Clear all tasks of a run that has ended: it is the backfill's from now on, as in Airflow."""
        run = found.record
        spec = self._runs.spec(run)
        conf: JsonObject = backfill.conf or run.conf
        params: JsonObject = run.params
        try:
            params = resolve_params(spec.params, conf)
        except ParamValidationError as error:
            log.warning("run %s of DAG %r keeps its params: %s", run.run_id, run.dag_id, error)
            conf = run.conf
        ours = replace(
            run,
            run_type=RunType.BACKFILL,
            backfill_id=backfill.backfill_id,
            conf=conf,
            params=params,
            triggered_by="backfill",
        )
        decision = advance(ours, spec, [Clear(task_ids=tuple(spec.by_id))], self._clock.now())
        self._commit(stored, replace(backfill, rerun=backfill.rerun + 1), decision, found)

    def _commit(
        self,
        stored: Stored[Dag],
        backfill: Backfill,
        decision: Decision,
        before: Stored[Run] | None,
        links: Sequence[Write] = (),
    ) -> None:
        now = self._clock.now()
        run = decision.run
        # A run that had nothing to do has ended already.
        told = backfill.followed(run.run_id, RunState.QUEUED, run.state, now)
        self._runs.apply(decision, before, *dag_writes(replace(stored.record, backfill=told), stored), *links)

    def _write(self, stored: Stored[Dag], backfill: Backfill) -> None:
        dag = replace(stored.record, backfill=backfill.settled(self._clock.now()))
        self._store.commit(*dag_writes(dag, stored))


def interval_of(backfill: Backfill) -> Interval | None:
    """The interval that it has come to."""
    if backfill.next_start is None or backfill.next_end is None or backfill.next_run_at is None:
        return None
    return Interval(backfill.next_start, backfill.next_end, backfill.next_run_at)
