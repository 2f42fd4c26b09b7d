"""Runs a trigger for a short slice of time, in an event loop that ends when there is nothing left to do but sleep.

Airflow runs a trigger from its beginning until it fires. Here it begins anew with every slice, perhaps minutes later.
Two things make that the same to it:

- Where all that is left to do is to sleep beyond the slice's end, the slice ends at once, and tells how long.
- Sleeps that would be over by now had the trigger run all the time (``slept``) are over at once. Else a trigger that
  sleeps for longer than a slice before it looks would never look. Those that poll would look again for every sleep, so
  this ends as soon as it takes real time; but the first sleep always counts.

A slice that ends without an event leaves the trigger where it is: nothing is cancelled, so that a trigger that cancels
its job when *it* is cancelled does not. This process ends soon, and the trigger with it.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
import threading
import time
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from brisa.authoring.exceptions import TriggerError
from brisa.authoring.triggers import TriggerEvent
from brisa.runtime.alarm import alarm

log: Final = logging.getLogger("brisa.task")
BLOCKED_LIMIT = 600.0
"""Seconds for which a trigger may keep its event loop from going on, beyond its slice."""
_REPLAY = 0.05
"""Seconds within which sleeps that are over count."""
_STEP = 0.0005
"""Seconds that such a sleep, and what comes before it, may take on average to count also after that: on a busy machine
a trigger that does nothing but sleep takes its time as well."""
_LEAST = 0.1
"""Seconds that a slice lasts while the trigger is busy, however short it was to be."""
_TIDYING = 5.0
"""Seconds for what a trigger does to clean up."""
_left: Final[list[object]] = []
"""Triggers of slices that have ended. Were they forgotten, Python would tell them to end."""


class _Blocked(BaseException):
    """A trigger has kept its event loop from going on for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What came of a slice: the event; or how many seconds the trigger sleeps from now on, 0 if that is not known."""

    event: TriggerEvent | None = None
    asleep: float = 0.0


def run_slice(trigger: Any, seconds: float, *, slept: float = 0.0, last: bool = False, patience: float) -> Slice:
    """Run the trigger for ``seconds``; raises what it raises, and :class:`TriggerError` where it is no good.

    ``slept``: for how many seconds its first slice has been over. ``last``: it will not be run again; it is cancelled
    and cleans up if it does not fire. ``patience``: seconds after which a trigger that blocks its loop has failed.
    """
    loop = _Loop(seconds, slept)
    loop.set_exception_handler(_log_error)
    task = loop.create_task(_first(trigger))
    begun = time.monotonic()
    over = True
    try:
        with alarm(seconds + patience, _Blocked, again=1.0):
            loop.run_until_stopped_by(task)
        over = task.done() or last
        if not over:
            return Slice(asleep=loop.asleep)
        return Slice(event=_checked(task.result())) if task.done() else Slice()
    except _Blocked:
        took = time.monotonic() - begun
        raise TriggerError(
            f"the trigger has blocked its event loop for {took:.1f} s; it must await what it waits for"
        ) from None
    finally:
        took = time.monotonic() - begun
        if took > seconds + 1:
            log.warning("The trigger has blocked its event loop: its slice of %g s took %.1f s", seconds, took)
        if over:
            _tidy(loop, task, trigger)
        _left.append((loop, task))
        loop.close()


def _checked(event: Any) -> TriggerEvent:
    if not isinstance(event, TriggerEvent):
        raise TriggerError(f"the trigger yielded {event!r}, a {type(event).__name__}; it must yield a TriggerEvent")
    return event


async def _first(trigger: Any) -> Any:
    """The trigger's first event."""
    events = trigger.run()
    if isinstance(events, types.CoroutineType):
        events.close()
    if not hasattr(events, "__aiter__"):
        raise TriggerError(
            f"{type(trigger).__name__}.run() gave a {type(events).__name__}; it must be an `async def` with a `yield`"
        )
    async for event in events:
        if hasattr(events, "aclose"):
            await events.aclose()
        return event
    raise TriggerError("the trigger ended without an event")


def _tidy(loop: _Loop, task: asyncio.Task[Any], trigger: Any) -> None:
    """Cancel it if it still runs, and let it clean up: it is over."""
    task.cancel()

    async def tidy() -> None:
        await asyncio.wait([task])
        await trigger.cleanup()

    loop.extend(_TIDYING)
    tidying = loop.create_task(tidy())
    try:
        with alarm(2 * _TIDYING, _Blocked, again=1.0):
            loop.run_until_stopped_by(tidying)
        if tidying.done():
            tidying.result()
    except (Exception, _Blocked):
        log.exception("The trigger could not clean up")
    if task.done() and not task.cancelled():
        task.exception()  # it is known; asyncio would report it otherwise


def _log_error(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Of what goes wrong beside the trigger's own task; an unfinished task is none."""
    error = context.get("exception")
    if error is not None:
        log.error("In the trigger's event loop: %s", context.get("message"), exc_info=error)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop for one slice. Its clock may run ahead, by the sleeps that are over."""

    def __init__(self, seconds: float, slept: float) -> None:
        self._ahead = 0.0
        self._patient = _Selector(self, seconds, slept)
        super().__init__(self._patient)

    def time(self) -> float:
        """Its clock."""
        return super().time() + self._ahead

    def run_until_stopped_by(self, task: asyncio.Task[Any]) -> None:
        """Run until the task is over, or the slice is."""

        def stop(_: object) -> None:
            self.stop()

        task.add_done_callback(stop)
        try:
            self.run_forever()
        finally:
            task.remove_done_callback(stop)

    def skip(self, seconds: float) -> None:
        """Put its clock forward."""
        self._ahead += seconds

    @property
    def asleep(self) -> float:
        """For how many seconds it would do nothing but sleep."""
        return self._patient.asleep

    def extend(self, seconds: float) -> None:
        """From now on there are ``seconds`` more, and no sleep is over before its time."""
        self._patient.extend(seconds)


class _Selector(selectors.BaseSelector):
    """Waits for files as the system's selector does; decides what is a sleep, and when the slice is over."""

    def __init__(self, loop: _Loop, seconds: float, slept: float) -> None:
        self._loop = loop
        self._inner = selectors.DefaultSelector()
        self._begun = time.monotonic()
        self._slept = slept
        self._skips = 0
        self._threads = threading.active_count()
        self._end = self._begun + seconds
        self.asleep = 0.0

    def extend(self, seconds: float) -> None:
        """See :meth:`_Loop.extend`."""
        self._end = time.monotonic() + seconds
        self._slept = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; the loop is told to stop when the slice is over."""
        ready = self._inner.select(0)
        now = time.monotonic()
        if ready or (timeout is not None and timeout <= 0):
            if now >= max(self._end, self._begun + _LEAST):
                self._loop.stop()
            return ready
        left = self._end - now
        if timeout is not None and self._only_sleeps():
            timeout -= self._skip(timeout, now)
            if timeout > max(0.0, left):
                self.asleep = timeout
                left = 0.0
        if left <= 0:
            self._loop.stop()
            return ready
        return self._inner.select(max(0.0, left if timeout is None else min(timeout, left)))

    def _only_sleeps(self) -> bool:
        """Whether no file (but the loop's own) and no thread can end the wait."""
        return len(self._inner.get_map()) <= 1 and threading.active_count() <= self._threads

    def _skip(self, timeout: float, now: float) -> float:
        """How much of a sleep is over."""
        if self._skips and now - self._begun > max(_REPLAY, self._skips * _STEP):
            return 0.0
        self._skips += 1
        over = min(timeout, self._slept)
        self._slept -= over
        self._loop.skip(over)
        return over

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """As the system's."""
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """As the system's."""
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """As the system's."""
        return self._inner.modify(fileobj, events, data)

    def close(self) -> None:
        """As the system's."""
        self._inner.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """As the system's."""
        return self._inner.get_map()
