"""The state store in SQLite."""

from __future__ import annotations

import json
import secrets
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from brisa.adapters.identity import check_distinct, describe, identity, utc_moment
from brisa.adapters.sqlite import queries, searching
from brisa.adapters.sqlite.database import Database
from brisa.adapters.sqlite.documents import Row, from_text, microseconds, to_key, to_row
from brisa.errors import ConflictError
from brisa.model import codec
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
from brisa.ports.search import RunSearch
from brisa.ports.store import NONE, Create, Delete, Found, Put, Record, Revision, Stored, Update, VersionId, Write

R = TypeVar("R", bound=Record)
_VERSIONS_KEPT = 64
_ALL = -1
"""SQLite's word for no limit."""


class SqliteStore:
    """A :class:`~brisa.ports.store.StateStore` in the file of ``database``, which it closes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dags: Mapping[str, Stored[Dag]] = {}
        """As :meth:`dags` has last found them: replaced whole, so threads need no lock."""
        self._versions: OrderedDict[tuple[str, str], DagVersion] = OrderedDict()
        self._versions_lock = threading.Lock()

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """Apply all writes, or none; see the port."""
        if not writes:
            return []
        check_distinct(writes)
        # Random, so that a record that was removed and made anew never has an old revision.
        revision = secrets.randbits(62)
        # Encoded before the lock is taken: others can write meanwhile.
        rows = [None if isinstance(write, Delete) else to_row(write.record) for write in writes]
        with self._database.write() as connection:
            for write, row in zip(writes, rows, strict=True):
                sql, values = _statement(write, row, revision)
                if connection.execute(sql, values).rowcount != 1 and _is_conditional(write):
                    raise ConflictError(f"{describe(identity(write.record))} {_WHY[type(write)]}")
        for write in writes:
            self._keep_version(write)
        return [None if row is None else revision for row in rows]

    def dag(self, dag_id: str) -> Stored[Dag] | None:
        """The DAG document, or ``None``."""
        return self._one(Dag, queries.DAGS.select, (dag_id,))

    def dags(self) -> Sequence[Stored[Dag]]:
        """All DAG documents, by id; those that have not changed since they were last read are kept in memory."""
        found = self._known_dags(queries.DAG_REVISIONS)
        self._dags = found
        return list(found.values())

    def version(self, dag_id: str, version: str) -> DagVersion | None:
        """One version of a DAG, or ``None``; the last used ones are kept in memory."""
        key = (dag_id, version)
        with self._versions_lock:
            if key in self._versions:
                self._versions.move_to_end(key)
                return self._versions[key]
        found = self._one(DagVersion, queries.VERSIONS.select, key)
        if found is None:
            return None
        self._keep_version(Put(found.record))
        return found.record

    def versions(self, dag_id: str, *, limit: int) -> Sequence[DagVersion]:
        """Versions of a DAG."""
        return [stored.record for stored in self._all(DagVersion, queries.VERSIONS_OF_DAG, (dag_id, limit))]

    def run(self, key: RunKey) -> Stored[Run] | None:
        """The run document, or ``None``."""
        return self._one(Run, queries.RUNS.select, key)

    def runs(self, dag_id: str, *, limit: int = 100) -> Sequence[Stored[Run]]:
        """Runs of a DAG, the latest first."""
        return self._all(Run, queries.RUNS_OF_DAG, (dag_id, limit))

    def dated_runs(
        self, dag_id: str, first: datetime, last: datetime, *, after: str = "", limit: int
    ) -> Sequence[Stored[Run]]:
        """Runs of a DAG by logical date, from ``first`` to ``last``."""
        values = (dag_id, microseconds(last), microseconds(first), after, limit)
        return self._all(Run, queries.DATED_RUNS, values)

    def previous_success(self, dag_id: str, before: str) -> Run | None:
        """The successful run of the DAG with the latest logical date before ``before``, or ``None``."""
        found = self._one(Run, queries.PREVIOUS_SUCCESS, (dag_id, microseconds(utc_moment(before))))
        return None if found is None else found.record

    def linked_runs(self, dag_id: str, before: str, *, limit: int) -> Sequence[Stored[Run]]:
        """Runs that know the one before them, the latest before ``before`` first."""
        return self._all(Run, queries.LINKED_RUNS, (dag_id, microseconds(utc_moment(before)), limit))

    def find_runs(self, search: RunSearch) -> Found:
        """The page of the runs that ``search`` asks for.

        Something in a conf is looked for in the first 10,000 of those that match otherwise.
        """
        if not search.conf_contains:
            runs = self._all(Run, *searching.paged(search, search.limit, search.offset))
            ((total,),) = self._database.read(*searching.counted(search))
            return Found(runs, int(total))
        candidates = self._all(Run, *searching.paged(search, searching.CANDIDATES, 0))
        found = [stored for stored in candidates if search.has_conf(stored.record)]
        return Found(found[search.offset : search.offset + search.limit], len(found))

    def count_runs(self, dag_ids: Sequence[str] = ()) -> Mapping[tuple[str, RunState], int]:
        """How many runs DAGs have in each state."""
        if dag_ids:
            rows = self._database.read(queries.COUNT_RUNS_OF, (codec.dumps(list(dag_ids)),))
        else:
            rows = self._database.read(queries.COUNT_RUNS)
        return {(dag_id, RunState(state)): number for dag_id, state, number in rows}

    def dags_of(self, dag_ids: Sequence[str]) -> Sequence[Stored[Dag] | None]:
        """These DAG documents, in order; kept in memory as those of :meth:`dags`."""
        found = self._known_dags(queries.DAG_REVISIONS_OF, codec.dumps(list(dag_ids)))
        if any(self._dags.get(dag_id) is not one for dag_id, one in found.items()):
            self._dags = {**self._dags, **found}
        return [found.get(dag_id) for dag_id in dag_ids]

    def version_ids(self, dag_ids: Sequence[str]) -> Sequence[VersionId]:
        """All versions of these DAGs, the first to have been made first."""
        rows = self._database.read(queries.VERSION_IDS, (codec.dumps(list(dag_ids)),))
        return [VersionId(*row) for row in rows]

    def _known_dags(self, query: str, *values: str) -> dict[str, Stored[Dag]]:
        """The DAG documents whose ids and revisions a query tells, by id, but those that are removed meanwhile. A
        revision is random, so a document that is made anew has another."""
        ((revisions,),) = self._database.read(query, values)
        found = {}
        for dag_id, revision in sorted(json.loads(revisions)):
            known = self._dags.get(dag_id)
            one = known if known is not None and known.revision == revision else self.dag(dag_id)
            if one is not None:
                found[dag_id] = one
        return found

    def attempt(self, key: AttemptKey) -> Stored[Attempt] | None:
        """One attempt document, or ``None``."""
        return self._one(Attempt, queries.ATTEMPTS.select, key)

    def attempts_of(self, keys: Sequence[AttemptKey]) -> Sequence[Stored[Attempt] | None]:
        """These attempt documents, in order."""
        return [self.attempt(key) for key in keys]

    def attempts(self, key: RunKey, *, limit: int | None = None) -> Sequence[Stored[Attempt]]:
        """Attempts of a run, in the order of their keys."""
        return self._all(Attempt, queries.ATTEMPTS_OF_RUN, (*key, _ALL if limit is None else limit))

    def task_attempts(self, key: RunKey, task: TaskKey) -> Sequence[Stored[Attempt]]:
        """Attempts of one task instance, in the order of their keys."""
        return self._all(Attempt, queries.ATTEMPTS_OF_TASK, (*key, *task))

    def reported(self, key: RunKey, *, limit: int) -> Sequence[Stored[Attempt]]:
        """Attempts of a run whose outcome is not in it, the first to have ended first."""
        return self._all(Attempt, queries.REPORTED, (*key, limit))

    def due_runs(self, now: float, *, limit: int) -> Sequence[Stored[Run]]:
        """Running runs that must be looked at, the longest due first."""
        return self._all(Run, queries.DUE_RUNS, (now, limit))

    def running_runs(self) -> Sequence[Stored[Run]]:
        """All runs in state queued or running, by DAG and run id."""
        return self._all(Run, queries.OPEN_RUNS)

    def due_dags(self, now: float, *, limit: int) -> Sequence[Stored[Dag]]:
        """DAGs whose next run is due, the longest due first."""
        return self._all(Dag, queries.DUE_DAGS, (now, limit))

    def next_due(self) -> float | None:
        """The earliest moment at which a run or a DAG must be looked at."""
        ((moment,),) = self._database.read(queries.NEXT_DUE)
        return None if moment is None else float(moment)

    def wait(self, key: WaitKey) -> Stored[Wait] | None:
        """One wait, or ``None``."""
        return self._one(Wait, queries.WAITS.select, key)

    def waits(self, bucket: str, name: str) -> Sequence[Stored[Wait]]:
        """All waits that an object meets, by key."""
        found = self._all(Wait, queries.WAITS_PERHAPS_MET, (bucket, name))
        return [stored for stored in found if stored.record.key.met_by(bucket, name)]

    def waits_of(self, key: RunKey, *, limit: int) -> Sequence[Stored[Wait]]:
        """Waits of a run's tasks."""
        return self._all(Wait, queries.WAITS_OF_RUN, (*key, limit))

    def backfill(self, backfill_id: int) -> Backfill | None:
        """One backfill, or ``None``."""
        found = self._one(Backfill, queries.BACKFILLS.select, (backfill_id,))
        return None if found is None else found.record

    def backfills(self, dag_id: str | None = None, *, limit: int) -> Sequence[Backfill]:
        """Backfills, the latest first."""
        if dag_id is None:
            found = self._all(Backfill, queries.ALL_BACKFILLS, (limit,))
        else:
            found = self._all(Backfill, queries.BACKFILLS_OF_DAG, (dag_id, limit))
        return [stored.record for stored in found]

    def pool(self, name: str) -> Stored[Pool] | None:
        """One pool, or ``None``."""
        return self._one(Pool, queries.POOLS.select, (name,))

    def pools(self) -> Sequence[Stored[Pool]]:
        """All pools, by name."""
        return self._all(Pool, queries.ALL_POOLS)

    def asset(self, key: AssetKey) -> Stored[Asset] | None:
        """What is known of one asset, or alias, or ``None``."""
        return self._one(Asset, queries.ASSETS.select, key)

    def assets(self) -> Sequence[Stored[Asset]]:
        """All assets and aliases, by key."""
        return self._all(Asset, queries.ALL_ASSETS)

    def asset_events_of(self, event_ids: Sequence[str]) -> Sequence[Stored[AssetEvent] | None]:
        """These asset events, in order."""
        return [self._one(AssetEvent, queries.ASSET_EVENTS.select, (event_id,)) for event_id in event_ids]

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
        kind, values = _happened(key, after, before)
        return self._all(AssetEvent, queries.EVENTS_OF[kind, ascending], (*values, limit, offset))

    def count_asset_events(
        self, key: AssetKey | None = None, *, after: float | None = None, before: float | None = None
    ) -> int:
        """How many there are."""
        kind, values = _happened(key, after, before)
        ((count,),) = self._database.read(queries.COUNT_EVENTS[kind], values)
        return int(count)

    def user(self, username: str) -> Stored[User] | None:
        """One account, or ``None``."""
        return self._one(User, queries.USERS.select, (username,))

    def users(self) -> Sequence[Stored[User]]:
        """All accounts, by name."""
        return self._all(User, queries.ALL_USERS)

    def audit_entry(self, entry_id: int) -> AuditEntry | None:
        """One entry of the audit log, or ``None``."""
        found = self._one(AuditEntry, queries.AUDIT_ENTRIES.select, (entry_id,))
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
        sql = queries.AUDIT_ENTRIES_OF[dag_id is not None, ascending]
        found = self._all(AuditEntry, sql, (*_audited(dag_id, first, last), limit, offset))
        return [stored.record for stored in found]

    def count_audit_entries(self, dag_id: str | None = None, *, first: int = 0, last: int | None = None) -> int:
        """How many there are."""
        sql = queries.COUNT_AUDIT_ENTRIES[dag_id is not None]
        ((count,),) = self._database.read(sql, _audited(dag_id, first, last))
        return int(count)

    def import_failures(self) -> Sequence[ImportFailure]:
        """DAG files that did not load, by file."""
        return [stored.record for stored in self._all(ImportFailure, queries.ALL_IMPORT_FAILURES)]

    def variable(self, key: str) -> str | None:
        """A Variable's text, or ``None``."""
        rows = self._database.read(queries.VARIABLE, (key,))
        return str(rows[0][0]) if rows else None

    def set_variables(
        self, values: Iterable[tuple[str, str | None]], *, descriptions: Mapping[str, str | None] = NONE
    ) -> None:
        """Set Variables, atomically; ``None`` removes one."""
        with self._database.write() as connection:
            for key, value in values:
                if value is None:
                    connection.execute(queries.DELETE_VARIABLE, (key,))
                    continue
                connection.execute(queries.SET_VARIABLE, (key, value))
                if key in descriptions:
                    connection.execute(queries.DESCRIBE_VARIABLE, (descriptions[key], key))

    def variables(self, prefix: str = "") -> Sequence[Variable]:
        """Variables, by key; see the port."""
        last = prefix + 2 * chr(sys.maxunicode)
        rows = (
            self._database.read(queries.VARIABLES_FROM, (prefix, last))
            if prefix
            else self._database.read(queries.VARIABLES)
        )
        return [Variable(*row) for row in rows]

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _one(self, kind: type[R], sql: str, values: Sequence[Any]) -> Stored[R] | None:
        found = self._all(kind, sql, values)
        return found[0] if found else None

    def _all(self, kind: type[R], sql: str, values: Sequence[Any] = ()) -> list[Stored[R]]:
        return [Stored(from_text(kind, doc), rev) for doc, rev in self._database.read(sql, values)]

    def _keep_version(self, write: Write) -> None:
        record = write.record
        if not isinstance(record, DagVersion):
            return
        key = (record.dag_id, record.version)
        with self._versions_lock:
            self._versions.pop(key, None)
            if not isinstance(write, Delete):
                self._versions[key] = record
            while len(self._versions) > _VERSIONS_KEPT:
                self._versions.popitem(last=False)


_EVER = 1e300
_LAST_ID = 2**63 - 1


def _happened(key: AssetKey | None, after: float | None, before: float | None) -> tuple[str, tuple[Any, ...]]:
    """The kind of query for asset events, and its values."""
    kind = "any" if key is None else "alias" if key.alias else "asset"
    times = (0.0 if after is None else after, _EVER if before is None else before)
    return kind, (*times, *(() if key is None else (key.uri,)))


def _audited(dag_id: str | None, first: int, last: int | None) -> tuple[Any, ...]:
    """The values of a query for entries of the audit log."""
    return (max(first, 0), _LAST_ID if last is None else last, *(() if dag_id is None else (dag_id,)))


_WHY = {
    Create: "exists already",
    Update: "was changed or removed meanwhile",
    Delete: "was changed or removed meanwhile",
}


def _is_conditional(write: Write) -> bool:
    return isinstance(write, Create | Update) or (isinstance(write, Delete) and write.revision is not None)


def _statement(write: Write, row: Row | None, revision: int) -> tuple[str, tuple[Any, ...]]:
    """The SQL of one write, and its values."""
    if row is None:
        table, key = to_key(write.record)
        expected = write.revision if isinstance(write, Delete) else None
        return (table.delete, key) if expected is None else (table.delete_as_read, (*key, expected))
    match write:
        case Update(revision=expected):
            return row.table.update, (*row.columns, revision, row.doc, *row.key, expected)
        case Put():
            return row.table.put, (*row.key, *row.columns, revision, row.doc)
        case _:
            return row.table.insert, (*row.key, *row.columns, revision, row.doc)
