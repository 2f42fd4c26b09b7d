"""Bodies of requests: read up to a limit, and decoded with nothing in them that no store would take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from werkzeug import Request
from werkzeug.exceptions import HTTPException

from brisa.adapters.cloudtasks import decode_work
from brisa.errors import DecodeError
from brisa.handlers.refusals import Refusal
from brisa.model.work import Work

_CHUNK = 1 << 16
_MOST_THROWN_AWAY = 32 << 20
"""Bytes: Cloud Run lets no larger request in over HTTP/1."""


def read_body(request: Request, limit: int) -> bytes:
    """The body; a :class:`Refusal` with status 413 if it has more than ``limit`` bytes."""
    too_large = Refusal(413, "too large", f"the body has more than {limit} bytes")
    if (request.content_length or 0) > limit:
        raise too_large
    body = bytearray()
    try:
        for chunk in _chunks(request):
            body += chunk
            if len(body) > limit:
                raise too_large
    except HTTPException as error:  # whoever sends it has gone away
        raise Refusal(400, "malformed", "the body has ended too soon") from error
    return bytes(body)


def throw_away(request: Request) -> None:
    """Read what nobody has read, a piece at a time: functions-framework would take all of it into memory.

    A client that is still sending would otherwise see a broken connection instead of the answer.
    """
    left = _MOST_THROWN_AWAY
    try:
        for chunk in _chunks(request):
            left -= len(chunk)
            if left <= 0:
                return
    except HTTPException:
        return


def _chunks(request: Request) -> Iterator[bytes]:
    while chunk := request.stream.read(_CHUNK):
        yield chunk


def decoded(body: bytes | str) -> Any:
    """The JSON value in ``body``; :class:`~brisa.errors.DecodeError` if it is none, or has text that is not Unicode."""
    try:
        text = body if isinstance(body, str) else body.decode()
        value = json.loads(text, parse_constant=_no_number)
        if "\\u" in text:  # the only way in for halves of surrogate pairs
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the body is not JSON: {type(error).__name__}") from error
    return value


def decoded_object(body: bytes | str) -> dict[str, Any]:
    """The JSON object in ``body``; :class:`~brisa.errors.DecodeError` for anything else."""
    value = decoded(body)
    if not isinstance(value, dict):
        raise DecodeError("the body is no JSON object")
    return value


def decoded_work(body: bytes) -> Work:
    """The work in ``body``; :class:`~brisa.errors.DecodeError` for anything else."""
    decoded_object(body)
    return decode_work(body)


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
