"""Pools: slots that tasks of all runs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import HTTPException, Query

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.pool import DEFAULT_POOL, Pool
from brisa.model.states import TaskState
from brisa.services.pools import PoolError, Pools
from brisa.web.backend import Backend, Uses
from brisa.web.bulk import Bulk, BulkBody
from brisa.web.paging import Limit, Offset, in_order, matches, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.common import BulkResponse
from brisa.web.schemas.pools import PoolBody, PoolCollectionResponse, PoolPatchBody, PoolResponse

router = routes("Pool")
_READ, _EDIT = needs(Permission.READ_POOLS), needs(Permission.EDIT_POOLS)
_DEFAULT = Pool(name=DEFAULT_POOL, slots=-1, description="Of every task that names no other; it has no limit")
_KEYS: Mapping[str, Callable[[Pool], Any]] = {
    "id": lambda pool: pool.name,
    "name": lambda pool: pool.name,
    "pool": lambda pool: pool.name,
    "slots": lambda pool: pool.slots,
}


@router.get("/pools", dependencies=[_READ], responses=problems(400))
def get_pools(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    pool_name_pattern: str | None = None,
    pool_name_prefix_pattern: str | None = None,
) -> PoolCollectionResponse:
    """All pools; those behind a task's own limits are nobody's to see."""
    stored = [found.record for found in backend.store.pools() if not found.record.own]
    everything = [*stored, *([] if any(pool.name == DEFAULT_POOL for pool in stored) else [_DEFAULT])]
    found = [
        pool
        for pool in everything
        if matches(pool_name_pattern, pool.name) and pool.name.startswith(pool_name_prefix_pattern or "")
    ]
    pools = page(in_order(found, order_by, _KEYS, "id"), limit, offset)
    return PoolCollectionResponse(pools=[_view(backend, pool) for pool in pools], total_entries=len(found))


@router.get("/pools/{pool_name}", dependencies=[_READ], responses=problems(404))
def get_pool(pool_name: str, backend: Uses) -> PoolResponse:
    """One pool."""
    return _view(backend, _pool(backend, pool_name))


@router.post("/pools", status_code=201, dependencies=[_EDIT], responses=problems(400, 409))
def post_pool(body: PoolBody, backend: Uses) -> PoolResponse:
    """Make a pool."""
    if _exists(backend, body.name):
        raise HTTPException(409, f"there is a pool {body.name!r} already")
    _put(backend, body)
    return _view(backend, _pool(backend, body.name))


@router.patch("/pools/{pool_name}", dependencies=[_EDIT], responses=problems(400, 404))
def patch_pool(
    pool_name: str, body: PoolPatchBody, backend: Uses, update_mask: Annotated[list[str] | None, Query()] = None
) -> PoolResponse:
    """Change a pool: what the body has, and of that only what ``update_mask`` names."""
    pool = _pool(backend, pool_name)
    if body.pool not in (None, pool_name):
        raise HTTPException(400, "Invalid body, pool name from request body doesn't match uri parameter")
    wanted = body.model_fields_set & set(update_mask) if update_mask else body.model_fields_set
    _done(
        lambda: backend.runs.set_pool(
            pool_name,
            body.slots if "slots" in wanted and body.slots is not None else pool.slots,
            description=(body.description or "") if "description" in wanted else None,
            include_deferred=body.include_deferred if "include_deferred" in wanted else None,
        )
    )
    return _view(backend, _pool(backend, pool_name))


@router.delete("/pools/{pool_name}", status_code=204, dependencies=[_EDIT], responses=problems(400, 404))
def delete_pool(pool_name: str, backend: Uses) -> None:
    """Remove a pool: tasks that name it fail from then on. 400 while somebody has slots of it."""
    if pool_name == DEFAULT_POOL:
        raise HTTPException(400, "Default Pool can't be deleted")
    _done(lambda: Pools(backend.store, backend.clock).delete(pool_name))


@router.patch("/pools", dependencies=[_EDIT], responses=problems())
def bulk_pools(body: BulkBody[PoolBody], backend: Uses) -> BulkResponse:
    """Make, change and remove several pools."""
    return Bulk[PoolBody](
        kind="pool",
        name=lambda pool: pool.name,
        exists=lambda name: _exists(backend, name),
        create=lambda pool: _put(backend, pool),
        update=lambda pool, mask: _put(backend, pool, set(mask) if mask else None),
        delete=lambda name: delete_pool(name, backend),
    ).perform(body)


def _pool(backend: Backend, name: str) -> Pool:
    found = backend.store.pool(name)
    if found is not None and not found.record.own:
        return found.record
    if name == DEFAULT_POOL:
        return _DEFAULT
    raise NotFoundError(f"The Pool with name: `{name}` was not found")


def _exists(backend: Backend, name: str) -> bool:
    return name == DEFAULT_POOL or backend.store.pool(name) is not None


def _put(backend: Backend, body: PoolBody, mask: set[str] | None = None) -> None:
    before = _pool(backend, body.name).slots if mask is not None else body.slots
    fields = body.model_fields_set if mask is None else body.model_fields_set & mask
    _done(
        lambda: backend.runs.set_pool(
            body.name,
            body.slots if "slots" in fields else before,
            description=(body.description or "") if "description" in fields else None,
            include_deferred=body.include_deferred if "include_deferred" in fields else None,
        )
    )


def _done(change: Callable[[], object]) -> None:
    try:
        change()
    except PoolError as error:
        raise HTTPException(400, str(error)) from error


def _view(backend: Backend, pool: Pool) -> PoolResponse:
    """A pool, with its slots by the state of those who have them: so their runs are read."""
    slots: Counter[TaskState] = Counter()
    runs = {key: backend.store.run(key) for key in {one.attempt.run_key for one in pool.users.values()}}
    for one in pool.users.values():
        stored = runs[one.attempt.run_key]
        if stored is not None:
            slots[stored.record.task(one.attempt.name).state] += one.slots
    return PoolResponse(
        name=pool.name,
        slots=pool.slots,
        description=pool.description or None,
        include_deferred=pool.include_deferred,
        occupied_slots=pool.taken,
        running_slots=slots[TaskState.RUNNING],
        queued_slots=slots[TaskState.QUEUED],
        scheduled_slots=slots[TaskState.SCHEDULED],
        deferred_slots=slots[TaskState.DEFERRED],
        open_slots=-1 if pool.slots < 0 else max(0, pool.slots - pool.taken),
        team_name=None,
    )
