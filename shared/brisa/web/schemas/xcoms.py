"""Bodies and answers about xcoms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from brisa.web.schemas.base import Answer, Body


class XComCollectionResponse(Answer):
    """Airflow's XComCollectionResponse."""

    xcom_entries: list[XComResponse]
    total_entries: int


class XComCreateBody(Body):
    """Airflow's XComCreateBody."""

    key: str
    value: Any
    map_index: int = -1


class XComResponse(Answer):
    """Airflow's XComResponse."""

    key: str
    timestamp: datetime
    logical_date: datetime | None
    map_index: int
    task_id: str
    dag_id: str
    run_id: str
    dag_display_name: str
    task_display_name: str
    run_after: datetime


class XComResponseNative(Answer):
    """Airflow's XComResponseNative."""

    key: str
    timestamp: datetime
    logical_date: datetime | None
    map_index: int
    task_id: str
    dag_id: str
    run_id: str
    dag_display_name: str
    task_display_name: str
    run_after: datetime
    value: Any


class XComResponseString(Answer):
    """Airflow's XComResponseString."""

    key: str
    timestamp: datetime
    logical_date: datetime | None
    map_index: int
    task_id: str
    dag_id: str
    run_id: str
    dag_display_name: str
    task_display_name: str
    run_after: datetime
    value: str | None


class XComUpdateBody(Body):
    """Airflow's XComUpdateBody."""

    value: Any
    map_index: int = -1
