"""The state store in Firestore."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from brisa.adapters.counts import Counts
from brisa.adapters.firestore import documents
from brisa.adapters.firestore.documents import Document, Path, path_of, to_document
from brisa.adapters.firestore.failures import refused
from brisa.adapters.firestore.versions import Versions
from brisa.adapters.identity import check_distinct, describe, identity, utc_moment
from brisa.adapters.retrying import Retrying, Verdict, google_errors, judge_call, options
from brisa.errors import ConflictError, DecodeError, StorageError
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
from brisa.ports.clock import Clock
from brisa.ports.search import RunSearch
from brisa.ports.store import NONE, Create, Delete, Found, Record, Revision, Stored, Update, VersionId, Write

if TYPE_CHECKING:
    # For the type checker alone: importing it takes a fifth of a second.
    from google.cloud.firestore import Client

R = TypeVar("R", bound=Record)
PATIENCE = 30.0
_AT_ONCE = 300
"""Documents that one request asks for."""
_MOST_ALTERNATIVES = 30
"""Values of one ``in``, as Firestore's page "Perform queries" says."""
_CANDIDATES = 1000
"""Runs that are read to look for what no index tells."""


class FirestoreStore:
    """A :class:`~brisa.ports.store.StateStore` in the database of ``client``, which it closes.

    A commit is one batch of writes with preconditions: one round trip, no lock, and never a transaction that reads.
    A revision is a document's update time. Every document carries the id of the commit that wrote it: when the answer
    to a commit is lost and its second sending finds its own work, it is recognised, and counts as done.

    ``keep`` is how many seconds runs and attempts stay after their end, where the database deletes by ``expire_at``
    (``None``: for ever). ``patience`` is how many seconds of ``clock`` a verb may go on trying. ``counts`` are added to
    for every document that is asked for or sent, tries that fail included, as Firestore bills (a query is at least one
    read).
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        *,
        keep: float | None = None,
        patience: float = PATIENCE,
        counts: Counts | None = None,
    ) -> None:
        self._client = client
        # The client connects when it is first used, and two threads could do so twice; nor has it a way of its own to
        # let go of its connection.
        self._transport = client._firestore_api.transport  # noqa: SLF001
        self._calls = Retrying(clock, patience, service="Firestore", refused=refused)
        self._keep = keep
        self.counts = counts or Counts()
        self._versions = Versions()
        self._closed = False

    # --- commits

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """Apply all writes, or none; see the port.

        After an :class:`~brisa.errors.UnavailableError` it may still have been applied: read again before you judge.
        """
        if not writes:
            return []
        check_distinct(writes)
        commit = secrets.token_hex(8)
        held = [
            None if isinstance(write, Delete) else to_document(write.record, commit, self._keep) for write in writes
        ]
        names = [describe(identity(write.record)) for write in writes]
        _check_size(held, names)
        batch = self._client.batch()
        for write, document in zip(writes, held, strict=True):
            self._add(batch, write, document)

        conditional = [name for name, write in zip(names, writes, strict=True) if _is_conditional(write)]
        times = self._send(
            batch, commit, [document for document in held if document is not None], conditional, "commit"
        )
        self._remember(writes)
        return [None if document is None else time for document, time in zip(held, times, strict=True)]

    def _add(self, batch: Any, write: Write, document: Document | None) -> None:
        from google.cloud.firestore import DELETE_FIELD

        match write:
            case Delete(revision=None):
                batch.delete(self._at(path_of(write.record)))
                return
            case Delete(revision=revision):
                option = self._client.write_option(last_update_time=revision)
                batch.delete(self._at(path_of(write.record)), option=option)
                return
            case _:
                assert document is not None  # noqa: S101  for the type checker: only what is removed has none
        match write:
            case Create():
                batch.create(self._at(document.path), dict(document.fields))
            case Update(revision=revision):
                if not isinstance(revision, datetime):
                    # Firestore would take it for no precondition at all.
                    raise ConflictError(f"{describe(identity(write.record))} is to be updated without a revision")
                # An update leaves alone what it does not name; the document must be as if it had been made anew.
                fields = {**document.fields, **dict.fromkeys(document.missing, DELETE_FIELD)}
                option = self._client.write_option(last_update_time=revision)
                batch.update(self._at(document.path), fields, option=option)
            case _:
                batch.set(self._at(document.path), dict(document.fields))

    def _send(
        self, batch: Any, commit: str, written: Sequence[Document], conditional: Sequence[str], verb: str
    ) -> Sequence[Any]:
        """The update time of each write of ``batch``."""
        number = len(batch)
        caught = google_errors()

        def send(lost: bool) -> Sequence[Any]:
            self.counts.add(self.counts.writes, verb, len(written))
            self.counts.add(self.counts.deletes, verb, number - len(written))
            try:
                return [result.update_time for result in batch.commit(**options())]
            except caught as error:
                if judge_call(error) is not Verdict.CONFLICT or not conditional:
                    raise
                if lost and (time := self._time_of(commit, written)) is not None:
                    return [time] * number
                raise ConflictError(_conflict(conditional, error)) from error

        return self._calls.make(f"commit {_some(conditional) or 'writes'}", send)

    def _time_of(self, commit: str, written: Sequence[Document]) -> Any | None:
        """When ``commit`` was applied, or ``None`` where no document bears its id.

        One is proof enough, since a commit is atomic and all its documents get one update time; others may have been
        changed since, and then that time is no longer theirs, as it should be.
        """
        places = [self._at(document.path) for document in written]
        self.counts.add(self.counts.reads, "lost commit", len(places))
        found = self._calls.make(
            "look for a commit whose answer was lost",
            lambda _: list(self._client.get_all(places, field_paths=["commit"], **options())),
        )
        return next((one.update_time for one in found if _fields(one).get("commit") == commit), None)

    def _remember(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if not isinstance(write.record, DagVersion):
                continue
            if isinstance(write, Delete):
                self._versions.forget(write.record)
            else:
                self._versions.keep(write.record)

    # --- reads

    def dag(self, dag_id: str) -> Stored[Dag] | None:
        """The DAG document, or ``None``."""
        return self._one(Dag, documents.dag_path(dag_id), "dag")

    def dags(self) -> Sequence[Stored[Dag]]:
        """All DAG documents, by id."""
        return sorted(self._all(Dag, self._in(documents.DAGS), "dags"), key=lambda found: found.record.dag_id)

    def version(self, dag_id: str, version: str) -> DagVersion | None:
        """One version of a DAG, or ``None``; the last used ones are kept in memory."""
        kept = self._versions.get(dag_id, version)
        if kept is not None:
            return kept
        found = self._one(DagVersion, documents.version_path(dag_id, version), "version")
        if found is None:
            return None
        self._versions.keep(found.record)
        return found.record

    def versions(self, dag_id: str, *, limit: int) -> Sequence[DagVersion]:
        """Versions of a DAG."""
        query = _where(self._in(documents.VERSIONS), "dag", "==", documents.dag_field(dag_id))
        return [stored.record for stored in self._all(DagVersion, query.limit(limit), "versions")]

    def run(self, key: RunKey) -> Stored[Run] | None:
        """The run document, or ``None``."""
        return self._one(Run, documents.run_path(key), "run")

    def runs(self, dag_id: str, *, limit: int = 100) -> Sequence[Stored[Run]]:
        """Runs of a DAG, the latest first."""
        query = _where(self._in(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = query.order_by("run_after", direction="DESCENDING").order_by("run").limit(limit)
        found = self._all(Run, query, "runs")
        # The index knows only the beginning of very long ids.
        return sorted(found, key=lambda stored: (-stored.record.run_after, stored.record.run_id))

    def dated_runs(
        self, dag_id: str, first: datetime, last: datetime, *, after: str = "", limit: int
    ) -> Sequence[Stored[Run]]:
        """Runs of a DAG by logical date, from ``first`` to ``last``."""
        query = _where(self._in(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = _where(query, "logical_us", "<=", documents.microseconds(last))
        query = query.order_by("logical_us").order_by("run")
        begin = {"logical_us": documents.microseconds(first), "run": documents.run_order(after)}
        return self._all(Run, query.start_after(begin).limit(limit), "dated_runs")

    def previous_success(self, dag_id: str, before: str) -> Run | None:
        """The successful run of the DAG with the latest logical date before ``before``, or ``None``."""
        query = _where(self._in(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = _where(query, "success_us", "<", documents.microseconds(utc_moment(before)))
        found = self._all(Run, query.order_by("success_us", direction="DESCENDING").limit(1), "previous_success")
        return found[0].record if found else None

    def linked_runs(self, dag_id: str, before: str, *, limit: int) -> Sequence[Stored[Run]]:
        """Runs that know the one before them, the latest before ``before`` first."""
        query = _where(self._in(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = _where(query, "linked_us", "<", documents.microseconds(utc_moment(before)))
        query = query.order_by("linked_us", direction="DESCENDING").order_by("run").limit(limit)
        return self._all(Run, query, "linked_runs")

    def find_runs(self, search: RunSearch) -> Found:
        """The page of the runs that ``search`` asks for.

        Firestore itself tells DAGs (up to 30), ``run_after``, and its order, apart. What else is asked for is looked
        for among the 1,000 that are first in that order; if another order is asked for, among the latest 1,000.
        """
        [(field, descending), *_] = search.order or (("run_after", False),)
        by_date = field == "run_after"
        bounds = [bound for bound in search.bounds if bound.field == "run_after"]
        query = self._in(documents.RUNS)
        if 0 < len(search.dag_ids) <= _MOST_ALTERNATIVES:
            query = _where(query, "dag", "in", [documents.dag_field(dag_id) for dag_id in search.dag_ids])
        for bound in bounds:
            query = _where(query, "run_after", bound.operator, bound.value)
        query = query.order_by("run_after", direction="DESCENDING" if descending or not by_date else "ASCENDING")
        if search.dag_ids:
            query = query.order_by("run")
        told = RunSearch(dag_ids=search.dag_ids[:_MOST_ALTERNATIVES], bounds=tuple(bounds))
        plain = replace(search, order=told.order, limit=told.limit, offset=told.offset) == told
        if plain and by_date:
            runs = self._all(Run, query.offset(search.offset).limit(search.limit), "find_runs")
            self.counts.add(self.counts.reads, "find_runs", search.offset)
            return Found(_in_order(search, runs), self._count(query, "find_runs"))
        found = self._all(Run, query.limit(_CANDIDATES), "find_runs")
        runs = _in_order(search, [stored for stored in found if search.matches(stored.record)])
        return Found(runs[search.offset : search.offset + search.limit], len(runs))

    def count_runs(self, dag_ids: Sequence[str] = ()) -> Mapping[tuple[str, RunState], int]:
        """How many runs DAGs have in each state: of all, among the latest 1,000 runs."""
        if not dag_ids:
            runs = self._in(documents.RUNS).order_by("run_after", direction="DESCENDING").limit(_CANDIDATES)
            found = self._all(Run, runs, "count_runs")
            return Counter((stored.record.dag_id, stored.record.state) for stored in found)
        counted = {}
        for dag_id in dag_ids:
            for state in RunState:
                query = _where(self._in(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
                number = self._count(_where(query, "state", "==", state.value), "count_runs")
                if number:
                    counted[dag_id, state] = number
        return counted

    def dags_of(self, dag_ids: Sequence[str]) -> Sequence[Stored[Dag] | None]:
        """These DAG documents, in order: one request for many."""
        return self._many(Dag, [documents.dag_path(dag_id) for dag_id in dag_ids], "dags_of")

    def version_ids(self, dag_ids: Sequence[str]) -> Sequence[VersionId]:
        """All versions of these DAGs, the first to have been made first."""
        by_field = {documents.dag_field(dag_id): dag_id for dag_id in dag_ids}
        fields = list(by_field)
        ids = []
        for start in range(0, len(fields), _MOST_ALTERNATIVES):
            query = _where(self._in(documents.VERSIONS), "dag", "in", fields[start : start + _MOST_ALTERNATIVES])
            # A version that an earlier brisa has stored has its hash in its document's text alone.
            for found in self._found(query.select(["dag", "version", "created_at"]), "version_ids"):
                told = _fields(found)
                if "version" in told:
                    ids.append(
                        VersionId(by_field[told["dag"]], documents.version_from(told["version"]), told["created_at"])
                    )
                else:
                    whole = _stored(DagVersion, found.reference.get(**options())).record
                    ids.append(VersionId(whole.dag_id, whole.version, whole.created_at))
        return sorted(ids, key=lambda one: (one.dag_id, one.created_at, one.version))

    def attempt(self, key: AttemptKey) -> Stored[Attempt] | None:
        """One attempt document, or ``None``."""
        return self._one(Attempt, documents.attempt_path(key), "attempt")

    def attempts_of(self, keys: Sequence[AttemptKey]) -> Sequence[Stored[Attempt] | None]:
        """These attempt documents, in order: one request for many."""
        return self._many(Attempt, [documents.attempt_path(key) for key in keys], "attempts_of")

    def attempts(self, key: RunKey, *, limit: int | None = None) -> Sequence[Stored[Attempt]]:
        """Attempts of a run, in the order of their keys."""
        query = self._in(*documents.run_path(key), documents.ATTEMPTS)
        query = query if limit is None else query.limit(limit)
        return sorted(self._all(Attempt, query, "attempts"), key=lambda found: found.record.key)

    def task_attempts(self, key: RunKey, task: TaskKey) -> Sequence[Stored[Attempt]]:
        """Attempts of one task instance, in the order of their keys."""
        query = self._in(*documents.run_path(key), documents.ATTEMPTS)
        found = self._all(Attempt, _where(query, "task", "==", documents.task_field(task)), "task_attempts")
        return sorted(found, key=lambda stored: stored.record.key)

    def reported(self, key: RunKey, *, limit: int) -> Sequence[Stored[Attempt]]:
        """Attempts of a run whose outcome is not in it, the first to have ended first."""
        query = self._in(*documents.run_path(key), documents.ATTEMPTS)
        found = self._all(Attempt, query.order_by("reported").limit(limit), "reported")
        return sorted(found, key=lambda stored: (stored.record.ended_at or 0.0, stored.record.key))

    def due_runs(self, now: float, *, limit: int) -> Sequence[Stored[Run]]:
        """Running runs that must be looked at, the longest due first."""
        query = _where(self._in(documents.RUNS), "next_check_at", "<=", float(now))
        return self._all(Run, query.order_by("next_check_at").limit(limit), "due_runs")

    def running_runs(self) -> Sequence[Stored[Run]]:
        """All runs in state queued or running, by DAG and run id."""
        # Ordering by a field finds just the documents that have it.
        found = self._all(Run, self._in(documents.RUNS).order_by("open"), "running_runs")
        return sorted(found, key=lambda stored: stored.record.key)

    def due_dags(self, now: float, *, limit: int) -> Sequence[Stored[Dag]]:
        """DAGs whose next run is due, the longest due first."""
        query = _where(self._in(documents.DAGS), "due_at", "<=", float(now))
        return self._all(Dag, query.order_by("due_at").limit(limit), "due_dags")

    def next_due(self) -> float | None:
        """The earliest moment at which a run or a DAG must be looked at."""
        moments = []
        for collection, field in ((documents.RUNS, "next_check_at"), (documents.DAGS, "due_at")):
            # Only the field is asked for: a run's document may be long.
            query = self._in(collection).order_by(field).limit(1).select([field])
            moments += [float(_fields(found)[field]) for found in self._found(query, "next_due")]
        return min(moments, default=None)

    def import_failures(self) -> Sequence[ImportFailure]:
        """DAG files that did not load, by file."""
        found = self._all(ImportFailure, self._in(documents.IMPORT_FAILURES), "import_failures")
        return sorted((stored.record for stored in found), key=lambda failure: failure.file)

    def wait(self, key: WaitKey) -> Stored[Wait] | None:
        """One wait, or ``None``."""
        return self._one(Wait, documents.wait_path(key), "wait")

    def waits(self, bucket: str, name: str) -> Sequence[Stored[Wait]]:
        """All waits that an object meets, by key."""
        places = [documents.place_of(bucket, name), documents.place_of(bucket, None)]
        found = self._all(Wait, _where(self._in(documents.WAITS), "place", "in", places), "waits")
        met = [stored for stored in found if stored.record.key.met_by(bucket, name)]
        return sorted(met, key=lambda stored: stored.record.key)

    def waits_of(self, key: RunKey, *, limit: int) -> Sequence[Stored[Wait]]:
        """Waits of a run's tasks."""
        query = _where(self._in(documents.WAITS), "of", "==", documents.run_field(key))
        return self._all(Wait, query.limit(limit), "waits_of")

    def backfill(self, backfill_id: int) -> Backfill | None:
        """One backfill, or ``None``."""
        found = self._one(Backfill, documents.backfill_path(backfill_id), "backfill")
        return None if found is None else found.record

    def backfills(self, dag_id: str | None = None, *, limit: int) -> Sequence[Backfill]:
        """Backfills, the latest first."""
        query = self._in(documents.BACKFILLS)
        if dag_id is not None:
            query = _where(query, "dag", "==", documents.dag_field(dag_id))
        query = query.order_by("number", direction="DESCENDING").limit(limit)
        return [stored.record for stored in self._all(Backfill, query, "backfills")]

    def pool(self, name: str) -> Stored[Pool] | None:
        """One pool, or ``None``."""
        return self._one(Pool, documents.pool_path(name), "pool")

    def pools(self) -> Sequence[Stored[Pool]]:
        """All pools, by name."""
        return sorted(self._all(Pool, self._in(documents.POOLS), "pools"), key=lambda found: found.record.name)

    # --- assets

    def asset(self, key: AssetKey) -> Stored[Asset] | None:
        """What is known of one asset, or alias, or ``None``."""
        return self._one(Asset, documents.asset_path(key), "asset")

    def assets(self) -> Sequence[Stored[Asset]]:
        """All assets and aliases, by key."""
        return sorted(self._all(Asset, self._in(documents.ASSETS), "assets"), key=lambda found: found.record.key)

    def asset_events_of(self, event_ids: Sequence[str]) -> Sequence[Stored[AssetEvent] | None]:
        """These asset events, in order: one request for many."""
        return self._many(AssetEvent, [documents.asset_event_path(one) for one in event_ids], "asset_events_of")

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
        query = self._happened(key, after, before)
        query = query.order_by("timestamp", direction="ASCENDING" if ascending else "DESCENDING")
        self.counts.add(self.counts.reads, "asset_events", offset)
        return self._all(AssetEvent, query.offset(offset).limit(limit), "asset_events")

    def count_asset_events(
        self, key: AssetKey | None = None, *, after: float | None = None, before: float | None = None
    ) -> int:
        """How many there are: Firestore counts them, a thousand for the price of one read."""
        return self._count(self._happened(key, after, before).order_by("timestamp"), "count_asset_events")

    def _happened(self, key: AssetKey | None, after: float | None, before: float | None) -> Any:
        query = self._in(documents.ASSET_EVENTS)
        if key is not None:
            query = _where(query, "names", "array_contains", documents.asset_field(key))
        if after is not None:
            query = _where(query, "timestamp", ">=", float(after))
        if before is not None:
            query = _where(query, "timestamp", "<=", float(before))
        return query

    # --- people

    def user(self, username: str) -> Stored[User] | None:
        """One account, or ``None``."""
        return self._one(User, documents.user_path(username), "user")

    def users(self) -> Sequence[Stored[User]]:
        """All accounts, by name."""
        return sorted(self._all(User, self._in(documents.USERS), "users"), key=lambda found: found.record.username)

    def audit_entry(self, entry_id: int) -> AuditEntry | None:
        """One entry of the audit log, or ``None``."""
        found = self._one(AuditEntry, documents.audit_entry_path(entry_id), "audit_entry")
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
        query = self._audited(dag_id, first, last)
        query = query.order_by("number", direction="ASCENDING" if ascending else "DESCENDING")
        self.counts.add(self.counts.reads, "audit_entries", offset)
        found = self._all(AuditEntry, query.offset(offset).limit(limit), "audit_entries")
        return [stored.record for stored in found]

    def count_audit_entries(self, dag_id: str | None = None, *, first: int = 0, last: int | None = None) -> int:
        """How many there are: Firestore counts them, a thousand for the price of one read."""
        return self._count(self._audited(dag_id, first, last), "count_audit_entries")

    def _audited(self, dag_id: str | None, first: int, last: int | None) -> Any:
        query = _where(self._in(documents.AUDIT_ENTRIES), "number", ">=", first)
        query = query if last is None else _where(query, "number", "<=", last)
        return query if dag_id is None else _where(query, "dag", "==", documents.dag_field(dag_id))

    def _count(self, query: Any, verb: str) -> int:
        ((found,),) = self._calls.make("count", lambda _: list(query.count().get(**options())))
        self.counts.add(self.counts.reads, verb, max(1, -(-int(found.value) // 1000)))
        return int(found.value)

    # --- Variables

    def variable(self, key: str) -> str | None:
        """A Variable's text, or ``None``."""
        found = self._get(documents.variable_path(key), "variable")
        return _variable(found).value if found.exists else None

    def set_variables(
        self, values: Iterable[tuple[str, str | None]], *, descriptions: Mapping[str, str | None] = NONE
    ) -> None:
        """Set Variables, atomically; ``None`` removes one."""
        commit = secrets.token_hex(8)
        last = dict(values)
        held = [
            None if value is None else documents.variable_document(key, value, commit, descriptions)
            for key, value in last.items()
        ]
        _check_size(held, [f"Variable {key!r}" for key in last])
        if not held:
            return
        from google.cloud.firestore import DELETE_FIELD

        batch = self._client.batch()
        for key, document in zip(last, held, strict=True):
            if document is None:
                batch.delete(self._at(documents.variable_path(key)))
            else:
                # What is merged leaves alone what it does not name: the description.
                gone = dict.fromkeys(document.missing, DELETE_FIELD)
                batch.set(self._at(document.path), {**document.fields, **gone}, merge=True)
        self._send(batch, commit, [document for document in held if document is not None], [], "set_variables")

    def variables(self, prefix: str = "") -> Sequence[Variable]:
        """Variables, by key; see the port."""
        field, first = documents.variable_field(prefix), documents.run_order(prefix)
        query = _where(self._in(documents.VARIABLES), field, ">=", first)
        query = _where(query, field, "<", documents.after_all(first)) if first else query
        found = [_variable(one) for one in self._found(query.order_by(field), "variables")]
        return sorted(one for one in found if one.key.startswith(prefix))

    def close(self) -> None:
        """Close the client."""
        if not self._closed:
            self._closed = True
            self._transport.close()

    # --- documents

    def _at(self, path: Path) -> Any:
        return self._client.document(*path)

    def _in(self, *path: str) -> Any:
        return self._client.collection(*path)

    def _get(self, path: Path, verb: str) -> Any:
        def get(_: bool) -> Any:
            self.counts.add(self.counts.reads, verb)
            return self._at(path).get(**options())

        return self._calls.make(f"read {'/'.join(path)}", get)

    def _many(self, kind: type[R], paths: Sequence[Path], verb: str) -> list[Stored[R] | None]:
        places = [self._at(path) for path in paths]
        parts = [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]
        snapshots = [snapshot for part in parts for snapshot in self._get_many(part, verb)]
        found = {snapshot.reference.path: snapshot for snapshot in snapshots if snapshot.exists}
        return [_stored(kind, found[place.path]) if place.path in found else None for place in places]

    def _get_many(self, places: list[Any], verb: str) -> list[Any]:
        def get(_: bool) -> list[Any]:
            self.counts.add(self.counts.reads, verb, len(places))
            return list(self._client.get_all(places, **options()))

        return self._calls.make(f"read {len(places)} documents", get)

    def _found(self, query: Any, verb: str) -> list[Any]:
        found: list[Any] = self._calls.make("answer a query", lambda _: list(query.stream(**options())))
        self.counts.add(self.counts.reads, verb, max(1, len(found)))
        return found

    def _one(self, kind: type[R], path: Path, verb: str) -> Stored[R] | None:
        found = self._get(path, verb)
        return _stored(kind, found) if found.exists else None

    def _all(self, kind: type[R], query: Any, verb: str) -> list[Stored[R]]:
        return [_stored(kind, found) for found in self._found(query, verb)]


def _stored(kind: type[R], snapshot: Any) -> Stored[R]:
    with _naming(snapshot):
        return Stored(documents.from_fields(kind, _fields(snapshot)), snapshot.update_time)


def _in_order(search: RunSearch, runs: Sequence[Stored[Run]]) -> list[Stored[Run]]:
    by_key = {stored.record.key: stored for stored in runs}
    return [by_key[run.key] for run in search.ordered(stored.record for stored in runs)]


def _variable(snapshot: Any) -> Variable:
    with _naming(snapshot):
        return documents.variable_from(_fields(snapshot))


@contextmanager
def _naming(snapshot: Any) -> Iterator[None]:
    """Say which document can't be read."""
    try:
        yield
    except DecodeError as error:
        raise DecodeError(f"document {snapshot.reference.path}: {error}") from error


def _fields(snapshot: Any) -> Mapping[str, Any]:
    return snapshot.to_dict() or {}


def _where(query: Any, field: str, operator: str, value: object) -> Any:
    from google.cloud.firestore import FieldFilter

    return query.where(filter=FieldFilter(field, operator, value))


def _check_size(held: Sequence[Document | None], names: Sequence[str]) -> None:
    size = sum(document.size for document in held if document is not None)
    if size > documents.LARGEST_COMMIT:
        raise StorageError(
            f"one commit of {len(held)} records ({_some(names)}) is too large: {size:,} bytes, and Firestore "
            f"takes {documents.LARGEST_COMMIT:,} at once"
        )


def _conflict(conditional: Sequence[str], error: Exception) -> str:
    which = conditional[0] if len(conditional) == 1 else f"one of {_some(conditional)}"
    return f"{which} was made, changed or removed meanwhile ({type(error).__name__})"


def _some(names: Sequence[str]) -> str:
    """Up to three names: a message is for people."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _is_conditional(write: Write) -> bool:
    return isinstance(write, Create | Update) or (isinstance(write, Delete) and write.revision is not None)
