"""What is known of each asset follows the DAGs: who makes it, and who is scheduled on it in its current version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from brisa.engine.asset_queue import condition, leaves
from brisa.model.asset import Asset, AssetKey
from brisa.model.json import JsonObject
from brisa.model.spec import DagSpec, TaskSpec
from brisa.ports.store import Create, StateStore, Update, Write


def asset_writes(
    store: StateStore, dag_id: str, before: DagSpec | None, after: DagSpec | None, now: float = 0.0
) -> list[Write]:
    """What changes with the DAG ``dag_id``, to be committed with its document: each asset that it names, or no longer.

    ``after`` is ``None`` for a DAG that is gone. ``now`` is in seconds since the epoch. Only what really changes is
    written; a DAG without assets costs nothing.
    """
    told = _assets(after)
    writes: list[Write] = []
    for key in sorted({*told, *_assets(before)}):
        stored = store.asset(key)
        known = Asset(key=key, created_at=now) if stored is None else stored.record
        makes, waits, reads = (key in _made(after), key in _awaited(after), key in _read(after))
        asset = replace(
            known,
            consumers=_with(known.consumers, dag_id, waits),
            producers=_with(known.producers, dag_id, makes),
            readers=_with(known.readers, dag_id, reads),
            **_described(told.get(key, {})),
        )
        if stored is None:
            writes += [Create(replace(asset, updated_at=now))] * (makes or waits or reads)
        elif asset != known:
            writes.append(Update(replace(asset, updated_at=now), stored.revision))
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
    """What a DAG says of each asset and alias that it reads, makes, or is scheduled on."""
    return {**_read(spec), **_made(spec), **_awaited(spec)}


def _awaited(spec: DagSpec | None) -> Mapping[AssetKey, JsonObject]:
    return {} if spec is None else dict(leaves(condition(spec)))


def _made(spec: DagSpec | None) -> Mapping[AssetKey, JsonObject]:
    return {} if spec is None else {key: told for task in spec.tasks for key, told in named(task, "outlets")}


def _read(spec: DagSpec | None) -> Mapping[AssetKey, JsonObject]:
    return {} if spec is None else {key: told for task in spec.tasks for key, told in named(task, "inlets")}


def named(task: TaskSpec, where: str) -> Iterator[tuple[AssetKey, JsonObject]]:
    """The assets and aliases among a task's ``inlets``, or ``outlets``, each with all that it says of them."""
    found = task.display.get(where)
    for one in found if isinstance(found, list) else ():
        yield from leaves(one)


def _described(told: JsonObject) -> Mapping[str, Any]:
    """The fields that a DAG file says of an asset: what it leaves out stays as it was."""
    return {name: told[name] for name in ("name", "group", "extra") if told.get(name)}


def _with(dag_ids: tuple[str, ...], dag_id: str, wanted: bool) -> tuple[str, ...]:
    others = {one for one in dag_ids if one != dag_id}
    return tuple(sorted(others | {dag_id} if wanted else others))
