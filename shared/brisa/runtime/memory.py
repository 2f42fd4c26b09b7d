"""A supervisor in memory, for tests: answers from dicts, remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from brisa.errors import NotFoundError
from brisa.model.json import JsonValue
from brisa.runtime.request import DEFERRAL
from brisa.runtime.xcom_values import from_json, to_json


@dataclass(kw_only=True)
class MemoryChannel:
    """See :class:`~brisa.runtime.request.Channel`. ``xcoms`` holds (task id, map index, key) → JSON, in the order of
    pushing; what the attempt itself pushes goes to ``pushed``, and is not seen by pulls."""

    xcoms: dict[tuple[str, int, str], JsonValue] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    connections: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    previous: Mapping[str, str] | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    pushed: dict[str, JsonValue] = field(default_factory=dict)
    rendered: Mapping[str, Any] = field(default_factory=dict)
    ended: JsonValue = None
    """How the task has ended, once its callbacks are called."""
    hears: bool = False
    """Whether brisa would hear of objects, and of runs."""
    awaited: list[Mapping[str, Any]] = field(default_factory=list)
    """The objects, and the runs, that the attempt waits for."""
    deferred: JsonValue = None
    """What an earlier attempt of the try has left."""
    kept: dict[str, JsonValue] = field(default_factory=dict)
    """What the try had pushed when it was deferred."""
    triggers: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {"status": "unknown", "nearest": ""}
    """Answers ``trigger_dag_run``."""
    elsewhere: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {"runs": [], "dag": None, "nearest": ""}
    """Answers ``external_runs``."""
    stored: dict[tuple[str | None, str], list[Any]] = field(default_factory=dict)
    """(Asset, or ``None`` for the task instance; key) → [value, when it expires]."""
    asset_events: list[dict[str, JsonValue]] = field(default_factory=list)
    """The events of every asset, and those that the run was made for."""
    asked: list[str] = field(default_factory=list)
    """The verbs of the questions, in order."""

    def give(self, task_id: str, value: object, key: str = "return_value", map_index: int = -1) -> None:
        """Another task has pushed ``value``."""
        self.xcoms[task_id, map_index, key] = to_json(value)

    def values(self) -> dict[str, Any]:
        """What the attempt pushed, as values."""
        return {key: from_json(value) for key, value in self.pushed.items() if key != DEFERRAL}

    def next_attempt(self) -> None:
        """The attempt has ended as deferred: what it pushed is there for the next one of its try."""
        self.deferred = self.pushed.pop(DEFERRAL, None)
        self.kept |= self.pushed
        self.pushed = {}

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Answer from the dicts; :class:`NotFoundError` for a verb that there is not."""
        self.asked.append(verb)
        if verb == "xcom_pull":
            return self._pull(**payload)
        if verb == "variable":
            return self.variables.get(payload["key"])
        if verb == "set_variable":
            self.variables[payload["key"]] = payload["value"]
            return None
        if verb == "connection":
            return self.connections.get(payload["conn_id"])
        if verb == "previous_success":
            return self.previous
        if verb in ("await_object", "await_runs"):
            self.awaited.append(payload)
            return self.hears
        if verb == "task_states":
            return dict(self.states)
        if verb == "deferred":
            return self.deferred
        return self._more(verb, payload)

    def _more(self, verb: str, payload: Mapping[str, Any]) -> Any:
        if verb.endswith("state"):
            return self._state(verb, **payload)
        if verb == "kept_xcom":
            return [self.kept[payload["key"]]] if payload["key"] in self.kept else None
        if verb == "trigger_dag_run":
            return self.triggers(payload)
        if verb == "external_runs":
            return self.elsewhere(payload)
        if verb in ("asset_events", "triggering_asset_events"):
            return self.asset_events
        raise NotFoundError(f"nobody answers {verb!r}")

    def _state(
        self, verb: str, *, asset: str | None, key: str = "", value: Any = None, expires_at: float | None = None
    ) -> Any:
        if verb == "state":
            return self.stored.get((asset, key))
        if verb == "set_state":
            self.stored[asset, key] = [value, expires_at]
        elif verb == "delete_state":
            self.stored.pop((asset, key), None)
        else:
            self.stored = {name: kept for name, kept in self.stored.items() if name[0] != asset}
        return None

    def _pull(
        self, *, task_ids: list[str] | None, key: str, map_indexes: list[int] | None, **_: object
    ) -> list[list[Any]]:
        rows = [
            [task, index, value]
            for (task, index, of_key), value in self.xcoms.items()
            if of_key == key
            and (task_ids is None or task in task_ids)
            and (map_indexes is None or index in map_indexes)
        ]
        return rows if task_ids is None else sorted(rows, key=lambda row: (task_ids.index(row[0]), row[1]))

    def tell(self, verb: str, /, **payload: Any) -> None:
        """Remember it."""
        if verb == "xcom_push":
            self.pushed[payload["key"]] = payload["value"]
        elif verb == "rendered":
            self.rendered = payload["fields"]
        elif verb == "ended":
            self.ended = payload["outcome"]
        else:
            raise NotFoundError(f"nobody listens to {verb!r}")
