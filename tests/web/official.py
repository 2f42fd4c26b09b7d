"""Whether Airflow's official client can make something of an answer."""

from __future__ import annotations

import importlib
from typing import Any


def fits(name: str, data: Any) -> bool:
    """Whether its model ``name`` takes ``data``; else it raises."""
    models = importlib.import_module("airflow_client.client.models")
    return getattr(models, name).from_dict(data) is not None
