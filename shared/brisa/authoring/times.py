"""Dates and durations as DAG authors write them, turned into plain aware datetimes and timedeltas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from brisa.errors import AuthoringError, Location


def to_datetime(name: str, value: object, location: Location, zone: tzinfo = UTC) -> datetime | None:
    """A start or end date as an aware datetime, its own zone kept; a naive one is in ``zone``.

    Text is read as ISO 8601. pendulum's datetimes become plain ones: they are stored, and pendulum is slow to import.
    """
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise AuthoringError(f"{name}={value!r} is not a date such as '2024-01-31'", location) from None
    if not isinstance(value, datetime):
        hint = "; write datetime(...)" if hasattr(value, "year") else ""
        raise AuthoringError(f"{name} must be a datetime, not {type(value).__name__}{hint}", location)
    return datetime(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        tzinfo=value.tzinfo or zone,
        fold=value.fold,
    )


def to_utc(value: datetime) -> datetime:
    """The same moment as a plain datetime in UTC."""
    return value.astimezone(UTC)


def to_timedelta(name: str, value: object, location: Location, *, positive: bool = False) -> timedelta | None:
    """A duration given as a timedelta or a number of seconds; ``positive`` refuses zero and less."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = timedelta(seconds=value)
    if not isinstance(value, timedelta):
        raise AuthoringError(
            f"{name} must be a timedelta or a number of seconds, not {type(value).__name__} ({value!r})", location
        )
    if value < timedelta(0) or (positive and not value):
        raise AuthoringError(f"{name} must be positive, not {value}", location)
    return value


def zone_name(zone: tzinfo | None, location: Location) -> str:
    """The IANA name of a time zone object of any library: zoneinfo, pendulum, pytz, dateutil or the standard library.

    A fixed offset is ``+02:00``. A zone that changes its clocks but tells no name is refused: anything else would
    schedule at the wrong hour for half of the year.
    """
    if zone is None or zone is UTC:
        return "UTC"
    for attribute in ("key", "zone", "name"):
        name = getattr(zone, attribute, None)
        if isinstance(name, str) and name:
            return name
    file = str(getattr(zone, "_filename", ""))  # dateutil's zones know only the file that they were read from
    if "zoneinfo/" in file:
        return file.rpartition("zoneinfo/")[2]
    winter, summer = zone.utcoffset(datetime(2000, 1, 1)), zone.utcoffset(datetime(2000, 7, 1))  # noqa: DTZ001
    if winter != summer:
        raise AuthoringError(f"the time zone {zone} has no name; use zoneinfo.ZoneInfo('Area/City')", location)
    minutes = round((winter or timedelta(0)).total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "UTC"
