"""Task instances: of one run, of the latest runs, their tries, and why they do not run yet.

Without a run (``~``) the latest runs alone are looked through: see
:data:`brisa.services.task_instances.LATEST_RUNS`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Query

from brisa.engine.reasons import reasons
from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.run import UNMAPPED, Run, RunKey, TaskKey
from brisa.model.spec import DagSpec
from brisa.model.states import TaskState
from brisa.ports.search import Bound, RunSearch
from brisa.services.task_instances import Instance, TaskInstances
from brisa.web.backend import Backend, Uses
from brisa.web.filters import Moment, Predicate, alike, among, passing, spans
from brisa.web.instances import present_view, state_of, try_view, view
from brisa.web.paging import Limit, Offset, in_order, listed, page, page_size, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import READS_ONLY, problems, routes
from brisa.web.schemas.task_instances import (
    SORTED_BY,
    TaskDependencyCollectionResponse,
    TaskDependencyResponse,
    TaskInstanceCollectionResponse,
    TaskInstanceHistoryCollectionResponse,
    TaskInstanceHistoryResponse,
    TaskInstanceResponse,
    TaskInstancesBatchBody,
    TaskInstanceState,
)
from brisa.web.times import moment

router = routes("Task Instance")
_READ = needs(Permission.READ_RUNS)
ANY = "~"
_DAG = "/dags/{dag_id}"
_RUN = f"{_DAG}/dagRuns/{{dag_run_id}}"
_TASK = f"{_RUN}/taskInstances/{{task_id}}"
_INSTANCE = f"{_TASK}/{{map_index:index}}"
_NO_STATE = ("none", "no_status")
_COUNTED = 50_000
"""Airflow's ``total_entries_limit`` of pages that are found by a cursor; here all are counted."""
_MOST_PAIRS = 1000
"""Runs that a search which names DAGs and runs reads."""
_KEYS: Mapping[str, Callable[[Instance], Any]] = {
    "state": lambda one: state_of(one.state),
    "duration": lambda one: one.duration,
    "start_date": lambda one: one.started_at,
    "end_date": lambda one: one.entry.ended_at,
    "map_index": lambda one: one.key.map_index,
    "try_number": lambda one: one.try_number,
    "logical_date": lambda one: one.run.logical_date,
    "run_after": lambda one: one.run.run_after,
    "data_interval_start": lambda one: one.run.data_interval_start,
    "data_interval_end": lambda one: one.run.data_interval_end,
    "rendered_map_index": lambda one: one.key.map_index,
    "operator": lambda one: one.task.operator,
}
_SPANS: Mapping[str, Callable[[Instance], Any]] = {
    "run_after": lambda one: moment(one.run.run_after),
    "logical_date": lambda one: one.run.logical_date,
    "start_date": lambda one: moment(one.started_at),
    "end_date": lambda one: moment(one.entry.ended_at),
    "duration": lambda one: one.duration,
}
_TEXTS: Mapping[str, Callable[[Instance], str]] = {
    "pool_name": lambda one: one.task.pool,
    "queue_name": lambda one: one.task.queue,
    "operator_name": lambda one: one.task.operator,
    "rendered_map_index": lambda one: str(one.key.map_index) if one.key.map_index >= 0 else "",
}
_NAMES: Mapping[str, Callable[[Instance], str]] = {
    "task_display_name": lambda one: str(one.task.display.get("display_name", one.key.task_id)),
    "dag_id": lambda one: one.run.dag_id,
    "run_id": lambda one: one.run.run_id,
}
_PLACES: Mapping[str, Callable[[Instance], Any]] = {
    "pool": lambda one: one.task.pool,
    "queue": lambda one: one.task.queue,
    "executor": lambda one: one.task.display.get("executor"),
}
_VALUES: Mapping[str, Callable[[Instance], Any]] = {
    **_PLACES,
    "try_number": lambda one: one.try_number,
    "operator": lambda one: one.task.operator,
    "map_index": lambda one: one.key.map_index,
}
_LISTED: Mapping[str, Callable[[Instance], Any]] = {
    **_PLACES,
    "dag_run_ids": lambda one: one.run.run_id,
    "task_ids": lambda one: one.key.task_id,
}
Texts = Annotated[list[str], Query(default_factory=list)]
Numbers = Annotated[list[int], Query(default_factory=list)]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the lists of task instances may be narrowed to. Times that are not there pass those of ``start_date`` and
    ``end_date``, as in Airflow; the time of the last change is not known, and each passes ``updated_at``."""

    run_after_gte: Moment | None = None
    run_after_gt: Moment | None = None
    run_after_lte: Moment | None = None
    run_after_lt: Moment | None = None
    logical_date_gte: Moment | None = None
    logical_date_gt: Moment | None = None
    logical_date_lte: Moment | None = None
    logical_date_lt: Moment | None = None
    start_date_gte: Moment | None = None
    start_date_gt: Moment | None = None
    start_date_lte: Moment | None = None
    start_date_lt: Moment | None = None
    end_date_gte: Moment | None = None
    end_date_gt: Moment | None = None
    end_date_lte: Moment | None = None
    end_date_lt: Moment | None = None
    updated_at_gte: Moment | None = None
    updated_at_gt: Moment | None = None
    updated_at_lte: Moment | None = None
    updated_at_lt: Moment | None = None
    duration_gte: float | None = None
    duration_gt: float | None = None
    duration_lte: float | None = None
    duration_lt: float | None = None
    state: Annotated[list[str], listed(*TaskInstanceState, *_NO_STATE)]
    pool: Texts
    pool_name_pattern: str | None = None
    pool_name_prefix_pattern: str | None = None
    queue: Texts
    queue_name_pattern: str | None = None
    queue_name_prefix_pattern: str | None = None
    executor: Texts
    version_number: Numbers
    try_number: Numbers
    operator: Texts
    operator_name_pattern: str | None = None
    operator_name_prefix_pattern: str | None = None
    map_index: Numbers
    rendered_map_index_pattern: str | None = None
    rendered_map_index_prefix_pattern: str | None = None

    def check(self) -> None:
        """422 for a state that there is not, as Airflow."""
        known = [state.value for state in TaskInstanceState]
        if any(state not in (*known, *_NO_STATE) for state in self.state):
            raise HTTPException(422, f"Invalid value for state. Valid values are {', '.join(known)}")

    def predicates(self) -> Iterator[Predicate[Instance]]:
        """Each filter that is asked for."""
        states = frozenset(None if state in _NO_STATE else state for state in self.state)
        if states:
            yield lambda one: state_of(one.state) in states
        yield from among(self, _VALUES)
        yield from alike(self, _TEXTS)
        yield from spans(self, _SPANS, absent=("start_date", "end_date"))


Narrowed = Annotated[Filters, Depends()]


@dataclass(frozen=True, kw_only=True)
class Names:
    """By which names of DAGs, runs, tasks and groups."""

    task_id: str | None = None
    task_display_name_pattern: str | None = None
    task_display_name_prefix_pattern: str | None = None
    task_group_id: str | None = None
    dag_id_pattern: str | None = None
    dag_id_prefix_pattern: str | None = None
    run_id_pattern: str | None = None
    run_id_prefix_pattern: str | None = None

    def predicates(self) -> Iterator[Predicate[Instance]]:
        """Each filter that is asked for; of groups see :func:`_group`."""
        if self.task_id is not None:
            yield lambda one: one.key.task_id == self.task_id
        yield from alike(self, _NAMES)


@router.get(f"{_RUN}/taskInstances", dependencies=[_READ], responses=problems(400, 404))
def get_task_instances(
    dag_id: str,
    dag_run_id: str,
    backend: Uses,
    narrowed: Narrowed,
    names: Annotated[Names, Depends()],
    order_by: Annotated[list[str], sorted_by(SORTED_BY)],
    cursor: str | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> TaskInstanceCollectionResponse:
    """Task instances of a run; with ``~`` of the latest runs of a DAG, or of all DAGs."""
    narrowed.check()
    every = instances_of(backend, dag_id, dag_run_id, narrowed)
    found = passing(every, names.predicates(), narrowed.predicates())
    if names.task_group_id is not None:
        found = _group(found, names.task_group_id, every)
    return _page(found, order_by, cursor, limit, offset)


@router.get(f"{_TASK}/listMapped", dependencies=[_READ], responses=problems(404))
def get_mapped_task_instances(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    backend: Uses,
    narrowed: Narrowed,
    order_by: Annotated[list[str], sorted_by(SORTED_BY)],
    limit: Limit = 50,
    offset: Offset = 0,
) -> TaskInstanceCollectionResponse:
    """The instances of a mapped task."""
    narrowed.check()
    run = TaskInstances(backend.store, backend.runs).run(RunKey(dag_id, dag_run_id))
    task = backend.runs.spec(run).by_id.get(task_id)
    if task is None:
        raise NotFoundError(f"Task id {task_id} not found")
    if not task.is_mapped:
        raise NotFoundError(f"Task id {task_id} is not mapped")
    found = [one for one in _of(backend, run) if one.key.task_id == task_id and one.key.map_index >= 0]
    return _page(passing(found, narrowed.predicates()), order_by, None, limit, offset)


@router.get(_TASK, dependencies=[_READ], responses=problems(404))
def get_task_instance(dag_id: str, dag_run_id: str, task_id: str, backend: Uses) -> TaskInstanceResponse:
    """One task instance, of a task that is not mapped."""
    service = TaskInstances(backend.store, backend.runs)
    one = service.one(RunKey(dag_id, dag_run_id), TaskKey(task_id))
    if one is None or one.key != TaskKey(task_id):
        if one is not None:
            raise NotFoundError("Task instance is mapped, add the map_index value to the URL")
        raise NotFoundError(
            f"The Task Instance with dag_id: `{dag_id}`, run_id: `{dag_run_id}` and task_id: `{task_id}` was not found"
        )
    return view(one, service.attempt(one))


@router.get(f"{_TASK}/dependencies", dependencies=[_READ], responses=problems(404))
def get_task_instance_dependencies(
    dag_id: str, dag_run_id: str, task_id: str, backend: Uses, map_index: int = UNMAPPED
) -> TaskDependencyCollectionResponse:
    """Why a task instance does not run yet."""
    one = known(backend, dag_id, dag_run_id, task_id, map_index)
    stored = backend.store.dag(dag_id)
    paused = stored is not None and stored.record.paused
    held = reasons(one.run, one.spec, one.name, paused=paused, now=backend.clock.now())
    return TaskDependencyCollectionResponse(
        dependencies=[TaskDependencyResponse(name=reason.name, reason=reason.text) for reason in held]
    )


@router.get(f"{_TASK}/tries", dependencies=[_READ], responses=problems(404))
def get_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, backend: Uses, map_index: int = UNMAPPED
) -> TaskInstanceHistoryCollectionResponse:
    """The tries of a task instance, the present one last."""
    tries = _tries(backend, known(backend, dag_id, dag_run_id, task_id, map_index))
    return TaskInstanceHistoryCollectionResponse(task_instances=tries, total_entries=len(tries))


@router.get(f"{_TASK}/tries/{{task_try_number}}", dependencies=[_READ], responses=problems(404))
def get_task_instance_try_details(
    dag_id: str, dag_run_id: str, task_id: str, task_try_number: int, backend: Uses, map_index: int = UNMAPPED
) -> TaskInstanceHistoryResponse:
    """One try; of two of the same number the present one."""
    tries = _tries(backend, known(backend, dag_id, dag_run_id, task_id, map_index))
    found = [one for one in tries if one.try_number == task_try_number]
    if not found:
        raise NotFoundError(
            f"The Task Instance with dag_id: `{dag_id}`, run_id: `{dag_run_id}`, task_id: `{task_id}`, "
            f"try_number: `{task_try_number}` and map_index: `{map_index}` was not found"
        )
    return found[-1]


@router.get(_INSTANCE, dependencies=[_READ], responses=problems(404))
def get_mapped_task_instance(
    dag_id: str, dag_run_id: str, task_id: str, map_index: int, backend: Uses
) -> TaskInstanceResponse:
    """One instance of a mapped task."""
    service = TaskInstances(backend.store, backend.runs)
    one = service.one(RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index))
    if one is None or one.key.map_index != map_index:
        raise NotFoundError(
            f"The Mapped Task Instance with dag_id: `{dag_id}`, run_id: `{dag_run_id}`, task_id: `{task_id}`, "
            f"and map_index: `{map_index}` was not found"
        )
    return view(one, service.attempt(one))


@router.get(f"{_INSTANCE}/dependencies", dependencies=[_READ], responses=problems(404))
def get_task_instance_dependencies_by_map_index(
    dag_id: str, dag_run_id: str, task_id: str, map_index: int, backend: Uses
) -> TaskDependencyCollectionResponse:
    """Why an instance of a mapped task does not run yet."""
    return get_task_instance_dependencies(dag_id, dag_run_id, task_id, backend, map_index)


@router.get(f"{_INSTANCE}/tries", dependencies=[_READ], responses=problems(404))
def get_mapped_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, map_index: int, backend: Uses
) -> TaskInstanceHistoryCollectionResponse:
    """The tries of an instance of a mapped task, the present one last."""
    return get_task_instance_tries(dag_id, dag_run_id, task_id, backend, map_index)


@router.get(f"{_INSTANCE}/tries/{{task_try_number}}", dependencies=[_READ], responses=problems(404))
def get_mapped_task_instance_try_details(
    dag_id: str, dag_run_id: str, task_id: str, map_index: int, task_try_number: int, backend: Uses
) -> TaskInstanceHistoryResponse:
    """One try of an instance of a mapped task."""
    return get_task_instance_try_details(dag_id, dag_run_id, task_id, task_try_number, backend, map_index)


@router.post(f"{_RUN}/taskInstances/list", dependencies=[_READ], responses=problems(400, 404), openapi_extra=READS_ONLY)
def get_task_instances_batch(
    dag_id: Literal["~"], dag_run_id: Literal["~"], body: TaskInstancesBatchBody, backend: Uses
) -> TaskInstanceCollectionResponse:
    """Task instances of several DAGs and runs; where not both are named, of the latest runs."""
    found = passing(
        TaskInstances(backend.store, backend.runs).of_runs(_named_runs(backend, body)),
        among(body, _LISTED),
        [lambda one: state_of(one.state) in body.state] if body.state else [],  # type: ignore[operator]
        spans(body, _SPANS),
    )
    order = [body.order_by] if body.order_by else []
    return _page(found, order, None, body.page_limit, body.page_offset)


def instances_of(backend: Backend, dag_id: str, dag_run_id: str, limits: object) -> list[Instance]:
    """The task instances of a run, or of the latest ones whose dates ``limits`` let through; 404 where there is no such
    DAG or run."""
    service = TaskInstances(backend.store, backend.runs)
    if dag_run_id != ANY:
        if dag_id == ANY:
            raise HTTPException(400, "dag_id is required when dag_run_id is specified")
        return service.of_runs([service.run(RunKey(dag_id, dag_run_id))])
    if dag_id != ANY and backend.store.dag(dag_id) is None:
        raise NotFoundError(f"The Dag with ID: `{dag_id}` was not found")
    return service.of_runs(service.latest_runs(_search(() if dag_id == ANY else (dag_id,), limits)))


def known(backend: Backend, dag_id: str, dag_run_id: str, task_id: str, map_index: int) -> Instance:
    """One task instance; 404 if there is none."""
    key = TaskKey(task_id, map_index)
    one = TaskInstances(backend.store, backend.runs).one(RunKey(dag_id, dag_run_id), key)
    if one is None or one.key != key:
        raise NotFoundError(
            f"The Task Instance with dag_id: `{dag_id}`, run_id: `{dag_run_id}`, task_id: `{task_id}` "
            f"and map_index: `{map_index}` was not found"
        )
    return one


def in_group(spec: DagSpec, group_id: str) -> list[str]:
    """Ids of the tasks in a task group, or in groups within it."""
    parents = {group.group_id: group.parent for group in spec.groups}

    def within_it(inner: str) -> bool:
        return inner == group_id or (inner in parents and within_it(parents[inner]))

    return [task.task_id for task in spec.tasks if within_it(task.group_id)]


def _of(backend: Backend, run: Run) -> list[Instance]:
    return TaskInstances(backend.store, backend.runs).of_runs([run])


def _named_runs(backend: Backend, body: TaskInstancesBatchBody) -> Sequence[Run]:
    dags, runs = body.dag_ids or [], body.dag_run_ids or []
    if 0 < len(dags) * len(runs) <= _MOST_PAIRS:
        read = [backend.store.run(RunKey(dag_id, run_id)) for dag_id in dict.fromkeys(dags) for run_id in set(runs)]
        return sorted((stored.record for stored in read if stored is not None), key=lambda run: run.run_after)
    return TaskInstances(backend.store, backend.runs).latest_runs(_search(tuple(dags), body))


def _search(dag_ids: tuple[str, ...], limits: object) -> RunSearch:
    bounds = [
        Bound(field, operator, value.timestamp())
        for field in ("run_after", "logical_date")
        for name, operator in (("gte", ">="), ("gt", ">"), ("lte", "<="), ("lt", "<"))
        if (value := getattr(limits, f"{field}_{name}")) is not None
    ]
    return RunSearch(dag_ids=dag_ids, bounds=tuple(bounds))


def _tries(backend: Backend, one: Instance) -> list[TaskInstanceHistoryResponse]:
    service = TaskInstances(backend.store, backend.runs)
    tries = [try_view(each) for each in service.tries(one)]
    if one.state is TaskState.UP_FOR_RETRY:  # its last try is over, the next has not begun
        return tries
    return [*tries, present_view(one, service.attempt(one))]


def _group(found: Sequence[Instance], group_id: str, every: Sequence[Instance]) -> list[Instance]:
    specs = {id(one.spec): one.spec for one in every}
    tasks = {key: set(in_group(spec, group_id)) for key, spec in specs.items()}
    if not any(group.group_id == group_id for spec in specs.values() for group in spec.groups):
        raise HTTPException(404, {"reason": "not_found", "message": f"Task group {group_id} not found"})
    return [one for one in found if one.key.task_id in tasks[id(one.spec)]]


def _page(
    found: Sequence[Instance], order_by: Sequence[str], cursor: str | None, limit: int, offset: int
) -> TaskInstanceCollectionResponse:
    keys = _KEYS
    if any(name.removeprefix("-") == "id" for name in order_by):
        place = {id(one): number for number, one in enumerate(found)}
        keys = {**_KEYS, "id": lambda one: place[id(one)]}
    ordered = in_order(found, order_by, keys, "map_index")
    if cursor is None:
        shown = page(ordered, limit, offset)
        return TaskInstanceCollectionResponse(task_instances=[view(one) for one in shown], total_entries=len(found))
    first = _first(ordered, cursor, limit)
    shown = page(ordered, limit, first)
    after = first + len(shown)
    return TaskInstanceCollectionResponse(
        task_instances=[view(one) for one in shown],
        total_entries=len(found),
        total_entries_limit=_COUNTED,
        next_cursor=_token(shown[-1]) if shown and after < len(ordered) else None,
        previous_cursor=f"~{_token(shown[0])}" if shown and first > 0 else None,
    )


def _token(one: Instance) -> str:
    return base64.urlsafe_b64encode(json.dumps([*one.run.key, one.name]).encode()).decode().rstrip("=")


def _first(ordered: Sequence[Instance], cursor: str, limit: int) -> int:
    """Where the page begins that a cursor asks for: after the instance that it names, or (``~``) before that."""
    if not cursor:
        return 0
    backwards = cursor.startswith("~")
    token = cursor.removeprefix("~")
    try:
        named = json.loads(base64.b64decode(f"{token}{'=' * (-len(token) % 4)}", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        named = None
    for number, one in enumerate(ordered):
        if [*one.run.key, one.name] == named:
            return max(0, number - page_size(limit)) if backwards else number + 1
    raise HTTPException(400, "Invalid cursor token")
