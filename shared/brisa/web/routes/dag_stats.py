"""How many runs DAGs have in each state."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from brisa.model.access import Permission
from brisa.model.states import RunState
from brisa.web.backend import Uses
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.dag_runs import DagRunState
from brisa.web.schemas.dags import DagStatsCollectionResponse, DagStatsResponse, DagStatsStateResponse
from brisa.web.versions import display_name

router = routes("DagStats")


@router.get("/dagStats", dependencies=[needs(Permission.READ_RUNS)], responses=problems(400, 404))
def get_dag_stats(
    backend: Uses, dag_ids: Annotated[list[str], Query(default_factory=list)]
) -> DagStatsCollectionResponse:
    """Of some DAGs, or of all; those without a run are left out.

    In Firestore, of all DAGs, the latest 1,000 runs are counted.
    """
    counts = backend.store.count_runs(list(dict.fromkeys(dag_ids)))
    found = sorted({dag_id for dag_id, _ in counts})
    dags = {stored.record.dag_id: stored.record for stored in backend.store.dags_of(found) if stored is not None}
    stats = [
        DagStatsResponse(
            dag_id=dag_id,
            dag_display_name=display_name(dags.get(dag_id), dag_id),
            stats=[
                DagStatsStateResponse(state=DagRunState(state.value), count=counts.get((dag_id, state), 0))
                for state in RunState
            ],
        )
        for dag_id in found
    ]
    return DagStatsCollectionResponse(dags=stats, total_entries=len(stats))
