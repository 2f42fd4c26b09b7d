"""What is known of each asset follows the DAGs: who makes it, and who is scheduled on it in its current version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from brisa.engine.asset_queue import condition, leaves
from brisa.model.asset import Asset, AssetKey
from brisa.model.json import JsonObject
from brisa.model.spec import DagSpec
from brisa.ports.store import Create, StateStore, Update, Write


def asset_writes(store: StateStore, dag_id: str, before: DagSpec | None, after: DagSpec | None) -> list[Write]:
    """What changes with the DAG ``dag_id``, to be committed with its document: each asset that it names, or no longer.

    ``after`` is ``None`` for a DAG that is gone. Only what really changes is written; a DAG without assets costs
    nothing.
    """
    told = _assets(after)
    writes: list[Write] = []
    for key in sorted({*told, *_assets(before)}):
        stored = store.asset(key)
        known = Asset(key=key) if stored is None else stored.record
        makes, waits = (key in _made(after), key in _awaited(after))
        asset = replace(
            known,
            consumers=_with(known.consumers, dag_id, waits),
            producers=_with(known.producers, dag_id, makes),
            **_described(told.get(key, {})),
        )
        if stored is None:
            writes += [Create(asset)] * (makes or waits)
        elif asset != known:
            writes.append(Update(asset, stored.revision))
    return writes


def circle_through(store: StateStore, dag_id: str) -> Sequence[str]:
    """The DAGs, from ``dag_id`` on to itself, each of which makes what the next one is scheduled on.

    The shortest such circle; none if it is in none.
    """
    waits: dict[str, set[str]] = {}
    for stored in store.assets():
        for producer in stored.record.producers:
            waits.setdefault(producer, set()).update(stored.record.consumers)
    seen: set[str] = set()
    edge: list[tuple[str, ...]] = [(dag_id,)]
    while edge:
        further = [(*way, other) for way in edge for other in sorted(waits.get(way[-1], ())) if other not in seen]
        edge = []
        for way in further:
            if way[-1] == dag_id:
                return way
            seen.add(way[-1])
            edge.append(way)
    return ()


def may_be_in_circle(spec: DagSpec) -> bool:
    """Whether a DAG both makes assets and is scheduled on some: only then it can be in a circle."""
    return bool(_made(spec)) and bool(_awaited(spec))


def _assets(spec: DagSpec | None) -> Mapping[AssetKey, JsonObject]:
    """What a DAG says of each asset and alias that it makes, or is scheduled on."""
    return {**_made(spec), **_awaited(spec)}


def _awaited(spec: DagSpec | None) -> Mapping[AssetKey, JsonObject]:
    return {} if spec is None else dict(leaves(condition(spec)))


def _made(spec: DagSpec | None) -> Mapping[AssetKey, JsonObject]:
    if spec is None:
        return {}
    outlets = [task.display.get("outlets") for task in spec.tasks]
    return {key: told for one in outlets if isinstance(one, list) for outlet in one for key, told in leaves(outlet)}


def _described(told: JsonObject) -> Mapping[str, Any]:
    """The fields that a DAG file says of an asset: what it leaves out stays as it was."""
    return {name: told[name] for name in ("name", "group", "extra") if told.get(name)}


def _with(dag_ids: tuple[str, ...], dag_id: str, wanted: bool) -> tuple[str, ...]:
    others = {one for one in dag_ids if one != dag_id}
    return tuple(sorted(others | {dag_id} if wanted else others))
