"""Bodies and answers about logs."""

from __future__ import annotations

from datetime import datetime

from brisa.web.schemas.base import Answer


class EventLogCollectionResponse(Answer):
    """Airflow's EventLogCollectionResponse."""

    event_logs: list[EventLogResponse]
    total_entries: int


class EventLogResponse(Answer):
    """Airflow's EventLogResponse."""

    event_log_id: int
    when: datetime
    dag_id: str | None
    task_id: str | None
    run_id: str | None
    map_index: int | None
    try_number: int | None
    event: str
    logical_date: datetime | None
    owner: str | None
    extra: str | None
    dag_display_name: str | None = None
    task_display_name: str | None = None
