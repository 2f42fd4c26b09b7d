"""The audit log."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.audit import AuditEntry
from brisa.services.audit_search import search
from brisa.web.backend import Uses
from brisa.web.paging import Limit, Offset, begins, in_order, matches, page_size, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.logs import EventLogCollectionResponse, EventLogResponse

router = routes("Event Log")
_READ = needs(Permission.READ_AUDIT)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NATIVE = frozenset({"id", "event_log_id", "when", "dttm"})
_KEYS: Mapping[str, Callable[[AuditEntry], Any]] = {
    **dict.fromkeys(_NATIVE, lambda entry: entry.entry_id),
    "dag_id": lambda entry: entry.dag_id,
    "task_id": lambda entry: entry.task_id,
    "run_id": lambda entry: entry.run_id,
    "event": lambda entry: entry.event,
    "logical_date": lambda _: None,
    "owner": lambda entry: entry.owner,
    "extra": lambda entry: json.dumps(entry.extra),
}
_PATTERNS = ("dag_id", "task_id", "run_id", "owner", "event")


@router.get("/eventLogs/{event_log_id}", dependencies=[_READ], responses=problems(404))
def get_event_log(event_log_id: int, backend: Uses) -> EventLogResponse:
    """One entry."""
    found = backend.store.audit_entry(event_log_id) if 0 <= event_log_id < 2**63 else None
    if found is None:
        raise NotFoundError(f"The Event Log with id: `{event_log_id}` not found")
    return _view(found)


@router.get("/eventLogs", dependencies=[_READ], responses=problems(400))
def get_event_logs(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    dag_id: str | None = None,
    task_id: str | None = None,
    run_id: str | None = None,
    map_index: int | None = None,
    try_number: int | None = None,
    owner: str | None = None,
    event: str | None = None,
    excluded_events: Annotated[list[str] | None, Query()] = None,
    included_events: Annotated[list[str] | None, Query()] = None,
    before: datetime | None = None,
    after: datetime | None = None,
    dag_id_pattern: str | None = None,
    task_id_pattern: str | None = None,
    run_id_pattern: str | None = None,
    owner_pattern: str | None = None,
    event_pattern: str | None = None,
    dag_id_prefix_pattern: str | None = None,
    task_id_prefix_pattern: str | None = None,
    run_id_prefix_pattern: str | None = None,
    owner_prefix_pattern: str | None = None,
    event_prefix_pattern: str | None = None,
) -> EventLogCollectionResponse:
    """Entries. By ``dag_id``, ``before`` and ``after``, and in the order of time, all are found; of those, the latest
    10,000 are looked at for what else is asked."""
    equal = {
        "task_id": task_id,
        "run_id": run_id,
        "map_index": map_index,
        "try_number": try_number,
        "owner": owner,
        "event": event,
    }
    like = dict(
        zip(_PATTERNS, (dag_id_pattern, task_id_pattern, run_id_pattern, owner_pattern, event_pattern), strict=True)
    )
    prefixes = (
        dag_id_prefix_pattern,
        task_id_prefix_pattern,
        run_id_prefix_pattern,
        owner_prefix_pattern,
        event_prefix_pattern,
    )
    start = dict(zip(_PATTERNS, prefixes, strict=True))

    def keep(entry: AuditEntry) -> bool:
        return (
            all(wanted is None or getattr(entry, name) == wanted for name, wanted in equal.items())
            and all(not text or _matches(matches, text, entry, name) for name, text in like.items())
            and all(not text or _matches(begins, text, entry, name) for name, text in start.items())
            and (not included_events or entry.event in included_events)
            and entry.event not in (excluded_events or ())
        )

    filtered = any(value is not None for value in (*equal.values(), *like.values(), *start.values()))
    in_order([], order_by, _KEYS, "id")  # refuses what can't be ordered by
    native = all(name.removeprefix("-") in _NATIVE for name in order_by[:1])
    found = search(
        backend.store,
        dag_id=dag_id,
        first=0 if after is None else _microseconds(after) + 1,
        last=None if before is None else _microseconds(before) - 1,
        keep=keep if filtered or included_events or excluded_events else None,
        order=None if native else lambda entries: in_order(entries, order_by, _KEYS, "id"),
        ascending=not (native and order_by and order_by[0].startswith("-")),
        limit=page_size(limit),
        offset=offset,
    )
    return EventLogCollectionResponse(event_logs=[_view(entry) for entry in found.entries], total_entries=found.total)


def _matches(how: Callable[[str | None, str], bool], pattern: str, entry: AuditEntry, name: str) -> bool:
    value = getattr(entry, name)
    return how(pattern, value) if value is not None else pattern == "~"


def _microseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def _view(entry: AuditEntry) -> EventLogResponse:
    return EventLogResponse(
        event_log_id=entry.entry_id,
        when=_EPOCH + timedelta(microseconds=entry.entry_id),
        dag_id=entry.dag_id,
        task_id=entry.task_id,
        run_id=entry.run_id,
        map_index=entry.map_index,
        try_number=entry.try_number,
        event=entry.event,
        logical_date=None,
        owner=entry.owner,
        extra=json.dumps({**entry.extra, **({"origin": entry.origin} if entry.origin else {})}),
        dag_display_name=entry.dag_id,
        task_display_name=entry.task_id,
    )
