"""Bodies and answers about variables."""

from __future__ import annotations

from pydantic import Field, JsonValue

from brisa.web.schemas.base import Answer, Body


class VariableBody(Body):
    """Airflow's VariableBody."""

    key: str = Field(max_length=250, json_schema_extra={"pattern": "^[^@]"})
    value: JsonValue
    description: str | None = None
    team_name: str | None = Field(default=None, max_length=50)


class VariableCollectionResponse(Answer):
    """Airflow's VariableCollectionResponse."""

    variables: list[VariableResponse]
    total_entries: int


class VariableResponse(Answer):
    """Airflow's VariableResponse."""

    key: str
    value: str | None = None
    description: str | None
    is_encrypted: bool
    team_name: str | None
