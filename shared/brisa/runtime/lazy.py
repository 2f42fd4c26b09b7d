"""Values of the context that cost something: worked out when somebody looks, once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

_UNSET: Any = object()


class Lazy:
    """Stands for a value until it is needed, and then behaves like it.

    A function that takes ``**context`` gets these for the costly entries; only ``x is None`` can't be imitated.
    """

    __slots__ = ("_compute", "_value")

    def __init__(self, compute: Callable[[], Any]) -> None:
        object.__setattr__(self, "_compute", compute)
        object.__setattr__(self, "_value", _UNSET)

    def __getattr__(self, name: str) -> Any:
        return getattr(value_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(value_of(self), name, value)

    def __repr__(self) -> str:
        return repr(value_of(self))

    def __str__(self) -> str:
        return str(value_of(self))

    def __format__(self, spec: str) -> str:
        return format(value_of(self), spec)

    def __bool__(self) -> bool:
        return bool(value_of(self))

    def __hash__(self) -> int:
        return hash(value_of(self))

    def __len__(self) -> int:
        return len(value_of(self))

    def __iter__(self) -> Iterator[Any]:
        return iter(value_of(self))

    def __contains__(self, item: object) -> bool:
        return item in value_of(self)

    def __getitem__(self, key: Any) -> Any:
        return value_of(self)[key]

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (value_of(self),)


def value_of(thing: Any) -> Any:
    """The value that a :class:`Lazy` stands for; anything else as it is."""
    if type(thing) is not Lazy:
        return thing
    value = object.__getattribute__(thing, "_value")
    if value is _UNSET:
        value = object.__getattribute__(thing, "_compute")()
        object.__setattr__(thing, "_value", value)
    return value


def _itself(value: Any) -> Any:
    return value


def _forward(name: str, *, swapped: bool = False) -> Callable[[Any, Any], Any]:
    function = getattr(operator, name)
    if swapped:
        return lambda self, other: function(value_of(other), value_of(self))
    return lambda self, other: function(value_of(self), value_of(other))


for _name in ("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mod"):
    setattr(Lazy, f"__{_name}__", _forward(_name))
for _name in ("add", "sub"):
    setattr(Lazy, f"__r{_name}__", _forward(_name, swapped=True))
