"""``airflow.utils.timezone``: aware datetimes, UTC unless one says otherwise."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pendulum

utc = dt.UTC


def is_localized(value: dt.datetime) -> bool:
    """Whether ``value`` knows its zone."""
    return value.utcoffset() is not None


def is_naive(value: dt.datetime) -> bool:
    """Whether ``value`` does not know its zone."""
    return value.utcoffset() is None


def utcnow() -> dt.datetime:
    """Now, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def utc_epoch() -> dt.datetime:
    """The start of Unix time, aware."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def datetime(*args: Any, **kwargs: Any) -> dt.datetime:
    """``datetime.datetime(…)`` that is in UTC unless ``tzinfo`` says otherwise."""
    kwargs.setdefault("tzinfo", dt.UTC)
    return dt.datetime(*args, **kwargs)  # noqa: DTZ001  it has one: UTC by default


def make_aware(value: dt.datetime, timezone: dt.tzinfo | None = None) -> dt.datetime:
    """``value``, which must be naive, in ``timezone``."""
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    return value.replace(tzinfo=timezone or dt.UTC)


def make_naive(value: dt.datetime, timezone: dt.tzinfo | None = None) -> dt.datetime:
    """``value``, which must be aware, as the clock on the wall in ``timezone`` shows it."""
    if is_naive(value):
        raise ValueError(f"make_naive expects an aware datetime, got {value}")
    return value.astimezone(timezone or dt.UTC).replace(tzinfo=None)


def convert_to_utc(value: dt.datetime | None) -> dt.datetime | None:
    """``value`` in UTC; a naive one is taken to be in UTC already."""
    if value is None:
        return None
    return value.replace(tzinfo=dt.UTC) if is_naive(value) else value.astimezone(dt.UTC)


def coerce_datetime(value: dt.datetime | None, tz: dt.tzinfo | None = None) -> pendulum.DateTime | None:
    """``value`` as an aware pendulum datetime."""
    import pendulum

    if value is None:
        return None
    aware = value.replace(tzinfo=dt.UTC) if is_naive(value) else value
    return pendulum.instance(aware.astimezone(tz) if tz else aware)


def parse(string: str, timezone: dt.tzinfo | None = None) -> pendulum.DateTime:
    """The moment that ``string`` (ISO 8601) names, in UTC unless it, or ``timezone``, says otherwise."""
    import pendulum

    parsed = pendulum.parse(string, tz=timezone or dt.UTC, strict=False)
    if not isinstance(parsed, pendulum.DateTime):
        raise TypeError(f"{string!r} is not a date and time")
    return parsed
