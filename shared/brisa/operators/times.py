"""Sensors that wait for a time: a date and time, a time of the day, a while after the run's interval, or just a while.

Rules that name no source were seen in Airflow 2.11.2 and 3.3.2, which agree unless a dialect is named. Airflow waits
until the moment is past, brisa until it has come. The classes ``…Async`` are the deferrable ones; as all sensors here
give their worker back while they wait, the difference is only that the first two then know no ``timeout``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from brisa.authoring.registry import notice
from brisa.authoring.xcom_arg import XComArg
from brisa.compat.timezone import parse
from brisa.errors import AuthoringError
from brisa.operators.moment import MomentSensor, dag_zone
from brisa.operators.sensor import PokeReturnValue


class DateTimeSensor(MomentSensor):
    """Waits until ``target_time``: a datetime, or a text in ISO 8601, which is a template.

    Without a zone it is in UTC, whatever the DAG's zone.
    """

    template_fields: Sequence[str] = ("target_time",)

    def __init__(self, *, target_time: str | datetime | Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(target_time, str | datetime | XComArg):
            raise AuthoringError(
                f"Expected str or datetime.datetime type for target_time. Got {type(target_time).__name__}"
            )
        self.target_time = target_time

    def moment(self, context: Mapping[str, Any]) -> datetime:
        """The target."""
        target = self.target_time
        if isinstance(target, datetime):
            return target if target.tzinfo else target.replace(tzinfo=UTC)
        if not isinstance(target, str):
            raise TypeError(f"target_time must be a datetime or a text, not {type(target).__name__} ({target!r})")
        return parse(target)


class DateTimeSensorAsync(DateTimeSensor):
    """The deferrable form."""

    patient = True

    def __init__(
        self,
        *,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.start_from_trigger, self.end_from_trigger = start_from_trigger, end_from_trigger
        self.trigger_kwargs = trigger_kwargs


class TimeSensor(MomentSensor):
    """Waits until it is ``target_time`` (a :class:`datetime.time`) in the DAG's zone, on the day of the first look.

    A day that is later than that already has nothing to wait for. In dialect 2 a ``target_time`` with a zone of its own
    fails the task; in dialect 3 that zone is left out of account.
    """

    def __init__(
        self,
        *,
        target_time: time,
        deferrable: bool = False,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(target_time, time):
            raise AuthoringError(f"target_time must be a datetime.time, not {type(target_time).__name__}")
        if target_time.tzinfo is not None:
            notice("the time zone of a TimeSensor's target_time is left out of account: the DAG's is used")
        self.target_time = target_time
        self.deferrable = self.patient = deferrable
        self.start_from_trigger, self.end_from_trigger = start_from_trigger, end_from_trigger
        self.trigger_kwargs = trigger_kwargs

    def moment(self, context: Mapping[str, Any]) -> datetime:
        """The time on the day of the first look."""
        ti, zone = context["ti"], dag_zone(self.dag)
        if self.target_time.tzinfo is not None and ti.dialect < 3:
            raise TypeError("can't compare offset-naive and offset-aware times: target_time must have no zone")
        today = ti.start_date.astimezone(zone).date()
        return datetime.combine(today, self.target_time, tzinfo=zone).astimezone(UTC)


class TimeSensorAsync(TimeSensor):
    """The deferrable form. (Airflow 2.11's takes the day in the machine's zone; this one in the DAG's.)"""

    def __init__(self, *, deferrable: bool = True, **kwargs: Any) -> None:
        super().__init__(deferrable=True, **kwargs)


class TimeDeltaSensor(MomentSensor):
    """Waits until ``delta`` after the end of the run's data interval; a number is minutes.

    A run without an interval: after the moment from which it may run (Airflow 3). ``timeout`` means nothing for the
    deferrable one in dialect 2. Where the deferrable one has nothing to wait for, its XCom is True; where it has, none.
    """

    template_fields: Sequence[str] = ("delta",)

    def __init__(
        self,
        *,
        delta: timedelta | float | Any,
        deferrable: bool = False,
        end_from_trigger: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.delta = delta
        self.deferrable = deferrable
        self.end_from_trigger = end_from_trigger

    def moment(self, context: Mapping[str, Any]) -> datetime:
        """The base time plus the delta."""
        base: datetime = context.get("data_interval_end") or context["dag_run"].run_after
        return base + minutes("delta", self.delta)

    def poke(self, context: Any) -> bool | PokeReturnValue:
        """Whether the moment has come."""
        ti = context["ti"]
        self.patient = self.deferrable and ti.dialect < 3
        come = super().poke(context)
        at_once = come and self.moment(context) <= ti.start_date
        return PokeReturnValue(True, xcom_value=True) if at_once and self.deferrable else come


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """The deferrable form."""

    def __init__(self, *, deferrable: bool = True, **kwargs: Any) -> None:
        super().__init__(deferrable=True, **kwargs)


class WaitSensor(MomentSensor):
    """Waits for ``time_to_wait`` (a number is minutes), counted from the first look; ``timeout`` means nothing."""

    template_fields: Sequence[str] = ("time_to_wait",)
    patient = True

    def __init__(self, *, time_to_wait: timedelta | float | Any, deferrable: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.time_to_wait = time_to_wait
        self.deferrable = deferrable

    def moment(self, context: Mapping[str, Any]) -> datetime:
        """The first look, and that while later."""
        start: datetime = context["ti"].start_date
        return start + minutes("time_to_wait", self.time_to_wait)


def minutes(name: str, value: object) -> timedelta:
    """A timedelta as it is, a number as so many minutes; :class:`TypeError` for anything else."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(minutes=value)
    raise TypeError(f"{name} must be a timedelta or a number of minutes, not {type(value).__name__} ({value!r})")
