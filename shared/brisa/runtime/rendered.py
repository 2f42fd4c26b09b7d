"""What people see of a task's template fields."""

from __future__ import annotations

import contextlib
import json
from typing import Final

from brisa.authoring.operator import BaseOperator

LONGEST_RENDERED: Final = 4096
"""Characters of a rendered field that are kept, as in Airflow."""


def rendered_fields(operator: BaseOperator) -> dict[str, str]:
    """The operator's template fields after rendering, as text for people, cut at :data:`LONGEST_RENDERED`."""
    fields = {}
    for name in operator.template_fields:
        value = getattr(operator, name, None)
        text = value if isinstance(value, str) else _as_text(value)
        cut = f"… ({len(text)} characters in all)"
        fields[name] = text if len(text) <= LONGEST_RENDERED else text[:LONGEST_RENDERED] + cut
    return fields


def _as_text(value: object) -> str:
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        return json.dumps(value, ensure_ascii=False)
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001  a user's __repr__ may raise anything, and this is for people only
        return f"<{type(value).__name__}: its repr failed: {type(error).__name__}>"
