"""The state store: records, compare-and-set commits, and the few queries that brisa makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

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

Record: TypeAlias = (
    Dag | DagVersion | Run | Attempt | ImportFailure | Wait | Pool | Backfill | Asset | AssetEvent | User | AuditEntry
)
R_co = TypeVar("R_co", bound=Record, covariant=True)
NONE: Mapping[str, str | None] = {}
"""No descriptions."""
Revision: TypeAlias = object
"""Opaque: what a record's precondition compares (a version number in SQLite, an update time in Firestore)."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[R_co]):
    """A record as it was read, or written, with the revision that a later write is conditioned on."""

    record: R_co
    revision: Revision


@dataclass(frozen=True, slots=True)
class Create:
    """Write a record that must not exist yet."""

    record: Record


@dataclass(frozen=True, slots=True)
class Update:
    """Write a record that must be unchanged since ``revision``."""

    record: Record
    revision: Revision


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record whatever was there: for immutable or last-writer-wins records only."""

    record: Record


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove what has the same key as ``record``, if it is there; with ``revision``, it must be as it was then."""

    record: Record
    revision: Revision = None


Write: TypeAlias = Create | Update | Put | Delete


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the runs that were searched for, and how many there are in all."""

    runs: Sequence[Stored[Run]]
    total: int


class VersionId(NamedTuple):
    """A version of a DAG, without what it says. ``created_at`` is seconds since the epoch."""

    dag_id: str
    version: str
    created_at: float


class StateStore(Protocol):
    """Where runs, attempts and DAGs are kept. Safe to call from several threads and processes.

    Every verb may raise :class:`~brisa.errors.UnavailableError` (try again later) or
    :class:`~brisa.errors.StorageError` (a person must act; nothing was half-written).
    """

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """Apply all writes atomically, or none.

        Returns the new revisions in the order of ``writes`` (``None`` for a delete). Raises
        :class:`~brisa.errors.ConflictError` when any precondition fails. Two writes of one record in one commit are a
        :class:`ValueError`. Durable when it returns: the end of this process loses nothing. Not idempotent by itself;
        preconditions make it so.
        """
        ...

    def dag(self, dag_id: str) -> Stored[Dag] | None:
        """The DAG document, or ``None``."""
        ...

    def dags(self) -> Sequence[Stored[Dag]]:
        """All DAG documents, by id."""
        ...

    def version(self, dag_id: str, version: str) -> DagVersion | None:
        """One version of a DAG, or ``None``. Versions are immutable, so an adapter may cache them."""
        ...

    def versions(self, dag_id: str, *, limit: int) -> Sequence[DagVersion]:
        """Versions of a DAG, in no order; what is read here is not kept in memory."""
        ...

    def run(self, key: RunKey) -> Stored[Run] | None:
        """The run document, or ``None``. Strongly consistent: sees every commit that returned before the call."""
        ...

    def runs(self, dag_id: str, *, limit: int = 100) -> Sequence[Stored[Run]]:
        """Runs of a DAG, the latest ``run_after`` first, then run id."""
        ...

    def dated_runs(
        self, dag_id: str, first: datetime, last: datetime, *, after: str = "", limit: int
    ) -> Sequence[Stored[Run]]:
        """Runs of a DAG whose logical date is from ``first`` to ``last`` (aware), by logical date, then run id.

        Of those at ``first`` itself, only the ones whose id comes after ``after``: so a page begins where another ends.
        """
        ...

    def previous_success(self, dag_id: str, before: str) -> Run | None:
        """The successful run of the DAG with the latest logical date before ``before`` (ISO 8601, UTC), or ``None``."""
        ...

    def linked_runs(self, dag_id: str, before: str, *, limit: int) -> Sequence[Stored[Run]]:
        """Runs of the DAG that know the run before them (:attr:`Run.previous` is not ``None``) and whose logical date
        is before ``before`` (ISO 8601), the latest first, then by run id."""
        ...

    def find_runs(self, search: RunSearch) -> Found:
        """The page of the runs that ``search`` asks for.

        An adapter may look for those that match only among some, which its own docstring tells. ``total`` is then how
        many of those match.
        """
        ...

    def count_runs(self, dag_ids: Sequence[str] = ()) -> Mapping[tuple[str, RunState], int]:
        """How many runs these DAGs, or all, have in each state; no entry where there are none.

        An adapter may count some only, which its own docstring tells.
        """
        ...

    def dags_of(self, dag_ids: Sequence[str]) -> Sequence[Stored[Dag] | None]:
        """These DAG documents, in the order asked for; ``None`` for each that there is not."""
        ...

    def version_ids(self, dag_ids: Sequence[str]) -> Sequence[VersionId]:
        """All versions of these DAGs, by DAG, the first to have been made first, then by hash."""
        ...

    def attempt(self, key: AttemptKey) -> Stored[Attempt] | None:
        """One attempt document, or ``None``."""
        ...

    def attempts_of(self, keys: Sequence[AttemptKey]) -> Sequence[Stored[Attempt] | None]:
        """These attempt documents, in the order asked for; ``None`` for each that there is not."""
        ...

    def attempts(self, key: RunKey, *, limit: int | None = None) -> Sequence[Stored[Attempt]]:
        """All attempts of a run, or some ``limit`` of them, in the order of (task, map index, generation, try, seq)."""
        ...

    def task_attempts(self, key: RunKey, task: TaskKey) -> Sequence[Stored[Attempt]]:
        """All attempts of one task instance, in the order of (generation, try, seq)."""
        ...

    def reported(self, key: RunKey, *, limit: int) -> Sequence[Stored[Attempt]]:
        """Attempts of a run in state reported, the first to have ended first."""
        ...

    def due_runs(self, now: float, *, limit: int) -> Sequence[Stored[Run]]:
        """Runs whose ``next_check_at`` is not after ``now``, the longest due first."""
        ...

    def running_runs(self) -> Sequence[Stored[Run]]:
        """All runs in state queued or running."""
        ...

    def due_dags(self, now: float, *, limit: int) -> Sequence[Stored[Dag]]:
        """DAGs whose ``due_at`` (:attr:`brisa.model.dag.Dag.due_at`) is not after ``now``, the longest due first."""
        ...

    def next_due(self) -> float | None:
        """The earliest of all ``next_check_at`` of runs and ``due_at`` of DAGs, or ``None``."""
        ...

    def wait(self, key: WaitKey) -> Stored[Wait] | None:
        """One wait, or ``None``."""
        ...

    def waits(self, bucket: str, name: str) -> Sequence[Stored[Wait]]:
        """All waits that the object ``name`` of ``bucket`` meets (:meth:`brisa.model.wait.WaitKey.met_by`), by key.

        Strongly consistent, as ``run``.
        """
        ...

    def waits_of(self, key: RunKey, *, limit: int) -> Sequence[Stored[Wait]]:
        """Waits of a run's tasks, in no order."""
        ...

    def backfill(self, backfill_id: int) -> Backfill | None:
        """One backfill as it was asked for, or as it ended; ``None`` if there was none of that number."""
        ...

    def backfills(self, dag_id: str | None = None, *, limit: int) -> Sequence[Backfill]:
        """Backfills of one DAG, or of all, as they were asked for, or as they ended; the latest first."""
        ...

    def pool(self, name: str) -> Stored[Pool] | None:
        """One pool, or ``None``."""
        ...

    def pools(self) -> Sequence[Stored[Pool]]:
        """All pools, by name."""
        ...

    def asset(self, key: AssetKey) -> Stored[Asset] | None:
        """What is known of one asset, or alias, or ``None``."""
        ...

    def assets(self) -> Sequence[Stored[Asset]]:
        """All assets and aliases, by key."""
        ...

    def asset_events_of(self, event_ids: Sequence[str]) -> Sequence[Stored[AssetEvent] | None]:
        """These asset events, in the order asked for; ``None`` for each that there is not."""
        ...

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
        """Events of one asset, or told through one alias, or (``None``) all: the latest first, or the first first.

        Only those from ``after`` to ``before`` (seconds since the epoch, both included); ``offset`` of them are left
        out, and no more than ``limit`` returned. Those of one moment come by id, in the same order.
        """
        ...

    def count_asset_events(
        self, key: AssetKey | None = None, *, after: float | None = None, before: float | None = None
    ) -> int:
        """How many :meth:`asset_events` there are."""
        ...

    def user(self, username: str) -> Stored[User] | None:
        """One account, or ``None``."""
        ...

    def users(self) -> Sequence[Stored[User]]:
        """All accounts, by name."""
        ...

    def audit_entry(self, entry_id: int) -> AuditEntry | None:
        """One entry of the audit log, or ``None``."""
        ...

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
        """Entries about one DAG, or all, whose ids are from ``first`` to ``last`` (``None``: no end): the latest first,
        or the first first; ``offset`` of them are left out, and no more than ``limit`` returned."""
        ...

    def count_audit_entries(self, dag_id: str | None = None, *, first: int = 0, last: int | None = None) -> int:
        """How many :meth:`audit_entries` there are."""
        ...

    def import_failures(self) -> Sequence[ImportFailure]:
        """DAG files that did not load, by file."""
        ...

    def variable(self, key: str) -> str | None:
        """A Variable's text, or ``None``."""
        ...

    def set_variables(
        self, values: Iterable[tuple[str, str | None]], *, descriptions: Mapping[str, str | None] = NONE
    ) -> None:
        """Set Variables, atomically; ``None`` removes one. Idempotent.

        Those of them that ``descriptions`` names are described so from now on; what others say of themselves stays.
        """
        ...

    def variables(self, prefix: str = "") -> Sequence[Variable]:
        """Variables whose keys begin with ``prefix``, by key; brisa's own (:data:`~brisa.model.variable.OWN`) only if
        it begins so itself."""
        ...

    def close(self) -> None:
        """Let go of files and sockets. Idempotent; no other verb may follow."""
        ...
