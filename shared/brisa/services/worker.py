"""One attempt, from its message to its end: claim, execute, finish.

Operations of an ordinary task: one read (the run, at the claim), three writes (the attempt at the claim; run and
attempt at the end), one queue operation per successor. The number is counted in tests/services/test_worker.py.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from brisa.engine import Decision, attempt_key
from brisa.engine.advance import outstanding
from brisa.engine.deadlines import late
from brisa.errors import BrisaError, ConflictError, JobError, NotFoundError, StorageError, UnavailableError
from brisa.model.dag import DagVersion
from brisa.model.events import Event, Finished, Lost
from brisa.model.pool import DEFAULT_POOL
from brisa.model.run import (
    Attempt,
    AttemptKey,
    Message,
    Outcome,
    Run,
    XCom,
    expects,
    is_deadline,
    is_task,
    task_names,
)
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import AttemptState, OutcomeKind, RunState, TaskState
from brisa.model.trace import trace_of
from brisa.model.work import Fold, NextRun
from brisa.ports.blobs import Blobs
from brisa.ports.clock import Clock
from brisa.ports.store import Create, Delete, StateStore, Stored, Update, Write
from brisa.ports.telemetry import current_trace, within
from brisa.runtime.request import CALLBACK_LIMIT, AttemptRequest, Missed
from brisa.runtime.supervisor import Report, Supervisor
from brisa.services.answers import Answers, Secret, no_secret
from brisa.services.folding import Folding
from brisa.services.long_work import LongWork
from brisa.services.news import News
from brisa.services.objects import Waits
from brisa.services.origins import Origins
from brisa.services.runs import Runs
from brisa.services.timetables import Timetables
from brisa.services.watchers import Watchers
from brisa.services.xcoms import blobs_of, log_name, store_values, xcom_folder

log = logging.getLogger(__name__)

LEASE = 60.0
"""Seconds after which an attempt whose worker is silent counts as lost."""
RENEWALS = 4
"""How often a lease is renewed before it would end."""
LOOK = 5.0
"""Seconds after which a worker looks whether an attempt is still wanted: a cancelled one is stopped that soon."""
_AT_ONCE = 100
"""How many attempts, or waits, of a run that is gone are removed in one go."""
_LAST_COMMITS = 3.0
"""Seconds within which the loss of attempts that were ended is written down."""


class _NotOurs(BrisaError):
    """The attempt was given to somebody else, or called off, meanwhile: its result changes nothing."""


class Worker:
    """Handles messages. Safe to call from many threads."""

    def __init__(
        self,
        store: StateStore,
        blobs: Blobs,
        clock: Clock,
        runs: Runs,
        supervisor: Supervisor,
        *,
        owner: str,
        origin: Origins,
        folding: Folding | None = None,
        timetables: Timetables | None = None,
        secret: Secret = no_secret,
        watched: Callable[[str], bool] = lambda _: False,
        any_pool: bool = False,
        long_work: LongWork | None = None,
        longest: float | None = None,
        lease: float = LEASE,
        look: float = LOOK,
        news: News | None = None,
    ) -> None:
        """``owner`` names this process in the leases it takes, which are for ``lease`` seconds.

        ``look``: how many seconds pass between two looks whether an attempt is still wanted.

        With ``folding``, attempts of wide runs are reported and folded in batches. ``timetables`` asks those that are
        user code. ``secret`` has the Connections. ``watched`` tells of which buckets brisa hears when an object is
        written. ``any_pool``: whether tasks may name pools that nobody has made. ``news`` is told when attempts begin.

        ``long_work`` has jobs do what is too long for this process, in which without it everything is done.
        ``longest``: seconds after which an attempt is ended here whatever its ``execution_timeout``; ``None``: never.
        """
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._runs = runs
        self._supervisor = supervisor
        self._owner = owner
        self._origin = origin
        self._folding = folding
        self._timetables = timetables
        self._secret = secret
        self._watched = watched
        self._any_pool = any_pool
        self._long_work = long_work
        self._longest = longest
        self._lease = lease
        self._look = look
        self._news = news or News()
        self._span = self._news.telemetry.span
        self._under_way = 0
        self._stopping = False
        self._idle = threading.Condition()

    def handle(self, work: Message | Fold | NextRun) -> None:
        """Do what the message asks for, if nobody has; return when the message may be forgotten.

        Raises :class:`UnavailableError` and :class:`StorageError` when the message should be delivered again.
        """
        with self._counted():
            if isinstance(work, Message):
                self._traced(work)
            elif isinstance(work, Fold):
                with within(current_trace() or trace_of(work.run)), self._span("fold", **work.run._asdict()):
                    self._fold(work)
            elif self._timetables is not None:
                self._timetables.ask(work)

    def stop(self, seconds: float) -> None:
        """This process is to end: take nothing more, and leave ``seconds`` to the attempts that are under way.

        Those that are not over by then are ended and written down as lost: their try runs again, elsewhere. Returns
        once nothing is under way, some seconds later at most.
        """
        with self._idle:
            self._stopping = True
            if self._idle.wait_for(lambda: not self._under_way, timeout=seconds):
                return
        self._supervisor.close()
        with self._idle:
            self._idle.wait_for(lambda: not self._under_way, timeout=_LAST_COMMITS)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            if self._stopping:
                raise UnavailableError("this process is about to end")
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def _fold(self, fold: Fold) -> None:
        try:
            if self._folding is not None:
                self._folding.fold(fold)
        except NotFoundError:
            if self._store.run(fold.run) is not None:
                raise
            for stored in self._store.reported(fold.run, limit=_AT_ONCE):
                self._leave_nothing(stored.record)

    def _traced(self, message: Message) -> None:
        """An attempt, in the trace of whoever has sent its message; else, as in embedded mode, where the queue carries
        none, in its run's own."""
        key = message.attempt
        about = {name: value for name, value in key._asdict().items() if name not in ("generation", "seq")}
        with within(current_trace() or trace_of(key.run_key)), self._span("attempt", **about):
            self._attempt(message)

    def _attempt(self, message: Message) -> None:
        refused = ""
        with self._span("claim"):
            snapshot = self._wanted(message)
            if snapshot is None:
                return
            try:
                if self._handed_on(snapshot.record, message):
                    return
            except JobError as error:
                refused = str(error)
            attempt = self._claim(message)
        if attempt is None:
            return
        held = _Held(self._store, self._clock, attempt, self._lease)
        waits = Waits(self._store, self._clock, message.attempt, self._watched)
        try:
            version = self._runs.version(snapshot.record.dag_id, snapshot.record.version)
        except NotFoundError:
            found = self._store.run(message.attempt.run_key)
            if found is not None and found.record.version == snapshot.record.version:
                raise
            self._leave_nothing(attempt.record)  # the DAG was deleted just now; it may be there again
            return
        if not message.kill:
            due = outstanding(snapshot.record, version.spec, message.attempt).not_before
            began = attempt.record.started_at
            self._news.started(message.attempt, 0.0 if due is None or began is None else began - due)
        answers = Answers(
            self._store,
            self._blobs,
            snapshot.record,
            secret=self._secret,
            waits=waits,
            attempt=message.attempt,
            runs=self._runs,
            watchers=Watchers(self._store, self._clock, self._runs, message.attempt, waits),
        )
        with self._span("execute"):
            report = self._execute(snapshot.record, version, held, answers, kill=message.kill, refused=refused)
        with self._span("finish", outcome="lost" if report.lost else report.outcome.kind.value):
            if report.lost:
                self._lose(held, waits)
            else:
                self._finish(snapshot.record, held, report, waits, answers.kept)

    def _wanted(self, message: Message) -> Stored[Run] | None:
        """The run, or ``None`` if the message is stale (but for one that is to be killed)."""
        key = message.attempt
        snapshot = self._runs.read(key.run_key)
        if snapshot is None:
            # Whoever had this message before may have ended in the midst of it, after the run was deleted.
            waits = [Delete(stored.record) for stored in self._store.waits_of(key.run_key, limit=_AT_ONCE)]
            self._leave_nothing(Attempt(key=key, log=log_name(key)), waits)
            return None
        wanted = _is_given_up if message.kill else _awaits
        return snapshot if wanted(snapshot.record, key) else None

    def _handed_on(self, run: Run, message: Message) -> bool:
        """Whether a job was told to do it."""
        name = message.attempt.name
        if self._long_work is None or message.kill or not is_task(name):
            return False
        try:
            task = self._runs.spec(run).by_id[message.attempt.task_id]
        except NotFoundError:
            return False  # deleted just now: what follows sees to it
        if not self._long_work.takes(task):
            return False
        self._long_work.start(message, task)
        return True

    def _claim(self, message: Message) -> Stored[Attempt] | None:
        """Take the attempt, or ``None`` if it is somebody else's."""
        key = message.attempt
        now = self._clock.now()
        attempt = Attempt(
            key=key,
            token=secrets.token_hex(8),
            owner=self._owner,
            lease_until=now + self._lease,
            started_at=now,
            log=log_name(key),
        )
        try:
            (revision,) = self._store.commit(Create(attempt))
        except ConflictError:
            return None
        return Stored(attempt, revision)

    def _execute(
        self, run: Run, version: DagVersion, held: _Held, answers: Answers, *, kill: bool, refused: str
    ) -> Report:
        attempt = held.attempt
        spec = version.spec
        ours = is_task(attempt.key.name)
        missed = _missed(run, spec, attempt.key)
        key = attempt.key if ours else _spokesman(run, spec)
        instance = run.task(key.name)
        task = spec.by_id[key.task_id]
        request = AttemptRequest(
            file=spec.file,
            run=replace(run, tasks={}),
            task_id=key.task_id,
            map_index=key.map_index,
            try_number=key.try_number,
            max_tries=instance.max_tries,
            generation=key.generation,
            seq=key.seq,
            dialect=spec.dialect,
            started_at=attempt.started_at,
            first_started_at=instance.started_at,
            log=attempt.log,
            task_states={name: run.task(name).state.value for name in (task.upstream if ours else task_names(run))},
            refused=refused or self._refusal(task) if ours else "",
            kill=kill,
            run_ended="" if ours or missed else _why_ended(run, spec),
            missed=missed,
        )
        fingerprint, source = self._origin(version)
        timeout = task.execution_timeout if ours else CALLBACK_LIMIT
        longest = self._longest
        cut = longest is not None and ours and (timeout is None or timeout > longest)
        try:
            report = self._supervisor.run(
                request,
                fingerprint=fingerprint,
                source=source,
                log=self._blobs.spool(attempt.log),
                answer=answers,
                timeout=longest if cut else timeout,
                heartbeat=held.look,
                heartbeat_every=min(self._look, self._lease / RENEWALS),
            )
        except StorageError as error:
            return Report(outcome=Outcome(kind=OutcomeKind.FAILED, error=str(error)))
        finally:
            self._seal(attempt)
        if longest is not None and cut and self._clock.now() - attempt.started_at >= longest:
            return _too_long(report, longest)
        return report

    def _refusal(self, task: TaskSpec) -> str:
        """Why the task must not run, or nothing."""
        if self._any_pool or task.pool == DEFAULT_POOL or self._store.pool(task.pool) is not None:
            return ""
        return f"there is no pool {task.pool!r}: make it with 'brisa pools set {task.pool} SLOTS'"

    def _seal(self, attempt: Attempt) -> None:
        """Publish the log. What the task has done counts even if that can't be."""
        try:
            self._blobs.seal(attempt.log)
        except (StorageError, UnavailableError) as error:
            log.error("attempt %s has no log: %s", "/".join(map(str, attempt.key)), error)

    def _lose(self, held: _Held, waits: Waits) -> None:
        """brisa's own process that ran the attempt is gone: the same try runs again."""
        lost = replace(held.attempt, state=AttemptState.LOST, ended_at=self._clock.now())
        try:
            self._runs.change(
                lost.key.run_key,
                lambda _: [Lost(attempt=lost.key)],
                also=lambda _: [Update(lost, held.still_ours())],
            )
        except (_NotOurs, NotFoundError):
            self._came_too_late(lost, waits)
        except UnavailableError:
            log.warning("attempt %s is lost; the sweep sees to it", "/".join(map(str, lost.key)))

    def _finish(self, run: Run, held: _Held, report: Report, waits: Waits, kept: Mapping[str, XCom]) -> None:
        """Write the outcome: into the run and the attempt at once, or into neither; of a wide ``run``, as it was at
        the claim, into the attempt alone, to be folded with others.

        ``kept`` are XComs from before the try was deferred.
        """
        key = held.attempt.key
        outcome = report.outcome
        xcoms: Mapping[str, object] = {}
        try:
            xcoms = {**kept, **store_values(self._blobs, key, report.xcoms)}
        except StorageError as error:
            outcome = Outcome(kind=OutcomeKind.FAILED, error=f"its XComs could not be stored: {error}")
        ended_at = self._clock.now()
        finished = replace(
            held.attempt,
            state=AttemptState.FINISHED,
            ended_at=ended_at,
            outcome=outcome,
            xcoms=xcoms,  # type: ignore[arg-type]
            rendered=report.rendered,
            max_rss_kb=report.max_rss_kb,
        )
        try:
            if self._folding is not None and self._folding.is_wide(run) and not waits.writes():
                self._report(held, finished)
                self._folding.ask(run)
            else:
                self._commit(held, finished, waits)
        except (_NotOurs, ConflictError, NotFoundError):
            self._came_too_late(finished, waits)

    def _came_too_late(self, attempt: Attempt, waits: Waits) -> None:
        key = attempt.key
        log.warning("attempt %s: its result came too late and changes nothing", "/".join(map(str, key)))
        if self._store.attempt(key) is None or self._store.run(key.run_key) is None:
            self._leave_nothing(attempt, waits.forgotten())

    def _leave_nothing(self, attempt: Attempt, waits: Sequence[Write] = ()) -> None:
        """Its run was deleted meanwhile: so is what it has left."""
        for blob in blobs_of(attempt):
            self._blobs.delete(blob)
        self._blobs.delete_folder(xcom_folder(attempt.key))
        self._store.commit(Delete(attempt), *waits)

    def _commit(self, held: _Held, finished: Attempt, waits: Waits) -> None:
        key, outcome = finished.key, finished.outcome
        assert outcome is not None  # noqa: S101  for the type checker: it has just been given

        def events(_: Run) -> list[Event]:
            settled = waits.settle(outcome)
            times = {"started_at": finished.started_at, "ended_at": finished.ended_at or finished.started_at}
            return [Finished(attempt=key, outcome=settled, **times)]

        def also(_: Decision) -> list[Write]:
            return [Update(finished, held.still_ours()), *waits.writes()]

        try:
            self._runs.change(key.run_key, events, also=also)
        except UnavailableError:
            # Too much contention on the run: the attempt alone has none. The sweep folds it in, if the run is there.
            self._report(held, finished)
            if self._store.run(key.run_key) is None:
                raise NotFoundError(f"run {key.run_id!r} of DAG {key.dag_id!r} was deleted") from None

    def _report(self, held: _Held, finished: Attempt) -> None:
        self._store.commit(Update(replace(finished, state=AttemptState.REPORTED), held.still_ours()))


def _too_long(report: Report, longest: float) -> Report:
    """The report of an attempt that was ended before its own time, and may have failed for that."""
    if report.lost or report.outcome.kind is not OutcomeKind.FAILED:
        return report
    more = "executor='cloud_run_job' or a longer execution_timeout gives it more"
    why = f"here an attempt may last {longest:g} s; {more}"
    return replace(report, outcome=replace(report.outcome, error=f"{report.outcome.error} ({why})"))


def _awaits(run: Run, key: AttemptKey) -> bool:
    """Whether the run waits for this very attempt."""
    instance = run.tasks.get(key.name)
    if instance is None or not expects(run.state, key.name) or not instance.state.waiting:
        return False
    return attempt_key(run, key.name, instance) == key


def _is_given_up(run: Run, key: AttemptKey) -> bool:
    """Whether the run has got past this attempt. One that is yet to come has its key from a run that was deleted, whose
    id this one has now."""
    instance = run.tasks.get(key.name)
    return instance is not None and attempt_key(run, key.name, instance) >= key and not _awaits(run, key)


def _spokesman(run: Run, spec: DagSpec) -> AttemptKey:
    """The task whose context a DAG's callbacks are given: of those that decided how the run ended, the last to end.

    Any, of a run that has no tasks.
    """
    names = task_names(run) or [spec.tasks[0].task_id]
    failed = [name for name in names if run.task(name).state is TaskState.FAILED]
    among = failed if failed and run.state is RunState.FAILED else names
    last = max(among, key=lambda name: run.task(name).ended_at or 0.0)
    return attempt_key(run, last, run.task(last))


def _missed(run: Run, spec: DagSpec, key: AttemptKey) -> Missed | None:
    """The deadline that an attempt is to tell of, if it is one of those."""
    if not is_deadline(key.name):
        return None
    deadline, moment = spec.deadlines[key.map_index], run.deadlines[key.map_index]
    assert moment is not None  # noqa: S101  for the type checker: nobody is told of others
    return Missed(place=key.map_index, moment=moment, tasks=late(spec, run, deadline, moment))


def _why_ended(run: Run, spec: DagSpec) -> str:
    """The ``reason`` in the context of a DAG's callbacks, in Airflow's words."""
    if run.state is RunState.SUCCESS:
        return "success"
    limit = spec.dagrun_timeout
    took = (run.ended_at or 0.0) - (run.started_at or 0.0)
    return "timed_out" if limit is not None and took >= limit else "task_failure"


class _Held:
    """An attempt that this process has claimed: its document as we know it, and its lease."""

    def __init__(self, store: StateStore, clock: Clock, stored: Stored[Attempt], lease: float) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._stored = stored
        self._asked = False

    @property
    def attempt(self) -> Attempt:
        """The attempt as we last wrote it."""
        return self._stored.record

    def look(self) -> bool:
        """Whether the attempt is still ours, and wanted. Extends the lease when it is time to."""
        if self._clock.now() >= self.attempt.lease_until - self._lease * (1 - 1 / RENEWALS):
            return self.renew()
        try:
            found = self._store.attempt(self.attempt.key)
        except UnavailableError:
            return True
        return found is not None and self._is_ours(found.record)

    def renew(self) -> bool:
        """Extend the lease; False when the attempt is no longer ours."""
        renewed = replace(self.attempt, lease_until=self._clock.now() + self._lease)
        try:
            (revision,) = self._store.commit(Update(renewed, self._stored.revision))
        except ConflictError:
            return self._is_ours_yet()
        except UnavailableError:
            return True
        self._stored = Stored(renewed, revision)
        return True

    def _is_ours_yet(self) -> bool:
        """Whether it was our own hand that wrote last: an earlier renewal is there, though its answer was lost."""
        try:
            found = self._store.attempt(self.attempt.key)
        except UnavailableError:
            return True
        if found is None or not self._is_ours(found.record):
            return False
        self._stored = found
        return True

    def _is_ours(self, attempt: Attempt) -> bool:
        return attempt.token == self.attempt.token and attempt.state is AttemptState.RUNNING

    def still_ours(self) -> object:
        """The revision to condition the result on; the first time as we know it, then (after a conflict) read anew."""
        if self._asked:
            found = self._store.attempt(self.attempt.key)
            if found is None:
                raise NotFoundError(f"attempt {self.attempt.key} is gone")
            if not self._is_ours(found.record):
                raise _NotOurs
            self._stored = Stored(self.attempt, found.revision)
        self._asked = True
        return self._stored.revision
