"""Answers, as the official client reads them: it checks their types, and that nothing required is missing."""

from __future__ import annotations

from typing import Any

from airflow_client.client import models


def checked(model: str, response: Any) -> Any:
    """What the client makes of an answer, which must be none of an error; ``model`` names a class of its models."""
    assert response.status_code < 300, response.text
    found = getattr(models, model).from_dict(response.json())
    assert found is not None
    return found


def fits(model: str, data: Any) -> bool:
    """Whether the client's class of that name takes ``data``, which need not be a whole answer; else it raises."""
    return getattr(models, model).from_dict(data) is not None
