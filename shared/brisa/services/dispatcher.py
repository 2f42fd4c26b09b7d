"""Embedded mode's engine room: threads that take messages from the local queue, and one that plans."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from brisa.errors import BrisaError, StorageError, UnavailableError
from brisa.model.run import Message, Run
from brisa.ports.clock import Clock
from brisa.ports.queue import LocalQueue
from brisa.services.planner import Planner

log = logging.getLogger(__name__)

_LONGEST_WAIT = 30.0
"""Seconds after which a thread looks for work even if nobody has called it."""
_AFTER_TROUBLE = 2.0


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


class RingingQueue:
    """The local queue, whose senders wake the takers."""

    def __init__(self, queue: LocalQueue, bell: Bell) -> None:
        self._queue = queue
        self._bell = bell

    def enqueue(self, messages: Sequence[Message]) -> None:
        """As :meth:`brisa.ports.queue.TaskQueue.enqueue`."""
        self._queue.enqueue(messages)
        self._bell.ring(len(messages))


class Dispatcher:
    """Runs ``handle`` for each message that is due, on ``slots`` threads, and the planner on one more."""

    def __init__(
        self,
        queue: LocalQueue,
        handle: Callable[[Message], None],
        planner: Planner,
        clock: Clock,
        *,
        owner: str,
        slots: int,
        bell: Bell,
        next_due: Callable[[], float | None],
    ) -> None:
        """``bell`` is rung by whoever enqueues; ``next_due`` tells when the planner has work (seconds since epoch)."""
        self._queue = queue
        self._handle = handle
        self._planner = planner
        self._clock = clock
        self._owner = owner
        self._bell = bell
        self._planner_bell = Bell()
        self._next_due = next_due
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(slots)
        ]
        self._threads.append(threading.Thread(target=self._plan, name="planner", daemon=True))

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Take no more messages, and wait so long for those being handled."""
        self._bell.close()
        self._planner_bell.close()
        for thread in self._threads:
            thread.join(seconds)

    def run_changed(self, run: Run) -> None:
        """A run has ended, so that its DAG may have room; or has something to look after earlier than was known."""
        if run.state.terminal:
            self._planner_bell.ring()

    def wake_planner(self) -> None:
        """Something that the planner looks at has changed."""
        self._planner_bell.ring()

    def _work(self) -> None:
        going = True
        while going:
            try:
                taken = self._queue.take(self._clock.now(), limit=1, owner=self._owner)
                if taken:
                    self._one(taken[0])
                else:
                    going = self._bell.wait(self._patience(self._queue.next_due()))
                    continue
            except BrisaError:
                log.exception("the queue can't be read; trying again")
                going = self._bell.wait(_AFTER_TROUBLE)
                continue
            going = not self._bell.closed

    def _one(self, message: Message) -> None:
        try:
            self._handle(message)
        except (UnavailableError, StorageError) as error:
            log.error("%s: %s; it will be tried again", message.attempt, error)
            self._clock.sleep(_AFTER_TROUBLE)
            self._queue.give_back(message.name)
            return
        except Exception:
            # A defect of brisa's own: the message would only fail again. The sweep decides what becomes of its task.
            log.exception("message %s could not be handled", message.attempt)
        self._queue.done(message.name)

    def _plan(self) -> None:
        going = True
        while going:
            try:
                if self._planner.tick():
                    going = not self._planner_bell.closed
                    continue
                going = self._planner_bell.wait(self._patience(self._next_due()))
            except BrisaError:
                log.exception("the planner's tick failed; trying again")
                going = self._planner_bell.wait(_AFTER_TROUBLE)

    def _patience(self, due: float | None) -> float:
        if due is None:
            return _LONGEST_WAIT
        return min(max(0.0, due - self._clock.now()), _LONGEST_WAIT)
