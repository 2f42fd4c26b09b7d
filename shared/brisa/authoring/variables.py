"""``Variable``: settings by name, read and written by DAG files and tasks."""

from __future__ import annotations

import json
import os
from typing import Any, Final

from brisa.authoring.exceptions import AirflowException
from brisa.authoring.running import current_supervisor
from brisa.authoring.secrets import mask_secret

_MISSING: Final = object()


class Variable:
    """Airflow's ``Variable``. The environment (``AIRFLOW_VAR_<KEY>``) comes before the store, as there."""

    @classmethod
    def get(
        cls,
        key: str,
        default_var: Any = _MISSING,
        deserialize_json: bool = False,
        *,
        default: Any = _MISSING,
    ) -> Any:
        """The value of ``key``: text, or what its JSON says; the default if there's none, and without one a
        :class:`KeyError`. Airflow 2 calls the default ``default_var``, Airflow 3 ``default``."""
        text = read_variable(key)
        if text is not None:
            value = json.loads(text) if deserialize_json else text
            mask_secret(value, key)
            return value
        fallback = default if default is not _MISSING else default_var
        if fallback is _MISSING:
            raise KeyError(f"Variable {key} does not exist")
        return fallback

    @staticmethod
    def set(key: str, value: Any, description: str | None = None, serialize_json: bool = False) -> None:
        """Set ``key`` to ``value`` as text, or as JSON; without a ``description`` it keeps the one that it has."""
        described = {} if description is None else {"description": description}
        _ask("set_variable", key=key, value=json.dumps(value, indent=2) if serialize_json else str(value), **described)

    @classmethod
    def setdefault(cls, key: str, default: Any, description: str | None = None, deserialize_json: bool = False) -> Any:
        """The value of ``key``, which is set to ``default`` if there's none."""
        value = cls.get(key, None, deserialize_json)
        if value is None:
            cls.set(key, default, description, serialize_json=deserialize_json)
            return default
        return value

    @staticmethod
    def delete(key: str) -> None:
        """Remove ``key``; nothing happens if it isn't there."""
        _ask("set_variable", key=key, value=None)


def read_variable(key: str) -> str | None:
    """The text of a Variable, or ``None``; it is hidden in logs from now on if ``key`` says that it is secret."""
    text = os.environ.get(f"AIRFLOW_VAR_{key.upper()}")
    if text is None:
        supervisor = current_supervisor()
        answer = supervisor.ask("variable", key=key) if supervisor else None
        text = None if answer is None else str(answer)
    mask_secret(text, key)
    return text


def _ask(verb: str, **payload: Any) -> None:
    supervisor = current_supervisor()
    if supervisor is None:
        raise AirflowException("a Variable can be set only while a task runs")
    supervisor.ask(verb, **payload)
