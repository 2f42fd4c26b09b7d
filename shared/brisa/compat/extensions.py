"""Airflow's places for extensions: plugins, listeners, metrics. They can be declared, and nothing calls them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class AirflowPlugin:
    """Base of plugins. brisa loads none."""

    name: ClassVar[str | None] = None


def hookimpl(function: T | None = None, **_: Any) -> Any:
    """Marks a function of a listener; the function stays what it is."""
    return function if function is not None else lambda decorated: decorated


class Stats:
    """Airflow's metrics: taken, and sent nowhere."""

    @classmethod
    def incr(cls, stat: str, *_: Any, **__: Any) -> None:
        """Count up."""

    @classmethod
    def decr(cls, stat: str, *_: Any, **__: Any) -> None:
        """Count down."""

    @classmethod
    def gauge(cls, stat: str, *_: Any, **__: Any) -> None:
        """A level."""

    @classmethod
    def timing(cls, stat: str, *_: Any, **__: Any) -> None:
        """A duration."""

    @classmethod
    @contextmanager
    def timer(cls, *_: Any, **__: Any) -> Iterator[None]:
        """The duration of what is inside."""
        yield
