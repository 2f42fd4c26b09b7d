"""Embedded mode's engine room: threads that take messages from the local queue, and one that plans."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from brisa.errors import BrisaError, StorageError, UnavailableError
from brisa.model.work import Work
from brisa.ports.clock import Clock
from brisa.ports.queue import LocalQueue
from brisa.services.planner import Planner

log = logging.getLogger(__name__)

_LONGEST_WAIT = 30.0
"""Seconds after which a thread looks for work even if nobody has called it."""
_AFTER_TROUBLE = 2.0
_SAID_AGAIN = 60.0
"""Seconds for which the same trouble isn't said again."""


class Bell:
    """Wakes the threads that wait for work. Ringing before anybody listens isn't lost."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0
        self._closed = False

    def ring(self, times: int = 1) -> None:
        """There is work for so many."""
        with self._condition:
            self._rings += times
            self._condition.notify(times)

    def close(self) -> None:
        """Nobody should wait any more."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nobody should wait, or work on, any more."""
        return self._closed

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, ``seconds`` at most; False once closed."""
        with self._condition:
            if not self._rings and not self._closed:
                self._condition.wait(seconds)
            self._rings = max(0, self._rings - 1)
            return not self._closed


class Trouble:
    """What threads do when a person must act, or something must pass: say so, and wait before they try again."""

    def __init__(self, seconds: float = _AFTER_TROUBLE) -> None:
        """``seconds``: how long to wait."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._said: dict[str, float] = {}
        """What went wrong lately, and when that was last said."""
        self._closed = threading.Event()

    def __call__(self, text: str) -> bool:
        """Say ``text``, once a minute if it goes on, and wait. False, and not a word, once closed: do not try again."""
        if self._closed.is_set():
            return False
        now = time.monotonic()
        with self._lock:
            lately = {said: when for said, when in self._said.items() if now - when < _SAID_AGAIN}
            if text not in lately:
                log.error("%s; brisa goes on trying", text)
            self._said = {text: now, **lately}
        return not self._closed.wait(self._seconds)

    def close(self) -> None:
        """Nobody should try again."""
        self._closed.set()


class RingingQueue:
    """The local queue, whose senders wake the takers."""

    def __init__(self, queue: LocalQueue, bell: Bell) -> None:
        self._queue = queue
        self._bell = bell

    def enqueue(self, messages: Sequence[Work]) -> None:
        """As :meth:`brisa.ports.queue.TaskQueue.enqueue`."""
        self._queue.enqueue(messages)
        self._bell.ring(len(messages))


class Dispatcher:
    """Runs ``handle`` for each message that is due, on ``slots`` threads, and the planner on one more."""

    def __init__(
        self,
        queue: LocalQueue,
        handle: Callable[[Work], None],
        planner: Planner,
        clock: Clock,
        *,
        owner: str,
        slots: int,
        bell: Bell,
        next_due: Callable[[], float | None],
        trouble: Trouble | None = None,
    ) -> None:
        """``bell`` is rung by whoever enqueues; ``next_due`` tells when the planner has work (seconds since epoch).

        ``trouble`` is what the threads do when the store can't be used.
        """
        self._queue = queue
        self._handle = handle
        self._planner = planner
        self._clock = clock
        self._owner = owner
        self._bell = bell
        self._planner_bell = Bell()
        self._next_due = next_due
        self._trouble = trouble or Trouble()
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(slots)
        ]
        self._threads.append(threading.Thread(target=self._plan, name="planner", daemon=True))

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Take no more messages, and wait so long (in all) for those being handled."""
        self._bell.close()
        self._planner_bell.close()
        self._trouble.close()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def wake_planner(self) -> None:
        """Something that the planner looks at has changed."""
        self._planner_bell.ring()

    def _work(self) -> None:
        going = True
        while going:
            try:
                taken = self._queue.take(self._clock.now(), limit=1, owner=self._owner)
                if not taken:
                    going = self._bell.wait(self._patience(self._queue.next_due()))
                    continue
            except BrisaError as error:
                going = self._trouble(f"the queue can't be read: {error}")
                continue
            self._one(taken[0])
            going = not self._bell.closed

    def _one(self, message: Work) -> None:
        settle = self._queue.done
        try:
            self._handle(message)
        except (UnavailableError, StorageError) as error:
            self._trouble(str(error))
            settle = self._queue.give_back
        except Exception:
            # A defect of brisa's own: the message would only fail again. The sweep decides what becomes of its task.
            log.exception("%s could not be handled", message)
        # A message that is neither done nor given back would be this process's for as long as it lives.
        while True:
            try:
                settle(message.name)
                return
            except BrisaError as error:
                if not self._trouble(f"the queue can't be written: {error}"):
                    return

    def _plan(self) -> None:
        going = True
        while going:
            try:
                ticked = self._planner.tick()
                if ticked.more and not ticked.failed:
                    going = not self._planner_bell.closed
                    continue
                patience = self._patience(self._next_due())
                # What failed is still due: looking again at once would only fail again, and again.
                going = self._planner_bell.wait(max(patience, _AFTER_TROUBLE) if ticked.failed else patience)
            except BrisaError as error:
                going = self._trouble(f"the planner's tick failed: {error}")

    def _patience(self, due: float | None) -> float:
        if due is None:
            return _LONGEST_WAIT
        return min(max(0.0, due - self._clock.now()), _LONGEST_WAIT)
