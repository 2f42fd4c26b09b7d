"""Operators, sensors and hooks for Cloud Storage and BigQuery, with the names and arguments of Airflow's provider.

They use the official clients (:mod:`brisa.operators.google.clients`), which are imported when a task runs, not when a
DAG file loads. Each operator has its external effect once per try: a worker that is lost and comes back does not do it
again. All names can be imported from here; the modules they are in are :data:`MODULES`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from brisa.operators.google.bigquery import *  # noqa: F403  all that is public there is public here
    from brisa.operators.google.gcs import *  # noqa: F403
    from brisa.operators.google.hooks import *  # noqa: F403
    from brisa.operators.google.transfers import *  # noqa: F403

MODULES: Final = ("bigquery", "gcs", "transfers", "hooks")
"""The modules whose names can be imported from this package."""


def __getattr__(name: str) -> Any:
    if not name.startswith("_") and name not in MODULES:
        for module in MODULES:
            found = import_module(f"{__name__}.{module}")
            if name in found.__all__:
                value = globals()[name] = getattr(found, name)
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
