"""Bodies and answers about connections."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from brisa.web.schemas.base import Answer, Body


class AsyncConnectionTestResponse(Answer):
    """Airflow's AsyncConnectionTestResponse."""

    token: str
    connection_id: str
    state: str
    result_message: str | None = None
    created_at: datetime


def _object(extra: str | None) -> str | None:
    """``extra`` as it is kept: the text of a JSON object, which an empty text stands for too."""
    if extra is None:
        return None
    try:
        said = json.loads(extra or "{}")
    except (ValueError, RecursionError):
        raise ValueError("`extra` must be the text of a JSON object") from None
    if not isinstance(said, dict):
        raise ValueError("`extra` must be the text of a JSON object")
    return extra or "{}"


Extra = Annotated[Annotated[str, Field(json_schema_extra={"format": "json-object"})] | None, AfterValidator(_object)]


class ConnectionBody(Body):
    """A connection, as it is to be."""

    connection_id: str = Field(max_length=200, pattern=r"^[\w.-]+$")
    conn_type: str
    description: str | None = None
    host: str | None = None
    login: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    port: int | None = None
    password: str | None = None
    extra: Extra = None
    team_name: str | None = Field(default=None, max_length=50)


class ConnectionCollectionResponse(Answer):
    """Airflow's ConnectionCollectionResponse."""

    connections: list[ConnectionResponse]
    total_entries: int


class ConnectionResponse(Answer):
    """A connection; ``***`` stands for its password, and for what is secret in ``extra``."""

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


class ConnectionTestRequestBody(ConnectionBody):
    """A connection that is to be tried, and whether it is kept if that succeeds."""

    commit_on_success: bool = False
    executor: str | None = None
    queue: str | None = None


class ConnectionTestResponse(Answer):
    """Airflow's ConnectionTestResponse."""

    status: bool
    message: str
