"""Versions of DAGs: each change of a DAG's file makes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.web.backend import Uses
from brisa.web.constants import BUNDLE_NAME, EVERYTHING
from brisa.web.dags import known_dag
from brisa.web.paging import Limit, Offset, in_order, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.dags import DAGVersionCollectionResponse
from brisa.web.schemas.versions import DagVersionResponse
from brisa.web.versions import versions_of

router = routes("DagVersion")
_READ = needs(Permission.READ_DAGS)
_KEYS: Mapping[str, Callable[[DagVersionResponse], Any]] = {
    "id": lambda one: one.created_at,
    "version_number": lambda one: one.version_number,
    "bundle_name": lambda one: one.bundle_name,
    "bundle_version": lambda one: one.bundle_version,
}


@router.get("/dags/{dag_id}/dagVersions", dependencies=[_READ], responses=problems(400, 404))
def get_dag_versions(
    dag_id: str,
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    version_number: int | None = None,
    bundle_name: str | None = None,
    bundle_version: str | None = None,
) -> DAGVersionCollectionResponse:
    """The versions of a DAG, or (``~``) of all; by ``id``, as without an order, they come by age."""
    if dag_id == EVERYTHING:
        dags = {one.record.dag_id: one.record for one in backend.store.dags() if not one.record.deleting}
    else:
        dags = {dag_id: known_dag(backend.store, dag_id)}
    found = [
        one
        for one in versions_of(backend.store, dags).values()
        if version_number in (None, one.version_number) and bundle_name in (None, BUNDLE_NAME) and not bundle_version
    ]
    shown = page(in_order(found, order_by, _KEYS, "id"), limit, offset)
    return DAGVersionCollectionResponse(dag_versions=list(shown), total_entries=len(found))


@router.get("/dags/{dag_id}/dagVersions/{version_number}", dependencies=[_READ], responses=problems(404))
def get_dag_version(dag_id: str, version_number: int, backend: Uses) -> DagVersionResponse:
    """One version."""
    stored = backend.store.dag(dag_id)
    for one in versions_of(backend.store, {dag_id: None if stored is None else stored.record}).values():
        if one.version_number == version_number:
            return one
    raise NotFoundError(f"The DagVersion with dag_id: `{dag_id}` and version_number: `{version_number}` was not found")
