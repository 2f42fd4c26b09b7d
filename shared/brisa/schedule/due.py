"""Which run of a DAG is next, and the data interval of a manual one: Airflow's timetables as functions.

Checked against Airflow 2.11.2 and 3.3.2, whose words are used: with data intervals
(``CronDataIntervalTimetable``, ``DeltaDataIntervalTimetable``) a run covers the interval that ends when it is due;
without (``CronTriggerTimetable``, ``MultipleCronTriggerTimetable``, ``DeltaTriggerTimetable``, ``EventsTimetable``) it
has an interval that ends at its due time, as a rule of no length.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.moments import CronMoments, Moments, moments_of
from brisa.schedule.steps import Step
from brisa.schedule.times import zone

_GRACE = timedelta(minutes=5)
_FIRST, _LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001  they are compared with a clock on the wall
"""Where the calendar leaves room for zones and for a look around: ``datetime.min`` is a start date that files have."""


class Interval(NamedTuple):
    """A run to be made: its data interval and when it is due; aware, in UTC. ``start`` is its logical date."""

    start: datetime
    end: datetime
    run_at: datetime


def next_interval(
    schedule: ScheduleSpec,
    *,
    after: Interval | None,
    start_date: datetime | None,
    end_date: datetime | None,
    catchup: bool,
    now: datetime,
) -> Interval | None:
    """The run to make next, after the last one made by the schedule (``None``: none yet); ``None``: never another.

    It may lie in the future: it is due at ``run_at``. No logical date is given out twice. Without ``catchup``, whatever
    was missed is left out but for the last run that was due. A naive ``start_date`` or ``end_date`` is in the
    schedule's zone. No run has a data interval that begins later than ``end_date``; without data intervals none is due
    later. Raises :class:`~brisa.errors.ScheduleError`.

    Asset schedules and custom timetables have no next run that the time alone could tell: ``None``.
    """
    start_date, end_date = _utc(start_date, schedule), _utc(end_date, schedule)
    found: Interval | None
    match schedule.kind:
        case ScheduleKind.NONE | ScheduleKind.ASSETS | ScheduleKind.TIMETABLE:
            return None
        case ScheduleKind.ONCE:
            found = None if after else _point(start_date or now)
        case ScheduleKind.CONTINUOUS:
            found = _continuous(after, start_date or now, now)
        case ScheduleKind.EVENTS:
            found = _next_event(schedule, after, start_date, None if catchup else now)
        case ScheduleKind.CRON | ScheduleKind.DELTA:
            choose = _next_interval if schedule.intervals else _next_point
            found = choose(schedule, after, start_date, catchup, now)
    if found is None or end_date is None:
        return found
    by_interval = schedule.kind in (ScheduleKind.CRON, ScheduleKind.DELTA) and schedule.intervals
    return found if (found.start if by_interval else found.run_at) <= end_date else None


def still_next(
    schedule: ScheduleSpec,
    planned: Interval,
    *,
    start_date: datetime | None,
    end_date: datetime | None,
    catchup: bool,
    now: datetime,
) -> Interval:
    """The run ``planned`` as the next, or a later one if time went by unused, because the DAG was paused, say.

    With ``catchup`` nothing is left out; without, of all that was missed only the last run that was due is made.
    """
    if catchup:
        return planned
    if schedule.kind is ScheduleKind.EVENTS:
        # Asked anew, it would leave out even the event that has just come.
        missed = [
            event for event in schedule.events if planned.start < event <= min(now, _utc(end_date, schedule) or now)
        ]
        return _point(missed[-1]) if missed else planned
    latest = next_interval(schedule, after=None, start_date=start_date, end_date=end_date, catchup=False, now=now)
    return latest if latest is not None and latest.start > planned.start else planned


def manual_interval(schedule: ScheduleSpec, logical_date: datetime) -> Interval:
    """The data interval of a run that a person makes: the last complete one before ``logical_date`` (aware).

    For a step of time it is the one that ends right then. A schedule without intervals gives what its runs cover,
    until the logical date; events give the last one, if manual runs are restricted to them (before all: the first).
    All others give a zero-length interval at the logical date. ``run_at`` is the logical date.
    """
    logical_date = logical_date.astimezone(UTC)
    if schedule.kind is ScheduleKind.EVENTS and schedule.restrict_to_events and schedule.events:
        event = max((event for event in schedule.events if event <= logical_date), default=schedule.events[0])
        return Interval(event, event, logical_date)
    if schedule.kind not in (ScheduleKind.CRON, ScheduleKind.DELTA):
        return _point(logical_date)
    if not schedule.intervals:
        return _ending(logical_date, schedule)
    times = moments_of(schedule)
    end = times.at_or_before(logical_date)
    return Interval(times.before(end), end, logical_date)


def _next_interval(
    schedule: ScheduleSpec, after: Interval | None, start_date: datetime | None, catchup: bool, now: datetime
) -> Interval:
    times = moments_of(schedule)
    candidates = []
    if start_date is not None:
        candidates.append(times.at_or_after(start_date))
    if after is not None:
        # Aligned, because the schedule may have changed since.
        candidates.append(times.at_or_before(after.end))
    if not catchup or not candidates:
        candidates.append(times.before(times.latest(now, start_date)))
    start = max(candidates)
    if after is not None and start <= after.start:
        start = times.after(after.start)
    end = times.after(start)
    return Interval(start, end, end)


def _next_point(
    schedule: ScheduleSpec, after: Interval | None, start_date: datetime | None, catchup: bool, now: datetime
) -> Interval:
    times = moments_of(schedule)
    candidates = []
    if start_date is not None:
        candidates.append(times.at_or_after(start_date))
    if after is not None:
        candidates.append(times.after(after.run_at))
    if not candidates:
        return _ending(_first_point(times, schedule.run_immediately, now), schedule)
    if not catchup:
        candidates.append(times.latest(now, after.run_at if after else start_date))
    due = max(candidates)
    found = _ending(due, schedule)
    while after is not None and found.start == after.start:
        # The 30th and the 31st of March are both one month after the end of February.
        found = _ending(times.after(found.run_at), schedule)
    return found


def _first_point(times: Moments, immediately: bool | float, now: datetime) -> datetime:
    """Without a start date: the last one that was due, if that is not too long ago; else the coming one."""
    if isinstance(times, CronMoments) and len(times.each()) > 1:
        firsts = [_first_point(one, immediately, now) for one in times.each()]
        return max((first for first in firsts if first <= now), default=min(firsts))
    last = times.latest(now, None)
    if immediately is True:
        return last
    coming = times.after(last)
    patience = timedelta(seconds=immediately) if immediately is not False else max((coming - last) / 10, _GRACE)
    return last if now - last <= patience else coming


def _next_event(
    schedule: ScheduleSpec, after: Interval | None, start_date: datetime | None, earliest: datetime | None
) -> Interval | None:
    """The first event after the last run that neither the start date nor ``earliest`` leaves out."""
    for event in schedule.events:
        early = any(bound is not None and event < bound for bound in (start_date, earliest))
        if not early and (after is None or event > after.end):
            return _point(event)
    return None


def _continuous(after: Interval | None, start_date: datetime, now: datetime) -> Interval:
    """From the end of the last run until now; each has a logical date of its own, even if no time has passed."""
    if after is None:
        start, end = start_date, max(start_date, now)
    else:
        start = max(after.end, after.start + timedelta.resolution)
        end = max(start, now)
    return Interval(start, end, end)


def _point(moment: datetime) -> Interval:
    return Interval(moment, moment, moment)


def _ending(due: datetime, schedule: ScheduleSpec) -> Interval:
    """The run due at ``due`` of a schedule without intervals of its own."""
    return Interval(Step(schedule.covers).back(due) if schedule.covers else due, due, due)


def _utc(moment: datetime | None, schedule: ScheduleSpec) -> datetime | None:
    if moment is None:
        return None
    wall = min(max(moment.replace(tzinfo=None), _FIRST), _LAST)
    aware = wall.replace(tzinfo=moment.tzinfo or zone(schedule.timezone))
    return aware.astimezone(UTC)
