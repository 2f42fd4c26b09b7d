"""The memory adapters, with an eye on what is written and sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from brisa.adapters.identity import describe, identity
from brisa.adapters.memory import MemoryBlobs, MemoryQueue, MemoryStore
from brisa.model.asset import Asset, AssetEvent
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag, DagVersion
from brisa.model.run import Attempt, Run
from brisa.model.wait import Wait
from brisa.model.work import Work
from brisa.ports.clock import Clock
from brisa.ports.store import Delete, Record, Revision, Write

Changes: TypeAlias = list[tuple[Record | None, Record | None]]
"""What a commit wrote: (before, after)."""
Watcher: TypeAlias = Callable[[Changes], None]


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
                (None if before is None else before.record, None if isinstance(write, Delete) else write.record)
                for before, write in zip(found, writes, strict=True)
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

    def left_of(self, dag_id: str, run_id: str | None = None) -> list[str]:
        """What there is of a DAG, or of one of its runs."""
        run_ids = {run_id} if run_id is not None else None

        def belongs(record: Record) -> bool:
            match record:
                case Run():
                    return record.dag_id == dag_id and (run_ids is None or record.run_id in run_ids)
                case Attempt() | Wait():
                    return record.key.dag_id == dag_id and (run_ids is None or record.key.run_id in run_ids)
                case Dag() | DagVersion() | Backfill():
                    return run_ids is None and record.dag_id == dag_id
                case Asset():
                    return run_ids is None and dag_id in (*record.consumers, *record.producers)
                case _:
                    return False

        found = [one.record for records in self._records.values() for one in records.values()]
        return [describe(identity(record)) for record in found if belongs(record)]

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
        """Nothing was spooled, and that is the log."""
        self.put(name, b"")

    def left_of(self, dag_id: str, run_id: str | None = None) -> list[str]:
        """What there is of a DAG, or of one of its runs."""
        folder = f"/{dag_id}/" if run_id is None else f"/{dag_id}/{run_id}/"
        return [name for name in self._blobs if folder in name]
