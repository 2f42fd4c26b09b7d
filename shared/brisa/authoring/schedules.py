"""From what a DAG's author says about time to a :class:`~brisa.model.spec.ScheduleSpec`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from brisa.authoring.assets import AssetAll, AssetExpression
from brisa.authoring.params import NOTSET
from brisa.authoring.timetables import Timetable
from brisa.errors import AuthoringError, Location, ScheduleError
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.cron import expand, validate

_WORDS = {"@once": ScheduleKind.ONCE, "@continuous": ScheduleKind.CONTINUOUS}


def choose_schedule(arguments: dict[str, Any], dialect: int, location: Location) -> Any:
    """The one of ``schedule``, ``schedule_interval`` and ``timetable`` that was given; by default a day in dialect 2,
    and nothing in dialect 3."""
    given = {name: value for name, value in arguments.items() if value is not NOTSET}
    if len(given) > 1:
        raise AuthoringError(f"give one of {' and '.join(map(repr, given))}, not {len(given)}", location)
    if given:
        return next(iter(given.values()))
    return timedelta(days=1) if dialect == 2 else None


def schedule_spec(schedule: Any, *, timezone: str, intervals: bool, location: Location) -> ScheduleSpec:
    """The spec of a schedule: ``None``, cron, a preset, a step of time, assets or a timetable.

    ``timezone`` is the start date's; ``intervals`` is the dialect's way. A timetable brings its own of both.
    """
    if isinstance(schedule, Timetable):
        if type(schedule).__module__ != Timetable.__module__:
            return ScheduleSpec(kind=ScheduleKind.TIMETABLE, timezone=timezone, summary=type(schedule).__name__)
        spec = schedule_spec(
            schedule.schedule,
            timezone=schedule.timezone,
            intervals=schedule.intervals,
            location=location,
        )
        return spec if schedule.assets is None else _or_assets(spec, schedule.assets)
    spec = ScheduleSpec(timezone=timezone, intervals=intervals)
    if schedule is None:
        return spec
    if isinstance(schedule, str):
        return _from_text(schedule, spec, location)
    if isinstance(schedule, AssetExpression):
        return replace(spec, kind=ScheduleKind.ASSETS, summary=repr(schedule), extra={"assets": schedule.to_spec()})
    if isinstance(schedule, (list, tuple, set, frozenset)):
        return schedule_spec(AssetAll(*schedule), timezone=timezone, intervals=intervals, location=location)
    return replace(
        spec, kind=ScheduleKind.DELTA, seconds=_step(schedule, location).total_seconds(), summary=str(schedule)
    )


def _or_assets(spec: ScheduleSpec, assets: Any) -> ScheduleSpec:
    """The spec of a schedule that assets start runs beside."""
    expression = assets if isinstance(assets, AssetExpression) else AssetAll(*assets)
    return replace(spec, summary=f"{spec.summary} or {expression!r}", extra={"assets": expression.to_spec()})


def _from_text(text: str, spec: ScheduleSpec, location: Location) -> ScheduleSpec:
    if text in _WORDS:
        return replace(spec, kind=_WORDS[text], summary=text)
    cron = text.lower() if text.startswith("@") else text  # Airflow takes '@Daily', too
    try:
        validate(cron)
    except ScheduleError as error:
        raise AuthoringError(f"bad schedule: {error}", location) from error
    return replace(spec, kind=ScheduleKind.CRON, cron=expand(cron), summary=text)


def _step(schedule: Any, location: Location) -> timedelta:
    """The length of a timedelta, a dateutil relativedelta or a pendulum duration."""
    if getattr(schedule, "months", 0) or getattr(schedule, "years", 0):
        raise AuthoringError(
            f"schedule={schedule!r}: months and years have no fixed length; use '@monthly', '@yearly' or a cron "
            "expression",
            location,
        )
    if not isinstance(schedule, timedelta) and type(schedule).__name__ == "relativedelta":
        schedule = timedelta(
            days=schedule.days,
            hours=schedule.hours,
            minutes=schedule.minutes,
            seconds=schedule.seconds,
            microseconds=schedule.microseconds,
        )
    if not isinstance(schedule, timedelta):
        raise AuthoringError(
            f"{schedule!r:.80} ({type(schedule).__name__}) is not a schedule: give None, a cron expression, a preset "
            "such as '@daily', a timedelta, assets or a timetable",
            location,
        )
    if schedule <= timedelta(0):
        raise AuthoringError(f"the step of a schedule must be positive, not {schedule}", location)
    return schedule
