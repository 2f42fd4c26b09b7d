"""``limit``, ``offset`` and ``order_by``, as Airflow takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Query

from brisa.ports.search import like

T = TypeVar("T")

LARGEST_PAGE = 100
"""Airflow's ``maximum_page_limit``: a larger ``limit`` is cut to it. With 0 there is only the number of entries."""
Limit = Annotated[int, Query(ge=0)]
Offset = Annotated[int, Query(ge=0)]


def sorted_by(names: Iterable[str], default: Sequence[str] = ()) -> Any:
    """What a parameter ``order_by`` is annotated with: a list of these names, ``-`` before one for the other way round.

    Only the document says so: what is no such name is refused by :func:`in_order`, in Airflow's words.
    """
    return Query(
        default_factory=lambda: [*default], json_schema_extra={"items": {"type": "string", **either_way(names)}}
    )


def listed(*values: str) -> Any:
    """What a parameter is annotated with that is a list of these; only the document says so."""
    return Query(default_factory=list, json_schema_extra={"items": {"type": "string", "enum": [*values]}})


def either_way(names: Iterable[str]) -> dict[str, Any]:
    """What the document says of a text by which a list is sorted."""
    return {"enum": [f"{sign}{name}" for name in names for sign in ("", "-")]}


def page_size(limit: int) -> int:
    """How many entries a page has for this ``limit``."""
    return min(limit, LARGEST_PAGE)


def page(found: Sequence[T], limit: int, offset: int) -> Sequence[T]:
    """The part of ``found`` that is asked for."""
    return found[offset : offset + page_size(limit)]


def in_order(
    found: Iterable[T], order_by: Sequence[str], keys: Mapping[str, Callable[[T], Any]], default: str
) -> list[T]:
    """``found``, sorted by the fields that ``order_by`` names; ``keys`` tells how to get each, ``None`` coming last.

    Raises 400 for another field, as Airflow does.
    """
    ordered = list(found)
    for name in reversed([*order_by] or [default]):
        field = name.removeprefix("-")
        if field not in keys:
            raise disallowed(field)
        key = keys[field]
        ordered.sort(key=lambda one, key=key: _sortable(key(one)), reverse=name.startswith("-"))  # type: ignore[misc]
    return ordered


def disallowed(field: str) -> HTTPException:
    """What tells that nothing can be sorted by ``field``."""
    return HTTPException(400, f"Ordering with '{field}' is disallowed or the attribute does not exist on the model")


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is None, 0 if value is None else value)


def matches(pattern: str | None, text: str) -> bool:
    """Whether ``text`` matches a ``…_pattern`` of a query: ``%`` and ``_`` as in SQL's LIKE, ``|`` between
    alternatives, anywhere in the text and whatever the case; no pattern, or ``~``, matches all."""
    if not pattern or pattern == "~":
        return True
    return any(like(one.strip(), text) for one in pattern.split("|") if one.strip())


def begins(pattern: str | None, text: str) -> bool:
    """Whether ``text`` begins with one of the alternatives of a ``…_prefix_pattern``, as :func:`matches` in the rest:
    but letters count as they are, and signs at an alternative's end do not count, as in Airflow."""
    if not pattern or pattern == "~":
        return True
    return text.startswith(tuple(prefixes(pattern)))


def prefixes(pattern: str) -> list[str]:
    """The alternatives of a ``…_prefix_pattern``."""
    return [_TRAILING.sub("", one.strip()) for one in pattern.split("|") if one.strip()]


_TRAILING = re.compile(r"[^a-zA-Z0-9]+$")
