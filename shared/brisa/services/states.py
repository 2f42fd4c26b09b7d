"""What tasks keep in ``task_state_store`` and ``asset_state_store``: beside the Variables, by names that none has."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from brisa.errors import NotFoundError
from brisa.model.json import JsonValue
from brisa.model.run import AttemptKey
from brisa.ports.store import StateStore

PREFIX = "@state:"
"""How those names begin. A Variable that does is nobody's but the task's, or the asset's."""


class States:
    """One attempt's: those of its task instance, and those of assets."""

    def __init__(self, store: StateStore, attempt: AttemptKey | None) -> None:
        self._store = store
        self._attempt = attempt

    @property
    def verbs(self) -> Mapping[str, Callable[..., JsonValue]]:
        """What an attempt may ask; see :class:`brisa.runtime.request.Channel`."""
        return {
            "state": self.state,
            "set_state": self.set_state,
            "delete_state": self.delete_state,
            "clear_state": self.clear_state,
        }

    def state(self, *, key: str, asset: str | None = None) -> JsonValue:
        """[value, when it expires], or ``None``."""
        text = self._store.variable(self._name(asset, key))
        return None if text is None else json.loads(text)

    def set_state(
        self, *, key: str, value: JsonValue, expires_at: float | None = None, asset: str | None = None
    ) -> JsonValue:
        """Keep a value: it is there for every attempt from now on."""
        self._store.set_variables([(self._name(asset, key), json.dumps([value, expires_at]))])
        return None

    def delete_state(self, *, key: str, asset: str | None = None) -> JsonValue:
        """Remove a value, if it is there."""
        self._store.set_variables([(self._name(asset, key), None)])
        return None

    def clear_state(self, *, asset: str | None = None) -> JsonValue:
        """Remove all of the task instance, or of the asset."""
        self._store.set_variables([(found.key, None) for found in self._store.variables(self._name(asset))])
        return None

    def _name(self, asset: str | None, *key: str) -> str:
        """The name of a value; without a key how those of all of the owner's values begin."""
        owner = ("asset", asset) if asset is not None else self._task()
        name = PREFIX + json.dumps([*owner, *key])
        return name if key else f"{name[:-1]}, "

    def _task(self) -> tuple[str | int, ...]:
        key = self._attempt
        if key is None:
            raise NotFoundError("only an attempt of a task has a task_state_store")
        return ("task", key.dag_id, key.run_id, key.task_id, key.map_index)
