"""Hearing of SIGTERM inside functions-framework's server, which leaves no place to say so.

Cloud Run sends SIGTERM ten seconds before it ends an instance. gunicorn's master passes it to the process that serves,
whose own handler then lets requests under way go on for up to 30 seconds: too long, so brisa has to step in. But a
signal's handler can be set by a process's main thread alone, gunicorn sets its own after the fork (and resets every
signal that it knows), and brisa's code runs in the master before the fork, and in other threads after it.

So: before the fork the main thread sets a handler for SIGURG, which gunicorn leaves alone, everybody ignores by
default, and a forked process inherits. The first request sends SIGURG to its own process's main thread, which then
puts a handler in front of gunicorn's for SIGTERM. An instance that has had no request has nothing to end.

The ways not taken: replacing methods of gunicorn's classes, which are its own to change; blocking SIGTERM and waiting
for it in a thread, which every process begun later would inherit.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)


class Ending:
    """Calls ``stop`` once, in a thread of its own, when this process gets SIGTERM; then goes on as it would have.

    The process does not end before ``stop`` has returned. Without a server that handles SIGTERM (gunicorn does,
    Flask's own for debugging does not), everything stays as it is.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._listening = False
        self._served_in = 0
        self._before: Callable[[int, FrameType | None], object] | None = None
        self.begun = False

    def listen(self) -> None:
        """To be called before the fork, by the main thread; does nothing in another one."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGURG, self._step_in)
            self._listening = True

    def serving(self) -> None:
        """To be called by every request: the first one of a process makes it listen to SIGTERM."""
        if self._served_in == os.getpid() or not self._listening:
            return
        self._served_in = os.getpid()
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, signal.SIGURG)

    def _step_in(self, number: int, frame: FrameType | None) -> None:
        before = signal.getsignal(signal.SIGTERM)
        if self._served_in != os.getpid() or self._before is not None or not callable(before):
            return
        self._before = before
        signal.signal(signal.SIGTERM, self._terminate)
        signal.siginterrupt(signal.SIGTERM, False)  # as gunicorn has it: requests' own system calls go on

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        if not self.begun:
            self.begun = True
            threading.Thread(target=self._run, name="ending").start()
        if self._before is not None:
            self._before(number, frame)

    def _run(self) -> None:
        try:
            self._stop()
        except Exception:
            log.exception("not everything could be handed over before the end; the sweep will find it")
