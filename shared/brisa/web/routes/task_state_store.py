"""What task instances keep from try to try: their ``task_state_store``."""

from __future__ import annotations

from typing import Annotated

from fastapi import HTTPException, Query

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.run import UNMAPPED, RunKey, TaskKey
from brisa.runtime.state_stores import RETENTION
from brisa.services.states import State, TaskStates
from brisa.services.task_instances import TaskInstances
from brisa.web.backend import Backend, Uses
from brisa.web.paging import Limit, Offset, page
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.state_store import (
    TaskStateStoreBody,
    TaskStateStoreCollectionResponse,
    TaskStateStorePatchBody,
    TaskStateStoreResponse,
)
from brisa.web.times import moment

router = routes("Task State Store")
_READ, _EDIT = needs(Permission.READ_XCOMS), needs(Permission.EDIT_XCOMS)
_ALL = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store"
_ONE = f"{_ALL}/{{key:path}}"
_LONGEST_KEY = 512
Index = Annotated[int, Query(ge=-1)]


@router.get(_ALL, dependencies=[_READ], responses=problems())
def list_task_state_store(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    backend: Uses,
    map_index: Index = UNMAPPED,
    limit: Limit = 50,
    offset: Offset = 0,
) -> TaskStateStoreCollectionResponse:
    """All that a task instance keeps, by key; also what has expired."""
    found = _states(backend).all(RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index))
    shown = [_view(state) for state in page(found, limit, offset)]
    return TaskStateStoreCollectionResponse(task_state_store=shown, total_entries=len(found))


@router.get(_ONE, dependencies=[_READ], responses=problems(404))
def get_task_state_store(
    dag_id: str, dag_run_id: str, task_id: str, key: str, backend: Uses, map_index: Index = UNMAPPED
) -> TaskStateStoreResponse:
    """One value."""
    return _view(_known(backend, RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index), key))


@router.put(_ONE, status_code=204, dependencies=[_EDIT], responses=problems(404))
def set_task_state_store(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    key: str,
    body: TaskStateStoreBody,
    backend: Uses,
    map_index: Index = UNMAPPED,
) -> None:
    """Keep a value."""
    run, task = RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index)
    _instance(backend, run, task)
    if not 0 < len(key) <= _LONGEST_KEY:
        raise HTTPException(422, f"a key has from 1 to {_LONGEST_KEY} characters")
    if body.expires_at == "default":
        expires_at: float | None = backend.clock.now() + RETENTION.total_seconds()
    else:
        expires_at = None if body.expires_at is None else body.expires_at.timestamp()
    _states(backend).set(run, task, key, body.value, expires_at)


@router.patch(_ONE, dependencies=[_EDIT], responses=problems(404))
def patch_task_state_store(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    key: str,
    body: TaskStateStorePatchBody,
    backend: Uses,
    map_index: Index = UNMAPPED,
) -> None:
    """Put another value in the place of one, which is kept as long as that was."""
    run, task = RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index)
    before = _known(backend, run, task, key)
    _states(backend).set(run, task, key, body.value, before.expires_at)


@router.delete(_ALL, status_code=204, dependencies=[_EDIT], responses=problems(404))
def clear_task_state_store(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    backend: Uses,
    all_map_indices: bool = False,
    map_index: Index = UNMAPPED,
) -> None:
    """Remove all values of a task instance, or (``all_map_indices``) of all instances of the task."""
    run = RunKey(dag_id, dag_run_id)
    _instance(backend, run, TaskKey(task_id, UNMAPPED if all_map_indices else map_index), any_index=all_map_indices)
    _states(backend).clear(run, task_id, None if all_map_indices else map_index)


@router.delete(_ONE, status_code=204, dependencies=[_EDIT], responses=problems(404))
def delete_task_state_store(
    dag_id: str, dag_run_id: str, task_id: str, key: str, backend: Uses, map_index: Index = UNMAPPED
) -> None:
    """Remove one value, if it is there."""
    run, task = RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index)
    _instance(backend, run, task)
    _states(backend).delete(run, task, key)


def _states(backend: Backend) -> TaskStates:
    return TaskStates(backend.store, backend.clock)


def _instance(backend: Backend, run: RunKey, task: TaskKey, *, any_index: bool = False) -> None:
    one = TaskInstances(backend.store, backend.runs).one(run, task)
    if one is None or (one.key != task and not any_index):
        raise NotFoundError(
            f"Task instance not found for dag_id={run.dag_id!r}, run_id={run.run_id!r}, task_id={task.task_id!r}, "
            f"map_index={task.map_index}"
        )


def _known(backend: Backend, run: RunKey, task: TaskKey, key: str) -> State:
    state = _states(backend).get(run, task, key)
    if state is None:
        raise NotFoundError(f"Task state store key {key!r} not found")
    return state


def _view(state: State) -> TaskStateStoreResponse:
    return TaskStateStoreResponse(
        key=state.key,
        value=state.value,  # type: ignore[arg-type]  # pydantic's JSON value
        updated_at=moment(state.updated_at),
        expires_at=moment(state.expires_at),
    )
