"""A search for runs as SQL.

All that a search is about but the conf is in the index ``runs_searched``, or leads to the runs of one DAG: documents
are read for the page alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from brisa.model import codec
from brisa.ports.search import RunSearch, Text

CANDIDATES = 10_000
"""Runs, in the order asked for, of which documents are read to look for something in their conf."""
_COLUMNS: Mapping[str, str] = {
    "dag_id": "dag_id",
    "run_id": "run_id",
    "state": "state",
    "run_after": "run_after",
    "logical_date": "logical_us / 1000000.0",
    "partition_date": "partition_us / 1000000.0",
    "queued_at": "queued_at",
    "started_at": "started_at",
    "ended_at": "ended_at",
    "duration": "ended_at - started_at",
    "updated_at": "COALESCE(ended_at, started_at, queued_at)",
    "triggering_user": "triggering_user",
    "partition_key": "partition_key",
    "conf": "COALESCE(json_extract(doc, '$.conf'), '{}')",
}
"""A search's field → the expression that has it."""
_LISTED = "(SELECT value FROM json_each(?))"
_NEVER_NULL = ("dag_id", "run_id", "state", "run_after")


class Statement(NamedTuple):
    """SQL and its values."""

    sql: str
    values: tuple[Any, ...]


def counted(search: RunSearch) -> Statement:
    """How many runs there are."""
    where, values = _where(search)
    return Statement(f"SELECT COUNT(*) FROM runs{where}", values)  # noqa: S608  every value is bound


def paged(search: RunSearch, limit: int, offset: int) -> Statement:
    """``doc, rev`` of a page of them."""
    where, values = _where(search)
    order = _order(search)
    page = f"SELECT rowid AS id FROM runs{where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608  every value is bound
    sql = f"SELECT doc, rev FROM ({page}) JOIN runs ON runs.rowid = id ORDER BY {order}"  # noqa: S608
    return Statement(sql, (*values, limit, offset))


def _where(search: RunSearch) -> tuple[str, tuple[Any, ...]]:
    conditions: list[str] = []
    values: list[Any] = []

    def add(condition: str, *bound: Any) -> None:
        conditions.append(condition)
        values.extend(bound)

    for column, wanted in (("dag_id", search.dag_ids), ("state", search.states), ("run_type", search.run_types)):
        if len(wanted) == 1:
            add(f"{column} = ?", *wanted)
        elif wanted:
            add(f"{column} IN {_LISTED}", codec.dumps(list(wanted)))
    if search.versions is not None:
        add(
            "(dag_id, version) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))",
            codec.dumps([list(pair) for pair in search.versions]),
        )
    for text in search.texts:
        add(*_text(text))
    for bound in search.bounds:
        add(f"{_COLUMNS[bound.field]} {bound.operator} ?", bound.value)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), tuple(values)


def _text(text: Text) -> tuple[str, ...]:
    column = _COLUMNS[text.field]
    if text.prefix:
        alternatives = [f"substr({column}, 1, {len(pattern)}) = ?" for pattern in text.patterns]
        return f"({' OR '.join(alternatives) or '0'})", *text.patterns
    alternatives = [f"{column} LIKE ?"] * len(text.patterns)
    return f"({' OR '.join(alternatives) or '0'})", *(f"%{pattern}%" for pattern in text.patterns)


def _order(search: RunSearch) -> str:
    parts = []
    for field, descending in search.order:
        nulls = "" if field in _NEVER_NULL else " NULLS FIRST" if descending else " NULLS LAST"
        parts.append(f"{_COLUMNS[field]}{' DESC' if descending else ''}{nulls}")
    return ", ".join([*parts, "dag_id", "run_id"])
