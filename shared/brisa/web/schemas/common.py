"""Bodies and answers about common."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from brisa.web.schemas.base import Answer


class BaseInfoResponse(Answer):
    """Airflow's BaseInfoResponse."""

    status: str | None


class BulkActionNotOnExistence(StrEnum):
    """Airflow's BulkActionNotOnExistence."""

    FAIL = "fail"
    SKIP = "skip"


class BulkActionOnExistence(StrEnum):
    """Airflow's BulkActionOnExistence."""

    FAIL = "fail"
    SKIP = "skip"
    OVERWRITE = "overwrite"


class BulkActionResponse(Answer):
    """Airflow's BulkActionResponse."""

    success: list[str] = Field(default_factory=list)
    errors: list[dict[str, Any]] = Field(default_factory=list)


class BulkResponse(Answer):
    """Airflow's BulkResponse."""

    create: BulkActionResponse | None = None
    update: BulkActionResponse | None = None
    delete: BulkActionResponse | None = None


class TimeDelta(Answer):
    """Airflow's TimeDelta."""

    kind: str = Field(default="TimeDelta", alias="__type")
    days: int
    seconds: int
    microseconds: int
