"""Bodies and answers about connections."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from brisa.web.schemas.base import Answer, Body


class AsyncConnectionTestResponse(Answer):
    """Airflow's AsyncConnectionTestResponse."""

    token: str
    connection_id: str
    state: str
    result_message: str | None = None
    created_at: datetime


class ConnectionBody(Body):
    """Airflow's ConnectionBody."""

    connection_id: str = Field(max_length=200, pattern=r"^[\w.-]+$")
    conn_type: str
    description: str | None = None
    host: str | None = None
    login: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    port: int | None = None
    password: str | None = None
    extra: str | None = None
    team_name: str | None = Field(default=None, max_length=50)


class ConnectionCollectionResponse(Answer):
    """Airflow's ConnectionCollectionResponse."""

    connections: list[ConnectionResponse]
    total_entries: int


class ConnectionResponse(Answer):
    """Airflow's ConnectionResponse."""

    connection_id: str
    conn_type: str
    description: str | None
    host: str | None
    login: str | None
    schema_: str | None = Field(alias="schema")
    port: int | None
    password: str | None
    extra: str | None
    team_name: str | None


class ConnectionTestQueuedResponse(Answer):
    """Airflow's ConnectionTestQueuedResponse."""

    token: str
    connection_id: str
    state: str


class ConnectionTestRequestBody(Body):
    """Airflow's ConnectionTestRequestBody."""

    connection_id: str = Field(max_length=200, pattern=r"^[\w.-]+$")
    conn_type: str
    description: str | None = None
    host: str | None = None
    login: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    port: int | None = None
    password: str | None = None
    extra: str | None = None
    team_name: str | None = Field(default=None, max_length=50)
    commit_on_success: bool = False
    executor: str | None = None
    queue: str | None = None


class ConnectionTestResponse(Answer):
    """Airflow's ConnectionTestResponse."""

    status: bool
    message: str
