"""Logs of tasks, as Airflow's structured messages, or as the text that they are."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated

from fastapi import Header, HTTPException, Path
from fastapi.responses import Response, StreamingResponse

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.run import UNMAPPED, RunKey, TaskKey
from brisa.runtime.task_log import read_line
from brisa.services.task_instances import Instance, TaskInstances
from brisa.services.task_logs import LogPart, Position, TaskLogs
from brisa.web.backend import Backend, Uses
from brisa.web.permissions import needs
from brisa.web.routes.task_instances import known
from brisa.web.routing import problems, routes
from brisa.web.schemas.task_instances import (
    ExternalLogUrlResponse,
    StructuredLogMessage,
    TaskInstancesLogResponse,
)

router = routes("Task Instance")
_READ = needs(Permission.READ_LOGS)
_TASK = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}"
_JSON, _LINES, _TEXT = "application/json", "application/x-ndjson", "text/plain"
_KINDS = {_JSON: _JSON, "*/*": _JSON, "application/*": _JSON, _LINES: _LINES, _TEXT: _TEXT}
_TOKEN_HEADER = "Airflow-Continuation-Token"  # noqa: S105  where a place in a log is told, no secret
_CHUNK = 2000
"""Lines that are sent at once."""
_PLACE = re.compile(r"(\d{1,9})\.(\d{1,15})", re.ASCII)


@router.get(
    f"{_TASK}/logs/{{try_number}}",
    dependencies=[_READ],
    response_model=TaskInstancesLogResponse,
    responses={
        **problems(400, 404, 406),
        200: {"content": {_LINES: {"schema": {"type": "string"}}, _TEXT: {"schema": {"type": "string"}}}},
    },
)
def get_log(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    try_number: Annotated[int, Path(ge=0)],
    backend: Uses,
    full_content: bool = False,
    map_index: int = UNMAPPED,
    token: str | None = None,
    accept: Annotated[str, Header()] = "*/*",
) -> Response | TaskInstancesLogResponse:
    """The log of a try: from the beginning, or from where a continuation token says. While the try goes on, or if the
    log is long and not ``full_content`` is asked for, there is a token with which to ask for more.

    Besides JSON there are lines of it (``application/x-ndjson``), and brisa's own ``text/plain``.
    """
    kind = _kind(accept)
    begin = Position() if token is None else _position(token)
    one = TaskInstances(backend.store, backend.runs).one(RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index))
    if one is None or one.key != TaskKey(task_id, map_index):
        raise NotFoundError("TaskInstance not found")
    part = _part(backend, one, try_number, begin, full_content)
    following = None if part.over else _token(part.position)
    messages = _messages(part, first=token is None)
    if kind == _JSON:
        return TaskInstancesLogResponse(content=list(messages), continuation_token=following)
    lines = iter(part.lines) if kind == _TEXT else (message.model_dump_json() for message in messages)
    headers = {_TOKEN_HEADER: following} if following else None
    return StreamingResponse(_chunks(lines), media_type=kind, headers=headers)


@router.get(f"{_TASK}/externalLogUrl/{{try_number}}", dependencies=[_READ], responses=problems(400, 404))
def get_external_log_url(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    try_number: Annotated[int, Path(gt=0)],
    backend: Uses,
    map_index: int = UNMAPPED,
) -> ExternalLogUrlResponse:
    """400: brisa keeps its logs itself."""
    known(backend, dag_id, dag_run_id, task_id, map_index)
    raise HTTPException(400, f"Task log handler does not support external logs: brisa has the log of try {try_number}")


def _part(backend: Backend, one: Instance, try_number: int, begin: Position, whole: bool) -> LogPart:
    part = TaskLogs(backend.store, backend.blobs).read(one, try_number, begin, whole=whole)
    if part is None:
        raise NotFoundError("TaskInstance not found")
    return part


def _messages(part: LogPart, *, first: bool) -> Iterator[StructuredLogMessage]:
    """Each line as a message; one without a time has that of the line before."""
    if first:
        yield StructuredLogMessage(event="::group::Log message source details")
        for name in part.sources:
            yield StructuredLogMessage(event=name)
        yield StructuredLogMessage(event="::endgroup::")
        if not part.lines:
            yield StructuredLogMessage(event="No logs available for this task.")
    at: datetime | None = None
    for text in part.lines:
        line = read_line(text)
        if line is None:
            yield StructuredLogMessage(timestamp=at, event=text)
        else:
            at = line.moment
            known_too = {"level": line.level.lower(), "logger": line.source}
            yield StructuredLogMessage(timestamp=at, event=line.text, **known_too)


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    """The lines, many in one text: each text costs the server a change of threads."""
    while chunk := list(islice(lines, _CHUNK)):
        yield "\n".join([*chunk, ""])


def _kind(accept: str) -> str:
    """Which of the forms is wanted: the first that is one; 406 if none is."""
    for given in accept.split(","):
        kind = _KINDS.get(given.partition(";")[0].strip().lower())
        if kind is not None:
            return kind
    raise HTTPException(406, f"Only {_JSON}, {_LINES} or {_TEXT} is supported")


def _token(position: Position) -> str:
    return base64.urlsafe_b64encode(f"{position.attempt}.{position.offset}".encode()).decode()


def _position(token: str) -> Position:
    """Where a token says: a place in the log that its path names, and so in no other."""
    try:
        place = _PLACE.fullmatch(base64.b64decode(token, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        place = None
    if place is None:
        raise HTTPException(400, "Bad Signature. Please use only the tokens provided by the API.")
    return Position(int(place[1]), int(place[2]))
