"""``airflow.utils.state.State``: the states of tasks and runs under one roof, as plain text."""

from __future__ import annotations

from typing import Any

from brisa.model.states import RunState, TaskState


class _Names(type):
    def __getattr__(cls, name: str) -> Any:
        if name in TaskState.__members__:
            return TaskState[name]
        raise AttributeError(name)


class State(metaclass=_Names):
    """``State.SUCCESS``, ``State.FAILED`` …; ``State.NONE`` is ``None``, as in Airflow."""

    NONE = None
    SHUTDOWN = "shutdown"
    task_states = (None, *(state for state in TaskState if state is not TaskState.NONE))
    dag_states = tuple(RunState)
    finished = frozenset(state for state in TaskState if state.terminal)
    success_states = frozenset((TaskState.SUCCESS, TaskState.SKIPPED))
    failed_states = frozenset(state for state in TaskState if state.failure)
    running = frozenset((TaskState.RUNNING, TaskState.DEFERRED))
