"""The planner's tick: begin what is due, and look after what should have happened. Both bounded, both idempotent.

Embedded, one planner does it all, tick after tick. On Google Cloud a tick comes once a minute: it looks ahead to the
next one (first messages carry the second at which they are due), does a batch itself, and hands on the rest as chores,
so that ten thousand DAGs that are due at midnight are planned side by side.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from brisa.engine import Decision, create_run
from brisa.engine.advance import check_due, outstanding
from brisa.engine.stuck import why_stuck
from brisa.errors import ConflictError, NotFoundError
from brisa.model.dag import Dag
from brisa.model.events import Alive, Event, Finished, Lost, Tick, Unclaimed
from brisa.model.params import resolve_params
from brisa.model.run import Attempt, AttemptKey, Message, Run, RunKey
from brisa.model.spec import DagSpec, ScheduleKind
from brisa.model.states import AttemptState, RunType
from brisa.model.work import Chore, NextRun
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Stored, Update, Write
from brisa.ports.telemetry import TICK_DURATION
from brisa.schedule.due import Interval, next_interval, still_next
from brisa.services.consumers import Consumers
from brisa.services.filling import Filling
from brisa.services.folding import finished
from brisa.services.news import News
from brisa.services.runs import CONFLICTS, Runs

log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 50
"""How many DAGs, and how many runs, one tick or one chore works on."""
LOOK = 5000
"""How many of each one tick finds."""
RUNS_AT_ONCE = 25
"""How many runs of one DAG are begun in one go: years of catch-up must not keep the others waiting."""

_REPAIRS: Mapping[type[Event], str] = {Unclaimed: "resent", Finished: "folded", Lost: "lost"}
"""What the sweep finds of an attempt that is overdue → what it does about it."""
ASK_AGAIN = 120.0
"""Seconds that a worker may take to tell what a custom timetable has answered."""


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``items`` in pieces of at most ``size`` (:func:`itertools.batched` came with Python 3.12)."""
    return (items[start : start + size] for start in range(0, len(items), size))


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


def to_ask(now: float) -> dict[str, Any]:
    """The cursor's fields of a DAG whose custom timetable has to be asked, from ``now`` on."""
    return {"next_run_at": now, "next_start": None, "next_end": None}


def cursor_after(spec: DagSpec, interval: Interval, now: datetime) -> dict[str, Any]:
    """The cursor's fields of a DAG document once the run for ``interval`` is made."""
    if spec.schedule.kind is ScheduleKind.TIMETABLE:
        return {**to_ask(now.timestamp()), "last_start": interval.start, "last_end": interval.end}
    return cursor_fields(following(spec, interval, now))


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
    return planned and still_next(
        spec.schedule,
        planned,
        start_date=spec.start_date,
        end_date=spec.end_date,
        catchup=spec.catchup,
        now=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What a tick has found: DAGs and runs that it has worked on itself, and how many of both others will."""

    dags: int = 0
    runs: int = 0
    handed_on: int = 0
    more: bool = False
    """Whether there is more to do at once: tick again."""
    failed: bool = False
    """Whether something could not be done, and is still due: let some time pass."""


class Planner:
    """Creates due runs, begins waiting ones, and repairs what was lost. Several may work at the same time."""

    def __init__(
        self,
        store: StateStore,
        clock: Clock,
        runs: Runs,
        *,
        ahead: float = 0.0,
        hands_on: bool = False,
        delete: Callable[[str], bool] = lambda _: False,
        news: News | None = None,
    ) -> None:
        """``ahead``: seconds until the next tick. ``hands_on``: whether what is beyond a batch goes to the queue.

        ``delete`` removes some more of a DAG that is being deleted, and tells whether there is more. ``news`` is told
        of repairs, and of runs that do not get on.
        """
        self._store = store
        self._clock = clock
        self._runs = runs
        self._consumers = Consumers(store, clock, runs)
        self._ahead = ahead
        self._hands_on = hands_on
        self._delete = delete
        self._news = news or News()
        self._filling = Filling(store, clock, runs)
        self.ticked_at = clock.now()
        """When it last looked (seconds since the epoch)."""

    def tick(self) -> Ticked:
        """Do what is due now, or before the next tick."""
        began = time.monotonic()
        with self._news.telemetry.span("tick"):
            ticked = self._tick()
        self._news.telemetry.record(TICK_DURATION, time.monotonic() - began)
        return ticked

    def _tick(self) -> Ticked:
        now = self._clock.now()
        limit = LOOK if self._hands_on else BATCH
        due = self._store.due_dags(now + self._ahead, limit=limit)
        dags = [stored.record.dag_id for stored in due]
        runs = [stored.record.key for stored in self._store.due_runs(now, limit=limit)]
        handed_on = self._hand_on(dags[BATCH:], runs[BATCH:], now)
        unfinished = [self._plan_guarded(stored) for stored in due[:BATCH]]
        swept = [self._guard(f"run {key}", partial(self.sweep, key)) for key in runs[:BATCH]]
        self.ticked_at = self._clock.now()
        return Ticked(
            dags=len(dags[:BATCH]),
            runs=len(runs[:BATCH]),
            handed_on=handed_on,
            more=len(dags) >= limit or len(runs) >= limit or any(unfinished),
            failed=None in unfinished or not all(swept),
        )

    def handle(self, chore: Chore) -> None:
        """Do a part of a tick's work. Done late, or twice, it does what is due by then."""
        with self._news.telemetry.span("chore", dags=len(chore.dags), runs=len(chore.runs)):
            for dag_id in chore.dags:
                stored = self._store.dag(dag_id)
                if stored is not None:
                    self._plan_guarded(stored)
            for key in chore.runs:
                self._guard(f"run {key}", partial(self.sweep, key))

    def _hand_on(self, dags: Sequence[str], runs: Sequence[RunKey], now: float) -> int:
        chores = [Chore(dags=tuple(part), asked_at=now) for part in batched(dags, BATCH)]
        chores += [Chore(runs=tuple(part), asked_at=now) for part in batched(runs, BATCH)]
        if chores:
            self._guard("what is beyond one batch", partial(self._runs.send, chores))
        return len(dags) + len(runs)

    def _plan_guarded(self, stored: Stored[Dag]) -> bool | None:
        """Whether there is more to begin than one go may; then, where work is handed on, that is a chore of its own.

        ``None`` if it failed.
        """
        unfinished = False

        def plan() -> None:
            nonlocal unfinished
            unfinished = self.plan(stored)
            if unfinished and self._hands_on:
                self._runs.send([Chore(dags=(stored.record.dag_id,), asked_at=self._clock.now())])

        return unfinished if self._guard(f"DAG {stored.record.dag_id!r}", plan) else None

    def _guard(self, what: str, work: Callable[[], None]) -> bool:
        """A poisoned DAG must not keep the others from running. Whether it could be done."""
        try:
            work()
        except Exception:
            log.exception("%s could not be planned", what)
            return False
        return True

    def plan(self, stored: Stored[Dag]) -> bool:
        """Begin waiting runs, then make scheduled ones, then a backfill's, while there's room and something is due.

        True when it stops because that were enough for one go.
        """
        if stored.record.deleting:
            return self._delete(stored.record.dag_id)
        begun = 0
        for _ in range(CONFLICTS):
            try:
                while stored.record.due_by(self._clock.now() + self._ahead):
                    if begun >= RUNS_AT_ONCE:
                        return True
                    self._begin_next(stored)
                    begun += 1
                    stored = self._reread(stored)
            except ConflictError:
                stored = self._reread(stored)
            except NotFoundError:
                # A version, or a run: it may have been deleted with the DAG, which may be there again.
                known, stored = stored, self._reread(stored)
                if stored.record.active and stored.revision == known.revision:
                    raise
            else:
                return False
        return True

    def _begin_next(self, stored: Stored[Dag]) -> None:
        """One of the runs that are due."""
        dag = stored.record
        if dag.run_due_at is None or dag.run_due_at > self._clock.now() + self._ahead:
            self._filling.step(stored)
        elif dag.waiting_runs:
            self._runs.begin_waiting(stored)
        elif dag.assets_due_at is not None:
            self._consumers.begin(stored)
        elif dag.asks:
            self._ask(stored)
        else:
            self._schedule(stored)

    def _reread(self, stored: Stored[Dag]) -> Stored[Dag]:
        found = self._store.dag(stored.record.dag_id)
        return found or Stored(replace(stored.record, active=False), stored.revision)

    def _ask(self, stored: Stored[Dag]) -> None:
        """Have a worker ask the DAG's custom timetable; ask again if that leads to nothing."""
        now = self._clock.now()
        again = replace(stored.record, next_run_at=now + self._ahead + ASK_AGAIN)
        self._store.commit(Update(again, stored.revision))
        self._runs.send([NextRun(dag_id=again.dag_id, asked_at=now)])

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
        moved = cursor_after(spec, interval, moment)
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
        seen: list[tuple[Stored[Attempt], Event]] = []
        missed: list[Message] = []
        found: list[Event] = []
        looked_at: list[Run] = []

        def events(run: Run) -> list[Event]:
            seen.clear()
            missed.clear()
            looked_at[:] = [run]
            found[:] = [Tick(), *(self._runs.look_back(run) if run.behind else ())]
            for attempt in check_due(run, float("inf") if restarted else self._clock.now()):
                stored = self._store.attempt(attempt)
                event = self._diagnose(attempt, stored, restarted)
                if stored is not None:
                    seen.append((stored, event))
                if restarted and isinstance(event, Unclaimed):
                    missed.append(outstanding(run, self._runs.spec(run), attempt))
                else:
                    found.append(event)
            return found

        def also(_: Decision) -> list[Write]:
            settled = [(one, self._settled(one.record, event)) for one, event in seen]
            return [Update(record, one.revision) for one, record in settled if record is not one.record]

        try:
            self._runs.change(key, events, also=also)
        except NotFoundError:
            return  # it was deleted
        finally:
            self._tell_if_stuck([] if restarted else looked_at, found)
        self._tell_repairs(found)
        if missed:
            self._runs.send(missed)

    def _tell_repairs(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, (Unclaimed, Finished, Lost)):
                self._news.repaired(event.attempt, _REPAIRS[type(event)])

    def _tell_if_stuck(self, runs: Sequence[Run], events: Sequence[Event]) -> None:
        unclaimed = {event.attempt.name for event in events if isinstance(event, Unclaimed)}
        for run in runs:
            why = why_stuck(run, unclaimed, self._clock.now())
            if why:
                self._news.stuck(run, why)

    def _settled(self, attempt: Attempt, event: Event) -> Attempt:
        """The attempt once its run was told of it by ``event``. Time goes by: it is not judged anew."""
        if attempt.state is AttemptState.REPORTED:
            return replace(attempt, state=AttemptState.FINISHED)
        if attempt.state is AttemptState.RUNNING and isinstance(event, Lost):
            return replace(attempt, state=AttemptState.LOST, ended_at=self._clock.now())
        return attempt

    def _is_lost(self, attempt: Attempt, restarted: str) -> bool:
        if attempt.state is not AttemptState.RUNNING:
            return False
        return attempt.lease_until <= self._clock.now() or (restarted != "" and attempt.owner != restarted)

    def _diagnose(self, key: AttemptKey, stored: Stored[Attempt] | None, restarted: str) -> Event:
        if stored is None:
            return Unclaimed(attempt=key)
        attempt = stored.record
        if attempt.state in (AttemptState.FINISHED, AttemptState.REPORTED) and attempt.outcome is not None:
            return finished(attempt)
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
