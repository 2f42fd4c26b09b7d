"""The planner's tick: begin what is due, and look after what should have happened. Both bounded, both idempotent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from brisa.engine import Decision, create_run
from brisa.engine.advance import check_due, outstanding
from brisa.errors import BrisaError, ConflictError
from brisa.model.dag import Dag
from brisa.model.events import Alive, Event, Finished, Lost, Tick, Unclaimed
from brisa.model.params import resolve_params
from brisa.model.run import Attempt, AttemptKey, Message, Run, RunKey
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, RunType
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Stored, Update, Write
from brisa.schedule.due import Interval, next_interval
from brisa.services.runs import CONFLICTS, Runs

log = logging.getLogger(__name__)

BATCH = 100
"""How many DAGs, and how many runs, one tick looks at."""


def cursor(dag: Dag) -> Interval | None:
    """The interval that the DAG's cursor points at."""
    if dag.next_run_at is None or dag.next_start is None or dag.next_end is None:
        return None
    return Interval(dag.next_start, dag.next_end, datetime.fromtimestamp(dag.next_run_at, UTC))


def cursor_fields(interval: Interval | None) -> dict[str, Any]:
    """The cursor's fields of a DAG document that point at ``interval``."""
    if interval is None:
        return {"next_run_at": None, "next_start": None, "next_end": None}
    return {"next_run_at": interval.run_at.timestamp(), "next_start": interval.start, "next_end": interval.end}


def following(spec: DagSpec, after: Interval | None, now: datetime) -> Interval | None:
    """The interval of the run to make after the one for ``after``."""
    return next_interval(
        spec.schedule,
        after=after,
        start_date=spec.start_date,
        end_date=spec.end_date,
        catchup=spec.catchup,
        now=now,
    )


def up_to_date(spec: DagSpec, planned: Interval | None, now: datetime) -> Interval | None:
    """The cursor ``planned``, moved on if time went by unused: without catchup only the last complete interval runs."""
    if spec.catchup or planned is None:
        return planned
    latest = following(spec, None, now)
    return latest if latest is not None and latest.start > planned.start else planned


class Planner:
    """Creates due runs, begins waiting ones, and repairs what was lost."""

    def __init__(self, store: StateStore, clock: Clock, runs: Runs) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs

    def tick(self) -> bool:
        """Do what is due now. True when there was more than one tick may do: call again."""
        now = self._clock.now()
        due = self._store.due_dags(now, limit=BATCH)
        for dag in due:
            self._guard(f"DAG {dag.record.dag_id!r}", partial(self.plan, dag))
        overdue = self._store.due_runs(now, limit=BATCH)
        for run in overdue:
            self._guard(f"run {run.record.key}", partial(self.sweep, run.record.key))
        return len(due) >= BATCH or len(overdue) >= BATCH

    def _guard(self, what: str, work: Callable[[], None]) -> None:
        """A poisoned DAG must not keep the others from running."""
        try:
            work()
        except BrisaError:
            log.exception("%s could not be planned", what)

    def plan(self, stored: Stored[Dag]) -> None:
        """Begin waiting runs, then make scheduled ones, while there's room and something is due."""
        for _ in range(CONFLICTS):
            try:
                while stored.record.due_at is not None and stored.record.due_at <= self._clock.now():
                    if stored.record.waiting_runs:
                        self._runs.begin_waiting(stored)
                    else:
                        self._schedule(stored)
                    stored = self._reread(stored)
                return
            except ConflictError:
                stored = self._reread(stored)

    def _reread(self, stored: Stored[Dag]) -> Stored[Dag]:
        found = self._store.dag(stored.record.dag_id)
        return found or Stored(replace(stored.record, active=False), stored.revision)

    def _schedule(self, stored: Stored[Dag]) -> None:
        """Make the run that the cursor points at, and move the cursor, in one commit."""
        dag = stored.record
        version = self._runs.version(dag.dag_id, dag.version)
        spec = version.spec
        now = self._clock.now()
        moment = datetime.fromtimestamp(now, UTC)
        interval = up_to_date(spec, cursor(dag), moment)
        if interval is None:
            return
        moved = cursor_fields(following(spec, interval, moment))
        run = create_run(
            version,
            run_type=RunType.SCHEDULED,
            logical_date=interval.start,
            interval=(interval.start, interval.end),
            run_after=interval.run_at.timestamp(),
            now=now,
            params=resolve_params(spec.params, {}),
            triggered_by="planner",
        )
        if self._store.run(run.key) is not None:
            self._store.commit(Update(replace(dag, **moved), stored.revision))
            return
        self._runs.admit(run, spec, stored, **moved)

    def sweep(self, key: RunKey, *, restarted: str = "") -> None:
        """Look after one run: what should have happened by now, and has not.

        ``restarted`` is the owner that this process, the only one, works as, right after its start (embedded mode):
        attempts of any other owner are lost at once, and what the queue may have missed is sent again.
        """
        attempts: dict[AttemptKey, Stored[Attempt] | None] = {}
        missed: list[Message] = []

        def events(run: Run) -> list[Event]:
            attempts.clear()
            missed.clear()
            found: list[Event] = [Tick()]
            for attempt in check_due(run, float("inf") if restarted else self._clock.now()):
                attempts[attempt] = self._store.attempt(attempt)
                event = self._diagnose(attempt, attempts[attempt], restarted)
                if restarted and isinstance(event, Unclaimed):
                    missed.append(outstanding(run, attempt))
                else:
                    found.append(event)
            return found

        def also(_: Decision) -> list[Write]:
            return [
                Update(replace(one.record, state=AttemptState.LOST, ended_at=self._clock.now()), one.revision)
                for one in attempts.values()
                if one is not None and self._is_lost(one.record, restarted)
            ]

        self._runs.change(key, events, also=also)
        if missed:
            self._runs.send_again(missed)

    def _is_lost(self, attempt: Attempt, restarted: str) -> bool:
        if attempt.state is not AttemptState.RUNNING:
            return False
        return attempt.lease_until <= self._clock.now() or (restarted != "" and attempt.owner != restarted)

    def _diagnose(self, key: AttemptKey, stored: Stored[Attempt] | None, restarted: str) -> Event:
        if stored is None:
            return Unclaimed(attempt=key)
        attempt = stored.record
        if attempt.state is AttemptState.FINISHED and attempt.outcome is not None:
            return Finished(
                attempt=key,
                outcome=attempt.outcome,
                started_at=attempt.started_at,
                ended_at=attempt.ended_at or attempt.started_at,
            )
        if attempt.state is AttemptState.RUNNING and not self._is_lost(attempt, restarted):
            return Alive(attempt=key, lease_until=attempt.lease_until, started_at=attempt.started_at)
        return Lost(attempt=key)

    def recover(self, owner: str) -> int:
        """Right after the start of the only process there is, which works as ``owner``: look after every run at once.

        Returns how many runs there were to look after.
        """
        running = [stored.record.key for stored in self._store.running_runs()]
        for key in running:
            self._guard(f"run {key}", partial(self.sweep, key, restarted=owner))
        return len(running)
