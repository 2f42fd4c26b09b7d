"""How assets, and what happens to them, look to clients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from brisa.authoring.secrets import redacted
from brisa.errors import NotFoundError
from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.run import Run
from brisa.ports.store import StateStore
from brisa.services.asset_documents import named
from brisa.web.ids import number
from brisa.web.schemas.assets import (
    AssetAliasResponse,
    AssetEventResponse,
    AssetResponse,
    DagRunAssetReference,
    DagScheduleAssetReference,
    LastAssetEventResponse,
    TaskInletAssetReference,
    TaskOutletAssetReference,
)
from brisa.web.times import moment

GROUP = "asset"
"""Of an asset that names none, as in Airflow."""
_RUNS = 100
"""How many of a DAG's latest runs are looked at for those that an event has started."""


def asset_number(key: AssetKey) -> int:
    """Airflow's id of an asset, or of an alias."""
    return number("asset_alias" if key.alias else "asset", key.uri)


def all_assets(store: StateStore, *, alias: bool = False) -> list[Asset]:
    """All assets, or all aliases, by uri."""
    return [stored.record for stored in store.assets() if stored.record.key.alias is alias]


def known_asset(store: StateStore, asset_id: int) -> Asset | None:
    """The asset of that number, or ``None``: there are few enough to look at each."""
    return next((asset for asset in all_assets(store) if asset_number(asset.key) == asset_id), None)


def some_asset(store: StateStore, asset_id: int) -> Asset:
    """The same; :class:`NotFoundError` in Airflow's words."""
    found = known_asset(store, asset_id)
    if found is None:
        raise NotFoundError(f"The Asset with ID: `{asset_id}` was not found")
    return found


def alias_view(alias: Asset) -> AssetAliasResponse:
    """One alias."""
    return AssetAliasResponse(id=asset_number(alias.key), name=alias.key.uri, group=alias.group or GROUP)


def asset_views(store: StateStore, assets: Sequence[Asset]) -> list[AssetResponse]:
    """These assets, with the tasks that make and read them (from their DAGs' current versions), and the last event of
    each (a look for each)."""
    aliases = all_assets(store, alias=True)
    made, read = _tasks(store, {dag_id for asset in assets for dag_id in (*asset.producers, *asset.readers)})
    return [_asset_view(store, asset, aliases, made, read) for asset in assets]


def _asset_view(
    store: StateStore,
    asset: Asset,
    aliases: Iterable[Asset],
    made: Mapping[AssetKey, Sequence[tuple[str, str]]],
    read: Mapping[AssetKey, Sequence[tuple[str, str]]],
) -> AssetResponse:
    times = {"created_at": moment(asset.created_at), "updated_at": moment(asset.updated_at)}
    last = [stored.record for stored in store.asset_events(asset.key, limit=1)]
    return AssetResponse(
        id=asset_number(asset.key),
        name=asset.name or asset.key.uri,
        uri=asset.key.uri,
        group=asset.group or GROUP,
        extra=redacted(asset.extra),
        scheduled_dags=[DagScheduleAssetReference(dag_id=dag_id, **times) for dag_id in asset.consumers],
        producing_tasks=[
            TaskOutletAssetReference(dag_id=dag_id, task_id=task_id, **times)
            for dag_id, task_id in made.get(asset.key, ())
        ],
        consuming_tasks=[
            TaskInletAssetReference(dag_id=dag_id, task_id=task_id, **times)
            for dag_id, task_id in read.get(asset.key, ())
        ],
        aliases=[alias_view(alias) for alias in aliases if asset.key.uri in alias.uris],
        watchers=[],
        last_asset_event=LastAssetEventResponse(
            id=event_number(last[0]) if last else None, timestamp=moment(last[0].timestamp) if last else None
        ),
        **times,
    )


def _tasks(
    store: StateStore, dag_ids: Iterable[str]
) -> tuple[dict[AssetKey, list[tuple[str, str]]], dict[AssetKey, list[tuple[str, str]]]]:
    """Which tasks of these DAGs make an asset, and which read it: (DAG id, task id)."""
    made: dict[AssetKey, list[tuple[str, str]]] = {}
    read: dict[AssetKey, list[tuple[str, str]]] = {}
    for stored in store.dags_of(sorted(dag_ids)):
        version = None if stored is None else store.version(stored.record.dag_id, stored.record.version)
        if version is None:
            continue
        for task in version.spec.tasks:
            for where, found in (("outlets", made), ("inlets", read)):
                for key, _ in named(task, where):
                    found.setdefault(key, []).append((version.dag_id, task.task_id))
    return made, read


def event_number(event: AssetEvent) -> int:
    """Airflow's id of an event."""
    return number("asset_event", event.event_id)


def event_views(store: StateStore, events: Sequence[AssetEvent]) -> list[AssetEventResponse]:
    """These events, with the runs that they have started: of each DAG that was told, the latest hundred are looked
    at."""
    dag_ids = sorted({dag_id for event in events for dag_id in event.delivered})
    runs = [stored.record for dag_id in dag_ids for stored in store.runs(dag_id, limit=_RUNS)]
    started = {event.event_id: [run for run in runs if event.event_id in run.asset_events] for event in events}
    return [event_view(store, event, started[event.event_id]) for event in events]


def event_view(store: StateStore, event: AssetEvent, runs: Iterable[Run]) -> AssetEventResponse:
    """One event, and the runs that were made for it."""
    asset = store.asset(AssetKey(event.uri))
    return AssetEventResponse(
        id=event_number(event),
        asset_id=asset_number(AssetKey(event.uri)),
        uri=event.uri,
        name=event.name or event.uri,
        group=(asset.record.group if asset is not None else "") or GROUP,
        extra=cast(Any, redacted(event.extra)),
        source_task_id=event.source_task_id or None,
        source_dag_id=event.source_dag_id or None,
        source_run_id=event.source_run_id or None,
        source_map_index=event.source_map_index,
        created_dagruns=[_reference(run) for run in runs],
        timestamp=moment(event.timestamp),
        partition_key=None,
    )


def _reference(run: Run) -> DagRunAssetReference:
    return DagRunAssetReference(
        run_id=run.run_id,
        dag_id=run.dag_id,
        logical_date=run.logical_date,
        start_date=moment(run.started_at) or moment(run.queued_at),
        end_date=moment(run.ended_at),
        state=run.state.value,
        data_interval_start=run.data_interval_start,
        data_interval_end=run.data_interval_end,
        partition_key=run.partition_key,
        triggering=True,
    )
