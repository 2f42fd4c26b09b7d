"""Jobs that are only written down: whoever tests begins them."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass

from brisa.errors import JobError
from brisa.model.run import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution that was started."""

    job: str
    message: Message
    seconds: float


class MemoryJobs:
    """A :class:`~brisa.ports.jobs.Jobs` that has some jobs. As of the real one, a repeated start is a second one."""

    def __init__(self, jobs: Collection[str]) -> None:
        self._jobs = frozenset(jobs)
        self._lock = threading.Lock()
        self._started: list[Execution] = []

    def start(self, job: str, message: Message, *, seconds: float) -> None:
        """See the port."""
        if job not in self._jobs:
            raise JobError(f"Cloud Run job {job}: there is none of that name")
        with self._lock:
            self._started.append(Execution(job=job, message=message, seconds=seconds))

    def take(self) -> list[Execution]:
        """Those started since the last call."""
        with self._lock:
            started, self._started = self._started, []
        return started
