"""All tasks of one run at a glance: what the console's page of a run draws from."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from brisa.web.schemas.base import Answer
from brisa.web.schemas.overview import GroupNode


class RunTask(Answer):
    """A task as it is in a run; of one that is mapped, all of its instances together."""

    task_id: str
    label: str
    operator: str
    group_id: str | None = Field(description="Of the innermost group that it is in.")
    is_mapped: bool
    state: str | None = Field(description="`none` if it has none yet; null where `counts` tells.")
    counts: dict[str, int] | None = Field(
        description="How many instances of a mapped task are in which state; null where it is not expanded."
    )
    start_date: datetime | None = Field(description="Of the instance that began first.")
    end_date: datetime | None = Field(description="Of the instance that ended last; null while one goes on.")
    try_number: int = Field(description="The largest; 0 if none has begun.")
    max_tries: int = Field(description="The largest number of retries, as Airflow counts.")
    notes: int = Field(description="How many instances somebody has noted something of.")


class RunTasksResponse(Answer):
    """The tasks of a run, in topological order, and the groups that they are in."""

    dag_id: str
    dag_run_id: str
    tasks: list[RunTask]
    groups: list[GroupNode]
