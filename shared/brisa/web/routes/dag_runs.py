"""Runs: lists and searches, triggering, waiting for the end."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal

import anyio
from fastapi import HTTPException, Query, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from brisa.errors import BrisaError, NotFoundError
from brisa.model.access import Actor, Permission
from brisa.model.run import Run, RunKey
from brisa.model.states import RunType
from brisa.services.runs import RunExistsError
from brisa.services.task_instances import TaskInstances
from brisa.services.xcoms import load_value
from brisa.web.assets import event_view
from brisa.web.backend import Backend, Uses
from brisa.web.constants import EVERYTHING
from brisa.web.dags import known_dag, summary_of
from brisa.web.permissions import Asker, needs
from brisa.web.routing import READS_ONLY, problems, routes
from brisa.web.run_search import answer, asked, asked_in_body
from brisa.web.runs import run_view
from brisa.web.schemas.assets import AssetEventCollectionResponse
from brisa.web.schemas.dag_runs import (
    RUN_ID,
    DAGRunCollectionResponse,
    DAGRunResponse,
    DAGRunsBatchBody,
    DAGRunsQuery,
    TriggerDAGRunPostBody,
)

router = routes("DagRun")
_READ = needs(Permission.READ_RUNS)
_RUNS = "/dags/{dag_id}/dagRuns"
_RUN = f"{_RUNS}/{{dag_run_id}}"
_RESULT = "return_value"


@router.get(_RUNS, dependencies=[_READ], responses=problems(400, 404))
def get_dag_runs(dag_id: str, backend: Uses, query: Annotated[DAGRunsQuery, Query()]) -> DAGRunCollectionResponse:
    """The runs of a DAG, or (``~``) of all; by ``id``, as without an order, those due first come first.

    A cursor is good for one search: runs that are made or removed meanwhile move the pages.
    """
    if dag_id != EVERYTHING:
        known_dag(backend.store, dag_id)
    return answer(backend.store, asked(backend.store, dag_id, query), query.cursor)


@router.post(f"{_RUNS}/list", dependencies=[_READ], responses=problems(400, 404), openapi_extra=READS_ONLY)
def get_list_dag_runs_batch(dag_id: Literal["~"], body: DAGRunsBatchBody, backend: Uses) -> DAGRunCollectionResponse:
    """Runs of several DAGs."""
    return answer(backend.store, asked_in_body(body))


@router.post(_RUNS, dependencies=[needs(Permission.TRIGGER_RUNS)], responses=problems(400, 404, 409))
def trigger_dag_run(dag_id: str, body: TriggerDAGRunPostBody, backend: Uses, asker: Asker) -> DAGRunResponse:
    """Make a run: it begins if the DAG is not paused, there is room, and its time has come.

    409 for an id, or a logical date, that a run has.
    """
    return triggered(backend, dag_id, body, asker)


def triggered(
    backend: Backend, dag_id: str, body: TriggerDAGRunPostBody, asker: Actor, run_type: RunType = RunType.MANUAL
) -> DAGRunResponse:
    """A new run, as ``body`` wants it."""
    run_id = body.dag_run_id or ""
    _check_run_id(run_id)
    stored = backend.store.dag(dag_id)
    if stored is None or not stored.record.active:
        raise NotFoundError(f"Dag with dag_id: '{dag_id}' not found")
    if body.partition_key is not None and not summary_of(backend.store, stored.record).partitioned:
        raise HTTPException(400, f"Dag '{dag_id}' is not a partitioned Dag and does not accept a partition_key.")
    start, end = body.data_interval_start, body.data_interval_end
    try:
        run = backend.runs.trigger(
            dag_id,
            run_type=run_type,
            logical_date=body.logical_date,
            dated=False,
            one_per_date=True,
            interval=(start, end) if start and end else None,
            run_id=run_id,
            run_after=body.run_after,
            conf=body.conf,
            note=body.note or "",
            partition_key=body.partition_key,
            triggered_by=backend.triggered_by,
            user=asker.name,
        )
    except RunExistsError as error:
        raise HTTPException(409, str(error)) from error
    return run_view(backend.store, run)


@router.get(_RUN, dependencies=[_READ], responses=problems(404))
def get_dag_run(dag_id: str, dag_run_id: str, backend: Uses) -> DAGRunResponse:
    """One run."""
    return run_view(backend.store, known_run(backend, RunKey(dag_id, dag_run_id)))


@router.get(f"{_RUN}/upstreamAssetEvents", dependencies=[_READ], responses=problems(404))
def get_upstream_asset_events(dag_id: str, dag_run_id: str, backend: Uses) -> AssetEventCollectionResponse:
    """The changes of assets that a run was made for."""
    run = known_run(backend, RunKey(dag_id, dag_run_id))
    found = backend.store.asset_events_of(run.asset_events)
    events = [event_view(backend.store, stored.record, [run]) for stored in found if stored is not None]
    return AssetEventCollectionResponse(asset_events=events, total_entries=len(events))


@router.get(
    f"{_RUN}/wait",
    dependencies=[_READ],
    responses={**problems(404), 200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
async def wait_dag_run_until_finished(
    dag_id: str,
    dag_run_id: str,
    backend: Uses,
    asker: Asker,
    interval: Annotated[float, Query(gt=0.0)],
    result: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Tell the run's state every ``interval`` seconds until it has ended, each time as one line of JSON; the last one
    has what the tasks that ``result`` names have returned."""
    key = RunKey(dag_id, dag_run_id)
    if result and not asker.role.may(Permission.READ_XCOMS):
        raise HTTPException(403, "Forbidden")
    first = await run_in_threadpool(known_run, backend, key)
    lines = _until_the_end(backend, first, min(interval, _LONGEST_PAUSE), result or [])
    return StreamingResponse(lines, media_type="application/x-ndjson")


_LONGEST_PAUSE = 3600.0


async def _until_the_end(backend: Backend, run: Run, interval: float, result: Sequence[str]) -> AsyncIterator[str]:
    while not run.state.terminal:
        yield json.dumps({"state": run.state.value}) + "\n"
        await anyio.sleep(interval)
        try:
            run = await run_in_threadpool(known_run, backend, run.key)
        except BrisaError:
            return  # it was deleted, or nobody can tell: the answer ends without its end
    told: dict[str, Any] = {"state": run.state.value}
    if result:
        told["results"] = await run_in_threadpool(_results, backend, run, result)
    yield json.dumps(told) + "\n"


def _results(backend: Backend, run: Run, task_ids: Sequence[str]) -> dict[str, Any]:
    """Task id → what it has returned, of those that have; a list where it is mapped."""
    service = TaskInstances(backend.store, backend.runs)
    returned: dict[str, Any] = {}
    for one in service.named(run, task_ids):
        attempt = service.attempt(one)
        xcom = None if attempt is None else attempt.xcoms.get(_RESULT)
        value = None if xcom is None else load_value(backend.blobs, xcom)
        if one.key.map_index >= 0:
            returned.setdefault(one.key.task_id, []).append(value)
        elif xcom is not None:
            returned[one.key.task_id] = value
    return returned


def known_run(backend: Backend, key: RunKey) -> Run:
    """A run; :class:`NotFoundError` if there is none."""
    stored = backend.store.run(key)
    if stored is None:
        raise NotFoundError(f"The DagRun with dag_id: `{key.dag_id}` and run_id: `{key.run_id}` was not found")
    return stored.record


def _check_run_id(run_id: str) -> None:
    if not run_id:
        return
    if not re.fullmatch(RUN_ID, run_id):
        raise HTTPException(
            400, f"The run_id provided {run_id[:300]!r} is no text of 1 to 250 letters, digits and _.~:+-"
        )
    kind = run_id.partition("__")[0]
    if "__" in run_id and kind in list(RunType) and kind != RunType.MANUAL:
        raise HTTPException(400, f"A manual DAG run cannot use ID {run_id!r} since it is reserved for {kind} runs")
