"""What people and other systems may ask, and do, about assets; an API calls these verbs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from brisa.engine.asset_queue import judged
from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.asset import Asset, AssetEvent, AssetKey, AssetQueue
from brisa.model.dag import Dag
from brisa.model.json import JsonObject
from brisa.model.run import Run
from brisa.ports.clock import Clock
from brisa.ports.store import Create, StateStore, Stored, Update
from brisa.services.consumers import Consumers, related
from brisa.services.runs import CONFLICTS, Runs


class ManyProducersError(BrisaError):
    """Which of several DAGs is to make an asset is not said."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list of events, the latest first; ``more`` says whether there are others after it."""

    events: Sequence[AssetEvent]
    more: bool


class Assets:
    """Lists, and changes from outside."""

    def __init__(self, store: StateStore, clock: Clock, runs: Runs) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs
        self._consumers = Consumers(store, clock, runs)

    def all(self) -> Sequence[Asset]:
        """Every asset and alias that a DAG has ever named, or a task has told of, by uri."""
        return [stored.record for stored in self._store.assets()]

    def asset(self, name: str) -> Asset:
        """The asset of that uri, or of that name; :class:`NotFoundError`."""
        stored = self._store.asset(AssetKey(name))
        if stored is not None:
            return stored.record
        found = [asset for asset in self.all() if not asset.key.alias and asset.name == name]
        if not found:
            raise NotFoundError(f"no DAG names an asset {name!r}")
        return found[0]

    def waiting(self, uri: str) -> Sequence[Stored[Dag]]:
        """The DAGs in whose queues there may be something of an asset: those that are scheduled on it, or on an alias
        through which it was told."""
        found = [
            stored.record.consumers
            for stored in self._store.assets()
            if (stored.record.key == AssetKey(uri)) or (stored.record.key.alias and uri in stored.record.uris)
        ]
        dag_ids = sorted({dag_id for some in found for dag_id in some})
        return [stored for stored in self._store.dags_of(dag_ids) if stored is not None]

    def events(self, key: AssetKey | None = None, *, limit: int = 100, offset: int = 0) -> Page:
        """Events of one asset, or told through one alias, or all."""
        found = self._store.asset_events(key, limit=limit + 1, offset=offset)
        return Page([stored.record for stored in found[:limit]], len(found) > limit)

    def queued(self, dag_id: str) -> AssetQueue:
        """What has happened to the assets that a DAG is scheduled on since it last ran for that, by uri."""
        return self._dag(dag_id).record.asset_queue

    def forget(self, dag_id: str, uri: str | None = None) -> Dag:
        """Take events out of a DAG's queue, those of one asset or all: they start no run. The DAG as it is then."""
        for _ in range(CONFLICTS):
            stored = self._dag(dag_id)
            queue = {} if uri is None else {one: held for one, held in stored.record.asset_queue.items() if one != uri}
            spec = self._runs.version(dag_id, stored.record.version).spec
            dag = judged(replace(stored.record, asset_queue=queue), spec, related(self._store, spec))
            try:
                self._store.commit(Update(dag, stored.revision))
                return dag
            except ConflictError:
                continue
        raise UnavailableError(f"DAG {dag_id!r} changes too often; try again")

    def tell(self, uri: str, extra: JsonObject | None = None) -> AssetEvent:
        """The asset was changed by something that brisa does not run. Told twice, it is two events.

        The event, and all that it starts, are one commit. Raises :class:`NotFoundError` for an asset that no DAG names.
        """
        for _ in range(CONFLICTS):
            stored = self._store.asset(AssetKey(uri))
            if stored is None:
                raise NotFoundError(f"no DAG names an asset {uri!r}")
            asset = stored.record
            event = AssetEvent(
                event_id=secrets.token_hex(12),
                uri=uri,
                name=asset.name,
                timestamp=self._clock.now(),
                extra=extra or {},
                delivered=asset.consumers,
            )
            told = [self._consumers.tell(dag_id, [event]) for dag_id in asset.consumers]
            try:
                self._runs.commit(
                    [admission for one in told for admission in one.admissions],
                    Create(event),
                    *(write for one in told for write in one.writes),
                )
                return event
            except ConflictError:
                continue
        raise UnavailableError(f"the DAGs that wait for {uri!r} change too often; try again")

    def materialize(self, uri: str, conf: JsonObject | None = None, *, triggered_by: str = "") -> Run:
        """Make a run of the DAG that makes the asset. Raises what :meth:`producer` and :meth:`Runs.trigger` do."""
        return self._runs.trigger(self.producer(uri), conf=conf, triggered_by=triggered_by)

    def producer(self, uri: str) -> str:
        """The DAG that makes the asset: there must be one, and no other.

        Raises :class:`NotFoundError` and :class:`ManyProducersError`.
        """
        producers = self.asset(uri).producers
        if not producers:
            raise NotFoundError(f"no DAG makes the asset {uri!r}")
        if len(producers) > 1:
            raise ManyProducersError(
                f"several DAGs make the asset {uri!r}: {', '.join(producers)}; trigger one of them"
            )
        return producers[0]

    def _dag(self, dag_id: str) -> Stored[Dag]:
        stored = self._store.dag(dag_id)
        if stored is None:
            raise NotFoundError(f"there is no DAG {dag_id!r}")
        return stored
