"""Ranges of a query: ``…_gte``, ``…_gt``, ``…_lte`` and ``…_lt`` of a moment or a number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A time; one without a zone is in UTC."""


def within(limits: object, name: str, value: Any) -> bool:
    """Whether ``value`` is within what ``limits`` has of ``name``; no value is within no limit."""
    gte, gt, lte, lt = (getattr(limits, f"{name}_{end}", None) for end in ("gte", "gt", "lte", "lt"))
    if gte is gt is lte is lt is None:
        return True
    if value is None:
        return False
    return (
        (gte is None or value >= gte)
        and (gt is None or value > gt)
        and (lte is None or value <= lte)
        and (lt is None or value < lt)
    )
