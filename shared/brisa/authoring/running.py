"""What user code may know, wherever it is, of the attempt that is being executed in this process.

One process executes one attempt, so this is a plain stack and not a context variable: threads that a task starts see
it too, as in Airflow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from brisa.authoring.exceptions import AirflowException


class TaskInstanceKey(NamedTuple):
    """What names a task instance, in Airflow's order."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1


class Supervisor(Protocol):
    """Whoever answers for Variables and Connections; user code never holds the store's client."""

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Send a question and wait for its answer."""
        ...


_contexts: list[Mapping[str, Any]] = []
_supervisors: list[Supervisor] = []


@contextmanager
def executing(context: Mapping[str, Any], supervisor: Supervisor) -> Iterator[None]:
    """While inside, ``context`` is the current one, and its variables ``AIRFLOW_CTX_…`` are in the environment."""
    _contexts.append(context)
    _supervisors.append(supervisor)
    added = context_variables(context)
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        _contexts.pop()
        _supervisors.pop()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def supervised(supervisor: Supervisor) -> Iterator[None]:
    """While inside, Variables are asked of ``supervisor``: for DAG files that read them while they load."""
    _supervisors.append(supervisor)
    try:
        yield
    finally:
        _supervisors.pop()


def get_current_context() -> Mapping[str, Any]:
    """The context of the task that is being executed; an error outside of one."""
    if not _contexts:
        raise AirflowException(
            "get_current_context() was called while no task is being executed; it works inside a task's function only"
        )
    return _contexts[-1]


def current_supervisor() -> Supervisor | None:
    """Whom to ask for Variables and Connections; ``None`` when nobody is there."""
    return _supervisors[-1] if _supervisors else None


_VARIABLES = (
    ("AIRFLOW_CTX_DAG_EMAIL", "task", "email"),
    ("AIRFLOW_CTX_DAG_OWNER", "task", "owner"),
    ("AIRFLOW_CTX_DAG_ID", "task_instance", "dag_id"),
    ("AIRFLOW_CTX_TASK_ID", "task_instance", "task_id"),
    ("AIRFLOW_CTX_EXECUTION_DATE", "dag_run", "logical_date"),
    ("AIRFLOW_CTX_LOGICAL_DATE", "dag_run", "logical_date"),
    ("AIRFLOW_CTX_TRY_NUMBER", "task_instance", "try_number"),
    ("AIRFLOW_CTX_DAG_RUN_ID", "dag_run", "run_id"),
)
"""Variable, then the context's key and the attribute that it shows: Airflow 2's names, and 3's for the logical date."""


def context_variables(context: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables by which a command can tell which task it is run for, as Airflow sets them."""
    found = {}
    for name, key, attribute in _VARIABLES:
        value = getattr(context.get(key), attribute, None)
        if value:
            found[name] = _text(value)
    return found


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
