"""Adapters around adapters that count what a run costs: documents read and written, queue operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from brisa.adapters.counts import Counts
from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.audit import AuditEntry
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.pool import Pool
from brisa.model.run import Attempt, AttemptKey, Run, RunKey, TaskKey
from brisa.model.states import RunState
from brisa.model.user import User
from brisa.model.variable import Variable
from brisa.model.wait import Wait, WaitKey
from brisa.model.work import Work
from brisa.ports.queue import LocalQueue
from brisa.ports.search import RunSearch
from brisa.ports.store import NONE, Delete, Found, Revision, StateStore, Stored, VersionId, Write

T = TypeVar("T")


class CountingStore:
    """A :class:`~brisa.ports.store.StateStore` that counts, as Firestore bills.

    A commit counts each of its writes, also when it fails; a query each document that it returns, and at least one. A
    DAG version counts the first time only, because every adapter keeps it.
    """

    def __init__(self, inner: StateStore, counts: Counts | None = None) -> None:
        self.inner = inner
        self.counts = counts or Counts()
        self._versions: set[tuple[str, str]] = set()

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """Counts ``len(writes)``."""
        deletes = sum(isinstance(write, Delete) for write in writes)
        self.counts.add(self.counts.writes, "commit", len(writes) - deletes)
        self.counts.add(self.counts.deletes, "commit", deletes)
        return self.inner.commit(*writes)

    def dag(self, dag_id: str) -> Stored[Dag] | None:
        """Counts one read."""
        return self._one("dag", self.inner.dag(dag_id))

    def dags(self) -> Sequence[Stored[Dag]]:
        """Counts what it returns."""
        return self._many("dags", self.inner.dags())

    def version(self, dag_id: str, version: str) -> DagVersion | None:
        """Counts one read, the first time."""
        found = self.inner.version(dag_id, version)
        if (dag_id, version) in self._versions:
            return found
        if found is not None:
            self._versions.add((dag_id, version))
        return self._one("version", found)

    def versions(self, dag_id: str, *, limit: int) -> Sequence[DagVersion]:
        """Counts what it returns."""
        return self._many("versions", self.inner.versions(dag_id, limit=limit))

    def run(self, key: RunKey) -> Stored[Run] | None:
        """Counts one read."""
        return self._one("run", self.inner.run(key))

    def runs(self, dag_id: str, *, limit: int = 100) -> Sequence[Stored[Run]]:
        """Counts what it returns."""
        return self._many("runs", self.inner.runs(dag_id, limit=limit))

    def dated_runs(
        self, dag_id: str, first: datetime, last: datetime, *, after: str = "", limit: int
    ) -> Sequence[Stored[Run]]:
        """Counts what it returns."""
        return self._many("dated_runs", self.inner.dated_runs(dag_id, first, last, after=after, limit=limit))

    def previous_success(self, dag_id: str, before: str) -> Run | None:
        """Counts one read."""
        return self._one("previous_success", self.inner.previous_success(dag_id, before))

    def linked_runs(self, dag_id: str, before: str, *, limit: int) -> Sequence[Stored[Run]]:
        """Counts what it returns."""
        return self._many("linked_runs", self.inner.linked_runs(dag_id, before, limit=limit))

    def find_runs(self, search: RunSearch) -> Found:
        """Counts what it returns and leaves out, and a read for each thousand that there are."""
        found = self.inner.find_runs(search)
        self.counts.add(self.counts.reads, "find_runs", search.offset + max(1, -(-found.total // 1000)))
        self._many("find_runs", found.runs)
        return found

    def count_runs(self, dag_ids: Sequence[str] = ()) -> Mapping[tuple[str, RunState], int]:
        """Counts a read for each number, and for each thousand that there are."""
        found = self.inner.count_runs(dag_ids)
        self.counts.add(self.counts.reads, "count_runs", sum(max(1, -(-number // 1000)) for number in found.values()))
        return found

    def dags_of(self, dag_ids: Sequence[str]) -> Sequence[Stored[Dag] | None]:
        """Counts a read for each."""
        self.counts.add(self.counts.reads, "dags_of", len(dag_ids))
        return self.inner.dags_of(dag_ids)

    def version_ids(self, dag_ids: Sequence[str]) -> Sequence[VersionId]:
        """Counts what it returns."""
        return self._many("version_ids", self.inner.version_ids(dag_ids))

    def attempt(self, key: AttemptKey) -> Stored[Attempt] | None:
        """Counts one read."""
        return self._one("attempt", self.inner.attempt(key))

    def attempts_of(self, keys: Sequence[AttemptKey]) -> Sequence[Stored[Attempt] | None]:
        """Counts a read for each."""
        self.counts.add(self.counts.reads, "attempts_of", len(keys))
        return self.inner.attempts_of(keys)

    def attempts(self, key: RunKey, *, limit: int | None = None) -> Sequence[Stored[Attempt]]:
        """Counts what it returns."""
        return self._many("attempts", self.inner.attempts(key, limit=limit))

    def task_attempts(self, key: RunKey, task: TaskKey) -> Sequence[Stored[Attempt]]:
        """Counts what it returns."""
        return self._many("task_attempts", self.inner.task_attempts(key, task))

    def reported(self, key: RunKey, *, limit: int) -> Sequence[Stored[Attempt]]:
        """Counts what it returns."""
        return self._many("reported", self.inner.reported(key, limit=limit))

    def due_runs(self, now: float, *, limit: int) -> Sequence[Stored[Run]]:
        """Counts what it returns."""
        return self._many("due_runs", self.inner.due_runs(now, limit=limit))

    def running_runs(self) -> Sequence[Stored[Run]]:
        """Counts what it returns."""
        return self._many("running_runs", self.inner.running_runs())

    def due_dags(self, now: float, *, limit: int) -> Sequence[Stored[Dag]]:
        """Counts what it returns."""
        return self._many("due_dags", self.inner.due_dags(now, limit=limit))

    def next_due(self) -> float | None:
        """Counts two reads: the first run and the first DAG."""
        self.counts.add(self.counts.reads, "next_due", 2)
        return self.inner.next_due()

    def wait(self, key: WaitKey) -> Stored[Wait] | None:
        """Counts one read."""
        return self._one("wait", self.inner.wait(key))

    def waits(self, bucket: str, name: str) -> Sequence[Stored[Wait]]:
        """Counts what it returns."""
        return self._many("waits", self.inner.waits(bucket, name))

    def waits_of(self, key: RunKey, *, limit: int) -> Sequence[Stored[Wait]]:
        """Counts what it returns."""
        return self._many("waits_of", self.inner.waits_of(key, limit=limit))

    def backfill(self, backfill_id: int) -> Backfill | None:
        """Counts one read."""
        return self._one("backfill", self.inner.backfill(backfill_id))

    def backfills(self, dag_id: str | None = None, *, limit: int) -> Sequence[Backfill]:
        """Counts what it returns."""
        return self._many("backfills", self.inner.backfills(dag_id, limit=limit))

    def pool(self, name: str) -> Stored[Pool] | None:
        """Counts one read."""
        return self._one("pool", self.inner.pool(name))

    def pools(self) -> Sequence[Stored[Pool]]:
        """Counts what it returns."""
        return self._many("pools", self.inner.pools())

    def asset(self, key: AssetKey) -> Stored[Asset] | None:
        """Counts one read."""
        return self._one("asset", self.inner.asset(key))

    def assets(self) -> Sequence[Stored[Asset]]:
        """Counts what it returns."""
        return self._many("assets", self.inner.assets())

    def asset_events_of(self, event_ids: Sequence[str]) -> Sequence[Stored[AssetEvent] | None]:
        """Counts a read for each."""
        self.counts.add(self.counts.reads, "asset_events_of", len(event_ids))
        return self.inner.asset_events_of(event_ids)

    def asset_events(
        self,
        key: AssetKey | None = None,
        *,
        limit: int,
        offset: int = 0,
        after: float | None = None,
        before: float | None = None,
        ascending: bool = False,
    ) -> Sequence[Stored[AssetEvent]]:
        """Counts what it returns, and what it leaves out."""
        self.counts.add(self.counts.reads, "asset_events", offset)
        found = self.inner.asset_events(
            key, limit=limit, offset=offset, after=after, before=before, ascending=ascending
        )
        return self._many("asset_events", found)

    def count_asset_events(
        self, key: AssetKey | None = None, *, after: float | None = None, before: float | None = None
    ) -> int:
        """Counts a read for each thousand."""
        found = self.inner.count_asset_events(key, after=after, before=before)
        self.counts.add(self.counts.reads, "count_asset_events", max(1, -(-found // 1000)))
        return found

    def user(self, username: str) -> Stored[User] | None:
        """Counts one read."""
        return self._one("user", self.inner.user(username))

    def users(self) -> Sequence[Stored[User]]:
        """Counts what it returns."""
        return self._many("users", self.inner.users())

    def audit_entry(self, entry_id: int) -> AuditEntry | None:
        """Counts one read."""
        return self._one("audit_entry", self.inner.audit_entry(entry_id))

    def audit_entries(
        self,
        dag_id: str | None = None,
        *,
        first: int = 0,
        last: int | None = None,
        limit: int,
        offset: int = 0,
        ascending: bool = False,
    ) -> Sequence[AuditEntry]:
        """Counts what it returns, and what it leaves out."""
        self.counts.add(self.counts.reads, "audit_entries", offset)
        found = self.inner.audit_entries(
            dag_id, first=first, last=last, limit=limit, offset=offset, ascending=ascending
        )
        return self._many("audit_entries", found)

    def count_audit_entries(self, dag_id: str | None = None, *, first: int = 0, last: int | None = None) -> int:
        """Counts a read for each thousand."""
        found = self.inner.count_audit_entries(dag_id, first=first, last=last)
        self.counts.add(self.counts.reads, "count_audit_entries", max(1, -(-found // 1000)))
        return found

    def import_failures(self) -> Sequence[ImportFailure]:
        """Counts what it returns."""
        return self._many("import_failures", self.inner.import_failures())

    def variable(self, key: str) -> str | None:
        """Counts one read."""
        return self._one("variable", self.inner.variable(key))

    def set_variables(
        self, values: Iterable[tuple[str, str | None]], *, descriptions: Mapping[str, str | None] = NONE
    ) -> None:
        """Counts a write for each value, a delete for each that is removed."""
        values = tuple(values)
        deletes = sum(value is None for _, value in values)
        self.counts.add(self.counts.writes, "set_variables", len(values) - deletes)
        self.counts.add(self.counts.deletes, "set_variables", deletes)
        self.inner.set_variables(values, descriptions=descriptions)

    def variables(self, prefix: str = "") -> Sequence[Variable]:
        """Counts what it returns."""
        return self._many("variables", self.inner.variables(prefix))

    def close(self) -> None:
        """Closes the store inside."""
        self.inner.close()

    def _one(self, verb: str, found: T) -> T:
        self.counts.add(self.counts.reads, verb)
        return found

    def _many(self, verb: str, found: Sequence[T]) -> Sequence[T]:
        self.counts.add(self.counts.reads, verb, max(1, len(found)))
        return found


class CountingQueue:
    """A :class:`~brisa.ports.queue.LocalQueue` that counts each message sent as one operation.

    What the dispatcher does is counted apart, in ``looks``: with Cloud Tasks it is not brisa that does it.
    """

    def __init__(self, inner: LocalQueue, counts: Counts | None = None) -> None:
        self.inner = inner
        self.counts = counts or Counts()
        self.looks: Counter[str] = Counter()

    def enqueue(self, messages: Sequence[Work]) -> None:
        """Counts each message."""
        self.counts.add(self.counts.operations, "enqueue", len(messages))
        self.inner.enqueue(messages)

    def take(self, now: float, *, limit: int, owner: str) -> Sequence[Work]:
        """Counts a look."""
        self.counts.add(self.looks, "take")
        return self.inner.take(now, limit=limit, owner=owner)

    def done(self, *names: str) -> None:
        """Counts a look for each name."""
        self.counts.add(self.looks, "done", len(names))
        self.inner.done(*names)

    def give_back(self, *names: str) -> None:
        """Counts a look for each name."""
        self.counts.add(self.looks, "give_back", len(names))
        self.inner.give_back(*names)

    def release(self, owner: str | None = None) -> int:
        """Counts a look."""
        self.counts.add(self.looks, "release")
        return self.inner.release(owner)

    def next_due(self) -> float | None:
        """Counts a look."""
        self.counts.add(self.looks, "next_due")
        return self.inner.next_due()

    def depth(self) -> int:
        """Counts a look."""
        self.counts.add(self.looks, "depth")
        return self.inner.depth()
