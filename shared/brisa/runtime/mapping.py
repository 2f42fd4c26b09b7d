"""Attempts of mapped tasks, and of those whose results others are expanded over."""

from __future__ import annotations

import os
from typing import Any, Final

from brisa.authoring.exceptions import AirflowConfigException
from brisa.authoring.mapped import MappedOperator
from brisa.authoring.operator import BaseOperator
from brisa.authoring.unmappable import number_of_items
from brisa.runtime.context import Context, use_operator

MAX_MAP_LENGTH: Final = 4096
"""How many items a result may have that others are expanded over, unless ``$BRISA_MAX_MAP_LENGTH`` says otherwise."""
_LONGEST_NAME: Final = 250


def unmap(operator: BaseOperator, context: Context) -> BaseOperator:
    """The operator of the attempt's map index, which the context has from now on; one that is not mapped is itself.

    Raises what users' functions for ``map`` raise, and what their data is not fit for.
    """
    if not isinstance(operator, MappedOperator):
        return operator
    made = operator.unmap(context)
    use_operator(context, made)
    return made


def length(operator: BaseOperator, result: Any, context: Context) -> int | None:
    """How many items others may be expanded over: those of ``result``, which must have some; of a mapped instance, 1 or
    0 for whether it has pushed anything. ``None`` when nobody is expanded over it."""
    ti = context["ti"]
    pushed = result is not None and operator.do_xcom_push
    if not operator.feeds_map:
        return None
    if ti.map_index >= 0:
        return int(pushed or ti.has_pushed)
    return number_of_items(result if pushed else None, operator.task_id, _limit())


def index_name(operator: BaseOperator, context: Context) -> str | None:
    """What people see in place of the map index: the rendered ``map_index_template``; ``None`` without one."""
    template = context.get("map_index_template")
    if template is None or context["ti"].map_index < 0:
        return None
    return str(operator.render_template(template, context))[:_LONGEST_NAME]


def _limit() -> int:
    text = os.environ.get("BRISA_MAX_MAP_LENGTH", "")
    if not text:
        return MAX_MAP_LENGTH
    if not text.isdecimal() or not int(text):
        raise AirflowConfigException(f"BRISA_MAX_MAP_LENGTH must be a whole number above 0, not {text!r}")
    return int(text)
