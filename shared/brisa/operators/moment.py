"""What a sensor needs that waits for a moment: it sleeps until that very moment, and costs one more attempt.

Airflow looks at the clock again and again (``poke``), or hands the moment to its triggerer (``deferrable``). Here the
attempt ends, and the next one starts when the moment has come: see :meth:`MomentSensor.next_interval`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from brisa.operators.sensor import BaseSensorOperator, PokeReturnValue
from brisa.schedule.times import zone

_EARLY: Final = 0.001
"""By how many seconds an attempt may begin before the moment that it was asked for: the rounding of times."""
_AFTER_TIMEOUT: Final = 0.5
"""Seconds that the last look comes after the end of the patience, so that it finds that this is over."""


def began(context: Mapping[str, Any]) -> datetime:
    """When the current attempt began, in UTC, by brisa's clock: it may differ from this machine's, as in a trial."""
    ti = context["ti"]
    return datetime.fromtimestamp(ti.start_date.timestamp() + ti.waited, UTC)


def dag_zone(dag: Any) -> tzinfo:
    """The zone of a DAG's schedule, free of the quirks of whatever library the author took it from."""
    return zone(dag.schedule_spec.timezone)


class MomentSensor(BaseSensorOperator):
    """Waits for the moment that :meth:`moment` names; ``poke_interval`` and ``mode`` mean nothing.

    ``timeout`` counts as in every sensor, unless ``patient`` (an attribute) is True.
    """

    patient: bool = False
    """Whether ``timeout`` means nothing: so it is in Airflow for most of these sensors when they are deferrable."""
    _until: float | None = None

    @abstractmethod
    def moment(self, context: Mapping[str, Any]) -> datetime | None:
        """The moment, aware, not before the first look; ``None``: it will never come."""

    def poke(self, context: Any) -> bool | PokeReturnValue:
        """Whether the moment has come."""
        if self.patient:
            self.timeout = math.inf
        moment = self.moment(context)
        self._until = math.inf if moment is None else moment.timestamp()
        self.log.info("Checking if the time (%s) has come", moment)
        return began(context).timestamp() >= self._until - _EARLY

    def next_interval(self, ti: Any, waited: float) -> float:
        """Seconds until the moment, or until the end of the patience if that comes first."""
        if self._until is None:  # a subclass looks in its own way
            return super().next_interval(ti, waited)
        left = self._until - ti.start_date.timestamp() - waited
        return float(max(0.0, min(left, self.timeout - waited + _AFTER_TIMEOUT)))
