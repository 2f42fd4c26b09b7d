"""Ports whose calls go through something: it may count them, or let the process crash before or after one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol


class Crash(BaseException):
    """The process ends here."""


class Around(Protocol):
    """What a call of a port goes through."""

    def __call__(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make the call, which goes by ``name`` (``MemoryStore.commit``), or don't; return or raise what it should."""
        ...


class Wrapped:
    """A port with ``around`` at each of its verbs."""

    def __init__(self, inner: Any, around: Around) -> None:
        self._inner = inner
        self._around = around

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        label, around = f"{type(self._inner).__name__}.{name}", self._around

        def call(*args: Any, **kwargs: Any) -> Any:
            return around(label, verb, *args, **kwargs)

        self.__dict__[name] = call
        return call


@dataclass
class Fuse:
    """Counts the calls that pass through it, and ends the process before or after one of them."""

    blow_at: int = -1
    after: bool = False
    calls: int = 0
    passed: list[str] = field(default_factory=list)

    def around(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make the call, or crash."""
        number = self.calls
        self.calls += 1
        self.passed.append(name)
        if number == self.blow_at and not self.after:
            raise Crash(f"before {name}")
        result = call(*args, **kwargs)
        if number == self.blow_at:
            raise Crash(f"after {name}")
        return result
