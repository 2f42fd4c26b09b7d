"""What names a record, the same for every store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from brisa.model.asset import Asset, AssetEvent
from brisa.model.audit import AuditEntry
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.pool import Pool
from brisa.model.run import Attempt, Run
from brisa.model.user import User
from brisa.model.wait import Wait
from brisa.ports.store import Record, Write

Identity: TypeAlias = tuple[str | int, ...]
"""The record's kind, then the parts of its key."""


def identity(record: Record) -> Identity:  # noqa: C901  a line for each kind of record
    """What names ``record`` among all records of a store."""
    match record:
        case Run():
            return ("run", *record.key)
        case Attempt():
            return ("attempt", *record.key)
        case Dag():
            return ("dag", record.dag_id)
        case DagVersion():
            return ("version", record.dag_id, record.version)
        case ImportFailure():
            return ("import_failure", record.file)
        case Wait():
            return ("wait", *record.key)
        case Pool():
            return ("pool", record.name)
        case Backfill():
            return ("backfill", record.backfill_id)
        case Asset():
            return ("alias" if record.key.alias else "asset", record.key.uri)
        case AssetEvent():
            return ("asset_event", record.event_id)
        case User():
            return ("user", record.username)
        case AuditEntry():
            return ("audit_entry", record.entry_id)


def check_distinct(writes: Sequence[Write]) -> None:
    """Raise ``ValueError`` when two writes of one commit are of one record."""
    if len(writes) < 2:
        return
    seen: set[Identity] = set()
    for write in writes:
        name = identity(write.record)
        if name in seen:
            raise ValueError(f"two writes of one record in one commit: {describe(name)}")
        seen.add(name)


def describe(name: Identity) -> str:
    """An identity for people: ``run 'dag' 'run id'``."""
    return " ".join([str(name[0]), *(repr(part) for part in name[1:])])


def utc_moment(text: str) -> datetime:
    """The moment of an ISO 8601 text, UTC where it names no zone; ``ValueError`` if it is none."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
