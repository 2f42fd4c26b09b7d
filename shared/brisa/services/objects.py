"""Objects of Cloud Storage come and go: sensors that wait for them are woken, DAG files among them are deployed.

A DAG that somebody waits for comes in just the same way, when it is registered for the first time.

The order that makes a wait safe: a sensor's wait is written *before* the sensor looks, and again, on the condition that
nobody has touched it since, in the commit by which the sensor goes to sleep. Whoever hears of the object writes it into
the wait first, and then wakes the sensor if it sleeps. So either the sensor saw the object, or its going to sleep fails
and it looks again at once, or it sleeps and is woken. An event that is lost, or that comes before its time, costs no
more than the sensor's own next look.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from brisa.engine import attempt_key
from brisa.errors import ConflictError, NotFoundError, UnavailableError
from brisa.model.events import Event, Woken
from brisa.model.run import AttemptKey, Outcome, Run, TaskInstance
from brisa.model.states import OutcomeKind, TaskState
from brisa.model.wait import DAGS, Wait, WaitKey
from brisa.ports.clock import Clock
from brisa.ports.store import Delete, Put, StateStore, Stored, Update, Write
from brisa.services.runs import CONFLICTS, Runs

log = logging.getLogger(__name__)


class Waits:
    """What one attempt, a sensor's, waits for: the sensor's side."""

    def __init__(
        self, store: StateStore, clock: Clock, attempt: AttemptKey, watched: Callable[[str], bool] = lambda _: False
    ) -> None:
        """``watched`` tells of which buckets brisa hears when an object is written."""
        self._store = store
        self._clock = clock
        self._attempt = attempt
        self._watched = watched
        self._written: dict[WaitKey, Stored[Wait]] = {}
        self._registered: set[WaitKey] = set()
        self._asked = False

    def register(self, bucket: str, name: str, prefix: bool) -> bool:
        """Wait for an object; look after this has returned. False if nobody would tell: then nothing is written."""
        if not self._watched(bucket):
            return False
        self._write(bucket, name, prefix)
        return True

    def register_dag(self, dag_id: str) -> None:
        """Wait until there is a DAG of that id; look whether there is one after this has returned."""
        self._write(DAGS, dag_id, False)

    def _write(self, bucket: str, name: str, prefix: bool) -> None:
        attempt = self._attempt
        key = WaitKey(bucket, name, prefix, *attempt.run_key, *attempt.task_key)
        wait = Wait(key=key, generation=attempt.generation, try_number=attempt.try_number, asked_at=self._clock.now())
        self._registered.add(key)
        (revision,) = self._store.commit(Put(wait))
        self._written[key] = Stored(wait, revision)

    def settle(self, outcome: Outcome) -> Outcome:
        """The outcome with which the attempt may end: one that was to sleep looks again at once if an object has come.

        Asked again after a conflict, it reads the waits anew.
        """
        if outcome.kind not in (OutcomeKind.RESCHEDULE, OutcomeKind.DEFERRED):
            self._written.clear()
        elif self._asked:
            found = {key: self._store.wait(key) for key in self._written}
            self._written = {key: stored for key, stored in found.items() if stored is not None}
            if len(self._written) < len(found) or any(stored.record.met_by for stored in self._written.values()):
                outcome = replace(outcome, resume_at=self._clock.now())
        self._asked = True
        return outcome

    def writes(self) -> list[Write]:
        """What must be in the commit by which the attempt goes to sleep: nobody has touched its waits since."""
        return [Update(stored.record, stored.revision) for stored in self._written.values()]

    def forgotten(self) -> list[Write]:
        """What removes all that the attempt has waited for: its run is gone."""
        return [Delete(Wait(key=key)) for key in self._registered]


class Deployment(Protocol):
    """The part of a bucket that holds the DAG files."""

    def holds(self, bucket: str, name: str) -> bool:
        """Whether this object belongs to the DAG bundle."""
        ...

    def sync(self) -> Sequence[str]:
        """Make the store say what the bundle says now; ids of the DAGs that were loaded."""
        ...


class Objects:
    """What happens when an object is written or deleted. Events may come twice, late, and in any order."""

    def __init__(self, store: StateStore, runs: Runs, deployment: Deployment | None = None) -> None:
        self._arrivals = Arrivals(store, runs)
        self._deployment = deployment

    def finalized(self, bucket: str, name: str, generation: str) -> int:
        """An object was written whole. How many sensors waited for it."""
        self._deploy(bucket, name)
        return self._arrivals.come(bucket, name, f"{name}#{generation}")

    def deleted(self, bucket: str, name: str, generation: str) -> int:
        """An object was deleted, or (if there is a newer one) replaced: nobody waits for that."""
        self._deploy(bucket, name)
        return 0

    def _deploy(self, bucket: str, name: str) -> None:
        if self._deployment is not None and self._deployment.holds(bucket, name):
            loaded = self._deployment.sync()
            log.info("the DAG bundle has changed: %s", ", ".join(loaded) or "no DAG is new")


class Arrivals:
    """Tells those who wait for what has come."""

    def __init__(self, store: StateStore, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    def come(self, bucket: str, name: str, met_by: str) -> int:
        """The object ``name`` of ``bucket`` has come, as ``met_by``. How many sensors waited for it."""
        return sum(self._meet(stored, met_by) for stored in self._store.waits(bucket, name))

    def come_dag(self, dag_id: str) -> None:
        """There is a DAG of that id now. Whoever is not told for want of the store finds it by itself, later."""
        try:
            self.come(DAGS, dag_id, dag_id)
        except UnavailableError as error:
            log.warning("who waits for DAG %s was not told; its sensors will look: %s", dag_id, error)

    def _meet(self, stored: Stored[Wait], met_by: str) -> bool:
        """Write the object into the wait, then wake who sleeps. False if nobody waits any more."""
        key = stored.record.key
        for _ in range(CONFLICTS):
            if not stored.record.met_by:
                try:
                    (revision,) = self._store.commit(Update(replace(stored.record, met_by=met_by), stored.revision))
                except ConflictError:
                    again = self._store.wait(key)
                    if again is None:
                        return False
                    stored = again
                    continue
                stored = Stored(replace(stored.record, met_by=met_by), revision)
            return self._wake(stored.record)
        raise UnavailableError(f"the wait of {key.task_key} in run {key.run_id!r} changes too often")

    def _wake(self, wait: Wait) -> bool:
        forgotten = False

        def events(run: Run) -> list[Event]:
            nonlocal forgotten
            instance = run.task(str(wait.key.task_key))
            forgotten = over(wait, run, instance)
            if forgotten or instance.state not in (TaskState.UP_FOR_RESCHEDULE, TaskState.DEFERRED):
                return []
            return [Woken(attempt=attempt_key(run, str(wait.key.task_key), instance))]

        try:
            self._runs.change(wait.key.run_key, events)
        except NotFoundError:
            forgotten = True
        if forgotten:
            self._store.commit(Delete(wait))
        return not forgotten


def over(wait: Wait, run: Run, instance: TaskInstance) -> bool:
    """Whether nobody waits there any more: the task is over, or in another try, which has asked anew if it waits."""
    same = (instance.generation, instance.try_number) == (wait.generation, wait.try_number)
    return run.state.terminal or not instance.state.waiting or not same
