"""Records to rows and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from brisa.adapters.sqlite.queries import (
    ASSET_EVENTS,
    ASSETS,
    ATTEMPTS,
    AUDIT_ENTRIES,
    BACKFILLS,
    DAGS,
    IMPORT_FAILURES,
    POOLS,
    RUNS,
    USERS,
    VERSIONS,
    WAITS,
    Table,
)
from brisa.errors import DecodeError
from brisa.model import codec
from brisa.model.asset import Asset, AssetEvent
from brisa.model.audit import AuditEntry
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.pool import Pool
from brisa.model.run import Attempt, Run
from brisa.model.states import AttemptState
from brisa.model.user import User
from brisa.model.wait import Wait
from brisa.ports.store import Record

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Row(NamedTuple):
    """A record for its table."""

    table: Table
    key: tuple[Any, ...]
    columns: tuple[Any, ...]
    doc: str


def to_row(record: Record) -> Row:
    """The row that keeps ``record``."""
    table, key, columns = _place(record)
    return Row(table, key, columns, to_text(record))


def to_key(record: Record) -> tuple[Table, tuple[Any, ...]]:
    """Where ``record`` is kept."""
    return _place(record)[:2]


def to_text(record: object) -> str:
    """A record as JSON text that can be stored."""
    return codec.dumps(codec.encode_document(record))


def from_text(kind: type[T], text: str) -> T:
    """The record of a stored JSON text; :class:`~brisa.errors.DecodeError` if it is none."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise DecodeError(f"a stored {kind.__name__} is not JSON: {error}") from error
    return codec.decode_document(kind, data)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since the epoch, exact."""
    return (moment - _EPOCH) // _MICROSECOND


def _place(record: Record) -> tuple[Table, tuple[Any, ...], tuple[Any, ...]]:  # noqa: C901  a line for each kind
    match record:
        case Run():
            return RUNS, tuple(record.key), _run_columns(record)
        case Attempt():
            reported = record.state is AttemptState.REPORTED
            return ATTEMPTS, tuple(record.key), (record.ended_at or 0.0 if reported else None,)
        case Dag():
            due = record.due_at
            return DAGS, (record.dag_id,), (due,)
        case DagVersion():
            return VERSIONS, (record.dag_id, record.version), (record.created_at,)
        case ImportFailure():
            return IMPORT_FAILURES, (record.file,), ()
        case Wait():
            return WAITS, tuple(record.key), ()
        case Pool():
            return POOLS, (record.name,), ()
        case Backfill():
            return BACKFILLS, (record.backfill_id,), (record.dag_id,)
        case Asset():
            return ASSETS, tuple(record.key), ()
        case AssetEvent():
            aliases = codec.dumps(list(record.aliases)) if record.aliases else None
            return ASSET_EVENTS, (record.event_id,), (record.uri, record.timestamp, aliases)
        case User():
            return USERS, (record.username,), ()
        case AuditEntry():
            return AUDIT_ENTRIES, (record.entry_id,), (record.dag_id,)


def _run_columns(run: Run) -> tuple[Any, ...]:
    date = None if run.logical_date is None else microseconds(run.logical_date)
    linked = None if run.previous is None else date
    return (
        run.state.value,
        run.run_after,
        date,
        run.next_check_at,
        linked,
        run.run_type.value,
        run.version,
        run.queued_at,
        run.started_at,
        run.ended_at,
        run.triggering_user,
        run.partition_key or "",
        None if run.partition_date is None else microseconds(run.partition_date),
    )
