"""``timeout``: a limit for a part of a task's work."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from brisa.authoring.exceptions import AirflowTaskTimeout


@contextmanager
def timeout(seconds: float = 1, error_message: str = "Timeout") -> Iterator[None]:
    """Raise :class:`AirflowTaskTimeout` in what is inside when ``seconds`` are over. For a process's main thread.

    The task's own ``execution_timeout`` uses the same alarm. If its time is over first, it is its handler that is
    called; what is left of its time goes on afterwards.
    """
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    end = time.monotonic() + left
    outer_first = 0 < left <= seconds

    def over(signum: int, frame: FrameType | None) -> None:
        if outer_first and callable(outer):
            outer(signum, frame)
        else:
            raise AirflowTaskTimeout(error_message)

    outer = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(1e-6, left if outer_first else seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(1e-6, end - time.monotonic()))
