"""The task queue in Cloud Tasks: one HTTP task per piece of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from brisa.adapters.cloudtasks.failures import translated
from brisa.adapters.cloudtasks.horizon import next_leg
from brisa.adapters.cloudtasks.payload import encode_work
from brisa.adapters.counts import Counts
from brisa.errors import BrisaError, QueueError
from brisa.model.work import Chore, Work
from brisa.ports.clock import Clock
from brisa.ports.telemetry import traceparent

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.tasks_v2 import CloudTasksClient

_MAX_DEADLINE = 1800.0
_LAST_MOMENT = 253_402_300_799.0
"""The end of the year 9999, the last that a timestamp can say."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a queue's tasks are posted: ``queue`` is ``projects/P/locations/L/queues/Q``."""

    queue: str
    url: str
    audience: str
    """Of the token that goes with them."""


class CloudTasksQueue:
    """A :class:`~brisa.ports.queue.TaskQueue` whose work Cloud Tasks posts to the worker, and chores to the planner.

    Names are the work's own, so the queue itself ignores what it has had within a day. Bodies are read by
    :func:`decode_work`. Every request carries an OIDC token of ``service_account`` for ``audience``, and, where what
    sends it belongs to a trace, the header ``traceparent``, so that what comes of it belongs there too.
    """

    def __init__(
        self,
        client: CloudTasksClient,
        queue: str,
        worker_url: str,
        *,
        service_account: str,
        clock: Clock,
        audience: str = "",
        planner: Target | None = None,
        dispatch_deadline: float = _MAX_DEADLINE,
        patience: float = 20.0,
        pause: float = 0.1,
        threads: int = 16,
        counts: Counts | None = None,
    ) -> None:
        """``queue`` is ``projects/P/locations/L/queues/Q``; ``audience`` by default the URL. ``planner`` is where
        chores go (without it, to the worker like everything else).

        ``dispatch_deadline``: seconds (15 to 1,800) that the queue waits for the worker's answer. A call that finds
        the service away is repeated for ``patience`` seconds, at first after ``pause``. ``threads`` messages are sent
        at a time: the API takes one per call.
        """
        if not 15 <= dispatch_deadline <= _MAX_DEADLINE:
            raise QueueError(f"dispatch_deadline is {dispatch_deadline:g} seconds: Cloud Tasks takes 15 to 1800")
        self._client = client
        self._worker = Target(queue, worker_url, audience or worker_url)
        self._planner = planner or self._worker
        self._account = service_account
        self._clock = clock
        self._deadline = timedelta(seconds=dispatch_deadline)
        self._patience = patience
        self._pause = pause
        self._threads = threads
        self.counts = counts or Counts()

    def enqueue(self, messages: Sequence[Work]) -> None:
        """Send each message once per name; see the port. :class:`~brisa.errors.QueueError` when a person must act."""
        trace = traceparent()
        headers = {"traceparent": trace} if trace else {}
        if len(messages) <= 1:
            for message in messages:
                self._send(message, headers)
            return
        with ThreadPoolExecutor(min(self._threads, len(messages)), thread_name_prefix="enqueue") as pool:
            # All are tried, whatever becomes of the first.
            errors = [error for error in pool.map(partial(self._try, headers=headers), messages) if error is not None]
        if errors:
            raise errors[0]

    def _try(self, message: Work, headers: Mapping[str, str]) -> BrisaError | None:
        try:
            self._send(message, headers)
        except BrisaError as error:
            return error
        return None

    def _send(self, message: Work, headers: Mapping[str, str]) -> None:
        from google.api_core import exceptions, retry

        # The client has no retry of its own for this call. A name makes a repeated one harmless: when the first was
        # done and only its answer was lost, the second finds the name taken.
        again = retry.Retry(
            predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.DeadlineExceeded),
            initial=self._pause,
            maximum=self._pause * 20,
            timeout=self._patience,
        )
        self.counts.add(self.counts.operations, "enqueue")
        target = self._planner if isinstance(message, Chore) else self._worker
        with translated(target.queue):
            try:
                self._client.create_task(
                    request={"parent": target.queue, "task": self._task(message, target, headers)},
                    retry=again,
                    timeout=min(10.0, self._patience),
                )
            except exceptions.AlreadyExists:
                return

    def _task(self, message: Work, target: Target, headers: Mapping[str, str]) -> dict[str, Any]:
        leg = next_leg(message, self._clock.now())
        task: dict[str, Any] = {
            "name": f"{target.queue}/tasks/{leg.name}",
            "dispatch_deadline": self._deadline,
            "http_request": {
                "http_method": "POST",
                "url": target.url,
                "headers": {"Content-Type": "application/json", **headers},
                "body": encode_work(message),
                "oidc_token": {"service_account_email": self._account, "audience": target.audience},
            },
        }
        if leg.at is not None:
            task["schedule_time"] = datetime.fromtimestamp(min(max(0.0, leg.at), _LAST_MOMENT), UTC)
        return task
