"""Bodies and answers about pools."""

from __future__ import annotations

from pydantic import Field

from brisa.services.pools import LONGEST_NAME
from brisa.web.schemas.base import Answer, Body


class PoolBody(Body):
    """Airflow's PoolBody."""

    name: str = Field(max_length=256, json_schema_extra={"pattern": "^[^@]", "maxLength": LONGEST_NAME})
    slots: int = Field(ge=-1.0)
    description: str | None = None
    include_deferred: bool = False
    team_name: str | None = Field(default=None, max_length=50)


class PoolCollectionResponse(Answer):
    """Airflow's PoolCollectionResponse."""

    pools: list[PoolResponse]
    total_entries: int


class PoolPatchBody(Body):
    """Airflow's PoolPatchBody."""

    pool: str | None = None
    slots: int | None = Field(default=None, ge=-1.0)
    description: str | None = None
    include_deferred: bool | None = None
    team_name: str | None = Field(default=None, max_length=50)


class PoolResponse(Answer):
    """Airflow's PoolResponse."""

    name: str
    slots: int = Field(ge=-1.0)
    description: str | None = None
    include_deferred: bool
    occupied_slots: int
    running_slots: int
    queued_slots: int
    scheduled_slots: int
    open_slots: int
    deferred_slots: int
    team_name: str | None
