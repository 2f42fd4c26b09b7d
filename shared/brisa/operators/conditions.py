"""``@task.run_if`` and ``@task.skip_if``: a condition that is asked right before the task would run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from brisa.authoring.exceptions import AirflowSkipException
from brisa.authoring.source import here
from brisa.authoring.taskflow import TaskDecorator
from brisa.errors import AuthoringError

Condition = Callable[[Mapping[str, Any]], Any]


def conditional(
    name: str, condition: Condition, skip_message: str | None, *, runs_when: bool
) -> Callable[[Any], TaskDecorator[Any]]:
    """A decorator for what ``@task`` has made: the task is skipped unless the truth of ``condition(context)`` is
    ``runs_when``. A ``pre_execute`` that the task has, and conditions below this one, come first, as in Airflow."""

    def decorate(decorated: Any) -> TaskDecorator[Any]:
        if not isinstance(decorated, TaskDecorator):
            raise AuthoringError(
                f"{name} can only be used with task: put @task.{name}(…) above @task, not below it", here()
            )
        before = decorated.kwargs.get("pre_execute")

        def pre_execute(context: Mapping[str, Any]) -> None:
            if before is not None:
                before(context)
            if bool(condition(context)) is not runs_when:
                raise AirflowSkipException(skip_message or f"Task skipped by its condition ({name})")

        return decorated.override(pre_execute=pre_execute)

    return decorate
