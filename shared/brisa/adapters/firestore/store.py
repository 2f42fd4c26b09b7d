"""The state store in Firestore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from brisa.adapters.counts import Counts
from brisa.adapters.firestore import documents
from brisa.adapters.firestore.commits import Commits
from brisa.adapters.firestore.failures import refused
from brisa.adapters.firestore.reading import Reading, fields, stored, variable, where
from brisa.adapters.firestore.versions import Versions
from brisa.adapters.identity import check_distinct, utc_moment
from brisa.adapters.retrying import Retrying
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
from brisa.ports.store import NONE, Delete, Found, Revision, Stored, VersionId, Write

if TYPE_CHECKING:
    # For the type checker alone: importing it takes a fifth of a second.
    from google.cloud.firestore import Client

PATIENCE = 30.0
_MOST_ALTERNATIVES = 30
"""Values of one ``in``, as Firestore's page "Perform queries" says."""
_CANDIDATES = 1000
"""Runs that are read to look for what no index tells."""


class FirestoreStore:
    """A :class:`~brisa.ports.store.StateStore` in the database of ``client``, which it closes.

    A commit is one batch of writes with preconditions: one round trip, no lock, and never a transaction that reads.
    A revision is a document's update time.

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
        # The client connects when it is first used, and two threads could do so twice; nor has it a way of its own to
        # let go of its connection.
        self._transport = client._firestore_api.transport  # noqa: SLF001
        self.counts = counts or Counts()
        calls = Retrying(clock, patience, service="Firestore", refused=refused)
        self._read = Reading(client, calls, self.counts)
        self._commits = Commits(client, self._read, calls, self.counts, keep=keep)
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
        revisions = self._commits.apply(writes)
        self._remember(writes)
        return revisions

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
        return self._read.one(Dag, documents.dag_path(dag_id), "dag")

    def dags(self) -> Sequence[Stored[Dag]]:
        """All DAG documents, by id."""
        return sorted(
            self._read.all(Dag, self._read.within(documents.DAGS), "dags"),
            key=lambda found: found.record.dag_id,
        )

    def version(self, dag_id: str, version: str) -> DagVersion | None:
        """One version of a DAG, or ``None``; the last used ones are kept in memory."""
        kept = self._versions.get(dag_id, version)
        if kept is not None:
            return kept
        found = self._read.one(DagVersion, documents.version_path(dag_id, version), "version")
        if found is None:
            return None
        self._versions.keep(found.record)
        return found.record

    def versions(self, dag_id: str, *, limit: int) -> Sequence[DagVersion]:
        """Versions of a DAG."""
        query = where(self._read.within(documents.VERSIONS), "dag", "==", documents.dag_field(dag_id))
        return [stored.record for stored in self._read.all(DagVersion, query.limit(limit), "versions")]

    def run(self, key: RunKey) -> Stored[Run] | None:
        """The run document, or ``None``."""
        return self._read.one(Run, documents.run_path(key), "run")

    def runs(self, dag_id: str, *, limit: int = 100) -> Sequence[Stored[Run]]:
        """Runs of a DAG, the latest first."""
        query = where(self._read.within(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = query.order_by("run_after", direction="DESCENDING").order_by("run").limit(limit)
        found = self._read.all(Run, query, "runs")
        # The index knows only the beginning of very long ids.
        return sorted(found, key=lambda stored: (-stored.record.run_after, stored.record.run_id))

    def dated_runs(
        self, dag_id: str, first: datetime, last: datetime, *, after: str = "", limit: int
    ) -> Sequence[Stored[Run]]:
        """Runs of a DAG by logical date, from ``first`` to ``last``."""
        query = where(self._read.within(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = where(query, "logical_us", "<=", documents.microseconds(last))
        query = query.order_by("logical_us").order_by("run")
        begin = {"logical_us": documents.microseconds(first), "run": documents.run_order(after)}
        return self._read.all(Run, query.start_after(begin).limit(limit), "dated_runs")

    def previous_success(self, dag_id: str, before: str) -> Run | None:
        """The successful run of the DAG with the latest logical date before ``before``, or ``None``."""
        query = where(self._read.within(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = where(query, "success_us", "<", documents.microseconds(utc_moment(before)))
        found = self._read.all(Run, query.order_by("success_us", direction="DESCENDING").limit(1), "previous_success")
        return found[0].record if found else None

    def linked_runs(self, dag_id: str, before: str, *, limit: int) -> Sequence[Stored[Run]]:
        """Runs that know the one before them, the latest before ``before`` first."""
        query = where(self._read.within(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
        query = where(query, "linked_us", "<", documents.microseconds(utc_moment(before)))
        query = query.order_by("linked_us", direction="DESCENDING").order_by("run").limit(limit)
        return self._read.all(Run, query, "linked_runs")

    def find_runs(self, search: RunSearch) -> Found:
        """The page of the runs that ``search`` asks for.

        Firestore itself tells DAGs (up to 30), ``run_after``, and its order, apart. What else is asked for is looked
        for among the 1,000 that are first in that order; if another order is asked for, among the latest 1,000.
        """
        [(field, descending), *_] = search.order or (("run_after", False),)
        by_date = field == "run_after"
        bounds = [bound for bound in search.bounds if bound.field == "run_after"]
        query = self._read.within(documents.RUNS)
        if 0 < len(search.dag_ids) <= _MOST_ALTERNATIVES:
            query = where(query, "dag", "in", [documents.dag_field(dag_id) for dag_id in search.dag_ids])
        for bound in bounds:
            query = where(query, "run_after", bound.operator, bound.value)
        query = query.order_by("run_after", direction="DESCENDING" if descending or not by_date else "ASCENDING")
        if search.dag_ids:
            query = query.order_by("run")
        told = RunSearch(dag_ids=search.dag_ids[:_MOST_ALTERNATIVES], bounds=tuple(bounds))
        plain = replace(search, order=told.order, limit=told.limit, offset=told.offset) == told
        if plain and by_date:
            runs = self._read.all(Run, query.offset(search.offset).limit(search.limit), "find_runs")
            self.counts.add(self.counts.reads, "find_runs", search.offset)
            return Found(_in_order(search, runs), self._read.count(query, "find_runs"))
        found = self._read.all(Run, query.limit(_CANDIDATES), "find_runs")
        runs = _in_order(search, [stored for stored in found if search.matches(stored.record)])
        return Found(runs[search.offset : search.offset + search.limit], len(runs))

    def count_runs(self, dag_ids: Sequence[str] = ()) -> Mapping[tuple[str, RunState], int]:
        """How many runs DAGs have in each state: of all, among the latest 1,000 runs."""
        if not dag_ids:
            runs = self._read.within(documents.RUNS).order_by("run_after", direction="DESCENDING").limit(_CANDIDATES)
            found = self._read.all(Run, runs, "count_runs")
            return Counter((stored.record.dag_id, stored.record.state) for stored in found)
        counted = {}
        for dag_id in dag_ids:
            for state in RunState:
                query = where(self._read.within(documents.RUNS), "dag", "==", documents.dag_field(dag_id))
                number = self._read.count(where(query, "state", "==", state.value), "count_runs")
                if number:
                    counted[dag_id, state] = number
        return counted

    def dags_of(self, dag_ids: Sequence[str]) -> Sequence[Stored[Dag] | None]:
        """These DAG documents, in order: one request for many."""
        return self._read.many(Dag, [documents.dag_path(dag_id) for dag_id in dag_ids], "dags_of")

    def version_ids(self, dag_ids: Sequence[str]) -> Sequence[VersionId]:
        """All versions of these DAGs, the first to have been made first."""
        by_field = {documents.dag_field(dag_id): dag_id for dag_id in dag_ids}
        wanted = list(by_field)
        ids = []
        for start in range(0, len(wanted), _MOST_ALTERNATIVES):
            some = wanted[start : start + _MOST_ALTERNATIVES]
            query = where(self._read.within(documents.VERSIONS), "dag", "in", some)
            # A version that an earlier brisa has stored has its hash in its document's text alone.
            for found in self._read.found(query.select(["dag", "version", "created_at"]), "version_ids"):
                told = fields(found)
                if "version" in told:
                    ids.append(
                        VersionId(by_field[told["dag"]], documents.version_from(told["version"]), told["created_at"])
                    )
                else:
                    path = tuple(found.reference.path.split("/"))
                    whole = stored(DagVersion, self._read.get(path, "version_ids")).record
                    ids.append(VersionId(whole.dag_id, whole.version, whole.created_at))
        return sorted(ids, key=lambda one: (one.dag_id, one.created_at, one.version))

    def attempt(self, key: AttemptKey) -> Stored[Attempt] | None:
        """One attempt document, or ``None``."""
        return self._read.one(Attempt, documents.attempt_path(key), "attempt")

    def attempts_of(self, keys: Sequence[AttemptKey]) -> Sequence[Stored[Attempt] | None]:
        """These attempt documents, in order: one request for many."""
        return self._read.many(Attempt, [documents.attempt_path(key) for key in keys], "attempts_of")

    def attempts(self, key: RunKey, *, limit: int | None = None) -> Sequence[Stored[Attempt]]:
        """Attempts of a run, in the order of their keys."""
        query = self._read.within(*documents.run_path(key), documents.ATTEMPTS)
        query = query if limit is None else query.limit(limit)
        return sorted(self._read.all(Attempt, query, "attempts"), key=lambda found: found.record.key)

    def task_attempts(self, key: RunKey, task: TaskKey) -> Sequence[Stored[Attempt]]:
        """Attempts of one task instance, in the order of their keys."""
        query = self._read.within(*documents.run_path(key), documents.ATTEMPTS)
        found = self._read.all(Attempt, where(query, "task", "==", documents.task_field(task)), "task_attempts")
        return sorted(found, key=lambda stored: stored.record.key)

    def reported(self, key: RunKey, *, limit: int) -> Sequence[Stored[Attempt]]:
        """Attempts of a run whose outcome is not in it, the first to have ended first."""
        query = self._read.within(*documents.run_path(key), documents.ATTEMPTS)
        found = self._read.all(Attempt, query.order_by("reported").limit(limit), "reported")
        return sorted(found, key=lambda stored: (stored.record.ended_at or 0.0, stored.record.key))

    def due_runs(self, now: float, *, limit: int) -> Sequence[Stored[Run]]:
        """Running runs that must be looked at, the longest due first."""
        query = where(self._read.within(documents.RUNS), "next_check_at", "<=", float(now))
        return self._read.all(Run, query.order_by("next_check_at").limit(limit), "due_runs")

    def running_runs(self) -> Sequence[Stored[Run]]:
        """All runs in state queued or running, by DAG and run id."""
        # Ordering by a field finds just the documents that have it.
        found = self._read.all(Run, self._read.within(documents.RUNS).order_by("open"), "running_runs")
        return sorted(found, key=lambda stored: stored.record.key)

    def due_dags(self, now: float, *, limit: int) -> Sequence[Stored[Dag]]:
        """DAGs whose next run is due, the longest due first."""
        query = where(self._read.within(documents.DAGS), "due_at", "<=", float(now))
        return self._read.all(Dag, query.order_by("due_at").limit(limit), "due_dags")

    def next_due(self) -> float | None:
        """The earliest moment at which a run or a DAG must be looked at."""
        moments = []
        for collection, field in ((documents.RUNS, "next_check_at"), (documents.DAGS, "due_at")):
            # Only the field is asked for: a run's document may be long.
            query = self._read.within(collection).order_by(field).limit(1).select([field])
            moments += [float(fields(found)[field]) for found in self._read.found(query, "next_due")]
        return min(moments, default=None)

    def import_failures(self) -> Sequence[ImportFailure]:
        """DAG files that did not load, by file."""
        found = self._read.all(ImportFailure, self._read.within(documents.IMPORT_FAILURES), "import_failures")
        return sorted((stored.record for stored in found), key=lambda failure: failure.file)

    def wait(self, key: WaitKey) -> Stored[Wait] | None:
        """One wait, or ``None``."""
        return self._read.one(Wait, documents.wait_path(key), "wait")

    def waits(self, bucket: str, name: str) -> Sequence[Stored[Wait]]:
        """All waits that an object meets, by key."""
        places = [documents.place_of(bucket, name), documents.place_of(bucket, None)]
        found = self._read.all(Wait, where(self._read.within(documents.WAITS), "place", "in", places), "waits")
        met = [stored for stored in found if stored.record.key.met_by(bucket, name)]
        return sorted(met, key=lambda stored: stored.record.key)

    def waits_of(self, key: RunKey, *, limit: int) -> Sequence[Stored[Wait]]:
        """Waits of a run's tasks."""
        query = where(self._read.within(documents.WAITS), "of", "==", documents.run_field(key))
        return self._read.all(Wait, query.limit(limit), "waits_of")

    def backfill(self, backfill_id: int) -> Backfill | None:
        """One backfill, or ``None``."""
        found = self._read.one(Backfill, documents.backfill_path(backfill_id), "backfill")
        return None if found is None else found.record

    def backfills(self, dag_id: str | None = None, *, limit: int) -> Sequence[Backfill]:
        """Backfills, the latest first."""
        query = self._read.within(documents.BACKFILLS)
        if dag_id is not None:
            query = where(query, "dag", "==", documents.dag_field(dag_id))
        query = query.order_by("number", direction="DESCENDING").limit(limit)
        return [stored.record for stored in self._read.all(Backfill, query, "backfills")]

    def pool(self, name: str) -> Stored[Pool] | None:
        """One pool, or ``None``."""
        return self._read.one(Pool, documents.pool_path(name), "pool")

    def pools(self) -> Sequence[Stored[Pool]]:
        """All pools, by name."""
        return sorted(
            self._read.all(Pool, self._read.within(documents.POOLS), "pools"),
            key=lambda found: found.record.name,
        )

    # --- assets

    def asset(self, key: AssetKey) -> Stored[Asset] | None:
        """What is known of one asset, or alias, or ``None``."""
        return self._read.one(Asset, documents.asset_path(key), "asset")

    def assets(self) -> Sequence[Stored[Asset]]:
        """All assets and aliases, by key."""
        return sorted(
            self._read.all(Asset, self._read.within(documents.ASSETS), "assets"),
            key=lambda found: found.record.key,
        )

    def asset_events_of(self, event_ids: Sequence[str]) -> Sequence[Stored[AssetEvent] | None]:
        """These asset events, in order: one request for many."""
        return self._read.many(AssetEvent, [documents.asset_event_path(one) for one in event_ids], "asset_events_of")

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
        return self._read.all(AssetEvent, query.offset(offset).limit(limit), "asset_events")

    def count_asset_events(
        self, key: AssetKey | None = None, *, after: float | None = None, before: float | None = None
    ) -> int:
        """How many there are: Firestore counts them, a thousand for the price of one read."""
        return self._read.count(self._happened(key, after, before).order_by("timestamp"), "count_asset_events")

    def _happened(self, key: AssetKey | None, after: float | None, before: float | None) -> Any:
        query = self._read.within(documents.ASSET_EVENTS)
        if key is not None:
            query = where(query, "names", "array_contains", documents.asset_field(key))
        if after is not None:
            query = where(query, "timestamp", ">=", float(after))
        if before is not None:
            query = where(query, "timestamp", "<=", float(before))
        return query

    # --- people

    def user(self, username: str) -> Stored[User] | None:
        """One account, or ``None``."""
        return self._read.one(User, documents.user_path(username), "user")

    def users(self) -> Sequence[Stored[User]]:
        """All accounts, by name."""
        return sorted(
            self._read.all(User, self._read.within(documents.USERS), "users"),
            key=lambda found: found.record.username,
        )

    def audit_entry(self, entry_id: int) -> AuditEntry | None:
        """One entry of the audit log, or ``None``."""
        found = self._read.one(AuditEntry, documents.audit_entry_path(entry_id), "audit_entry")
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
        found = self._read.all(AuditEntry, query.offset(offset).limit(limit), "audit_entries")
        return [stored.record for stored in found]

    def count_audit_entries(self, dag_id: str | None = None, *, first: int = 0, last: int | None = None) -> int:
        """How many there are: Firestore counts them, a thousand for the price of one read."""
        return self._read.count(self._audited(dag_id, first, last), "count_audit_entries")

    def _audited(self, dag_id: str | None, first: int, last: int | None) -> Any:
        query = where(self._read.within(documents.AUDIT_ENTRIES), "number", ">=", first)
        query = query if last is None else where(query, "number", "<=", last)
        return query if dag_id is None else where(query, "dag", "==", documents.dag_field(dag_id))

    # --- Variables

    def variable(self, key: str) -> str | None:
        """A Variable's text, or ``None``."""
        found = self._read.get(documents.variable_path(key), "variable")
        return variable(found).value if found.exists else None

    def set_variables(
        self, values: Iterable[tuple[str, str | None]], *, descriptions: Mapping[str, str | None] = NONE
    ) -> None:
        """Set Variables, atomically; ``None`` removes one."""
        self._commits.set_variables(dict(values), descriptions)

    def variables(self, prefix: str = "") -> Sequence[Variable]:
        """Variables, by key; see the port."""
        field, first = documents.variable_field(prefix), documents.run_order(prefix)
        query = where(self._read.within(documents.VARIABLES), field, ">=", first)
        query = where(query, field, "<", documents.after_all(first)) if first else query
        found = [variable(one) for one in self._read.found(query.order_by(field), "variables")]
        return sorted(one for one in found if one.key.startswith(prefix))

    def close(self) -> None:
        """Close the client."""
        if not self._closed:
            self._closed = True
            self._transport.close()


def _in_order(search: RunSearch, runs: Sequence[Stored[Run]]) -> list[Stored[Run]]:
    by_key = {stored.record.key: stored for stored in runs}
    return [by_key[run.key] for run in search.ordered(stored.record for stored in runs)]
