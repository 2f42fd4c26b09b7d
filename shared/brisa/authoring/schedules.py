"""From what a DAG's author says about time to a :class:`~brisa.model.spec.ScheduleSpec`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from brisa.authoring.assets import AssetAll, AssetExpression
from brisa.authoring.exceptions import AirflowTimetableInvalid
from brisa.authoring.params import NOTSET
from brisa.authoring.registry import notice
from brisa.authoring.timetable import KnownTimetable, PartitionTimetable, Timetable, is_custom
from brisa.errors import AuthoringError, Location, ScheduleError
from brisa.model.json import JsonObject
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.cron import expand, validate
from brisa.schedule.steps import Step, step_of
from brisa.schedule.times import zone

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
    if isinstance(schedule, PartitionTimetable):
        return _partitioned(schedule, timezone, location)
    if isinstance(schedule, Timetable):
        spec = _from_timetable(schedule.by_time(), timezone, location)
        beside = schedule.beside()
        return spec if beside is None else _or_assets(spec, beside)
    try:
        zone(timezone)
    except ScheduleError as error:
        raise AuthoringError(str(error), location) from error
    spec = ScheduleSpec(timezone=timezone, intervals=intervals)
    if schedule is None:
        return spec
    if isinstance(schedule, str):
        return _from_text(schedule, spec, location)
    if isinstance(schedule, AssetExpression):
        return replace(spec, kind=ScheduleKind.ASSETS, summary=repr(schedule), extra={"assets": schedule.to_spec()})
    if isinstance(schedule, (list, tuple, set, frozenset)):
        return schedule_spec(AssetAll(*schedule), timezone=timezone, intervals=intervals, location=location)
    return replace(spec, kind=ScheduleKind.DELTA, summary=str(schedule), **_step(schedule, location))


def _partitioned(timetable: PartitionTimetable, timezone: str, location: Location) -> ScheduleSpec:
    """As ``extra`` has no assets then but those of the partitions, an event without a key starts no run, as in
    Airflow."""
    own = timetable.timezone or timezone
    spec = schedule_spec(timetable.schedule, timezone=own, intervals=False, location=location)
    return replace(spec, extra={"partitions": timetable.partitions()}, **timetable.details(location))


def _from_timetable(timetable: Timetable, timezone: str, location: Location) -> ScheduleSpec:
    name = type(timetable).__name__
    try:
        timetable.validate()
    except AirflowTimetableInvalid as error:
        raise AuthoringError(f"the timetable {name} is not valid: {error}", location) from error
    if isinstance(timetable, KnownTimetable) and not is_custom(timetable):
        spec = schedule_spec(
            timetable.schedule, timezone=timetable.timezone, intervals=timetable.intervals, location=location
        )
        return replace(spec, **timetable.details(location))
    if not timetable.can_be_scheduled:
        return ScheduleSpec(timezone=timezone, summary=str(timetable.summary))
    if type(timetable).next_dagrun_info is Timetable.next_dagrun_info:
        raise AuthoringError(f"the timetable {name} has to say what the next run is: define next_dagrun_info", location)
    return ScheduleSpec(kind=ScheduleKind.TIMETABLE, timezone=timezone, summary=str(timetable.summary))


def _or_assets(spec: ScheduleSpec, assets: Any) -> ScheduleSpec:
    """The spec of a schedule that assets start runs beside."""
    expression = assets if isinstance(assets, AssetExpression) else AssetAll(*assets)
    return replace(spec, summary=f"{spec.summary} or {expression!r}", extra={"assets": expression.to_spec()})


def cron_text(text: Any, location: Location) -> str:
    """The five fields of a cron expression or preset; :class:`AuthoringError` with the reason if there are none."""
    if not isinstance(text, str):
        raise AuthoringError(f"{text!r:.80} ({type(text).__name__}) is not a cron expression", location)
    cron = text.lower() if text.startswith("@") else text  # Airflow takes '@Daily', too
    try:
        validate(cron)
    except ScheduleError as error:
        raise AuthoringError(f"bad schedule: {error}", location) from error
    return expand(cron)


def _from_text(text: str, spec: ScheduleSpec, location: Location) -> ScheduleSpec:
    if text in _WORDS:
        return replace(spec, kind=_WORDS[text], summary=text)
    return replace(spec, kind=ScheduleKind.CRON, cron=cron_text(text, location), summary=text)


def _step(schedule: Any, location: Location) -> dict[str, Any]:
    """The fields of a spec that say the step: a length of time, or what a ``relativedelta`` says beyond that."""
    if not _is_step(schedule):
        raise AuthoringError(
            f"{schedule!r:.80} ({type(schedule).__name__}) is not a schedule: give None, a cron expression, a preset "
            "such as '@daily', a timedelta, assets or a timetable",
            location,
        )
    if isinstance(schedule, timedelta) and any(getattr(schedule, unit, None) for unit in ("months", "years")):
        notice(
            f"schedule={schedule!r}: as in Airflow a month has 30 days here, and a year 365; relativedelta has others"
        )
    fields = step_of(schedule)
    try:
        step = Step(fields)
        step.check()
    except (ScheduleError, OverflowError) as error:
        raise AuthoringError(f"bad schedule: {error}", location) from error
    return {"step": fields} if step.length is None else {"seconds": step.length.total_seconds()}


def covered(interval: Any, location: Location) -> JsonObject:
    """The ``interval`` of a timetable, a timedelta or a ``relativedelta``, as a step."""
    if not _is_step(interval):
        raise AuthoringError(f"interval={interval!r:.80} ({type(interval).__name__}) is not a timedelta", location)
    fields = step_of(interval)
    now = datetime(2024, 2, 29, tzinfo=UTC)
    try:
        backwards = Step(fields).back(now) > now
    except (ScheduleError, OverflowError) as error:
        raise AuthoringError(f"bad interval: {error}", location) from error
    if backwards:
        raise AuthoringError(f"interval={interval!r} must not be negative", location)
    return fields


def _is_step(value: Any) -> bool:
    """Whether it is a timedelta, or dateutil's relativedelta, which is not imported for that."""
    return isinstance(value, timedelta) or type(value).__name__ == "relativedelta"
