"""Steps of time as data: a length, or one in the calendar's units, such as a month.

A step is a JSON object with the fields of dateutil's ``relativedelta`` that are set: ``year`` … ``microsecond``
replace, ``years`` … ``microseconds`` are added then, and ``weekday`` (a day from 0, Monday, to 6, and which one, from
1; negative: before) is looked for last. A timedelta has ``days``, ``seconds`` and ``microseconds``. Airflow counts in
UTC, so that a day always has 24 hours, and a day that a month lacks becomes its last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from brisa.errors import ScheduleError
from brisa.model.json import JsonObject

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

_ADDED = ("years", "months", "days", "hours", "minutes", "seconds", "microseconds", "leapdays")
_REPLACED = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_PLAIN = frozenset({"days", "hours", "minutes", "seconds", "microseconds"})
_DAYS = (1, 2, 15, 27, 28, 29, 30, 31)


def step_of(value: Any) -> JsonObject:
    """A timedelta, or a ``relativedelta``, as data.

    A pendulum duration is a timedelta: its months have 30 days and its years 365, as in Airflow's scheduler.
    """
    if isinstance(value, timedelta):
        fields = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
        return {name: amount for name, amount in fields.items() if amount}
    step: dict[str, Any] = {name: getattr(value, name) for name in _ADDED if getattr(value, name)}
    step.update({name: getattr(value, name) for name in _REPLACED if getattr(value, name) is not None})
    if value.weekday is not None:
        step["weekday"] = [value.weekday.weekday, value.weekday.n or 1]
    return step


def length(step: Mapping[str, Any]) -> timedelta | None:
    """How long the step is, if that is always the same."""
    return timedelta(**step) if step.keys() <= _PLAIN else None


class Step:
    """A step that moments can be moved by."""

    def __init__(self, step: Mapping[str, Any]) -> None:
        """Raises :class:`ScheduleError` for what is no step."""
        self.length = length(step)
        self.by_month = bool(step.get("months") or step.get("years"))
        """Whether it counts months: then where it begins decides where it leads."""
        self._delta = self.length if self.length is not None else _relativedelta(step)

    def forward(self, moment: datetime) -> datetime:
        """``moment`` (in UTC) and the step."""
        return self._moved(moment, self._delta)

    def back(self, moment: datetime) -> datetime:
        """``moment`` (in UTC) less the step; not always where :meth:`forward` leads back from."""
        return self._moved(moment, -self._delta)

    def _moved(self, moment: datetime, delta: Any) -> datetime:
        try:
            moved: datetime = moment + delta
        except (ValueError, TypeError) as error:
            raise ScheduleError(f"from {moment:%Y-%m-%d} the step {self._delta!r} leads nowhere: {error}") from error
        return moved

    def check(self) -> None:
        """Return if the step leads forward from wherever it begins; else raise :class:`ScheduleError`."""
        for month in range(48):
            for day in _DAYS:
                start = datetime(2023 + month // 12, month % 12 + 1, 1, 11, 30, tzinfo=UTC) + timedelta(days=day - 1)
                if self.forward(start) <= start:
                    raise ScheduleError(
                        f"the step of a schedule must be positive, not {self._delta!r}"
                        if self.length is not None
                        else f"the step of a schedule must lead forward, but {self._delta!r} leads from "
                        f"{start:%Y-%m-%d} to {self.forward(start):%Y-%m-%d}"
                    )


def _relativedelta(step: Mapping[str, Any]) -> relativedelta:
    from dateutil.relativedelta import relativedelta, weekdays

    fields = dict(step)
    try:
        if "weekday" in fields:
            day, number = fields["weekday"]
            fields["weekday"] = weekdays[day](number)
        return relativedelta(**fields)
    except (TypeError, ValueError, IndexError) as error:
        raise ScheduleError(f"{dict(step)} is no step of time: {error}") from error
