"""Results that other tasks are expanded over, and can't be."""

from __future__ import annotations

from brisa.authoring.exceptions import AirflowException
from brisa.authoring.items import is_mappable


class XComForMappingNotPushed(AirflowException):
    """Other tasks are expanded over what this one returns, and it returned nothing."""


class UnmappableXComTypePushed(AirflowException):
    """Other tasks are expanded over what this one returned, and that has no items."""


class UnmappableXComLengthPushed(AirflowException):
    """Other tasks are expanded over what this one returned, and that has too many items."""


def number_of_items(result: object, task_id: str, limit: int) -> int:
    """How many items ``result`` of a task has that others are expanded over; an error if it can't be mapped over."""
    if result is None:
        raise XComForMappingNotPushed(
            f"other tasks are expanded over what task {task_id!r} returns, but it pushed nothing (None); "
            "return an empty list when there is nothing to do"
        )
    if not is_mappable(result):
        raise UnmappableXComTypePushed(
            f"other tasks are expanded over what task {task_id!r} returns, so it must return a list, tuple or dict, "
            f"not {type(result).__name__}"
        )
    if len(result) > limit:
        raise UnmappableXComLengthPushed(
            f"task {task_id!r} returned {len(result)} items; other tasks are expanded over at most {limit} "
            "(BRISA_MAX_MAP_LENGTH)"
        )
    return len(result)
