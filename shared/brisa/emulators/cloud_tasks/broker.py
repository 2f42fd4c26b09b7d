"""The service without its sockets: what each call does, which tasks are to be sent now, what an answer changes.

Time is the ``clock`` that it is given. Every verb may be called from any thread; :attr:`Broker.changed` is notified
when there may be something to send earlier than was planned.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from google.cloud import tasks_v2
from google.rpc import code_pb2  # type: ignore[import-untyped] # generated, without types

from brisa.emulators.cloud_tasks.checks import (
    DEFAULT_DEADLINE,
    RUNNING,
    check_task,
    epoch,
    moment,
    queue_of,
    seconds,
)
from brisa.emulators.cloud_tasks.ledger import Ledger, Row
from brisa.emulators.cloud_tasks.requests import Dispatch, History, dispatch
from brisa.emulators.cloud_tasks.rules import Bucket, Retry
from brisa.emulators.refused import Refused

REMEMBER = 86400.0
"""Seconds for which the name of a task that is gone stays taken: the longest that the service may take."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send now, and when to ask again if nothing changes before (``None``: only then)."""

    dispatches: tuple[Dispatch, ...]
    next_at: float | None


class Broker:
    """All queues and tasks of one emulator."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float], *, copies: int = 0) -> None:
        """``copies``: how many duplicates of each task are sent when its sender does not say."""
        self._ledger = ledger
        self._clock = clock
        self._copies = copies
        self._buckets: dict[str, Bucket] = {}
        self._running: Counter[str] = Counter()
        self.changed = threading.Condition(threading.RLock())

    # --- tasks

    def create(self, queue: str, task: tasks_v2.Task, copies: int | None = None) -> tasks_v2.Task:
        """Add a task; ALREADY_EXISTS for a name that is in the queue or was a while ago."""
        with self.changed:
            now = self._clock()
            self.queue(queue)
            check_task(task, queue, now)
            made = tasks_v2.Task()
            tasks_v2.Task.copy_from(made, task)
            made.name = task.name or f"{queue}/tasks/{secrets.randbelow(10**19):019d}"
            made.create_time = moment(now)
            # Output only, whatever a sender writes into them.
            made.dispatch_count = made.response_count = 0
            for output in ("first_attempt", "last_attempt"):
                tasks_v2.Task.pb(made).ClearField(output)
            due = now if task.schedule_time is None else max(now, epoch(task.schedule_time))
            made.schedule_time = moment(due)
            made.dispatch_deadline = task.dispatch_deadline or timedelta(seconds=DEFAULT_DEADLINE)
            if made.http_request.http_method == 0:
                made.http_request.http_method = tasks_v2.HttpMethod(tasks_v2.HttpMethod.POST)
            if self._ledger.task(made.name) or self._ledger.used(made.name, now):
                raise Refused("ALREADY_EXISTS", f"{made.name}: the name is, or recently was, that of a task")
            sent = self._copies if copies is None else copies
            self._ledger.add(Row(made.name, queue, due, tasks_v2.Task.serialize(made), sent))
            self.changed.notify_all()
            return made

    def task(self, name: str) -> tasks_v2.Task:
        """One task; NOT_FOUND."""
        with self.changed:
            return _task(self._row(name).body)

    def tasks(self, queue: str, after: str, limit: int) -> list[tasks_v2.Task]:
        """Up to ``limit`` tasks by name, those after the name ``after``."""
        with self.changed:
            self.queue(queue)
            return [_task(row.body) for row in self._ledger.tasks(queue, after, limit)]

    def delete(self, name: str) -> None:
        """Remove a task; an attempt under way ends as it will."""
        with self.changed:
            self._row(name)
            self._ledger.drop_task(name, self._clock() + REMEMBER)

    def run(self, name: str) -> tasks_v2.Task:
        """Send it now, whatever the limits, even from a paused queue."""
        with self.changed:
            task = _task(self._row(name).body)
            now = self._clock()
            task.schedule_time = moment(now)
            self._ledger.force(name, now, tasks_v2.Task.serialize(task))
            self.changed.notify_all()
            return task

    def _row(self, name: str) -> Row:
        row = self._ledger.task(name)
        if row is None:
            raise Refused("NOT_FOUND", f"{name}: there is no such task")
        return row

    # --- queues: checked by the service, kept here

    def queue(self, name: str) -> tasks_v2.Queue:
        """One queue; NOT_FOUND."""
        with self.changed:
            body = self._ledger.queue(name)
            if body is None:
                raise Refused("NOT_FOUND", f"{name}: there is no such queue")
            return _queue(body)

    def queues(self, parent: str) -> list[tasks_v2.Queue]:
        """All queues of a location, by name."""
        with self.changed:
            return [_queue(body) for body in self._ledger.queues(parent + "/queues")]

    def add_queue(self, queue: tasks_v2.Queue) -> tasks_v2.Queue:
        """A new queue; ALREADY_EXISTS."""
        with self.changed:
            if self._ledger.queue(queue.name) is not None:
                raise Refused("ALREADY_EXISTS", f"{queue.name}: there is such a queue")
            return self.put_queue(queue)

    def put_queue(self, queue: tasks_v2.Queue) -> tasks_v2.Queue:
        """Create or replace; tokens that were there stay."""
        with self.changed:
            self._ledger.put_queue(queue.name, tasks_v2.Queue.serialize(queue))
            bucket = self._buckets.get(queue.name)
            if bucket is not None:
                limits = queue.rate_limits
                rate, burst = limits.max_dispatches_per_second, float(limits.max_burst_size)
                bucket = replace(bucket.filled(self._clock()), rate=rate, burst=burst)
                self._buckets[queue.name] = replace(bucket, tokens=min(burst, bucket.tokens))
            self.changed.notify_all()
            return queue

    def drop_queue(self, name: str) -> None:
        """Remove a queue and its tasks."""
        with self.changed, self._ledger.together():
            self.queue(name)
            self._ledger.drop_queue(name)
            self._buckets.pop(name, None)

    def set_state(self, name: str, state: tasks_v2.Queue.State) -> tasks_v2.Queue:
        """Pause or resume."""
        with self.changed:
            queue = self.queue(name)
            queue.state = state
            return self.put_queue(queue)

    def purge(self, name: str) -> tasks_v2.Queue:
        """Remove all tasks."""
        with self.changed, self._ledger.together():
            queue = self.queue(name)
            now = self._clock()
            queue.purge_time = moment(now)
            self._ledger.purge(name, now + REMEMBER)
            return self.put_queue(queue)

    # --- sending

    def plan(self, room: int) -> Plan:
        """Up to ``room`` attempts to make now: they are held until :meth:`answered`."""
        with self.changed, self._ledger.together():
            now = self._clock()
            room = max(0, room)
            rows = self._ledger.forced(room)
            for row in rows:
                self._hold(row)
            wakes: list[float] = []
            for body in self._ledger.queues():
                queue = _queue(body)
                if queue.state == RUNNING:
                    rows += self._due(queue, now, room - len(rows), wakes)
            return Plan(tuple(self._dispatch(row) for row in rows), min(wakes, default=None))

    def _due(self, queue: tasks_v2.Queue, now: float, room: int, wakes: list[float]) -> list[Row]:
        """The tasks of one queue to send now; adds to ``wakes`` when the next can be."""
        limits = queue.rate_limits
        bucket = self._bucket(queue, now)
        free = min(room, limits.max_concurrent_dispatches - self._running[queue.name])
        rows = self._ledger.due(queue.name, now, max(0, min(free, bucket.whole)))
        for row in rows:
            self._hold(row)
        bucket = bucket.less(len(rows))
        self._buckets[queue.name] = bucket
        next_due = self._ledger.next_due(queue.name)
        # Without a free slot it is an answer that wakes the dispatcher.
        if next_due is not None and free > len(rows):
            wakes.append(max(next_due, now if bucket.whole else bucket.next_at))
        return rows

    def _bucket(self, queue: tasks_v2.Queue, now: float) -> Bucket:
        """A queue starts with a full bucket."""
        limits = queue.rate_limits
        burst = float(limits.max_burst_size)
        full = Bucket(rate=limits.max_dispatches_per_second, burst=burst, tokens=burst, at=now)
        return self._buckets.get(queue.name, full).filled(now)

    def _hold(self, row: Row) -> None:
        self._ledger.hold(row.name)
        self._running[row.queue] += 1

    def _dispatch(self, row: Row) -> Dispatch:
        task = _task(row.body)
        made = dispatch(task, History(executions=row.executions, previous=row.previous), row.copies)
        task.dispatch_count += 1
        task.last_attempt = tasks_v2.Attempt(schedule_time=task.schedule_time, dispatch_time=moment(self._clock()))
        if "first_attempt" not in task:
            task.first_attempt = tasks_v2.Attempt(dispatch_time=task.last_attempt.dispatch_time)
        self._ledger.save(replace(row, body=tasks_v2.Task.serialize(task), copies=0))
        self._ledger.hold(row.name)
        return made

    def answered(self, name: str, status: int | None) -> None:
        """The attempt under way ended with this HTTP status; ``None``: no answer in time, 0: nobody there."""
        with self.changed, self._ledger.together():
            queue = queue_of(name)
            self._running[queue] -= 1
            self.changed.notify_all()
            row = self._ledger.task(name)
            if row is None or not row.held:  # deleted meanwhile, perhaps with its queue
                return
            now = self._clock()
            if status is not None and 200 <= status < 300:
                self._ledger.drop_task(name, now + REMEMBER)
                return
            self._failed(row, now, status)

    def _failed(self, row: Row, now: float, status: int | None) -> None:
        task = _task(row.body)
        retry = _retry(self.queue(row.queue))
        elapsed = now - epoch(task.first_attempt.dispatch_time)
        if retry.over(task.dispatch_count, elapsed):
            # As in the service: gone without a trace.
            self._ledger.drop_task(row.name, now + REMEMBER)
            return
        if status:
            task.response_count += 1
            task.last_attempt.response_time = moment(now)
        task.last_attempt.response_status.code = _code(status)
        task.last_attempt.response_status.message = (
            "no answer before the deadline" if status is None else f"HTTP {status}"
        )
        due = now + retry.wait(task.dispatch_count)
        task.schedule_time = moment(due)
        handled = status is not None and 0 < status < 500
        self._ledger.save(
            replace(
                row,
                due=due,
                body=tasks_v2.Task.serialize(task),
                executions=row.executions + handled,
                previous=status or 0,
            )
        )


def _task(body: bytes) -> tasks_v2.Task:
    task: tasks_v2.Task = tasks_v2.Task.deserialize(body)
    return task


def _queue(body: bytes) -> tasks_v2.Queue:
    queue: tasks_v2.Queue = tasks_v2.Queue.deserialize(body)
    return queue


def _retry(queue: tasks_v2.Queue) -> Retry:
    config = queue.retry_config
    return Retry(
        max_attempts=config.max_attempts,
        max_duration=seconds(config.max_retry_duration) or 0.0,
        min_backoff=seconds(config.min_backoff) or 0.0,
        max_backoff=seconds(config.max_backoff) or 0.0,
        max_doublings=config.max_doublings,
    )


def _code(status: int | None) -> int:
    """The canonical status that the service shows for an HTTP status."""
    codes = {None: code_pb2.DEADLINE_EXCEEDED, 0: code_pb2.UNAVAILABLE, 400: code_pb2.INVALID_ARGUMENT,
             401: code_pb2.UNAUTHENTICATED, 403: code_pb2.PERMISSION_DENIED, 404: code_pb2.NOT_FOUND,
             429: code_pb2.RESOURCE_EXHAUSTED, 500: code_pb2.INTERNAL, 503: code_pb2.UNAVAILABLE,
             504: code_pb2.DEADLINE_EXCEEDED}  # fmt: skip
    return int(codes.get(status, code_pb2.UNKNOWN))
