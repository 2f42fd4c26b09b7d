"""Records with something in each of their fields, told from the fields' types; so many that each enum is used up."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")
_DAY = datetime(2023, 1, 1, tzinfo=UTC)
_LEAVES: Mapping[Any, Any] = {str: "text", int: 7, float: 1.5, datetime: _DAY, bool: True}


def full(kind: type[T], number: int, **given: Any) -> T:
    """One record, whose enums have the members of that place, counted round; but what is ``given`` is as it is."""
    hints = _hints(kind)
    if not is_dataclass(kind):
        return kind(*(_sample(hint, number) for hint in hints.values()))
    made = {}
    for field in fields(kind):
        if field.init:
            sample = _sample(hints[field.name], number)
            default = field.default_factory() if field.default_factory is not MISSING else field.default
            made[field.name] = not default if hints[field.name] is bool and default is not MISSING else sample
    return kind(**{**made, **given})


def variants(kind: Any, seen: frozenset[Any] = frozenset()) -> int:
    """Of how many members the largest enum is that a kind of record has in it."""
    if kind in seen:
        return 1
    if isinstance(kind, type) and issubclass(kind, Enum):
        return len(kind)
    parts = typing.get_args(kind) or (tuple(_hints(kind).values()) if _is_record(kind) else ())
    return max((variants(part, seen | {kind}) for part in parts), default=1)


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields"))


def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, localns={"JsonObject": dict[str, object], "JsonValue": object})


def _sample(hint: Any, number: int) -> Any:
    if hint in _LEAVES:
        return _LEAVES[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[number % len(hint)]
    if _is_record(hint):
        return full(hint, number)
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return (_sample(parts[0], number),)
    if origin in (Mapping, dict):
        return {"key": _sample(parts[1], number)}
    known = [part for part in parts if part is not type(None)]
    return _sample(known[0], number) if len(known) == 1 else ["any JSON", number]
