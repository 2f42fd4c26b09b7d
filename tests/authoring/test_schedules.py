"""Schedules as authors write them, and the specs that they become in either dialect."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pendulum
import pytest
from dateutil import tz  # type: ignore[import-untyped]
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

from brisa.authoring.assets import Asset, AssetAlias, Dataset
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.timetables import (
    AssetOrTimeSchedule,
    ContinuousTimetable,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DatasetOrTimeSchedule,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    NullTimetable,
    OnceTimetable,
    Timetable,
)
from brisa.errors import AuthoringError
from brisa.model.spec import ScheduleKind
from tests.authoring.tools import START


def spec_of(schedule, start_date=START, **arguments):
    """The spec of a DAG's schedule."""
    return DAG("d", schedule=schedule, start_date=start_date, **{"max_active_runs": 1, **arguments}).schedule_spec


KINDS = [
    (None, ScheduleKind.NONE, "", 0),
    ("@once", ScheduleKind.ONCE, "", 0),
    ("@continuous", ScheduleKind.CONTINUOUS, "", 0),
    ("@daily", ScheduleKind.CRON, "0 0 * * *", 0),
    ("@Daily", ScheduleKind.CRON, "0 0 * * *", 0),
    ("@quarterly", ScheduleKind.CRON, "0 0 1 */3 *", 0),
    ("@midnight", ScheduleKind.CRON, "0 0 * * *", 0),
    ("*/5 8-17 * * MON-FRI", ScheduleKind.CRON, "*/5 8-17 * * MON-FRI", 0),
    (timedelta(days=1), ScheduleKind.DELTA, "", 86400),
    (timedelta(seconds=1.5), ScheduleKind.DELTA, "", 1.5),
    (relativedelta(days=2, hours=1), ScheduleKind.DELTA, "", 176400),
    (pendulum.duration(weeks=1), ScheduleKind.DELTA, "", 604800),
    (NullTimetable(), ScheduleKind.NONE, "", 0),
    (OnceTimetable(), ScheduleKind.ONCE, "", 0),
    (ContinuousTimetable(), ScheduleKind.CONTINUOUS, "", 0),
    (CronDataIntervalTimetable("0 1 * * *", timezone="UTC"), ScheduleKind.CRON, "0 1 * * *", 0),
    (DeltaDataIntervalTimetable(timedelta(hours=1)), ScheduleKind.DELTA, "", 3600),
    ([Asset("a")], ScheduleKind.ASSETS, "", 0),
    (Dataset("s3://a"), ScheduleKind.ASSETS, "", 0),
]


@pytest.mark.parametrize(("schedule", "kind", "cron", "seconds"), KINDS)
def test_what_a_schedule_becomes(schedule, kind, cron, seconds):
    """None, presets, cron, steps of time of three libraries, timetables and assets."""
    spec = spec_of(schedule)
    assert (spec.kind, spec.cron, spec.seconds) == (kind, cron, seconds)


def test_a_schedule_is_kept_as_written_for_people():
    """The summary is the author's own text."""
    assert spec_of("@Daily").summary == "@Daily"
    assert spec_of(timedelta(days=1)).summary == "1 day, 0:00:00"


ASSETS = [
    ([Asset("a"), Asset("b")], {"all": [{"asset": "a"}, {"asset": "b"}]}),
    (Asset("a") & Asset("b"), {"all": [{"asset": "a"}, {"asset": "b"}]}),
    (Asset("a") | AssetAlias("x"), {"any": [{"asset": "a"}, {"alias": "x"}]}),
    (
        (Asset("a") | Asset("b")) & Asset(name="c", uri="gs://c"),
        {"all": [{"any": [{"asset": "a"}, {"asset": "b"}]}, {"asset": "gs://c", "name": "c"}]},
    ),
]


@pytest.mark.parametrize(("schedule", "expected"), ASSETS)
def test_asset_schedules(schedule, expected):
    """A list means all of them; ``&`` and ``|`` nest."""
    assert spec_of(schedule).extra["assets"] == expected


INTERVALS = [
    (2, True, "@daily", True),
    (2, False, "@daily", True),
    (3, True, "@daily", True),
    (3, False, "@daily", False),
    (3, False, timedelta(days=1), False),
    (2, True, CronTriggerTimetable("@daily", timezone="UTC"), False),
    (3, False, CronDataIntervalTimetable("@daily", "UTC"), True),
    (2, True, DeltaTriggerTimetable(timedelta(1)), False),
]


@pytest.mark.parametrize(("dialect", "data_intervals", "schedule", "expected"), INTERVALS)
def test_data_intervals(dialect, data_intervals, schedule, expected):
    """Dialect 2 and brisa's own imports have them, Airflow 3's do not; a timetable says for itself."""
    with speaking(dialect, intervals=data_intervals):
        assert spec_of(schedule).intervals is expected


def test_no_schedule_given():
    """A day in dialect 2, nothing in dialect 3."""
    with speaking(2):
        assert DAG("d").schedule_spec.seconds == 86400
    assert DAG("d").schedule_spec.kind is ScheduleKind.NONE


ZONES = [
    (datetime(2024, 1, 1), "UTC"),
    (datetime(2024, 1, 1, tzinfo=UTC), "UTC"),
    (datetime(2024, 1, 1, tzinfo=ZoneInfo("America/Lima")), "America/Lima"),
    (pendulum.datetime(2024, 1, 1, tz="Europe/Madrid"), "Europe/Madrid"),
    (pendulum.datetime(2024, 1, 1, tz=2), "+02:00"),
    (datetime(2024, 1, 1, tzinfo=tz.gettz("Europe/Madrid")), "Europe/Madrid"),
    (datetime(2024, 1, 1, tzinfo=tz.UTC), "UTC"),
    (datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "-03:30"),
    ("2024-01-01T00:00:00+05:30", "+05:30"),
]


@pytest.mark.parametrize(("start_date", "name"), ZONES)
def test_the_zone_is_the_start_dates(start_date, name):
    """Zones of every library are understood, those of default_args too; dates become plain ones in UTC."""
    assert spec_of("@daily", start_date).timezone == name
    made = DAG("d", schedule="@daily", default_args={"start_date": start_date})
    assert made.schedule_spec.timezone == name
    assert type(made.default_args["start_date"]) is datetime


def test_midnight_in_madrid_is_kept_as_a_moment():
    """A start date in a zone is the same moment in UTC."""
    made = DAG("d", schedule=None, start_date=pendulum.datetime(2024, 7, 1, tz="Europe/Madrid"))
    assert made.start_date == datetime(2024, 6, 30, 22, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "named"), [(AssetOrTimeSchedule, "assets"), (DatasetOrTimeSchedule, "datasets")])
def test_assets_beside_a_timetable(kind, named):
    """The timetable's runs are made as if it stood alone; what else starts one is told beside it."""
    alone = CronTriggerTimetable("0 1 * * 3", timezone="Europe/Madrid", interval=timedelta(hours=2))
    spec = spec_of(kind(timetable=alone, **{named: [Asset("a")]}))
    assert replace(spec, extra={}, summary="0 1 * * 3") == spec_of(alone)
    assert spec.cron == "0 1 * * 3"
    assert spec.summary == "0 1 * * 3 or AssetAll(Asset('a'))"
    assert spec.extra == {"assets": {"all": [{"asset": "a"}]}}
    assert spec_of(kind(timetable=alone, **{named: Asset("a") | Asset("b")})).extra == {
        "assets": {"any": [{"asset": "a"}, {"asset": "b"}]}
    }


class Mine(Timetable):
    """A timetable of the user's own."""


def test_a_custom_timetable_is_kept_by_name():
    """Its effect comes with a later version."""
    spec = spec_of(Mine())
    assert (spec.kind, spec.summary) == (ScheduleKind.TIMETABLE, "Mine")


REFUSED = [
    ("every day", "has 2 fields, not 5"),
    ("0 0 * *", "has 4 fields, not 5"),
    ("61 * * * *", "'61' is no minute"),
    ("@dayly", "is not a preset"),
    ("", "has 0 fields"),
    (5, "5 (int) is not a schedule"),
    (timedelta(0), "must be positive"),
    (timedelta(days=-1), "must be positive"),
    (relativedelta(months=1), "months and years have no fixed length"),
    (pendulum.duration(years=1), "months and years have no fixed length"),
    ([Asset("a"), "b"], "assets only, not str"),
]


@pytest.mark.parametrize(("schedule", "message"), REFUSED)
def test_schedules_that_are_refused(schedule, message):
    """A schedule that can't be understood names file, line and DAG."""
    with pytest.raises(AuthoringError) as caught:
        spec_of(schedule)
    assert message in caught.value.message
    assert caught.value.location.file == __file__


def test_an_asset_needs_a_name():
    """An empty asset would match nothing."""
    with pytest.raises(AuthoringError, match="needs a name or a uri"):
        Asset("")
    assert Asset("a") == Asset("a") != Asset("b")
    assert {Asset("a"), Asset("a")} == {Asset("a")}
