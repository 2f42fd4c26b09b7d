"""What a DAG that is scheduled on assets waits for: its queue of events, when that is enough, and the run it makes.

As in Airflow 2.11 and 3.3: an asset counts from its first event on, whatever else happens to it meanwhile; the run is
dated by the asset that came last, and is told of everything that has happened until it was made. While there is no
room for a run, events go on to be queued, and one run is made for all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from brisa.engine.create import create_run, run_id_for
from brisa.model.asset import AssetEvent, AssetKey, AssetQueue, QueuedAsset
from brisa.model.dag import Dag, DagVersion
from brisa.model.json import JsonObject, JsonValue
from brisa.model.params import resolve_params
from brisa.model.run import Run
from brisa.model.spec import DagSpec
from brisa.model.states import RunType

KEPT = 500
"""How many events of one asset a DAG's queue holds; of more, the latest."""
_MOMENT = 1e-6
"""Seconds between the dates of two runs, at least: dates have microseconds."""

Related = Mapping[str, Collection[str]]
"""Alias → uris of the assets that were ever told through it."""


def condition(spec: DagSpec) -> JsonValue:
    """The assets that a DAG is scheduled on (:meth:`brisa.authoring.assets.AssetExpression.to_spec`), or ``None``."""
    return spec.schedule.extra.get("assets")


def leaves(expression: JsonValue) -> Iterator[tuple[AssetKey, JsonObject]]:
    """The assets and aliases that an expression names, each with all that it says of them."""
    if not isinstance(expression, dict):
        return
    for word, alias in (("asset", False), ("alias", True)):
        if isinstance(name := expression.get(word), str):
            yield AssetKey(name, alias=alias), expression
    for word in ("all", "any"):
        members = expression.get(word)
        for member in members if isinstance(members, list) else ():
            yield from leaves(member)


def keys_of(spec: DagSpec) -> frozenset[AssetKey]:
    """The assets and aliases that a DAG is scheduled on."""
    return frozenset(key for key, _ in leaves(condition(spec)))


def is_met(expression: JsonValue, queue: AssetQueue, related: Related) -> bool:
    """Whether what has happened is what is waited for: an alias is met by an event that was told through it, and by
    one of any asset that ever was."""
    match expression:
        case {"asset": str(uri)}:
            return _counts(queue, uri)
        case {"alias": str(alias)}:
            told = {uri for uri, one in queue.items() if alias in one.aliases}
            return any(_counts(queue, uri) for uri in told.union(related.get(alias, ())))
        case {"all": list(members)}:
            return all(is_met(member, queue, related) for member in members)
        case {"any": list(members)}:
            return any(is_met(member, queue, related) for member in members)
        case _:
            return False


def queued(dag: Dag, events: Iterable[AssetEvent]) -> Dag:
    """The DAG document with these events in its queue. Those that happen while the DAG is paused do not count."""
    queue = dict(dag.asset_queue)
    for event in events:
        known = queue.get(event.uri, QueuedAsset())
        ends = (known.data_interval_end, event.data_interval_end)
        starts = (known.data_interval_start, event.data_interval_start)
        moment = datetime.fromtimestamp(event.timestamp, UTC)
        queue[event.uri] = replace(
            known,
            events=(*known.events, event.event_id)[-KEPT:],
            queued_at=_earlier(known.queued_at, None if dag.paused else event.timestamp),
            aliases=tuple(sorted({*known.aliases, *event.aliases})),
            data_interval_start=min((one for one in starts if one), default=moment),
            data_interval_end=max((one for one in ends if one), default=moment),
        )
    return replace(dag, asset_queue=queue)


def judged(dag: Dag, spec: DagSpec, related: Related) -> Dag:
    """The DAG document with ``assets_due_at`` as its queue says; what it is not scheduled on is no longer queued."""
    named = keys_of(spec)
    aliases = {key.uri for key in named if key.alias}
    queue = {
        uri: one for uri, one in dag.asset_queue.items() if AssetKey(uri) in named or aliases.intersection(one.aliases)
    }
    due = _date(queue) if is_met(condition(spec), queue, related) else None
    return replace(dag, asset_queue=queue, assets_due_at=due)


def asset_run(dag: Dag, version: DagVersion, now: float) -> tuple[Run, dict[str, Any]]:
    """The queued run for all that is in the queue, and what changes in the DAG document with it.

    In dialect 2 it has the date of the asset that came last, and a data interval from the earliest to the latest of
    the runs that made the events, as in Airflow 2; in dialect 3 it has neither, as in Airflow 3. No two have one date.
    """
    ids = tuple(event_id for one in dag.asset_queue.values() for event_id in one.events)
    seconds = round(max(_date(dag.asset_queue) or now, dag.asset_run_at + _MOMENT), 6)
    date = datetime.fromtimestamp(seconds, UTC)
    old = version.spec.dialect == 2
    run = create_run(
        version,
        run_type=RunType.DATASET if old else RunType.ASSET,
        logical_date=date if old else None,
        interval=_interval(dag.asset_queue, date) if old else None,
        run_after=seconds,
        now=now,
        run_id=_run_id(version.spec, seconds, ids),
        params=resolve_params(version.spec.params, {}),
        triggered_by="asset",
        asset_events=ids,
    )
    return run, {"asset_queue": {}, "assets_due_at": None, "asset_run_at": seconds}


def _run_id(spec: DagSpec, seconds: float, event_ids: tuple[str, ...]) -> str:
    """As Airflow writes it; what is a random text there is told by the events."""
    date = datetime.fromtimestamp(seconds, UTC)
    if spec.dialect == 2:
        return run_id_for(RunType.DATASET, date)
    digest = hashlib.blake2b("\x1f".join(event_ids).encode(), digest_size=4).hexdigest()
    return f"{run_id_for(RunType.ASSET, date)}_{digest}"


def _counts(queue: AssetQueue, uri: str) -> bool:
    return uri in queue and queue[uri].queued_at is not None


def _date(queue: AssetQueue) -> float | None:
    return max((one.queued_at for one in queue.values() if one.queued_at is not None), default=None)


def _interval(queue: AssetQueue, date: datetime) -> tuple[datetime, datetime]:
    starts = [one.data_interval_start for one in queue.values() if one.data_interval_start]
    ends = [one.data_interval_end for one in queue.values() if one.data_interval_end]
    return min(starts, default=date), max(ends, default=date)


def _earlier(one: float | None, other: float | None) -> float | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
