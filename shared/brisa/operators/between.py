"""``BranchDateTimeOperator``: which way to go is told from the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from brisa.authoring.registry import notice
from brisa.errors import AuthoringError
from brisa.operators.branch import BaseBranchOperator
from brisa.operators.moment import began, dag_zone

Bound = datetime | time | None


class BranchDateTimeOperator(BaseBranchOperator):
    """Follows ``follow_task_ids_if_true`` from ``target_lower`` to ``target_upper``, both included, else the other.

    A bound is a datetime, a time of the day, or ``None`` for none; what has no zone is in the DAG's. The moment is now,
    or with ``use_task_logical_date`` the logical date (for a run without one, when it may run).

    Times are those of the moment's date in UTC; an upper one that is before the lower one is on the next day. So from
    22:00 to 02:00 holds at 23:00, but not at 01:00 (seen in Airflow 2.11.2 and 3.3.2).
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        target_lower: Bound,
        target_upper: Bound,
        use_task_logical_date: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AuthoringError(
                "Both target_upper and target_lower are None. At least one needs to be defined to be compared to."
            )
        for name, bound in {"target_lower": target_lower, "target_upper": target_upper}.items():
            if not isinstance(bound, datetime | time | None):
                raise AuthoringError(f"{name} must be a datetime or a time, not {type(bound).__name__} ({bound!r})")
        if use_task_execution_date:
            notice("use_task_execution_date is the old name of use_task_logical_date (Airflow 3 removed it)")
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context: Mapping[str, Any]) -> str | Iterable[str]:
        """Whether the moment lies between the bounds."""
        run = context["dag_run"]
        moment = (run.logical_date or run.run_after) if self.use_task_logical_date else began(context)
        moment = moment.astimezone(UTC)
        zone = dag_zone(self.dag)
        lower = _moment(self.target_lower, moment.date(), zone)
        upper = _moment(self.target_upper, moment.date(), zone)
        if isinstance(self.target_upper, time) and lower and upper and upper < lower:
            upper += timedelta(days=1)
        within = (lower is None or lower <= moment) and (upper is None or moment <= upper)
        return self.follow_task_ids_if_true if within else self.follow_task_ids_if_false


def _moment(bound: Bound, today: date, zone: tzinfo) -> datetime | None:
    if isinstance(bound, time):
        bound = datetime.combine(today, bound, tzinfo=bound.tzinfo or zone)
    if bound is None:
        return None
    return (bound if bound.tzinfo else bound.replace(tzinfo=zone)).astimezone(UTC)
