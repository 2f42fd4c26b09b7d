"""A channel that shows a task what it has pushed itself: its own attempt is not stored yet, so nobody else knows."""

from __future__ import annotations

from typing import Any

from brisa.model.json import JsonValue
from brisa.runtime.request import AttemptRequest, Channel


class OwnXComs:
    """See :class:`~brisa.runtime.request.Channel`; everything but pulls of one's own XComs is left to ``channel``.

    A task sees what it pushed in this attempt, and in this try before it was deferred, as in Airflow.
    """

    def __init__(self, request: AttemptRequest, channel: Channel) -> None:
        self._request = request
        self._channel = channel
        self._pushed: dict[str, JsonValue] = {}
        self._deferred_before = False

    def tell(self, verb: str, /, **payload: JsonValue) -> None:
        """Tell ``channel``; remember what is pushed."""
        if verb == "xcom_push":
            self._pushed[str(payload["key"])] = payload["value"]
        self._channel.tell(verb, **payload)

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Ask ``channel``; add what is one's own."""
        answer = self._channel.ask(verb, **payload)
        if verb == "deferred":
            self._deferred_before = answer is not None
        if verb == "xcom_pull" and self._is_mine(payload):
            return self._with_mine(answer, payload)
        return answer

    def _is_mine(self, payload: dict[str, Any]) -> bool:
        task_ids, indexes, request = payload.get("task_ids"), payload.get("map_indexes"), self._request
        return (
            (payload.get("dag_id") or request.dag_id, payload.get("run_id") or request.run.run_id) == request.run.key
            and (task_ids is None or request.task_id in task_ids)
            and (indexes is None or request.map_index in indexes)
        )

    def _with_mine(self, rows: list[list[Any]], payload: dict[str, Any]) -> list[list[Any]]:
        key, task_ids, request = payload["key"], payload.get("task_ids"), self._request
        if key in self._pushed:
            value = self._pushed[key]
        else:
            kept = self._channel.ask("kept_xcom", key=key) if self._deferred_before else None
            if kept is None:
                return rows
            (value,) = kept
        mine = [request.task_id, request.map_index]
        merged = [row for row in rows if row[:2] != mine] + [[*mine, value]]
        return merged if task_ids is None else sorted(merged, key=lambda row: (task_ids.index(row[0]), row[1]))
