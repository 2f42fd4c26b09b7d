"""Mapped operators: ``Operator.partial(task_id=…, …).expand(x=[…])`` is one task with an instance for each item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from brisa.authoring import scope
from brisa.authoring.construct import construct_detached, merged_defaults, parameter_names, required_names
from brisa.authoring.dialect import current_dialect, speaking
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.expand_input import ExpandInput, Item, dicts, lists
from brisa.authoring.names import did_you_mean
from brisa.authoring.operator import BaseOperator
from brisa.authoring.source import here
from brisa.errors import AuthoringError, Location

_OF_TASK: Final = parameter_names(BaseOperator)
"""Arguments that are of the task as a whole."""
_ONCE_PER_INSTANCE = frozenset(
    {"params", "default_args", "pre_execute", "post_execute", "do_xcom_push", "multiple_outputs"}
)
_MAPPABLE: Final[Mapping[int, frozenset[str]]] = {
    2: _ONCE_PER_INSTANCE | {"email_on_failure", "email_on_retry", "task_concurrency"},
    3: _ONCE_PER_INSTANCE
    | {"doc", "doc_json", "doc_md", "doc_rst", "doc_yaml", "email", "end_date", "executor", "logger_name"}
    | {"max_active_tis_per_dag", "max_active_tis_per_dagrun", "pool", "render_template_as_native_obj", "resources"}
    | {"run_as_user", "sla", "start_date", "task_display_name"},
}
"""Dialect → those of them that Airflow lets one expand over all the same; what the scheduler knows of a task is not
changed by it."""


class OperatorPartial:
    """``Operator.partial(…)``: the arguments that all instances share; :meth:`expand` makes the task."""

    def __init__(self, operator_class: type[BaseOperator], kwargs: dict[str, Any]) -> None:
        group = kwargs.get("task_group")
        dag = kwargs.get("dag") or (group.dag if group is not None else scope.current_dag())
        if group is None and dag is not None:
            group = scope.current_group(dag)
        self.operator_class = operator_class
        self.kwargs = kwargs
        self.is_expanded = False
        self._dag, self._group = dag, group
        location = self.location
        if "task_id" not in kwargs:
            raise AuthoringError(f"{self._name}.partial() needs a task_id", location)
        legal = parameter_names(operator_class)
        for name in kwargs:
            if name not in legal:
                raise AuthoringError(_unexpected(f"{self._name}.partial()", name, legal), location)
        if dag is not None:
            dag.partials.append(self)

    @property
    def _name(self) -> str:
        return self.operator_class.__name__

    @property
    def location(self) -> Location:
        """Where its task is being made."""
        task_id = self.kwargs.get("task_id")
        dag_id = getattr(self._dag, "dag_id", "")
        if not isinstance(task_id, str):
            return here(dag_id)
        return here(dag_id, self._group.child_id(task_id) if self._group is not None else task_id)

    def expand(self, **mapped_kwargs: Any) -> MappedOperator:
        """The task, with an instance for each element of the product of the arguments."""
        location = self.location
        self.is_expanded = True
        made = lists(mapped_kwargs, self._name, location)
        legal = parameter_names(self.operator_class)
        for name in mapped_kwargs:
            if name not in legal:
                raise AuthoringError(_unexpected(f"{self._name}.expand()", name, legal), location)
            if name in self.kwargs:
                raise AuthoringError(f"{name!r} is given to both partial() and expand()", location)
            if _is_of_task(name):
                raise AuthoringError(_of_task(name), location)
        self._check_complete(mapped_kwargs, location)
        return self._make(made)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """The task, with an instance for each dict of arguments in a list, or in what another task returns."""
        self.is_expanded = True
        return self._make(dicts(kwargs, self._name, self.location))

    def _check_complete(self, mapped: Mapping[str, Any], location: Location) -> None:
        given = {*self.kwargs, *mapped, *merged_defaults(self._dag, self._group, self.kwargs)[0]}
        missing = [name for name in required_names(self.operator_class) if name not in given]
        if missing:
            names = ", ".join(map(repr, missing))
            raise AuthoringError(f"{self._name}: missing {names}, in partial() or expand()", location)

    def _make(self, expand_input: ExpandInput) -> MappedOperator:
        of_task = {name: value for name, value in self.kwargs.items() if name in _OF_TASK}
        if self._dag is not None:
            of_task |= {"dag": self._dag, "task_group": self._group}
        return MappedOperator(
            operator_class=self.operator_class, expand_input=expand_input, partial_kwargs=self.kwargs, **of_task
        )

    def __repr__(self) -> str:
        return f"<{self._name}.partial({self.kwargs.get('task_id')!r}), not expanded>"


class MappedOperator(BaseOperator):
    """A task of ``operator_class`` that is expanded over ``expand_input``.

    To the DAG it is a task like any other. For an attempt :meth:`unmap` makes the real operator, of one map index.
    """

    is_mapped = True

    def __init__(
        self,
        *,
        operator_class: type[BaseOperator],
        expand_input: ExpandInput,
        partial_kwargs: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if self.map_group is not None:
            raise AuthoringError(
                f"a task can't be expanded inside the mapped task group {self.map_group.group_id!r}: "
                "every task of it has an instance for each of the group's already",
                self.source_location,
            )
        self._operator_class = operator_class
        self.expand_input = expand_input
        self.partial_kwargs = partial_kwargs
        self.template_fields = operator_class.template_fields
        self.template_ext = operator_class.template_ext
        self.preloads = operator_class.preloads
        self.ui_color = operator_class.ui_color
        self.ui_fgcolor = operator_class.ui_fgcolor
        self.decides = operator_class.decides
        self.inherits_from_empty_operator = operator_class.inherits_from_empty_operator

    def construction_ended(self) -> None:
        super().construction_ended()
        self._follow_references(list(self.expand_input.sources()))
        for name in self.template_fields:
            self._follow_references(self.partial_kwargs.get(name))

    @property
    def operator_class(self) -> type[BaseOperator]:
        """What its instances are."""
        return self._operator_class

    @property
    def task_type(self) -> str:
        """The name of its instances' class."""
        return self._operator_class.__name__

    @property
    def operator_name(self) -> str:
        """The same, as people should see it."""
        return str(getattr(self._operator_class, "custom_operator_name", self.task_type))

    @property
    def is_empty(self) -> bool:
        """Never: how many instances there are is to be found out."""
        return False

    def unmap(self, context: Mapping[str, Any]) -> BaseOperator:
        """The operator of the map index that ``context["ti"]`` has.

        What it is expanded over is pulled; an error in the data, or in users' functions for ``map``, is raised.
        """
        index = context["ti"].map_index
        if index < 0:
            raise AirflowException(f"task {self.task_id!r} is mapped, and this attempt has no map index")
        item = self.expand_input.item(index, context)
        with speaking(getattr(self.get_dag(), "dialect", 3)):
            operator: BaseOperator = construct_detached(
                self._operator_class, {**self.combined(item), "task_id": self.label}, self
            )
        operator.upstream_task_ids = self.upstream_task_ids
        operator.downstream_task_ids = self.downstream_task_ids
        operator.start_date, operator.end_date = self.start_date, self.end_date
        operator.trigger_rule = self.trigger_rule
        operator.is_setup, operator.is_teardown = self.is_setup, self.is_teardown
        operator.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        operator.feeds_map = self.feeds_map
        operator.resolved_values = tuple(item.resolved)
        return operator

    def combined(self, item: Item) -> dict[str, Any]:
        """The constructor's arguments for ``item``."""
        values = {name: value for name, value in item.values.items() if name != "task_id"}  # as Airflow
        for name in values:
            if name in self.partial_kwargs:
                raise AirflowException(f"{name!r} is given to both partial() and expand_kwargs()")
            if _is_of_task(name):
                raise AirflowException(_of_task(name))
        return {**self.partial_kwargs, **values}


def _is_of_task(name: str) -> bool:
    return name in _OF_TASK and name not in _MAPPABLE[current_dialect.get()]


def _of_task(name: str) -> str:
    return f"{name!r} can't be mapped: it is one for all instances; give it to partial()"


def _unexpected(call: str, name: str, legal: set[str]) -> str:
    return f"{call} got an unexpected keyword argument {name!r}{did_you_mean(name, legal)}"
