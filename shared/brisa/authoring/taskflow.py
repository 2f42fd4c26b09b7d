"""The part of ``@task`` that needs no operator of ours: calling a decorated function makes a task."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from brisa.authoring import scope
from brisa.authoring.callables import CONTEXT_KEYS, bind
from brisa.authoring.construct import merged_defaults, parameter_names
from brisa.authoring.dialect import current_dialect
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.expand_input import Dicts, ExpandInput, Item, dicts, lists
from brisa.authoring.mapped import MappedOperator
from brisa.authoring.mapped_group import check_names
from brisa.authoring.names import unique_id
from brisa.authoring.operator import BaseOperator
from brisa.authoring.registry import notice
from brisa.authoring.source import here
from brisa.authoring.xcom_arg import XComArg
from brisa.errors import AuthoringError, Location

Function = TypeVar("Function", bound=Callable[..., Any])


class _Place(NamedTuple):
    """Where a decorated function is being called."""

    dag: Any
    group: Any
    wanted: str
    """The task's id, if nobody has it yet."""
    location: Location


class MappedTask(MappedOperator):
    """A decorated function that is expanded: the items are arguments of the function."""

    def __init__(self, *, defaults: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._defaults = defaults

    def combined(self, item: Item) -> dict[str, Any]:
        given = self.partial_kwargs["op_kwargs"]
        if isinstance(self.expand_input, Dicts):
            for name in item.values:
                if name in given:
                    raise AirflowException(f"{name!r} is given to both partial() and expand_kwargs()")
        op_kwargs = {**self._defaults, **given, **item.values}
        bind(self.partial_kwargs["python_callable"], (), op_kwargs)
        return {**self.partial_kwargs, "op_args": (), "op_kwargs": op_kwargs}


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
        self.partial_kwargs: Mapping[str, Any] = {}
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        """Make a task that calls the function with these arguments, which may hold other tasks' results."""
        place = self._place()
        if self.partial_kwargs:
            raise AuthoringError(
                f"{_name(self.function)}.partial() is followed by expand() or expand_kwargs()", place.location
            )
        op_kwargs = self._from_defaults(place, kwargs, len(args))
        self._check(place, args, op_kwargs)
        settings = self._settings(place)
        return self._finished(self.operator_class(**settings, op_args=args, op_kwargs=op_kwargs))

    def override(self, **kwargs: Any) -> TaskDecorator[Function]:
        """The same function with other arguments for its task: ``f.override(task_id="g", retries=3)(…)``."""
        return self._like({**self.kwargs, **kwargs}, self.partial_kwargs)

    def partial(self, **kwargs: Any) -> TaskDecorator[Function]:
        """The same function with arguments that all instances of its mapped task share."""
        place = self._place()
        self._check_names(place, kwargs, "partial")
        for name in kwargs:
            if name in self.partial_kwargs:
                raise AuthoringError(
                    f"{_name(self.function)}.partial(): {name!r} is given to partial() already", place.location
                )
        return self._like(self.kwargs, {**self.partial_kwargs, **kwargs})

    def expand(self, **kwargs: Any) -> XComArg:
        """Make a mapped task, with an instance for each element of the product of the arguments.

        Each is a list, tuple, dict, or what another task returns. It is all its results that are returned.
        """
        place = self._place()
        expand_input = lists(kwargs, _name(self.function), place.location)
        self._check_names(place, kwargs, "expand")
        for name in kwargs:
            if name in self.partial_kwargs:
                notice(f"{place.location}: {name!r} is given to both partial() and expand(); expand's counts")
        self._check(place, (), self._from_defaults(place, {**self.partial_kwargs, **kwargs}, 0))
        return self._expanded(place, expand_input)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """Make a mapped task, with an instance for each dict of arguments in a list, or in what a task returns."""
        place = self._place()
        return self._expanded(place, dicts(kwargs, _name(self.function), place.location))

    def _expanded(self, place: _Place, expand_input: ExpandInput) -> XComArg:
        settings = self._settings(place)
        if place.dag is not None:
            settings |= {"dag": place.dag, "task_group": place.group}
        documented = any(settings.get(name) for name in ("doc", "doc_md", "doc_json", "doc_yaml", "doc_rst"))
        if self.function.__doc__ and not documented:
            settings["doc_md"] = self.function.__doc__
        of_task = parameter_names(BaseOperator)
        operator = MappedTask(
            operator_class=self.operator_class,
            expand_input=expand_input,
            partial_kwargs={**settings, "op_kwargs": self.partial_kwargs},
            defaults=self._from_defaults(place, {}, 0),
            **{name: value for name, value in settings.items() if name in of_task},
        )
        return self._finished(operator)

    def _place(self) -> _Place:
        dag = self.kwargs.get("dag") or getattr(self.kwargs.get("task_group"), "dag", None) or scope.current_dag()
        group = self.kwargs.get("task_group") or (scope.current_group(dag) if dag is not None else None)
        wanted = self.kwargs.get("task_id") or _name(self.function)
        location = here(getattr(dag, "dag_id", ""), wanted)
        if self.is_teardown and "trigger_rule" in self.kwargs:
            raise AuthoringError("a teardown's trigger rule can't be chosen", location)
        return _Place(dag, group, wanted, location)

    def _settings(self, place: _Place) -> dict[str, Any]:
        """The operator's arguments but for those of the function."""
        settings = {name: value for name, value in self.kwargs.items() if name != "on_failure_fail_dagrun"}
        multiple = settings.get("multiple_outputs")
        return settings | {
            "python_callable": self.function,
            "task_id": _unique(place.wanted, place.dag, place.group),
            "multiple_outputs": returns_mapping(self.function) if multiple is None else multiple,
        }

    def _finished(self, operator: Any) -> XComArg:
        if self.is_setup:
            operator.as_setup()
        if self.is_teardown:
            fail_dagrun = self.kwargs.get("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
            operator.as_teardown(on_failure_fail_dagrun=fail_dagrun)
        documented = (operator.doc, operator.doc_md, operator.doc_json, operator.doc_yaml, operator.doc_rst)
        if self.function.__doc__ and not any(documented):
            operator.doc_md = self.function.__doc__
        return XComArg(operator)

    def _like(self, kwargs: Mapping[str, Any], partial_kwargs: Mapping[str, Any]) -> TaskDecorator[Function]:
        other = TaskDecorator(self.function, self.operator_class, kwargs)
        other.partial_kwargs = partial_kwargs
        other.is_setup, other.is_teardown = self.is_setup, self.is_teardown
        other.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        return other

    def _check(self, place: _Place, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        try:
            bind(self.function, args, kwargs)
        except (TypeError, ValueError) as error:
            raise AuthoringError(f"{_name(self.function)}(): {error}", place.location) from error

    def _check_names(self, place: _Place, kwargs: Mapping[str, Any], call: str) -> None:
        """Refuse arguments that the function does not have, or that brisa gives it."""
        check_names(self.function, kwargs, f"{_name(self.function)}.{call}")
        for name in kwargs:
            if name in CONTEXT_KEYS[current_dialect.get()]:
                raise AuthoringError(
                    f"{_name(self.function)}.{call}(): {name!r} is the name of a context variable, which the task is "
                    "given by itself",
                    place.location,
                )

    def _from_defaults(self, place: _Place, kwargs: Mapping[str, Any], positional: int) -> dict[str, Any]:
        """The function's arguments that the call leaves out and default_args name, as Airflow fills them."""
        default_args, _ = merged_defaults(place.dag, place.group, self.kwargs)
        names = list(inspect.signature(self.function).parameters)[positional:]
        return {name: default_args[name] for name in names if name in default_args} | dict(kwargs)


def returns_mapping(function: Callable[..., Any]) -> bool:
    """Whether the return annotation is a dict, a TypedDict or another mapping: then each entry is an XCom of its own.

    An annotation that can't be evaluated tells nothing.
    """
    annotation = getattr(function, "__annotations__", {}).get("return")
    if isinstance(annotation, str):
        annotation = _evaluate_alone(function, annotation)
    kind = typing.get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, Mapping)


def _evaluate_alone(function: Callable[..., Any], annotation: str) -> Any:
    """The return annotation without the others, any of which may name what is imported for type checkers only."""

    def stand_in() -> None: ...

    stand_in.__annotations__ = {"return": annotation}
    try:
        return typing.get_type_hints(stand_in, getattr(inspect.unwrap(function), "__globals__", {})).get("return")
    except (NameError, TypeError, AttributeError, SyntaxError):
        return None


def _unique(task_id: str, dag: Any, group: Any) -> str:
    if dag is None:
        return task_id
    prefix = group.child_id("")
    return unique_id(prefix + task_id, dag.taken_ids)[len(prefix) :]


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
