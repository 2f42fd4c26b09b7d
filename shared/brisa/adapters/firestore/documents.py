"""Records to documents and back.

A document holds its record as JSON text (``doc``; deflated, in ``zip``, where it is long), the id of the commit that
wrote it (``commit``), and just the fields that queries need. A field that must not be found is left out: what has no
``next_check_at`` has no entry in that index either, so looking for due runs costs nothing while there are none.

=============== ================================== ================================================================
collection      key                                fields for queries
=============== ================================== ================================================================
runs            DAG id, run id                     ``dag``, ``run``, ``run_after``, ``state``; ``logical_us`` of
                                                   those with a logical date, ``success_us`` of successful
                                                   ones, ``linked_us`` of those that know the run before;
                                                   ``next_check_at``
runs/…/attempts the key within the run             ``task``; ``reported`` while the outcome is not in the run; a run's
                                                   attempts are a collection of their own
dags            DAG id                             ``due_at`` where the planner must look
versions        DAG id, hash                       ``dag``, ``version``, ``created_at``
waits           bucket, name, task instance        ``place``: the object, or for prefixes the bucket, hashed; ``of``:
                                                   the run
backfills       number                             ``dag``, ``number``
pools           name                               none
assets          uri or alias                       none
asset_events    event id                           ``timestamp``, and ``names``: its asset and its aliases, hashed
users           name                               none
audit_entries   number                             ``number``; ``dag`` of those about a DAG
import_failures file                               none
variables       key                                ``name``: the key; ``own`` instead for brisa's own
=============== ================================== ================================================================

``expire_at`` (runs and attempts that ended, asset events, audit entries, and waits) is what Firestore's TTL deletion
goes by; see ``indexes.json``.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from brisa.adapters.firestore.names import document_id
from brisa.adapters.identity import describe, identity
from brisa.errors import DecodeError, StorageError
from brisa.model import codec
from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.audit import AuditEntry
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.formats import check_format
from brisa.model.pool import Pool
from brisa.model.run import Attempt, AttemptKey, Run, RunKey, TaskKey
from brisa.model.states import AttemptState, RunState
from brisa.model.user import User
from brisa.model.variable import OWN, Variable
from brisa.model.wait import Wait, WaitKey
from brisa.ports.store import NONE, Record

T = TypeVar("T")
Path: TypeAlias = tuple[str, ...]
"""Collection, document id, and for attempts once more."""

RUNS, ATTEMPTS, DAGS, VERSIONS = "runs", "attempts", "dags", "versions"
ASSETS, ASSET_EVENTS = "assets", "asset_events"
WAITS, POOLS, IMPORT_FAILURES, VARIABLES = "waits", "pools", "import_failures", "variables"
BACKFILLS = "backfills"
USERS, AUDIT_ENTRIES = "users", "audit_entries"

LARGEST_DOCUMENT = 1_048_576
LARGEST_COMMIT = 10 * 1_048_576
"""Bytes; both from Firestore's page "Quotas and limits"."""
DEFLATED_FROM = 200_000
"""Bytes of JSON text from which on it is deflated. Most runs stay below, and readable in Google's console."""
_INDEXED = 1400
"""Bytes of a run id by which runs are sorted: an index looks at no more than 1,500 bytes of a field."""
LARGEST_TEXT = 64 * 1_048_576
WAITS_KEPT = 31 * 86_400.0
"""Seconds after which a wait that nobody has renewed is deleted: whoever still waits renews it with every look."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    RUNS: ("doc", "zip", "logical_us", "success_us", "linked_us", "next_check_at", "open", "expire_at"),
    ATTEMPTS: ("doc", "zip", "expire_at", "reported"),
    WAITS: ("doc", "zip"),
    POOLS: ("doc", "zip"),
    BACKFILLS: ("doc", "zip"),
    DAGS: ("doc", "zip", "due_at"),
    VERSIONS: ("doc", "zip"),
    IMPORT_FAILURES: ("doc", "zip"),
    VARIABLES: ("doc", "zip"),
    ASSETS: ("doc", "zip"),
    ASSET_EVENTS: ("doc", "zip", "expire_at"),
    USERS: ("doc", "zip"),
    AUDIT_ENTRIES: ("doc", "zip", "dag", "expire_at"),
}
"""The fields of each collection that a document may lack; an update must take away those that it lacks now."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be written: where, and all that it holds."""

    path: Path
    fields: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Bytes, as Firestore counts them: see its page "Storage size calculations"."""
        name = 16 + sum(len(part.encode()) + 1 for part in self.path)
        return 32 + name + sum(len(field) + 1 + _size(value) for field, value in self.fields.items())

    @property
    def missing(self) -> tuple[str, ...]:
        """The optional fields that it lacks."""
        return tuple(field for field in OPTIONAL[self.path[-2]] if field not in self.fields)


def to_document(record: Record, commit: str, keep: float | None = None) -> Document:
    """The document that keeps ``record``; if it ended, until ``keep`` seconds after that.

    Raises :class:`~brisa.errors.StorageError`, which names the record, if it is larger than a document may be.
    """
    fields = {"commit": commit, **_text(codec.dumps(codec.encode_document(record))), **_query_fields(record)}
    ended = _ended_at(record)
    if keep is not None and ended is not None:
        fields["expire_at"] = _EPOCH + timedelta(seconds=ended + keep)
    return _checked(Document(path_of(record), fields), describe(identity(record)), _SMALLER[type(record)])


def _query_fields(record: Record) -> dict[str, Any]:
    """What queries need; see the table above."""
    match record:
        case Run():
            return _run_fields(record)
        case Dag(due_at=float() | int() as due):
            return {"due_at": float(due)}
        case Attempt():
            reported = record.state is AttemptState.REPORTED
            ended = {"reported": float(record.ended_at or 0.0)} if reported else {}
            return {"task": task_field(record.key.task_key), **ended}
        case Wait(key=key):
            expire_at = _EPOCH + timedelta(seconds=record.asked_at + WAITS_KEPT)
            place = place_of(key.bucket, None if key.prefix else key.name)
            return {"place": place, "of": run_field(key.run_key), "expire_at": expire_at}
        case DagVersion():
            made = {"version": version_field(record.version), "created_at": float(record.created_at)}
            return {"dag": dag_field(record.dag_id), **made}
        case Backfill():
            return {"dag": dag_field(record.dag_id), "number": record.backfill_id}
        case AssetEvent():
            return {"timestamp": float(record.timestamp), "names": [asset_field(key) for key in _names(record)]}
        case AuditEntry(dag_id=None):
            return {"number": record.entry_id}
        case AuditEntry(dag_id=str() as dag_id):
            return {"number": record.entry_id, "dag": dag_field(dag_id)}
        case _:
            return {}


def _ended_at(record: Record) -> float | None:
    """Since when it is past, in seconds since the epoch; ``None`` for what does not end, or has not."""
    match record:
        case Run():
            return record.ended_at if record.state.terminal else None
        case Attempt():
            # One that was lost or revoked may not have told its end: its lease tells it.
            over = record.lease_until if record.state in (AttemptState.LOST, AttemptState.REVOKED) else None
            return over if record.ended_at is None else record.ended_at
        case AssetEvent():
            return record.timestamp
        case AuditEntry():
            return record.entry_id / 1e6
        case _:
            return None


def variable_document(key: str, value: str, commit: str, descriptions: Mapping[str, str | None] = NONE) -> Document:
    """The document that keeps a Variable, to be merged with what there is: without a description that one stays."""
    fields = {"commit": commit, variable_field(key): run_order(key), **_text(codec.dumps([key, value]))}
    told = {"description": descriptions[key]} if key in descriptions else {}
    document = Document(variable_path(key), {**fields, **told})
    return _checked(document, f"Variable {key!r}", "keep long values in a bucket, and their name in the Variable")


def path_of(record: Record) -> Path:  # noqa: C901  a line for each kind of record
    """Where ``record`` is kept."""
    match record:
        case Run():
            return run_path(record.key)
        case Attempt():
            return attempt_path(record.key)
        case Dag():
            return dag_path(record.dag_id)
        case DagVersion():
            return version_path(record.dag_id, record.version)
        case ImportFailure():
            return (IMPORT_FAILURES, document_id(record.file))
        case Wait():
            return wait_path(record.key)
        case Pool():
            return pool_path(record.name)
        case Backfill():
            return backfill_path(record.backfill_id)
        case Asset():
            return asset_path(record.key)
        case AssetEvent():
            return asset_event_path(record.event_id)
        case User():
            return user_path(record.username)
        case AuditEntry():
            return audit_entry_path(record.entry_id)


def run_path(key: RunKey) -> Path:
    """Where a run is kept."""
    return (RUNS, document_id(*key))


def attempt_path(key: AttemptKey) -> Path:
    """Where an attempt is kept: below its run."""
    return (*run_path(key.run_key), ATTEMPTS, document_id(*key[2:]))


def task_field(key: TaskKey) -> str:
    """What queries know a task instance by, within its run."""
    return document_id(*key)


def dag_path(dag_id: str) -> Path:
    """Where a DAG document is kept."""
    return (DAGS, document_id(dag_id))


def version_path(dag_id: str, version: str) -> Path:
    """Where a version of a DAG is kept."""
    return (VERSIONS, document_id(dag_id, version))


def wait_path(key: WaitKey) -> Path:
    """Where a wait is kept."""
    return (WAITS, document_id(key.bucket, key.name, int(key.prefix), *key.run_key, *key.task_key))


def pool_path(name: str) -> Path:
    """Where a pool is kept."""
    return (POOLS, document_id(name))


def backfill_path(backfill_id: int) -> Path:
    """Where a backfill is kept."""
    return (BACKFILLS, document_id(backfill_id))


def asset_path(key: AssetKey) -> Path:
    """Where an asset, or an alias, is kept."""
    return (ASSETS, asset_field(key))


def asset_event_path(event_id: str) -> Path:
    """Where an asset event is kept: its id is a hash, and by it events of one moment are sorted."""
    return (ASSET_EVENTS, event_id)


def user_path(username: str) -> Path:
    """Where an account is kept."""
    return (USERS, document_id(username))


def audit_entry_path(entry_id: int) -> Path:
    """Where an entry of the audit log is kept."""
    return (AUDIT_ENTRIES, document_id(entry_id))


def asset_field(key: AssetKey) -> str:
    """By what an event's ``names`` name an asset or an alias: its document's id."""
    return document_id("alias" if key.alias else "asset", key.uri)


def _names(event: AssetEvent) -> list[AssetKey]:
    return [AssetKey(event.uri), *(AssetKey(alias, alias=True) for alias in event.aliases)]


def place_of(bucket: str, name: str | None) -> str:
    """What waits are found by: the object, or (``None``) all that wait for a prefix in the bucket."""
    return document_id("prefixes", bucket) if name is None else document_id("object", bucket, name)


def variable_path(key: str) -> Path:
    """Where a Variable is kept."""
    return (VARIABLES, document_id(key))


def dag_field(dag_id: str) -> str:
    """A run's ``dag``: the DAG's document id, because Firestore compares no more than 1,500 bytes of a field."""
    return document_id(dag_id)


def run_field(key: RunKey) -> str:
    """A wait's ``of``: the run's document id."""
    return document_id(*key)


def version_field(version: str) -> bytes:
    """A version's ``version``: its hash as bytes, as a run's id."""
    return version.encode("utf-8", "surrogatepass")


def version_from(field: bytes) -> str:
    """The other way round."""
    return field.decode("utf-8", "surrogatepass")


def run_order(run_id: str) -> bytes:
    """A run's ``run``: its id as bytes, which sort as its characters do, and lone surrogates are no trouble."""
    return run_id.encode("utf-8", "surrogatepass")[:_INDEXED]


def from_fields(kind: type[T], fields: Mapping[str, Any]) -> T:
    """The record of type ``kind`` that a document holds; :class:`~brisa.errors.DecodeError` if there is none."""
    return codec.decode_document(kind, _parsed(kind.__name__, fields))


def variable_from(fields: Mapping[str, Any]) -> Variable:
    """The Variable that a document holds."""
    data = _parsed("Variable", fields)
    check_format("Variable", data)
    match data:
        case [str(key), str(value)]:
            return Variable(key, value, fields.get("description"))
        case _:
            raise DecodeError("a stored Variable is not a key and a value")


def variable_field(key: str) -> str:
    """By which field a Variable, or those whose keys begin so, are found."""
    return "own" if key.startswith(OWN) else "name"


def after_all(prefix: bytes) -> bytes:
    """What comes after everything that begins with ``prefix``, which is UTF-8 and not empty."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def microseconds(moment: datetime) -> int:
    """Whole microseconds since the epoch, exact."""
    return (moment - _EPOCH) // _MICROSECOND


def _run_fields(run: Run) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "dag": dag_field(run.dag_id),
        "run": run_order(run.run_id),
        "run_after": float(run.run_after),
        "state": run.state.value,
    }
    if run.logical_date is not None:
        fields["logical_us"] = microseconds(run.logical_date)
        if run.state is RunState.SUCCESS:
            fields["success_us"] = fields["logical_us"]
        if run.previous is not None:
            fields["linked_us"] = fields["logical_us"]
    if run.next_check_at is not None:
        fields["next_check_at"] = float(run.next_check_at)
    if not run.state.terminal:
        # A hashed id rather than a plain True: the entries of this index, too, are spread.
        fields["open"] = document_id(*run.key)
    return fields


def _text(text: str) -> dict[str, Any]:
    data = text.encode()
    return {"doc": text} if len(data) < DEFLATED_FROM else {"zip": zlib.compress(data, 1)}


def _parsed(kind: str, fields: Mapping[str, Any]) -> object:
    try:
        text = _inflated(fields["zip"]) if "zip" in fields else fields["doc"]
        return json.loads(text)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise DecodeError(f"a stored {kind} is not JSON: {type(error).__name__}: {error}") from error


def _inflated(data: bytes) -> bytes:
    """At most 64 MiB: more than any record of ours inflates to, however it came there."""
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, LARGEST_TEXT)
    if not inflater.eof:
        raise ValueError("its deflated text does not end")
    return text


def _size(value: object) -> int:
    match value:
        case str():
            return len(value.encode()) + 1
        case bytes():
            return len(value)
        case list():
            return sum(map(_size, value))
        case _:
            return 8


def _checked(document: Document, name: str, smaller: str) -> Document:
    if document.size > LARGEST_DOCUMENT:
        raise StorageError(
            f"{name} is too large to be stored: {document.size:,} bytes, and a Firestore document holds "
            f"{LARGEST_DOCUMENT:,}; {smaller}"
        )
    return document


_SMALLER: Mapping[type, str] = {
    Run: "give it a smaller conf, or split the DAG",
    Attempt: "pass less through XCom and templates: keep data in a bucket and pass its name",
    Dag: "let fewer of its runs wait",
    DagVersion: "split the DAG file",
    ImportFailure: "split the DAG file",
    Wait: "wait for a shorter name",
    Pool: "shorten its description",
    Backfill: "give it a smaller conf",
    Asset: "give it a smaller extra",
    AssetEvent: "give it a smaller extra",
    User: "mark fewer favourites",
    AuditEntry: "ask for less at once",
}
