"""Operators that call a Python function."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Collection, Coroutine, Generator, Mapping, Sequence
from typing import Any

from brisa.authoring.assets import Metadata
from brisa.authoring.callables import select_kwargs
from brisa.authoring.operator import BaseOperator
from brisa.authoring.running import get_current_context
from brisa.errors import AuthoringError
from brisa.model.states import Decides
from brisa.operators.branch import BranchMixIn, below, pushes_nothing

__all__ = [
    "BranchPythonOperator",
    "PythonOperator",
    "ShortCircuitOperator",
    "get_current_context",
    "is_venv_installed",
]


class PythonOperator(BaseOperator):
    """Calls ``python_callable`` with ``op_args``, ``op_kwargs`` and what its parameters name of the context.

    What the function returns is the task's XCom (``None`` pushes nothing). ``templates_dict`` is rendered and given in
    the context; ``templates_exts`` are the endings for which texts in it are files. ``provide_context`` is accepted
    and means nothing since Airflow 2.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}  # noqa: RUF012  as Airflow
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: Sequence[str] | None = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AuthoringError(f"python_callable must be a function, not {type(python_callable).__name__}")
        self.python_callable = python_callable
        self.op_args = op_args or ()
        self.op_kwargs = op_kwargs or {}
        self.templates_dict = templates_dict
        if templates_exts:
            self.template_ext = templates_exts
        self.show_return_value_in_logs = show_return_value_in_logs

    def execute(self, context: Any) -> Any:
        """Call the function; its result."""
        result = self.execute_callable(context)
        if self.show_return_value_in_logs:
            self.log.info("Done. Returned value was: %s", result)
        else:
            self.log.info("Done. Returned value not shown")
        return result

    def execute_callable(self, context: Any) -> Any:
        """Call the function with its arguments and what it wants of the context."""
        context["templates_dict"] = self.templates_dict
        kwargs = select_kwargs(self.python_callable, self.op_args, self.op_kwargs, context)
        result = self.python_callable(*self.op_args, **kwargs)
        if inspect.isgeneratorfunction(self.python_callable):
            return self._exhausted(result, context["outlet_events"])
        return _awaited(result) if inspect.iscoroutine(result) else result

    def _exhausted(self, generator: Generator[Any, None, Any], outlet_events: Any) -> Any:
        """What a generator function returns; it yields :class:`Metadata`, and what else it does is not used."""
        while True:
            try:
                told = next(generator)
            except StopIteration as end:
                return end.value
            if isinstance(told, Metadata):
                event = outlet_events[told.asset if told.alias is None else told.alias]
                if told.alias is not None:
                    event.add(told.asset, told.extra)
                event.extra.update(told.extra)
            else:
                self.log.warning("Ignoring what the function has yielded: %s is no Metadata", type(told).__name__)


def _awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What an ``async`` function returns, in a loop of its own (as Airflow does from 3.2 on)."""
    import asyncio

    return asyncio.run(coroutine)


class BranchPythonOperator(PythonOperator, BranchMixIn):
    """Follows the task (or tasks, or group) whose id the function returns, and skips the others directly below."""

    decides = Decides.BRANCH

    def execute(self, context: Any) -> Any:
        """Call the function and follow what it returns."""
        return self.do_branch(context, super().execute(context))


class ShortCircuitOperator(PythonOperator):
    """Skips everything below when the function returns something false.

    With ``ignore_downstream_trigger_rules=False`` only the tasks directly below are skipped, and the rest follow their
    trigger rules.
    """

    decides = Decides.CIRCUIT

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Any) -> Any:
        """Call the function and decide by the truth of what it returns."""
        result = super().execute(context)
        ti = context["ti"]
        if result:
            self.log.info("Condition result is %s: going on", result)
            return result
        unwanted = [name for name in below(self.dag, [self.task_id]) if not self.dag.get_task(name).is_teardown]
        if not unwanted:
            self.log.info("Condition result is %s, but there is nothing below to skip", result)
            return result
        self.log.info("Condition result is %s: skipping what is below", result)
        ti.decide(circuit="all" if self.ignore_downstream_trigger_rules else "direct")
        return None if pushes_nothing(ti) else result


def is_venv_installed() -> bool:
    """Whether virtual environments can be made here."""
    return importlib.util.find_spec("virtualenv") is not None or importlib.util.find_spec("venv") is not None
