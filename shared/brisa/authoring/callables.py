"""What a callable is given of the context, told from its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from brisa.authoring.dialect import current_dialect

_COMMON: Final = frozenset(
    {
        "conn",
        "dag",
        "dag_run",
        "data_interval_end",
        "data_interval_start",
        "ds",
        "ds_nodash",
        "exception",
        "expanded_ti_count",
        "inlet_events",
        "inlets",
        "logical_date",
        "macros",
        "map_index_template",
        "outlet_events",
        "outlets",
        "params",
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "prev_end_date_success",
        "prev_start_date_success",
        "reason",
        "run_id",
        "task",
        "task_instance",
        "task_instance_key_str",
        "templates_dict",
        "test_mode",
        "ti",
        "try_number",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
        "var",
    }
)
CONTEXT_KEYS: Final[Mapping[int, frozenset[str]]] = {
    2: _COMMON
    | {
        "conf",
        "execution_date",
        "next_ds",
        "next_ds_nodash",
        "next_execution_date",
        "prev_ds",
        "prev_ds_nodash",
        "prev_execution_date",
        "prev_execution_date_success",
        "tomorrow_ds",
        "tomorrow_ds_nodash",
        "triggering_dataset_events",
        "yesterday_ds",
        "yesterday_ds_nodash",
    },
    3: _COMMON
    | {
        "asset_state_store",
        "partition_date",
        "partition_key",
        "task_reschedule_count",
        "task_state_store",
        "triggering_asset_events",
    },
}
"""Dialect → names that, as a parameter of a decorated function, mean the context's value."""


def select_kwargs(
    function: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Keyword arguments for ``function(*args, **…)``: ``kwargs``, which win, and of the context what it asks for.

    It asks by parameter names, or with ``**anything`` for all. Of ``kwargs``, too, what it has no parameter for is left
    out. A positional argument that meets a parameter with the name of a context key or of a keyword argument is a
    :class:`ValueError`, as in Airflow.
    """
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # some builtins tell nothing about themselves
        return dict(kwargs)
    for name, parameter in list(parameters.items())[: len(args)]:
        takes_position = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if takes_position and (name in kwargs or name in context):
            raise ValueError(f"The key {name!r} in args is a part of kwargs and therefore reserved.")
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return {**context, **kwargs}  # not context[key]: the costly values stay unasked for
    named = [
        name
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    selected = {name: kwargs[name] for name in named if name in kwargs}
    return {**{name: context[name] for name in named if name not in selected and name in context}, **selected}


def bind(function: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> None:
    """Check a call of a decorated function: :class:`TypeError` for what is missing or too much.

    Parameters named like context keys may be left out: they are filled when the task runs. A default of theirs other
    than ``None`` would never be used, so it is a :class:`ValueError`.
    """
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    context_keys = CONTEXT_KEYS[current_dialect.get()]
    for parameter in parameters:
        if parameter.name in context_keys and parameter.default not in (None, parameter.empty):
            raise ValueError(f"Context key parameter {parameter.name} can't have a default other than None")
    partly = signature.bind_partial(*args, **kwargs)
    missing = [
        parameter.name
        for parameter in parameters
        if parameter.name not in partly.arguments
        and parameter.name not in context_keys
        and parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if missing:
        names = ", ".join(map(repr, missing))
        raise TypeError(f"missing {'required arguments' if len(missing) > 1 else 'a required argument'}: {names}")
