"""Which DAG, task groups and teardowns are open: what a task made now belongs to."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from brisa.authoring.nodes import Graph

_dags: ContextVar[tuple[Graph, ...]] = ContextVar("open_dags", default=())
_groups: ContextVar[tuple[Any, ...]] = ContextVar("open_groups", default=())
_scopes: ContextVar[tuple[Any, ...]] = ContextVar("open_teardowns", default=())


def push_dag(dag: Graph) -> None:
    """``with DAG(...)`` begins."""
    _dags.set((*_dags.get(), dag))


def pop_dag() -> None:
    """``with DAG(...)`` ends."""
    _dags.set(_dags.get()[:-1])


def current_dag() -> Any:
    """The innermost open DAG, or ``None``."""
    dags = _dags.get()
    return dags[-1] if dags else None


def push_group(group: Any) -> None:
    """``with TaskGroup(...)`` begins."""
    _groups.set((*_groups.get(), group))


def pop_group() -> None:
    """``with TaskGroup(...)`` ends."""
    _groups.set(_groups.get()[:-1])


def current_group(dag: Graph) -> Any:
    """The group that a new task or group of ``dag`` belongs to: the innermost open one, else the root.

    An open group of another DAG does not count.
    """
    groups = _groups.get()
    return groups[-1] if groups and groups[-1].dag is dag else dag.task_group


def push_scope(work: Any) -> None:
    """``with teardown`` begins; tasks made directly inside are added to its ``made``."""
    _scopes.set((*_scopes.get(), work))


def pop_scope() -> None:
    """``with teardown`` ends."""
    _scopes.set(_scopes.get()[:-1])


def current_scope() -> Any:
    """The innermost open ``with teardown``, or ``None``."""
    scopes = _scopes.get()
    return scopes[-1] if scopes else None


def made_task(task: Any) -> None:
    """A task was made: the innermost open ``with teardown`` notes it."""
    work = current_scope()
    if work is not None:
        work.made.append(task)
