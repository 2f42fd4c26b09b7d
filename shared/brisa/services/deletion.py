"""Deleting a run, and a DAG with all that is known of it: in small commits, the document that leads to the rest last.

A DAG is flagged first. From then on nothing is made of it, and whoever plans goes on where a process has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.dag import Dag
from brisa.model.run import Run, RunKey, TaskKey
from brisa.ports.blobs import Blobs
from brisa.ports.store import Delete, Record, StateStore, Stored, Update, Write
from brisa.services.clearing import Clearing, ClearingError
from brisa.services.runs import CONFLICTS, Runs
from brisa.services.xcoms import blobs_of

BATCH = 100
"""Documents that one commit removes."""
RUNS_AT_ONCE = 10
"""Runs of a DAG that are deleted in one go."""


class DeletionError(BrisaError):
    """It can't be deleted as it is."""


class Deletion:
    """Deletes runs and DAGs."""

    def __init__(self, store: StateStore, blobs: Blobs, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._runs = runs
        self._clearing = Clearing(store, runs)

    def delete_run(self, key: RunKey, *, cancel: bool = False) -> None:
        """Remove a run, its attempts, logs, XComs and waits.

        One that has not ended is cancelled first, with ``cancel``, or else a :class:`DeletionError`.
        :class:`NotFoundError` for an unknown one.
        """
        for _ in range(CONFLICTS):
            dag = self._store.dag(key.dag_id)
            stored = self._store.run(key)
            if stored is None:
                raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
            if not stored.record.state.terminal:
                if not cancel:
                    raise DeletionError(
                        f"run {key.run_id!r} of DAG {key.dag_id!r} has not ended, it is {stored.record.state.value}: "
                        "cancel it first"
                    )
                self._cancel(key)
                continue
            self._empty(key)
            try:
                self._store.commit(Delete(stored.record), *_forgotten(dag, stored.record))
                return
            except ConflictError:
                continue  # a run of the DAG has begun or ended: perhaps this one was cleared
        raise UnavailableError(f"DAG {key.dag_id!r} changes too often; try again")

    def delete_tasks(self, key: RunKey, names: Sequence[str]) -> None:
        """Remove task instances, by their names in the run, with their attempts, logs and XComs; what is below goes on
        without them. Clearing brings them back. :class:`NotFoundError` for an unknown run."""
        self._clearing.remove(key, names)
        for name in names:
            attempts = [stored.record for stored in self._store.task_attempts(key, TaskKey.of(name))]
            for attempt in attempts:
                for blob in blobs_of(attempt):
                    self._blobs.delete(blob)
            for first in range(0, len(attempts), BATCH):
                self._remove(attempts[first : first + BATCH])

    def delete_dag(self, dag_id: str, *, cancel: bool = False) -> None:
        """Remove a DAG, its runs and versions, and all that belongs to them. A file that defines it brings it back.

        Runs that have not ended are cancelled first, with ``cancel``, or else a :class:`DeletionError`.
        :class:`NotFoundError` for an unknown one.
        """
        self.flag(dag_id, cancel=cancel)
        while self.go_on(dag_id):
            pass

    def flag(self, dag_id: str, *, cancel: bool = False) -> None:
        """Begin to delete a DAG: from now on nothing is made of it, and whoever plans does the rest. Idempotent."""
        for _ in range(CONFLICTS):
            stored = self._store.dag(dag_id)
            if stored is None:
                raise NotFoundError(f"there is no DAG {dag_id!r}")
            dag = stored.record
            if dag.deleting:
                return
            open_runs = (*dag.active_runs, *dag.waiting_runs, *(dag.backfill.active_runs if dag.backfill else ()))
            if (open_runs or dag.backfill) and not cancel:
                what = f"runs that have not ended ({len(open_runs):,})" if open_runs else "an open backfill"
                raise DeletionError(f"DAG {dag_id!r} has {what}: cancel that first")
            flagged = replace(dag, deleting=True, active=False, paused=True, backfill=None, waiting_runs=())
            try:
                self._store.commit(Update(flagged, stored.revision))
                return
            except ConflictError:
                continue
        raise UnavailableError(f"DAG {dag_id!r} changes too often; try again")

    def go_on(self, dag_id: str) -> bool:
        """Remove some more of a DAG that is flagged; whether there is more. Another that is not is left alone."""
        stored = self._store.dag(dag_id)
        if stored is None or not stored.record.deleting:
            return False
        runs = self._store.runs(dag_id, limit=RUNS_AT_ONCE)
        for run in runs:
            try:
                self.delete_run(run.record.key, cancel=True)
            except NotFoundError:
                continue  # somebody else does the same
        if runs:
            return True
        for found in (self._store.versions(dag_id, limit=BATCH), self._store.backfills(dag_id, limit=BATCH)):
            if found:
                self._remove(found)
                return True
        for kind in ("logs", "xcoms"):
            self._blobs.delete_folder(f"{kind}/{dag_id}")
        self._remove([stored.record])
        return False

    def _cancel(self, key: RunKey) -> None:
        try:
            self._clearing.cancel(key)
        except ClearingError:
            return  # it has just ended

    def _empty(self, key: RunKey) -> None:
        """Remove what belongs to a run."""
        while attempts := self._store.attempts(key, limit=BATCH):
            for stored in attempts:
                for blob in blobs_of(stored.record):
                    self._blobs.delete(blob)
            self._remove([stored.record for stored in attempts])
        while waits := self._store.waits_of(key, limit=BATCH):
            self._remove([stored.record for stored in waits])

    def _remove(self, records: Sequence[Record]) -> None:
        self._store.commit(*(Delete(record) for record in records))


def _forgotten(stored: Stored[Dag] | None, run: Run) -> Sequence[Write]:
    """The DAG document without the run. Written even where nothing changes: a run that is cleared writes it, too, so
    that one of the two fails."""
    if stored is None:
        return ()
    dag = stored.record
    return (
        Update(
            replace(
                dag,
                active_runs=tuple(run_id for run_id in dag.active_runs if run_id != run.run_id),
                waiting_runs=tuple(run_id for run_id in dag.waiting_runs if run_id != run.run_id),
            ),
            stored.revision,
        ),
    )
