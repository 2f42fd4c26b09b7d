"""What has changed, for pages that show what is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from brisa.model.access import Permission
from brisa.services.changes import Part
from brisa.web.backend import Uses
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.overview import ChangedRun, ChangesQuery, ChangesResponse

router = routes("Overview")


@router.get("/changes", dependencies=[needs(Permission.READ_RUNS)], responses=problems())
def get_changes(backend: Uses, query: Annotated[ChangesQuery, Query()]) -> ChangesResponse:
    """What has changed since the cursor of an earlier answer, as soon as something has; without a cursor, one to begin
    with. Whoever asks again and again sees all changes within a second."""
    change = backend.changes.wait(query.since, query.wait)
    return ChangesResponse(
        cursor=change.cursor,
        reset=change.reset,
        again=backend.changes.again,
        now=datetime.fromtimestamp(backend.clock.now(), UTC),
        dags=list(change.dags),
        runs=[ChangedRun(dag_id=run.dag_id, dag_run_id=run.run_id) for run in change.runs],
        import_errors=Part.IMPORT_ERRORS in change.parts,
        actions=Part.ACTIONS in change.parts,
    )
