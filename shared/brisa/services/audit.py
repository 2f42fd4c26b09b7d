"""The audit log: who has changed what, when, and from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from brisa.errors import ConflictError, UnavailableError
from brisa.model.audit import AuditEntry
from brisa.model.json import JsonObject
from brisa.ports.clock import Clock
from brisa.ports.store import Create, StateStore

_HIDDEN = "***"
_SECRETS = ("password", "extra", "secret", "token", "api_key", "private_key", "value", "val")
"""Names of what is never written here, whatever it holds: words of Airflow's list, and where its API has secrets."""
_LONGEST = 1000
"""Characters of one text."""
_DEEPEST = 8
_TRIES = 100
_MICROSECONDS = 1_000_000


class Audit:
    """Writes the log. Several may at the same time."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(
        self, event: str, *, owner: str, origin: str = "", extra: Mapping[str, Any] | None = None, **of: Any
    ) -> int:
        """Note a change; the entry's id. ``of`` are the entry's other fields: ``dag_id``, ``run_id``, ``task_id``, …

        What ``extra`` has under a secret's name is hidden, and long texts are cut. Raises
        :class:`~brisa.errors.UnavailableError` if it can't be written now.
        """
        entry = AuditEntry(
            entry_id=int(self._clock.now() * _MICROSECONDS),
            event=event,
            owner=owner,
            origin=origin,
            extra=hidden(extra or {}),
            **of,
        )
        for _ in range(_TRIES):
            try:
                self._store.commit(Create(entry))
                return entry.entry_id
            except ConflictError:  # another one of the same microsecond
                entry = replace(entry, entry_id=entry.entry_id + 1)
        raise UnavailableError("the audit log is written too often at once")


def hidden(extra: Mapping[str, Any]) -> JsonObject:
    """``extra`` without what must not be read by who may read the log."""
    return {str(name)[:_LONGEST]: _HIDDEN if secret(str(name)) else _plain(value, 1) for name, value in extra.items()}


def secret(name: str) -> bool:
    """Whether what has this name is never shown."""
    low = name.lower()
    return any(low == word or low.endswith(f"_{word}") for word in _SECRETS)


def _plain(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return "…"
    match value:
        case Mapping():
            return {
                str(name)[:_LONGEST]: _HIDDEN if secret(str(name)) else _plain(one, depth + 1)
                for name, one in value.items()
            }
        case str():
            return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        case bool() | int() | None:
            return value
        case float():
            return value if abs(value) < float("inf") else str(value)
        case Sequence():
            return [_plain(one, depth + 1) for one in value[:_LONGEST]]
        case _:
            return str(value)[:_LONGEST]
