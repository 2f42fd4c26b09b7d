"""What a mapped task, or group, is expanded over: how many instances there are, and what each of them is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from brisa.authoring.exceptions import AirflowException
from brisa.authoring.items import Items, is_mappable, listed, position
from brisa.authoring.xcom_arg import RETURN_KEY, Later, XComArg, references
from brisa.errors import AuthoringError, Location
from brisa.model.json import JsonObject, JsonValue

_MANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Item:
    """What one instance is given: argument → value. Templates in the ``resolved`` values, which other tasks have made,
    are not rendered."""

    values: Mapping[str, Any]
    resolved: Sequence[Any] = ()


class ExpandInput(ABC):
    """The arguments of one ``expand`` or ``expand_kwargs``."""

    @abstractmethod
    def counts(self) -> JsonObject:
        """How many items there are: see :attr:`~brisa.model.spec.TaskSpec.mapped`."""

    @abstractmethod
    def item(self, index: int, context: Mapping[str, Any]) -> Item:
        """What the instance of that map index is given. Raises what users' functions for ``map`` raise, and
        :class:`AirflowException` for data that can't be used."""

    @abstractmethod
    def sources(self) -> Iterator[XComArg]:
        """Every result in it: their tasks are upstream."""

    @abstractmethod
    def producers(self) -> Iterator[XComArg]:
        """Those of the results whose items are counted."""

    def claim(self, location: Location) -> None:
        """Let the producers' tasks tell how many items their results have."""
        for producer in self.producers():
            if producer.key != RETURN_KEY:
                raise AuthoringError(
                    f"the XCom {producer.key!r} of task {producer.operator.task_id!r} can't be mapped over: "
                    "only what a task returns can",
                    location,
                )
            producer.operator.feeds_map = True


class Lists(ExpandInput):
    """``expand(x=[…], y=…)``: an instance for each element of the product; the last argument varies fastest."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def counts(self) -> JsonObject:
        return {name: _count(value) for name, value in self.values.items()}

    def item(self, index: int, context: Mapping[str, Any]) -> Item:
        inputs = [_items(value, context) for value in self.values.values()]
        sizes = [items.size for items in inputs]
        _check_index(index, prod(sizes))
        found = {
            name: items.at(place)
            for name, items, place in zip(self.values, inputs, position(sizes, index), strict=True)
        }
        return Item(found, [found[name] for name, value in self.values.items() if isinstance(value, Later)])

    def sources(self) -> Iterator[XComArg]:
        return references(list(self.values.values()))

    def producers(self) -> Iterator[XComArg]:
        for value in self.values.values():
            if isinstance(value, XComArg):
                yield from value.sources()


class Dicts(ExpandInput):
    """``expand_kwargs([{…}, …])``: an instance for each dict, which holds its arguments."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def counts(self) -> JsonObject:
        return {_MANY: _count(self.value)}

    def item(self, index: int, context: Mapping[str, Any]) -> Item:
        items = _items(self.value, context)
        _check_index(index, items.size)
        found = items.at(index)
        made = isinstance(self.value, XComArg)
        if isinstance(found, Later):
            found, made = found.resolve(context), True
        if not isinstance(found, Mapping):
            raise AirflowException(
                f"expand_kwargs() takes a list of dicts, but item {index} is of type {type(found).__name__}"
            )
        for name in found:
            if not isinstance(name, str):
                raise AirflowException(
                    f"the keys of the dicts for expand_kwargs() are names of arguments, but item {index} has the key "
                    f"{name!r} ({type(name).__name__})"
                )
        return Item(found, list(found.values()) if made else ())

    def sources(self) -> Iterator[XComArg]:
        return references(self.value)

    def producers(self) -> Iterator[XComArg]:
        if isinstance(self.value, XComArg):
            yield from self.value.sources()


def lists(values: Mapping[str, Any], who: str, location: Location) -> Lists:
    """The input of ``who.expand(**values)``; refuses what can't be mapped over."""
    if not values:
        raise AuthoringError(f"{who}.expand() has no arguments to expand over", location)
    for name, value in values.items():
        if not isinstance(value, XComArg) and not is_mappable(value):
            raise AuthoringError(
                f"{who}.expand() can't map {name!r} over {_what(value)}; it takes a list, a tuple, a dict, or what "
                "another task returns",
                location,
            )
    made = Lists(values)
    made.claim(location)
    return made


def dicts(value: Any, who: str, location: Location) -> Dicts:
    """The input of ``who.expand_kwargs(value)``; refuses what can't be mapped over."""
    listing = is_mappable(value) and not isinstance(value, Mapping)
    if not isinstance(value, XComArg) and not listing:
        raise AuthoringError(
            f"{who}.expand_kwargs() takes a list of dicts, or what another task returns, not {_what(value)}", location
        )
    for item in value if listing else ():
        if not isinstance(item, XComArg | dict):
            raise AuthoringError(f"{who}.expand_kwargs() takes a list of dicts; one item is {_what(item)}", location)
    made = Dicts(value)
    made.claim(location)
    return made


def _what(value: object) -> str:
    return f"{value!r:.80}" if value is None else f"{type(value).__name__} ({value!r:.80})"


def _count(value: Any) -> JsonValue:
    return value.count() if isinstance(value, XComArg) else len(value)


def _items(value: Any, context: Mapping[str, Any]) -> Items:
    return value.items(context) if isinstance(value, XComArg) else listed(value)


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise AirflowException(
            f"there is nothing to do for map index {index}: what the task is expanded over has {size} items now, and "
            "had more when it was expanded; clear the task whose result that is"
        )
