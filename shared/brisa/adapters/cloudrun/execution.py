"""What an execution is told, in environment variables: its message, ids only, and how long its attempt may last."""

from __future__ import annotations

from collections.abc import Mapping

from brisa.adapters.cloudtasks.payload import decode_work, encode_work
from brisa.errors import DecodeError
from brisa.model.jobs import MARGIN
from brisa.model.run import Message

MESSAGE_VARIABLE, LONGEST_VARIABLE = "BRISA_MESSAGE", "BRISA_LONGEST"
TRACE_VARIABLE = "TRACEPARENT"
"""As OpenTelemetry's page "Environment variables as context propagation carriers" has it."""


def encode_execution(message: Message, seconds: float) -> dict[str, str]:
    """The variables of an execution that may last so many ``seconds``."""
    return {MESSAGE_VARIABLE: encode_work(message).decode(), LONGEST_VARIABLE: f"{max(1.0, seconds - MARGIN):g}"}


def decode_execution(environment: Mapping[str, str]) -> tuple[Message, float]:
    """The message, and after how many seconds its attempt is to be ended; :class:`~brisa.errors.DecodeError`."""
    work = decode_work(environment.get(MESSAGE_VARIABLE, "").encode(errors="surrogateescape"))
    if not isinstance(work, Message):
        raise DecodeError(f"{MESSAGE_VARIABLE} is no message: jobs run attempts")
    try:
        longest = float(environment.get(LONGEST_VARIABLE, ""))
    except ValueError:
        longest = 0.0
    if not 0 < longest < float("inf"):
        raise DecodeError(f"{LONGEST_VARIABLE} is no number of seconds")
    return work, longest
