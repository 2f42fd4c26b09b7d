"""Changes to runs: every one is a compare-and-set of the run that the engine's decision asks for, then its commands."""

from __future__ import annotations

import logging
import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from brisa.engine import Decision, advance, create_run, watching
from brisa.engine.create import run_id_for
from brisa.engine.dates import left_out
from brisa.engine.limits import holds
from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.dag import Dag, DagVersion
from brisa.model.events import Announce, Ask, Command, Enqueue, Event, Free, Granted, Look, Revoke, Start
from brisa.model.json import JsonObject
from brisa.model.params import resolve_params
from brisa.model.run import Attempt, Run, RunKey
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, RunState, RunType
from brisa.model.work import Chore, Work
from brisa.ports.clock import Clock
from brisa.ports.notifier import Notifier
from brisa.ports.queue import TaskQueue
from brisa.ports.store import Create, Revision, StateStore, Stored, Update, Write
from brisa.services.announcer import Announcer
from brisa.services.consumers import Admission
from brisa.services.deadlines import Deadlines
from brisa.services.following import dag_writes, failed_too_often, followed
from brisa.services.news import News
from brisa.services.pasts import Pasts
from brisa.services.pools import Grant, Pools
from brisa.services.waking import wake

log = logging.getLogger(__name__)

CONFLICTS = 40
"""How often a commit is tried again before its caller must cope."""
_REMEMBERED = 256
_chance = random.Random()  # noqa: S311  jitter, not a secret; its own, so that nobody's seeds are disturbed


class RunExistsError(BrisaError):
    """There is a run of this id already."""


class Runs:
    """Creates runs and applies events to them."""

    def __init__(
        self,
        store: StateStore,
        queue: TaskQueue,
        clock: Clock,
        notifier: Notifier,
        *,
        news: News | None = None,
        deadlines: bool = True,
    ) -> None:
        """``news`` is told of each change; ``deadlines``: whether the runs that it makes have those of their DAGs."""
        self._store = store
        self._queue = queue
        self._clock = clock
        self._notifier = notifier
        self._news = news or News()
        self._pools = Pools(store, clock)
        self._pasts = Pasts(store, self.spec)
        self._deadlines = Deadlines(store) if deadlines else None
        self._lock = threading.Lock()
        self._latest: OrderedDict[RunKey, Stored[Run]] = OrderedDict()
        self._busy: dict[RunKey, threading.Lock] = {}
        self._announcer = Announcer(store, clock, self)

    def spec(self, run: Run) -> DagSpec:
        """The spec of the DAG version that the run is pinned to."""
        return self.version(run.dag_id, run.version).spec

    def version(self, dag_id: str, version: str) -> DagVersion:
        """One version of a DAG; :class:`NotFoundError` if it is not stored."""
        found = self._store.version(dag_id, version)
        if found is None:
            raise NotFoundError(f"version {version} of DAG {dag_id!r} is not stored")
        return found

    def trigger(
        self,
        dag_id: str,
        *,
        logical_date: datetime | None = None,
        interval: tuple[datetime, datetime] | None = None,
        run_type: RunType = RunType.MANUAL,
        run_id: str = "",
        conf: JsonObject | None = None,
        triggered_by: str = "",
        dated: bool = True,
        one_per_date: bool = False,
        run_after: datetime | None = None,
        note: str = "",
        user: str = "",
        partition_key: str | None = None,
    ) -> Run:
        """Make a run of the DAG's current version, and begin it if there is room and the DAG is not paused.

        ``logical_date`` defaults to now, or, if it is not ``dated``, to none; ``interval`` to what a manual run at that
        date gets. Nothing of it happens before ``run_after`` (``None``: now). ``user`` is the name of whoever asks.
        Raises :class:`NotFoundError` for an unknown DAG, :class:`RunExistsError` for a known run id, or, with
        ``one_per_date``, where a run of that logical date is, and what
        :func:`~brisa.model.params.resolve_params` raises for parameters that don't fit.
        """
        from brisa.schedule.due import manual_interval

        for _ in range(CONFLICTS):
            stored = self._store.dag(dag_id)
            if stored is None or not stored.record.active:
                raise NotFoundError(f"there is no DAG {dag_id!r}")
            version = self.version(dag_id, stored.record.version)
            now = self._clock.now()
            after = run_after or datetime.fromtimestamp(now, UTC)
            date = logical_date or (after if dated else None)
            if date is None:
                interval = None
            elif interval is None:
                usual = manual_interval(version.spec.schedule, date)
                interval = (usual.start, usual.end)
            run = create_run(
                version,
                run_type=run_type,
                logical_date=date,
                interval=interval,
                run_after=now if run_after is None else run_after.timestamp(),
                now=now,
                run_id=run_id or run_id_for(run_type, date or after),
                conf=conf,
                params=resolve_params(version.spec.params, conf or {}),
                triggered_by=triggered_by,
            )
            run = replace(run, note=note, triggering_user=user, partition_key=partition_key)
            if len(left_out(version.spec, date)) == len(version.spec.tasks) > 0:
                log.warning("run %s of %s has no tasks: %s is not within the DAG's dates", run.run_id, dag_id, date)
            if self._store.run(run.key) is not None:
                raise RunExistsError(f"there is a run {run.run_id!r} of DAG {dag_id!r} already")
            if one_per_date and date is not None and self._store.dated_runs(dag_id, date, date, limit=1):
                raise RunExistsError(f"there is a run of DAG {dag_id!r} at {date.isoformat()} already")
            try:
                return self.admit(run, version.spec, stored)
            except ConflictError:
                self._pause()
        raise UnavailableError(f"DAG {dag_id!r} changes too often to make a run now; try again")

    def admit(self, run: Run, spec: DagSpec, stored: Stored[Dag], **dag_changes: object) -> Run:
        """Commit a new queued run and what its DAG knows of it, in one: it begins now if there is room, else it waits.

        ``dag_changes`` are further changes of the DAG document. Raises :class:`ConflictError`.
        """
        dag = replace(stored.record, **dag_changes)  # type: ignore[arg-type]
        admission = self.admission(run, spec, Stored(dag, stored.revision))
        self.commit([admission])
        return admission.run

    def admission(self, run: Run, spec: DagSpec, stored: Stored[Dag]) -> Admission:
        """What :meth:`admit` commits, to be committed with more (:meth:`commit`)."""
        dag, run = watching.handed_over(stored.record, run)
        run, links = self.prepared(run, spec, dag)
        decision = Decision(run)
        if dag.paused or dag.full:
            dag = replace(dag, waiting_runs=(*dag.waiting_runs, run.run_id))
        else:
            decision = advance(run, spec, [Start()], self._clock.now())
            if not decision.run.state.terminal:
                dag = replace(dag, active_runs=(*dag.active_runs, run.run_id))
        return Admission(decision, Update(dag, stored.revision), tuple(links))

    def commit(self, admissions: Sequence[Admission], *writes: Write) -> None:
        """Commit new runs of several DAGs, and further writes, in one; then dispatch. Raises :class:`ConflictError`."""
        made = [write for admission in admissions for write in admission.writes]
        links = [write for admission in admissions for write in admission.links]
        revisions = self._store.commit(*made, *links, *writes)
        for admission, revision in zip(admissions, revisions[: len(made) : 2], strict=True):
            self._begun(None, admission.decision, revision)

    def apply(self, decision: Decision, before: Stored[Run] | None, *also: Write) -> Run:
        """Commit a decision about a run, a new one if there is none ``before``, and ``also``, in one; then dispatch.

        Raises :class:`ConflictError`.
        """
        run = decision.run
        write = Create(run) if before is None else Update(run, before.revision)
        known = None if before is None else before.record
        self._begun(known, decision, self._store.commit(write, *also)[0])
        return run

    def _begun(self, before: Run | None, decision: Decision, revision: Revision) -> None:
        """What follows the commit of a run that is new, or begins again."""
        self._committed(before, (), Stored(decision.run, revision), decision.commands)
        self._share_out(decision.commands)
        wake(decision.commands, self.change)
        if decision.run.followers:
            self._tell_followers(decision.run)

    def prepared(self, run: Run, spec: DagSpec, dag: Dag) -> tuple[Run, Sequence[Write]]:
        """A new run with the run before it and with its deadlines, and what must be committed with it."""
        if self._deadlines is not None:
            run = self._deadlines.given(run, spec, dag)
        return self._pasts.linked(run, spec)

    def begin_waiting(self, stored: Stored[Dag]) -> None:
        """Begin the run that has waited longest, if there's room. Raises :class:`ConflictError`."""
        dag = stored.record
        if not dag.waiting_runs or dag.paused or dag.full:
            return
        run_id, *rest = dag.waiting_runs
        dag = replace(dag, waiting_runs=tuple(rest))
        found = self._store.run(RunKey(dag.dag_id, run_id))
        if found is None or found.record.state is not RunState.QUEUED:
            self._store.commit(Update(dag, stored.revision))
            return
        decision = advance(found.record, self.spec(found.record), [Start()], self._clock.now())
        if not decision.run.state.terminal:
            dag = replace(dag, active_runs=(*dag.active_runs, run_id))
        self.apply(decision, found, Update(dag, stored.revision))

    def change(
        self,
        key: RunKey,
        events: Callable[[Run], Iterable[Event]],
        *,
        also: Callable[[Decision], Sequence[Write]] = lambda _: (),
    ) -> Run:
        """Apply events to a run: load → advance → commit → dispatch, again while others get in between.

        ``events`` is asked anew for each state that the run is found in, and ``also`` for the further writes of the
        same commit; either may raise to give up. Raises :class:`NotFoundError` for
        an unknown run and :class:`UnavailableError` when it changes too often.
        """
        with self._exclusive(key):
            before, decision = self._change(key, events, also)
        self._share_out(decision.commands)
        wake(decision.commands, self.change)
        if any(isinstance(command, Announce) for command in decision.commands):
            self._announcer.announce(decision.run)
        if self._pasts.is_news(before, decision.run):
            self._tell_followers(decision.run)
        return decision.run

    def announce(self, run: Run) -> None:
        """Make known the asset events that ``run`` remembers; what can't be now is left to the sweep."""
        self._announcer.announce(run)

    def look_back(self, run: Run) -> Sequence[Event]:
        """What a run is to be told of the one before, in its sweep."""
        return self._pasts.told(run)

    def _tell_followers(self, run: Run) -> None:
        for run_id in run.followers:
            try:
                self.change(RunKey(run.dag_id, run_id), self._pasts.told)
            except NotFoundError:
                continue
            except UnavailableError as error:
                log.warning(
                    "run %s of %s was not told of the one before; its sweep will look: %s", run_id, run.dag_id, error
                )

    def _change(
        self,
        key: RunKey,
        events: Callable[[Run], Iterable[Event]],
        also: Callable[[Decision], Sequence[Write]],
    ) -> tuple[Run, Decision]:
        stored = self._remembered(key)
        fresh = False
        for _ in range(CONFLICTS):
            if stored is None:
                stored, fresh = self._store.run(key), True
            if stored is None:
                raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
            run = stored.record
            try:
                spec = self.spec(run)
            except NotFoundError:
                if fresh:
                    raise
                stored = None  # what is remembered was deleted with its DAG; there may be another run of that id
                continue
            happened = [*events(run)]
            decision = advance(run, spec, happened, self._clock.now())
            if not fresh and not decision.changed(run):
                # What seems to change nothing may be news: other processes have changed the run since.
                stored = None
                continue
            writes = [*also(decision), *_made(decision), *self._dag_writes(run, decision)]
            try:
                if decision.changed(run):
                    revisions = self._store.commit(Update(decision.run, stored.revision), *writes)
                    self._committed(run, happened, Stored(decision.run, revisions[0]), decision.commands)
                    self._tell_due(writes)
                elif writes:
                    self._store.commit(*writes)
                return run, decision
            except ConflictError:
                self._forget(key)
                stored = None
                self._pause()
        raise UnavailableError(f"run {key.run_id!r} of DAG {key.dag_id!r} changes too often")

    def _dag_writes(self, before: Run, decision: Decision) -> Sequence[Write]:
        """The DAG document follows its runs in the same commit: ended ones make room, cleared ones take it again."""
        after = decision.run
        if before.state.terminal == after.state.terminal:
            return ()
        stored = self._store.dag(after.dag_id)
        if stored is None:
            return ()
        dag = followed(stored.record, before, after, self._clock.now())
        limit = self.spec(after).max_consecutive_failed_dag_runs
        if not dag.paused and failed_too_often(self._store, decision, limit):
            log.warning(
                "DAG %s is paused: its last %d runs have failed (max_consecutive_failed_dag_runs)", dag.dag_id, limit
            )
            dag = replace(dag, paused=True)
        return dag_writes(dag, stored)

    def _tell_due(self, writes: Iterable[Write]) -> None:
        for write in writes:
            if isinstance(write.record, Dag):
                self.tell_due(write.record)

    def tell_due(self, dag: Dag) -> None:
        """Tell whoever plans that the DAG, as it is stored, may have something to begin."""
        if dag.due_at is not None:
            self._notifier.dag_due(dag)

    def _committed(
        self, before: Run | None, events: Collection[Event], stored: Stored[Run], commands: Iterable[Command]
    ) -> None:
        run = stored.record
        with self._lock:
            self._latest[run.key] = stored
            self._latest.move_to_end(run.key)
            if len(self._latest) > _REMEMBERED:
                self._latest.popitem(last=False)
        messages: list[Work] = []
        for command in commands:
            if isinstance(command, Enqueue):
                messages.append(command.message)
            elif isinstance(command, Look):
                messages.append(Chore(runs=(command.run,), asked_at=command.at, not_before=command.at))
            elif isinstance(command, Revoke):
                self._revoke(command)
        if messages:
            try:
                self._queue.enqueue(messages)
            except UnavailableError:
                log.warning("run %s of %s: messages not sent; the sweep will send them", run.run_id, run.dag_id)
        self._news.committed(before, run, events)
        self._notifier.run_changed(run)

    def set_pool(
        self, name: str, slots: int, *, description: str | None = None, include_deferred: bool | None = None
    ) -> None:
        """As :meth:`brisa.services.pools.Pools.put`; those who get slots by it begin."""
        for grant in self._pools.put(name, slots, description=description, include_deferred=include_deferred):
            self._grant(grant)

    def _share_out(self, commands: Iterable[Command]) -> None:
        """Ask pools, and give back; tell those runs that get slots by it. What fails the sweep makes good."""
        for command in commands:
            if isinstance(command, (Ask, Free)):
                try:
                    grants = self._pools.ask(command) if isinstance(command, Ask) else self._pools.free(command)
                    for grant in grants:
                        self._grant(grant)
                except UnavailableError as error:
                    log.warning("pool %s: %s; the sweep will ask again", command.pool, error)

    def _grant(self, grant: Grant) -> None:
        """Tell a run that its task has slots; if it has no use for them any more, give them back."""
        key = grant.attempt.run_key
        try:
            run = self.change(key, lambda _: [Granted(attempt=grant.attempt, pool=grant.pool)])
            useful = holds(run, grant.attempt, deferred=True)
        except NotFoundError:
            useful = False
        if not useful:
            self._share_out([Free(attempt=grant.attempt, pool=grant.pool)])

    def send(self, work: Sequence[Work]) -> None:
        """Make sure that the queue has this; it ignores what it has."""
        self._queue.enqueue(work)

    def _revoke(self, command: Revoke) -> None:
        stored = self._store.attempt(command.attempt)
        if stored is not None and stored.record.state is AttemptState.RUNNING:
            revoked: Attempt = replace(stored.record, state=AttemptState.REVOKED, ended_at=self._clock.now())
            try:
                self._store.commit(Update(revoked, stored.revision))
            except ConflictError:
                log.info("attempt %s ended before it could be stopped", command.attempt)

    def read(self, key: RunKey) -> Stored[Run] | None:
        """The run as it is now. The next change starts from it, unless this process makes another one in between."""
        known = self._remembered(key)
        stored = self._store.run(key)
        with self._lock:
            if stored is not None and self._latest.get(key) is known:
                self._latest[key] = stored
        return stored

    def _remembered(self, key: RunKey) -> Stored[Run] | None:
        with self._lock:
            return self._latest.get(key)

    def _forget(self, key: RunKey) -> None:
        with self._lock:
            self._latest.pop(key, None)

    def _exclusive(self, key: RunKey) -> threading.Lock:
        """One change per run at a time in this process: the others would only conflict."""
        with self._lock:
            if len(self._busy) > _REMEMBERED:
                self._busy = {known: lock for known, lock in self._busy.items() if lock.locked()}
            return self._busy.setdefault(key, threading.Lock())

    def _pause(self) -> None:
        self._clock.sleep(_chance.uniform(0.001, 0.02))


def _made(decision: Decision) -> Sequence[Write]:
    """The asset events that come into being with the decision."""
    announced = (command for command in decision.commands if isinstance(command, Announce))
    return [Create(event) for command in announced for event in command.made]
