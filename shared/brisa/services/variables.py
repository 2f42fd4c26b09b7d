"""What a Variable says to everybody: its place in the environment counts before the store."""

from __future__ import annotations

import os
from typing import Final

from brisa.ports.store import StateStore

_PREFIXES: Final = ("BRISA_VAR_", "AIRFLOW_VAR_")


def variable(store: StateStore, key: str) -> str | None:
    """A Variable's text: from ``BRISA_VAR_KEY`` or ``AIRFLOW_VAR_KEY``, else from the store; ``None`` if unset."""
    for prefix in _PREFIXES:
        value = os.environ.get(prefix + key.upper())
        if value is not None:
            return value
    return store.variable(key)
