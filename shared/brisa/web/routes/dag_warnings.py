"""What is suspicious about DAGs: tasks that name a pool that there is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from brisa.model.access import Permission
from brisa.ports.store import StateStore
from brisa.web.backend import Uses
from brisa.web.dags import summary_of
from brisa.web.paging import Limit, Offset, in_order, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.dags import DAGWarningCollectionResponse, DAGWarningResponse, DagWarningType
from brisa.web.times import moment

router = routes("DagWarning")
_KEYS: Mapping[str, Callable[[DAGWarningResponse], Any]] = {
    "dag_id": lambda one: one.dag_id,
    "warning_type": lambda one: one.warning_type.value,
    "message": lambda one: one.message,
    "timestamp": lambda one: one.timestamp,
}


@router.get("/dagWarnings", dependencies=[needs(Permission.READ_DAGS)], responses=problems(400))
def list_dag_warnings(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    dag_id: str | None = None,
    warning_type: DagWarningType | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> DAGWarningCollectionResponse:
    """Warnings about DAGs whose files are there."""
    found = [
        one
        for one in _warnings(backend.store)
        if dag_id in (None, one.dag_id) and warning_type in (None, one.warning_type)
    ]
    shown = page(in_order(found, order_by, _KEYS, "dag_id"), limit, offset)
    return DAGWarningCollectionResponse(dag_warnings=list(shown), total_entries=len(found))


def _warnings(store: StateStore) -> Iterator[DAGWarningResponse]:
    pools = {found.record.name for found in store.pools()}
    for stored in store.dags():
        dag = stored.record
        if not dag.active:
            continue
        summary = summary_of(store, dag)
        missing = sorted(set(summary.pools) - pools)
        if missing:
            yield DAGWarningResponse(
                dag_id=dag.dag_id,
                warning_type=DagWarningType.NON_EXISTENT_POOL,
                message=f"Dag '{dag.dag_id}' references non-existent pools: {missing}",
                timestamp=moment(dag.updated_at),
                dag_display_name=summary.display_name or dag.dag_id,
            )
