"""What people do to task instances: clear, mark, annotate, remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Query, Request

from brisa.errors import BrisaError, NotFoundError
from brisa.model.access import Permission
from brisa.model.run import UNMAPPED, RunKey
from brisa.model.states import TaskState
from brisa.services.clearing import Chosen, Clearing, ClearingError, Selection, first_of
from brisa.services.markers import MarkerError
from brisa.services.task_instances import Instance, NoteError, TaskInstances, every_name
from brisa.web.backend import Backend, Uses
from brisa.web.bulk import BulkBody, BulkCreateAction, BulkDeleteAction, BulkUpdateAction
from brisa.web.instances import state_of, view
from brisa.web.permissions import needs
from brisa.web.routes.task_instances import ANY, in_group, known
from brisa.web.routing import READS_ONLY, problems, routes
from brisa.web.schemas.common import BulkActionNotOnExistence, BulkActionResponse, BulkResponse
from brisa.web.schemas.task_instances import (
    BulkTaskInstanceBody,
    ClearTaskInstancesBody,
    PatchTaskInstanceBody,
    TaskInstanceCollectionResponse,
)

router = routes("Task Instance")
_READ, _EDIT = needs(Permission.READ_RUNS), needs(Permission.EDIT_RUNS)
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}"
_TASK = f"{_RUN}/taskInstances/{{task_id}}"
_INSTANCE = f"{_TASK}/{{map_index:index}}"
_GROUP = f"{_RUN}/taskGroupInstances/{{group_id}}"
_LISTED = 1000
"""Task instances that an answer tells of; it says how many there are in all."""
_BUSY = (TaskState.RUNNING, TaskState.QUEUED, TaskState.SCHEDULED)
Mask = Annotated[list[str] | None, Query()]
T = TypeVar("T")


@router.post("/dags/{dag_id}/clearTaskInstances", dependencies=[_EDIT], responses=problems(400, 404, 409))
def post_clear_task_instances(
    dag_id: str, body: ClearTaskInstancesBody, backend: Uses, request: Request
) -> TaskInstanceCollectionResponse:
    """Run task instances again, or tell which that would be (``dry_run``): of those that something has happened to.

    Runs keep the version that they began with: 400 for ``run_on_latest_version`` where that is another.
    """
    request.state.unchanged = body.dry_run
    service = Clearing(backend.store, backend.runs)
    selections = _selections(backend, dag_id, body)
    chosen = _done(lambda: service.to_clear(*selections))
    if body.run_on_latest_version:
        _check_version(backend, dag_id, chosen)
    if not body.dry_run:
        if body.prevent_running_task and _busy(backend, chosen):
            raise HTTPException(409, "Some of these are running, queued or scheduled; see 'prevent_running_task'")
        _done(lambda: service.clear(found=chosen, reopen=body.reset_dag_runs))
        if body.note is not None:
            for one in chosen:
                _annotate(backend, one.run, one.names, body.note)
    return _told(backend, chosen)


@router.patch(f"{_TASK}/dry_run", dependencies=[_READ], responses=problems(400, 404), openapi_extra=READS_ONLY)
def patch_task_instance_dry_run(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    body: PatchTaskInstanceBody,
    backend: Uses,
    map_index: int | None = None,
    update_mask: Mask = None,
) -> TaskInstanceCollectionResponse:
    """Which task instances a change would be about."""
    change = _Change(backend, RunKey(dag_id, dag_run_id), body, update_mask)
    return _told(backend, change.foreseen(change.of_task(task_id, map_index)))


@router.patch(_TASK, dependencies=[_EDIT], responses=problems(400, 404, 409))
def patch_task_instance(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    body: PatchTaskInstanceBody,
    backend: Uses,
    map_index: int | None = None,
    update_mask: Mask = None,
) -> TaskInstanceCollectionResponse:
    """Mark a task instance, or all of a mapped task, or note something of it."""
    change = _Change(backend, RunKey(dag_id, dag_run_id), body, update_mask)
    return _told(backend, change.make(change.of_task(task_id, map_index)))


@router.patch(f"{_INSTANCE}/dry_run", dependencies=[_READ], responses=problems(400, 404), openapi_extra=READS_ONLY)
def patch_task_instance_dry_run_by_map_index(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: int,
    body: PatchTaskInstanceBody,
    backend: Uses,
    update_mask: Mask = None,
) -> TaskInstanceCollectionResponse:
    """Which task instances a change of one of a mapped task would be about."""
    return patch_task_instance_dry_run(dag_id, dag_run_id, task_id, body, backend, map_index, update_mask)


@router.patch(_INSTANCE, dependencies=[_EDIT], responses=problems(400, 404, 409))
def patch_task_instance_by_map_index(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: int,
    body: PatchTaskInstanceBody,
    backend: Uses,
    update_mask: Mask = None,
) -> TaskInstanceCollectionResponse:
    """Mark one instance of a mapped task, or note something of it."""
    return patch_task_instance(dag_id, dag_run_id, task_id, body, backend, map_index, update_mask)


@router.patch(f"{_GROUP}/dry_run", dependencies=[_READ], responses=problems(400, 404), openapi_extra=READS_ONLY)
def patch_task_group_instances_dry_run(
    dag_id: str, dag_run_id: str, group_id: str, body: PatchTaskInstanceBody, backend: Uses
) -> TaskInstanceCollectionResponse:
    """Which task instances a change of a group would be about."""
    change = _Change(backend, RunKey(dag_id, dag_run_id), body, None)
    return _told(backend, change.foreseen(change.of_group(group_id)))


@router.patch(_GROUP, dependencies=[_EDIT], responses=problems(400, 404, 409))
def patch_task_group_instances(
    dag_id: str,
    dag_run_id: str,
    group_id: str,
    body: PatchTaskInstanceBody,
    backend: Uses,
    update_mask: Mask = None,
) -> TaskInstanceCollectionResponse:
    """Mark all task instances of a group, or note something of them."""
    change = _Change(backend, RunKey(dag_id, dag_run_id), body, update_mask)
    return _told(backend, change.make(change.of_group(group_id)))


@router.delete(_TASK, dependencies=[_EDIT], responses=problems(404))
def delete_task_instance(dag_id: str, dag_run_id: str, task_id: str, backend: Uses, map_index: int = UNMAPPED) -> None:
    """Remove a task instance from its run, with its tries, logs and XComs; clearing brings it back."""
    one = known(backend, dag_id, dag_run_id, task_id, map_index)
    backend.deletion.delete_tasks(one.run.key, [one.name])


@router.patch(f"{_RUN}/taskInstances", dependencies=[_EDIT], responses=problems())
def bulk_task_instances(
    dag_id: str, dag_run_id: str, body: BulkBody[BulkTaskInstanceBody], backend: Uses
) -> BulkResponse:
    """Change and remove several task instances; with ``~`` in the path, each says of which DAG and run it is."""
    told: dict[str, BulkActionResponse] = {}
    path = RunKey(dag_id, dag_run_id)
    for action in body.actions:
        result = told.setdefault(action.action, BulkActionResponse())
        match action:
            case BulkCreateAction():
                _failed(result, HTTPException(405, "Task instances bulk create is not supported"))
            case BulkUpdateAction():
                for entity in action.entities:
                    _each(result, action, partial(_update_one, backend, path, entity, action.update_mask))
            case BulkDeleteAction():
                for given in action.entities:
                    _each(result, action, partial(_delete_one, backend, path, given))
    return BulkResponse(**told)


class _Change:
    """A change of task instances of one run that a body asks for."""

    def __init__(self, backend: Backend, key: RunKey, body: PatchTaskInstanceBody, mask: Sequence[str] | None) -> None:
        self._backend = backend
        self._body = body
        self._instances = TaskInstances(backend.store, backend.runs)
        self._run = self._instances.run(key)
        self._spec = backend.runs.spec(self._run)
        fields = body.model_fields_set
        self._fields = fields & set(mask) if mask else fields

    def of_task(self, task_id: str, map_index: int | None) -> list[Instance]:
        """The instances of a task; 404 if there are none."""
        if task_id not in self._spec.by_id:
            raise NotFoundError(f"Task '{task_id}' not found in Dag '{self._run.dag_id}'")
        named = self._instances.named(self._run, [task_id])
        found = [one for one in named if map_index is None or one.key.map_index == map_index]
        if not found:
            raise NotFoundError(
                f"The Task Instance with dag_id: `{self._run.dag_id}`, run_id: `{self._run.run_id}`, "
                f"task_id: `{task_id}` and map_index: `{map_index}` was not found"
            )
        return found

    def of_group(self, group_id: str) -> list[Instance]:
        """The instances of all tasks of a group; 404 if there is no such group."""
        if not any(group.group_id == group_id for group in self._spec.groups):
            raise NotFoundError(f"Task group '{group_id}' not found in DAG '{self._run.dag_id}'")
        return self._instances.named(self._run, in_group(self._spec, group_id))

    def foreseen(self, found: Sequence[Instance]) -> Sequence[Chosen]:
        """Which would be changed: those around ``found`` that are asked for, too, and not those that are so already."""
        if "new_state" not in self._fields:
            return [_chosen(found)] if found else []
        service = Clearing(self._backend.store, self._backend.runs)
        selection, wanted = self._selection(found), self._body.new_state
        changed = []
        for one in _done(lambda: service.to_mark(selection)):
            run = self._run if one.run == self._run.key else self._instances.run(one.run)
            every = self._instances.named(run, every_name(run, one.names))
            changed += [_chosen(left)] if (left := [each for each in every if state_of(each.state) != wanted]) else []
        return changed

    def make(self, found: Sequence[Instance]) -> Sequence[Chosen]:
        """Change them; 409 if all are so already."""
        changed = self.foreseen(found)
        if "new_state" in self._fields:
            if not changed:
                tasks = {one.key.task_id for one in found}
                those = f"Task id {min(tasks)} is" if len(tasks) == 1 else "All task instances in the group are"
                raise HTTPException(409, f"{those} already in {self._body.new_state} state")
            service = Clearing(self._backend.store, self._backend.runs)
            state = TaskState[str(self._body.new_state).upper()]
            _done(lambda: service.mark(self._selection(found), state))
        if "note" in self._fields:
            _annotate(self._backend, self._run.key, [one.name for one in found], self._body.note)
        return changed

    def _selection(self, found: Sequence[Instance]) -> Selection:
        body = self._body
        tasks = tuple(dict.fromkeys(one.key.task_id for one in found))
        indexes = tuple(one.key.map_index for one in found if one.key.map_index >= 0) if len(tasks) == 1 else ()
        return Selection(
            dag_id=self._run.dag_id,
            run_ids=(self._run.run_id,),
            task_ids=tasks,
            map_indexes=indexes,
            upstream=body.include_upstream,
            downstream=body.include_downstream,
            past=body.include_past,
            future=body.include_future,
            known=False,
        )


def _selections(backend: Backend, dag_id: str, body: ClearTaskInstancesBody) -> list[Selection]:
    """One for the tasks that are named whole, and one for each of which only some instances are."""
    if backend.store.dag(dag_id) is None:
        raise NotFoundError(f"The Dag with ID: `{dag_id}` was not found")
    if body.dag_run_id is not None and backend.store.run(RunKey(dag_id, body.dag_run_id)) is None:
        raise NotFoundError(f"Dag Run id {body.dag_run_id} not found in dag {dag_id}")
    common: dict[str, Any] = {
        "dag_id": dag_id,
        "run_ids": () if body.dag_run_id is None else (body.dag_run_id,),
        "first": body.start_date,
        "last": body.end_date,
        "upstream": body.include_upstream,
        "downstream": body.include_downstream,
        "past": body.include_past,
        "future": body.include_future,
        "only_failed": body.only_failed,
        "only_running": body.only_running,
        "recursive": body.include_recursive,
        "known": False,
    }
    if body.task_ids is None:
        return [Selection(**common)]
    indexes: dict[str, list[int]] = {}
    for given in body.task_ids:
        if not isinstance(given, str):
            indexes.setdefault(given[0], []).append(given[1])
    whole = tuple(dict.fromkeys(given for given in body.task_ids if isinstance(given, str)))
    some = [
        Selection(task_ids=(task_id,), map_indexes=tuple(numbers), **common)
        for task_id, numbers in indexes.items()
        if task_id not in whole
    ]
    return [*([Selection(task_ids=whole, **common)] if whole else []), *some]


def _check_version(backend: Backend, dag_id: str, chosen: Sequence[Chosen]) -> None:
    stored = backend.store.dag(dag_id)
    for one in chosen:
        run = backend.store.run(one.run)
        if stored is None or run is None or one.run.dag_id != dag_id or run.record.version == stored.record.version:
            continue
        raise HTTPException(
            400,
            f"run {one.run.run_id!r} keeps the version of the DAG that it began with, and that is not the latest; "
            "leave out 'run_on_latest_version', or trigger a new run",
        )


def _update_one(backend: Backend, path: RunKey, entity: BulkTaskInstanceBody, mask: list[str] | None) -> list[str]:
    change = _Change(backend, _run_of(path, entity), entity, mask)
    found = change.of_task(entity.task_id, entity.map_index)
    change.make(found)
    return [_said(one) for one in found]


def _delete_one(backend: Backend, path: RunKey, given: str | BulkTaskInstanceBody) -> list[str]:
    entity = BulkTaskInstanceBody(task_id=given) if isinstance(given, str) else given
    key = _run_of(path, entity)
    found = _Change(backend, key, entity, None).of_task(entity.task_id, entity.map_index)
    backend.deletion.delete_tasks(key, [one.name for one in found])
    return [_said(one) for one in found]


def _run_of(path: RunKey, entity: BulkTaskInstanceBody) -> RunKey:
    key = RunKey(entity.dag_id or path.dag_id, entity.dag_run_id or path.run_id)
    if ANY in key:
        raise HTTPException(
            400,
            "When using wildcard in path, dag_id and dag_run_id must be specified in request body for task_id: "
            f"{entity.task_id}",
        )
    return key


def _each(
    result: BulkActionResponse,
    action: BulkUpdateAction[BulkTaskInstanceBody] | BulkDeleteAction[BulkTaskInstanceBody],
    change: Callable[[], list[str]],
) -> None:
    try:
        result.success += change()
    except NotFoundError as error:
        if action.action_on_non_existence is BulkActionNotOnExistence.FAIL:
            _failed(result, HTTPException(404, str(error)))
    except HTTPException as error:
        _failed(result, error)
    except BrisaError as error:
        _failed(result, HTTPException(400, str(error)))


def _failed(result: BulkActionResponse, error: HTTPException) -> None:
    result.errors.append({"error": str(error.detail), "status_code": error.status_code})


def _said(one: Instance) -> str:
    return f"{one.run.dag_id}.{one.run.run_id}.{one.key.task_id}[{one.key.map_index}]"


def _chosen(found: Sequence[Instance]) -> Chosen:
    return Chosen(found[0].run.key, tuple(one.name for one in found), tuple(one.state.value for one in found))


def _annotate(backend: Backend, key: RunKey, names: Sequence[str], note: str | None) -> None:
    service = TaskInstances(backend.store, backend.runs)
    every = every_name(service.run(key), names)
    _done(lambda: service.annotate(key, every, note))


def _done(work: Callable[[], T]) -> T:
    try:
        return work()
    except (ClearingError, MarkerError, NoteError) as error:
        raise HTTPException(400, str(error)) from error


def _busy(backend: Backend, chosen: Sequence[Chosen]) -> bool:
    shown, _ = first_of(TaskInstances(backend.store, backend.runs), chosen, _LISTED)
    return any(one.state in _BUSY for one in shown)


def _told(backend: Backend, chosen: Sequence[Chosen]) -> TaskInstanceCollectionResponse:
    shown, total = first_of(TaskInstances(backend.store, backend.runs), chosen, _LISTED)
    return TaskInstanceCollectionResponse(task_instances=[view(one) for one in shown], total_entries=total)
