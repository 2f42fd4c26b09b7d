"""Small things of Airflow that DAG files import and that need no place of their own."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, TypeVar

from brisa.authoring.exceptions import AirflowConfigException

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


class Configuration:
    """What files ask Airflow's settings for. There are none here but ``AIRFLOW__SECTION__KEY`` in the environment.

    A setting that is not there is an :class:`AirflowConfigException`, unless a ``fallback`` is given, as in Airflow.
    """

    def get(self, section: str, key: str, fallback: Any = ..., **_: Any) -> Any:
        """The setting as text, or the fallback."""
        found = os.environ.get("__".join(("AIRFLOW", section.replace(".", "_").upper(), key.upper())))
        if found is None and fallback is ...:
            raise AirflowConfigException(f"section/key [{section.lower()}/{key.lower()}] not found in config")
        return fallback if found is None else found

    def getboolean(self, section: str, key: str, **fallback: Any) -> bool:
        """The setting as a truth value: t, true, 1 or f, false, 0."""
        text = str(self.get(section, key, **fallback)).strip().lower()
        if text not in _TRUTH:
            raise AirflowConfigException(f"[{section}/{key}] is to be true or false, not {text!r}")
        return _TRUTH[text]

    def getint(self, section: str, key: str, **fallback: Any) -> int:
        """The setting as a whole number."""
        return int(self._number(int, section, key, fallback))

    def getfloat(self, section: str, key: str, **fallback: Any) -> float:
        """The setting as a number."""
        return self._number(float, section, key, fallback)

    def has_option(self, section: str, key: str) -> bool:
        """Whether there is such a setting."""
        return self.get(section, key, fallback=None) is not None

    def _number(self, kind: type[int | float], section: str, key: str, fallback: dict[str, Any]) -> float:
        value = self.get(section, key, **fallback)
        try:
            return kind(value)
        except (TypeError, ValueError) as error:
            raise AirflowConfigException(f"[{section}/{key}] is to be a number, not {value!r}") from error


_TRUTH: Final = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}

conf: Final = Configuration()
"""``airflow.configuration.conf``."""
