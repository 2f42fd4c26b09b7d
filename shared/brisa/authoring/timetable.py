"""The timetable as Airflow's users extend it: when the next run is, and what data a run made by hand covers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from brisa.errors import Location


class DataInterval(NamedTuple):
    """The time from ``start`` to ``end``, both aware, whose data a run works on."""

    start: datetime
    end: datetime

    @classmethod
    def exact(cls, at: datetime) -> DataInterval:
        """An interval of no length."""
        return cls(at, at)


class TimeRestriction(NamedTuple):
    """What a DAG says of its runs: none before ``earliest`` or after ``latest``; whether missed ones are made up."""

    earliest: datetime | None
    latest: datetime | None
    catchup: bool


class DagRunInfo(NamedTuple):
    """A run to be made: not before ``run_after`` (aware), for ``data_interval``."""

    run_after: datetime
    data_interval: DataInterval | None
    partition_date: datetime | None = None
    partition_key: str | None = None

    @classmethod
    def exact(cls, at: datetime) -> DagRunInfo:
        """A run at a moment, with an interval of no length."""
        return cls(at, DataInterval.exact(at))

    @classmethod
    def interval(cls, start: datetime, end: datetime) -> DagRunInfo:
        """A run that covers an interval, made when that is over."""
        return cls(end, DataInterval(start, end))

    @property
    def logical_date(self) -> datetime | None:
        """The beginning of its data interval."""
        return self.data_interval.start if self.data_interval else None


class Timetable:
    """When a DAG runs. Derive from it, say what the next run is, and give the DAG an instance: ``schedule=Mine()``.

    Both methods are user code, and are called in a process that has loaded the DAG's file, never in brisa's planner.
    What an instance keeps for itself is gone at the next call.
    """

    description: str = ""
    periodic: bool = True
    can_be_scheduled: bool = True
    """False: no run by itself, and :meth:`next_dagrun_info` is never called."""
    run_ordering: Sequence[str] = ("data_interval_end", "logical_date")
    active_runs_limit: int | None = None
    """The most that the DAG's ``max_active_runs`` may be."""
    asset_condition: Any = None

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The run after the one for ``last_automated_data_interval`` (``None``: the first); ``None``: never another.

        Times are pendulum's, in UTC.
        """
        raise NotImplementedError

    def infer_manual_data_interval(self, *, run_after: datetime) -> DataInterval:
        """The data interval of a run that a person makes at ``run_after``; here one of no length."""
        return DataInterval.exact(run_after)

    def validate(self) -> None:
        """Raise AirflowTimetableInvalid for a timetable that can't be; asked once, when the DAG is made."""

    @property
    def summary(self) -> str:
        """A word or two for people."""
        return type(self).__name__

    def serialize(self) -> dict[str, Any]:
        """Airflow keeps what this returns; brisa has no use for it: it asks the instance that the DAG file makes."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        """The instance that :meth:`serialize` has told of."""
        return cls()

    def by_time(self) -> Timetable:
        """The timetable that makes runs by time alone: this one, unless it also waits for assets."""
        return self

    def beside(self) -> Any:
        """The assets that start runs, too, whenever they have been updated; ``None`` without any."""
        return None


class KnownTimetable(Timetable):
    """A timetable of Airflow's own: a schedule with its time zone and its way of data intervals, all of it data."""

    schedule: Any = None
    """As ``DAG(schedule=…)`` takes it."""
    intervals: bool = True
    timezone: str = "UTC"

    def details(self, location: Location) -> dict[str, Any]:
        """What more there is to say: fields of a :class:`~brisa.model.spec.ScheduleSpec`."""
        return {}


class PartitionTimetable(KnownTimetable):
    """Base of those whose runs are for partitions of data; see :mod:`brisa.authoring.partitions`."""

    intervals = False
    timezone = ""
    """Empty: the DAG's."""

    def partitions(self) -> dict[str, Any]:
        """What the schedule's spec keeps of them, as JSON."""
        return {}


def is_custom(timetable: Timetable) -> bool:
    """Whether user code tells its runs: it has a method of its own for that."""
    kind = type(timetable)
    if not isinstance(timetable, KnownTimetable):
        return True
    methods = (kind.next_dagrun_info, kind.infer_manual_data_interval)
    return not all(method.__module__.startswith("brisa.") for method in methods)
