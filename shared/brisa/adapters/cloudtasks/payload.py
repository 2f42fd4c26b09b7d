"""The body of a task: one piece of work, ids only."""

from __future__ import annotations

import json
from typing import NoReturn

from brisa.errors import DecodeError
from brisa.model import codec
from brisa.model.work import Work

MAX_BYTES = 64 * 1024
"""A body above this is not ours: ids are short."""


def encode_work(work: Work) -> bytes:
    """The body that carries ``work``."""
    return codec.dumps(codec.encode_work(work)).encode()


def decode_work(body: bytes) -> Work:
    """The work in the body of a request; :class:`~brisa.errors.DecodeError` for anything else, whoever sent it."""
    if len(body) > MAX_BYTES:
        raise DecodeError(f"not work: {len(body)} bytes, and at most {MAX_BYTES} are some")
    try:
        data = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, too deep
        raise DecodeError(f"not work: {type(error).__name__}") from error
    return codec.decode_work(data)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no moment")
