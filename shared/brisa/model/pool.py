"""A pool: how many slots tasks of several DAGs share."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_POOL = "default_pool"
"""The pool of every task that names none, as in Airflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One pool's document. ``slots`` of -1 means no limit, as in Airflow."""

    name: str
    slots: int = 128
    description: str = ""
    include_deferred: bool = False
    """Whether deferred tasks hold slots."""
