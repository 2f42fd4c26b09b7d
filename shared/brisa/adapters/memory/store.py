"""The state store as a dictionary."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

from brisa.adapters.identity import Identity, check_distinct, describe, identity, utc_moment
from brisa.errors import ConflictError
from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.audit import AuditEntry
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.pool import Pool
from brisa.model.run import Attempt, AttemptKey, Run, RunKey, TaskKey
from brisa.model.states import AttemptState, RunState
from brisa.model.user import User
from brisa.model.variable import OWN, Variable
from brisa.model.wait import Wait, WaitKey
from brisa.ports.search import RunSearch
from brisa.ports.store import NONE, Create, Delete, Found, Put, Record, Revision, Stored, Update, VersionId, Write

R = TypeVar("R", bound=Record)


class MemoryStore:
    """A :class:`~brisa.ports.store.StateStore` that ends with its process. Records are frozen, and kept as they are."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._records: defaultdict[type, dict[Identity, Stored[Record]]] = defaultdict(dict)
        self._variables: dict[str, Variable] = {}
        # One count for all records: a record that is made anew never gets an old revision.
        self._revisions = itertools.count(1)

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """Apply all writes, or none; see the port."""
        check_distinct(writes)
        with self._lock:
            for write in writes:
                self._check(write)
            return [self._apply(write) for write in writes]

    def _check(self, write: Write) -> None:
        name = identity(write.record)
        found = self._records[type(write.record)].get(name)
        match write:
            case Create() if found is not None:
                raise ConflictError(f"{describe(name)} exists already")
            case Delete(revision=None):
                pass
            case Update() | Delete() if found is None:
                raise ConflictError(f"{describe(name)} is gone")
            case Update(revision=revision) | Delete(revision=revision) if (
                found is not None and found.revision != revision
            ):
                raise ConflictError(f"{describe(name)} was changed meanwhile")
            case _:
                pass

    def _apply(self, write: Write) -> Revision:
        name = identity(write.record)
        records = self._records[type(write.record)]
        match write:
            case Delete():
                records.pop(name, None)
                return None
            case Create() | Update() | Put():
                revision = next(self._revisions)
                records[name] = Stored(write.record, revision)
                return revision

    def dag(self, dag_id: str) -> Stored[Dag] | None:
        """The DAG document, or ``None``."""
        return self._one(Dag, ("dag", dag_id))

    def dags(self) -> Sequence[Stored[Dag]]:
        """All DAG documents, by id."""
        return self._all(Dag, order=lambda dag: dag.dag_id)

    def version(self, dag_id: str, version: str) -> DagVersion | None:
        """One version of a DAG, or ``None``."""
        found = self._one(DagVersion, ("version", dag_id, version))
        return None if found is None else found.record

    def versions(self, dag_id: str, *, limit: int) -> Sequence[DagVersion]:
        """Versions of a DAG."""
        found = self._all(DagVersion, lambda version: version.dag_id == dag_id, limit=limit)
        return [stored.record for stored in found]

    def run(self, key: RunKey) -> Stored[Run] | None:
        """The run document, or ``None``."""
        return self._one(Run, ("run", *key))

    def runs(self, dag_id: str, *, limit: int = 100) -> Sequence[Stored[Run]]:
        """Runs of a DAG, the latest first."""
        return self._all(
            Run, lambda run: run.dag_id == dag_id, order=lambda run: (-run.run_after, run.run_id), limit=limit
        )

    def dated_runs(
        self, dag_id: str, first: datetime, last: datetime, *, after: str = "", limit: int
    ) -> Sequence[Stored[Run]]:
        """Runs of a DAG by logical date, from ``first`` to ``last``."""

        def dated(run: Run) -> bool:
            date = run.logical_date
            return run.dag_id == dag_id and date is not None and (first, after) < (date, run.run_id) and date <= last

        return self._all(Run, dated, lambda run: (run.logical_date, run.run_id), limit)

    def previous_success(self, dag_id: str, before: str) -> Run | None:
        """The successful run of the DAG with the latest logical date before ``before``, or ``None``."""
        limit = utc_moment(before)

        def good(run: Run) -> bool:
            successful = run.dag_id == dag_id and run.state is RunState.SUCCESS
            return successful and run.logical_date is not None and run.logical_date < limit

        found = self._all(Run, good, lambda run: (limit - (run.logical_date or limit), run.run_id), limit=1)
        return found[0].record if found else None

    def linked_runs(self, dag_id: str, before: str, *, limit: int) -> Sequence[Stored[Run]]:
        """Runs that know the one before them, the latest before ``before`` first."""
        moment = utc_moment(before)

        def linked(run: Run) -> bool:
            return run.dag_id == dag_id and run.previous is not None and _date(run) < moment

        return self._all(Run, linked, lambda run: (moment - _date(run), run.run_id), limit)

    def find_runs(self, search: RunSearch) -> Found:
        """The page of the runs that ``search`` asks for, of all."""
        found = {stored.record.key: stored for stored in self._all(Run, search.matches)}
        runs = search.ordered(stored.record for stored in found.values())
        page = runs[search.offset : search.offset + search.limit]
        return Found([found[run.key] for run in page], len(runs))

    def count_runs(self, dag_ids: Sequence[str] = ()) -> Mapping[tuple[str, RunState], int]:
        """How many runs DAGs have in each state."""
        runs = self._all(Run, lambda run: not dag_ids or run.dag_id in dag_ids)
        return Counter((stored.record.dag_id, stored.record.state) for stored in runs)

    def dags_of(self, dag_ids: Sequence[str]) -> Sequence[Stored[Dag] | None]:
        """These DAG documents, in order."""
        return [self.dag(dag_id) for dag_id in dag_ids]

    def version_ids(self, dag_ids: Sequence[str]) -> Sequence[VersionId]:
        """All versions of these DAGs, the first to have been made first."""
        found = [stored.record for stored in self._all(DagVersion, lambda version: version.dag_id in dag_ids)]
        ids = (VersionId(one.dag_id, one.version, one.created_at) for one in found)
        return sorted(ids, key=lambda one: (one.dag_id, one.created_at, one.version))

    def attempt(self, key: AttemptKey) -> Stored[Attempt] | None:
        """One attempt document, or ``None``."""
        return self._one(Attempt, ("attempt", *key))

    def attempts_of(self, keys: Sequence[AttemptKey]) -> Sequence[Stored[Attempt] | None]:
        """These attempt documents, in order."""
        return [self.attempt(key) for key in keys]

    def attempts(self, key: RunKey, *, limit: int | None = None) -> Sequence[Stored[Attempt]]:
        """Attempts of a run, in the order of their keys."""
        return self._all(Attempt, lambda attempt: attempt.key.run_key == key, lambda attempt: attempt.key, limit)

    def task_attempts(self, key: RunKey, task: TaskKey) -> Sequence[Stored[Attempt]]:
        """Attempts of one task instance, in the order of their keys."""

        def own(attempt: Attempt) -> bool:
            return (attempt.key.run_key, attempt.key.task_key) == (key, task)

        return self._all(Attempt, own, lambda attempt: attempt.key)

    def reported(self, key: RunKey, *, limit: int) -> Sequence[Stored[Attempt]]:
        """Attempts of a run whose outcome is not in it, the first to have ended first."""
        return self._all(
            Attempt,
            lambda attempt: attempt.key.run_key == key and attempt.state is AttemptState.REPORTED,
            lambda attempt: (attempt.ended_at or 0.0, attempt.key),
            limit,
        )

    def due_runs(self, now: float, *, limit: int) -> Sequence[Stored[Run]]:
        """Running runs that must be looked at, the longest due first."""
        return self._all(Run, lambda run: _run_due(run) <= now, lambda run: (_run_due(run), run.key), limit)

    def running_runs(self) -> Sequence[Stored[Run]]:
        """All runs in state queued or running, by DAG and run id."""
        return self._all(Run, lambda run: not run.state.terminal, _run_order)

    def due_dags(self, now: float, *, limit: int) -> Sequence[Stored[Dag]]:
        """DAGs whose next run is due, the longest due first."""
        return self._all(Dag, lambda dag: _dag_due(dag) <= now, lambda dag: (_dag_due(dag), dag.dag_id), limit)

    def next_due(self) -> float | None:
        """The earliest moment at which a run or a DAG must be looked at."""
        with self._lock:
            moments = [_run_due(stored.record) for stored in self._all(Run)]
            moments += [_dag_due(stored.record) for stored in self._all(Dag)]
        earliest = min(moments, default=_NEVER)
        return None if earliest == _NEVER else earliest

    def wait(self, key: WaitKey) -> Stored[Wait] | None:
        """One wait, or ``None``."""
        return self._one(Wait, ("wait", *key))

    def waits(self, bucket: str, name: str) -> Sequence[Stored[Wait]]:
        """All waits that an object meets, by key."""
        return self._all(Wait, lambda wait: wait.key.met_by(bucket, name), lambda wait: wait.key)

    def waits_of(self, key: RunKey, *, limit: int) -> Sequence[Stored[Wait]]:
        """Waits of a run's tasks."""
        return self._all(Wait, lambda wait: wait.key.run_key == key, limit=limit)

    def backfill(self, backfill_id: int) -> Backfill | None:
        """One backfill, or ``None``."""
        found = self._one(Backfill, ("backfill", backfill_id))
        return None if found is None else found.record

    def backfills(self, dag_id: str | None = None, *, limit: int) -> Sequence[Backfill]:
        """Backfills, the latest first."""
        found = self._all(Backfill, lambda one: dag_id in (None, one.dag_id), lambda one: -one.backfill_id, limit)
        return [stored.record for stored in found]

    def pool(self, name: str) -> Stored[Pool] | None:
        """One pool, or ``None``."""
        return self._one(Pool, ("pool", name))

    def pools(self) -> Sequence[Stored[Pool]]:
        """All pools, by name."""
        return self._all(Pool, order=lambda pool: pool.name)

    def asset(self, key: AssetKey) -> Stored[Asset] | None:
        """What is known of one asset, or alias, or ``None``."""
        return self._one(Asset, ("alias" if key.alias else "asset", key.uri))

    def assets(self) -> Sequence[Stored[Asset]]:
        """All assets and aliases, by key."""
        return self._all(Asset, order=lambda asset: asset.key)

    def asset_events_of(self, event_ids: Sequence[str]) -> Sequence[Stored[AssetEvent] | None]:
        """These asset events, in order."""
        return [self._one(AssetEvent, ("asset_event", event_id)) for event_id in event_ids]

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
        """Events of one asset, or told through one alias, or all; see the port."""
        found = self._happened(key, after, before)
        return (found if ascending else found[::-1])[offset : offset + limit]

    def count_asset_events(
        self, key: AssetKey | None = None, *, after: float | None = None, before: float | None = None
    ) -> int:
        """How many there are."""
        return len(self._happened(key, after, before))

    def _happened(self, key: AssetKey | None, after: float | None, before: float | None) -> list[Stored[AssetEvent]]:
        def asked(event: AssetEvent) -> bool:
            timely = (after is None or event.timestamp >= after) and (before is None or event.timestamp <= before)
            return timely and (key is None or (key.uri in event.aliases if key.alias else key.uri == event.uri))

        return self._all(AssetEvent, asked, lambda event: (event.timestamp, event.event_id))

    def user(self, username: str) -> Stored[User] | None:
        """One account, or ``None``."""
        return self._one(User, ("user", username))

    def users(self) -> Sequence[Stored[User]]:
        """All accounts, by name."""
        return self._all(User, order=lambda user: user.username)

    def audit_entry(self, entry_id: int) -> AuditEntry | None:
        """One entry of the audit log, or ``None``."""
        found = self._one(AuditEntry, ("audit_entry", entry_id))
        return None if found is None else found.record

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
        """Entries of the audit log; see the port."""
        found = self._audited(dag_id, first, last)
        return (found if ascending else found[::-1])[offset : offset + limit]

    def count_audit_entries(self, dag_id: str | None = None, *, first: int = 0, last: int | None = None) -> int:
        """How many there are."""
        return len(self._audited(dag_id, first, last))

    def _audited(self, dag_id: str | None, first: int, last: int | None) -> list[AuditEntry]:
        def asked(entry: AuditEntry) -> bool:
            return (
                dag_id in (None, entry.dag_id) and first <= entry.entry_id and (last is None or entry.entry_id <= last)
            )

        return [stored.record for stored in self._all(AuditEntry, asked, lambda entry: entry.entry_id)]

    def import_failures(self) -> Sequence[ImportFailure]:
        """DAG files that did not load, by file."""
        return [stored.record for stored in self._all(ImportFailure, order=lambda failure: failure.file)]

    def variable(self, key: str) -> str | None:
        """A Variable's text, or ``None``."""
        found = self._variables.get(key)
        return None if found is None else found.value

    def set_variables(
        self, values: Iterable[tuple[str, str | None]], *, descriptions: Mapping[str, str | None] = NONE
    ) -> None:
        """Set Variables, atomically; ``None`` removes one."""
        with self._lock:
            changed = dict(self._variables)
            for key, value in values:
                before = changed.pop(key, None)
                if value is not None:
                    kept = None if before is None else before.description
                    changed[key] = Variable(key, value, descriptions.get(key, kept))
            self._variables = changed

    def variables(self, prefix: str = "") -> Sequence[Variable]:
        """Variables, by key; see the port."""
        with self._lock:
            return [
                found
                for key, found in sorted(self._variables.items())
                if key.startswith(prefix) and (prefix.startswith(OWN) or not key.startswith(OWN))
            ]

    def close(self) -> None:
        """Nothing is held."""

    def _one(self, kind: type[R], name: Identity) -> Stored[R] | None:
        with self._lock:
            found = self._records[kind].get(name)
        return None if found is None else _as(kind, found)

    def _all(
        self,
        kind: type[R],
        keep: Callable[[R], bool] = lambda _: True,
        order: Callable[[R], object] | None = None,
        limit: int | None = None,
    ) -> list[Stored[R]]:
        with self._lock:
            everything = [_as(kind, stored) for stored in self._records[kind].values()]
        found = [stored for stored in everything if keep(stored.record)]
        if order is not None:
            by = order
            found.sort(key=lambda stored: by(stored.record))  # type: ignore[arg-type,return-value]  # keys of one kind
        return found[:limit]


_NEVER = float("inf")
_NO_DATE = datetime.max.replace(tzinfo=UTC)


def _as(kind: type[R], stored: Stored[Record]) -> Stored[R]:
    return cast("Stored[R]", stored)  # records are kept by their kind


def _date(run: Run) -> datetime:
    return run.logical_date or _NO_DATE


def _run_order(run: Run) -> object:
    return run.key


def _run_due(run: Run) -> float:
    return _NEVER if run.next_check_at is None else run.next_check_at


def _dag_due(dag: Dag) -> float:
    return _NEVER if dag.due_at is None else dag.due_at
