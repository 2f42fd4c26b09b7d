"""How facts are taken from values that have blocks in them, and from flags."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.infra.terraform import Plan

Fact = tuple[Any, ...]
Values = Mapping[str, Any]


def facts(rows: Iterable[Fact]) -> set[Fact]:
    """Facts can be compared as sets: lists and maps in them become text."""
    return {
        tuple(json.dumps(cell, sort_keys=True) if isinstance(cell, dict | list) else cell for cell in row)
        for row in rows
    }


def each(plan: Plan, *kinds: str) -> list[Values]:
    return [values for kind in kinds for values in plan.all(kind).values()]


def first(values: Values, *path: str) -> Any:
    """Down through blocks of which there is one; ``None`` where one is not there."""
    found: Any = values
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, list) and found and isinstance(found[0], Mapping):
            found = found[0]
    return None if found == [] else found


def condition(text: str) -> str:
    return "" if text == "None" else text.removeprefix("expression=").rpartition(",title=")[0]


def labels(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(",") if pair)
