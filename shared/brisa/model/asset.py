"""Assets: what tasks say of data that they have changed, and what is known of who makes it and who waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from brisa.model.json import JsonObject

EXTERNAL_MAP_INDEX = -1
"""The source map index of an event that no mapped task has told, as in Airflow."""


class AssetKey(NamedTuple):
    """What names an asset: its uri; or an alias: its name."""

    uri: str
    alias: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetUpdate:
    """One change of an asset, as the attempt that made it tells it."""

    uri: str
    name: str = ""
    extra: JsonObject = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    """Names of the aliases through which it was told; none for an outlet of the task's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetEvent:
    """One change of an asset, as it is kept. ``timestamp`` is seconds since the epoch.

    The source's fields are empty for a change that was told from outside.
    """

    event_id: str
    """Told by attempt and place (:func:`brisa.engine.announcing.event_id`): the same try makes no second event."""
    uri: str
    name: str = ""
    timestamp: float = 0.0
    extra: JsonObject = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    source_dag_id: str = ""
    source_run_id: str = ""
    source_task_id: str = ""
    source_map_index: int = EXTERNAL_MAP_INDEX
    logical_date: datetime | None = None
    """The source run's, as the data interval that follows."""
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    delivered: tuple[str, ...] = ()
    """Ids of the DAGs that know of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """What is known of one asset, or alias: who makes it, who is scheduled on it."""

    key: AssetKey
    name: str = ""
    group: str = ""
    extra: JsonObject = field(default_factory=dict)
    consumers: tuple[str, ...] = ()
    """Ids of the DAGs whose current version is scheduled on it, sorted."""
    producers: tuple[str, ...] = ()
    """Ids of the DAGs whose current version has a task with it among its outlets, sorted."""
    readers: tuple[str, ...] = ()
    """Ids of the DAGs whose current version has a task with it among its inlets, sorted."""
    uris: tuple[str, ...] = ()
    """Of an alias: the assets that were ever told through it."""
    created_at: float = 0.0
    updated_at: float = 0.0
    """When a DAG file first named it, and when one last said something else of it, in seconds since the epoch; 0 where
    that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedAsset:
    """What has happened to one asset since a DAG that is scheduled on it last ran for that."""

    events: tuple[str, ...] = ()
    """Ids of the events, in the order in which they were delivered."""
    queued_at: float | None = None
    """When (seconds since the epoch) the first of those that count happened. As in Airflow, what happens while the DAG
    is paused starts no run; the next run is told of it all the same."""
    aliases: tuple[str, ...] = ()
    """The aliases through which any of them was told."""
    data_interval_start: datetime | None = None
    """The earliest of the source runs', as the latest that follows."""
    data_interval_end: datetime | None = None


AssetQueue = Mapping[str, QueuedAsset]
"""Uri → what has happened to it."""
