"""The HTTP request of one attempt, as the service makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from google.cloud import tasks_v2

from brisa.emulators.cloud_tasks.checks import DEFAULT_DEADLINE, epoch, seconds

_OURS = ("x-cloudtasks-", "x-google-", "host", "content-length", "user-agent", "connection", "transfer-encoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One attempt of one task. ``deadline`` is in seconds."""

    task: str
    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    deadline: float
    email: str = ""
    """Whom the OIDC token names; empty: no token."""
    audience: str = ""
    copies: int = 0
    """How often it is sent beside the one whose answer counts: at least once means that this happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened to a task before. ``executions`` counts answers below 500: those of the handler itself."""

    executions: int = 0
    previous: int = 0
    """The status of the last answer, 0 for none."""


def dispatch(task: tasks_v2.Task, history: History, copies: int) -> Dispatch:
    """The next attempt of ``task``, whose ``dispatch_count`` does not count it yet."""
    request = task.http_request
    queue, _, name = task.name.rpartition("/tasks/")
    headers = {key: value for key, value in request.headers.items() if not key.lower().startswith(_OURS)}
    if request.body and not any(key.lower() == "content-type" for key in headers):
        headers["Content-Type"] = "application/octet-stream"
    headers |= {
        "User-Agent": "Google-Cloud-Tasks",
        "X-CloudTasks-QueueName": queue.rpartition("/")[2],
        "X-CloudTasks-TaskName": name,
        "X-CloudTasks-TaskRetryCount": str(task.dispatch_count),
        "X-CloudTasks-TaskExecutionCount": str(history.executions),
        "X-CloudTasks-TaskETA": f"{epoch(task.schedule_time):.6f}",
    }
    if history.previous:
        headers["X-CloudTasks-TaskPreviousResponse"] = str(history.previous)
    email = audience = ""
    if "oidc_token" in request:
        email = request.oidc_token.service_account_email
        audience = request.oidc_token.audience or request.url
        headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
    return Dispatch(
        task=task.name,
        url=request.url,
        method=tasks_v2.HttpMethod(request.http_method).name,
        headers=headers,
        body=request.body,
        deadline=seconds(task.dispatch_deadline) or DEFAULT_DEADLINE,
        email=email,
        audience=audience,
        copies=copies,
    )
