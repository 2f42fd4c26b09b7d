"""Which run of a DAG is next, and the data interval of a manual one: Airflow's timetables as functions.

Checked against Airflow 2.11.2 and 3.3.2, whose words are used: with data intervals
(``CronDataIntervalTimetable``, ``DeltaDataIntervalTimetable``) a run covers the interval that ends when it is due;
without (``CronTriggerTimetable``, ``DeltaTriggerTimetable``) it has a zero-length interval at its due time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from brisa.errors import ScheduleError
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.times import cron_times, zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GRACE = timedelta(minutes=5)
_FIRST, _LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001  they are compared with a clock on the wall
"""Where the calendar leaves room for zones and for a look around: ``datetime.min`` is a start date that files have."""


class Interval(NamedTuple):
    """A run to be made: its data interval and when it is due; aware, in UTC. ``start`` is its logical date."""

    start: datetime
    end: datetime
    run_at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """How many runs are due; with ``more``, more than ``count``."""

    count: int
    more: bool = False

    def __str__(self) -> str:
        return f"more than {self.count:,}" if self.more else f"{self.count:,}"


class _Times(Protocol):
    """A schedule's moments; ``align_*`` leave a moment alone that is one of them."""

    def after(self, moment: datetime) -> datetime: ...
    def before(self, moment: datetime) -> datetime: ...
    def at_or_after(self, moment: datetime) -> datetime: ...
    def at_or_before(self, moment: datetime) -> datetime: ...
    def latest(self, now: datetime, anchor: datetime | None) -> datetime: ...


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
    schedule's zone. A logical date later than ``end_date`` is none. Raises :class:`~brisa.errors.ScheduleError`.

    Asset schedules and other timetables have no next run that the time alone could tell: ``None``.
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
            return found if end_date is None or found.end <= end_date else None
        case ScheduleKind.CRON | ScheduleKind.DELTA:
            choose = _next_interval if schedule.intervals else _next_point
            found = choose(_times(schedule), after, start_date, catchup, now)
    return found if found and (end_date is None or found.start <= end_date) else None


def manual_interval(schedule: ScheduleSpec, logical_date: datetime) -> Interval:
    """The data interval of a run that a person makes: the last complete one before ``logical_date`` (aware).

    For a step of time it is the one that ends right then. Schedules without intervals, and all that are neither cron
    nor a step, give a zero-length interval at the logical date. ``run_at`` is the logical date.
    """
    logical_date = logical_date.astimezone(UTC)
    if not schedule.intervals or schedule.kind not in (ScheduleKind.CRON, ScheduleKind.DELTA):
        return _point(logical_date)
    times = _times(schedule)
    end = times.at_or_before(logical_date)
    return Interval(times.before(end), end, logical_date)


def preview(
    schedule: ScheduleSpec, start_date: datetime | None, end_date: datetime | None, now: datetime, n: int
) -> tuple[Interval, ...]:
    """The next ``n`` runs that will be due later than ``now``, fewer if the schedule ends; none for ``@continuous``."""
    runs: list[Interval] = []
    if schedule.kind is ScheduleKind.CONTINUOUS:
        return ()
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
    return tuple(runs)


def pending(
    schedule: ScheduleSpec,
    planned: Interval | None = None,
    *,
    start_date: datetime | None,
    end_date: datetime | None,
    catchup: bool,
    now: datetime,
    limit: int = 1000,
) -> Pending:
    """How many runs a planner makes at ``now``, counted up to ``limit``: what unpausing a DAG sets going.

    ``planned`` is the run that is to be made next, as a DAG's cursor has it; ``None``: the first of all.
    """

    def after(last: Interval | None) -> Interval | None:
        return next_interval(schedule, after=last, start_date=start_date, end_date=end_date, catchup=catchup, now=now)

    found, count = planned or after(None), 0
    while found is not None and found.run_at <= now:
        if count == limit:
            return Pending(count, more=True)
        count += 1
        if schedule.kind is ScheduleKind.CONTINUOUS:
            break
        found = after(found)
    return Pending(count)


def _next_interval(
    times: _Times, after: Interval | None, start_date: datetime | None, catchup: bool, now: datetime
) -> Interval:
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
    times: _Times, after: Interval | None, start_date: datetime | None, catchup: bool, now: datetime
) -> Interval:
    candidates = []
    if start_date is not None:
        candidates.append(times.at_or_after(start_date))
    if after is not None:
        candidates.append(times.after(after.run_at))
    if not candidates:
        return _point(_first_point(times, now))
    if not catchup:
        candidates.append(times.latest(now, after.run_at if after else start_date))
    return _point(max(candidates))


def _first_point(times: _Times, now: datetime) -> datetime:
    """Without a start date: the last one if it has just passed (a tenth of the way to the next, or five minutes)."""
    last = times.latest(now, None)
    coming = times.after(last)
    return last if now - last <= max((coming - last) / 10, _GRACE) else coming


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


def _utc(moment: datetime | None, schedule: ScheduleSpec) -> datetime | None:
    if moment is None:
        return None
    wall = min(max(moment.replace(tzinfo=None), _FIRST), _LAST)
    aware = wall.replace(tzinfo=moment.tzinfo or zone(schedule.timezone))
    return aware.astimezone(UTC)


def _times(schedule: ScheduleSpec) -> _Times:
    if schedule.kind is ScheduleKind.CRON:
        return _CronSteps(schedule)
    return _EvenSteps(schedule)


class _CronSteps:
    """The moments of a cron expression."""

    def __init__(self, schedule: ScheduleSpec) -> None:
        times = cron_times(schedule.cron, schedule.timezone)
        self.after, self.before = times.after, times.before
        self.at_or_after, self.at_or_before = times.at_or_after, times.at_or_before

    def latest(self, now: datetime, anchor: datetime | None) -> datetime:
        return self.at_or_before(now)


class _EvenSteps:
    """Steps of one length in absolute time: every moment may be one, so that nothing is aligned."""

    def __init__(self, schedule: ScheduleSpec) -> None:
        if schedule.seconds < timedelta.resolution.total_seconds():
            raise ScheduleError(f"the step of a schedule must be positive, not {schedule.seconds} s")
        self._step = timedelta(seconds=schedule.seconds)
        self._anchored = not schedule.intervals

    def after(self, moment: datetime) -> datetime:
        return moment + self._step

    def before(self, moment: datetime) -> datetime:
        return moment - self._step

    def at_or_after(self, moment: datetime) -> datetime:
        return moment

    at_or_before = at_or_after

    def latest(self, now: datetime, anchor: datetime | None) -> datetime:
        """The last step until ``now``, counted from the epoch as Airflow does for intervals, else from ``anchor``.

        Airflow's DeltaTriggerTimetable would say ``now``, which names a different run at each look.
        """
        anchor = anchor if anchor is not None and self._anchored else _EPOCH
        return now - (now - anchor) % self._step
