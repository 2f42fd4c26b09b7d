"""What can stand on either side of ``>>``, and how one edge is made.

:class:`Node` is anything with first and last tasks: a task, a group, an XComArg, a Label. :class:`TaskNode` is what the
maths needs to know of a task, :class:`Graph` what it needs to know of a DAG; operators, groups and DAGs build on them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from brisa.authoring.source import here
from brisa.errors import AuthoringError

Other = TypeVar("Other")


class Node(ABC):
    """Something that dependencies can be set on."""

    @property
    @abstractmethod
    def roots(self) -> Sequence[TaskNode]:
        """The tasks that wait when this is put below something."""

    @property
    @abstractmethod
    def leaves(self) -> Sequence[TaskNode]:
        """The tasks that are waited for when this is put above something."""

    def set_downstream(self, task_or_task_list: Any, edge_modifier: Any = None) -> None:
        """Put tasks, groups, XComArgs, Labels, or a list of them, below this."""
        for other in as_nodes(task_or_task_list):
            other.attach_edge(self, above=True, label=edge_modifier)

    def set_upstream(self, task_or_task_list: Any, edge_modifier: Any = None) -> None:
        """Put tasks, groups, XComArgs, Labels, or a list of them, above this."""
        for other in as_nodes(task_or_task_list):
            other.attach_edge(self, above=False, label=edge_modifier)

    def attach_edge(self, other: Node, *, above: bool, label: Any = None) -> None:
        """Set ``other``, which asks for it, above or below this: a Label overrides it to wait for its other side."""
        upper, lower = (other, self) if above else (self, other)
        upper.edge_attached(lower, above=False)
        lower.edge_attached(upper, above=True)
        text = getattr(label, "label", label)
        ends = upper.leaves
        for root in lower.roots:
            for leaf in ends:
                link(leaf, root, text)

    def edge_attached(self, other: Node, *, above: bool) -> None:
        """A dependency on ``other`` is being set; a group remembers it."""
        return

    def __rshift__(self, other: Other) -> Other:
        self.set_downstream(other)
        return other

    def __lshift__(self, other: Other) -> Other:
        self.set_upstream(other)
        return other

    def __rrshift__(self, other: Any) -> Node:
        self.set_upstream(other)
        return self

    def __rlshift__(self, other: Any) -> Node:
        self.set_downstream(other)
        return self


class Graph(ABC):
    """What dependencies and tasks need of a DAG."""

    dag_id: str
    task_dict: dict[str, Any]
    edge_labels: dict[tuple[str, str], str]
    default_args: dict[str, Any]
    params: Any
    fail_fast: bool
    dialect: int
    taken_ids: set[str]
    """Every task's and group's id."""
    partials: list[Any]
    """What ``partial`` has begun in it."""

    @property
    @abstractmethod
    def task_group(self) -> Any:
        """The root group."""

    @abstractmethod
    def add_task(self, task: Any) -> None:
        """Take a task in."""


class TaskNode(Node):
    """One task, as the maths sees it."""

    task_id: str
    upstream_task_ids: set[str]
    downstream_task_ids: set[str]
    is_setup: bool
    is_teardown: bool

    @property
    def roots(self) -> Sequence[TaskNode]:
        return (self,)

    @property
    def leaves(self) -> Sequence[TaskNode]:
        return (self,)

    @abstractmethod
    def get_dag(self) -> Any:
        """Its :class:`Graph`, or ``None``."""

    @property
    def upstream_list(self) -> list[Any]:
        """The tasks directly above."""
        return self.get_direct_relatives(upstream=True)

    @property
    def downstream_list(self) -> list[Any]:
        """The tasks directly below."""
        return self.get_direct_relatives()

    def get_direct_relative_ids(self, upstream: bool = False) -> set[str]:
        """Ids of the tasks directly above (``upstream``) or below."""
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> list[Any]:
        """The tasks directly above (``upstream``) or below, by id."""
        return [self.get_dag().get_task(task_id) for task_id in sorted(self.get_direct_relative_ids(upstream))]

    def get_flat_relative_ids(self, upstream: bool = False) -> set[str]:
        """Ids of everything above (``upstream``) or below, direct or not."""
        seen: set[str] = set()
        stack = list(self.get_direct_relative_ids(upstream))
        while stack:
            task_id = stack.pop()
            if task_id not in seen:
                seen.add(task_id)
                stack.extend(self.get_dag().get_task(task_id).get_direct_relative_ids(upstream))
        return seen

    def get_flat_relatives(self, upstream: bool = False) -> list[Any]:
        """Everything above (``upstream``) or below, direct or not, by id."""
        return [self.get_dag().get_task(task_id) for task_id in sorted(self.get_flat_relative_ids(upstream))]


def as_nodes(value: object) -> list[Node]:
    """``value``, one node or a flat list or tuple of nodes, as a list."""
    nodes = []
    for item in value if isinstance(value, (list, tuple)) else (value,):
        if not isinstance(item, Node):
            raise AuthoringError(_not_a_node(item), here())
        nodes.append(item)
    return nodes


def _not_a_node(item: object) -> str:
    text = f"dependencies are set between tasks, groups, XComArgs and Labels, not {type(item).__name__} ({item!r:.80})"
    if isinstance(item, (list, tuple)):
        return f"{text}; a list inside a list of tasks has no meaning"
    if callable(item) and hasattr(item, "override"):
        return f"{text}; call the decorated function to make its task"
    if hasattr(item, "expand"):
        return f"{text}; call its expand() to make the task"
    return text


def link(upper: TaskNode, lower: TaskNode, label: str | None = None) -> None:
    """Make one edge; a task without a DAG joins the other's."""
    upper_dag, lower_dag = upper.get_dag(), lower.get_dag()
    dag = upper_dag if upper_dag is not None else lower_dag
    if dag is None:
        raise AuthoringError(
            f"tasks {upper.task_id!r} and {lower.task_id!r} have no DAG yet; "
            "make them inside `with DAG(...)`, or give one of them dag=",
            here(),
        )
    if upper_dag is None or lower_dag is None:
        dag.add_task(upper if upper_dag is None else lower)
    elif upper_dag is not lower_dag:
        raise AuthoringError(
            f"tasks {upper.task_id!r} of DAG {upper_dag.dag_id!r} and {lower.task_id!r} of DAG {lower_dag.dag_id!r} "
            "can't depend on each other: a dependency stays within one DAG",
            here(dag.dag_id, upper.task_id),
        )
    upper.downstream_task_ids.add(lower.task_id)
    lower.upstream_task_ids.add(upper.task_id)
    if label:
        dag.edge_labels[upper.task_id, lower.task_id] = label


def ends(tasks: Iterable[TaskNode], by_id: Mapping[str, TaskNode]) -> tuple[list[TaskNode], list[TaskNode]]:
    """First and last of ``tasks``, which lie in a DAG of ``by_id``.

    A teardown is never last: what it cleans up after is (Airflow's rule, so that work below a group does not wait
    for, or depend on, the group's teardown).
    """
    inside = {task.task_id: task for task in tasks}
    roots = [task for task in inside.values() if task.upstream_task_ids.isdisjoint(inside)]
    leaves: dict[str, TaskNode] = {}
    for task in inside.values():
        if task.downstream_task_ids.isdisjoint(inside):
            for leaf in (task,) if not task.is_teardown else _before_teardown(task, inside):
                leaves.setdefault(leaf.task_id, leaf)
    return roots, list(leaves.values())


def _before_teardown(teardown: TaskNode, inside: Mapping[str, TaskNode]) -> Iterable[TaskNode]:
    for task_id in sorted(teardown.upstream_task_ids & inside.keys()):
        upper = inside[task_id]
        if upper.is_teardown:
            yield from _before_teardown(upper, inside)
        elif not upper.is_setup and all(
            inside[below].is_teardown for below in upper.downstream_task_ids if below in inside
        ):
            yield upper
