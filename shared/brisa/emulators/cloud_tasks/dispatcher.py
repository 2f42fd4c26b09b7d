"""The thread that sends what is due, and the threads that wait for answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from brisa.emulators.cloud_tasks.broker import Broker
from brisa.emulators.cloud_tasks.clock import EmulatorClock
from brisa.emulators.cloud_tasks.requests import Dispatch

Deliver = Callable[[Dispatch], int | None]
_log = logging.getLogger(__name__)


class Dispatcher:
    """Sends at most ``threads`` tasks at a time, and as many as each queue allows."""

    def __init__(self, broker: Broker, clock: EmulatorClock, deliver: Deliver, *, threads: int = 64) -> None:
        self._broker = broker
        self._clock = clock
        self._deliver = deliver
        self._threads = threads
        self._under_way = 0
        self._idle = False
        self._stopped = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="deliver")
        self._copies = ThreadPoolExecutor(threads, thread_name_prefix="copy")
        self._thread = threading.Thread(target=self._run, name="dispatch", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still sends: not after an error that it did not foresee, which is in the log."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Send nothing more. What is under way is not waited for: it will be sent again by the next emulator."""
        with self._broker.changed:
            self._stopped = True
            self._broker.changed.notify_all()
        self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._copies.shutdown(wait=False, cancel_futures=True)

    def await_quiet(self, patience: float) -> bool:
        """Wait until nothing is due and nothing is under way; whether that came within ``patience`` real seconds."""
        with self._broker.changed:
            self._idle = False
            self._broker.changed.notify_all()
            return self._broker.changed.wait_for(lambda: self._idle, timeout=patience)

    def _run(self) -> None:
        with self._broker.changed:
            while not self._stopped:
                plan = self._broker.plan(self._threads - self._under_way)
                for dispatch in plan.dispatches:
                    self._send(dispatch)
                if not plan.dispatches and not self._under_way and not self._idle:
                    self._idle = True
                    self._broker.changed.notify_all()
                self._broker.changed.wait(self._clock.until(plan.next_at))

    def _send(self, dispatch: Dispatch) -> None:
        self._idle = False
        self._under_way += 1 + dispatch.copies
        for _ in range(dispatch.copies):
            self._copies.submit(self._copy, replace(dispatch, copies=0))
        self._pool.submit(self._one, dispatch)

    def _one(self, dispatch: Dispatch) -> None:
        status = None
        try:
            status = self._deliver(dispatch)
        finally:
            with self._broker.changed:
                self._under_way -= 1
                self._broker.answered(dispatch.task, status)
        _log.info("%s: %s", dispatch.task, status)

    def _copy(self, dispatch: Dispatch) -> None:
        try:
            self._deliver(dispatch)
        finally:
            with self._broker.changed:
                self._under_way -= 1
                self._broker.changed.notify_all()
