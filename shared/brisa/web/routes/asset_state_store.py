"""What tasks keep of assets from run to run: their ``asset_state_store``."""

from __future__ import annotations

from typing import Any, cast

from fastapi import HTTPException

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.services.states import AssetStates, State
from brisa.web.assets import known_asset
from brisa.web.backend import Backend, Uses
from brisa.web.paging import Limit, Offset, page
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.state_store import (
    AssetStateStoreBody,
    AssetStateStoreCollectionResponse,
    AssetStateStoreLastUpdatedBy,
    AssetStateStoreResponse,
    AssetStateStoreWriterKind,
)
from brisa.web.times import moment

router = routes("Asset State Store")
_READ, _EDIT = needs(Permission.READ_XCOMS), needs(Permission.EDIT_XCOMS)
_ALL = "/assets/{asset_id}/state-store"
_ONE = f"{_ALL}/{{key:path}}"
_LONGEST_KEY = 512


@router.get(_ALL, dependencies=[_READ], responses=problems(404))
def list_asset_state_store(
    asset_id: int, backend: Uses, limit: Limit = 50, offset: Offset = 0
) -> AssetStateStoreCollectionResponse:
    """All that is kept of an asset, by key."""
    found = _states(backend).all(_name(backend, asset_id))
    shown = [_view(state) for state in page(found, limit, offset)]
    return AssetStateStoreCollectionResponse(asset_state_store=shown, total_entries=len(found))


@router.delete(_ALL, status_code=204, dependencies=[_EDIT], responses=problems(404))
def clear_asset_state_store(asset_id: int, backend: Uses) -> None:
    """Remove all of it."""
    _states(backend).clear(_name(backend, asset_id))


@router.get(_ONE, dependencies=[_READ], responses=problems(404))
def get_asset_state_store(key: str, asset_id: int, backend: Uses) -> AssetStateStoreResponse:
    """One value."""
    found = _states(backend).get(_name(backend, asset_id), key)
    if found is None:
        raise NotFoundError(f"Asset state store key {key!r} not found")
    return _view(found)


@router.put(_ONE, status_code=204, dependencies=[_EDIT], responses=problems(404))
def set_asset_state_store(key: str, asset_id: int, body: AssetStateStoreBody, backend: Uses) -> None:
    """Keep a value; ``null`` is none."""
    name = _name(backend, asset_id)
    if not 0 < len(key) <= _LONGEST_KEY:
        raise HTTPException(422, f"a key has from 1 to {_LONGEST_KEY} characters")
    _states(backend).set(name, key, body.value)


@router.delete(_ONE, status_code=204, dependencies=[_EDIT], responses=problems(404))
def delete_asset_state_store(key: str, asset_id: int, backend: Uses) -> None:
    """Remove one value, if it is there."""
    _states(backend).delete(_name(backend, asset_id), key)


def _states(backend: Backend) -> AssetStates:
    return AssetStates(backend.store, backend.clock)


def _name(backend: Backend, asset_id: int) -> str:
    """By what the asset's states are kept."""
    found = known_asset(backend.store, asset_id)
    if found is None:
        raise NotFoundError(f"Asset with id {asset_id} not found")
    return found.name or found.key.uri


def _view(state: State) -> AssetStateStoreResponse:
    if state.writer is None:
        writer = AssetStateStoreLastUpdatedBy(kind=AssetStateStoreWriterKind.API)
    else:
        run, task = state.writer
        writer = AssetStateStoreLastUpdatedBy(
            kind=AssetStateStoreWriterKind.TASK,
            dag_id=run.dag_id,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=task.map_index,
        )
    return AssetStateStoreResponse(
        key=state.key, value=cast(Any, state.value), updated_at=moment(state.updated_at), last_updated_by=writer
    )
