"""Waiting for what another process does, with a deadline: the one place where a test lets time pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(condition: Callable[[], object], seconds: float) -> bool:
    """Whether ``condition`` comes true within ``seconds``; returns as soon as it is."""
    try:
        return bool(until(condition, seconds))
    except AssertionError:
        return False


def until(condition: Callable[[], T], seconds: float = 20.0, *, what: str = "it") -> T:
    """What ``condition`` returns, as soon as that is true; an AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} has not come true within {seconds:g} s; last seen: {result!r}")
        time.sleep(0.02)
