"""Small things of Airflow that DAG files import and that need no place of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

Context = dict[str, Any]
"""The context's type, for annotations."""


def apply_defaults(function: F) -> F:
    """Airflow 1.10's decorator for an operator's ``__init__``; every operator does by itself what it did."""
    return function


class LoggingMixin:
    """Gives a class a logger, ``self.log``."""

    @cached_property
    def log(self) -> logging.Logger:
        """A logger named after the class."""
        return logging.getLogger(f"{type(self).__module__}.{type(self).__qualname__}")


class WeightRule:
    """Whose priority weights a task's own is added to."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"
