"""A site whose state is in Google's Firestore emulator, and what its processes ask of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from brisa.adapters.firestore import FirestoreStore
from brisa.adapters.memory import FakeClock
from brisa.model.run import Run
from brisa.model.spec import DagSpec
from brisa.ports.store import Revision, Update, Write
from tests.support.builders import dag, task
from tests.support.firestore_emulator import FirestoreEmulator
from tests.support.site import Site

THREADS = 16


class CountingFirestore(FirestoreStore):
    """Firestore, and how many commits have changed a run's document."""

    commits_of_runs = 0

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """Count it when it is done."""
        revisions = super().commit(*writes)
        self.commits_of_runs += any(isinstance(write, Update) and isinstance(write.record, Run) for write in writes)
        return revisions


@contextmanager
def firestore_site(
    emulator: FirestoreEmulator, spec: DagSpec, plays: Any = None, **more: Any
) -> Iterator[tuple[Site, CountingFirestore]]:
    """A site, and the store as its processes have it: what a test itself asks is not counted there. Wipes the emulator.

    The site's time stands still while something works, and the emulator's does not: no patience is needed.
    """
    emulator.wipe()
    with (
        closing(CountingFirestore(emulator.client(), FakeClock())) as worked_on,
        closing(FirestoreStore(emulator.client(), FakeClock())) as store,
    ):
        yield Site(spec, plays, store=store, worked_on=worked_on, ahead=60.0, hands_on=True, **more), worked_on


def fan(width: int) -> DagSpec:
    """So many tasks side by side and a join."""
    names = [f"n{number}" for number in range(width)]
    return dag(*map(task, names), task("join", *names), max_active_tasks=0)
