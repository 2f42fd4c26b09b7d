"""The body of a task: one message, ids only."""

from __future__ import annotations

import json
from typing import NoReturn

from brisa.errors import DecodeError
from brisa.model.codec import decode, dumps, encode
from brisa.model.run import Message

MAX_BYTES = 64 * 1024
"""A body above this is not ours: ids are short."""


def encode_message(message: Message) -> bytes:
    """The body that carries ``message``."""
    return dumps(encode(message)).encode()


def decode_message(body: bytes) -> Message:
    """The message in the body of a request; :class:`~brisa.errors.DecodeError` for anything else, whoever sent it."""
    if len(body) > MAX_BYTES:
        raise DecodeError(f"not a Message: {len(body)} bytes, and at most {MAX_BYTES} are one")
    try:
        data = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, too deep
        raise DecodeError(f"not a Message: {type(error).__name__}") from error
    return decode(Message, data)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no moment")
