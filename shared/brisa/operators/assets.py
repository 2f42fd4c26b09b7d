"""``@asset`` and ``@asset.multi``: a function that makes assets, with a DAG of its own around it (Airflow 3)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any, Final

from brisa.authoring.assets import Asset, AssetAll, AssetExpression, AssetNameRef
from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.names import did_you_mean
from brisa.authoring.source import here
from brisa.authoring.taskflow import TaskDecorator
from brisa.errors import AuthoringError
from brisa.operators.python import PythonOperator

_DAG_ARGUMENTS: Final = (
    "access_control",
    "dag_display_name",
    "dag_id",
    "description",
    "is_paused_upon_creation",
    "on_failure_callback",
    "on_success_callback",
    "owner_links",
    "params",
    "tags",
)
_NO_ASSETS: Final = ("self", "context", "outlet_events")
"""The parameters that do not mean an asset of that name."""


class AssetOperator(PythonOperator):
    """Calls the function with what its parameters name: ``self`` is the asset that it makes, ``context`` the context,
    ``outlet_events`` those of the context, any other the asset of that name. One that has a default keeps it."""

    def __init__(self, *, made: Asset | None, python_callable: Callable[..., Any], **kwargs: Any) -> None:
        self._wanted = _parameters(python_callable)
        inlets = [AssetNameRef(name) for name in self._wanted if name not in _NO_ASSETS]
        super().__init__(python_callable=python_callable, inlets=inlets, **kwargs)
        self._made = made

    def execute_callable(self, context: Any) -> Any:
        """Call it."""
        self.op_kwargs = {name: self._value(name, context) for name in self._wanted}
        return super().execute_callable(context)

    def _value(self, name: str, context: Any) -> Any:
        if name == "context":
            return context
        if name == "outlet_events":
            return context[name]
        if name != "self":
            return next(inlet.asset() for inlet in self.inlets if inlet.name == name)
        if self._made is None:
            raise AirflowException("a function of @asset.multi makes several assets: none of them is its self")
        return self._made


def _parameters(function: Callable[..., Any]) -> list[str]:
    """The names of the parameters without a default; an error for those that nothing can be given to."""
    parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        many = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if many or (parameter.kind is parameter.POSITIONAL_ONLY and parameter.default is parameter.empty):
            raise AuthoringError(
                f"the function of an @asset can't have the parameter {str(parameter)!r}: parameters are given by name",
                here(),
            )
    return [parameter.name for parameter in parameters if parameter.default is parameter.empty]


class _Decorator:
    """What the two have in common: the DAG."""

    def __init__(self, what: str, schedule: Any, dag_args: dict[str, Any]) -> None:
        for name in dag_args:
            if name not in _DAG_ARGUMENTS:
                raise AuthoringError(
                    f"{what}() got an unexpected keyword argument {name!r}{did_you_mean(name, _DAG_ARGUMENTS)}", here()
                )
        self._what = what
        self._dag_args = {**dag_args, "schedule": schedule, "catchup": False}

    def _name(self, function: Callable[..., Any]) -> str:
        name = getattr(function, "__name__", "")
        if not name or name != getattr(function, "__qualname__", name):
            raise AuthoringError(
                f"{self._what} decorates a function of the module itself, not {function!r:.80}", here()
            )
        return str(name)

    def _make_dag(self, function: Any, dag_id: str, made: Asset | None, outlets: Collection[AssetExpression]) -> None:
        """The DAG of one task, which is found as if it were used with ``with``."""
        with DAG(**{**self._dag_args, "dag_id": self._dag_args.get("dag_id") or dag_id}):
            if not isinstance(function, TaskDecorator):
                AssetOperator(task_id=self._name(function), python_callable=function, made=made, outlets=list(outlets))
            elif "outlets" in function.kwargs:
                raise AuthoringError(f"the outlets of a task below {self._what} are the assets that it makes", here())
            else:
                function.override(outlets=list(outlets))()


class _Multi(_Decorator):
    """Makes several assets: ``@asset.multi(schedule=…, outlets=[…])``. The DAG has the function's name."""

    def __init__(self, *, schedule: Any, outlets: Collection[AssetExpression], **dag_args: Any) -> None:
        super().__init__("@asset.multi", schedule, dag_args)
        self._outlets = outlets
        if not outlets:
            raise AuthoringError("@asset.multi needs outlets", here())

    def __call__(self, function: Callable[..., Any]) -> AssetAll:
        """All of the assets, to be scheduled by."""
        made = AssetAll(*self._outlets)
        self._make_dag(function, self._name(function), None, self._outlets)
        return made


class asset(_Decorator):  # noqa: N801  Airflow's name
    """Makes an asset: ``@asset(schedule=…)``. Asset and DAG have the function's name, unless they are given one.

    ``uri``, ``group``, ``extra`` and ``watchers`` are the asset's; all else is the DAG's.
    """

    multi = _Multi

    def __init__(
        self,
        *,
        schedule: Any,
        name: str | None = None,
        uri: Any = None,
        group: str = "asset",
        extra: dict[str, Any] | None = None,
        watchers: Any = None,
        **dag_args: Any,
    ) -> None:
        super().__init__("@asset", schedule, dag_args)
        self._asset_name = name
        self._asset_args = {"uri": uri, "group": group, "extra": extra, "watchers": watchers}

    def __call__(self, function: Callable[..., Any]) -> Asset:
        """The asset, to be scheduled by, and to be an outlet or inlet elsewhere."""
        name = self._asset_name or self._name(function)
        made = Asset(name, **self._asset_args)
        self._make_dag(function, name, made, [made])
        return made
