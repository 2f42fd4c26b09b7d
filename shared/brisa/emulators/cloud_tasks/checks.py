"""What the service accepts; everything else is refused with the status and the reason that a caller can act on.

Limits: https://cloud.google.com/tasks/docs/quotas and the reference of ``Queue`` and ``Task``, v2.
"""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from google.cloud import tasks_v2

from brisa.emulators.refused import Refused, invalid

HORIZON = 30 * 86400.0
"""How far ahead a task may be scheduled, seconds."""
MAX_TASK_BYTES = {"http_request": 1_048_576, "app_engine_http_request": 102_400}
MAX_HEADER_BYTES = 80 * 1024
DEADLINES = (15.0, 1800.0)
DEFAULT_DEADLINE = 600.0
MAX_RATE, MAX_CONCURRENT = 500.0, 5000
DEFAULT_CONCURRENT = 1000

RUNNING = tasks_v2.Queue.State(tasks_v2.Queue.State.RUNNING)
PAUSED = tasks_v2.Queue.State(tasks_v2.Queue.State.PAUSED)

_LOCATION = r"projects/[A-Za-z0-9.:-]+/locations/[A-Za-z0-9-]+"
_QUEUE = re.compile(rf"({_LOCATION})/queues/[A-Za-z0-9-]{{1,100}}")
_TASK = re.compile(rf"({_LOCATION}/queues/[A-Za-z0-9-]{{1,100}})/tasks/[A-Za-z0-9_-]{{1,500}}")
_PLACE = re.compile(_LOCATION)
_METHODS_WITH_BODY = (tasks_v2.HttpMethod.POST, tasks_v2.HttpMethod.PUT, tasks_v2.HttpMethod.PATCH)


def check_location(name: str) -> str:
    """``name`` if it is that of a location."""
    if not _PLACE.fullmatch(name):
        raise invalid(f"{name[:200]!r} is no projects/PROJECT/locations/LOCATION")
    return name


def check_queue_name(name: str, parent: str = "") -> str:
    """``name`` if it is that of a queue (in ``parent``, when given)."""
    found = _QUEUE.fullmatch(name)
    if not found or parent not in ("", found[1]):
        raise invalid(f"{name[:200]!r} is no {parent or 'projects/PROJECT/locations/LOCATION'}/queues/QUEUE")
    return name


def check_task_name(name: str, queue: str = "") -> str:
    """``name`` if it is that of a task (in ``queue``, when given)."""
    found = _TASK.fullmatch(name)
    if not found or queue not in ("", found[1]):
        raise invalid(f"{name[:200]!r} is no {queue or 'projects/PROJECT/locations/LOCATION/queues/QUEUE'}/tasks/TASK")
    return name


def queue_of(task: str) -> str:
    """The name of the queue that the task named ``task`` is in."""
    return task.rpartition("/tasks/")[0]


def full_queue(queue: tasks_v2.Queue, *, fresh: bool = True) -> tasks_v2.Queue:
    """A copy of ``queue`` with the service's defaults where it says nothing; :class:`Refused` for impossible values.

    The API can't tell no doublings from unsaid ones: in a ``fresh`` queue they are unsaid.
    """
    full = tasks_v2.Queue()
    tasks_v2.Queue.copy_from(full, queue)
    limits, retry = full.rate_limits, full.retry_config
    limits.max_dispatches_per_second = limits.max_dispatches_per_second or MAX_RATE
    limits.max_concurrent_dispatches = limits.max_concurrent_dispatches or DEFAULT_CONCURRENT
    _in_range("rate_limits.max_dispatches_per_second", limits.max_dispatches_per_second, 0.0, MAX_RATE)
    _in_range("rate_limits.max_concurrent_dispatches", limits.max_concurrent_dispatches, 1, MAX_CONCURRENT)
    # Output only: at least as many as the queue dispatches in a second.
    limits.max_burst_size = math.ceil(limits.max_dispatches_per_second)
    if fresh:
        retry.max_doublings = retry.max_doublings or 16
    retry.max_attempts = retry.max_attempts or 100
    _in_range("retry_config.max_attempts", retry.max_attempts, -1, 2**31)
    _in_range("retry_config.max_doublings", retry.max_doublings, 0, 2**31)
    minimum = seconds(retry.min_backoff)
    retry.min_backoff = timedelta(seconds=0.1 if minimum is None else minimum)
    maximum = seconds(retry.max_backoff)
    retry.max_backoff = timedelta(seconds=3600.0 if maximum is None else maximum)
    if not timedelta(0) <= retry.min_backoff <= retry.max_backoff:
        raise invalid("retry_config.min_backoff must not be above max_backoff, nor negative")
    return full


def _in_range(field: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # nor NaN
        raise invalid(f"{field} is {value:g}: it must be from {least:g} to {most:g}")


def check_task(task: tasks_v2.Task, queue: str, now: float) -> None:
    """:class:`Refused` unless the service would take ``task`` into ``queue`` at ``now`` (seconds since the epoch)."""
    kind = task._pb.WhichOneof("message_type") or ""  # noqa: SLF001 (proto-plus's one way to ask)
    if kind == "":
        raise invalid("a task needs an http_request")
    size = task._pb.ByteSize()  # noqa: SLF001
    if size > MAX_TASK_BYTES[kind]:
        raise invalid(f"the task has {size} bytes: at most {MAX_TASK_BYTES[kind]} are allowed")
    if kind != "http_request":
        raise Refused("UNIMPLEMENTED", "this emulator sends HTTP tasks, and no App Engine tasks")
    if task.name:
        check_task_name(task.name, queue)
    if task.schedule_time is not None and epoch(task.schedule_time) > now + HORIZON:
        raise invalid("schedule_time is more than 30 days ahead")
    deadline = seconds(task.dispatch_deadline)
    if deadline is not None:
        _in_range("dispatch_deadline (seconds)", deadline, *DEADLINES)
    _check_request(task.http_request)


def _check_request(request: tasks_v2.HttpRequest) -> None:
    if request.body and request.http_method not in (0, *_METHODS_WITH_BODY):
        raise invalid(f"a {request.http_method.name} task has no body")
    if "oauth_token" in request:
        raise Refused("UNIMPLEMENTED", "this emulator makes OIDC tokens, and no OAuth tokens")
    if "oidc_token" in request and not request.oidc_token.service_account_email:
        raise invalid("oidc_token.service_account_email is empty")
    if sum(len(name) + len(value) for name, value in request.headers.items()) > MAX_HEADER_BYTES:
        raise invalid(f"the headers have more than {MAX_HEADER_BYTES} bytes")
    if any(re.search(r"[\r\n\0]", name + value) for name, value in request.headers.items()):
        raise invalid("a header has a line break in it")
    if not _on_loopback(request.url):
        raise invalid(f"url is {request.url[:200]!r}: this emulator sends to http://127.0.0.1 or localhost alone")


def _on_loopback(url: str) -> bool:
    """Nothing leaves the machine, whatever a task says."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.port != 0 and not re.search(r"[\x00-\x20\x7f]", url) and url.isascii()
        host = parts.hostname or ""
        return usable and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def epoch(moment: datetime) -> float:
    """Seconds since the epoch."""
    return moment.timestamp()


def moment(at: float) -> datetime:
    """The other way round."""
    return datetime.fromtimestamp(at, UTC)


def seconds(length: timedelta | None) -> float | None:
    """The seconds of a duration, ``None`` for none: an absent one reads as no time at all."""
    return length.total_seconds() if length else None
