"""Deleting a run, and a DAG with all that is known of it: in small commits, the document that leads to the rest last.

A DAG is flagged first. From then on nothing is made of it, and whoever plans goes on where a process has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.dag import Dag
from brisa.model.events import Event, MarkRun
from brisa.model.run import Run, RunKey, TaskKey
from brisa.model.states import RunState
from brisa.ports.blobs import Blobs
from brisa.ports.store import Delete, Record, StateStore, Stored, Update, Write
from brisa.services.asset_documents import asset_writes
from brisa.services.clearing import Clearing
from brisa.services.runs import CONFLICTS, Runs
from brisa.services.xcoms import blobs_of, run_folder

BATCH = 100
"""Documents that one commit removes."""
RUNS_AT_ONCE = 10
"""Runs of a DAG that are deleted in one go."""
_KINDS = ("logs", "xcoms")
"""Of blobs."""


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
        self._delete_run(key, cancel=cancel, only=lambda _: True)

    def _delete_run(self, key: RunKey, *, cancel: bool, only: Callable[[Stored[Dag] | None], bool]) -> None:
        """As :meth:`delete_run`, while the DAG document is one that ``only`` agrees to."""
        for _ in range(CONFLICTS):
            # The run first: if the DAG still is the one that is meant, so was the run.
            stored = self._store.run(key)
            dag = self._store.dag(key.dag_id)
            if stored is None or not only(dag):
                raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
            if not stored.record.state.terminal:
                if not cancel:
                    raise DeletionError(
                        f"run {key.run_id!r} of DAG {key.dag_id!r} has not ended, it is {stored.record.state.value}: "
                        "cancel it first"
                    )
                self._cancel(stored.record)
                continue
            if stored.record.announcing:  # its tasks have changed assets: nobody else would tell, once it is gone
                self._runs.announce(stored.record)
                continue
            try:
                stored = self._emptied(stored)
                self._store.commit(Delete(stored.record, stored.revision), *_forgotten(dag, stored.record))
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
                self._store.commit(*(Delete(attempt) for attempt in attempts[first : first + BATCH]))

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
            version = self._store.version(dag_id, dag.version)
            of_assets = asset_writes(self._store, dag_id, None if version is None else version.spec, None)
            try:
                self._store.commit(Update(flagged, stored.revision), *of_assets)
                return
            except ConflictError:
                continue
        raise UnavailableError(f"DAG {dag_id!r} changes too often; try again")

    def go_on(self, dag_id: str) -> bool:
        """Remove some more of a DAG that is flagged; whether there is more. Another that is not is left alone.

        Each step is taken on the condition that the DAG still is the one that was flagged: once all is gone, its file
        may bring it back while somebody is late here.
        """
        stored = self._store.dag(dag_id)
        if stored is None or not stored.record.deleting:
            return False
        runs = self._store.runs(dag_id, limit=RUNS_AT_ONCE)
        for run in runs:
            try:
                self._delete_run(run.record.key, cancel=True, only=_is_flagged)
            except NotFoundError:
                continue  # somebody else does the same
        if runs:
            return True
        try:
            for found in (self._store.versions(dag_id, limit=BATCH), self._store.backfills(dag_id, limit=BATCH)):
                if found:
                    self._store.commit(Update(stored.record, stored.revision), *(Delete(record) for record in found))
                    return True
            for kind in _KINDS:
                self._blobs.delete_folder(f"{kind}/{dag_id}")
            self._store.commit(Delete(stored.record, stored.revision))
        except ConflictError:
            return True
        return False

    def _cancel(self, run: Run) -> None:
        """End this very run, and no other that may have its id by now."""

        def events(now: Run) -> list[Event]:
            same = now.queued_at == run.queued_at
            return [MarkRun(state=RunState.FAILED)] if same and not now.state.terminal else []

        with suppress(NotFoundError):
            self._runs.change(run.key, events)

    def _emptied(self, stored: Stored[Run]) -> Stored[Run]:
        """Remove what belongs to a run, and return the run; :class:`ConflictError` once it is another one."""
        run = stored.record
        while attempts := self._store.attempts(run.key, limit=BATCH):
            for attempt in attempts:
                for blob in blobs_of(attempt.record):
                    self._blobs.delete(blob)
            stored = self._removed(stored, [attempt.record for attempt in attempts])
        while waits := self._store.waits_of(run.key, limit=BATCH):
            stored = self._removed(stored, [wait.record for wait in waits])
        for kind in _KINDS:  # attempts whose results came to nothing have left some that no document names
            self._blobs.delete_folder(f"{kind}/{run_folder(run.key)}")
        return stored

    def _removed(self, stored: Stored[Run], records: Sequence[Record]) -> Stored[Run]:
        """Remove some of what belongs to a run, on the condition that it is as it was."""
        revision, *_ = self._store.commit(
            Update(stored.record, stored.revision), *(Delete(record) for record in records)
        )
        return Stored(stored.record, revision)


def _is_flagged(stored: Stored[Dag] | None) -> bool:
    return stored is not None and stored.record.deleting


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
