"""Assets: what is known of them, what has happened to them, and what DAGs wait for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import HTTPException, Query
from pydantic import Field

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.dag import Dag
from brisa.model.states import RunType
from brisa.services.asset_search import search
from brisa.services.assets import Assets, ManyProducersError
from brisa.web.assets import alias_view, all_assets, asset_number, asset_views, event_views, known_asset, some_asset
from brisa.web.backend import Backend, Uses
from brisa.web.filters import Moment
from brisa.web.paging import Limit, Offset, begins, in_order, matches, page, page_size, sorted_by
from brisa.web.permissions import Asker, needs
from brisa.web.routes.dag_runs import triggered
from brisa.web.routing import problems, routes
from brisa.web.schemas.assets import (
    AssetAliasCollectionResponse,
    AssetAliasResponse,
    AssetCollectionResponse,
    AssetEventCollectionResponse,
    AssetEventResponse,
    AssetResponse,
    CreateAssetEventsBody,
    MaterializeAssetBody,
    QueuedEventCollectionResponse,
    QueuedEventResponse,
)
from brisa.web.schemas.dag_runs import DAGRunResponse
from brisa.web.times import moment
from brisa.web.versions import display_name

router = routes("Asset")
_READ, _EDIT = needs(Permission.READ_ASSETS), needs(Permission.EDIT_ASSETS)
_ASSET_KEYS: Mapping[str, Callable[[Asset], Any]] = {
    "id": lambda asset: asset.key.uri,
    "uri": lambda asset: asset.key.uri,
    "name": lambda asset: asset.name or asset.key.uri,
    "created_at": lambda asset: asset.created_at,
    "updated_at": lambda asset: asset.updated_at,
}
_ALIAS_KEYS = {name: _ASSET_KEYS[name] for name in ("id", "name")}
_EVENT_KEYS: Mapping[str, Callable[[AssetEvent], Any]] = {
    "timestamp": lambda event: (event.timestamp, event.event_id),
    "source_dag_id": lambda event: event.source_dag_id or None,
    "source_task_id": lambda event: event.source_task_id or None,
    "source_run_id": lambda event: event.source_run_id or None,
    "source_map_index": lambda event: event.source_map_index,
}
Before = Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None
"""A time; one without a zone is in UTC."""
_OF_ASSET = "/assets/{asset_id}/queuedEvents"
_OF_DAG = "/dags/{dag_id}/assets/queuedEvents"
_OF_BOTH = "/dags/{dag_id}/assets/{asset_id}/queuedEvents"


@router.get("/assets", dependencies=[_READ], responses=problems(400))
def get_assets(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_ASSET_KEYS)],
    dag_ids: Annotated[list[str], Query(default_factory=list)],
    limit: Limit = 50,
    offset: Offset = 0,
    name_pattern: str | None = None,
    name_prefix_pattern: str | None = None,
    uri_pattern: str | None = None,
    uri_prefix_pattern: str | None = None,
    only_active: bool = True,
) -> AssetCollectionResponse:
    """Assets that DAGs name, or that tasks have told of through an alias; with ``only_active=false`` also those that no
    DAG names any more. ``dag_ids`` asks for what these are scheduled on, or make."""
    through_alias = {uri for alias in all_assets(backend.store, alias=True) for uri in alias.uris}
    wanted = set(dag_ids)
    found = [
        asset
        for asset in all_assets(backend.store)
        if matches(name_pattern, asset.name or asset.key.uri)
        and begins(name_prefix_pattern, asset.name or asset.key.uri)
        and matches(uri_pattern, asset.key.uri)
        and begins(uri_prefix_pattern, asset.key.uri)
        and (not wanted or wanted & {*asset.consumers, *asset.producers})
        and (not only_active or _named(asset) or asset.key.uri in through_alias)
    ]
    assets = page(in_order(found, order_by, _ASSET_KEYS, "id"), limit, offset)
    return AssetCollectionResponse(assets=asset_views(backend.store, assets), total_entries=len(found))


def _named(asset: Asset) -> bool:
    return bool(asset.consumers or asset.producers or asset.readers)


@router.get("/assets/aliases", dependencies=[_READ], responses=problems(400))
def get_asset_aliases(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_ALIAS_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    name_pattern: str | None = None,
    name_prefix_pattern: str | None = None,
) -> AssetAliasCollectionResponse:
    """Aliases that DAGs name."""
    found = [
        alias
        for alias in all_assets(backend.store, alias=True)
        if matches(name_pattern, alias.key.uri) and begins(name_prefix_pattern, alias.key.uri)
    ]
    aliases = page(in_order(found, order_by, _ALIAS_KEYS, "id"), limit, offset)
    return AssetAliasCollectionResponse(asset_aliases=[alias_view(one) for one in aliases], total_entries=len(found))


@router.get("/assets/aliases/{asset_alias_id}", dependencies=[_READ], responses=problems(404))
def get_asset_alias(asset_alias_id: int, backend: Uses) -> AssetAliasResponse:
    """One alias."""
    for alias in all_assets(backend.store, alias=True):
        if asset_number(alias.key) == asset_alias_id:
            return alias_view(alias)
    raise NotFoundError(f"The Asset Alias with ID: `{asset_alias_id}` was not found")


@router.get("/assets/events", dependencies=[_READ], responses=problems(400))
def get_asset_events(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_EVENT_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    asset_id: int | None = None,
    source_dag_id: str | None = None,
    source_task_id: str | None = None,
    source_run_id: str | None = None,
    source_map_index: int | None = None,
    name_pattern: str | None = None,
    name_prefix_pattern: str | None = None,
    timestamp_gte: Moment | None = None,
    timestamp_gt: Moment | None = None,
    timestamp_lte: Moment | None = None,
    timestamp_lt: Moment | None = None,
) -> AssetEventCollectionResponse:
    """Events. By asset and time, and in the order of time, all are found; of those, the latest 10,000 are looked at for
    what else is asked."""
    asset = None if asset_id is None else known_asset(backend.store, asset_id)
    in_order([], order_by, _EVENT_KEYS, "timestamp")  # refuses what can't be ordered by
    if asset_id is not None and asset is None:
        return AssetEventCollectionResponse(asset_events=[], total_entries=0)
    equal = {
        "source_dag_id": source_dag_id,
        "source_task_id": source_task_id,
        "source_run_id": source_run_id,
        "source_map_index": source_map_index,
    }

    def keep(event: AssetEvent) -> bool:
        name = event.name or event.uri
        return (
            all(wanted is None or getattr(event, field) == wanted for field, wanted in equal.items())
            and matches(name_pattern, name)
            and begins(name_prefix_pattern, name)
        )

    filtered = any(value is not None for value in (*equal.values(), name_pattern, name_prefix_pattern))
    by_time = not order_by or order_by[0].removeprefix("-") == "timestamp"
    found = search(
        backend.store,
        None if asset is None else asset.key,
        after=_latest(timestamp_gte, timestamp_gt),
        before=_earliest(timestamp_lte, timestamp_lt),
        keep=keep if filtered else None,
        order=None if by_time else lambda events: in_order(events, order_by, _EVENT_KEYS, "timestamp"),
        ascending=not (by_time and order_by and order_by[0].startswith("-")),
        limit=page_size(limit),
        offset=offset,
    )
    return AssetEventCollectionResponse(
        asset_events=event_views(backend.store, found.events), total_entries=found.total
    )


def _latest(gte: datetime | None, gt: datetime | None) -> float | None:
    """The first moment that counts, in seconds since the epoch."""
    moments = [] if gte is None else [gte.timestamp()]
    moments += [] if gt is None else [math.nextafter(gt.timestamp(), math.inf)]
    return max(moments, default=None)


def _earliest(lte: datetime | None, lt: datetime | None) -> float | None:
    moments = [] if lte is None else [lte.timestamp()]
    moments += [] if lt is None else [math.nextafter(lt.timestamp(), -math.inf)]
    return min(moments, default=None)


@router.post("/assets/events", dependencies=[_EDIT], responses=problems(400, 404))
def create_asset_event(body: CreateAssetEventsBody, backend: Uses) -> AssetEventResponse:
    """Tell that an asset has changed: what is scheduled on it hears of that."""
    asset = known_asset(backend.store, body.asset_id)
    if asset is None:
        raise NotFoundError(f"Asset with ID: `{body.asset_id}` was not found")
    if body.partition_key is not None:
        raise HTTPException(400, "partitions of assets start no runs here yet: tell of the asset without partition_key")
    event = _assets(backend).tell(asset.key.uri, {**(body.extra or {}), "from_rest_api": True})
    return event_views(backend.store, [event])[0]


@router.post(
    "/assets/{asset_id}/materialize",
    dependencies=[_EDIT, needs(Permission.TRIGGER_RUNS)],
    responses=problems(400, 404, 409),
)
def materialize_asset(
    asset_id: int, backend: Uses, asker: Asker, body: MaterializeAssetBody | None = None
) -> DAGRunResponse:
    """Make a run of the one DAG that makes the asset."""
    asset = known_asset(backend.store, asset_id)
    if asset is None or not asset.producers:
        raise NotFoundError(f"No Dag materializes asset with ID: {asset_id}")
    try:
        dag_id = _assets(backend).producer(asset.key.uri)
    except ManyProducersError as error:
        raise HTTPException(409, f"More than one Dag materializes asset with ID: {asset_id}") from error
    return triggered(backend, dag_id, body or MaterializeAssetBody(), asker, RunType.ASSET_MATERIALIZATION)


@router.get(_OF_ASSET, dependencies=[_READ], responses=problems(400))
def get_asset_queued_events(asset_id: int, backend: Uses, before: Before = None) -> QueuedEventCollectionResponse:
    """The DAGs that wait for other assets too since this one has changed."""
    return _collection(_queued_of_asset(backend, asset_id, before))


@router.delete(_OF_ASSET, status_code=204, dependencies=[_EDIT], responses=problems(400, 404))
def delete_asset_queued_events(asset_id: int, backend: Uses, before: Before = None) -> None:
    """Forget that: it starts no run of theirs."""
    _forget(backend, _queued_of_asset(backend, asset_id, before), f"Queue event with asset_id: `{asset_id}`")


@router.get("/assets/{asset_id}", dependencies=[_READ], responses=problems(404))
def get_asset(asset_id: int, backend: Uses) -> AssetResponse:
    """One asset."""
    return asset_views(backend.store, [some_asset(backend.store, asset_id)])[0]


@router.get(_OF_DAG, dependencies=[_READ], responses=problems(400))
def get_dag_asset_queued_events(dag_id: str, backend: Uses, before: Before = None) -> QueuedEventCollectionResponse:
    """The assets that have changed since the DAG last ran for that, while it waits for others too."""
    return _collection(_queued_of_dag(backend, dag_id, before))


@router.delete(_OF_DAG, status_code=204, dependencies=[_EDIT], responses=problems(400, 404))
def delete_dag_asset_queued_events(dag_id: str, backend: Uses, before: Before = None) -> None:
    """Forget that: it starts no run."""
    _forget(backend, _queued_of_dag(backend, dag_id, before), f"Queue event with dag_id: `{dag_id}`")


@router.get(_OF_BOTH, dependencies=[_READ], responses=problems(400, 404))
def get_dag_asset_queued_event(dag_id: str, asset_id: int, backend: Uses, before: Before = None) -> QueuedEventResponse:
    """Whether the asset has changed since the DAG last ran for that."""
    found = [queued for _, queued in _queued_of_dag(backend, dag_id, before) if queued.asset_id == asset_id]
    if not found:
        raise NotFoundError(f"Queued event with dag_id: `{dag_id}` and asset_id: `{asset_id}` was not found")
    return found[0]


@router.delete(_OF_BOTH, status_code=204, dependencies=[_EDIT], responses=problems(400, 404))
def delete_dag_asset_queued_event(dag_id: str, asset_id: int, backend: Uses, before: Before = None) -> None:
    """Forget that."""
    found = [one for one in _queued_of_dag(backend, dag_id, before) if one[1].asset_id == asset_id]
    _forget(backend, found, f"Queued event with dag_id: `{dag_id}` and asset_id: `{asset_id}`")


def _assets(backend: Backend) -> Assets:
    return Assets(backend.store, backend.clock, backend.runs)


Queued = tuple[str, QueuedEventResponse]
"""The asset's uri, and how clients see that it is queued."""


def _queued_of_asset(backend: Backend, asset_id: int, before: str | None) -> list[Queued]:
    until = _until(before)
    asset = known_asset(backend.store, asset_id)
    waiting = [] if asset is None else _assets(backend).waiting(asset.key.uri)
    return [
        one
        for stored in waiting
        for one in _queued(stored.record, until)
        if asset is not None and one[0] == asset.key.uri
    ]


def _queued_of_dag(backend: Backend, dag_id: str, before: str | None) -> list[Queued]:
    until = _until(before)
    stored = backend.store.dag(dag_id)
    return [] if stored is None else list(_queued(stored.record, until))


def _queued(dag: Dag, until: float) -> Iterable[Queued]:
    """What counts for the DAG's next run, and was queued before ``until``; not what happened while it was paused."""
    for uri, held in dag.asset_queue.items():
        if held.queued_at is not None and held.queued_at < until:
            yield (
                uri,
                QueuedEventResponse(
                    dag_id=dag.dag_id,
                    asset_id=asset_number(AssetKey(uri)),
                    created_at=moment(held.queued_at),
                    dag_display_name=display_name(dag, dag.dag_id),
                ),
            )


def _until(before: str | None) -> float:
    if before is None:
        return math.inf
    try:
        found = datetime.fromisoformat(before)
    except ValueError:
        raise HTTPException(
            400, f"Invalid datetime: {before[:100]!r}. Please check the date parameter have this value."
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _collection(found: list[Queued]) -> QueuedEventCollectionResponse:
    return QueuedEventCollectionResponse(queued_events=[queued for _, queued in found], total_entries=len(found))


def _forget(backend: Backend, found: list[Queued], what: str) -> None:
    if not found:
        raise NotFoundError(f"{what} was not found")
    for uri, queued in found:
        _assets(backend).forget(queued.dag_id, uri)
