"""Days of the week: ``WeekDay``, the sensor that waits for one, and the branch that asks which it is.

Seen in Airflow 2.11.2 and 3.3.2: the sensor takes the day in UTC, the branch in the DAG's zone; a logical date is taken
in UTC by both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from enum import IntEnum
from typing import Any, Self

from brisa.authoring.registry import notice
from brisa.errors import AuthoringError
from brisa.operators.branch import BaseBranchOperator
from brisa.operators.moment import MomentSensor, began, dag_zone


class WeekDay(IntEnum):
    """ISO 8601's numbers of the days."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> Self:
        """The day of that English name, in any case; :class:`AttributeError` if there is none."""
        found = cls.__members__.get(week_day_str.upper())
        if found is None:
            raise AttributeError(f'Invalid Week Day passed: "{week_day_str}"')
        return found

    @classmethod
    def convert(cls, day: str | WeekDay) -> int:
        """The number of a day, given as itself or by name."""
        return day if isinstance(day, WeekDay) else cls.get_weekday_number(day)

    @classmethod
    def validate_week_day(cls, week_day: str | WeekDay | Iterable[str | WeekDay]) -> set[int]:
        """The numbers of one day or several; :class:`TypeError` for what is no day."""
        if isinstance(week_day, str | WeekDay):
            return {cls.convert(week_day)}
        if not isinstance(week_day, Iterable):
            raise TypeError(
                f"Unsupported Type for week_day parameter: {type(week_day)}. "
                "Input should be iterable type: str, set, list, dict or WeekDay enum type"
            )
        return {cls.convert(day) for day in week_day}


Days = str | WeekDay | Iterable[str] | Iterable[WeekDay]


class DayOfWeekSensor(MomentSensor):
    """Waits until it is ``week_day``, or one of several, in UTC: it wakes at the midnight with which the day begins.

    With ``use_task_logical_date`` the day is the logical date's, or for a run without one that from which it may run.
    That never changes, so a wrong day waits until ``timeout``, as in Airflow.
    """

    def __init__(
        self,
        *,
        week_day: Days,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.week_day = week_day
        self.use_task_logical_date = _by_logical_date(use_task_logical_date, use_task_execution_day)
        self._days = _checked(week_day)

    def moment(self, context: Mapping[str, Any]) -> datetime | None:
        """Now, if it is the day; else the next midnight of one."""
        if self.use_task_logical_date:
            return began(context) if _logical_date(context).isoweekday() in self._days else None
        now = began(context)
        if now.isoweekday() in self._days:
            return now
        midnight = datetime.combine(now.date(), time(), UTC)
        coming = (midnight + timedelta(days=ahead) for ahead in range(1, 8))
        return next((day for day in coming if day.isoweekday() in self._days), None)


class BranchDayOfWeekOperator(BaseBranchOperator):
    """Follows ``follow_task_ids_if_true`` on ``week_day`` (one or several), else ``follow_task_ids_if_false``.

    The day is today's in the DAG's zone, or with ``use_task_logical_date`` the logical date's in UTC.
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        week_day: Days,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self.use_task_logical_date = _by_logical_date(use_task_logical_date, use_task_execution_day)
        self._days = _checked(week_day)

    def choose_branch(self, context: Mapping[str, Any]) -> str | Iterable[str]:
        """Whether it is the day."""
        moment = _logical_date(context) if self.use_task_logical_date else began(context).astimezone(dag_zone(self.dag))
        return self.follow_task_ids_if_true if moment.isoweekday() in self._days else self.follow_task_ids_if_false


def _logical_date(context: Mapping[str, Any]) -> datetime:
    run = context["dag_run"]
    date: datetime = run.logical_date or run.run_after
    return date


def _by_logical_date(logical: bool, execution: bool) -> bool:
    if execution:
        notice("use_task_execution_day is the old name of use_task_logical_date (Airflow 3 removed it)")
    return logical or execution


def _checked(week_day: Days) -> set[int]:
    try:
        return WeekDay.validate_week_day(week_day)
    except (AttributeError, TypeError) as error:
        raise AuthoringError(str(error)) from error
