"""How an operator is built: default_args fill what its constructors were not given, and mistakes name the user's line.

The rule is Airflow's: every ``__init__`` of the class and its bases is looked at by itself. A parameter that it names
and that the call leaves out is taken from default_args, so a base class's argument (``retries``) is filled even when
the subclass only passes ``**kwargs`` on, and a value that a subclass hands to ``super().__init__`` wins.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABCMeta
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from brisa.authoring import scope
from brisa.authoring.names import did_you_mean
from brisa.authoring.params import ParamsDict
from brisa.authoring.source import here
from brisa.errors import AuthoringError, Location

T = TypeVar("T")


@dataclass(slots=True)
class Build:
    """The construction of one operator."""

    operator: str
    location: Location
    dag: Any
    group: Any
    default_args: dict[str, Any]
    params: ParamsDict
    based: bool = False
    """Whether BaseOperator's own constructor has run."""
    detached: bool = False
    """Whether the operator is one instance of a mapped task, for one attempt: its DAG is not to know of it."""

    def error(self, message: str) -> AuthoringError:
        """An error of this construction."""
        return AuthoringError(message, self.location)


def merged_defaults(dag: Any, group: Any, kwargs: dict[str, Any]) -> tuple[dict[str, Any], ParamsDict]:
    """default_args and params of a task, from the outside in: its DAG's, its groups', its own."""
    default_args: dict[str, Any] = {}
    params = ParamsDict()
    if dag is not None:
        default_args.update(dag.default_args)
        params.update(dag.params)
    if group is not None:
        default_args.update(group.default_args)
    default_args.update(kwargs.get("default_args") or {})
    params.update(default_args.pop("params", None) or {})
    params.update(kwargs.get("params") or {})
    return default_args, params


def begin(cls: type, kwargs: dict[str, Any]) -> Build:
    """Find out where the operator is being made and what it inherits."""
    group = kwargs.get("task_group")
    dag = kwargs.get("dag") or (group.dag if group is not None else scope.current_dag())
    if group is None and dag is not None:
        group = scope.current_group(dag)
    dag_id = getattr(dag, "dag_id", "")
    task_id = kwargs.get("task_id")
    if isinstance(task_id, str) and group is not None:
        task_id = group.child_id(task_id)
    location = here(dag_id if isinstance(dag_id, str) else "", task_id if isinstance(task_id, str) else "")
    for name in ("default_args", "params"):
        if not isinstance(kwargs.get(name) or {}, (dict, ParamsDict)):
            raise AuthoringError(f"{name} must be a dict, not {type(kwargs[name]).__name__}", location)
    return Build(cls.__name__, location, dag, group, *merged_defaults(dag, group, kwargs))


class OperatorMeta(ABCMeta):
    """Wraps each operator class's ``__init__``, and watches over the construction of each operator."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(name, bases, namespace, **kwargs)
        if "__init__" in namespace:
            cls.__init__ = _with_defaults(namespace["__init__"])  # type: ignore[misc]

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's, for help() and editors, which would see ``__call__``'s instead."""
        signature = inspect.signature(cls.__init__)  # type: ignore[misc]
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def __call__(cls: type[T], *args: Any, **kwargs: Any) -> T:
        build = begin(cls, kwargs)
        if args:
            raise build.error(f"{cls.__name__} takes keyword arguments only; write {cls.__name__}(task_id=…, …)")
        operator: T = construct(cls, build, kwargs)
        return operator


def construct(cls: Any, build: Build, kwargs: dict[str, Any]) -> Any:
    """An operator of ``cls``, made where ``build`` says."""
    operator: Any = cls.__new__(cls)
    object.__setattr__(operator, "_build", build)
    try:
        operator.__init__(**kwargs)
    except AuthoringError as error:
        if error.location == Location():
            raise type(error)(error.message, build.location) from error
        raise
    if not build.based:
        raise build.error(f"{cls.__name__}.__init__ must call super().__init__(**kwargs)")
    operator.construction_ended()
    return operator


def construct_detached(cls: type, kwargs: dict[str, Any], like: Any) -> Any:
    """An operator of ``cls`` in the place of the task ``like``, of which its DAG does not know."""
    dag, group = like.get_dag(), like.task_group
    build = Build(cls.__name__, like.source_location, dag, group, *merged_defaults(dag, group, kwargs), detached=True)
    return construct(cls, build, kwargs)


def _with_defaults(init: Callable[..., None]) -> Callable[..., None]:
    """``init``, filled from default_args, with a clear error for what is missing or unknown."""
    parameters = list(inspect.signature(init).parameters.values())[1:]
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    names = tuple(p.name for p in named)
    required = tuple(p.name for p in named if p.default is p.empty)
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        build: Build = self._build
        if args:
            raise build.error(f"{build.operator}: a constructor is called with keyword arguments only")
        for name in names:
            if name not in kwargs and name in build.default_args:
                kwargs[name] = build.default_args[name]
        missing = [name for name in required if name not in kwargs]
        if missing:
            raise build.error(_missing(build.operator, type(self), missing, kwargs))
        if not open_ended:
            refuse_unknown(build, type(self), [name for name in kwargs if name not in names])
        init(self, **kwargs)

    __init__.parameter_names = names  # type: ignore[attr-defined]
    __init__.required_names = required  # type: ignore[attr-defined]
    return __init__


def refuse_unknown(build: Build, cls: type, unknown: list[str]) -> None:
    """Raise when there are arguments that no constructor of ``cls`` takes."""
    if not unknown:
        return
    legal = parameter_names(cls)
    named = ", ".join(f"{name!r}{did_you_mean(name, legal)}" for name in unknown)
    plural = len(unknown) > 1
    article = "" if plural else "an "
    raise build.error(f"{build.operator} got {article}unexpected keyword argument{'s' * plural} {named}")


def parameter_names(cls: type) -> set[str]:
    """Every argument that the constructors of ``cls`` and its bases name."""
    return {name for base in cls.__mro__ for name in getattr(base.__dict__.get("__init__"), "parameter_names", ())}


def required_names(cls: type) -> tuple[str, ...]:
    """The arguments that the constructor of ``cls`` can't do without; not those of its bases, which it may pass on."""
    return tuple(getattr(cls.__init__, "required_names", ()))  # type: ignore[misc]


def _missing(operator: str, cls: type, missing: list[str], kwargs: dict[str, Any]) -> str:
    text = f"{operator}: missing keyword argument{'s' * (len(missing) > 1)} {', '.join(map(repr, sorted(missing)))}"
    odd = [name for name in kwargs if name not in parameter_names(cls)]
    return f"{text} (was it meant by {', '.join(map(repr, odd))}?)" if odd else text
