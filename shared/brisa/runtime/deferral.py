"""Deferred tasks: what an attempt that waits for a trigger leaves to the next one, and how that one goes on.

brisa has no process that runs triggers, because nothing runs while nothing happens. An attempt that defers runs the
trigger for a slice of time itself, so that one which fires at once costs nothing more. If it does not fire, the attempt
ends as deferred, with a :class:`Deferral` among its XComs; the next attempt of the same try asks for that, and so on,
after pauses that grow. A trigger that waits for a moment is not run at all: the next attempt starts at that moment.

The rules are Airflow's (https://airflow.apache.org/docs/apache-airflow/2.11.2/authoring-and-scheduling/deferring.html):
the try number and the XComs stay, templates are rendered and ``pre_execute`` is called anew, another copy of the
operator goes on, ``execution_timeout`` counts from the try's first attempt.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, cast

from brisa.authoring.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferred,
    TriggerError,
)
from brisa.authoring.operator import TRIGGER_FAIL, TRIGGER_FAILURE, TRIGGER_TIMEOUT, BaseOperator
from brisa.authoring.triggers import BaseTaskEndEvent, DateTimeTrigger, TriggerEvent
from brisa.model.codec import decode, encode
from brisa.model.json import JsonValue
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind, TaskState
from brisa.runtime.guarded import guarded
from brisa.runtime.modules import named
from brisa.runtime.request import DEFERRAL, KILL_LIMIT, AttemptRequest, Channel
from brisa.runtime.signals import describe
from brisa.runtime.xcom_values import XComTypeError, from_json, to_json

log: Final = logging.getLogger("brisa.task")
SLICE = 5.0
"""Seconds for which an attempt runs a trigger, unless ``$BRISA_TRIGGER_SLICE`` says otherwise."""
SHORTEST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
"""Seconds between two slices of a trigger: they double from the shortest to the longest."""
_SHORT = 0.5
"""Seconds for which it is cheaper to sleep than to start another attempt."""
_AT_ONCE = 20
"""How often one attempt goes on at once, when its triggers fire at once, before another one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """What is left to the next attempt. Times are brisa's, in seconds since the epoch."""

    trigger: str
    """The class path."""
    trigger_kwargs: JsonValue = field(default_factory=dict)
    method: str
    """The method that goes on."""
    kwargs: JsonValue = field(default_factory=dict)
    began_at: float
    deadline: float | None = None
    """When its time is up."""
    moment: float | None = None
    """When it fires, if it is a matter of time alone."""
    slices: int = 0
    """How often it has been run."""


class Paused(BaseException):
    """The task has deferred itself."""

    def __init__(self, deferral: Deferral) -> None:
        super().__init__(f"waiting for {deferral.trigger}")
        self.deferral = deferral


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """How a task goes on: with ``method``; with the end that the trigger has told; or with an error."""

    method: str = ""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    end: BaseTaskEndEvent | None = None
    error: BaseException | None = None

    def go_on(self, operator: BaseOperator, context: Mapping[str, Any]) -> Any:
        """What stands for ``execute``; the result."""
        if self.error is not None:
            raise self.error
        if self.end is None:
            return operator.resume_execution(self.method, dict(self.kwargs), context)
        for key, value in (self.end.xcoms or {}).items():
            context["ti"].xcom_push(key, value)
        if self.end.task_instance_state is TaskState.SKIPPED:
            raise AirflowSkipException("the trigger has skipped the task")
        if self.end.task_instance_state is TaskState.FAILED:
            raise AirflowFailException("the trigger has ended the task as failed")
        return None


class Deferring:
    """The deferrals of one attempt: between two of them it goes on as if another attempt did."""

    def __init__(self, request: AttemptRequest, channel: Channel) -> None:
        self._request = request
        self._channel = channel
        self._skew = request.started_at - time.time()
        """What brisa's clock is ahead of this machine's: another machine, or a trial's fast time."""
        self._fired = 0
        self._resumed = False

    def left_behind(self) -> Deferral | None:
        """What an earlier attempt of this try has left to this one."""
        found = self._channel.ask("deferred") if self._request.seq else None
        self._resumed = found is not None
        return None if found is None else decode(Deferral, found)

    @contextmanager
    def within_timeout(self, operator: BaseOperator) -> Iterator[None]:
        """While inside, the rest of the ``execution_timeout`` runs out; that of a first attempt is its caller's."""
        limit = operator.execution_timeout
        if limit is None or not self._resumed:
            yield
            return
        from brisa.runtime.alarm import alarm

        left = self._left_of(limit)
        if left <= 0:
            yield  # it is over; wait() says so
            return
        with alarm(left, lambda: _too_long(operator)):
            yield

    def work(self, operator: BaseOperator, context: Mapping[str, Any], resumption: Resumption | None) -> Any:
        """The task's work, from its beginning or from where it goes on; :class:`Paused` when it defers itself."""
        try:
            return _begin(operator, context) if resumption is None else resumption.go_on(operator, context)
        except TaskDeferred as signal:
            raise Paused(self._kept(signal, operator)) from None

    def _kept(self, signal: TaskDeferred, operator: BaseOperator) -> Deferral:
        """What a task that defers itself must leave; an :class:`AirflowException` says what of it can't be kept."""
        told: Any = signal.trigger.serialize()
        if not (isinstance(told, tuple | list) and len(told) == 2 and isinstance(told[0], str)):
            raise AirflowException(
                f"{type(signal.trigger).__name__}.serialize() gave {told!r}; it must give the class path and a dict"
            )
        now = self._now()
        limits = [now + signal.timeout.total_seconds()] if signal.timeout is not None else []
        if operator.execution_timeout is not None:
            limits.append(now + self._left_of(operator.execution_timeout))
        return Deferral(
            trigger=told[0],
            trigger_kwargs=self._json(told[1], f"the arguments of the trigger {told[0]}"),
            method=signal.method_name,
            kwargs=self._json(signal.kwargs or {}, f"the arguments of {signal.method_name}()"),
            began_at=now,
            deadline=min(limits, default=None),
        )

    def _json(self, value: Any, what: str) -> JsonValue:
        try:
            return to_json(dict(value), key=what, task_id=self._request.task_id)
        except XComTypeError as error:
            raise AirflowException(f"{what} can't be kept while the task is deferred: {error}") from error

    def wait(self, deferral: Deferral, context: Mapping[str, Any]) -> Resumption | Outcome:
        """Run the trigger for a slice: how the task goes on, or the outcome of an attempt that waits on."""
        operator: BaseOperator = context["task"]
        if operator.execution_timeout is not None and self._left_of(operator.execution_timeout) <= 0:
            return Resumption(error=_too_long(operator))
        try:
            trigger = _made(deferral, self._request)
            trigger.task_instance = context["ti"]
            if type(trigger) is DateTimeTrigger:
                return self._wait_for_moment(deferral, trigger)
            return self._run(deferral, trigger)
        except Exception as error:  # noqa: BLE001  a user's trigger may raise anything
            said = isinstance(error, TriggerError)  # in our own words: no frames of ours are needed
            return _failed(TRIGGER_FAILURE, describe(error), None if said else traceback.format_exception(error))
        except BaseException as error:  # noqa: BLE001  a timeout, an exit: as if the task itself had raised it
            if isinstance(error, AirflowTaskTerminated):  # by a person, in the middle of a slice, which has tidied up
                guarded("on_kill", self._tell_killed, deferral, context, tidy=False)
            return Resumption(error=error)

    def kill(self, context: Mapping[str, Any]) -> Outcome:
        """Tell the trigger that a person has ended the task: what it then does is logged, and changes nothing."""
        deferral = self.left_behind()
        if deferral is not None:
            log.info("The task was ended while it was deferred to %s", deferral.trigger)
            guarded("on_kill", self._tell_killed, deferral, context, tidy=True)
        return Outcome(kind=OutcomeKind.SUCCESS)

    def _tell_killed(self, deferral: Deferral, context: Mapping[str, Any], *, tidy: bool) -> None:
        trigger = _made(deferral, self._request)
        trigger.task_instance = context["ti"]
        asyncio.run(_killed(trigger, tidy=tidy))

    def _run(self, deferral: Deferral, trigger: Any) -> Resumption | Outcome:
        from brisa.runtime.slices import BLOCKED_LIMIT, run_slice

        looks_once = bool(getattr(trigger, "looks_once", False))
        seconds = 0.0 if looks_once else _slice_seconds()
        now = self._now()
        left = None if deferral.deadline is None else deferral.deadline - now
        last = left is not None and left <= seconds + _SHORT
        if left is not None and last and left > 0:
            seconds = left
        patience = BLOCKED_LIMIT if left is None else min(BLOCKED_LIMIT, max(left, SHORTEST_PAUSE))
        try:
            slept = 0.0 if looks_once else now - deferral.began_at
            found = run_slice(trigger, seconds, slept=slept, last=last, patience=patience)
        except TriggerError:
            if deferral.deadline is not None and self._now() >= deferral.deadline:
                return self._timed_out(deferral)
            raise
        if found.event is not None:
            return self._go_on(deferral, found.event)
        if last:
            return self._timed_out(deferral)
        pause = max(found.asleep, 1.0) if looks_once else max(found.asleep, self._pause(deferral.slices))
        return self._leave(replace(deferral, slices=deferral.slices + 1), self._now() + pause)

    def _wait_for_moment(self, deferral: Deferral, trigger: DateTimeTrigger) -> Resumption | Outcome:
        moment = trigger.moment.timestamp() + self._skew if deferral.moment is None else deferral.moment
        ends = moment if deferral.deadline is None else min(moment, deferral.deadline)
        left = ends - self._now()
        if left > _SHORT:
            return self._leave(replace(deferral, moment=moment), ends)
        time.sleep(max(0.0, left))
        return self._go_on(deferral, trigger.event()) if moment <= ends else self._timed_out(deferral)

    def _go_on(self, deferral: Deferral, event: TriggerEvent) -> Resumption | Outcome:
        """The trigger has fired."""
        if isinstance(event, BaseTaskEndEvent):
            log.info("The trigger has fired: the task ends as %s", event.task_instance_state.value)
            return Resumption(end=event)
        self._fired += 1
        if self._fired > _AT_ONCE:
            return self._leave(deferral, self._now() + self._pause(0))
        log.info("The trigger has fired: going on with %s()", deferral.method)
        given = cast(dict[str, Any], from_json(deferral.kwargs))
        return Resumption(method=deferral.method, kwargs={**given, "event": event.payload})

    def _timed_out(self, deferral: Deferral) -> Resumption:
        waited = self._now() - deferral.began_at
        log.error("The trigger %s has not fired within %.1f s", deferral.trigger, waited)
        return _failed(TRIGGER_TIMEOUT)

    def _leave(self, deferral: Deferral, resume_at: float) -> Outcome:
        """End this attempt; the next one goes on from ``deferral``."""
        at = resume_at if deferral.deadline is None else min(resume_at, max(deferral.deadline, self._now()))
        self._channel.tell("xcom_push", key=DEFERRAL, value=encode(deferral))
        log.info("Task deferred to %s; it is looked at again in %.1f s", deferral.trigger, at - self._now())
        return Outcome(kind=OutcomeKind.DEFERRED, resume_at=at - self._skew)

    def _pause(self, slices: int) -> float:
        """Seconds until the next slice, up to a fifth more or less than the rule says: many tasks wait alike.

        The jitter is told by the task's name, so that a repeated attempt asks for the same.
        """
        text = "\x1f".join(map(str, (*self._request.key.run_key, *self._request.key.task_key, slices)))
        drawn = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest()) / 2**32
        return float(min(SHORTEST_PAUSE * 2.0 ** min(slices, 10), LONGEST_PAUSE) * (0.8 + 0.4 * drawn))

    def _left_of(self, limit: timedelta) -> float:
        """Seconds that are left of the execution timeout."""
        request = self._request
        begun = request.started_at if request.first_started_at is None else request.first_started_at
        return begun + limit.total_seconds() - self._now()

    def _now(self) -> float:
        """Brisa's clock."""
        return time.time() + self._skew


def _begin(operator: BaseOperator, context: Mapping[str, Any]) -> Any:
    """``execute``; or with ``start_from_trigger`` the deferral that stands for it."""
    args = operator.start_trigger_args
    if not (operator.start_from_trigger and args):
        return operator.execute(context)
    raise TaskDeferred(
        trigger=_Described(args.trigger_cls, args.trigger_kwargs or {}),
        method_name=args.next_method,
        kwargs=args.next_kwargs,
        timeout=args.timeout,
    )


@dataclass(frozen=True, slots=True)
class _Described:
    """Stands for a trigger of which only the class path and the arguments are known."""

    path: str
    kwargs: dict[str, Any]

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Those."""
        return self.path, self.kwargs


def _failed(reason: str, error: str = "", lines: list[str] | None = None) -> Resumption:
    """How a task goes on whose trigger failed."""
    text = f"{reason}: {error}" if error else reason
    return Resumption(method=TRIGGER_FAIL, kwargs={"error": text, "traceback": lines})


def _made(deferral: Deferral, request: AttemptRequest) -> Any:
    """The trigger, made anew."""
    return named(deferral.trigger, request.file)(**cast(dict[str, Any], from_json(deferral.trigger_kwargs)))


async def _killed(trigger: Any, *, tidy: bool) -> None:
    try:
        await asyncio.wait_for(trigger.on_kill(), KILL_LIMIT)
    finally:
        if tidy:
            await trigger.cleanup()


def _too_long(operator: BaseOperator) -> AirflowTaskTimeout:
    seconds = operator.execution_timeout.total_seconds() if operator.execution_timeout else 0.0
    return AirflowTaskTimeout(f"the task ran longer than its execution_timeout of {seconds:g} s")


def _slice_seconds() -> float:
    given = os.environ.get("BRISA_TRIGGER_SLICE")
    try:
        seconds = float(given) if given else SLICE
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise TaskDeferralError(f"BRISA_TRIGGER_SLICE is {given!r}: it must be a number of seconds")
    return seconds
