"""Tasks, as a DAG's current version says them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Query

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.spec import DagSpec, TaskSpec
from brisa.web.backend import Backend, Uses
from brisa.web.paging import either_way, in_order
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.common import TimeDelta
from brisa.web.schemas.tasks import TaskCollectionResponse, TaskResponse

router = routes("Task")
_READ = needs(Permission.READ_DAGS)
_BACKGROUND, _TEXT = "#fff", "#000"
"""Colours of an operator that names none, as Airflow's BaseOperator."""
_DAY = 86_400
_KEYS: Mapping[str, Callable[[TaskSpec], Any]] = {
    "task_id": lambda task: task.task_id,
    "task_display_name": lambda task: task.display.get("display_name", task.task_id),
    "owner": lambda task: task.owner,
    "start_date": lambda task: task.start_date,
    "end_date": lambda task: task.end_date,
    "trigger_rule": lambda task: task.trigger_rule.value,
    "depends_on_past": lambda task: task.depends_on_past,
    "wait_for_downstream": lambda task: task.wait_for_downstream,
    "retries": lambda task: task.retries,
    "queue": lambda task: task.queue,
    "pool": lambda task: task.pool,
    "pool_slots": lambda task: task.pool_slots,
    "execution_timeout": lambda task: task.execution_timeout,
    "retry_delay": lambda task: task.retry_delay,
    "priority_weight": lambda task: task.priority_weight,
    "weight_rule": lambda task: task.weight_rule,
    "ui_color": lambda task: task.display.get("ui_color", _BACKGROUND),
    "ui_fgcolor": lambda task: task.display.get("ui_fgcolor", _TEXT),
    "operator_name": lambda task: task.operator,
}


@router.get("/dags/{dag_id}/tasks", dependencies=[_READ], responses=problems(400, 404))
def get_tasks(
    dag_id: str, backend: Uses, order_by: Annotated[str, Query(json_schema_extra=either_way(_KEYS))] = "task_id"
) -> TaskCollectionResponse:
    """All tasks of a DAG."""
    spec = _spec(backend, dag_id)
    tasks = in_order(spec.tasks, [order_by], _KEYS, "task_id")
    return TaskCollectionResponse(tasks=[_view(spec, task) for task in tasks], total_entries=len(tasks))


@router.get("/dags/{dag_id}/tasks/{task_id}", dependencies=[_READ], responses=problems(400, 404))
def get_task(dag_id: str, task_id: str, backend: Uses) -> TaskResponse:
    """One task."""
    spec = _spec(backend, dag_id)
    if task_id not in spec.by_id:
        raise NotFoundError(f"Task with id {task_id} was not found")
    return _view(spec, spec.by_id[task_id])


def _spec(backend: Backend, dag_id: str) -> DagSpec:
    stored = backend.store.dag(dag_id)
    if stored is None:
        raise NotFoundError(f"The Dag with ID: `{dag_id}` was not found")
    return backend.runs.version(dag_id, stored.record.version).spec


def _view(spec: DagSpec, task: TaskSpec) -> TaskResponse:
    """A task, with the dates that it has of its own or from its DAG."""
    shown = task.display
    return TaskResponse(
        task_id=task.task_id,
        task_display_name=_display_name(task),
        owner=task.owner,
        start_date=task.start_date or spec.start_date,
        end_date=task.end_date or spec.end_date,
        trigger_rule=task.trigger_rule.value,
        depends_on_past=task.depends_on_past,
        wait_for_downstream=task.wait_for_downstream,
        retries=task.retries,
        queue=task.queue,
        pool=task.pool,
        pool_slots=task.pool_slots,
        execution_timeout=_delta(task.execution_timeout),
        retry_delay=_delta(task.retry_delay),
        retry_exponential_backoff=_backoff(task),
        priority_weight=task.priority_weight,
        weight_rule=task.weight_rule,
        ui_color=str(shown.get("ui_color", _BACKGROUND)),
        ui_fgcolor=str(shown.get("ui_fgcolor", _TEXT)),
        template_fields=_texts(shown.get("template_fields")),
        downstream_task_ids=sorted(spec.downstream[task.task_id]),
        doc_md=_text(shown.get("doc_md")),
        operator_name=task.operator,
        params={name: _param(param) for name, param in spec.params.items()},
        class_ref={"module_path": _text(shown.get("module")), "class_name": task.operator},
        is_mapped=task.is_mapped,
        extra_links=sorted(_links(task)),
    )


def _display_name(task: TaskSpec) -> str:
    return str(task.display.get("display_name", task.task_id))


def _delta(seconds: float | None) -> TimeDelta | None:
    if seconds is None:
        return None
    whole = int(seconds)
    return TimeDelta(days=whole // _DAY, seconds=whole % _DAY, microseconds=round((seconds - whole) * 1_000_000))


def _backoff(task: TaskSpec) -> float:
    """The factor; 0 for none."""
    factor = task.display.get("retry_multiplier", 2.0 if task.retry_exponential_backoff else 0.0)
    return float(factor) if isinstance(factor, int | float) else 0.0


def _param(param: Any) -> dict[str, Any]:
    """A param of the DAG, as Airflow writes one."""
    told = param if isinstance(param, Mapping) else {"value": param}
    return {
        "value": told.get("value"),
        "schema": told.get("schema", {}),
        "description": told.get("description"),
        "source": "dag",
    }


def _links(task: TaskSpec) -> Mapping[str, Any]:
    links = task.display.get("extra_links")
    return links if isinstance(links, Mapping) else {}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else []
