"""What lists are narrowed by: spans (``…_gte``, ``…_gt``, ``…_lte``, ``…_lt`` of a moment or a number), texts, values.

Where entries are many each is a predicate, made only of what a query asks for: most ask for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from operator import ge, gt, le, lt
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime

from brisa.web.paging import begins, matches

T = TypeVar("T")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("this moment is before the first, or after the last, that there is in UTC") from error


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time; one without a zone is in UTC."""
ZonedMoment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone."""


Predicate = Callable[[T], bool]


def spans(
    limits: object, values: Mapping[str, Callable[[T], Any]], *, absent: Collection[str] = ()
) -> Iterator[Predicate[T]]:
    """Those of the spans that ``limits`` has of ``values``, by name. What has no value is within none, except of the
    names in ``absent``."""
    for name, value in values.items():
        ends = {end: limit for end in _ENDS if (limit := getattr(limits, f"{name}_{end}", None)) is not None}
        if ends:
            yield partial(_within, value, ends, name in absent)


def alike(patterns: object, texts: Mapping[str, Callable[[T], str]]) -> Iterator[Predicate[T]]:
    """Those of the ``…_pattern`` and ``…_prefix_pattern`` that ``patterns`` has of ``texts``, by name."""
    for name, text in texts.items():
        for kind, holds in (("pattern", matches), ("prefix_pattern", begins)):
            pattern = getattr(patterns, f"{name}_{kind}")
            if pattern:
                yield partial(_alike, text, holds, pattern)


def among(wanted: object, values: Mapping[str, Callable[[T], Any]]) -> Iterator[Predicate[T]]:
    """Those of the values that ``wanted`` lists, by name; an empty list, or none, asks for nothing."""
    for name, value in values.items():
        listed = getattr(wanted, name)
        if listed:
            yield partial(_among, value, frozenset(listed))


def passing(found: Sequence[T], *predicates: Iterable[Predicate[T]]) -> Sequence[T]:
    """Those for which all hold."""
    every = [predicate for some in predicates for predicate in some]
    return [one for one in found if all(predicate(one) for predicate in every)] if every else found


def within(limits: object, name: str, value: Any) -> bool:
    """Whether ``value`` is within the span that ``limits`` has of ``name``; no value is within none."""
    return all(holds(value) for holds in spans(limits, {name: _itself}))


def _itself(value: Any) -> Any:
    return value


_ENDS: Mapping[str, Callable[[Any, Any], bool]] = {"gte": ge, "gt": gt, "lte": le, "lt": lt}


def _within(value: Callable[[T], Any], ends: Mapping[str, Any], absent: bool, one: T) -> bool:
    own = value(one)
    return absent if own is None else all(_ENDS[end](own, limit) for end, limit in ends.items())


def _alike(text: Callable[[T], str], holds: Callable[[str | None, str], bool], pattern: str, one: T) -> bool:
    return holds(pattern, text(one))


def _among(value: Callable[[T], Any], wanted: Collection[Any], one: T) -> bool:
    return value(one) in wanted
