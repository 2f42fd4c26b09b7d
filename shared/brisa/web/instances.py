"""How task instances look to clients; and path parts that only they have."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid5

from starlette.convertors import Convertor, register_url_convertor

from brisa.model.run import Attempt
from brisa.model.states import TaskState
from brisa.services.task_instances import Instance, Try
from brisa.web.schemas.task_instances import TaskInstanceHistoryResponse, TaskInstanceResponse, TaskInstanceState
from brisa.web.times import moment

_NAMESPACE = UUID("5f3b1c0e-7a52-4c1d-9a8e-62726973612e")
_OWNER = re.compile(r"(?:(.*)-)?(\d+)-[0-9a-f]+")
"""How workers name themselves: host (on Google Cloud), process id, and something random."""
_INDEX_TEMPLATE = "map_index_template"


class _Index(Convertor[str]):
    """A map index in a path: other words there (``tries``, ``xcomEntries``) are other routes."""

    regex = "-?[0-9]{1,9}"

    def convert(self, value: str) -> str:
        """As it is: the route's parameter makes it a number."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return str(value)


register_url_convertor("index", _Index())


def instance_id(one: Instance) -> UUID:
    """Its id: always the same for the same task instance."""
    return uuid5(_NAMESPACE, json.dumps([*one.run.key, *one.key]))


def state_of(state: TaskState) -> TaskInstanceState | None:
    """Airflow's name of a state."""
    return None if state is TaskState.NONE else TaskInstanceState(state.value)


def view(one: Instance, attempt: Attempt | None = None) -> TaskInstanceResponse:
    """A task instance; with the attempt that it waits for, or had last, what only that knows."""
    rendered = {} if attempt is None else dict(attempt.rendered)
    label = rendered.pop(_INDEX_TEMPLATE, None)
    mapped = one.key.map_index >= 0
    return TaskInstanceResponse(
        id=instance_id(one),
        map_index=one.key.map_index,
        logical_date=one.run.logical_date,
        run_after=moment(one.run.run_after),
        start_date=moment(one.started_at),
        end_date=moment(one.entry.ended_at),
        duration=one.duration,
        state=state_of(one.state),
        try_number=one.try_number,
        note=one.note,
        rendered_map_index=str(one.key.map_index if label is None else label) if mapped else None,
        rendered_fields=rendered,
        trigger=None,
        triggerer_job=None,
        **_common(one, attempt),
    )


def try_view(one: Try) -> TaskInstanceHistoryResponse:
    """A try that is over."""
    return TaskInstanceHistoryResponse(
        map_index=one.instance.key.map_index,
        start_date=moment(one.started_at),
        end_date=moment(one.ended_at),
        duration=None if one.ended_at is None else one.ended_at - one.started_at,
        state=state_of(one.state),
        try_number=one.number,
        **_common(one.instance, one.attempt),
    )


def present_view(one: Instance, attempt: Attempt | None) -> TaskInstanceHistoryResponse:
    """The present try."""
    return TaskInstanceHistoryResponse(
        map_index=one.key.map_index,
        start_date=moment(one.started_at),
        end_date=moment(one.entry.ended_at),
        duration=one.duration,
        state=state_of(one.state),
        try_number=one.try_number,
        **_common(one, attempt),
    )


def _common(one: Instance, attempt: Attempt | None) -> dict[str, Any]:
    """What instances and tries have in common. Airflow's ``max_tries`` counts the retries."""
    task = one.task
    owner = None if attempt is None else _OWNER.fullmatch(attempt.owner)
    return {
        "task_id": task.task_id,
        "dag_id": one.run.dag_id,
        "dag_run_id": one.run.run_id,
        "max_tries": one.entry.max_tries - 1 if one.entry.max_tries else task.retries,
        "task_display_name": task.display.get("display_name", task.task_id),
        "dag_display_name": one.spec.display.get("display_name", one.spec.dag_id),
        "hostname": (owner and owner[1]) or "",
        "unixname": None,
        "pool": task.pool,
        "pool_slots": task.pool_slots,
        "queue": task.queue,
        "priority_weight": one.spec.ranks[task.task_id][0],
        "operator": task.operator,
        "operator_name": task.operator,
        "queued_when": None,
        "scheduled_when": None,
        "pid": int(owner[2]) if owner else None,
        "executor": task.display.get("executor"),
        "executor_config": "{}",
        "dag_version": None,
    }
