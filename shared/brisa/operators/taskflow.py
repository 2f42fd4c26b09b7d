"""``@task`` and its kinds: functions that become tasks when they are called."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from brisa.authoring import installed
from brisa.authoring.callables import select_kwargs
from brisa.authoring.dialect import current_dialect
from brisa.authoring.names import did_you_mean
from brisa.authoring.operator import BaseOperator
from brisa.authoring.registry import notice
from brisa.authoring.setup_teardown import setup_decorators
from brisa.authoring.source import here
from brisa.authoring.taskflow import TaskDecorator
from brisa.errors import AuthoringError
from brisa.operators.bash import BashOperator
from brisa.operators.conditions import Condition, conditional
from brisa.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from brisa.operators.sensor import PythonSensor


class _PythonTask(PythonOperator):
    custom_operator_name = "@task"


class _BranchTask(BranchPythonOperator):
    custom_operator_name = "@task.branch"


class _ShortCircuitTask(ShortCircuitOperator):
    custom_operator_name = "@task.short_circuit"


class _SensorTask(PythonSensor):
    custom_operator_name = "@task.sensor"

    def __init__(self, *, multiple_outputs: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class _BashTask(BashOperator):
    """The function returns the command, which is rendered and run.

    With ``multiple_outputs`` what the ``output_processor`` makes must be a dict, whose entries are pushed too; not in
    dialect 2, where it means nothing: seen in Airflow 3.3.2 and 2.11.2.
    """

    custom_operator_name = "@task.bash"
    template_fields: Sequence[str] = ("op_args", "op_kwargs", *BashOperator.template_fields)
    template_fields_renderers = {  # noqa: RUF012  as Airflow
        "op_args": "py",
        "op_kwargs": "py",
        **BashOperator.template_fields_renderers,
    }

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Any = None,
        op_kwargs: Any = None,
        multiple_outputs: bool = False,
        **kwargs: Any,
    ) -> None:
        if multiple_outputs and current_dialect.get() < 3:
            notice("multiple_outputs has no meaning for Airflow 2's @task.bash")
        super().__init__(bash_command="", multiple_outputs=multiple_outputs, **kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or ()
        self.op_kwargs = op_kwargs or {}

    def execute(self, context: Any) -> Any:
        """Ask the function for the command, then run it."""
        self.multiple_outputs = self.multiple_outputs and context["ti"].dialect >= 3
        kwargs = select_kwargs(self.python_callable, self.op_args, self.op_kwargs, context)
        command = self.python_callable(*self.op_args, **kwargs)
        if not isinstance(command, str) or not command.strip():
            raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
        self.is_script = command.endswith(tuple(self.template_ext))
        self.bash_command = self.render_template(command, context)
        context["ti"].show_rendered()
        return super().execute(context)


_OF_PROVIDERS: Final = {
    "analytics": "apache-airflow-providers-common-sql",
    "docker": "apache-airflow-providers-docker",
    "kubernetes": "apache-airflow-providers-cncf-kubernetes",
    "kubernetes_cmd": "apache-airflow-providers-cncf-kubernetes",
    "pyspark": "apache-airflow-providers-apache-spark",
    "sql": "apache-airflow-providers-common-sql",
}
"""Kinds that a provider package of Airflow brings, and which; an installed one is asked for what it has."""


class TaskDecorators:
    """``task``: ``@task``, ``@task()``, ``@task(task_id=…)``, and ``@task.branch``, ``@task.bash`` …"""

    def __call__(self, function: Any = None, **kwargs: Any) -> Any:
        """A function whose calls are tasks that run it; what it returns is their XCom."""
        return _decorate(_PythonTask, function, kwargs)

    def python(self, function: Any = None, **kwargs: Any) -> Any:
        """As ``@task``."""
        return _decorate(_PythonTask, function, kwargs)

    def branch(self, function: Any = None, **kwargs: Any) -> Any:
        """The function returns which tasks below to follow."""
        return _decorate(_BranchTask, function, kwargs)

    def short_circuit(self, function: Any = None, **kwargs: Any) -> Any:
        """When the function returns something false, what is below is skipped."""
        return _decorate(_ShortCircuitTask, function, kwargs)

    def sensor(self, function: Any = None, **kwargs: Any) -> Any:
        """The function is called again and again until it returns something true."""
        return _decorate(_SensorTask, function, kwargs)

    def bash(self, function: Any = None, **kwargs: Any) -> Any:
        """The function returns a command of bash, which is run."""
        return _decorate(_BashTask, function, kwargs)

    def virtualenv(self, function: Any = None, **kwargs: Any) -> Any:
        """The function runs in a virtual environment with ``requirements``."""
        from brisa.operators.virtualenv_tasks import VirtualenvTask

        return _decorate(VirtualenvTask, function, kwargs)

    def external_python(self, function: Any = None, **kwargs: Any) -> Any:
        """The function runs in the interpreter ``python``."""
        from brisa.operators.virtualenv_tasks import ExternalPythonTask

        return _decorate(ExternalPythonTask, function, kwargs)

    def branch_virtualenv(self, function: Any = None, **kwargs: Any) -> Any:
        """As ``@task.virtualenv``; the function returns which tasks below to follow."""
        from brisa.operators.virtualenv_tasks import BranchVirtualenvTask

        return _decorate(BranchVirtualenvTask, function, kwargs)

    def branch_external_python(self, function: Any = None, **kwargs: Any) -> Any:
        """As ``@task.external_python``; the function returns which tasks below to follow."""
        from brisa.operators.virtualenv_tasks import BranchExternalPythonTask

        return _decorate(BranchExternalPythonTask, function, kwargs)

    def run_if(self, condition: Condition, skip_message: str | None = None) -> Any:
        """Above ``@task``: the task is skipped unless ``condition(context)`` is true."""
        return conditional("run_if", condition, skip_message, runs_when=True)

    def skip_if(self, condition: Condition, skip_message: str | None = None) -> Any:
        """Above ``@task``: the task is skipped if ``condition(context)`` is true."""
        return conditional("skip_if", condition, skip_message, runs_when=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        brought = installed.task_decorators()
        if name in brought:
            module, _, decorator = brought[name].rpartition(".")
            return getattr(importlib.import_module(module), decorator)
        package = _OF_PROVIDERS.get(name)
        if package is not None:
            return functools.partial(_needs_provider, name, package)
        own = [kind for kind in vars(TaskDecorators) if not kind.startswith("_")]
        known = sorted({*own, *brought, *_OF_PROVIDERS})
        raise AuthoringError(f"there is no @task.{name}{did_you_mean(name, known)}", here())


def _needs_provider(kind: str, package: str, *_: Any, **__: Any) -> NoReturn:
    raise AuthoringError(
        f"@task.{kind} needs the provider package {package}, which is not installed; "
        "@task.virtualenv or @task.external_python run a function with packages of its own",
        here(),
    )


def _decorate(operator: type[BaseOperator], function: Any, kwargs: dict[str, Any]) -> Any:
    if function is None:
        return lambda decorated: TaskDecorator(decorated, operator, kwargs)
    return TaskDecorator(function, operator, kwargs)


task: Final = TaskDecorators()
setup, teardown = setup_decorators(task)
