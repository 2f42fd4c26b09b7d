"""What a Cloud Run job runs, from the worker's own image: one attempt, ``python -m brisa.handlers.job``.

It claims, executes and finishes as the worker function does, and sends what becomes ready. Its message and how long the
attempt may last are in its environment, beside the worker's own variables. Status 0: there is nothing left to do (the
task may have failed, or be somebody else's); 1: a service was away, and the sweep sees to it; 2: it was told nonsense.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Protocol

from brisa.adapters.cloudrun import TRACE_VARIABLE, decode_execution
from brisa.errors import BrisaError, StorageError, UnavailableError
from brisa.handlers.entrance import GRACE
from brisa.handlers.entry import Entry
from brisa.handlers.log_lines import handling, log_in_lines, name_traces_after
from brisa.model.run import Message
from brisa.model.trace import read_trace
from brisa.ports.telemetry import within


class Worker(Protocol):
    """Works, and can be told to stop."""

    def handle(self, work: Message) -> object:
        """As :meth:`brisa.services.worker.Worker.handle`."""
        ...

    def stop(self, seconds: float) -> None:
        """As :meth:`brisa.services.worker.Worker.stop`."""
        ...


def run(environment: Mapping[str, str], worker: Callable[[float], Worker]) -> int:
    """Handle the message of ``environment``; the exit status. ``worker`` makes one, for so many seconds an attempt."""
    with within(read_trace(environment.get(TRACE_VARIABLE, ""))), handling("job"):
        name_traces_after(environment.get("GOOGLE_CLOUD_PROJECT", ""))
        return _run(environment, worker)


def _run(environment: Mapping[str, str], worker: Callable[[float], Worker]) -> int:
    entry = Entry(function="job")
    try:
        message, longest = decode_execution(environment)
        key = message.attempt
        entry.note(
            dag_id=key.dag_id,
            run_id=key.run_id,
            task_id=key.task_id,
            map_index=key.map_index,
            try_number=key.try_number,
            execution=environment.get("CLOUD_RUN_EXECUTION", ""),
        )
        made = worker(longest)
        with _Ending(made):
            made.handle(message)
    except (UnavailableError, StorageError) as error:
        entry.outcome, entry.detail = "unavailable", str(error)
        entry.write(503)
        return 1
    except BrisaError as error:
        entry.outcome = "defect"
        entry.fail(error)
        entry.write(500)
        return 2
    entry.outcome = "handled"
    entry.write(200)
    return 0


class _Ending:
    """While inside, SIGTERM (ten seconds before Cloud Run ends a job: cancelled, or its time is over) hands over."""

    def __init__(self, worker: Worker) -> None:
        self._stopping = threading.Thread(target=worker.stop, args=(GRACE,), name="ending")
        self._begun = False

    def __enter__(self) -> None:
        signal.signal(signal.SIGTERM, self._terminate)

    def __exit__(self, *_: object) -> None:
        if self._begun:
            self._stopping.join()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _terminate(self, _number: int, _frame: FrameType | None) -> None:
        if not self._begun:
            self._begun = True
            self._stopping.start()


def _worker(longest: float) -> Worker:
    from brisa.bootstrap.cloud import cloud_stack

    log_in_lines()
    stack = cloud_stack(longest)
    atexit.register(stack.telemetry.flush)
    return stack.worker


if __name__ == "__main__":
    sys.exit(run(os.environ, _worker))
