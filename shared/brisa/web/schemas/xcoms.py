"""Bodies and answers about xcoms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from brisa.web.schemas.base import Answer, Body, PlainJson


class XComCollectionResponse(Answer):
    """XComs without their values, a page of them."""

    xcom_entries: list[XComResponse]
    total_entries: int


class XComCreateBody(Body):
    """A new XCom."""

    key: str = Field(min_length=1, max_length=512)
    value: PlainJson
    map_index: int = -1


class XComResponse(Answer):
    """An XCom without its value."""

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
    """An XCom with its value."""

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
    """An XCom with its value as text."""

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
    """Another value."""

    value: PlainJson
    map_index: int = -1
