"""What each method of the client is tried with, in this order: a function per method, named ``Api__method``.

Each one calls its method, perhaps several times, and checks what Airflow 3.3 answers; all of them pass against the real
Airflow (``python -m tests.client --url … --username … --password …``).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from tests.client.world import World

_MODULES = ("server", "dags", "runs", "tasks", "xcoms", "assets", "backfills", "settings", "ends")
Call = Callable[[World], object]


def all_calls() -> Mapping[str, Call]:
    """``Api.method`` → the call, in the order in which they are made."""
    found: dict[str, Call] = {}
    for module in _MODULES:
        for name, value in vars(importlib.import_module(f"{__name__}.{module}")).items():
            api, separator, method = name.partition("__")
            if separator and api.endswith("Api"):
                found[f"{api}.{method}"] = value
    return found
