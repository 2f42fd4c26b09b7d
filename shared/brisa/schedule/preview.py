"""What is to come: the next runs of a schedule, and how many a DAG would make at once if it were unpaused."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.due import Interval, next_interval, still_next

LIMIT = 1000
"""How many runs are counted, unless told otherwise: years of minutes are many, and nobody reads the number."""


class Pending(NamedTuple):
    """How many runs are due; with ``more``, more than that."""

    runs: int
    more: bool = False

    def __str__(self) -> str:
        return f"more than {self.runs:,}" if self.more else f"{self.runs:,}"


def preview(
    schedule: ScheduleSpec, start_date: datetime | None, end_date: datetime | None, now: datetime, n: int
) -> tuple[Interval, ...]:
    """The next ``n`` runs that will be due later than ``now``, fewer if the schedule ends.

    Of ``@continuous`` only the first is known, and only before the start date; of a custom timetable none.
    """
    runs: list[Interval] = []
    after: Interval | None = None
    while len(runs) < n:
        # The first step leaves out the past, the others must leave out nothing.
        after = next_interval(
            schedule, after=after, start_date=start_date, end_date=end_date, catchup=after is not None, now=now
        )
        if after is None:
            break
        if after.run_at > now:
            runs.append(after)
        if schedule.kind is ScheduleKind.CONTINUOUS:
            break
    return tuple(runs)


def pending(
    schedule: ScheduleSpec,
    planned: Interval | None = None,
    *,
    start_date: datetime | None,
    end_date: datetime | None,
    catchup: bool,
    now: datetime,
    limit: int = LIMIT,
) -> Pending:
    """How many runs a planner makes at ``now``, at most ``limit``: what unpausing a DAG sets going.

    ``planned`` is the DAG's next run as it was found before it was paused; ``None`` for a DAG that was never planned.
    ``@continuous`` makes one run, and the next when that has ended. Of a custom timetable nothing is known: none.
    """
    following = planned and still_next(
        schedule, planned, start_date=start_date, end_date=end_date, catchup=catchup, now=now
    )
    if following is None:
        following = next_interval(
            schedule, after=None, start_date=start_date, end_date=end_date, catchup=catchup, now=now
        )
    count = 0
    while following is not None and following.run_at <= now:
        if count == limit:
            return Pending(count, more=True)
        count += 1
        if schedule.kind is ScheduleKind.CONTINUOUS:
            break
        following = next_interval(
            schedule, after=following, start_date=start_date, end_date=end_date, catchup=catchup, now=now
        )
    return Pending(count)
