"""Timetables as authors write them give the runs that Airflow has given: tests/oracle/timetables.json."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import FR, relativedelta

from brisa.authoring import timetables
from brisa.authoring.schedules import schedule_spec
from brisa.errors import Location
from brisa.model.spec import ScheduleKind
from brisa.schedule.due import Interval, manual_interval, next_interval

TABLE = json.loads((Path(__file__).resolve().parents[1] / "oracle" / "timetables.json").read_text("utf-8"))
NAMES = {name: getattr(timetables, name) for name in timetables.__all__} | {
    "FR": FR, "UTC": UTC, "datetime": datetime, "relativedelta": relativedelta, "timedelta": timedelta,
}  # fmt: skip
TIMETABLES = list(dict.fromkeys(row["name"] for row in TABLE["rows"]))


def spec_of(text):
    """The spec of a timetable."""
    return schedule_spec(eval(text, NAMES), timezone="UTC", intervals=True, location=Location())


def utc(text):
    """A UTC moment, or ``None``."""
    return text and datetime.fromisoformat(text).replace(tzinfo=UTC)


def short(moment):
    """A moment as the table has it."""
    return moment.isoformat()[:19].removesuffix(":00")


def runs(spec, start, end, now, catchup):
    """The first four runs; ``None`` where there is no other."""
    found: list[list[str] | None] = []
    after = None
    while len(found) < 4:
        after = next_interval(
            spec, after=after, start_date=utc(start), end_date=utc(end), catchup=catchup, now=utc(now)
        )
        if after is None:
            return [*found, None]
        found.append([short(moment) for moment in after])
    return found


def meant(spec, start, catchup, airflow):
    """Why brisa gives another answer on purpose, or nothing."""
    stepping = spec.kind in (ScheduleKind.CRON, ScheduleKind.DELTA)
    old = airflow == "2.11.2"
    if stepping and spec.intervals and start is None and catchup:
        return "Airflow makes no run without a start date; brisa begins with the last interval"
    if old and start is None and not spec.intervals and stepping:
        return "2.11 has no rule for the first run without a start date; brisa has that of 3"
    if old and start is None and spec.kind in (ScheduleKind.ONCE, ScheduleKind.CONTINUOUS):
        return "2.11 makes no run without a start date, 3 does"
    if old and spec.kind is ScheduleKind.CONTINUOUS:
        return "2.11 ends an interval of the future now, before it begins"
    if spec.kind is ScheduleKind.DELTA and not spec.intervals and (not catchup or start is None):
        return "Airflow says now, another run at each look; brisa counts steps from the start date, or from the epoch"
    if spec.step and start is None:
        return "Airflow counts months from now back, another run at each look; brisa counts from the epoch"
    if spec.step and old and not catchup:
        return "2.11 counts months of 30 days from the epoch to find the last one"
    if spec.more_crons and spec.covers and not catchup:
        return (
            "Airflow compares the expressions' runs by logical date, takes a later one for past, and loses one between"
        )
    return ""


@pytest.mark.parametrize("text", TIMETABLES)
def test_runs_are_airflows(text):
    """With and without catchup, start and end date, past changes of the clocks and ends of months."""
    spec = spec_of(text)
    for row in TABLE["rows"]:
        start, end, now, catchup = row["case"]
        if row["name"] == text and not meant(spec, start, catchup, row["airflow"]):
            assert runs(spec, start, end, now, catchup) == row["runs"], row


def test_the_differences_are_there():
    """Each reason for another answer is one: without it, a row would fail."""
    differing: dict[str, bool] = {}
    for row in TABLE["rows"]:
        start, end, now, catchup = row["case"]
        spec = spec_of(row["name"])
        reason = meant(spec, start, catchup, row["airflow"])
        if reason and not differing.get(reason):
            differing[reason] = runs(spec, start, end, now, catchup) != row["runs"]
    assert len(differing) == 8
    assert all(differing.values())


@pytest.mark.parametrize("text", TIMETABLES)
def test_manual_runs_have_airflows_intervals(text):
    """The last complete interval, what a trigger covers, the last event, or none."""
    found = [row for row in TABLE["manual"] if row["name"] == text]
    assert found
    for row in found:
        interval = manual_interval(spec_of(text), utc(row["case"]))
        assert [short(interval.start), short(interval.end)] == row["interval"], row


def test_one_logical_date_is_given_out_once():
    """Daily runs that cover a month would begin together where months end: those that would are left out."""
    spec = spec_of("CronTriggerTimetable('@daily', timezone='UTC', interval=relativedelta(months=1))")
    after: Interval | None = Interval(utc("2024-02-28"), utc("2024-03-28"), utc("2024-03-28"))
    dates = []
    for _ in range(3):
        after = next_interval(spec, after=after, start_date=None, end_date=None, catchup=True, now=utc("2024-03-28"))
        assert after is not None
        dates.append((short(after.start), short(after.run_at)))
    assert dates == [("2024-02-29T00:00", "2024-03-29T00:00"), ("2024-03-01T00:00", "2024-04-01T00:00"),
                     ("2024-03-02T00:00", "2024-04-02T00:00")]  # fmt: skip
