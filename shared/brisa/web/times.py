"""Seconds since the epoch, as brisa keeps them, and the moments that the API speaks of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def moment(seconds: float) -> datetime: ...
@overload
def moment(seconds: float | None) -> datetime | None: ...
def moment(seconds: float | None) -> datetime | None:
    """The moment, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
