"""Looking things up in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from brisa.model.audit import AuditEntry
from brisa.ports.store import StateStore

LOOKED_AT = 10_000
"""Entries that are looked at for a question that no index answers: the latest of those that an index has found."""
_AT_ONCE = 1000


class Found(NamedTuple):
    """A part of what was found, and how many there are in all."""

    entries: Sequence[AuditEntry]
    total: int


def search(
    store: StateStore,
    *,
    dag_id: str | None = None,
    first: int = 0,
    last: int | None = None,
    keep: Callable[[AuditEntry], bool] | None = None,
    order: Callable[[list[AuditEntry]], list[AuditEntry]] | None = None,
    ascending: bool = True,
    limit: int,
    offset: int = 0,
) -> Found:
    """Entries by DAG and by their ids' range, which the store has indexes for; and, of the latest :data:`LOOKED_AT` of
    those, the ones that ``keep`` keeps, in ``order``. Without either of both, all are counted and paged by the store.
    """
    if keep is None and order is None:
        entries = store.audit_entries(dag_id, first=first, last=last, limit=limit, offset=offset, ascending=ascending)
        return Found(entries, store.count_audit_entries(dag_id, first=first, last=last))
    found = [entry for entry in _latest(store, dag_id, first, last) if keep is None or keep(entry)]
    if ascending:
        found.reverse()
    ordered = found if order is None else order(found)
    return Found(ordered[offset : offset + limit], len(found))


def _latest(store: StateStore, dag_id: str | None, first: int, last: int | None) -> list[AuditEntry]:
    """The latest first. Each piece goes on from the id where the one before ended: entries may come meanwhile."""
    found: list[AuditEntry] = []
    while len(found) < LOOKED_AT:
        some = store.audit_entries(dag_id, first=first, last=last, limit=min(_AT_ONCE, LOOKED_AT - len(found)))
        found += some
        if len(some) < _AT_ONCE:
            break
        last = some[-1].entry_id - 1
    return found
