"""Removing what is old: runs that have ended, with their attempts, logs and XComs; and entries of the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from brisa.errors import NotFoundError
from brisa.model.audit import AuditEntry
from brisa.model.run import Run
from brisa.model.states import RunState
from brisa.ports.search import Bound, RunSearch
from brisa.ports.store import Delete, StateStore
from brisa.services.deletion import BATCH, Deletion, DeletionError

_MICROSECONDS = 1_000_000


class Cleaning:
    """Finds and removes. Whatever is interrupted can be begun again."""

    def __init__(self, store: StateStore, deletion: Deletion) -> None:
        self._store = store
        self._deletion = deletion

    def old_runs(self, before: datetime, dag_ids: Sequence[str] = ()) -> Iterator[Run]:
        """Runs that have ended before that moment, of these DAGs or all, the oldest first.

        The latest run of each DAG is none of them: as in Airflow, whoever looks at a DAG wants to see how it was.
        """
        latest: dict[str, str] = {}
        search = RunSearch(
            dag_ids=tuple(dag_ids),
            states=tuple(state.value for state in RunState if state.terminal),
            bounds=(Bound("ended_at", "<", before.timestamp()),),
            limit=_MICROSECONDS,
        )
        for stored in self._store.find_runs(search).runs:
            run = stored.record
            if run.dag_id not in latest:
                newest = self._store.runs(run.dag_id, limit=1)
                latest[run.dag_id] = newest[0].record.run_id if newest else ""
            if run.run_id != latest[run.dag_id]:
                yield run

    def remove_run(self, run: Run) -> bool:
        """Remove it, unless it has begun again meanwhile; whether it is gone."""
        try:
            self._deletion.delete_run(run.key)
        except NotFoundError:
            return True
        except DeletionError:
            return False
        return True

    def count_entries(self, before: datetime) -> int:
        """How many entries of the audit log there are of before that moment."""
        return self._store.count_audit_entries(last=_last(before))

    def remove_entries(self, before: datetime) -> int:
        """Remove them; how many they were."""
        count = 0
        while found := self._entries(before):
            self._store.commit(*(Delete(entry) for entry in found))
            count += len(found)
        return count

    def _entries(self, before: datetime) -> Sequence[AuditEntry]:
        return self._store.audit_entries(last=_last(before), limit=BATCH, ascending=True)


def _last(before: datetime) -> int:
    return int(before.timestamp() * _MICROSECONDS) - 1
