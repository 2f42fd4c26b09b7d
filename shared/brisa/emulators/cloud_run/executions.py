"""Executions of jobs: each a process, with a thread that waits for its end or ends it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from brisa.emulators.cloud_run.checks import Asked, not_found
from brisa.runtime.process import end_group

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL, as in the service."""


@dataclass(slots=True)
class Execution:
    """One execution, as it is now. Times are RFC 3339."""

    name: str
    job: str
    asked: Asked
    timeout: float
    created: str
    ended: str = ""
    status: int | None = None
    cancelled: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    """Set by who wants its end."""

    def resource(self) -> dict[str, Any]:
        """As the API has it, of what matters here."""
        env = [{"name": name, "value": value} for name, value in self.asked.variables.items()]
        return {
            "name": self.name,
            "job": self.job,
            "createTime": self.created,
            "taskCount": 1,
            "template": {"containers": [{"env": env}], "timeout": f"{self.timeout:g}s", "maxRetries": 0},
            "runningCount": int(self.status is None),
            "succeededCount": int(self.status == 0),
            "failedCount": int(self.status not in (None, 0) and not self.cancelled),
            "cancelledCount": int(self.status not in (None, 0) and self.cancelled),
            **({"completionTime": self.ended} if self.ended else {}),
        }


class Executions:
    """All of them, since this emulator began. Safe between threads."""

    def __init__(self, jobs: Sequence[str], command: Sequence[str], *, timeout: float, grace: float = GRACE) -> None:
        """``jobs``: full names of those that there are; each runs ``command``, for ``timeout`` seconds at most."""
        self._jobs = frozenset(jobs)
        self._command = tuple(command)
        self._timeout = timeout
        self._grace = grace
        self._lock = threading.Lock()
        self._all: dict[str, Execution] = {}
        self._threads: list[threading.Thread] = []

    def run(self, job: str, asked: Asked) -> Execution:
        """Begin one; it need not run yet. :class:`~brisa.emulators.refused.Refused` if there is no such job."""
        if job not in self._jobs:
            raise not_found(job)
        name = f"{job}/executions/{job.rpartition('/')[2]}-{secrets.token_hex(3)}"
        timeout = self._timeout if asked.timeout is None else asked.timeout
        execution = Execution(name=name, job=job, asked=asked, timeout=timeout, created=_now())
        if not asked.validate_only:
            thread = threading.Thread(target=self._live, args=(execution,), name=name, daemon=True)
            with self._lock:
                self._all[name] = execution
                self._threads.append(thread)
            thread.start()
        return execution

    def get(self, name: str) -> Execution:
        """One of them."""
        with self._lock:
            if name not in self._all:
                raise not_found(name)
            return self._all[name]

    def of(self, job: str) -> list[Execution]:
        """Those of one job, the latest first."""
        if job not in self._jobs:
            raise not_found(job)
        with self._lock:
            return [one for one in reversed(self._all.values()) if one.job == job]

    def cancel(self, name: str) -> Execution:
        """End one: SIGTERM, and SIGKILL if that does not help."""
        execution = self.get(name)
        execution.cancelled = True
        execution.over.set()
        return execution

    def stop(self) -> None:
        """End all of them."""
        with self._lock:
            running, threads = list(self._all.values()), list(self._threads)
        for execution in running:
            execution.over.set()
        for thread in threads:
            thread.join()

    def _live(self, execution: Execution) -> None:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "brisa.emulators.cloud_run.container",
                str(os.getpid()),
                *self._arguments(execution),
            ],
            env={**os.environ, **execution.asked.variables, **_own(execution)},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
        )
        threading.Thread(target=self._end, args=(execution, process), daemon=True).start()
        status = process.wait()
        execution.ended = _now()
        execution.status = status
        execution.over.set()

    def _end(self, execution: Execution, process: subprocess.Popen[bytes]) -> None:
        """Waits until it is to end, or has ended."""
        execution.over.wait(execution.timeout)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(self._grace)
            except subprocess.TimeoutExpired:
                end_group(process.pid)

    def _arguments(self, execution: Execution) -> Sequence[str]:
        args = execution.asked.args
        return self._command if args is None else (self._command[0], *args)


def _own(execution: Execution) -> Mapping[str, str]:
    """What Cloud Run itself tells a container."""
    return {
        "CLOUD_RUN_JOB": execution.job.rpartition("/")[2],
        "CLOUD_RUN_EXECUTION": execution.name.rpartition("/")[2],
        "CLOUD_RUN_TASK_INDEX": "0",
        "CLOUD_RUN_TASK_ATTEMPT": "0",
        "CLOUD_RUN_TASK_COUNT": "1",
    }


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
