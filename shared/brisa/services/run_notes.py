"""What people write about a run, beside what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from brisa.errors import ConflictError, NotFoundError, UnavailableError
from brisa.model.run import Run, RunKey
from brisa.ports.store import StateStore, Update
from brisa.services.runs import CONFLICTS


def annotate(store: StateStore, key: RunKey, note: str) -> Run:
    """Note ``note`` of a run, in place of what was noted. Raises :class:`NotFoundError` for an unknown one."""
    return _changed(store, key, lambda run: replace(run, note=note))


def forget_partition(store: StateStore, key: RunKey) -> Run:
    """Take key and date of its partition from a run. Raises :class:`NotFoundError` for an unknown one."""
    return _changed(store, key, lambda run: replace(run, partition_key=None, partition_date=None))


def _changed(store: StateStore, key: RunKey, change: Callable[[Run], Run]) -> Run:
    for _ in range(CONFLICTS):
        stored = store.run(key)
        if stored is None:
            raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
        run = change(stored.record)
        if run == stored.record:
            return run
        try:
            store.commit(Update(run, stored.revision))
            return run
        except ConflictError:
            continue
    raise UnavailableError(f"run {key.run_id!r} of DAG {key.dag_id!r} changes too often; try again")
