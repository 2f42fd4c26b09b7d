"""The moments of a cron expression, above all where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brisa.schedule.times import CronTimes, cron_times

MADRID, NEW_YORK = "Europe/Madrid", "America/New_York"


def utc(text):
    """A UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def walls(expression, timezone, start, count):
    """What the clock shows at the next moments, with the offset that tells the two passes of an hour apart."""
    times, moment, shown = CronTimes(expression, timezone), utc(start), []
    for _ in range(count):
        moment = times.after(moment)
        shown.append(moment.astimezone(ZoneInfo(timezone)).strftime("%d %H:%M %z"))
    return shown


@pytest.mark.parametrize(
    ("expression", "timezone", "start", "expected"),
    [
        # Each day once, at its time on the wall: days of 23 and 25 hours.
        ("0 9 * * *", MADRID, "2024-03-30T00:00", ["30 09:00 +0100", "31 09:00 +0200", "01 09:00 +0200"]),
        ("0 9 * * *", MADRID, "2024-10-26T00:00", ["26 09:00 +0200", "27 09:00 +0100", "28 09:00 +0100"]),
        ("0 9 * * *", NEW_YORK, "2024-03-09T00:00", ["09 09:00 -0500", "10 09:00 -0400", "11 09:00 -0400"]),
        ("0 9 * * *", NEW_YORK, "2024-11-02T00:00", ["02 09:00 -0400", "03 09:00 -0500", "04 09:00 -0500"]),
        # A time that the clocks skip is moved on by an hour, and comes once.
        ("30 2 * * *", MADRID, "2024-03-30T00:00", ["30 02:30 +0100", "31 03:30 +0200", "01 02:30 +0200"]),
        ("30 2 * * *", NEW_YORK, "2024-03-09T00:00", ["09 02:30 -0500", "10 03:30 -0400", "11 02:30 -0400"]),
        ("30 2,3 * * *", MADRID, "2024-03-31T00:00", ["31 03:30 +0200", "01 02:30 +0200", "01 03:30 +0200"]),
        # A time that the clocks show twice is taken the second time.
        ("30 2 * * *", MADRID, "2024-10-26T00:00", ["26 02:30 +0200", "27 02:30 +0100", "28 02:30 +0100"]),
        ("30 1 * * *", NEW_YORK, "2024-11-02T00:00", ["02 01:30 -0400", "03 01:30 -0500", "04 01:30 -0500"]),
        # Every hour is counted: none in the gap, both passes of a repeated one.
        ("0 * * * *", MADRID, "2024-03-30T23:30", ["31 01:00 +0100", "31 03:00 +0200", "31 04:00 +0200"]),
        ("0 * * * *", MADRID, "2024-10-26T23:30",
         ["27 02:00 +0200", "27 02:00 +0100", "27 03:00 +0100", "27 04:00 +0100"]),
        ("30 * * * *", NEW_YORK, "2024-11-03T04:45", ["03 01:30 -0400", "03 01:30 -0500", "03 02:30 -0500"]),
        ("*/30 * * * *", "Australia/Lord_Howe", "2024-04-06T14:15",
         ["07 01:30 +1100", "07 01:30 +1030", "07 02:00 +1030"]),
        # Steps of hours follow the wall.
        ("0 */6 * * *", MADRID, "2024-03-30T22:00", ["31 00:00 +0100", "31 06:00 +0200", "31 12:00 +0200"]),
        ("0 9,17 * * *", MADRID, "2024-03-30T09:00", ["30 17:00 +0100", "31 09:00 +0200", "31 17:00 +0200"]),
        # Longer ones.
        ("@weekly", MADRID, "2024-03-20T00:00", ["24 00:00 +0100", "31 00:00 +0100", "07 00:00 +0200"]),
        ("@monthly", MADRID, "2024-02-20T00:00", ["01 00:00 +0100", "01 00:00 +0200", "01 00:00 +0200"]),
        ("0 0 L * *", MADRID, "2024-01-31T12:00", ["29 00:00 +0100", "31 00:00 +0100", "30 00:00 +0200"]),
        # A whole day that a zone left out, when it changed sides of the date line.
        ("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", ["29 12:00 -1000", "31 12:00 +1400", "01 12:00 +1400"]),
    ],
)  # fmt: skip
def test_moments_where_the_clocks_change(expression, timezone, start, expected):
    """Airflow's rule in words: every hour by the hour, everything else by the wall, once."""
    assert walls(expression, timezone, start, len(expected)) == expected


def test_seconds_and_their_parts_do_not_matter():
    """A moment just before or after one of them finds its neighbours."""
    times, hour = CronTimes("0 * * * *", "UTC"), utc("2024-01-01T10:00")
    tiny = timedelta(microseconds=1)
    assert times.after(hour - tiny) == hour == times.before(hour + tiny)
    assert times.after(hour) == hour + timedelta(hours=1)
    assert times.before(hour) == hour - timedelta(hours=1)
    assert times.at_or_after(hour) == hour == times.at_or_before(hour)
    assert times.at_or_after(hour + tiny) == times.after(hour)
    assert times.at_or_before(hour - tiny) == times.before(hour)


MINUTES = {"*": range(60), "*/20": range(0, 60, 20), "0": [0], "15,45": [15, 45], "30": [30], "59": [59]}
HOURS = {"*": range(24), "*/2": range(0, 24, 2), "2": [2], "0": [0], "1-3": [1, 2, 3], "1,14": [1, 14], "23": [23]}
ZONES = ["UTC", MADRID, NEW_YORK, "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago", "Asia/Kolkata"]
CHANGES = [utc(day) for day in ("2024-03-10", "2024-03-31", "2024-04-07", "2024-10-06", "2024-10-27", "2024-11-03")]
moments = st.builds(
    lambda day, minutes, micros: day + timedelta(minutes=minutes, microseconds=micros),
    st.sampled_from(CHANGES),
    st.integers(-24 * 60, 36 * 60),
    st.sampled_from([0, 0, 1, 30_000_000]),
)


def expected_moments(minute, hour, timezone, begin, days):
    """Another way to the same moments: look at every minute of absolute time, and at every wall time of each day."""
    zone, found = ZoneInfo(timezone), set()
    if hour == "*":
        for number in range(days * 24 * 60):
            moment = begin + timedelta(minutes=number)
            if moment.astimezone(zone).minute in MINUTES[minute]:
                found.add(moment)
        return found
    first = begin.date() - timedelta(days=2)
    for day in range(days + 4):
        for at_hour in HOURS[hour]:
            for at_minute in MINUTES[minute]:
                wall = datetime.combine(first + timedelta(days=day), datetime.min.time(), zone)
                wall = wall.replace(hour=at_hour, minute=at_minute)
                there = wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
                found.add(wall.replace(fold=1 if there else 0).astimezone(UTC))
    return found


@settings(deadline=None)
@given(st.sampled_from(sorted(MINUTES)), st.sampled_from(sorted(HOURS)), st.sampled_from(ZONES), moments)
@example("30", "2", MADRID, utc("2024-03-30T20:00"))
@example("*", "1-3", MADRID, utc("2024-10-27T00:30"))
@example("*/20", "1-3", NEW_YORK, utc("2024-03-10T06:45"))
def test_moments_are_those_found_by_looking_at_every_minute(minute, hour, timezone, moment):
    """Forwards and backwards, near every change of the clocks."""
    times = cron_times(f"{minute} {hour} * * *", timezone)
    begin = moment.replace(second=0, microsecond=0) - timedelta(days=2)
    expected = sorted(expected_moments(minute, hour, timezone, begin, 4))
    assert times.after(moment) == next(found for found in expected if found > moment)
    assert times.before(moment) == next(found for found in reversed(expected) if found < moment)


@settings(deadline=None)
@given(st.sampled_from(["0 0 * * *", "30 2 * * 0", "*/7 1-3 * * *", "0 * * * *", "0 3 1 * *"]),
       st.sampled_from(ZONES), moments)  # fmt: skip
def test_moments_are_in_one_order(expression, timezone, moment):
    """Strictly rising, and each is the one before its successor: nothing is lost, doubled or overlapping."""
    times = cron_times(expression, timezone)
    for _ in range(6):
        following = times.after(moment)
        assert following > moment
        assert times.before(following) <= moment
        assert times.at_or_before(following) == following == times.at_or_after(following)
        assert times.after(times.before(following)) == following
        moment = following
