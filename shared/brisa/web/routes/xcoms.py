"""XComs: what task instances have pushed, and what people give them.

Without a run (``~``) those of the latest runs alone are looked through, and no more than
:data:`brisa.services.xcom_entries.MOST_READ` task instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, HTTPException

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.run import UNMAPPED, RunKey, TaskKey
from brisa.runtime.xcom_values import TAG, from_json, plain, to_json
from brisa.services.task_instances import Instance, TaskInstances
from brisa.services.xcom_entries import Entry, XComEntries, XComError, XComExistsError
from brisa.web.backend import Backend, Uses
from brisa.web.filters import Moment, Predicate, alike, passing, spans
from brisa.web.paging import Limit, Offset, in_order, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routes.task_instances import ANY, instances_of
from brisa.web.routing import problems, routes
from brisa.web.schemas.base import plain_json
from brisa.web.schemas.xcoms import (
    XComCollectionResponse,
    XComCreateBody,
    XComResponse,
    XComResponseNative,
    XComResponseString,
    XComUpdateBody,
)
from brisa.web.times import moment

router = routes("XCom")
_READ, _EDIT = needs(Permission.READ_XCOMS), needs(Permission.EDIT_XCOMS)
_ALL = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries"
_ONE = f"{_ALL}/{{xcom_key:path}}"
_ORDER = ("dag_id", "task_id", "run_id", "map_index", "key")
_KEYS: Mapping[str, Callable[[Entry], Any]] = {
    "dag_id": lambda entry: entry.instance.run.dag_id,
    "task_id": lambda entry: entry.instance.key.task_id,
    "run_id": lambda entry: entry.instance.run.run_id,
    "map_index": lambda entry: entry.instance.key.map_index,
    "key": lambda entry: entry.key,
    "timestamp": lambda entry: entry.at,
    "run_after": lambda entry: entry.instance.run.run_after,
}


_TEXTS: Mapping[str, Callable[[Instance], str]] = {
    "dag_display_name": lambda one: str(one.spec.display.get("display_name", one.spec.dag_id)),
    "run_id": lambda one: one.run.run_id,
    "task_id": lambda one: one.key.task_id,
}
_SPANS: Mapping[str, Callable[[Instance], Any]] = {
    "logical_date": lambda one: one.run.logical_date,
    "run_after": lambda one: moment(one.run.run_after),
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the list may be narrowed to."""

    xcom_key: str | None = None
    map_index: int | None = None
    map_index_filter: int | None = None
    xcom_key_pattern: str | None = None
    xcom_key_prefix_pattern: str | None = None
    dag_display_name_pattern: str | None = None
    dag_display_name_prefix_pattern: str | None = None
    run_id_pattern: str | None = None
    run_id_prefix_pattern: str | None = None
    task_id_pattern: str | None = None
    task_id_prefix_pattern: str | None = None
    logical_date_gte: Moment | None = None
    logical_date_gt: Moment | None = None
    logical_date_lte: Moment | None = None
    logical_date_lt: Moment | None = None
    run_after_gte: Moment | None = None
    run_after_gt: Moment | None = None
    run_after_lte: Moment | None = None
    run_after_lt: Moment | None = None

    def of_instances(self) -> Iterator[Predicate[Instance]]:
        """What is asked for of the task instances that have them."""
        for index in (self.map_index, self.map_index_filter):
            if index is not None:
                yield partial(_has_index, index)
        yield from alike(self, _TEXTS)
        yield from spans(self, _SPANS)

    def of_entries(self) -> Iterator[Predicate[Entry]]:
        """What is asked for of themselves."""
        if self.xcom_key is not None:
            yield lambda entry: entry.key == self.xcom_key
        yield from alike(self, {"xcom_key": lambda entry: entry.key})


@router.get(_ALL, dependencies=[_READ], responses=problems(400, 404))
def get_xcom_entries(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    backend: Uses,
    narrowed: Annotated[Filters, Depends()],
    order_by: Annotated[list[str], sorted_by(_KEYS, _ORDER)],
    limit: Limit = 50,
    offset: Offset = 0,
) -> XComCollectionResponse:
    """XComs of a task instance, without their values; with ``~`` those of any task, or of the latest runs."""
    try:
        every = instances_of(backend, dag_id, dag_run_id, narrowed)
    except NotFoundError:
        every = []  # Airflow asks for no such run, or DAG, to be there
    own = [one for one in every if task_id in (ANY, one.key.task_id)]
    found = passing(_service(backend).of(passing(own, narrowed.of_instances())), narrowed.of_entries())
    shown = page(in_order(found, order_by, _KEYS, "key"), limit, offset)
    return XComCollectionResponse(xcom_entries=[_view(entry) for entry in shown], total_entries=len(found))


@router.get(
    _ONE,
    dependencies=[_READ],
    responses=problems(400, 404),
    response_model=XComResponseNative | XComResponseString,
)
def get_xcom_entry(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    xcom_key: str,
    backend: Uses,
    map_index: int = UNMAPPED,
    deserialize: bool = False,
    stringify: bool = False,
) -> XComResponseNative | XComResponseString:
    """One XCom with its value: as JSON, in which times and the like are text; or (``stringify``) as the text that
    Python has for it. ``deserialize`` makes no other, as nothing that the value names is ever imported or called."""
    key = TaskKey(task_id, map_index)
    one = _instance(backend, RunKey(dag_id, dag_run_id), key)
    entry = None if one is None else _service(backend).get(one, xcom_key)
    if entry is None:
        raise NotFoundError(f"XCom entry with key: `{xcom_key}` not found")
    value = _service(backend).value(entry)
    if stringify:
        text = None if value is None else str(from_json(value)).encode(errors="backslashreplace").decode()
        return XComResponseString(value=text, **_view(entry).model_dump())
    try:
        return XComResponseNative(value=plain_json(plain(value)), **_view(entry).model_dump())
    except ValueError as error:
        raise HTTPException(400, "This value can't be sent as JSON; ask for it with 'stringify'") from error


@router.post(_ALL, status_code=201, dependencies=[_EDIT], responses=problems(400, 404, 409))
def create_xcom_entry(
    dag_id: str, dag_run_id: str, task_id: str, body: XComCreateBody, backend: Uses
) -> XComResponseNative:
    """Give a task instance an XCom. 409 while its attempt is under way, which writes its own."""
    stored = backend.store.dag(dag_id)
    if stored is None:
        raise NotFoundError(f"The Dag with ID: `{dag_id}` was not found")
    run = backend.store.run(RunKey(dag_id, dag_run_id))
    spec = backend.runs.version(dag_id, stored.record.version).spec if run is None else backend.runs.spec(run.record)
    if task_id not in spec.by_id:
        raise NotFoundError(f"Task with ID: `{task_id}` not found in dag: `{dag_id}`")
    if run is None:
        raise NotFoundError(f"Dag Run with ID: `{dag_run_id}` not found for dag: `{dag_id}`")
    one = _instance(backend, run.record.key, TaskKey(task_id, body.map_index))
    if one is None:
        raise NotFoundError(f"Task with ID: `{task_id}` has no instance with map_index: `{body.map_index}`")
    found = one
    return _written(backend, lambda service, value: service.create(found, body.key, value), body.value)


@router.patch(_ONE, dependencies=[_EDIT], responses=problems(400, 404, 409))
def update_xcom_entry(
    dag_id: str, dag_run_id: str, task_id: str, xcom_key: str, body: XComUpdateBody, backend: Uses
) -> XComResponseNative:
    """Give an XCom another value."""
    one = _known(backend, RunKey(dag_id, dag_run_id), TaskKey(task_id, body.map_index), xcom_key)
    return _written(backend, lambda service, value: service.update(one, xcom_key, value), body.value)


@router.delete(_ONE, status_code=204, dependencies=[_EDIT], responses=problems(400, 404, 409))
def delete_xcom_entry(
    dag_id: str, dag_run_id: str, task_id: str, xcom_key: str, backend: Uses, map_index: int = UNMAPPED
) -> None:
    """Remove an XCom."""
    one = _known(backend, RunKey(dag_id, dag_run_id), TaskKey(task_id, map_index), xcom_key)
    _done(lambda: _service(backend).delete(one, xcom_key))


def _has_index(index: int, one: Instance) -> bool:
    return one.key.map_index == index


def _service(backend: Backend) -> XComEntries:
    return XComEntries(backend.store, backend.blobs, backend.clock)


def _instance(backend: Backend, run: RunKey, key: TaskKey) -> Instance | None:
    one = TaskInstances(backend.store, backend.runs).one(run, key)
    return one if one is not None and one.key == key else None


def _known(backend: Backend, run: RunKey, key: TaskKey, xcom_key: str) -> Instance:
    one = _instance(backend, run, key)
    if one is None:
        raise NotFoundError(f"The XCom with key: `{xcom_key}` with mentioned task instance doesn't exist.")
    return one


def _written(backend: Backend, write: Callable[[XComEntries, Any], Entry], value: Any) -> XComResponseNative:
    """A person's JSON stands for what it is: a dict with brisa's own tag is one with that key."""
    stored = to_json(value) if _tagged(value) else value
    entry = _done(lambda: write(_service(backend), stored))
    return XComResponseNative(value=plain(stored), **_view(entry).model_dump())


def _tagged(value: Any) -> bool:
    if isinstance(value, dict):
        return TAG in value or any(map(_tagged, value.values()))
    return isinstance(value, list) and any(map(_tagged, value))


def _done(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (XComError, XComExistsError) as error:
        raise HTTPException(409, str(error)) from error


def _view(entry: Entry) -> XComResponse:
    one = entry.instance
    return XComResponse(
        key=entry.key,
        timestamp=moment(entry.at),
        logical_date=one.run.logical_date,
        map_index=one.key.map_index,
        task_id=one.key.task_id,
        dag_id=one.run.dag_id,
        run_id=one.run.run_id,
        dag_display_name=str(one.spec.display.get("display_name", one.spec.dag_id)),
        task_display_name=str(one.task.display.get("display_name", one.key.task_id)),
        run_after=moment(one.run.run_after),
    )
