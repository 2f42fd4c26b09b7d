"""Cron expressions: the presets' meaning, and what is wrong with an expression, in words.

The dialect is croniter's, which Airflow uses too: five fields (minute, hour, day of month, month, day of week), names
of months and days, lists, ranges, steps, ``L`` (last day of the month; ``L5`` in the last field: the last Friday),
``5#2`` (the second Friday) and ``15W`` (the weekday nearest to the 15th). A day of month and a day of week together
mean "either".
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from brisa.errors import ScheduleError

if TYPE_CHECKING:
    from croniter import croniter

PRESETS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@quarterly": "0 0 1 */3 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""What each preset stands for, as in Airflow."""

_FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_SOME_DAY = datetime(2024, 1, 1)  # noqa: DTZ001  a wall-clock time, to try an expression on


@lru_cache(maxsize=1024)
def validate(expression: str) -> None:
    """Return if ``expression`` (five fields, or a preset) names moments that come; else raise :class:`ScheduleError`.

    The error says what is wrong. Six or more fields are refused: a minute is the finest step of the platform.
    """
    fields = expand(expression).split()
    _check_shape(expression, fields)
    try:
        iterate(expression, _SOME_DAY).get_next(datetime)
    except ValueError as error:
        raise ScheduleError(_reason(expression, fields, error)) from error


def expand(expression: str) -> str:
    """The five fields that a preset stands for; any other text as it is, without blanks around it."""
    text = expression.strip()
    return PRESETS.get(text, text)


def iterate(expression: str, wall_time: datetime) -> croniter:
    """A croniter over naive wall-clock times, placed at ``wall_time``; ``ValueError`` for a bad expression."""
    from croniter import croniter

    return croniter(expand(expression), wall_time)


def covers_every_hour(expression: str) -> bool:
    """Whether the hour field is ``*`` or as good as that: such a schedule counts hours, and not clocks."""
    hours = iterate(expression, _SOME_DAY).expanded[1]
    return hours == ["*"] or len(set(hours)) == 24


def _check_shape(expression: str, fields: list[str]) -> None:
    """What croniter would take, or would explain badly."""
    if expression.strip().startswith("@") and len(fields) == 1:
        raise ScheduleError(f"{expression!r} is not a preset; there are {', '.join(PRESETS)}, @once and @continuous")
    if len(fields) != 5:
        finest = "; a minute is the finest step" if len(fields) > 5 else ""
        raise ScheduleError(
            f"cron expression {expression!r} has {len(fields)} field{'s' * (len(fields) != 1)}, not 5 "
            f"({', '.join(_FIELDS)}){finest}"
        )
    for name, field in zip(_FIELDS, fields, strict=True):
        if any(part[:1].lower() in ("h", "r") for part in field.split(",")):
            # croniter would draw a random value at each call.
            raise ScheduleError(f"cron expression {expression!r}: {field!r} in the field {name} names no fixed moment")


def _reason(expression: str, fields: list[str], error: ValueError) -> str:
    """Why ``expression`` is refused: names the first field that is bad on its own."""
    if "failed to find" in str(error):
        return f"cron expression {expression!r} names a day that never comes"
    for place, (name, field) in enumerate(zip(_FIELDS, fields, strict=True)):
        alone = ["*"] * 5
        alone[place] = field
        try:
            iterate(" ".join(alone), _SOME_DAY)
        except ValueError as cause:
            return f"cron expression {expression!r}: {field!r} is no {name} ({cause})"
    return f"cron expression {expression!r}: {error}"
