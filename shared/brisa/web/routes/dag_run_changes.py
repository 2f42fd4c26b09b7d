"""What people do to runs: note, mark, clear, delete; alone or many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import HTTPException, Query, Request

from brisa.model.access import Permission
from brisa.model.run import Run, RunKey
from brisa.model.states import RunState
from brisa.ports.search import Bound, RunSearch, Text
from brisa.services.clearing import Chosen, Clearing, ClearingError, Selection, first_of
from brisa.services.deletion import DeletionError
from brisa.services.markers import MarkerError
from brisa.services.run_notes import annotate, forget_partition
from brisa.services.task_instances import TaskInstances
from brisa.web.backend import Backend, Uses
from brisa.web.bulk import Bulk, BulkBody, BulkDeleteAction
from brisa.web.constants import EVERYTHING
from brisa.web.dags import known_dag
from brisa.web.instances import view
from brisa.web.permissions import Asker, needs
from brisa.web.routes.dag_runs import known_run
from brisa.web.routing import problems, routes
from brisa.web.runs import run_view, run_views
from brisa.web.schemas.common import BulkResponse
from brisa.web.schemas.dag_runs import (
    BulkDAGRunBody,
    BulkDAGRunClearBody,
    ClearPartitionsBody,
    ClearPartitionsResponse,
    DAGRunClearBody,
    DAGRunCollectionResponse,
    DagRunMutableStates,
    DAGRunPatchBody,
    DAGRunResponse,
)
from brisa.web.schemas.task_instances import ClearTaskInstanceCollectionResponse, NewTaskResponse

router = routes("DagRun")
_EDIT, _DELETE = needs(Permission.EDIT_RUNS), needs(Permission.DELETE_RUNS)
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}"
_LISTED = 1000
"""Task instances that a rehearsal tells of; it says how many there are in all."""
_MOST_RUNS = 1000
"""Runs of a partition that one request is about."""
T = TypeVar("T")


@router.patch(_RUN, dependencies=[_EDIT], responses=problems(400, 404))
def patch_dag_run(
    dag_id: str,
    dag_run_id: str,
    body: DAGRunPatchBody,
    backend: Uses,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> DAGRunResponse:
    """Put a run in another state, or note something of it: what the body has, and of that only what ``update_mask``
    names. ``queued`` runs all of it again."""
    key = RunKey(dag_id, dag_run_id)
    known_run(backend, key)
    _patch(backend, key, body, update_mask)
    return run_view(backend.store, known_run(backend, key))


@router.delete(_RUN, status_code=204, dependencies=[_DELETE], responses=problems(400, 404, 409))
def delete_dag_run(dag_id: str, dag_run_id: str, backend: Uses) -> None:
    """Remove a run, its attempts, logs and XComs; 409 while it runs."""
    _delete(backend, RunKey(dag_id, dag_run_id))


@router.patch("/dags/{dag_id}/dagRuns", dependencies=[_EDIT], responses=problems())
def bulk_dag_runs(dag_id: str, body: BulkBody[BulkDAGRunBody], backend: Uses, asker: Asker) -> BulkResponse:
    """Change and remove several runs, of a DAG or (``~``) of those that each entry names. None are made."""
    keys: dict[str, RunKey] = {}

    def name(one: BulkDAGRunBody) -> str:
        key = RunKey(one.dag_id or dag_id, one.dag_run_id)
        keys[f"{key.dag_id}.{key.run_id}"] = key
        return f"{key.dag_id}.{key.run_id}"

    def known(told: str) -> RunKey:
        if keys[told].dag_id == EVERYTHING:
            raise HTTPException(
                400, f"When using wildcard in path, dag_id must be specified for dag_run_id: {keys[told].run_id}"
            )
        return keys[told]

    def delete(told: str) -> None:
        if not asker.role.may(Permission.DELETE_RUNS):
            raise HTTPException(403, "Forbidden")
        _delete(backend, known(told))

    def create(_: BulkDAGRunBody) -> None:
        raise HTTPException(405, "Dag Runs bulk create is not supported. Use the trigger Dag Run endpoint instead.")

    def update(one: BulkDAGRunBody, mask: list[str] | None) -> None:
        changes = {field: getattr(one, field) for field in one.model_fields_set & {"state", "note"}}
        _patch(backend, known(name(one)), DAGRunPatchBody(**changes), mask)

    for action in body.actions:
        if isinstance(action, BulkDeleteAction):
            entities = [BulkDAGRunBody(dag_run_id=one) if isinstance(one, str) else one for one in action.entities]
            action.entities = [*entities]
    return Bulk[BulkDAGRunBody](
        kind="Dag Run",
        name=name,
        # One whose DAG is not told is found out when its turn comes.
        exists=lambda told: keys[told].dag_id == EVERYTHING or backend.store.run(keys[told]) is not None,
        create=create,
        update=update,
        delete=delete,
    ).perform(body)


@router.post(f"{_RUN}/clear", dependencies=[_EDIT], responses=problems(400, 404))
def clear_dag_run(
    dag_id: str, dag_run_id: str, body: DAGRunClearBody, backend: Uses, request: Request
) -> ClearTaskInstanceCollectionResponse | DAGRunResponse:
    """Run a run again: all of its tasks that something has happened to, or those that have failed.

    A run keeps the version that it began with: 400 for ``run_on_latest_version`` where that is another, and for
    ``only_new`` where that has further tasks, unless it is a rehearsal.
    """
    request.state.unchanged = body.dry_run
    run = known_run(backend, RunKey(dag_id, dag_run_id))
    told = _clear(backend, [run], body)
    return told if told is not None else run_view(backend.store, known_run(backend, run.key))


@router.post("/dags/{dag_id}/clearDagRuns", dependencies=[_EDIT], responses=problems(400, 404))
def clear_dag_runs(
    dag_id: str, body: BulkDAGRunClearBody, backend: Uses, request: Request
) -> ClearTaskInstanceCollectionResponse | DAGRunCollectionResponse:
    """The same for several runs, of a DAG or (``~``) of several; or for those of a partition."""
    request.state.unchanged = body.dry_run
    if body.dag_runs:
        runs = [known_run(backend, key) for key in dict.fromkeys(_named(dag_id, one) for one in body.dag_runs)]
    else:
        runs = _of_partitions(backend, dag_id, body)
    told = _clear(backend, runs, body)
    if told is not None:
        return told
    cleared = [known_run(backend, run.key) for run in runs]
    return DAGRunCollectionResponse(dag_runs=run_views(backend.store, cleared), total_entries=len(cleared))


@router.post("/dags/{dag_id}/clearPartitions", dependencies=[_EDIT], responses=problems(400, 404))
def clear_dag_run_partitions(
    dag_id: str, body: ClearPartitionsBody, backend: Uses, request: Request
) -> ClearPartitionsResponse:
    """Take key and date of their partition from runs, so that others may have it; clear their tasks, too, if asked."""
    request.state.unchanged = body.dry_run
    known_dag(backend.store, dag_id)
    if body.run_id is None:
        found = _of_partitions(backend, dag_id, body)
    else:
        stored = backend.store.run(RunKey(dag_id, body.run_id))
        found = [] if stored is None else [stored.record]
    runs = [run for run in found if run.partition_key is not None or run.partition_date is not None]
    service = Clearing(backend.store, backend.runs)
    chosen = _done(lambda: service.to_clear(*(_all_of(run) for run in runs))) if body.clear_task_instances else []
    if not body.dry_run:
        service.clear(found=chosen)
        for run in runs:
            forget_partition(backend.store, run.key)
    return ClearPartitionsResponse(
        dag_runs_cleared=len(runs),
        task_instances_cleared=sum(len(one.names) for one in chosen),
        dry_run=body.dry_run,
    )


def _patch(backend: Backend, key: RunKey, body: DAGRunPatchBody, mask: Sequence[str] | None) -> None:
    wanted = body.model_fields_set & set(mask) if mask else body.model_fields_set
    if "state" in wanted and body.state is not None:
        service = Clearing(backend.store, backend.runs)
        if body.state is DagRunMutableStates.QUEUED:
            _done(lambda: service.clear(Selection(dag_id=key.dag_id, run_ids=(key.run_id,))))
        else:
            service.mark_run(key, RunState(body.state.value))
    if "note" in wanted:
        annotate(backend.store, key, body.note or "")


def _delete(backend: Backend, key: RunKey) -> None:
    """As in Airflow, one that is queued may go."""
    try:
        backend.deletion.delete_run(key, cancel=known_run(backend, key).state is RunState.QUEUED)
    except DeletionError as error:
        raise HTTPException(
            409,
            f"The DagRun with dag_id: `{key.dag_id}` and run_id: `{key.run_id}` cannot be deleted in running state",
        ) from error


def _named(dag_id: str, one: BulkDAGRunBody) -> RunKey:
    if dag_id == EVERYTHING and one.dag_id is None:
        raise HTTPException(
            400,
            "When the URL dag_id is '~', every entry must provide a concrete dag_id "
            f"(missing on dag_run_id: '{one.dag_run_id}').",
        )
    if dag_id != EVERYTHING and one.dag_id not in (None, dag_id):
        raise HTTPException(400, f"Entry dag_id '{one.dag_id}' does not match the URL dag_id '{dag_id}'.")
    return RunKey(one.dag_id or dag_id, one.dag_run_id)


def _of_partitions(backend: Backend, dag_id: str, body: BulkDAGRunClearBody | ClearPartitionsBody) -> list[Run]:
    """The runs of a partition, or of a span of partition dates."""
    if dag_id == EVERYTHING:
        raise HTTPException(400, "partitions are those of one Dag: its dag_id must be in the URL")
    known_dag(backend.store, dag_id)
    dates = ((">=", body.partition_date_start), ("<=", body.partition_date_end))
    search = RunSearch(
        dag_ids=(dag_id,),
        texts=(Text("partition_key", (body.partition_key,), prefix=True),) if body.partition_key is not None else (),
        bounds=tuple(Bound("partition_date", operator, date.timestamp()) for operator, date in dates if date),
        limit=_MOST_RUNS,
    )
    found = backend.store.find_runs(search)
    if found.total > _MOST_RUNS:
        raise HTTPException(400, f"these are more than {_MOST_RUNS:,} runs: choose a shorter span")
    runs = [stored.record for stored in found.runs]
    return [run for run in runs if body.partition_key in (None, run.partition_key)]


def _all_of(run: Run, *, only_failed: bool = False) -> Selection:
    return Selection(dag_id=run.dag_id, run_ids=(run.run_id,), only_failed=only_failed, recursive=False)


def _clear(
    backend: Backend, runs: Sequence[Run], body: DAGRunClearBody | BulkDAGRunClearBody
) -> ClearTaskInstanceCollectionResponse | None:
    """Clear these runs, or tell what that concerns."""
    if body.only_new:
        new = [task for run in runs for task in _new_tasks(backend, run)]
        if body.dry_run:
            return ClearTaskInstanceCollectionResponse(task_instances=[*new[:_LISTED]], total_entries=len(new))
        if new:
            raise HTTPException(400, "a run keeps the version that it began with: it does not get new tasks")
        chosen: Sequence[Chosen] = []
    else:
        service = Clearing(backend.store, backend.runs)
        chosen = _done(lambda: service.to_clear(*(_all_of(run, only_failed=body.only_failed) for run in runs)))
        if body.dry_run:
            shown, total = first_of(TaskInstances(backend.store, backend.runs), chosen, _LISTED)
            return ClearTaskInstanceCollectionResponse(task_instances=[view(one) for one in shown], total_entries=total)
        if body.run_on_latest_version and any(_outdated(backend, run) for run in runs):
            raise HTTPException(400, "a run keeps the version that it began with, and the DAG has another one now")
        service.clear(found=chosen)
    if body.note is not None:
        for run in runs:
            annotate(backend.store, run.key, body.note)
    return None


def _outdated(backend: Backend, run: Run) -> bool:
    stored = backend.store.dag(run.dag_id)
    return stored is not None and stored.record.version != run.version


def _new_tasks(backend: Backend, run: Run) -> list[NewTaskResponse]:
    """The tasks that the DAG's current version has, and the run's has not."""
    if not _outdated(backend, run):
        return []
    current = backend.runs.version(run.dag_id, known_dag(backend.store, run.dag_id).version).spec
    known = backend.runs.spec(run).by_id
    return [
        NewTaskResponse(task_id=task.task_id, task_display_name=str(task.display.get("display_name", task.task_id)))
        for task in current.tasks
        if task.task_id not in known
    ]


def _done(work: Callable[[], T]) -> T:
    try:
        return work()
    except (ClearingError, MarkerError) as error:
        raise HTTPException(400, str(error)) from error
