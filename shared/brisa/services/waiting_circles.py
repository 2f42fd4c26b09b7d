"""DAGs whose sensors wait for each other in a circle: seldom meant, and hard to see in any one file."""

from __future__ import annotations

from collections.abc import Sequence

from brisa.model.spec import DagSpec
from brisa.ports.store import StateStore

_MOST = 100
"""How many other DAGs are looked at."""


def waiting_circle(store: StateStore, spec: DagSpec) -> Sequence[str]:
    """The DAGs, from that of ``spec`` on to itself, each of which waits for the next one; the shortest such circle.

    None if there is none, as far as sensors tell it without a template. A DAG that waits for another task of itself is
    none. A DAG without such sensors costs nothing.
    """
    ways: list[tuple[str, ...]] = [(spec.dag_id,)]
    seen = {spec.dag_id}
    for way in ways:  # it grows
        for other in _waits_for(spec if len(way) == 1 else _spec(store, way[-1])):
            if other == spec.dag_id and len(way) > 1:
                return (*way, other)
            if other not in seen and len(seen) < _MOST:
                seen.add(other)
                ways.append((*way, other))
    return ()


def _waits_for(spec: DagSpec | None) -> list[str]:
    return [] if spec is None else sorted({task.waits_for for task in spec.tasks} - {""})


def _spec(store: StateStore, dag_id: str) -> DagSpec | None:
    stored = store.dag(dag_id)
    if stored is None or not stored.record.active:
        return None
    version = store.version(dag_id, stored.record.version)
    return None if version is None else version.spec
