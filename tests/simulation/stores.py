"""The memory adapters, with an eye on what is written and sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from brisa.adapters.identity import identity
from brisa.adapters.memory import MemoryBlobs, MemoryQueue, MemoryStore
from brisa.model.asset import AssetEvent
from brisa.model.dag import Dag
from brisa.model.run import Attempt, Run
from brisa.model.work import Work
from brisa.ports.clock import Clock
from brisa.ports.store import Delete, Record, Revision, Write

Watcher: TypeAlias = Callable[[list[tuple[Record | None, Record]]], None]
"""Told what each commit wrote: (before, after)."""


class Store(MemoryStore):
    """A store that is watched."""

    def __init__(self, watch: Watcher) -> None:
        super().__init__()
        self._watch = watch
        self.commits = 0

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """Apply all writes, or none, and tell the watcher."""
        found = [self._records[type(write.record)].get(identity(write.record)) for write in writes]
        revisions = super().commit(*writes)
        self.commits += 1
        self._watch(
            [
                (None if before is None else before.record, write.record)
                for before, write in zip(found, writes, strict=True)
                if not isinstance(write, Delete)
            ]
        )
        return revisions

    def all_runs(self) -> list[Run]:
        """Every run."""
        return [stored.record for stored in self._all(Run)]

    def all_attempts(self) -> list[Attempt]:
        """Every attempt."""
        return [stored.record for stored in self._all(Attempt)]

    def all_events(self) -> list[AssetEvent]:
        """Every asset event."""
        return [stored.record for stored in self._all(AssetEvent)]

    def next_work(self, ahead: float, in_vain: Callable[[Run], bool]) -> float | None:
        """When a planner that looks ``ahead`` has something to do, unless something happens before.

        ``in_vain``: whether to look at a run would change nothing.
        """
        looks = (one.record for one in self._all(Run) if one.record.next_check_at is not None)
        moments = [run.next_check_at for run in looks if not in_vain(run)]
        moments += [one.record.due_at - ahead for one in self._all(Dag) if one.record.due_at is not None]
        return min((moment for moment in moments if moment is not None), default=None)

    def revision(self, record: Record) -> Revision:
        """The revision of what has the key of ``record``."""
        found = self._records[type(record)].get(identity(record))
        return None if found is None else found.revision


class Queue(MemoryQueue):
    """A queue that says what was sent."""

    def __init__(self, clock: Clock, sent: Callable[[Sequence[Work]], None]) -> None:
        super().__init__(clock)
        self._sent = sent

    def enqueue(self, messages: Sequence[Work]) -> None:
        """Send each message once per name."""
        super().enqueue(messages)
        self._sent(messages)


class Blobs(MemoryBlobs):
    """Blobs without spools: what is played writes no logs."""

    def spool(self, name: str) -> Path:
        """No file."""
        return Path("/dev/null")

    def seal(self, name: str) -> None:
        """Nothing was spooled."""
