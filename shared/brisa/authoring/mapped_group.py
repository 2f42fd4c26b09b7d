"""Mapped task groups: what the function of a ``@task_group`` is given when it is expanded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Parameter, signature
from typing import Any, NoReturn

from brisa.authoring.exceptions import AirflowException
from brisa.authoring.expand_input import ExpandInput
from brisa.authoring.names import did_you_mean
from brisa.authoring.registry import notice
from brisa.authoring.source import here
from brisa.authoring.xcom_arg import Later, XComArg
from brisa.errors import AuthoringError


class MappedArgument(Later):
    """One argument of a mapped group: for a task inside, the item of the instance's map index."""

    def __init__(self, expand_input: ExpandInput, name: str) -> None:
        self._input = expand_input
        self._name = name

    def sources(self) -> Iterator[XComArg]:
        return self._input.sources()

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The item; an error for an argument that the item of an ``expand_kwargs`` leaves out, as in Airflow."""
        index = context["ti"].map_index
        values = self._input.item(index, context).values
        if self._name not in values:
            raise AirflowException(f"item {index} of the group's expand_kwargs() has no {self._name!r}")
        return values[self._name]

    def __getitem__(self, key: object) -> NoReturn:
        raise TypeError(
            f"the argument {self._name!r} of a mapped task group is known only when its tasks run; "
            f"take [{key!r}] of it inside a task"
        )

    def __str__(self) -> str:
        notice(
            f"{here()}: the argument {self._name!r} of a mapped task group is put into a text; its value is known only "
            "when the tasks run, so the text does not hold it. Hand it to a task as an argument"
        )
        return repr(self)

    def __repr__(self) -> str:
        return f"MappedArgument({self._name!r})"


def check_names(function: Callable[..., Any], names: Iterable[str], call: str) -> None:
    """Refuse arguments that a function does not have."""
    parameters = signature(function).parameters.values()
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        return
    legal = _keywords(function)
    for name in names:
        if name not in legal:
            raise AuthoringError(
                f"{call}() got an unexpected keyword argument {name!r}{did_you_mean(name, legal)}", here()
            )


def open_names(function: Callable[..., Any], given: Mapping[str, Any]) -> list[str]:
    """The arguments of a function that ``given`` leaves open."""
    return [name for name in _keywords(function) if name not in given]


def _keywords(function: Callable[..., Any]) -> list[str]:
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return [name for name, parameter in signature(function).parameters.items() if parameter.kind in kinds]
