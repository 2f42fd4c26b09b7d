"""What people see of a task's template fields.

A value that JSON has no form for is shown as Airflow shows it (seen in 2.11.2 and 3.3.2): in dialect 2 the whole of it
as text, in dialect 3 each part that needs it.
"""

from __future__ import annotations

import json
from typing import Any, Final

from brisa.authoring.operator import BaseOperator
from brisa.authoring.secrets import MASK, is_sensitive

LONGEST_RENDERED: Final = 4096
"""Characters of a rendered field that are kept, as in Airflow."""
_to_json = json.JSONEncoder(ensure_ascii=False).encode  # bound here, as user code may replace json.dumps


def rendered_fields(operator: BaseOperator, dialect: int) -> dict[str, str]:
    """The operator's template fields after rendering, as text for people, cut at :data:`LONGEST_RENDERED`.

    Text stands as it is, anything else as JSON. Texts that have the name of a secret are hidden.
    """
    fields = {}
    for name in operator.template_fields:
        text = _as_text(_hidden(getattr(operator, name, None), name), dialect)
        cut = f"… ({len(text)} characters in all)"
        fields[name] = text if len(text) <= LONGEST_RENDERED else text[:LONGEST_RENDERED] + cut
    return fields


def _as_text(value: object, dialect: int) -> str:
    if isinstance(value, str):
        return value
    if dialect < 3:
        try:
            return _to_json(value)
        except (TypeError, ValueError, RecursionError):
            return _said(value)
    try:
        shown = _shown(value)
        return shown if isinstance(shown, str) else _to_json(shown)
    except (ValueError, RecursionError):  # it holds itself, or is too deep
        return _said(value)


def _hidden(value: Any, name: str) -> Any:
    """The value without the texts that a name says are secret: the field's, or the key of a dict."""
    try:
        return _without_secrets(value, is_sensitive(name))
    except RecursionError:
        return value


def _without_secrets(value: Any, secret: bool) -> Any:
    if isinstance(value, str):
        return MASK if secret else value
    if type(value) is dict:
        return {
            key: _without_secrets(item, secret or (isinstance(key, str) and is_sensitive(key)))
            for key, item in value.items()
        }
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(_without_secrets(item, secret) for item in value)
    return value


def _shown(value: Any) -> Any:
    """The value with text, a list or a dict in the place of each part that JSON lacks."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict):
        return {_key(key): _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(_shown, value), key=str)
    if callable(value):
        return _named(value)
    return _said(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(_shown(key))


def _named(function: Any) -> str:
    """A function or class by its path, any other callable by its class's."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"<callable {named.__module__}.{named.__qualname__}>"


def _said(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001  a user's __str__ may raise anything, and this is for people only
        return f"<{type(value).__name__}: its str failed: {type(error).__name__}>"
