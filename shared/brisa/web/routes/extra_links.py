"""Links that operators offer to pages elsewhere. Their addresses are XComs, which attempts push when they end."""

from __future__ import annotations

from collections.abc import Mapping

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.run import UNMAPPED, RunKey, TaskKey
from brisa.services.task_instances import TaskInstances
from brisa.services.xcom_entries import XComEntries
from brisa.web.backend import Uses
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.task_instances import ExtraLinkCollectionResponse

router = routes("Extra Links")


@router.get(
    "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links",
    dependencies=[needs(Permission.READ_RUNS)],
    responses=problems(404),
    tags=["Task Instance"],
)
def get_extra_links(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    backend: Uses,
    map_index: int = UNMAPPED,
    try_number: int | None = None,
) -> ExtraLinkCollectionResponse:
    """The links of a task instance: those of its last attempt, or of a try's. One without an address is left out, as
    Airflow's client can't read it."""
    key = TaskKey(task_id, map_index)
    one = TaskInstances(backend.store, backend.runs).one(RunKey(dag_id, dag_run_id), key)
    if one is None or one.key != key:
        raise NotFoundError("TaskInstance not found")
    declared = one.task.display.get("extra_links")
    names = declared if isinstance(declared, Mapping) else {}
    entries = XComEntries(backend.store, backend.blobs, backend.clock)
    found: dict[str, str | None] = {}
    for name, xcom_key in names.items():
        entry = entries.get(one, str(xcom_key), try_number)
        value = None if entry is None else entries.value(entry)
        if isinstance(value, str):
            found[name] = value
    return ExtraLinkCollectionResponse(extra_links=found, total_entries=len(found))
