"""An alarm clock for what runs in the main thread: raises in it, whatever it waits for."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def alarm(seconds: float, error: Callable[[], BaseException], *, again: float = 0.0) -> Iterator[None]:
    """Raise ``error()`` in what is inside when it takes longer; once more every ``again`` seconds, if that is given.

    An alarm that was set before goes off when it would have. Outside of the main thread nothing ever does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGALRM)
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    begun = time.monotonic()
    earlier = 0.0 < left <= seconds

    def over(number: int, frame: FrameType | None) -> None:
        if earlier and callable(before):
            before(number, frame)
        else:
            raise error()

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(1e-6, left if earlier else seconds), again)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(1e-6, left - (time.monotonic() - begun)))
