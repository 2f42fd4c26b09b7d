"""What a task will have pushed, as a value that can be handed to another task before either runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from brisa.authoring.exceptions import XComNotFound
from brisa.authoring.nodes import Node, TaskNode
from brisa.authoring.source import here
from brisa.errors import AuthoringError

RETURN_KEY: Final = "return_value"
"""The key of what a task returns."""
_MISSING: Final = object()


class XComArg(Node):
    """The XCom ``key`` of ``operator``. Given to a template field of another task, it makes that task wait for this one
    and becomes the value when it runs. ``arg["k"]`` is the XCom of another key (see ``multiple_outputs``)."""

    def __init__(self, operator: Any, key: str = RETURN_KEY) -> None:
        self.operator = operator
        self.key = key

    @property
    def roots(self) -> Sequence[TaskNode]:
        return (self.operator,)

    @property
    def leaves(self) -> Sequence[TaskNode]:
        return (self.operator,)

    def __getitem__(self, key: str) -> XComArg:
        if not isinstance(key, str):
            raise AuthoringError(
                f"XComArg only supports str lookup, received {type(key).__name__}; "
                "what the task returns is known only when it has run",
                here(task_id=self.operator.task_id),
            )
        return XComArg(self.operator, key)

    def __iter__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__!r} object is not iterable: its value is known only when the task has run"
        )

    def __str__(self) -> str:
        """A template that pulls the value, for f-strings in template fields (they set no dependency, as in Airflow)."""
        dag = self.operator.get_dag()
        where = f"dag_id={dag.dag_id!r}, " if dag is not None else ""
        return f"{{{{ task_instance.xcom_pull(task_ids={self.operator.task_id!r}, {where}key={self.key!r}) }}}}"

    def __repr__(self) -> str:
        return f"XComArg({self.operator!r}{'' if self.key == RETURN_KEY else f', {self.key!r}'})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XComArg) and (self.operator, self.key) == (other.operator, other.key)

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The value, pulled with ``context["ti"]``; ``None`` if the task returned nothing, an error for another key."""
        value = context["ti"].xcom_pull(task_ids=self.operator.task_id, key=self.key, default=_MISSING)
        if value is not _MISSING:
            return value
        if self.key == RETURN_KEY:
            return None
        raise XComNotFound(f"task {self.operator.task_id!r} has pushed no XCom with the key {self.key!r}")

    def as_setup(self) -> XComArg:
        """Make its task a setup."""
        self.operator.as_setup()
        return self

    def as_teardown(self, **kwargs: Any) -> XComArg:
        """Make its task a teardown."""
        self.operator.as_teardown(**kwargs)
        return self

    def __enter__(self) -> XComArg:
        self.operator.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.operator.__exit__(*exc_info)

    def _later(self, *_: Any, **__: Any) -> NoReturn:
        raise AuthoringError("XComArg.map, zip and concat come with a later version of brisa", here())

    map = zip = concat = _later


def references(value: object) -> Iterator[XComArg]:
    """Every XComArg in ``value``: itself, or inside lists, tuples, sets, dicts and objects with ``template_fields``."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, XComArg):
            yield item
        elif not isinstance(item, (str, bytes, int, float, type, TaskNode)) and id(item) not in seen:
            seen.add(id(item))
            stack.extend(_inside(item))


def _inside(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return item.values()
    if isinstance(item, (list, tuple, set, frozenset)):
        return item
    return [getattr(item, name, None) for name in getattr(item, "template_fields", ())]
