"""The task queue in Cloud Tasks: one HTTP task per message."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from brisa.adapters.cloudtasks.failures import translated
from brisa.adapters.cloudtasks.horizon import next_leg
from brisa.adapters.cloudtasks.payload import encode_message
from brisa.errors import BrisaError, QueueError
from brisa.model.run import Message
from brisa.ports.clock import Clock

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.tasks_v2 import CloudTasksClient

_MAX_DEADLINE = 1800.0
_LAST_MOMENT = 253_402_300_799.0
"""The end of the year 9999, the last that a timestamp can say."""


class CloudTasksQueue:
    """A :class:`~brisa.ports.queue.TaskQueue` whose messages Cloud Tasks posts to the worker's URL.

    Names are :attr:`Message.name`, so the queue itself ignores what it has had within a day. Bodies are read by
    :func:`decode_message`. Every request carries an OIDC token of ``service_account`` for ``audience``.
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
        dispatch_deadline: float = _MAX_DEADLINE,
        patience: float = 20.0,
        pause: float = 0.1,
        threads: int = 8,
    ) -> None:
        """``queue`` is ``projects/P/locations/L/queues/Q``; ``audience`` by default the URL.

        ``dispatch_deadline``: seconds (15 to 1,800) that the queue waits for the worker's answer. A call that finds
        the service away is repeated for ``patience`` seconds, at first after ``pause``. ``threads`` messages are sent
        at a time: the API takes one per call.
        """
        if not 15 <= dispatch_deadline <= _MAX_DEADLINE:
            raise QueueError(f"dispatch_deadline is {dispatch_deadline:g} seconds: Cloud Tasks takes 15 to 1800")
        self._client = client
        self._queue = queue
        self._url = worker_url
        self._token = {"service_account_email": service_account, "audience": audience or worker_url}
        self._clock = clock
        self._deadline = timedelta(seconds=dispatch_deadline)
        self._patience = patience
        self._pause = pause
        self._threads = threads

    def enqueue(self, messages: Sequence[Message]) -> None:
        """Send each message once per name; see the port. :class:`~brisa.errors.QueueError` when a person must act."""
        if len(messages) <= 1:
            for message in messages:
                self._send(message)
            return
        with ThreadPoolExecutor(min(self._threads, len(messages)), thread_name_prefix="enqueue") as pool:
            # All are tried, whatever becomes of the first.
            errors = [error for error in pool.map(self._try, messages) if error is not None]
        if errors:
            raise errors[0]

    def _try(self, message: Message) -> BrisaError | None:
        try:
            self._send(message)
        except BrisaError as error:
            return error
        return None

    def _send(self, message: Message) -> None:
        from google.api_core import exceptions, retry

        # The client has no retry of its own for this call. A name makes a repeated one harmless: when the first was
        # done and only its answer was lost, the second finds the name taken.
        again = retry.Retry(
            predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.DeadlineExceeded),
            initial=self._pause,
            maximum=self._pause * 20,
            timeout=self._patience,
        )
        with translated(self._queue):
            try:
                self._client.create_task(
                    request={"parent": self._queue, "task": self._task(message)},
                    retry=again,
                    timeout=min(10.0, self._patience),
                )
            except exceptions.AlreadyExists:
                return

    def _task(self, message: Message) -> dict[str, Any]:
        leg = next_leg(message, self._clock.now())
        task: dict[str, Any] = {
            "name": f"{self._queue}/tasks/{leg.name}",
            "dispatch_deadline": self._deadline,
            "http_request": {
                "http_method": "POST",
                "url": self._url,
                "headers": {"Content-Type": "application/json"},
                "body": encode_message(message),
                "oidc_token": self._token,
            },
        }
        if leg.at is not None:
            task["schedule_time"] = datetime.fromtimestamp(min(max(0.0, leg.at), _LAST_MOMENT), UTC)
        return task
