"""What provider packages make their ``@task.…`` decorators of."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar

from brisa.authoring.names import unique_id
from brisa.authoring.operator import BaseOperator
from brisa.authoring.taskflow import TaskDecorator
from brisa.compat.helpers import determine_kwargs


class DecoratedOperator(BaseOperator):
    """Base of operators whose work, or whose main argument, a decorated function makes."""

    template_fields: Sequence[str] = ("op_args", "op_kwargs")
    template_fields_renderers: ClassVar[dict[str, str]] = {"op_args": "py", "op_kwargs": "py"}
    custom_operator_name = ""

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        kwargs_to_upstream: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs_to_upstream:  # what an operator's own constructor takes of the function
            kwargs = {**kwargs, **kwargs_to_upstream}
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or ()
        self.op_kwargs = op_kwargs or {}


def task_decorator_factory(
    python_callable: Callable[..., Any] | None = None,
    *,
    multiple_outputs: bool | None = None,
    decorated_operator_class: Callable[..., Any],
    **kwargs: Any,
) -> Any:
    """The decorator whose tasks are of ``decorated_operator_class``: of a function at once, or with its arguments."""
    if multiple_outputs is not None:
        kwargs["multiple_outputs"] = multiple_outputs
    if python_callable is None:
        return lambda function: TaskDecorator(function, decorated_operator_class, kwargs)
    return TaskDecorator(python_callable, decorated_operator_class, kwargs)


def get_unique_task_id(task_id: str, dag: Any = None, task_group: Any = None) -> str:
    """``task_id``, or with a number behind it if the DAG has a task of that id."""
    prefix = "" if task_group is None else task_group.child_id("")
    return task_id if dag is None else unique_id(prefix + task_id, dag.taken_ids)[len(prefix) :]


def is_async_callable(func: Any) -> bool:
    """Whether calling it gives a coroutine."""
    while isinstance(func, functools.partial):
        func = func.func
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(getattr(func, "__call__", None))  # noqa: B004


class KeywordParameters:
    """The keyword arguments that a function asks for of a context."""

    def __init__(self, kwargs: Mapping[str, Any], *, wildcard: bool) -> None:
        self._kwargs = kwargs
        self._wildcard = wildcard

    @classmethod
    def determine(cls, func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> KeywordParameters:
        """Those of ``kwargs``; whether it takes anything is told by ``**``."""
        kinds = [parameter.kind for parameter in inspect.signature(func).parameters.values()]
        return cls(determine_kwargs(func, args, kwargs), wildcard=inspect.Parameter.VAR_KEYWORD in kinds)

    def unpacking(self) -> Mapping[str, Any]:
        """The arguments, to be put behind ``**``."""
        return self._kwargs
