"""What all bodies and answers have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What is answered; times are written in UTC, as ISO 8601 with a ``Z``."""

    model_config = ConfigDict(populate_by_name=True)


class Body(BaseModel):
    """What is sent: a field that it does not know is refused, as Airflow does (422)."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Problem(Answer):
    """Why a request was refused; of a body that is unfit, a list of places instead, as FastAPI tells them."""

    detail: str | dict[str, Any]
