"""Airflow's timetables as DAG authors write them: each is a schedule with its zone and its way of data intervals."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import Any

from brisa.authoring.source import here
from brisa.authoring.times import zone_name


class Timetable:
    """A schedule as an object. Custom ones (overriding ``next_dagrun_info``) come with a later version."""

    schedule: Any = None
    intervals: bool = True
    timezone: str = "UTC"
    assets: Any = None
    """What else starts a run, if anything does."""


class _InZone(Timetable):
    def __init__(self, schedule: Any, timezone: str | tzinfo | None) -> None:
        self.schedule = schedule
        self.timezone = timezone if isinstance(timezone, str) else zone_name(timezone, here())


class CronDataIntervalTimetable(_InZone):
    """Runs cover the interval that ends when they are due."""

    def __init__(self, cron: str, timezone: str | tzinfo | None = None) -> None:
        super().__init__(cron, timezone)


class CronTriggerTimetable(_InZone):
    """Runs have an interval of zero length (or of ``interval``) at their due time."""

    intervals = False

    def __init__(
        self,
        cron: str,
        *,
        timezone: str | tzinfo | None = None,
        interval: timedelta | Any = timedelta(0),
        run_immediately: bool | timedelta = False,
    ) -> None:
        super().__init__(cron, timezone)
        self.interval = interval
        self.run_immediately = run_immediately


class DeltaDataIntervalTimetable(Timetable):
    """Runs follow each other by a step, and cover it."""

    def __init__(self, delta: Any) -> None:
        self.schedule = delta


class DeltaTriggerTimetable(DeltaDataIntervalTimetable):
    """Runs follow each other by a step; their interval has zero length."""

    intervals = False

    def __init__(self, delta: Any, *, interval: timedelta | Any = timedelta(0)) -> None:
        super().__init__(delta)
        self.interval = interval


class NullTimetable(Timetable):
    """No run by itself."""


class OnceTimetable(Timetable):
    """One run."""

    schedule = "@once"


class ContinuousTimetable(Timetable):
    """A run starts when the last one has ended."""

    schedule = "@continuous"


class AssetOrTimeSchedule(Timetable):
    """Runs by a timetable, and besides whenever ``assets`` (one, several, or joined) have been updated."""

    def __init__(self, *, timetable: Timetable, assets: Any) -> None:
        vars(self).update(vars(timetable))
        self.schedule, self.intervals, self.timezone = timetable.schedule, timetable.intervals, timetable.timezone
        self.assets = assets


class DatasetOrTimeSchedule(AssetOrTimeSchedule):
    """The same by its name in Airflow 2."""

    def __init__(self, *, timetable: Timetable, datasets: Any) -> None:
        super().__init__(timetable=timetable, assets=datasets)
