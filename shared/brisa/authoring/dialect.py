"""Whose answers a DAG file gets where Airflow 2 and 3 differ; the loader, which sees the file's imports, sets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

current_dialect: ContextVar[int] = ContextVar("current_dialect", default=3)
"""2 or 3."""
data_intervals: ContextVar[bool] = ContextVar("data_intervals", default=True)
"""Whether a cron or timedelta run covers the interval that ends when it is due. Always so in dialect 2; in dialect 3
for files that import brisa's own names, not for those that import Airflow 3's (which made the trigger timetables the
default: a run's interval has zero length)."""
catchup_by_default: ContextVar[bool] = ContextVar("catchup_by_default", default=False)
"""Airflow 2.x: True; Airflow 3 and brisa: False, unless a setting says otherwise."""


@contextmanager
def speaking(dialect: int, *, intervals: bool = True, catchup: bool = False) -> Iterator[None]:
    """Everything authored inside is of this dialect."""
    if dialect not in (2, 3):
        raise ValueError(f"there is no dialect {dialect!r}; it is 2 or 3")
    tokens = (
        current_dialect.set(dialect),
        data_intervals.set(intervals or dialect == 2),
        catchup_by_default.set(catchup),
    )
    try:
        yield
    finally:
        catchup_by_default.reset(tokens[2])
        data_intervals.reset(tokens[1])
        current_dialect.reset(tokens[0])
