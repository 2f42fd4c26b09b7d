"""Bodies and answers about human."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from brisa.web.schemas.base import Answer, Body
from brisa.web.schemas.task_instances import TaskInstanceHistoryResponse, TaskInstanceResponse


class HITLDetail(Answer):
    """Airflow's HITLDetail."""

    options: list[str] = Field(min_length=1)
    subject: str
    body: str | None = None
    defaults: list[str] | None = None
    multiple: bool = False
    params: dict[str, Any] | None = None
    assigned_users: list[HITLUser] | None = None
    created_at: datetime
    responded_by_user: HITLUser | None = None
    responded_at: datetime | None = None
    chosen_options: list[str] | None = None
    params_input: dict[str, Any] | None = None
    response_received: bool = False
    task_instance: TaskInstanceResponse


class HITLDetailCollection(Answer):
    """Airflow's HITLDetailCollection."""

    hitl_details: list[HITLDetail]
    total_entries: int


class HITLDetailHistory(Answer):
    """Airflow's HITLDetailHistory."""

    options: list[str] = Field(min_length=1)
    subject: str
    body: str | None = None
    defaults: list[str] | None = None
    multiple: bool = False
    params: dict[str, Any] | None = None
    assigned_users: list[HITLUser] | None = None
    created_at: datetime
    responded_by_user: HITLUser | None = None
    responded_at: datetime | None = None
    chosen_options: list[str] | None = None
    params_input: dict[str, Any] | None = None
    response_received: bool = False
    task_instance: TaskInstanceHistoryResponse


class HITLDetailResponse(Answer):
    """Airflow's HITLDetailResponse."""

    responded_by: HITLUser
    responded_at: datetime
    chosen_options: list[str] = Field(min_length=1)
    params_input: dict[str, Any] | None = None


class HITLUser(Answer):
    """Airflow's HITLUser."""

    id: str
    name: str


class UpdateHITLDetailPayload(Body):
    """Airflow's UpdateHITLDetailPayload."""

    chosen_options: list[str] = Field(min_length=1)
    params_input: dict[str, Any] | None = None
