"""Values by index, each worked out when it is asked for: what a mapped task is expanded over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, TypeGuard

UNFILLED: Final = object()
"""Of :func:`zipped`: end with the shortest."""


@dataclass(frozen=True, slots=True)
class Items:
    """``size`` values; ``at(index)`` is one of them."""

    size: int
    at: Callable[[int], Any]

    def __iter__(self) -> Iterator[Any]:
        return map(self.at, range(self.size))


def is_mappable(value: object) -> TypeGuard[Sequence[Any] | Mapping[Any, Any]]:
    """Whether ``value`` can be mapped over: a list, tuple, other sequence or dict, but no text."""
    return isinstance(value, Sequence | Mapping) and not isinstance(value, str | bytes | bytearray)


def listed(value: Sequence[Any] | Mapping[Any, Any]) -> Items:
    """The items of a sequence; of a dict its (key, value) pairs."""
    items = list(value.items()) if isinstance(value, Mapping) else value
    return Items(len(items), items.__getitem__)


def applied(items: Items, function: Callable[[Any], Any]) -> Items:
    """What ``function`` makes of each; called for those that are asked for only."""
    return Items(items.size, lambda index: function(items.at(index)))


def zipped(parts: Sequence[Items], fill: Any = UNFILLED) -> Items:
    """Tuples of one of each, as many as the shortest has; or the longest, with ``fill`` for what is missing."""
    sizes = [part.size for part in parts]

    def at(index: int) -> tuple[Any, ...]:
        return tuple(part.at(index) if index < part.size else fill for part in parts)

    return Items(min(sizes) if fill is UNFILLED else max(sizes), at)


def chained(parts: Sequence[Items]) -> Items:
    """Those of the first, then those of the second, and so on."""
    starts = [0, *accumulate(part.size for part in parts)]

    def at(index: int) -> Any:
        part = bisect_right(starts, index) - 1
        return parts[part].at(index - starts[part])

    return Items(starts[-1], at)


def position(sizes: Sequence[int], index: int) -> list[int]:
    """Where in each of several inputs the ``index``-th of their product is: the last input varies fastest."""
    places = []
    for size in reversed(sizes):
        index, place = divmod(index, size)
        places.append(place)
    return places[::-1]
