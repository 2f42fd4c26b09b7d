"""The fields of a request's body, each of its type."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from brisa.handlers.trigger import read_moment, unfit

E = TypeVar("E", bound=StrEnum)


class Fields:
    """Reads them; a :class:`~brisa.handlers.refusals.Refusal` with status 422 says what doesn't fit."""

    def __init__(self, body: dict[str, Any], known: Collection[str]) -> None:
        unknown = sorted(set(body) - set(known))
        if unknown:
            raise unfit(f"{unknown[0]!r} is not known here; known are {', '.join(sorted(known))}")
        self._body = body

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._body.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise unfit(f"{name} is neither true nor false")
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self._body.get(name)
        if value is None:
            return default
        if type(value) is not int:
            raise unfit(f"{name} is no whole number")
        return value

    def text(self, name: str) -> str | None:
        """A text."""
        value = self._body.get(name)
        if value is not None and not isinstance(value, str):
            raise unfit(f"{name} is no text")
        return value

    def required(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            raise unfit(f"{name} is missing")
        return value

    def choice(self, name: str, kind: type[E], default: E | None = None) -> E:
        """One of a few texts."""
        value = self.text(name)
        if value is None and default is not None:
            return default
        for one in kind:
            if one.value == value:
                return one
        raise unfit(f"{name} is none of {', '.join(one.value for one in kind)}")

    def moment(self, name: str) -> datetime | None:
        """A moment, in UTC."""
        return read_moment(self._body, name)

    def items(self, name: str) -> list[Any]:
        """A list."""
        value = self._body.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise unfit(f"{name} is no list")
        return value

    def value(self, name: str) -> Any:
        """Whatever it is."""
        return self._body.get(name)
