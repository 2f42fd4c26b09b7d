"""``LatestOnlyOperator``: what is below runs for the latest run only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brisa.model.states import RunType
from brisa.operators.branch import BaseBranchOperator
from brisa.operators.moment import began
from brisa.schedule.due import Interval, next_interval


class LatestOnlyOperator(BaseBranchOperator):
    """Skips the tasks directly below when the schedule's next run is due already: then this run is not the latest.

    Runs that a person has triggered, and those of a DAG without another run to come, are never held back; those of a
    backfill are. The DAG's ``end_date`` is left out of account. So it is in Airflow 2.11.2 and 3.3.2, which differ only
    in when the next run is due: with data intervals at the end of the next interval, else at the next logical date.
    """

    ui_color = "#e9ffdb"

    def choose_branch(self, context: Mapping[str, Any]) -> list[str]:
        """All tasks directly below, or none."""
        below = sorted(self.downstream_task_ids)
        run = context["dag_run"]
        if run.run_type == RunType.MANUAL:
            self.log.info("The run was triggered by hand: going on")
            return below
        now = began(context)
        start, end = (moment or run.run_after for moment in (run.data_interval_start, run.data_interval_end))
        following = next_interval(
            self.dag.schedule_spec,
            after=Interval(start, end, run.run_after or end),
            start_date=None,
            end_date=None,
            catchup=True,
            now=now,
        )
        if following is None:
            self.log.info("The schedule has no other run: going on")
            return below
        latest = now <= following.run_at
        self.log.info(
            "The next run is due at %s: %s", following.run_at, "going on" if latest else "not the latest, skipping"
        )
        return below if latest else []
