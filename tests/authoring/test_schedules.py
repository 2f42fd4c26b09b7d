"""Schedules as authors write them, and the specs that they become in either dialect."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import cast
from zoneinfo import ZoneInfo

import pendulum
import pytest
from dateutil import tz
from dateutil.relativedelta import FR, relativedelta

from brisa.authoring.assets import Asset, AssetAlias, Dataset
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.exceptions import AirflowTimetableInvalid
from brisa.authoring.registry import recording
from brisa.authoring.timetable import DagRunInfo, DataInterval, TimeRestriction
from brisa.authoring.timetables import (
    AssetOrTimeSchedule,
    ContinuousTimetable,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DatasetOrTimeSchedule,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    EventsTimetable,
    MultipleCronTriggerTimetable,
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

    active_runs_limit: int | None = 3

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        """Never another run."""


class Late(CronTriggerTimetable):
    """One of Airflow's, with a method of the user's own."""

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        """An hour later than the cron expression says."""
        info = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        return info and info._replace(run_after=info.run_after + timedelta(hours=1))


class Named(CronTriggerTimetable):
    """One of Airflow's that only looks otherwise."""

    def __init__(self):
        super().__init__("0 5 * * *", timezone="Europe/Madrid")


class Invalid(Mine):
    """One that says so itself."""

    def validate(self):
        """Never."""
        raise AirflowTimetableInvalid("not on Mondays")


class Silent(Timetable):
    """One that says nothing of its runs."""


class Manual(Silent):
    """One that makes none."""

    can_be_scheduled = False


@pytest.mark.parametrize(
    ("timetable", "kind"),
    [(Mine(), ScheduleKind.TIMETABLE), (Late("@daily"), ScheduleKind.TIMETABLE), (Named(), ScheduleKind.CRON),
     (Manual(), ScheduleKind.NONE),
     (AssetOrTimeSchedule(timetable=Mine(), assets=[Asset("a")]), ScheduleKind.TIMETABLE)],
)  # fmt: skip
def test_a_custom_timetable_is_kept_by_name(timetable, kind):
    """The spec says that user code has to be asked, unless the class only derives from a timetable that is data."""
    made = DAG("d", schedule=timetable, start_date=START, max_active_runs=1)
    assert made.schedule_spec.kind is kind
    assert made.timetable is timetable.by_time()
    if kind is ScheduleKind.TIMETABLE:
        assert made.schedule_spec.summary.partition(" or ")[0] in ("Mine", "@daily")


def test_a_custom_timetable_may_ask_the_one_it_derives_from():
    """Airflow's own timetables answer as the schedule that they are."""
    day = datetime(2024, 5, 1, tzinfo=UTC)
    info = Late("@daily").next_dagrun_info(
        last_automated_data_interval=DataInterval.exact(day), restriction=TimeRestriction(None, None, True)
    )
    assert info == DagRunInfo(day + timedelta(hours=25), DataInterval.exact(day + timedelta(days=1)))
    assert info.logical_date == day + timedelta(days=1)
    interval = CronDataIntervalTimetable("@daily").infer_manual_data_interval(run_after=day + timedelta(hours=3))
    assert interval == DataInterval(day - timedelta(days=1), day)


@pytest.mark.parametrize(
    ("timetable", "runs", "message"),
    [(Silent(), 1, "define next_dagrun_info"), (Invalid(), 1, "Invalid is not valid: not on Mondays"),
     (Mine(), 4, "Mine needs max_active_runs=3 or less"), (ContinuousTimetable(), 2, "needs max_active_runs=1")],
)  # fmt: skip
def test_custom_timetables_that_are_refused(timetable, runs, message):
    """With file, line and DAG."""
    with pytest.raises(AuthoringError, match=message) as caught:
        DAG("d", schedule=timetable, start_date=START, max_active_runs=runs)
    assert (caught.value.location.file, caught.value.location.dag_id) == (__file__, "d")


def test_what_the_other_timetables_say():
    """Intervals, several cron expressions, events, and the first run, as data."""
    both = MultipleCronTriggerTimetable(
        "@daily", "0 5 * * 1", timezone="Asia/Tokyo", interval=timedelta(hours=2), run_immediately=timedelta(minutes=9)
    )
    spec = spec_of(both)
    assert (spec.kind, spec.cron, spec.more_crons) == (ScheduleKind.CRON, "0 0 * * *", ("0 5 * * 1",))
    assert (spec.timezone, spec.covers, spec.run_immediately) == ("Asia/Tokyo", {"seconds": 7200}, 540)
    assert (spec.summary, spec.intervals) == ("@daily, 0 5 * * 1", False)
    assert spec_of(CronTriggerTimetable("@daily", run_immediately=True)).run_immediately is True
    spec = spec_of(DeltaTriggerTimetable(timedelta(days=2), interval=relativedelta(months=1)))
    assert (spec.seconds, spec.covers) == (172800, {"months": 1})
    spec = spec_of(EventsTimetable([datetime(2024, 5, 2), datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2)],
                                   restrict_to_events=True))  # fmt: skip
    assert (spec.kind, spec.summary, spec.restrict_to_events) == (ScheduleKind.EVENTS, "2 events", True)
    assert spec.events == (datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("schedule", "seconds", "step"),
    [(relativedelta(months=1), 0, {"months": 1}),
     (relativedelta(years=1, days=2), 0, {"years": 1, "days": 2}),
     (relativedelta(months=1, day=1, weekday=FR(1)), 0, {"months": 1, "day": 1, "weekday": [4, 1]}),
     (relativedelta(days=1, hours=3), 97200, {}),
     (pendulum.duration(months=1), 30 * 86400, {})],
)  # fmt: skip
def test_steps_in_the_calendars_units(schedule, seconds, step):
    """What relativedelta says is kept, as far as a length of time does not say it; a duration is a length of time."""
    spec = spec_of(schedule)
    assert (spec.kind, spec.seconds, spec.step) == (ScheduleKind.DELTA, seconds, step)


def test_an_end_before_the_start_is_told():
    """Airflow takes it and makes no run; so does brisa, but it says so, with file, line and DAG."""
    with recording() as record:
        DAG("d", schedule="@daily", start_date=START, end_date=START - timedelta(days=1))
    assert any(f"{__file__}:" in text and "DAG 'd'" in text and "no run" in text for text in record.notices)


REFUSED = [
    ("every day", "has 2 fields, not 5"),
    ("0 0 * *", "has 4 fields, not 5"),
    ("61 * * * *", "'61' is no minute"),
    ("@dayly", "is not a preset"),
    ("", "has 0 fields"),
    (5, "5 (int) is not a schedule"),
    (timedelta(0), "must be positive"),
    (timedelta(days=-1), "must be positive"),
    (relativedelta(months=-1), "must lead forward"),
    (relativedelta(months=1, days=-30), "must lead forward"),
    (relativedelta(day=31), "must lead forward"),
    (CronDataIntervalTimetable("@daily", timezone="Nowhere/Land"), "there is no time zone 'Nowhere/Land'"),
    (CronTriggerTimetable("0 0 30 2 *", timezone="UTC"), "names a day that never comes"),
    (MultipleCronTriggerTimetable("@daily", "61 * * * *", timezone="UTC"), "'61' is no minute"),
    (CronTriggerTimetable("@daily", interval=timedelta(-1)), "must not be negative"),
    (CronTriggerTimetable("@daily", interval=5), "interval=5 (int) is not a timedelta"),
    (CronTriggerTimetable(cast(str, 5)), "5 (int) is not a schedule"),
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
