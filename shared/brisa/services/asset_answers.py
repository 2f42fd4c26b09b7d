"""What tasks may ask of asset events; see :class:`brisa.runtime.request.Channel`."""

from __future__ import annotations

from datetime import datetime

from brisa.model.asset import AssetEvent, AssetKey
from brisa.model.json import JsonValue
from brisa.model.run import Run
from brisa.ports.store import StateStore

LONGEST = 1000
"""How many events one answer holds; of more, those that come first in the order asked for, and the latest of all."""


class AssetAnswers:
    """Answers for one run."""

    def __init__(self, store: StateStore, run: Run) -> None:
        self._store = store
        self._run = run

    def triggering_asset_events(self) -> JsonValue:
        """The events that the run was made for, the first first; those that are kept no longer are left out."""
        found = self._store.asset_events_of(self._run.asset_events)
        events = [stored.record for stored in found if stored is not None]
        return [_told(event) for event in sorted(events, key=lambda event: (event.timestamp, event.event_id))]

    def asset_events(
        self,
        *,
        uri: str = "",
        alias: str = "",
        after: float | None = None,
        before: float | None = None,
        ascending: bool = True,
        limit: int | None = None,
    ) -> JsonValue:
        """The events of an asset, or told through an alias."""
        latest = limit is None and ascending  # without a limit of the task's own, ours must not leave out the latest
        found = self._store.asset_events(
            AssetKey(alias, alias=True) if alias else AssetKey(uri),
            limit=LONGEST if limit is None else max(0, min(limit, LONGEST)),
            after=after,
            before=before,
            ascending=ascending and not latest,
        )
        return [_told(stored.record) for stored in (reversed(found) if latest else found)]


def _told(event: AssetEvent) -> JsonValue:
    return {
        "uri": event.uri,
        "name": event.name,
        "timestamp": event.timestamp,
        "extra": event.extra,
        "aliases": list(event.aliases),
        "dag_id": event.source_dag_id or None,
        "run_id": event.source_run_id or None,
        "task_id": event.source_task_id or None,
        "map_index": event.source_map_index,
        "logical_date": _iso(event.logical_date),
        "data_interval_start": _iso(event.data_interval_start),
        "data_interval_end": _iso(event.data_interval_end),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
