"""Labels on edges, and the helpers that set many dependencies at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from brisa.authoring.nodes import Node, TaskNode, as_nodes
from brisa.authoring.source import here
from brisa.errors import AuthoringError


class EdgeModifier(Node):
    """The text on edges: ``a >> Label("yes") >> b``.

    It keeps what is put above and below it and joins the two sides as they come, so one Label used twice joins
    everything that was ever above it with everything below, as in Airflow.
    """

    def __init__(self, label: str | None = None) -> None:
        if label is not None and not isinstance(label, str):
            raise AuthoringError(f"a Label's text is a string, not {type(label).__name__} ({label!r})", here())
        self.label = label
        self._above: list[Node] = []
        self._below: list[Node] = []

    @property
    def roots(self) -> Sequence[TaskNode]:
        return [task for node in self._below for task in node.roots]

    @property
    def leaves(self) -> Sequence[TaskNode]:
        return [task for node in self._above for task in node.leaves]

    def set_downstream(self, task_or_task_list: Any, edge_modifier: Any = None) -> None:
        self._meet(as_nodes(task_or_task_list), self._below, self._above)

    def set_upstream(self, task_or_task_list: Any, edge_modifier: Any = None) -> None:
        self._meet(as_nodes(task_or_task_list), self._above, self._below)

    def attach_edge(self, other: Node, *, above: bool, label: Any = None) -> None:
        if above:
            self.set_upstream(other)
        else:
            self.set_downstream(other)

    def _meet(self, nodes: list[Node], side: list[Node], opposite: list[Node]) -> None:
        for node in nodes:
            if isinstance(node, EdgeModifier):
                raise AuthoringError("a Label can't follow a Label: it stands between two tasks or groups", here())
        side.extend(nodes)
        if not opposite:
            return
        self._widen()
        for other in opposite:
            if side is self._below:
                other.set_downstream(nodes, edge_modifier=self)
            else:
                other.set_upstream(nodes, edge_modifier=self)

    def _widen(self) -> None:
        """When the two sides lie in different groups, a task inside a group stands for its whole group.

        Airflow 2.11 and 3.3 do so with the side that was there first (``g.x >> Label("l") >> a`` makes every leaf
        of g an upstream task of a), and edges decide states, so brisa does too.
        """
        groups = {_group_of(node) for node in (*self._above, *self._below)}
        if len(groups) > 1:
            for side in (self._above, self._below):
                side[:] = [_group_of(node) or node if isinstance(node, TaskNode) else node for node in side]


def _group_of(node: Node) -> Node | None:
    """The group that a node lies in (a group lies in itself), ``None`` at the top level."""
    task = getattr(node, "operator", node)
    if not isinstance(task, TaskNode):
        return node
    group = getattr(task, "task_group", None)
    return None if group is None or group.is_root else group


def Label(label: str) -> EdgeModifier:  # noqa: N802 - Airflow's name
    """A text for the edge it is put on: ``branch >> Label("no new data") >> skip``."""
    return EdgeModifier(label)


def chain(*tasks: Any) -> None:
    """Set each element above the next: ``chain(a, [b, c], [d, e], f)``.

    Two lists that follow each other must be of one length, and are joined pair by pair; a single task is joined with
    every member of a list beside it. Labels and groups may be elements.
    """
    for upper, lower in pairwise(tasks):
        if isinstance(upper, Node):
            upper.set_downstream(lower)
        elif isinstance(lower, Node):
            lower.set_upstream(upper)
        else:
            uppers, lowers = as_nodes(upper), as_nodes(lower)
            if len(uppers) != len(lowers):
                raise AuthoringError(
                    f"chain() joins lists pair by pair, so they must be of one length: got {len(uppers)} and "
                    f"{len(lowers)}; chain_linear() joins each with each",
                    here(),
                )
            for one, other in zip(uppers, lowers, strict=True):
                one.set_downstream(other)


def cross_downstream(from_tasks: Any, to_tasks: Any) -> None:
    """Set every one of ``from_tasks`` above every one of ``to_tasks``."""
    for upper in as_nodes(from_tasks):
        upper.set_downstream(to_tasks)


def chain_linear(*elements: Any) -> None:
    """Set every member of each element above every member of the next: ``chain_linear(a, [b, c], [d, e, f], g)``.

    An empty list breaks the chain, as in Airflow.
    """
    if not elements:
        raise AuthoringError("chain_linear() got no tasks; nothing to do", here())
    made = False
    before: list[Node] = []
    for element in elements:
        if isinstance(element, EdgeModifier):
            raise AuthoringError("chain_linear() takes no Labels", here())
        nodes = as_nodes(element)
        for upper in before:
            upper.set_downstream(nodes)
            made = True
        before = nodes
    if not made:
        raise AuthoringError("chain_linear() set no dependencies; did you forget to expand a list with `*`?", here())
