"""A search for runs: which are meant, in which order, and which page of them. Every store finds the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from brisa.model import codec
from brisa.model.run import Run

NUMBERS: Mapping[str, Callable[[Run], float | None]] = {
    "run_after": lambda run: run.run_after,
    "logical_date": lambda run: None if run.logical_date is None else run.logical_date.timestamp(),
    "partition_date": lambda run: None if run.partition_date is None else run.partition_date.timestamp(),
    "queued_at": lambda run: run.queued_at,
    "started_at": lambda run: run.started_at,
    "ended_at": lambda run: run.ended_at,
    "duration": lambda run: None if run.started_at is None or run.ended_at is None else run.ended_at - run.started_at,
    "updated_at": lambda run: next((at for at in (run.ended_at, run.started_at) if at is not None), run.queued_at),
}
"""Fields by which runs are bounded and sorted: times in seconds since the epoch, and the duration in seconds."""
TEXTS: Mapping[str, Callable[[Run], str]] = {
    "dag_id": lambda run: run.dag_id,
    "run_id": lambda run: run.run_id,
    "triggering_user": lambda run: run.triggering_user,
    "partition_key": lambda run: run.partition_key or "",
}
_ORDERS: Mapping[str, Callable[[Run], Any]] = {
    **NUMBERS,
    **TEXTS,
    "state": lambda run: run.state.value,
    "conf": lambda run: codec.dumps(run.conf),
}
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": lambda one, other: one >= other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    "<": lambda one, other: one < other,
}


class Bound(NamedTuple):
    """A run's ``field`` (of :data:`NUMBERS`) compared with ``value``; one that has none is not meant."""

    field: str
    operator: str
    """``>=``, ``>``, ``<=`` or ``<``."""
    value: float

    def holds(self, run: Run) -> bool:
        """Whether it is so."""
        value = NUMBERS[self.field](run)
        return value is not None and _COMPARE[self.operator](value, self.value)


class Text(NamedTuple):
    """A run's ``field`` (of :data:`TEXTS`) has, in any place, one of ``patterns`` (:func:`like`); or, with ``prefix``,
    begins with one of them as it is."""

    field: str
    patterns: tuple[str, ...]
    prefix: bool = False

    def holds(self, run: Run) -> bool:
        """Whether it is so."""
        text = TEXTS[self.field](run)
        if self.prefix:
            return text.startswith(self.patterns)
        return any(like(pattern, text) for pattern in self.patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSearch:
    """What is asked for; empty tuples ask for nothing special.

    ``order`` are fields (of :data:`NUMBERS`, :data:`TEXTS`, ``state``, ``conf``), each with whether the highest come
    first; a field that a run does not have counts as higher than all. Runs that agree in all come by DAG and run id.
    """

    dag_ids: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] | None = None
    """Pairs of a DAG's id and the hash of a version; ``None``: of any."""
    states: tuple[str, ...] = ()
    run_types: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    bounds: tuple[Bound, ...] = ()
    conf_contains: str = ""
    """In the JSON text of the conf, as :func:`json.dumps` writes it, whatever the case."""
    order: tuple[tuple[str, bool], ...] = (("run_after", False),)
    limit: int = 100
    offset: int = 0

    def matches(self, run: Run) -> bool:
        """Whether ``run`` is meant."""
        return (
            (not self.dag_ids or run.dag_id in self.dag_ids)
            and (self.versions is None or (run.dag_id, run.version) in self.versions)
            and (not self.states or run.state in self.states)
            and (not self.run_types or run.run_type in self.run_types)
            and all(text.holds(run) for text in self.texts)
            and all(bound.holds(run) for bound in self.bounds)
            and self.has_conf(run)
        )

    def has_conf(self, run: Run) -> bool:
        """Whether its conf is as asked for."""
        import json

        return not self.conf_contains or self.conf_contains.lower() in json.dumps(run.conf).lower()

    def ordered(self, runs: Iterable[Run]) -> list[Run]:
        """``runs`` in order."""
        found = sorted(runs, key=lambda run: run.key)
        for field, descending in reversed(self.order):
            value = _ORDERS[field]
            found.sort(key=lambda run: _sortable(value(run)), reverse=descending)
        return found


def _sortable(value: Any) -> tuple[bool, Any]:
    return value is None, 0 if value is None else value


def like(pattern: str, text: str) -> bool:
    """Whether ``pattern`` is in ``text`` as in SQL's LIKE: ``%`` for any characters, ``_`` for one, and letters of
    ASCII whatever their case."""
    place = 0
    for part in _parts(pattern):
        # The first place will do, whatever comes after: so nobody's pattern can take long.
        found = part.search(text, place)
        if found is None:
            return False
        place = found.end()
    return True


@lru_cache(maxsize=256)
def _parts(pattern: str) -> tuple[re.Pattern[str], ...]:
    """What stands between the ``%`` of a pattern, each of a fixed length."""
    parts = ("".join("." if char == "_" else re.escape(char) for char in part) for part in pattern.split("%"))
    return tuple(re.compile(part, re.IGNORECASE | re.DOTALL | re.ASCII) for part in parts if part)
