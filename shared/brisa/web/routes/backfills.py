"""Backfills: runs for the intervals of a range of dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Path

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.backfill import Backfill, Reprocess
from brisa.model.params import ParamValidationError
from brisa.model.work import Chore
from brisa.services.backfills import BackfillError, Backfills, OpenBackfillError, Wanted
from brisa.web.backend import Backend, Uses
from brisa.web.constants import EVERYTHING
from brisa.web.paging import Limit, Offset, in_order, page, sorted_by
from brisa.web.permissions import Asker, needs
from brisa.web.routing import READS_ONLY, problems, routes
from brisa.web.schemas.backfills import (
    BackfillCollectionResponse,
    BackfillIntervals,
    BackfillPostBody,
    BackfillResponse,
    BackfillRuns,
    DryRunBackfillCollectionResponse,
    DryRunBackfillResponse,
    ReprocessBehavior,
)
from brisa.web.times import moment
from brisa.web.versions import display_name

T = TypeVar("T")
router = routes("Backfill")
_READ, _EDIT = needs(Permission.READ_BACKFILLS), needs(Permission.EDIT_BACKFILLS)
_KEYS: Mapping[str, Callable[[Backfill], Any]] = {"id": lambda one: one.backfill_id}
_LISTED = 1000
"""How many backfills of a DAG, the latest, are listed, and how many intervals are foreseen."""
Number = Annotated[int, Path(ge=0)]


@router.get("/backfills", dependencies=[_READ], responses=problems(400))
def list_backfills(
    dag_id: str, backend: Uses, order_by: Annotated[list[str], sorted_by(_KEYS)], limit: Limit = 50, offset: Offset = 0
) -> BackfillCollectionResponse:
    """The latest thousand backfills of a DAG, or (``~``) of all."""
    found = _service(backend).list(None if dag_id == EVERYTHING else dag_id, limit=_LISTED)
    backfills = page(in_order(found, order_by, _KEYS, "id"), limit, offset)
    return BackfillCollectionResponse(backfills=[_view(backend, one) for one in backfills], total_entries=len(found))


@router.post("/backfills", dependencies=[_EDIT], responses=problems(404, 409, 503))
def create_backfill(body: BackfillPostBody, backend: Uses, asker: Asker) -> BackfillResponse:
    """Make a backfill; its runs begin. 422 for one that can't be, or is so large that it has to be confirmed."""
    made = _done(lambda: _service(backend).create(_wanted(body), confirm=body.confirm, created_by=asker.name))
    _tell(backend, made)
    return _view(backend, made)


@router.post("/backfills/dry_run", dependencies=[_READ], responses=problems(404, 409, 503), openapi_extra=READS_ONLY)
def create_backfill_dry_run(body: BackfillPostBody, backend: Uses) -> DryRunBackfillCollectionResponse:
    """The runs that such a backfill would make, or begin again: those of its first thousand intervals."""
    foreseen, intervals = _done(lambda: _service(backend).foresee(_wanted(body), limit=_LISTED))
    dates = [one.interval.start for one in foreseen if one.action != "skip"]
    return DryRunBackfillCollectionResponse(
        backfills=[
            DryRunBackfillResponse(logical_date=date, partition_key=None, partition_date=None) for date in dates
        ],
        total_entries=len(dates),
        intervals=BackfillIntervals(count=intervals.runs, more=intervals.more),
    )


@router.get("/backfills/{backfill_id}", dependencies=[_READ], responses=problems(404))
def get_backfill(backfill_id: Number, backend: Uses) -> BackfillResponse:
    """One backfill."""
    return _view(backend, _known(backend, backfill_id))


@router.put("/backfills/{backfill_id}/pause", dependencies=[_EDIT], responses=problems(404, 409))
def pause_backfill(backfill_id: Number, backend: Uses) -> BackfillResponse:
    """Let no further run begin, for now."""
    return _changed(backend, backfill_id, Backfills.pause)


@router.put("/backfills/{backfill_id}/unpause", dependencies=[_EDIT], responses=problems(404, 409))
def unpause_backfill(backfill_id: Number, backend: Uses) -> BackfillResponse:
    """Let it go on."""
    return _changed(backend, backfill_id, Backfills.unpause)


@router.put("/backfills/{backfill_id}/cancel", dependencies=[_EDIT], responses=problems(404, 409))
def cancel_backfill(backfill_id: Number, backend: Uses) -> BackfillResponse:
    """Let no further run begin, ever. Those that have begun go on, and with the last of them it is completed."""
    return _changed(backend, backfill_id, Backfills.cancel)


def _service(backend: Backend) -> Backfills:
    return Backfills(backend.store, backend.clock)


def _wanted(body: BackfillPostBody) -> Wanted:
    return Wanted(
        dag_id=body.dag_id,
        from_date=body.from_date,
        to_date=body.to_date,
        reverse=body.run_backwards,
        max_active_runs=body.max_active_runs,
        reprocess=Reprocess(body.reprocess_behavior.value),
        conf=body.dag_run_conf or {},
    )


def _changed(backend: Backend, number: int, change: Callable[[Backfills, int], Backfill]) -> BackfillResponse:
    _known(backend, number)
    try:
        changed = change(_service(backend), number)
    except BackfillError as error:
        raise HTTPException(409, str(error)) from error
    _tell(backend, changed)
    return _view(backend, changed)


def _known(backend: Backend, number: int) -> Backfill:
    if number >= 2**63:
        raise NotFoundError(f"there is no backfill {number}")
    return _service(backend).get(number)


def _done(work: Callable[[], T]) -> T:
    try:
        return work()
    except OpenBackfillError as error:
        raise HTTPException(409, str(error)) from error
    except (BackfillError, ParamValidationError) as error:
        raise HTTPException(422, str(error)) from error


def _tell(backend: Backend, backfill: Backfill) -> None:
    """Whoever makes a backfill looks what it does, and does not want to wait for the next tick."""
    backend.runs.send([Chore(dags=(backfill.dag_id,), asked_at=backend.clock.now())])


def _view(backend: Backend, one: Backfill) -> BackfillResponse:
    stored = backend.store.dag(one.dag_id)
    created = moment(one.created_at)
    return BackfillResponse(
        id=one.backfill_id,
        dag_id=one.dag_id,
        from_date=one.from_date,
        to_date=one.to_date,
        dag_run_conf=dict(one.conf),
        is_paused=one.paused or one.cancelled,
        reprocess_behavior=ReprocessBehavior(one.reprocess.value),
        max_active_runs=one.max_active_runs,
        created_at=created,
        completed_at=moment(one.completed_at),
        updated_at=moment(one.completed_at) or created,
        dag_display_name=display_name(None if stored is None else stored.record, one.dag_id),
        state=one.state,
        note=one.note or None,
        intervals=BackfillIntervals(count=one.total, more=one.more),
        runs=BackfillRuns(
            created=one.created,
            rerun=one.rerun,
            skipped=one.skipped,
            active=len(one.active_runs),
            success=one.succeeded,
            failed=one.failed,
        ),
        next_date=one.next_start,
    )
