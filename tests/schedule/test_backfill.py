"""The intervals of a backfill: those that the schedule would have made, in either direction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.backfill import Range, intervals, is_periodic, within
from brisa.schedule.preview import Pending, pending

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")
POINTS = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *", intervals=False)
LIMA = ScheduleSpec(kind=ScheduleKind.CRON, cron="30 2 * * *", timezone="America/New_York")
HOURS = ScheduleSpec(kind=ScheduleKind.DELTA, seconds=5 * 3600.0)
STEPS = ScheduleSpec(kind=ScheduleKind.DELTA, seconds=5 * 3600.0, intervals=False)


def day(number: int, month: int = 1) -> datetime:
    """A day of 2024."""
    return datetime(2024, month, number, tzinfo=UTC)


def test_both_ends_of_the_range_are_in() -> None:
    """A day's interval begins with its logical date."""
    found = list(intervals(DAILY, Range(day(1), day(3), NOW)))
    assert [one.start for one in found] == [day(1), day(2), day(3)]
    assert [one.end for one in found] == [day(2), day(3), day(4)]


def test_what_is_not_complete_is_left_out() -> None:
    """Today's interval ends tomorrow; a schedule without intervals has a run of today."""
    dates = Range(day(30, 5), day(9, 6), NOW)
    assert [one.start for one in intervals(DAILY, dates)] == [day(30, 5), day(31, 5)]
    assert [one.start for one in intervals(POINTS, dates)] == [day(30, 5), day(31, 5), day(1, 6)]


def test_a_range_between_two_moments_is_empty() -> None:
    """Neither direction finds anything."""
    dates = Range(day(1) + timedelta(hours=1), day(1) + timedelta(hours=2), NOW)
    assert list(intervals(DAILY, dates)) == list(intervals(DAILY, dates, reverse=True)) == []
    backwards = Range(day(3), day(1), NOW)
    assert list(intervals(HOURS, backwards)) == list(intervals(HOURS, backwards, reverse=True)) == []


@pytest.mark.parametrize("schedule", [DAILY, POINTS, LIMA, HOURS, STEPS], ids=lambda one: one.cron or str(one.seconds))
@given(start=st.integers(0, 24 * 400), length=st.integers(0, 24 * 40))
@settings(max_examples=40, deadline=None)
def test_backwards_is_forwards_turned_around(schedule: ScheduleSpec, start: int, length: int) -> None:
    """Over changes of the clocks too; and an interrupted walk goes on where it was."""
    first = datetime(2023, 6, 1, tzinfo=UTC) + timedelta(hours=start)
    dates = Range(first, first + timedelta(hours=length), NOW)
    forwards = list(intervals(schedule, dates))
    assert list(intervals(schedule, dates, reverse=True)) == forwards[::-1]
    assert all(first <= one.start <= dates.last and one.run_at <= NOW for one in forwards)
    for reverse, whole in ((False, forwards), (True, forwards[::-1])):
        for number, one in enumerate(whole[:3]):
            assert list(islice(intervals(schedule, dates, reverse=reverse, after=one), 2)) == whole[number + 1 :][:2]


def test_the_dags_own_dates_bound_the_range() -> None:
    """Of what lies before its start, or after its end, no run would come; naive dates are in the schedule's zone."""
    assert within(DAILY, day(5), day(9), day(1), day(20)) == (day(5), day(9))
    assert within(DAILY, None, None, day(1), day(20)) == (day(1), day(20))
    naive = datetime(2024, 1, 5)
    assert within(LIMA, naive, None, day(1), day(20))[0] == day(5) + timedelta(hours=5)


def test_which_schedules_have_intervals() -> None:
    """As in Airflow, neither @once nor @continuous are periodic."""
    kinds = {kind for kind in ScheduleKind if is_periodic(ScheduleSpec(kind=kind))}
    assert {ScheduleKind.CRON, ScheduleKind.DELTA} <= kinds
    assert not kinds & {ScheduleKind.NONE, ScheduleKind.ONCE, ScheduleKind.CONTINUOUS, ScheduleKind.ASSETS}


@pytest.mark.parametrize(
    ("catchup", "limit", "count"),
    [
        (True, 1000, Pending(152)),
        (True, 152, Pending(152)),
        (True, 100, Pending(100, more=True)),
        (False, 1000, Pending(1)),
    ],
)
def test_what_is_pending_is_counted_up_to_a_bound(catchup: bool, limit: int, count: Pending) -> None:
    """Five months of days, or the last one alone."""
    told = pending(DAILY, start_date=day(1), end_date=None, catchup=catchup, now=NOW, limit=limit)
    assert told == count
