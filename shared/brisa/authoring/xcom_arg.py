"""What a task will have pushed, as a value that can be handed to another task before either runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn, Self

from brisa.authoring.exceptions import AirflowException, XComNotFound
from brisa.authoring.items import UNFILLED, Items, applied, chained, is_mappable, listed, zipped
from brisa.authoring.nodes import Node, TaskNode
from brisa.authoring.source import here
from brisa.errors import AuthoringError
from brisa.model.json import JsonValue

RETURN_KEY: Final = "return_value"
"""The key of what a task returns."""
_MISSING: Final = object()


class Later(ABC):
    """A value that is known only when a task runs."""

    @abstractmethod
    def sources(self) -> Iterator[XComArg]:
        """The results that it is made of."""

    @abstractmethod
    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The value, for the attempt whose context this is."""

    def __iter__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__!r} object is not iterable: its value is known only when the task has run"
        )


class XComArg(Node, Later):
    """The XCom ``key`` of ``operator``. Given to a template field of another task, it makes that task wait for this one
    and becomes the value when it runs. ``arg["k"]`` is the XCom of another key (see ``multiple_outputs``).

    Of a mapped task it is the list of what its instances pushed, by map index; those that pushed nothing are not in it.
    Between tasks of one mapped group it is what the instance of the same index pushed.
    """

    def __init__(self, operator: Any, key: str = RETURN_KEY) -> None:
        self.operator = operator
        self.key = key

    def sources(self) -> Iterator[XComArg]:
        yield self

    @property
    def roots(self) -> Sequence[TaskNode]:
        return self._operators()

    @property
    def leaves(self) -> Sequence[TaskNode]:
        return self._operators()

    def _operators(self) -> list[Any]:
        return list({id(source.operator): source.operator for source in self.sources()}.values())

    def __getitem__(self, key: str) -> XComArg:
        if not isinstance(key, str):
            raise AuthoringError(
                f"XComArg only supports str lookup, received {type(key).__name__}; "
                "what the task returns is known only when it has run",
                here(task_id=self.operator.task_id),
            )
        return XComArg(self.operator, key)

    def __str__(self) -> str:
        """A template that pulls the value, for f-strings in template fields (they set no dependency, as in Airflow)."""
        dag = self.operator.get_dag()
        where = f"dag_id={dag.dag_id!r}, " if dag is not None else ""
        return f"{{{{ task_instance.xcom_pull(task_ids={self.operator.task_id!r}, {where}key={self.key!r}) }}}}"

    def __repr__(self) -> str:
        return f"XComArg({self.operator!r}{'' if self.key == RETURN_KEY else f', {self.key!r}'})"

    def __eq__(self, other: object) -> bool:
        return type(other) is XComArg and (self.operator, self.key) == (other.operator, other.key)

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The value, pulled with ``context["ti"]``; ``None`` if the task returned nothing.

        Another key that it did not push is an error, unless it has ``multiple_outputs``: then it is ``None`` too.
        When no instance of a mapped task returned anything it is ``None`` in dialect 2, and ``[]`` in 3, as in the
        Airflow of that name.
        """
        ti = context["ti"]
        group = self.operator.map_group
        beside = group is not None and ti.task.map_group is group
        index = {"map_indexes": ti.map_index} if beside else {}
        value = ti.xcom_pull(task_ids=self.operator.task_id, key=self.key, default=_MISSING, **index)
        if value is not _MISSING:
            return value
        if self.key != RETURN_KEY and not self.operator.multiple_outputs:  # as Airflow: one of several may be left out
            raise XComNotFound(f"task {self.operator.task_id!r} has pushed no XCom with the key {self.key!r}")
        several = self.operator.is_mapped or (group is not None and not beside)
        return [] if several and ti.dialect >= 3 else None

    # --- to be expanded over

    def count(self) -> JsonValue:
        """How many items it has, as :attr:`~brisa.model.spec.TaskSpec.mapped` says it."""
        return str(self.operator.task_id)

    def items(self, context: Mapping[str, Any]) -> Items:
        """Its items, when a task runs; an error if it has none to map over."""
        return listed(self._mappable(context))

    def values(self, context: Mapping[str, Any]) -> Items:
        """As :meth:`items`, but of a dict its keys alone."""
        value = self._mappable(context)
        return listed(list(value) if isinstance(value, Mapping) else value)

    def _mappable(self, context: Mapping[str, Any]) -> Sequence[Any] | Mapping[Any, Any]:
        value = self.resolve(context)
        if not is_mappable(value):
            raise AirflowException(
                f"what task {self.operator.task_id!r} returned can't be mapped over: "
                f"a list, tuple or dict is expected, not {type(value).__name__}"
            )
        return value

    def map(self, function: Any) -> XComArg:
        """What ``function`` makes of each item; it is called when the task runs. One that raises
        ``AirflowSkipException`` skips the instance for that item."""
        if not callable(function) or hasattr(function, "override"):
            what = "a @task function" if callable(function) else f"{type(function).__name__} ({function!r:.80})"
            raise AuthoringError(f"map() takes a plain function, not {what}", here())
        return _Mapped(self, function)

    def zip(self, *others: XComArg, fillvalue: Any = UNFILLED) -> XComArg:
        """Tuples of one item of each: as many as the shortest has, or with ``fillvalue`` the longest."""
        return _Zipped((self, *_args("zip", others)), fillvalue)

    def concat(self, *others: XComArg) -> XComArg:
        """The items of this, then those of the others (of a dict, its keys, as in Airflow)."""
        return _Chained((self, *_args("concat", others)))

    # --- setup and teardown

    def as_setup(self) -> Self:
        """Make its task a setup."""
        for operator in self._operators():
            operator.as_setup()
        return self

    def as_teardown(self, **kwargs: Any) -> Self:
        """Make its task a teardown."""
        for operator in self._operators():
            operator.as_teardown(**kwargs)
        return self

    def __enter__(self) -> Self:
        self.operator.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.operator.__exit__(*exc_info)


class _Derived(XComArg):
    """What becomes of other XComArgs; as a plain argument it is the list of its items."""

    def __init__(self, parts: Sequence[XComArg]) -> None:
        self._parts = parts

    def sources(self) -> Iterator[XComArg]:
        for part in self._parts:
            yield from part.sources()

    def resolve(self, context: Mapping[str, Any]) -> list[Any]:
        return list(self.items(context))

    def values(self, context: Mapping[str, Any]) -> Items:
        return self.items(context)

    def __getitem__(self, key: str) -> XComArg:
        raise AuthoringError(f"{self!r} has no keys: it is a list that is known only when its tasks have run", here())

    def __str__(self) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class _Mapped(_Derived):
    def __init__(self, part: XComArg, function: Callable[[Any], Any]) -> None:
        super().__init__((part,))
        self._function = function

    def count(self) -> JsonValue:
        return self._parts[0].count()

    def items(self, context: Mapping[str, Any]) -> Items:
        return applied(self._parts[0].items(context), self._function)

    def __repr__(self) -> str:
        return f"{self._parts[0]!r}.map({getattr(self._function, '__name__', self._function)})"


class _Zipped(_Derived):
    def __init__(self, parts: Sequence[XComArg], fill: Any) -> None:
        super().__init__(parts)
        self._fill = fill

    def count(self) -> JsonValue:
        return ["zip" if self._fill is UNFILLED else "zip_longest", *(part.count() for part in self._parts)]

    def items(self, context: Mapping[str, Any]) -> Items:
        return zipped([part.items(context) for part in self._parts], self._fill)

    def __repr__(self) -> str:
        return f"{self._parts[0]!r}.zip({', '.join(map(repr, self._parts[1:]))})"


class _Chained(_Derived):
    def count(self) -> JsonValue:
        return ["concat", *(part.count() for part in self._parts)]

    def items(self, context: Mapping[str, Any]) -> Items:
        return chained([part.values(context) for part in self._parts])

    def __repr__(self) -> str:
        return f"{self._parts[0]!r}.concat({', '.join(map(repr, self._parts[1:]))})"


def _args(method: str, others: Sequence[object]) -> Iterator[XComArg]:
    for other in others:
        if not isinstance(other, XComArg):
            raise AuthoringError(
                f"{method}() takes what other tasks return (XComArgs), not {type(other).__name__} ({other!r:.80})",
                here(),
            )
        yield other


def references(value: object) -> Iterator[XComArg]:
    """Every result in ``value``: itself, or inside lists, tuples, sets, dicts and objects with ``template_fields``."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Later):
            yield from item.sources()
        elif not isinstance(item, (str, bytes, int, float, type, TaskNode)) and id(item) not in seen:
            seen.add(id(item))
            stack.extend(_inside(item))


def _inside(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return item.values()
    if isinstance(item, (list, tuple, set, frozenset)):
        return item
    return [getattr(item, name, None) for name in getattr(item, "template_fields", ())]
