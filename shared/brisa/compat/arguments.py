"""Airflow's marks for an argument that nobody gave."""

from __future__ import annotations

from typing import Any, Final


class ArgNotSet:
    """The class of :data:`NOTSET`, for annotations."""

    def __repr__(self) -> str:
        return "NOTSET"


class SetDuringExecution(ArgNotSet):
    """The class of :data:`SET_DURING_EXECUTION`."""

    def __repr__(self) -> str:
        return "DYNAMIC (set during execution)"


NOTSET: Final = ArgNotSet()
"""The argument was left out, where ``None`` would mean something."""
SET_DURING_EXECUTION: Final = SetDuringExecution()
"""The argument is set when the task runs: a decorated function returns it."""


def is_arg_set(value: Any) -> bool:
    """Whether the argument was given."""
    return not isinstance(value, ArgNotSet)
