"""Which run is next: Airflow's timetables, told in tables, and compared with what Airflow itself answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.errors import ScheduleError
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.due import Interval, manual_interval, next_interval
from brisa.schedule.preview import preview

AIRFLOW = json.loads(Path(__file__).with_name("airflow.json").read_text())
NOW = datetime(2024, 5, 5, 12, 34, 56, tzinfo=UTC)
DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="@daily")
NEVER = ScheduleSpec()
ONCE = ScheduleSpec(kind=ScheduleKind.ONCE)
CONTINUOUS = ScheduleSpec(kind=ScheduleKind.CONTINUOUS)


def cron(expression, timezone="UTC", intervals=True):
    """A cron schedule."""
    return ScheduleSpec(kind=ScheduleKind.CRON, cron=expression, timezone=timezone, intervals=intervals)


def every(intervals=True, **step):
    """A schedule of equal steps."""
    return ScheduleSpec(kind=ScheduleKind.DELTA, seconds=timedelta(**step).total_seconds(), intervals=intervals)


def utc(text):
    """A UTC moment from a text; what is a moment already, or ``None``, stays as it is."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if isinstance(text, str) else text


def next_of(schedule, *, after=None, start=None, end=None, catchup=False, now=NOW):
    """The next interval; ``start``, ``end`` and the parts of ``after`` may be texts."""
    if after is not None and not isinstance(after, Interval):
        after = Interval(*map(utc, after))
    return next_interval(schedule, after=after, start_date=utc(start), end_date=utc(end), catchup=catchup, now=now)


def told(interval):
    """An interval as texts."""
    return interval and tuple(moment.astimezone(UTC).isoformat()[:16] for moment in interval)


def due_runs(schedule, *, now=NOW, limit=100, **restriction):
    """All runs that a planner makes until ``now``, and the one that it then waits for."""
    made: list[Interval] = []
    after = None
    while len(made) < limit:
        after = next_of(schedule, after=after, now=now, **restriction)
        if after is None or after.run_at > now:
            return made, after
        made.append(after)
    return made, after


def test_a_daily_dag_unpaused_today_makes_exactly_one_run():
    """The course's case: @daily from 2023-01-01, no catchup: the last complete interval, then it waits for midnight."""
    made, waiting = due_runs(DAILY, start="2023-01-01", catchup=False)
    assert [told(run) for run in made] == [("2024-05-04T00:00", "2024-05-05T00:00", "2024-05-05T00:00")]
    assert told(waiting) == ("2024-05-05T00:00", "2024-05-06T00:00", "2024-05-06T00:00")


def test_a_daily_dag_catches_up_day_by_day():
    """With catchup each complete day since the start date has its run, the oldest first."""
    made, waiting = due_runs(DAILY, start="2024-05-01", catchup=True)
    assert [run.start.day for run in made] == [1, 2, 3, 4]
    assert all(run.run_at == run.end == run.start + timedelta(days=1) for run in made)
    assert told(waiting)[0] == "2024-05-05T00:00"


def test_no_run_is_made_before_its_interval_ends():
    """A microsecond before midnight there is none, at midnight there is one."""
    midnight = utc("2024-05-05")
    restriction = {"start": "2024-05-04", "catchup": False}
    assert due_runs(DAILY, now=midnight - timedelta(microseconds=1), **restriction)[0] == []
    assert len(due_runs(DAILY, now=midnight, **restriction)[0]) == 1


@pytest.mark.parametrize(
    ("schedule", "options", "expected"),
    [
        # Nothing that the time alone could tell.
        (NEVER, {"start": "2024-01-01"}, None),
        (ScheduleSpec(kind=ScheduleKind.ASSETS), {"start": "2024-01-01"}, None),
        (ScheduleSpec(kind=ScheduleKind.TIMETABLE), {"start": "2024-01-01"}, None),
        # Once: at the start date, whatever catchup says; at once without one; never again.
        (ONCE, {"start": "2024-01-01"}, ("2024-01-01T00:00",) * 3),
        (ONCE, {"start": "2024-01-01", "catchup": True}, ("2024-01-01T00:00",) * 3),
        (ONCE, {"start": "2025-01-01"}, ("2025-01-01T00:00",) * 3),
        (ONCE, {}, ("2024-05-05T12:34",) * 3),
        (ONCE, {"start": "2024-01-01", "after": ("2024-01-01",) * 3}, None),
        (ONCE, {"start": "2024-01-02", "end": "2024-01-01"}, None),
        # Continuous: from the end of the last run until now.
        (CONTINUOUS, {"start": "2024-05-05"}, ("2024-05-05T00:00", "2024-05-05T12:34", "2024-05-05T12:34")),
        (CONTINUOUS, {"after": ("2024-05-05", "2024-05-05T06:00", "2024-05-05T06:00")},
         ("2024-05-05T06:00", "2024-05-05T12:34", "2024-05-05T12:34")),
        (CONTINUOUS, {"start": "2024-06-01"}, ("2024-06-01T00:00",) * 3),
        (CONTINUOUS, {"start": "2024-05-05", "end": "2024-05-05T12:00"}, None),
        # Cron with intervals.
        (cron("@weekly"), {"start": "2024-01-01"}, ("2024-04-28T00:00", "2024-05-05T00:00", "2024-05-05T00:00")),
        (cron("@monthly"), {"start": "2024-01-01"}, ("2024-04-01T00:00", "2024-05-01T00:00", "2024-05-01T00:00")),
        (cron("@monthly"), {"start": "2024-01-15", "catchup": True},
         ("2024-02-01T00:00", "2024-03-01T00:00", "2024-03-01T00:00")),
        (DAILY, {"start": "2024-05-10T08:00"}, ("2024-05-11T00:00", "2024-05-12T00:00", "2024-05-12T00:00")),
        (DAILY, {}, ("2024-05-04T00:00", "2024-05-05T00:00", "2024-05-05T00:00")),
        (DAILY, {"catchup": True}, ("2024-05-04T00:00", "2024-05-05T00:00", "2024-05-05T00:00")),
        (DAILY, {"start": "2024-01-01", "after": ("2024-01-01", "2024-01-02", "2024-01-02"), "catchup": True},
         ("2024-01-02T00:00", "2024-01-03T00:00", "2024-01-03T00:00")),
        (DAILY, {"start": "2024-01-01", "after": ("2024-01-01", "2024-01-02", "2024-01-02")},
         ("2024-05-04T00:00", "2024-05-05T00:00", "2024-05-05T00:00")),
        # The end date is the last logical date.
        (DAILY, {"start": "2024-01-01", "end": "2024-05-04"},
         ("2024-05-04T00:00", "2024-05-05T00:00", "2024-05-05T00:00")),
        (DAILY, {"start": "2024-01-01", "end": "2024-05-03T23:59"}, None),
        # Another schedule since the last run: no logical date is given out twice.
        (cron("0 9 * * 1-5"), {"after": ("2024-05-03T22:00", "2024-05-04T22:00", "2024-05-04T22:00")},
         ("2024-05-06T09:00", "2024-05-07T09:00", "2024-05-07T09:00")),
        # Cron without intervals: the run is due at its own logical date.
        (cron("@daily", intervals=False), {"start": "2023-01-01"}, ("2024-05-05T00:00",) * 3),
        (cron("@daily", intervals=False), {"start": "2024-05-01", "catchup": True}, ("2024-05-01T00:00",) * 3),
        (cron("@daily", intervals=False), {"start": "2024-05-01", "after": ("2024-05-02",) * 3, "catchup": True},
         ("2024-05-03T00:00",) * 3),
        (cron("@daily", intervals=False), {"start": "2023-01-01", "after": ("2024-05-05",) * 3},
         ("2024-05-06T00:00",) * 3),
        (cron("0 12 * * *", intervals=False), {}, ("2024-05-05T12:00",) * 3),
        (cron("0 6 * * *", intervals=False), {}, ("2024-05-06T06:00",) * 3),
        # Steps.
        (every(hours=6), {"start": "2024-05-01T05:00", "catchup": True},
         ("2024-05-01T05:00", "2024-05-01T11:00", "2024-05-01T11:00")),
        (every(hours=6), {"start": "2024-05-01T05:00"}, ("2024-05-05T06:00", "2024-05-05T12:00", "2024-05-05T12:00")),
        (every(hours=6), {"start": "2024-05-05T12:10"}, ("2024-05-05T12:10", "2024-05-05T18:10", "2024-05-05T18:10")),
        (every(hours=6), {"after": ("2024-05-05T01:00", "2024-05-05T07:00", "2024-05-05T07:00"), "catchup": True},
         ("2024-05-05T07:00", "2024-05-05T13:00", "2024-05-05T13:00")),
        (every(hours=6, intervals=False), {"start": "2024-05-01T05:00"}, ("2024-05-05T11:00",) * 3),
        (every(hours=6, intervals=False), {"start": "2024-05-01T05:00", "after": ("2024-05-05T11:00",) * 3},
         ("2024-05-05T17:00",) * 3),
        (every(hours=6, intervals=False), {"start": "2024-05-01T05:00", "catchup": True}, ("2024-05-01T05:00",) * 3),
    ],
)  # fmt: skip
def test_the_next_run(schedule, options, expected):
    """One row for each rule."""
    assert told(next_of(schedule, **options)) == expected


@pytest.mark.parametrize(
    ("timezone", "start", "hours"),
    [
        ("Europe/Madrid", "2024-03-29T23:00", [24, 23, 24]),
        ("Europe/Madrid", "2024-10-25T22:00", [24, 25, 24]),
        ("America/New_York", "2024-03-09T05:00", [24, 23, 24]),
        ("America/New_York", "2024-11-02T04:00", [24, 25, 24]),
    ],
)
def test_days_are_days_of_the_dags_own_zone(timezone, start, hours):
    """Where the clocks change a day has 23 or 25 hours, and the intervals still touch."""
    schedule, after, found = cron("@daily", timezone), None, []
    for _ in range(3):
        after = next_of(schedule, start=start, after=after, catchup=True)
        found.append(after)
    assert [(run.end - run.start) / timedelta(hours=1) for run in found] == hours
    assert all(one.end == two.start for one, two in pairwise(found))
    assert told(found[0])[0] == start


def test_naive_dates_are_in_the_schedules_zone():
    """As in a DAG file that says datetime(2024, 1, 1) and a time zone elsewhere."""
    found = next_interval(
        cron("@daily", "Europe/Madrid"), after=None, start_date=datetime(2024, 1, 1), end_date=datetime(2024, 2, 1),
        catchup=True, now=NOW,
    )  # fmt: skip
    assert told(found)[0] == "2023-12-31T23:00"


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Tokyo", "America/Bogota"])
def test_a_start_at_the_beginning_of_time(timezone):
    """``start_date=datetime.min`` is in files: it means from ever on, and is not beyond the calendar."""
    never = {"start": datetime.min, "end": datetime.max}  # noqa: DTZ901  as files have them

    assert next_of(cron("@daily", timezone), **never) == next_of(cron("@daily", timezone))
    assert next_of(cron("@daily", timezone), catchup=True, **never).start.year == 1
    assert next_of(ONCE, start=datetime.max.replace(tzinfo=UTC)).start.year == 9999


def test_continuous_runs_never_share_a_logical_date():
    """Not even when no time has passed between two of them, or the clock was set back."""
    dates: set[datetime] = set()
    after = None
    for now in (NOW, NOW, NOW - timedelta(hours=1), NOW, NOW + timedelta(seconds=1)):
        after = next_of(CONTINUOUS, after=after, start="2024-06-01" if not dates else None, now=now)
        dates.add(after.start)
    assert len(dates) == 5


@pytest.mark.parametrize(
    ("schedule", "logical_date", "expected"),
    [
        (DAILY, "2024-01-02T15:30", ("2024-01-01T00:00", "2024-01-02T00:00")),
        (DAILY, "2024-01-02T00:00", ("2024-01-01T00:00", "2024-01-02T00:00")),
        (cron("0 16 * * *"), "2024-01-02T00:00", ("2023-12-31T16:00", "2024-01-01T16:00")),
        (cron("@monthly"), "2024-01-02T00:00", ("2023-12-01T00:00", "2024-01-01T00:00")),
        (cron("@daily", "Europe/Madrid"), "2024-04-01T08:00", ("2024-03-30T23:00", "2024-03-31T22:00")),
        (every(days=1), "2024-01-02T15:30", ("2024-01-01T15:30", "2024-01-02T15:30")),
        (cron("@daily", intervals=False), "2024-01-02T15:30", ("2024-01-02T15:30",) * 2),
        (every(days=1, intervals=False), "2024-01-02T15:30", ("2024-01-02T15:30",) * 2),
        *(
            (schedule, "2024-01-02T15:30", ("2024-01-02T15:30",) * 2)
            for schedule in (NEVER, ONCE, CONTINUOUS, ScheduleSpec(kind=ScheduleKind.ASSETS))
        ),
    ],
)
def test_the_interval_of_a_manual_run(schedule, logical_date, expected):
    """The last complete interval before the logical date; due at that date."""
    found = manual_interval(schedule, utc(logical_date))
    assert told(found) == (*expected, logical_date)


def test_the_preview_shows_what_is_to_come():
    """Only what is due later than now, until the end date, and as many as asked for."""
    found = preview(DAILY, utc("2023-01-01"), None, NOW, 3)
    assert [told(run)[2] for run in found] == ["2024-05-06T00:00", "2024-05-07T00:00", "2024-05-08T00:00"]
    assert len(preview(DAILY, utc("2023-01-01"), utc("2024-05-06"), NOW, 9)) == 2
    assert [told(run)[0] for run in preview(DAILY, utc("2024-06-01"), None, NOW, 1)] == ["2024-06-01T00:00"]
    assert preview(DAILY, None, None, NOW, 0) == ()


@pytest.mark.parametrize(
    ("schedule", "start", "count"),
    [(NEVER, None, 0), (CONTINUOUS, None, 0), (ONCE, "2024-01-01", 0), (ONCE, "2025-01-01", 1),
     (every(days=1), None, 5), (cron("@daily", intervals=False), None, 5)],
)  # fmt: skip
def test_the_preview_of_other_schedules(schedule, start, count):
    """None where nothing can be told, and it ends."""
    found = preview(schedule, utc(start), None, NOW, 5)
    assert len(found) == count
    assert all(run.run_at > NOW for run in found)


@pytest.mark.parametrize("schedule", [every(seconds=0), every(seconds=-5), cron("nonsense"), cron("@daily", "Nowhere")])
def test_a_bad_schedule_is_an_error(schedule):
    """Whoever wrote it is told, in every question."""
    for ask in (lambda: next_of(schedule), lambda: manual_interval(schedule, NOW)):
        with pytest.raises(ScheduleError):
            ask()


@pytest.mark.parametrize("name", AIRFLOW["walks"])
def test_intervals_are_airflows(name):
    """Every end of an interval, for days around each change of the clocks, is what Airflow 2.11.2 and 3.3.2 give.

    Where the clocks change by half an hour, Airflow's hourly intervals overlap (recorded as none): there brisa's must
    merely touch.
    """
    timezone, expression, start, days = name.split("|")
    schedule, begin = cron(expression, timezone), utc(start)
    edges: list[str] = []
    after = None
    while after := next_of(
        schedule, after=after, start=begin, end=begin + timedelta(days=int(days)), catchup=True, now=begin
    ):
        assert not edges or after.start.isoformat() == edges[-1]
        edges = [*(edges or [after.start.isoformat()]), after.end.isoformat()]
    for answer in AIRFLOW["walks"][name]:
        assert answer["airflow"] == ["2.11.2", "3.3.2"]
        if answer["edges"] is not None:
            assert [edge.removesuffix("+00:00").removesuffix(":00") for edge in edges] == answer["edges"]


@pytest.mark.parametrize("case", AIRFLOW["cases"], ids=lambda case: "{schedule} {now} {start_date}".format(**case))
def test_answers_are_airflows(case):
    """What comes next after a run, or none, with and without catchup and start date, is what Airflow 3.3.2 gives.

    But for two answers that brisa gives better on purpose: a DAG without a start date is not left unscheduled, and a
    start date moved into the future counts for schedules without intervals too.
    """
    text = case["schedule"]
    schedule = every(seconds=int(text[:-1])) if text.endswith("s") else cron(text, "Europe/Madrid", case["intervals"])
    start, last, now = utc(case["start_date"]), case["last"], utc(case["now"])
    after = None
    if last:
        after = Interval(*(utc(last[0 if case["intervals"] else 1]), utc(last[1]), utc(last[1])))
    [answer] = [answer for answer in case["answers"] if "3.3.2" in answer["airflow"]]

    manual = manual_interval(schedule, now)
    assert [moment.isoformat()[:19].removesuffix(":00") for moment in manual[:2]] == answer["manual"]
    found = next_of(schedule, after=after, start=start, catchup=case["catchup"], now=now)
    shown = [moment.isoformat()[:19].removesuffix(":00") for moment in found]
    if answer["next"] is None:
        assert start is None
    elif after and not case["intervals"] and case["catchup"] and start and start > after.end:
        assert utc(shown[0]) >= start
    else:
        assert shown == answer["next"]


@settings(deadline=None)
@given(
    st.sampled_from(["@daily", "@hourly", "@weekly", "@monthly", "30 2 * * *", "*/30 1-3 * * *", "0 9 * * 1-5"]),
    st.sampled_from(["UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)),
)
def test_catching_up_leaves_no_gap_and_no_overlap(expression, timezone, start):
    """Each interval begins where the last one ended, and is due when it ends."""
    after = None
    for _ in range(5):
        found = next_of(cron(expression, timezone), after=after, start=start, catchup=True)
        assert found.start < found.end == found.run_at
        assert found.start == after.end if after else found.start >= start
        after = found


@settings(deadline=None)
@given(
    st.one_of(
        st.builds(cron, st.sampled_from(["@daily", "@hourly", "30 2 * * *", "0 9 * * 1-5"]),
                  st.sampled_from(["UTC", "Europe/Madrid", "America/New_York"]), st.booleans()),
        st.builds(every, st.booleans(), seconds=st.integers(60, 200_000)),
        st.just(CONTINUOUS),
    ),
    st.none() | st.datetimes(datetime(2024, 1, 1), datetime(2024, 6, 1), timezones=st.just(UTC)),
    st.lists(st.tuples(st.integers(0, 400_000), st.booleans()), min_size=2, max_size=8),
)  # fmt: skip
def test_a_planner_goes_forward_only(schedule, start, steps):
    """However time jumps and catchup is switched: logical dates and due times rise, and no two intervals overlap."""
    now, after = utc("2024-03-29"), None
    for seconds, catchup in steps:
        now += timedelta(seconds=seconds)
        found = next_of(schedule, after=after, start=start, catchup=catchup, now=now)
        assert found is not None
        if after is not None:
            assert found.start > after.start
            assert found.run_at >= after.run_at
            assert found.start >= after.end
        if found.run_at <= now:
            after = found


@settings(deadline=None)
@given(st.sampled_from([DAILY, cron("0 * * * *", "Europe/Madrid"), every(hours=5)]),
       st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 1), timezones=st.just(UTC)))  # fmt: skip
def test_without_catchup_one_run_is_due(schedule, now):
    """However long the DAG slept: the last complete interval, and then the future."""
    made, waiting = due_runs(schedule, now=now, start="2023-01-01", catchup=False)
    assert len(made) == 1
    assert made[0].end <= now < waiting.end
    assert waiting.start == made[0].end
