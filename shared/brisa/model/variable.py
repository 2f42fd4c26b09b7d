"""Variables: settings by name, which DAG files and tasks read."""

from __future__ import annotations

from typing import NamedTuple

OWN = "@"
"""How the names begin under which brisa itself keeps something beside the Variables."""


class Variable(NamedTuple):
    """One of them."""

    key: str
    value: str
    description: str | None = None
