"""The part of ``@task`` that needs no operator: calling a decorated function makes a task."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, Generic, NoReturn, TypeVar

from brisa.authoring import scope
from brisa.authoring.callables import bind
from brisa.authoring.construct import merged_defaults
from brisa.authoring.names import unique_id
from brisa.authoring.source import here
from brisa.authoring.xcom_arg import XComArg
from brisa.errors import AuthoringError

Function = TypeVar("Function", bound=Callable[..., Any])


class TaskDecorator(Generic[Function]):
    """A decorated function. Calling it makes a task (``f``, called again ``f__1``, ``f__2`` …) and returns what the
    task will return, to be handed to others.

    ``operator_class`` is called as ``operator_class(python_callable=…, op_args=…, op_kwargs=…, task_id=…, **kwargs)``.
    """

    def __init__(self, function: Function, operator_class: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
        if not callable(function):
            raise AuthoringError(
                f"@task decorates a function, not {type(function).__name__} ({function!r:.80})", here()
            )
        if "self" in inspect.signature(function).parameters:
            raise AuthoringError(f"@task does not support methods ({_name(function)} has a parameter self)", here())
        self.function = function
        self.operator_class = operator_class
        self.kwargs = dict(kwargs)
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        """Make a task that calls the function with these arguments, which may hold other tasks' results."""
        task_args = dict(self.kwargs)
        wanted = task_args.pop("task_id", None) or _name(self.function)
        dag = task_args.get("dag") or getattr(task_args.get("task_group"), "dag", None) or scope.current_dag()
        group = task_args.get("task_group") or (scope.current_group(dag) if dag is not None else None)
        location = here(getattr(dag, "dag_id", ""), wanted)
        fail_dagrun = task_args.pop("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        if self.is_teardown and "trigger_rule" in task_args:
            raise AuthoringError("a teardown's trigger rule can't be chosen", location)
        op_kwargs = self._from_defaults(dag, group, kwargs, len(args))
        try:
            bind(self.function, args, op_kwargs)
        except (TypeError, ValueError) as error:
            raise AuthoringError(f"{_name(self.function)}(): {error}", location) from error
        operator = self.operator_class(
            python_callable=self.function,
            op_args=args,
            op_kwargs=op_kwargs,
            task_id=_unique(wanted, dag, group),
            multiple_outputs=self._multiple_outputs(task_args.pop("multiple_outputs", None)),
            **task_args,
        )
        if self.is_setup:
            operator.as_setup()
        if self.is_teardown:
            operator.as_teardown(on_failure_fail_dagrun=fail_dagrun)
        documented = (operator.doc, operator.doc_md, operator.doc_json, operator.doc_yaml, operator.doc_rst)
        if self.function.__doc__ and not any(documented):
            operator.doc_md = self.function.__doc__
        return XComArg(operator)

    def override(self, **kwargs: Any) -> TaskDecorator[Function]:
        """The same function with other arguments for its task: ``f.override(task_id="g", retries=3)(…)``."""
        other = TaskDecorator(self.function, self.operator_class, {**self.kwargs, **kwargs})
        other.is_setup, other.is_teardown = self.is_setup, self.is_teardown
        other.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        return other

    def partial(self, **_: Any) -> NoReturn:
        """Not yet."""
        raise _later(self.function)

    def expand(self, **_: Any) -> NoReturn:
        """Not yet."""
        raise _later(self.function)

    def expand_kwargs(self, *_: Any, **__: Any) -> NoReturn:
        """Not yet."""
        raise _later(self.function)

    def _from_defaults(self, dag: Any, group: Any, kwargs: dict[str, Any], positional: int) -> dict[str, Any]:
        """The function's arguments that the call leaves out and default_args name, as Airflow fills them."""
        default_args, _ = merged_defaults(dag, group, self.kwargs)
        names = list(inspect.signature(self.function).parameters)[positional:]
        return {name: default_args[name] for name in names if name in default_args} | kwargs

    def _multiple_outputs(self, given: bool | None) -> bool:
        return returns_mapping(self.function) if given is None else given


def returns_mapping(function: Callable[..., Any]) -> bool:
    """Whether the return annotation is a dict, a TypedDict or another mapping: then each entry is an XCom of its own.

    An annotation that can't be evaluated tells nothing.
    """
    annotation = getattr(function, "__annotations__", {}).get("return")
    if isinstance(text := annotation, str):
        try:
            annotation = typing.get_type_hints(function).get("return")
        except (NameError, TypeError, AttributeError, SyntaxError):
            annotation = _evaluate_alone(function, text)
    kind = typing.get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, Mapping)


def _evaluate_alone(function: Callable[..., Any], annotation: str) -> Any:
    """The return annotation without the others, any of which may name what is imported for type checkers only."""

    def stand_in() -> None: ...

    stand_in.__annotations__ = {"return": annotation}
    try:
        return typing.get_type_hints(stand_in, getattr(function, "__globals__", {})).get("return")
    except (NameError, TypeError, AttributeError, SyntaxError):
        return None


def _unique(task_id: str, dag: Any, group: Any) -> str:
    if dag is None:
        return task_id
    prefix = group.child_id("")
    return unique_id(prefix + task_id, dag.taken_ids)[len(prefix) :]


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _later(function: Callable[..., Any]) -> AuthoringError:
    return AuthoringError(
        f"{_name(function)}: mapped tasks (partial, expand, expand_kwargs) come with a later version of brisa", here()
    )
