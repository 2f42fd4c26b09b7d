"""What is to come, and how many runs unpausing a DAG sets going."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.due import Interval, still_next
from brisa.schedule.preview import Pending, pending, preview

NOW = datetime(2024, 5, 5, 12, 34, 56, tzinfo=UTC)
DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")
MINUTELY = ScheduleSpec(kind=ScheduleKind.CRON, cron="* * * * *")
CONTINUOUS = ScheduleSpec(kind=ScheduleKind.CONTINUOUS)
ONCE = ScheduleSpec(kind=ScheduleKind.ONCE)
MONTHLY = ScheduleSpec(kind=ScheduleKind.DELTA, step={"months": 1})
BOTH = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 9 * * *", more_crons=("0 17 * * *",), intervals=False)


def day(number, month=5):
    """A day of 2024."""
    return datetime(2024, month, number, tzinfo=UTC)


EVENTS = ScheduleSpec(kind=ScheduleKind.EVENTS, events=(day(1), day(4), day(20)))


def point(moment):
    """A run without an interval."""
    return Interval(moment, moment, moment)


@pytest.mark.parametrize(
    ("schedule", "start", "end", "catchup", "expected"),
    [
        (DAILY, day(1), None, False, "1"),
        (DAILY, day(1), None, True, "4"),
        (DAILY, day(1), day(2), True, "2"),
        (DAILY, day(6), None, True, "0"),
        (DAILY, day(6), None, False, "0"),
        (DAILY, None, None, True, "1"),
        (DAILY, day(3), day(1), True, "0"),
        (ScheduleSpec(kind=ScheduleKind.DELTA, seconds=60.0), day(1, month=1), None, True, "more than 1,000"),
        (MONTHLY, day(31, month=1), None, True, "3"),
        (BOTH, day(3), None, True, "5"),
        (BOTH, day(3), None, False, "1"),
        (EVENTS, None, None, True, "2"),
        (EVENTS, None, None, False, "0"),
        (ONCE, day(1), None, False, "1"),
        (ONCE, day(6), None, False, "0"),
        (CONTINUOUS, day(1), None, False, "1"),
        (CONTINUOUS, day(6), None, False, "0"),
        (ScheduleSpec(), day(1), None, True, "0"),
        (ScheduleSpec(kind=ScheduleKind.ASSETS), day(1), None, True, "0"),
        (ScheduleSpec(kind=ScheduleKind.TIMETABLE), day(1), None, True, "0"),
    ],
)
def test_how_many_runs_are_due(schedule, start, end, catchup, expected):
    """One row for each kind: what a DAG that was never planned makes at once."""
    assert str(pending(schedule, start_date=start, end_date=end, catchup=catchup, now=NOW)) == expected


def test_counting_goes_on_from_the_run_that_was_planned():
    """With catchup every run since, without it the last one that was missed, as the planner makes them."""
    planned = Interval(day(1), day(2), day(2))
    options: dict[str, Any] = {"start_date": day(1, month=1), "end_date": None, "now": NOW}
    assert pending(DAILY, planned, catchup=True, **options) == Pending(4)
    assert pending(DAILY, planned, catchup=False, **options) == Pending(1)
    assert pending(EVENTS, point(day(1)), catchup=False, **options) == Pending(1)
    assert pending(EVENTS, point(day(1)), catchup=True, **options) == Pending(2)
    assert pending(EVENTS, point(day(20)), catchup=False, **options) == Pending(0)


def test_an_event_that_has_just_come_is_not_left_out():
    """Without catchup: the run that is planned for it stays the next one until a later event has come."""
    options: dict[str, Any] = {"start_date": None, "end_date": None, "catchup": False}
    late = day(4) + timedelta(seconds=30)
    assert still_next(EVENTS, point(day(4)), now=late, **options) == point(day(4))
    assert still_next(EVENTS, point(day(1)), now=late, **options) == point(day(4))
    assert still_next(EVENTS, point(day(1)), now=day(3), **options) == point(day(1))


@pytest.mark.parametrize("schedule", [MINUTELY, ScheduleSpec(kind=ScheduleKind.DELTA, seconds=1.0), MONTHLY])
def test_counting_has_an_end(schedule):
    """However many there are: no more are looked at than asked for."""
    start = datetime(1971, 1, 31, tzinfo=UTC)
    found = pending(schedule, start_date=start, end_date=None, catchup=True, now=NOW, limit=99)
    assert (found, str(found)) == (Pending(99, more=True), "more than 99")


def test_the_preview_of_every_kind():
    """The next three, as far as they are known."""

    def runs(schedule, start=None):
        return [run.run_at for run in preview(schedule, start, None, NOW, 3)]

    assert runs(MONTHLY, day(31, month=1)) == [day(29), day(29, month=6), day(29, month=7)]
    assert [run_at.hour for run_at in runs(BOTH)] == [17, 9, 17]
    assert runs(EVENTS) == [day(20)]
    assert runs(CONTINUOUS, day(7)) == [day(7)]
    assert runs(CONTINUOUS, day(1)) == []
    assert runs(ScheduleSpec(kind=ScheduleKind.TIMETABLE), day(1)) == []
