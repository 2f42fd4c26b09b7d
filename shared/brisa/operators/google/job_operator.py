"""What the operators that run a BigQuery job have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brisa.operators.google.base import GoogleOperator
from brisa.operators.google.jobs import Jobs

ONE_JOB = "a try is one job, and attaches to it alone"
CLIENTS_RETRY = "Google's client repeats requests by its own rules"


class BigQueryJobOperator(GoogleOperator):
    """Runs its jobs once per try (:class:`~brisa.operators.google.jobs.Jobs`), and cancels the one that runs if killed.

    ``job_id`` begins the job's id. Whether ``deferrable`` or not, a task whose job takes long sleeps and holds no
    worker; ``poll_interval`` is the least number of seconds that it then sleeps. ``result_timeout``: seconds after
    which the task fails, without cancelling its job, as in Airflow. ``force_rerun``, ``reattach_states``, ``durable``
    and ``result_retry`` are accepted and mean nothing here.
    """

    holds_no_worker = True

    def __init__(
        self,
        *,
        project_id: str | None = None,
        location: str | None = None,
        job_id: str | None = None,
        force_rerun: bool | None = None,
        reattach_states: set[str] | None = None,
        durable: bool | None = None,
        cancel_on_kill: bool = True,
        result_retry: Any = None,
        result_timeout: float | None = None,
        deferrable: bool = False,
        poll_interval: float = 4.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.accepted(ONE_JOB, force_rerun=force_rerun, reattach_states=reattach_states, durable=durable)
        self.accepted(CLIENTS_RETRY, result_retry=result_retry)
        self.project_id = project_id
        self.location = location
        self.job_id = job_id
        self.cancel_on_kill = cancel_on_kill
        self.result_timeout = result_timeout
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self._jobs: Jobs | None = None

    def jobs(self, context: Mapping[str, Any]) -> Jobs:
        """The jobs of this attempt."""
        client = self.bigquery(self.project_id, self.location)
        self._jobs = Jobs(client, context, self.location, poll_interval=self.poll_interval, timeout=self.result_timeout)
        return self._jobs

    @property
    def prefix(self) -> str:
        """What the ids of jobs begin with."""
        return self.job_id or "brisa"

    def on_kill(self) -> None:
        """Cancel the job that runs."""
        if self.cancel_on_kill and self._jobs and self._jobs.current is not None:
            self._jobs.current.cancel()
