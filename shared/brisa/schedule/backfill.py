"""The intervals of a range of dates, one after the other, forwards or backwards: what a backfill makes runs for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.due import Interval, next_interval
from brisa.schedule.moments import moments_of
from brisa.schedule.times import zone

_UNPERIODIC = (
    ScheduleKind.NONE,
    ScheduleKind.ONCE,
    ScheduleKind.CONTINUOUS,
    ScheduleKind.ASSETS,
    ScheduleKind.TIMETABLE,
)


class Range(NamedTuple):
    """Logical dates ``first`` to ``last``, both included, of intervals that are complete at ``now``; all aware."""

    first: datetime
    last: datetime
    now: datetime


def is_periodic(schedule: ScheduleSpec) -> bool:
    """Whether the schedule has intervals that a range of dates could be filled with, as Airflow has it.

    Those of a custom timetable are its own code's to tell, which is not asked here.
    """
    return schedule.kind not in _UNPERIODIC


def within(
    schedule: ScheduleSpec, start_date: datetime | None, end_date: datetime | None, first: datetime, last: datetime
) -> tuple[datetime, datetime]:
    """The range ``first`` to ``last`` without what lies outside of the DAG's own dates, of which no run would come."""

    def aware(moment: datetime) -> datetime:
        return moment if moment.tzinfo else moment.replace(tzinfo=zone(schedule.timezone))

    first = first if start_date is None else max(first, aware(start_date))
    last = last if end_date is None else min(last, aware(end_date))
    return first.astimezone(UTC), last.astimezone(UTC)


def intervals(
    schedule: ScheduleSpec, dates: Range, *, reverse: bool = False, after: Interval | None = None
) -> Iterator[Interval]:
    """The intervals of a range, the earliest first, or with ``reverse`` the latest; those that follow ``after``.

    They are made as they are asked for. Raises :class:`~brisa.errors.ScheduleError`.
    """
    step = _before if reverse else _after
    found = step(schedule, dates, after)
    while found is not None:
        yield found
        found = step(schedule, dates, found)


def _after(schedule: ScheduleSpec, dates: Range, after: Interval | None) -> Interval | None:
    found = _from(schedule, dates, dates.first, after)
    return found if found is not None and found.start <= dates.last and found.run_at <= dates.now else None


def _from(schedule: ScheduleSpec, dates: Range, moment: datetime, after: Interval | None = None) -> Interval | None:
    """The first interval from ``moment`` on, or the one that follows ``after``."""
    return next_interval(schedule, after=after, start_date=moment, end_date=None, catchup=True, now=dates.now)


def _before(schedule: ScheduleSpec, dates: Range, after: Interval | None) -> Interval | None:
    if schedule.kind is ScheduleKind.CRON:
        return _earlier_cron(schedule, dates, after)
    if schedule.kind is ScheduleKind.DELTA and schedule.seconds:
        return _earlier_step(schedule, dates, after)
    last = None
    for found in intervals(schedule, dates):  # events, which are few: there is no way back but forwards
        if after is not None and found.start >= after.start:
            break
        last = found
    return last


def _earlier_cron(schedule: ScheduleSpec, dates: Range, after: Interval | None) -> Interval | None:
    times = moments_of(schedule)
    if after is None:
        moment = times.at_or_before(min(dates.last, dates.now))
    else:
        moment = times.before(after.start if schedule.intervals else after.run_at)
    while moment >= dates.first:
        found = _from(schedule, dates, moment)
        if found is not None and found.start <= dates.last and found.run_at <= dates.now:
            return found if found.start >= dates.first else None
        moment = times.before(moment)
    return None


def _earlier_step(schedule: ScheduleSpec, dates: Range, after: Interval | None) -> Interval | None:
    step = timedelta(seconds=schedule.seconds)
    if after is not None:
        moment = after.start - step
    else:
        # Steps are counted from the beginning of the range, forwards as backwards.
        last = min(dates.last, dates.now - step if schedule.intervals else dates.now)
        moment = dates.first + (last - dates.first) // step * step
    return _from(schedule, dates, moment) if moment >= dates.first else None
