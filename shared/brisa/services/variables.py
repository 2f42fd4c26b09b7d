"""Variables: what one says to everybody (its place in the environment counts before the store), and how people list
and change those in the store."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from brisa.authoring.secrets import MASK, is_sensitive, redacted, restored
from brisa.errors import BrisaError, NotFoundError
from brisa.model.variable import OWN, Variable
from brisa.ports.store import StateStore
from brisa.services.setting_files import Existing, Imported, chosen

_PREFIXES: Final = ("BRISA_VAR_", "AIRFLOW_VAR_")
LONGEST_KEY: Final = 250
"""Characters, as in Airflow."""


class VariableError(BrisaError):
    """There can't be such a Variable."""


def variable(store: StateStore, key: str) -> str | None:
    """A Variable's text: from ``BRISA_VAR_KEY`` or ``AIRFLOW_VAR_KEY``, else from the store; ``None`` if unset."""
    for prefix in _PREFIXES:
        value = os.environ.get(prefix + key.upper())
        if value is not None:
            return value
    return store.variable(key)


class Variables:
    """Those in the store."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def all(self) -> Sequence[Variable]:
        """Every one, by key."""
        return self._store.variables()

    def exists(self, key: str) -> bool:
        """Whether there is one of that key."""
        return not key.startswith(OWN) and self._store.variable(key) is not None

    def get(self, key: str) -> Variable:
        """One with its description; :class:`NotFoundError`."""
        if not key.startswith(OWN):
            for found in self._store.variables(key):
                if found.key == key:
                    return found
        raise NotFoundError(f"The Variable with key: `{key}` was not found")

    def put(self, *variables: Variable) -> None:
        """Set them, all or none, with their descriptions. Raises :class:`VariableError`."""
        for one in variables:
            if not 0 < len(one.key) <= LONGEST_KEY or one.key.startswith(OWN):
                raise VariableError(
                    f"{one.key!r:.80} is no key for a Variable: it has 1 to {LONGEST_KEY} characters, no '@' first"
                )
        self._store.set_variables(
            [(one.key, one.value) for one in variables],
            descriptions={one.key: one.description for one in variables},
        )

    def delete(self, key: str) -> None:
        """Remove one; :class:`NotFoundError`."""
        self._store.set_variables([(self.get(key).key, None)])

    def exported(self) -> Mapping[str, Any]:
        """Key → value for a file, as Airflow writes them: what its text says as JSON, else the text; with a description
        an object of both, and so, too, a value that would be taken for one. Whoever has the file has the secrets."""
        told: dict[str, Any] = {}
        for one in self.all():
            value = _said(one.value)
            plain = one.description is None and not _wraps(value)
            told[one.key] = value if plain else {"description": one.description, "value": value}
        return told

    def imported(self, values: Mapping[str, Any], existing: Existing = Existing.OVERWRITE) -> Imported:
        """Set what a file says: key → value, or → an object of ``value`` and perhaps ``description``, and no more.

        Raises :class:`VariableError`, and :class:`~brisa.services.setting_files.ExistingError`; then none is set.
        """
        plan = chosen(sorted(values), self.exists, existing, kind="Variable")
        self.put(*(_from_file(key, values[key]) for key in plan.names))
        return plan


def _from_file(key: str, value: Any) -> Variable:
    if _wraps(value):
        described = value.get("description")
        return Variable(key, text_of(value["value"]), None if described is None else str(described))
    return Variable(key, text_of(value))


def _wraps(value: Any) -> bool:
    return isinstance(value, Mapping) and "value" in value and set(value) <= {"value", "description"}


def text_of(value: Any) -> str:
    """A Variable's text for a JSON value: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def shown(key: str, value: str) -> str:
    """A Variable's text as people may see it: ``***`` if its key is a secret's, or in the place of what has such a key
    in its JSON."""
    if is_sensitive(key):
        return MASK if value else value
    said = _said(value)
    hidden = redacted(said)
    return value if hidden == said else json.dumps(hidden)


def kept(key: str, value: str, before: str) -> str:
    """The new text of a Variable that somebody has got :func:`shown`, and sends back changed."""
    if value == shown(key, before):
        return before
    said, old = _said(value), _said(before)
    whole = restored(said, old) if isinstance(said, dict | list) else said
    return value if whole == said else json.dumps(whole)


def _said(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
