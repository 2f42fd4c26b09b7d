"""Asset events reach the DAGs that are scheduled on their assets: each one once, whatever crashes in between.

An event is created with the end of the attempt that tells it, and its run remembers it until every consumer has it.
What a consumer gets: its queue, what the event knows of that, and the run that it may make, are one commit. Whoever is
interrupted leaves the rest to the sweep, which looks at the run after a grace time.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from brisa.errors import BrisaError, ConflictError, UnavailableError
from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.events import Announced, Event
from brisa.model.run import Run, RunKey
from brisa.ports.clock import Clock
from brisa.ports.store import Create, StateStore, Stored, Update
from brisa.services.consumers import Admits, Consumers, keys_of_event

log = logging.getLogger(__name__)

AT_ONCE = 50
"""How many events one commit makes known at most: each may be as long as all that a task tells."""
_TRIES = 40
_chance = random.Random()  # noqa: S311  jitter, not a secret; its own, so that nobody's seeds are disturbed


class Changes(Admits, Protocol):
    """What is needed of :class:`brisa.services.runs.Runs` here."""

    def change(self, key: RunKey, events: Callable[[Run], Iterable[Event]]) -> Run:
        """Apply events to a run."""
        ...


class Announcer:
    """Makes asset events known. Several may work on the same ones at the same time."""

    def __init__(self, store: StateStore, clock: Clock, runs: Changes) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs
        self._consumers = Consumers(store, clock, runs)

    def announce(self, run: Run) -> None:
        """Make known what ``run`` remembers; what can't be now is left to the sweep."""
        for start in range(0, len(run.announcing), AT_ONCE):
            part = run.announcing[start : start + AT_ONCE]
            try:
                self._announce(part)
                self._runs.change(run.key, lambda _, known=part: [Announced(event_ids=known)])  # type: ignore[misc]
            except BrisaError as error:
                log.warning(
                    "run %s of %s: asset events are not known everywhere yet, the sweep sees to it: %s",
                    run.run_id,
                    run.dag_id,
                    error,
                )

    def _announce(self, event_ids: Sequence[str]) -> None:
        events = [stored.record for stored in self._store.asset_events_of(event_ids) if stored is not None]
        trouble: BrisaError | None = None
        for dag_id, news in self._consuming(events).items():
            try:
                self._tell(dag_id, news)
            except BrisaError as error:
                trouble = error  # one DAG's trouble must not keep the others waiting
        if trouble is not None:
            raise trouble

    def _consuming(self, events: Sequence[AssetEvent]) -> Mapping[str, Sequence[str]]:
        """The DAGs that are scheduled on these events' assets: id → ids of the events that it must know of."""
        of_key: dict[AssetKey, list[AssetEvent]] = {}
        for event in events:
            for key in keys_of_event(event):
                of_key.setdefault(key, []).append(event)
        consumers: dict[str, dict[str, None]] = {}
        for key, some in sorted(of_key.items()):
            for dag_id in self._known(key, some).consumers:
                consumers.setdefault(dag_id, {}).update((event.event_id, None) for event in some)
        return {dag_id: tuple(ids) for dag_id, ids in sorted(consumers.items())}

    def _known(self, key: AssetKey, events: Sequence[AssetEvent]) -> Asset:
        """What is known of an asset, or of an alias through which it was told; known from now on, if it was not."""
        name = "" if key.alias else events[0].name
        uris = {event.uri for event in events} if key.alias else set()
        for _ in range(_TRIES):
            stored = self._store.asset(key)
            if stored is not None and uris.issubset(stored.record.uris):
                return stored.record
            asset = Asset(key=key, name=name) if stored is None else stored.record
            asset = replace(asset, uris=tuple(sorted(uris.union(asset.uris))))
            try:
                self._store.commit(Create(asset) if stored is None else Update(asset, stored.revision))
            except ConflictError:
                self._pause()
                continue
            return asset
        raise UnavailableError(f"what is known of {key.uri!r} changes too often")

    def _tell(self, dag_id: str, event_ids: Sequence[str]) -> None:
        for _ in range(_TRIES):
            news = [
                stored
                for stored in self._store.asset_events_of(event_ids)
                if stored is not None and dag_id not in stored.record.delivered
            ]
            if not news:
                return
            told = self._consumers.tell(dag_id, _in_order(news))
            delivered = [
                Update(replace(one.record, delivered=(*one.record.delivered, dag_id)), one.revision) for one in news
            ]
            try:
                self._runs.commit(told.admissions, *told.writes, *delivered)
                return
            except ConflictError:
                self._pause()
        raise UnavailableError(f"DAG {dag_id!r} changes too often to be told of asset events")

    def _pause(self) -> None:
        self._clock.sleep(_chance.uniform(0.001, 0.02))


def _in_order(news: Iterable[Stored[AssetEvent]]) -> list[AssetEvent]:
    return sorted((one.record for one in news), key=lambda event: (event.timestamp, event.event_id))
