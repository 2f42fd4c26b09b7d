"""Task groups: a prefix for ids, defaults for the tasks inside, and one thing to draw dependencies to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import signature
from types import MappingProxyType
from typing import Any

from brisa.authoring import scope
from brisa.authoring.expand_input import ExpandInput, dicts, lists
from brisa.authoring.mapped_group import MappedArgument, check_names, open_names
from brisa.authoring.names import check_group_id, did_you_mean, unique_id
from brisa.authoring.nodes import Graph, Node, TaskNode, ends
from brisa.authoring.source import here
from brisa.errors import AuthoringError, DuplicateTaskIdError


class TaskGroup(Node):
    """A named part of a DAG: ``with TaskGroup("clean") as clean: ...``.

    ``prefix_group_id`` puts ``clean.`` before the ids of its tasks. ``default_args`` add to the DAG's and the outer
    groups'. A dependency on the group is one on its first (or last) tasks at the time it is set.
    """

    def __init__(
        self,
        group_id: str | None = None,
        prefix_group_id: bool = True,
        parent_group: TaskGroup | None = None,
        dag: Any = None,
        default_args: dict[str, Any] | None = None,
        tooltip: str = "",
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
        group_display_name: str = "",
        doc_md: str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            name = next(iter(unknown))
            raise AuthoringError(
                f"TaskGroup() got an unexpected keyword argument {name!r}{did_you_mean(name, _ARGUMENTS)}", here()
            )
        dag = dag or (parent_group.dag if parent_group is not None else scope.current_dag())
        if dag is None:
            raise AuthoringError(f"task group {group_id!r} can only be made inside a DAG", here())
        self.dag: Graph = dag
        self.prefix_group_id = prefix_group_id
        self.tooltip = tooltip
        self.ui_color = ui_color
        self.ui_fgcolor = ui_fgcolor
        self.group_display_name = group_display_name
        self.doc_md = doc_md
        self.children: dict[str, Any] = {}
        """Id → task or group inside, in the order of definition."""
        self.default_args = dict(default_args or {})
        self.expand_input: ExpandInput | None = None
        """For a mapped group, what it is expanded over."""
        self._before: list[Node] = []
        self._label: str | None = None
        self._id: str | None = None
        self.parent_group: TaskGroup | None = None
        if group_id is not None:
            self._take_place(parent_group or scope.current_group(dag), group_id, add_suffix_on_collision)

    def _take_place(self, parent: TaskGroup, group_id: str, add_suffix: bool) -> None:
        check_group_id(group_id, here(self.dag.dag_id))
        full = parent.child_id(group_id)
        if full in self.dag.taken_ids and add_suffix:
            full = unique_id(full, self.dag.taken_ids)
        if full in self.dag.taken_ids:
            raise DuplicateTaskIdError(
                f"group_id {full!r} has already been added to the DAG", here(self.dag.dag_id, full)
            )
        prefix = parent.child_id("")
        self._label, self._id = full[len(prefix) :], full
        self.parent_group = parent
        self.default_args = {**parent.default_args, **self.default_args}
        self.dag.taken_ids.add(full)
        parent.children[full] = self

    @property
    def group_id(self) -> str | None:
        """The id with the prefixes of the groups around it; ``None`` for a DAG's root group."""
        return self._id

    @property
    def node_id(self) -> str | None:
        """The same, by the name that tasks use too."""
        return self._id

    @property
    def label(self) -> str | None:
        """What people see: the id without prefixes, or ``group_display_name``."""
        return self.group_display_name or self._label

    @property
    def is_root(self) -> bool:
        """Whether this is the group that every DAG has around its tasks."""
        return self._id is None

    @property
    def task_group(self) -> TaskGroup | None:
        """The group around this one."""
        return self.parent_group

    def child_id(self, label: str) -> str:
        """The full id of a task or group inside that calls itself ``label``."""
        return f"{self._id}.{label}" if self._id and self.prefix_group_id else label

    def add(self, task: Any) -> Any:
        """Take a task in, under its full id."""
        self.children[task.task_id] = task
        return task

    def __iter__(self) -> Iterator[Any]:
        """Every task inside, at any depth."""
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield from child
            else:
                yield child

    def iter_tasks(self) -> Iterator[Any]:
        """Every task inside, at any depth."""
        return iter(self)

    def has_task(self, task: Any) -> bool:
        """Whether the task is inside, at any depth."""
        return any(other is task for other in self)

    def get_child_by_label(self, label: str) -> Any:
        """The task or group inside that calls itself ``label``; ``KeyError`` if there is none."""
        return self.children[self.child_id(label)]

    @property
    def roots(self) -> Sequence[TaskNode]:
        """Tasks inside with nothing of this group above them."""
        return ends(self, self.dag.task_dict)[0]

    @property
    def leaves(self) -> Sequence[TaskNode]:
        """Tasks inside with nothing of this group below them, leaving out teardowns.

        An empty group hands on what was put above it (Airflow 3; in Airflow 2 it breaks the chain).
        """
        leaves = ends(self, self.dag.task_dict)[1]
        if leaves or self.dag.dialect == 2:
            return leaves
        return [leaf for node in self._before for leaf in node.leaves]

    def get_roots(self) -> Iterator[TaskNode]:
        """As :attr:`roots`."""
        yield from self.roots

    def get_leaves(self) -> Iterator[TaskNode]:
        """As :attr:`leaves`."""
        yield from self.leaves

    def edge_attached(self, other: Node, *, above: bool) -> None:
        if above:
            self._before.append(other)

    def __enter__(self) -> TaskGroup:
        scope.push_group(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        scope.pop_group()

    def __repr__(self) -> str:
        return f"<TaskGroup: {self._id or 'root'}>"


_ARGUMENTS = (
    "group_id",
    "prefix_group_id",
    "parent_group",
    "dag",
    "default_args",
    "tooltip",
    "ui_color",
    "ui_fgcolor",
    "add_suffix_on_collision",
    "group_display_name",
    "doc_md",
)


class TaskGroupDecorator:
    """A function whose tasks make a group each time it is called; see :func:`task_group`."""

    def __init__(
        self,
        function: Callable[..., Any],
        group_args: dict[str, Any],
        partial_kwargs: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        if not callable(function):
            raise AuthoringError(f"@task_group decorates a function, not {type(function).__name__}", here())
        self.function = function
        self.group_args = {"group_id": function.__name__, **group_args}
        self.partial_kwargs = partial_kwargs
        self.is_expanded = False
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the group: what the function returns, or the group itself when that is ``None``.

        Called again, it makes ``name__1``, ``name__2`` …
        """
        with self._group() as group:
            result = self.function(*args, **{**self.partial_kwargs, **kwargs})
        self.is_expanded = True
        return group if result is None else result

    def _group(self) -> TaskGroup:
        group = TaskGroup(**{"add_suffix_on_collision": True, **self.group_args})
        if self.function.__doc__ and not group.tooltip:
            group.tooltip = self.function.__doc__
        return group

    def override(self, **group_args: Any) -> TaskGroupDecorator:
        """The same function with other arguments of TaskGroup."""
        return TaskGroupDecorator(self.function, {**self.group_args, **group_args}, self.partial_kwargs)

    def partial(self, **kwargs: Any) -> TaskGroupDecorator:
        """The same function with arguments that all instances of its mapped group share."""
        check_names(self.function, kwargs, f"{self._name}.partial")
        self._refuse_twice(kwargs, "partial")
        made = TaskGroupDecorator(self.function, self.group_args, {**self.partial_kwargs, **kwargs})
        dag = scope.current_dag()
        if dag is not None:
            dag.partials.append(made)
        return made

    def expand(self, **kwargs: Any) -> Any:
        """Make a mapped group, with an instance for each element of the product of the arguments.

        Each argument is a list, tuple, dict, or what another task returns; the function is given a
        :class:`~brisa.authoring.mapped_group.MappedArgument` in its place.
        """
        expand_input = lists(kwargs, self._name, here())
        check_names(self.function, kwargs, f"{self._name}.expand")
        self._refuse_twice(kwargs, "expand")
        return self._expand(expand_input, kwargs)

    def expand_kwargs(self, kwargs: Any) -> Any:
        """Make a mapped group, with an instance for each dict of arguments in a list, or in what a task returns."""
        expand_input = dicts(kwargs, self._name, here())
        return self._expand(expand_input, open_names(self.function, self.partial_kwargs))

    def _expand(self, expand_input: ExpandInput, names: Iterable[str]) -> Any:
        self.is_expanded = True
        group = self._group()
        outer = group.parent_group
        while outer is not None:
            if outer.expand_input is not None:
                raise AuthoringError(
                    f"task group {group.group_id!r} can't be expanded inside the mapped task group "
                    f"{outer.group_id!r}; expand one group over the product of both: .expand(x=…, y=…)",
                    here(group.dag.dag_id),
                )
            outer = outer.parent_group
        group.expand_input = expand_input
        arguments = {name: MappedArgument(expand_input, name) for name in names}
        try:
            signature(self.function).bind(**{**self.partial_kwargs, **arguments})
        except TypeError as error:
            raise AuthoringError(f"{self._name}(): {error}", here(group.dag.dag_id)) from None
        with group:
            result = self.function(**{**self.partial_kwargs, **arguments})
        for source in expand_input.sources():
            group.set_upstream(source)
        return group if result is None else result

    def _refuse_twice(self, kwargs: Mapping[str, Any], call: str) -> None:
        for name in kwargs:
            if name in self.partial_kwargs:
                raise AuthoringError(f"{self._name}.{call}(): {name!r} is given to partial() already", here())

    @property
    def _name(self) -> str:
        return str(self.function.__name__)

    def __repr__(self) -> str:
        return f"<@task_group {self._name}>"


def task_group(group_id: Any = None, /, **group_args: Any) -> Any:
    """``@task_group`` or ``@task_group(group_id=…, tooltip=…)``: the tasks that the function makes are a group."""
    if callable(group_id):
        return TaskGroupDecorator(group_id, group_args)
    if group_id is not None:
        group_args["group_id"] = group_id
    return functools.partial(TaskGroupDecorator, group_args=group_args)
