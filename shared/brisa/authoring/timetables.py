"""Airflow's timetables as DAG authors write them: each is a schedule with its zone and its way of data intervals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from brisa.authoring.schedules import covered, cron_text, schedule_spec
from brisa.authoring.source import here
from brisa.authoring.times import to_datetime, to_utc, zone_name
from brisa.authoring.timetable import DagRunInfo, DataInterval, KnownTimetable, TimeRestriction, Timetable
from brisa.errors import AuthoringError, Location
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.due import Interval, manual_interval, next_interval

__all__ = [
    "AssetOrTimeSchedule",
    "ContinuousTimetable",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DatasetOrTimeSchedule",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
    "EventsTimetable",
    "MultipleCronTriggerTimetable",
    "NullTimetable",
    "OnceTimetable",
    "Timetable",
]


class _Known(KnownTimetable):
    """Answers what its schedule says, so that a custom timetable can derive from it and ask ``super()``."""

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The schedule's next run."""
        last = last_automated_data_interval
        found = next_interval(
            self._spec(),
            after=last and Interval(last.start, last.end, last.end),
            start_date=restriction.earliest,
            end_date=restriction.latest,
            catchup=restriction.catchup,
            now=datetime.now(UTC),
        )
        return found and DagRunInfo(found.run_at, DataInterval(found.start, found.end))

    def infer_manual_data_interval(self, *, run_after: datetime) -> DataInterval:
        """The schedule's last complete interval."""
        found = manual_interval(self._spec(), run_after)
        return DataInterval(found.start, found.end)

    @property
    def summary(self) -> str:
        """The schedule."""
        return self._spec().summary

    def _spec(self) -> ScheduleSpec:
        spec = schedule_spec(self.schedule, timezone=self.timezone, intervals=self.intervals, location=here())
        return ScheduleSpec(**{**vars(spec), **self.details(here())})


class _InZone(_Known):
    def __init__(self, schedule: Any, timezone: str | tzinfo | None) -> None:
        self.schedule = schedule
        self.timezone = timezone if isinstance(timezone, str) else zone_name(timezone, here())


class CronDataIntervalTimetable(_InZone):
    """Runs cover the interval that ends when they are due."""

    def __init__(self, cron: str, timezone: str | tzinfo | None = None) -> None:
        super().__init__(cron, timezone)


class CronTriggerTimetable(_InZone):
    """Runs have an interval of zero length (or of ``interval``) that ends at their due time.

    ``run_immediately``, for a DAG without a start date: whether the first run is the last one that was due, or how long
    ago it may have been due. By default a tenth of the time between two runs, at least five minutes.
    """

    intervals = False

    def __init__(
        self,
        cron: str,
        *,
        timezone: str | tzinfo | None = None,
        interval: timedelta | Any = timedelta(0),
        run_immediately: bool | timedelta | None = False,
    ) -> None:
        super().__init__(cron, timezone)
        self.interval = interval
        self.run_immediately = run_immediately

    def details(self, location: Location) -> dict[str, Any]:
        """What its runs cover, and when the first one is."""
        patience = self.run_immediately
        return {
            "covers": covered(self.interval, location),
            "run_immediately": patience.total_seconds() if isinstance(patience, timedelta) else bool(patience),
        }


class MultipleCronTriggerTimetable(CronTriggerTimetable):
    """A run whenever one of several cron expressions says so; one run if more than one does."""

    def __init__(
        self,
        *crons: str,
        timezone: str | tzinfo | None = None,
        interval: timedelta | Any = timedelta(0),
        run_immediately: bool | timedelta | None = False,
    ) -> None:
        if not crons:
            raise AuthoringError("MultipleCronTriggerTimetable needs a cron expression", here())
        super().__init__(crons[0], timezone=timezone, interval=interval, run_immediately=run_immediately)
        self.crons = crons

    def details(self, location: Location) -> dict[str, Any]:
        """The other expressions."""
        more = tuple(cron_text(text, location) for text in self.crons[1:])
        return {**super().details(location), "more_crons": more, "summary": ", ".join(self.crons)}


class DeltaDataIntervalTimetable(_Known):
    """Runs follow each other by a step, and cover it."""

    def __init__(self, delta: Any) -> None:
        self.schedule = delta


class DeltaTriggerTimetable(DeltaDataIntervalTimetable):
    """Runs follow each other by a step; their interval has zero length, or that of ``interval``."""

    intervals = False

    def __init__(self, delta: Any, *, interval: timedelta | Any = timedelta(0)) -> None:
        super().__init__(delta)
        self.interval = interval

    def details(self, location: Location) -> dict[str, Any]:
        """What its runs cover."""
        return {"covers": covered(self.interval, location)}


class EventsTimetable(_Known):
    """Runs at the dates given; with ``restrict_to_events`` a manual run has the interval of the last one before it.

    Naive dates are in UTC. ``presorted`` is taken and changes nothing.
    """

    intervals = False

    def __init__(
        self,
        event_dates: Iterable[datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: str | None = None,
    ) -> None:
        dates = [to_datetime("event_dates", date, here()) for date in event_dates]
        self.event_dates = sorted({to_utc(date) for date in dates if date is not None})
        self.restrict_to_events = restrict_to_events
        self.description = description or f"{len(self.event_dates)} events"

    def details(self, location: Location) -> dict[str, Any]:
        """The events."""
        return {
            "kind": ScheduleKind.EVENTS,
            "events": tuple(self.event_dates),
            "restrict_to_events": bool(self.restrict_to_events),
            "summary": self.description,
        }


class NullTimetable(_Known):
    """No run by itself."""

    can_be_scheduled = False


class OnceTimetable(_Known):
    """One run."""

    schedule = "@once"


class ContinuousTimetable(_Known):
    """A run starts when the last one has ended."""

    schedule = "@continuous"
    active_runs_limit: int | None = 1


class AssetOrTimeSchedule(Timetable):
    """Runs by a timetable, and besides whenever ``assets`` (one, several, or joined) have been updated."""

    def __init__(self, *, timetable: Timetable, assets: Any) -> None:
        self.timetable = timetable
        self.assets = assets

    def by_time(self) -> Timetable:
        """The timetable beside the assets."""
        return self.timetable.by_time()

    def beside(self) -> Any:
        """The assets."""
        return self.assets


class DatasetOrTimeSchedule(AssetOrTimeSchedule):
    """The same by its name in Airflow 2."""

    def __init__(self, *, timetable: Timetable, datasets: Any) -> None:
        super().__init__(timetable=timetable, assets=datasets)
