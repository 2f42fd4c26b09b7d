"""Requests that are answered with a status of their own, and which status each of brisa's errors is."""

from __future__ import annotations

from collections.abc import Mapping

from brisa.adapters.oidc import StrangerError
from brisa.errors import (
    BrisaError,
    DecodeError,
    IdentityError,
    NewerFormatError,
    NotFoundError,
    QueueError,
    StorageError,
    UnavailableError,
)

RETRY_AFTER = "5"
"""Seconds."""


class Refusal(BrisaError):
    """A request can't be done as it is: with the status that says so, and headers that belong to it."""

    def __init__(self, status: int, outcome: str, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.outcome = outcome
        self.headers = headers or {}


def refusal(error: BrisaError, *, unknown: int) -> Refusal | None:
    """What to answer after ``error``, ``unknown`` being the status for something that there is not.

    ``None`` for an error that no request should lead to: a defect.
    """
    reason = str(error)
    match error:
        case Refusal():
            return error
        case StrangerError():
            return Refusal(403, "forbidden", reason)
        case IdentityError():
            return Refusal(401, "unauthorized", reason, {"WWW-Authenticate": "Bearer"})
        case NewerFormatError():  # while a release is on its way, another instance reads it
            return Refusal(503, "newer format", reason, {"Retry-After": RETRY_AFTER})
        case DecodeError():
            return Refusal(400, "malformed", reason)
        case NotFoundError():
            return Refusal(unknown, "unknown", reason)
        case UnavailableError():
            return Refusal(503, "unavailable", reason, {"Retry-After": RETRY_AFTER})
        case StorageError() | QueueError():
            return Refusal(500, "unusable", reason)
        case _:
            return None
