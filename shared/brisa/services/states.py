"""What tasks keep in ``task_state_store`` and ``asset_state_store``: beside the Variables, by names that none has."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from brisa.errors import NotFoundError
from brisa.model.json import JsonValue
from brisa.model.run import AttemptKey, RunKey, TaskKey
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore

PREFIX = "@state:"
"""How those names begin. A Variable that does is nobody's but the task's, or the asset's."""


class States:
    """One attempt's: those of its task instance, and those of assets."""

    def __init__(self, store: StateStore, attempt: AttemptKey | None, *, now: Callable[[], float] = time.time) -> None:
        """``now`` tells the seconds since the epoch."""
        self._store = store
        self._attempt = attempt
        self._now = now

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
        return None if text is None else json.loads(text)[:2]

    def set_state(
        self, *, key: str, value: JsonValue, expires_at: float | None = None, asset: str | None = None
    ) -> JsonValue:
        """Keep a value: it is there for every attempt from now on."""
        writer = [] if asset is None or self._attempt is None else [[*self._attempt.run_key, *self._attempt.task_key]]
        text = json.dumps([value, expires_at, self._now(), *writer])
        self._store.set_variables([(self._name(asset, key), text)])
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
        return _name(*(("asset", asset) if asset is not None else self._task()), *key, whole=bool(key))

    def _task(self) -> tuple[str | int, ...]:
        key = self._attempt
        if key is None:
            raise NotFoundError("only an attempt of a task has a task_state_store")
        return ("task", key.dag_id, key.run_id, key.task_id, key.map_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A value that is kept; times are seconds since the epoch, 0 where it is not known when it was written."""

    key: str
    value: JsonValue
    updated_at: float = 0.0
    expires_at: float | None = None
    writer: tuple[RunKey, TaskKey] | None = None
    """Of an asset's: the task instance that has written it, if one has."""


class TaskStates:
    """Those of any task instance, for people: also values that have expired, until somebody removes them."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def all(self, run: RunKey, task: TaskKey) -> Sequence[State]:
        """All values, by key."""
        return _states(self._store, "task", *run, *task)

    def get(self, run: RunKey, task: TaskKey, key: str) -> State | None:
        """One value, or ``None``."""
        text = self._store.variable(_name("task", *run, *task, key, whole=True))
        return None if text is None else _state(key, text)

    def set(self, run: RunKey, task: TaskKey, key: str, value: JsonValue, expires_at: float | None) -> None:
        """Keep a value, until ``expires_at`` or for good."""
        text = json.dumps([value, expires_at, self._clock.now()])
        self._store.set_variables([(_name("task", *run, *task, key, whole=True), text)])

    def delete(self, run: RunKey, task: TaskKey, key: str) -> None:
        """Remove one value, if it is there."""
        self._store.set_variables([(_name("task", *run, *task, key, whole=True), None)])

    def clear(self, run: RunKey, task_id: str, map_index: int | None) -> None:
        """Remove all values of an instance, or of all instances of the task."""
        mine = _name("task", *run, task_id) if map_index is None else _name("task", *run, task_id, map_index)
        self._store.set_variables([(found.key, None) for found in self._store.variables(mine)])


class AssetStates:
    """Those of any asset, by its name, for people."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def all(self, asset: str) -> Sequence[State]:
        """All values, by key."""
        return _states(self._store, "asset", asset)

    def get(self, asset: str, key: str) -> State | None:
        """One value, or ``None``."""
        text = self._store.variable(_name("asset", asset, key, whole=True))
        return None if text is None else _state(key, text)

    def set(self, asset: str, key: str, value: JsonValue) -> None:
        """Keep a value."""
        text = json.dumps([value, None, self._clock.now()])
        self._store.set_variables([(_name("asset", asset, key, whole=True), text)])

    def delete(self, asset: str, key: str) -> None:
        """Remove one value, if it is there."""
        self._store.set_variables([(_name("asset", asset, key, whole=True), None)])

    def clear(self, asset: str) -> None:
        """Remove all."""
        self._store.set_variables([(found.key, None) for found in self._store.variables(_name("asset", asset))])


def _states(store: StateStore, *owner: str | int) -> Sequence[State]:
    """All values of one owner, by key."""
    found = store.variables(_name(*owner))
    return sorted((_state(json.loads(one.key[len(PREFIX) :])[-1], one.value) for one in found), key=_by_key)


def _name(*parts: str | int, whole: bool = False) -> str:
    """A value's name; or, unless these are all its parts, how the names of all begin that have these parts."""
    name = PREFIX + json.dumps(parts)
    return name if whole else f"{name[:-1]}, "


def _state(key: str, text: str) -> State:
    value, expires_at, *rest = json.loads(text)
    writer = (RunKey(*rest[1][:2]), TaskKey(*rest[1][2:])) if len(rest) > 1 else None
    return State(key=key, value=value, expires_at=expires_at, updated_at=rest[0] if rest else 0.0, writer=writer)


def _by_key(state: State) -> str:
    return state.key
