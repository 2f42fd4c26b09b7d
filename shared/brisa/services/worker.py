"""One attempt, from its message to its end: claim, execute, finish.

Operations of an ordinary task: one read (the run, at the claim), three writes (the attempt at the claim; run and
attempt at the end), one queue operation per successor. The number is counted in tests/services/test_worker.py.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from brisa.engine import Decision, attempt_key
from brisa.errors import BrisaError, ConflictError, NotFoundError, StorageError, UnavailableError
from brisa.model.dag import DagVersion
from brisa.model.events import Finished, Lost
from brisa.model.run import Attempt, AttemptKey, Message, Outcome, Run
from brisa.model.states import AttemptState, OutcomeKind, RunState
from brisa.ports.blobs import Blobs
from brisa.ports.clock import Clock
from brisa.ports.store import Create, StateStore, Stored, Update, Write
from brisa.runtime.request import AttemptRequest
from brisa.runtime.supervisor import Report, Supervisor
from brisa.services.answers import Answers
from brisa.services.runs import Runs
from brisa.services.xcoms import log_name, store_values

log = logging.getLogger(__name__)

LEASE = 60.0
"""Seconds after which an attempt whose worker is silent counts as lost."""
HEARTBEAT = 15.0
"""Seconds between renewals of the lease."""


class _NotOurs(BrisaError):
    """The attempt was given to somebody else, or called off, meanwhile: its result changes nothing."""


class Origins(Protocol):
    """Tells what to run a version from."""

    def __call__(self, version: DagVersion) -> tuple[str, str | None]:
        """As :meth:`brisa.services.registry.Registry.origin`."""
        ...


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
    ) -> None:
        """``owner`` names this process in the leases it takes."""
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._runs = runs
        self._supervisor = supervisor
        self._owner = owner
        self._origin = origin

    def handle(self, message: Message) -> None:
        """Do what the message asks for, if nobody has; return when the message may be forgotten.

        Raises :class:`UnavailableError` and :class:`StorageError` when the message should be delivered again.
        """
        claimed = self._claim(message)
        if claimed is None:
            return
        snapshot, attempt = claimed
        held = _Held(self._store, self._clock, attempt)
        version = self._runs.version(snapshot.record.dag_id, snapshot.record.version)
        report = self._execute(snapshot.record, version, held)
        if report.lost:
            self._lose(held)
        else:
            self._finish(held, report)

    def _claim(self, message: Message) -> tuple[Stored[Run], Stored[Attempt]] | None:
        """Take the attempt, or ``None`` if it is stale or somebody else's."""
        key = message.attempt
        snapshot = self._runs.read(key.run_key)
        if snapshot is None or not _awaits(snapshot.record, key):
            return None
        now = self._clock.now()
        attempt = Attempt(
            key=key,
            token=secrets.token_hex(8),
            owner=self._owner,
            lease_until=now + LEASE,
            started_at=now,
            log=log_name(key),
        )
        try:
            (revision,) = self._store.commit(Create(attempt))
        except ConflictError:
            return None
        return snapshot, Stored(attempt, revision)

    def _execute(self, run: Run, version: DagVersion, held: _Held) -> Report:
        attempt = held.attempt
        key = attempt.key
        spec = version.spec
        instance = run.task(key.task_id)
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
            task_states={up: run.task(up).state.value for up in task.upstream},
        )
        fingerprint, source = self._origin(version)
        try:
            return self._supervisor.run(
                request,
                fingerprint=fingerprint,
                source=source,
                log=self._blobs.spool(attempt.log),
                answer=Answers(self._store, self._blobs, run),
                timeout=task.execution_timeout,
                heartbeat=held.renew,
                heartbeat_every=HEARTBEAT,
            )
        except StorageError as error:
            return Report(outcome=Outcome(kind=OutcomeKind.FAILED, error=str(error)))
        finally:
            self._blobs.seal(attempt.log)

    def _lose(self, held: _Held) -> None:
        """brisa's own process that ran the attempt is gone: the same try runs again."""
        lost = replace(held.attempt, state=AttemptState.LOST, ended_at=self._clock.now())
        try:
            self._runs.change(
                lost.key.run_key,
                lambda _: [Lost(attempt=lost.key)],
                also=lambda _: [Update(lost, held.still_ours())],
            )
        except (_NotOurs, UnavailableError):
            log.warning("attempt %s is lost; the sweep sees to it", "/".join(map(str, lost.key)))

    def _finish(self, held: _Held, report: Report) -> None:
        """Write the outcome: into the run and the attempt at once, or into neither."""
        key = held.attempt.key
        outcome = report.outcome
        xcoms: Mapping[str, object] = {}
        try:
            xcoms = store_values(self._blobs, key, report.xcoms)
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
        event = Finished(attempt=key, outcome=outcome, started_at=finished.started_at, ended_at=ended_at)

        def also(_: Decision) -> list[Write]:
            return [Update(finished, held.still_ours())]

        try:
            self._runs.change(key.run_key, lambda _: [event], also=also)
        except _NotOurs:
            log.warning("attempt %s: its result came too late and changes nothing", "/".join(map(str, key)))
        except UnavailableError:
            # Too much contention on the run: the attempt alone has none. The sweep folds it into the run.
            try:
                self._store.commit(Update(finished, held.still_ours()))
            except (ConflictError, _NotOurs):
                log.warning("attempt %s: its result came too late and changes nothing", "/".join(map(str, key)))


def _awaits(run: Run, key: AttemptKey) -> bool:
    """Whether the run waits for this very attempt."""
    instance = run.tasks.get(key.task_id)
    if instance is None or run.state is not RunState.RUNNING or not instance.state.waiting:
        return False
    return attempt_key(run, key.task_id, instance) == key


class _Held:
    """An attempt that this process has claimed: its document as we know it, and its lease."""

    def __init__(self, store: StateStore, clock: Clock, stored: Stored[Attempt]) -> None:
        self._store = store
        self._clock = clock
        self._stored = stored
        self._asked = False

    @property
    def attempt(self) -> Attempt:
        """The attempt as we last wrote it."""
        return self._stored.record

    def renew(self) -> bool:
        """Extend the lease; False when the attempt is no longer ours."""
        renewed = replace(self.attempt, lease_until=self._clock.now() + LEASE)
        try:
            (revision,) = self._store.commit(Update(renewed, self._stored.revision))
        except ConflictError:
            return False
        except UnavailableError:
            return True
        self._stored = Stored(renewed, revision)
        return True

    def still_ours(self) -> object:
        """The revision to condition the result on; the first time as we know it, then (after a conflict) read anew."""
        if self._asked:
            found = self._store.attempt(self.attempt.key)
            if found is None:
                raise NotFoundError(f"attempt {self.attempt.key} is gone")
            if found.record.token != self.attempt.token or found.record.state is not AttemptState.RUNNING:
                raise _NotOurs
            self._stored = Stored(self.attempt, found.revision)
        self._asked = True
        return self._stored.revision
