"""What adapters have done, counted as Google bills it."""

from __future__ import annotations

import threading
from collections import Counter


class Counts:
    """How often, by verb. ``reads`` and ``writes`` are documents, ``operations`` are calls of the queue."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reads: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.deletes: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()

    def add(self, counter: Counter[str], verb: str, number: int = 1) -> None:
        """Count ``number`` more of ``verb``, safely between threads."""
        with self._lock:
            counter[verb] += number

    def totals(self) -> dict[str, int]:
        """Documents read, written and deleted, and operations of the queue."""
        with self._lock:
            return {
                "reads": self.reads.total(),
                "writes": self.writes.total(),
                "deletes": self.deletes.total(),
                "operations": self.operations.total(),
            }

    def reset(self) -> None:
        """Start from nothing."""
        with self._lock:
            for counter in (self.reads, self.writes, self.deletes, self.operations):
                counter.clear()
