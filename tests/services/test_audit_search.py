"""Looking things up in the audit log: what indexes answer, and what is looked at entry by entry."""

from __future__ import annotations

import pytest

from brisa.adapters.memory import MemoryStore
from brisa.model.audit import AuditEntry
from brisa.ports.store import Create
from brisa.services import audit_search
from brisa.services.audit_search import search


@pytest.fixture
def store() -> MemoryStore:
    """Entries 1 to 30; every third is about a DAG, every second is a ``post``."""
    made = MemoryStore()
    for number in range(1, 31):
        event = "post" if number % 2 == 0 else "patch"
        dag_id = "d" if number % 3 == 0 else None
        made.commit(Create(AuditEntry(entry_id=number, event=event, owner="ana", dag_id=dag_id)))
    return made


def test_what_indexes_answer_is_paged_by_the_store(store: MemoryStore) -> None:
    """By DAG and time, either way round."""
    found = search(store, dag_id="d", first=5, last=20, limit=2, offset=1)
    assert ([entry.entry_id for entry in found.entries], found.total) == ([9, 12], 5)
    found = search(store, ascending=False, limit=3)
    assert ([entry.entry_id for entry in found.entries], found.total) == ([30, 29, 28], 30)


def test_what_they_do_not_is_looked_at(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest so many, in several pieces; the pages are as if there were an index."""
    monkeypatch.setattr(audit_search, "LOOKED_AT", 11)
    monkeypatch.setattr(audit_search, "_AT_ONCE", 3)
    found = search(store, keep=lambda entry: entry.event == "post", limit=2, offset=1)
    assert ([entry.entry_id for entry in found.entries], found.total) == ([22, 24], 6)
    found = search(store, keep=lambda entry: entry.event == "post", ascending=False, limit=9)
    assert ([entry.entry_id for entry in found.entries], found.total) == ([30, 28, 26, 24, 22, 20], 6)
    found = search(store, dag_id="d", order=lambda some: sorted(some, key=lambda entry: entry.event), limit=4)
    assert ([entry.entry_id for entry in found.entries], found.total) == ([3, 9, 15, 21], 10)
