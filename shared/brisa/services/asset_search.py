"""Looking through the events of assets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from brisa.model.asset import AssetEvent, AssetKey
from brisa.ports.store import StateStore

LOOKED_AT = 10_000
"""Events that are looked at for a question that no index answers: the latest of those that an index has found."""


class Found(NamedTuple):
    """A part of what was found, and how many there are in all."""

    events: Sequence[AssetEvent]
    total: int


def search(
    store: StateStore,
    key: AssetKey | None = None,
    *,
    after: float | None = None,
    before: float | None = None,
    keep: Callable[[AssetEvent], bool] | None = None,
    order: Callable[[list[AssetEvent]], list[AssetEvent]] | None = None,
    ascending: bool = True,
    limit: int,
    offset: int = 0,
) -> Found:
    """Events by asset and time (both ends included), which the store has indexes for; and, of the latest
    :data:`LOOKED_AT` of those, the ones that ``keep`` keeps, in ``order``. Without either of both, all are counted and
    paged by the store."""
    if keep is None and order is None:
        page = store.asset_events(key, limit=limit, offset=offset, after=after, before=before, ascending=ascending)
        return Found([one.record for one in page], store.count_asset_events(key, after=after, before=before))
    latest = store.asset_events(key, limit=LOOKED_AT, after=after, before=before)
    found = [one.record for one in latest if keep is None or keep(one.record)]
    if ascending:
        found.reverse()
    ordered = found if order is None else order(found)
    return Found(ordered[offset : offset + limit], len(found))
