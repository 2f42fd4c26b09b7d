"""brisa: a serverless Airflow for Google Cloud. The names that DAG files import, each loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from brisa._version import __version__

if TYPE_CHECKING:
    from brisa.authoring.assets import Asset as Asset
    from brisa.authoring.assets import Dataset as Dataset
    from brisa.authoring.dag import DAG as DAG
    from brisa.authoring.dag import dag as dag
    from brisa.authoring.edges import Label as Label
    from brisa.authoring.edges import chain as chain
    from brisa.authoring.edges import chain_linear as chain_linear
    from brisa.authoring.edges import cross_downstream as cross_downstream
    from brisa.authoring.operator import BaseOperator as BaseOperator
    from brisa.authoring.params import Param as Param
    from brisa.authoring.running import get_current_context as get_current_context
    from brisa.authoring.task_group import TaskGroup as TaskGroup
    from brisa.authoring.task_group import task_group as task_group
    from brisa.authoring.templates import literal as literal
    from brisa.authoring.variables import Variable as Variable
    from brisa.authoring.xcom_arg import XComArg as XComArg
    from brisa.model.states import TriggerRule as TriggerRule
    from brisa.operators.sensor import BaseSensorOperator as BaseSensorOperator
    from brisa.operators.sensor import PokeReturnValue as PokeReturnValue
    from brisa.operators.taskflow import setup as setup
    from brisa.operators.taskflow import task as task
    from brisa.operators.taskflow import teardown as teardown

_HOME = {
    "Asset": "authoring.assets",
    "BaseOperator": "authoring.operator",
    "BaseSensorOperator": "operators.sensor",
    "DAG": "authoring.dag",
    "Dataset": "authoring.assets",
    "Label": "authoring.edges",
    "Param": "authoring.params",
    "PokeReturnValue": "operators.sensor",
    "TaskGroup": "authoring.task_group",
    "TriggerRule": "model.states",
    "Variable": "authoring.variables",
    "XComArg": "authoring.xcom_arg",
    "chain": "authoring.edges",
    "chain_linear": "authoring.edges",
    "cross_downstream": "authoring.edges",
    "dag": "authoring.dag",
    "get_current_context": "authoring.running",
    "literal": "authoring.templates",
    "setup": "operators.taskflow",
    "task": "operators.taskflow",
    "task_group": "authoring.task_group",
    "teardown": "operators.taskflow",
}
"""Public name → the module that defines it."""

__all__ = [
    "DAG",
    "Asset",
    "BaseOperator",
    "BaseSensorOperator",
    "Dataset",
    "Label",
    "Param",
    "PokeReturnValue",
    "TaskGroup",
    "TriggerRule",
    "Variable",
    "XComArg",
    "__version__",
    "chain",
    "chain_linear",
    "cross_downstream",
    "dag",
    "get_current_context",
    "literal",
    "setup",
    "task",
    "task_group",
    "teardown",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"brisa.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
