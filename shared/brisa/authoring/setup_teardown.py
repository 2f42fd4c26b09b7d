"""Setups and teardowns: the work made ``with`` a teardown comes after its setups and before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from brisa.authoring import scope
from brisa.authoring.nodes import link
from brisa.authoring.source import here
from brisa.errors import AuthoringError


class WorkScope:
    """One ``with teardown:`` (or ``with setup:``) block.

    The rules are Airflow's: of the tasks made directly inside, those with nothing above them come after the setups,
    and those with nothing below them before the teardowns. A block within a block has its setups after the outer
    setups, and its teardowns before the outer teardowns.
    """

    def __init__(self, task: Any) -> None:
        if task.is_teardown:
            self._setups, self._teardowns = [up for up in task.upstream_list if up.is_setup], [task]
        elif task.is_setup:
            self._setups, self._teardowns = [task], [down for down in task.downstream_list if down.is_teardown]
        else:
            raise AuthoringError(
                f"`with` works on setups and teardowns, and task {task.task_id!r} is neither; call as_teardown() first",
                task.source_location,
            )
        self.made: list[Any] = []
        """The tasks made directly inside."""
        self._outer = scope.current_scope()
        scope.push_scope(self)

    def close(self) -> None:
        """Put the work between the setups and the teardowns, and both between the outer block's."""
        scope.pop_scope()
        work = [task for task in self.made if not (task.is_setup or task.is_teardown)]
        first = [task for task in work if not task.upstream_task_ids] or work[:1]
        last = [task for task in work if not task.downstream_task_ids] or work[-1:]
        _join(self._setups, first)
        _join(last, self._teardowns)
        if self._outer is not None:
            _join(self._outer._setups, self._setups)  # noqa: SLF001 - another of this class
            _join(self._teardowns, self._outer._teardowns)  # noqa: SLF001


def _join(uppers: list[Any], lowers: list[Any]) -> None:
    for upper in uppers:
        for lower in lowers:
            link(upper, lower)


def setup_decorators(make_task: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """``@setup`` and ``@teardown``; ``make_task`` is ``@task``, which turns a plain function into a decorated one."""

    def decorated(function: Any) -> Any:
        if not callable(function):
            raise AuthoringError(f"@setup and @teardown decorate functions, not {type(function).__name__}", here())
        return function if hasattr(function, "override") else make_task(function)

    def setup(function: Any) -> Any:
        """The tasks that the function makes are setups."""
        task = decorated(function)
        task.is_setup = True
        return task

    def teardown(function: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
        """The tasks that the function makes are teardowns."""

        def mark(function: Any) -> Any:
            task = decorated(function)
            task.is_teardown = True
            task.on_failure_fail_dagrun = on_failure_fail_dagrun
            return task

        return mark if function is None else mark(function)

    return setup, teardown
