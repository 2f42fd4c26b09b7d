"""What a task sees of asset events: ``inlet_events``, and those that its run was made for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from brisa.authoring.assets import Asset, AssetAlias, AssetRef
from brisa.model.run import Run
from brisa.runtime.dag_run import DagRunView, moment
from brisa.runtime.request import Channel
from brisa.runtime.task_instance import RETURN_VALUE
from brisa.runtime.xcom_values import from_json


class AssetEventView:
    """Airflow's ``AssetEvent`` and ``DatasetEvent``, as far as a task can use them. Times are pendulum, in UTC."""

    def __init__(self, told: Mapping[str, Any], channel: Channel) -> None:
        """``told`` is as :class:`brisa.runtime.request.Channel` says."""
        self._told = told
        self._channel = channel
        self.asset = self.dataset = Asset(name=told["name"] or told["uri"], uri=told["uri"])
        self.uri: str = told["uri"]
        self.extra: dict[str, Any] = told["extra"]
        self.timestamp = moment(told["timestamp"])
        self.source_dag_id: str | None = told["dag_id"]
        self.source_run_id: str | None = told["run_id"]
        self.source_task_id: str | None = told["task_id"]
        self.source_map_index: int = told["map_index"]
        self.source_aliases = [AssetAlias(name) for name in told["aliases"]]

    def __repr__(self) -> str:
        return f"<AssetEvent: {self.uri} from {self.source_dag_id}.{self.source_task_id} {self.source_run_id}>"

    @property
    def source_dag_run(self) -> DagRunView | None:
        """The run that made it, with its dates; ``None`` if it came from outside."""
        if self.source_dag_id is None or self.source_run_id is None:
            return None
        run = Run(dag_id=self.source_dag_id, run_id=self.source_run_id, version="")
        view = DagRunView(run, None, {}, self._channel)
        for name in ("logical_date", "data_interval_start", "data_interval_end"):
            setattr(view, name, moment(self._told[name]))
        return view

    @property
    def source_task_instance(self) -> SourceTaskInstance | None:
        """The task instance that made it; ``None`` if it came from outside."""
        return None if self.source_task_id is None else SourceTaskInstance(self._told, self._channel)


class SourceTaskInstance:
    """The task instance that made an event."""

    def __init__(self, told: Mapping[str, Any], channel: Channel) -> None:
        self._channel = channel
        self.dag_id: str = told["dag_id"]
        self.run_id: str = told["run_id"]
        self.task_id: str = told["task_id"]
        self.map_index: int = told["map_index"]

    def xcom_pull(self, *, key: str = RETURN_VALUE, default: Any = None) -> Any:
        """One of its XComs."""
        rows = self._channel.ask(
            "xcom_pull",
            key=key,
            task_ids=[self.task_id],
            map_indexes=[self.map_index],
            dag_id=self.dag_id,
            run_id=self.run_id,
            include_prior_dates=False,
        )
        return from_json(rows[0][2]) if rows else default


def _asked(channel: Channel, verb: str, **payload: Any) -> list[AssetEventView]:
    return [AssetEventView(told, channel) for told in channel.ask(verb, **payload) or ()]


class History(Sequence[AssetEventView]):
    """The events of one asset or alias, the first first: asked for when somebody looks."""

    def __init__(self, channel: Channel, asked: Mapping[str, Any]) -> None:
        self._channel = channel
        self._asked = dict(asked)

    @cached_property
    def _events(self) -> list[AssetEventView]:
        return _asked(self._channel, "asset_events", **self._asked)

    def _with(self, **changes: Any) -> History:
        return History(self._channel, {**self._asked, **changes})

    def after(self, after: Any) -> History:
        """Only those from a moment (a datetime, or ISO 8601) on."""
        return self._with(after=moment(after).timestamp())

    def before(self, before: Any) -> History:
        """Only those until a moment."""
        return self._with(before=moment(before).timestamp())

    def ascending(self, ascending: bool = True) -> History:
        """The first first, or the latest first."""
        return self._with(ascending=ascending)

    def limit(self, limit: int) -> History:
        """So many at most."""
        return self._with(limit=limit)

    def __getitem__(self, index: Any) -> Any:
        return self._events[index]

    def __len__(self) -> int:
        return len(self._events)


class InletEvents(Mapping[Any, History]):
    """``inlet_events[asset]``: the events of one of the task's inlets, by the asset, alias, or its place among them.

    Any other is a :class:`KeyError`, as in Airflow.
    """

    def __init__(self, inlets: Sequence[Any], channel: Channel) -> None:
        self._inlets = inlets
        self._channel = channel

    def __getitem__(self, key: Any) -> History:
        inlet = self._inlets[key] if isinstance(key, int) else key
        if isinstance(inlet, AssetAlias):
            known = inlet in self._inlets
            asked: dict[str, Any] = {"alias": inlet.name}
        else:
            uri = inlet if isinstance(inlet, str) else getattr(inlet, "uri", None)
            known = any(isinstance(one, Asset | AssetRef) and one.uri == uri for one in self._inlets)
            asked = {"uri": uri}
        if not known:
            raise KeyError(key)
        return History(self._channel, asked)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)


class TriggeringEvents(Mapping[Any, Sequence[AssetEventView]]):
    """``triggering_asset_events``: asset or alias → the events of it that the run was made for, the first first."""

    def __init__(self, events: Sequence[AssetEventView]) -> None:
        self._events: dict[Any, list[AssetEventView]] = {}
        for event in events:
            for key in (event.asset, *event.source_aliases):
                self._events.setdefault(key, []).append(event)

    def __getitem__(self, key: Any) -> Sequence[AssetEventView]:
        if isinstance(key, Asset):
            return self.for_asset(uri=key.uri)
        if not isinstance(key, AssetAlias):
            raise TypeError(f"events are found by an Asset or an AssetAlias, not {type(key).__name__}")
        return self._events[key]

    def for_asset(self, *, name: str | None = None, uri: str | None = None) -> Sequence[AssetEventView]:
        """Those of the asset of that name, or uri."""
        for key, events in self._events.items():
            if isinstance(key, Asset) and name in (None, key.name) and uri in (None, key.uri):
                return events
        raise KeyError(name or uri)

    def for_asset_alias(self, *, name: str) -> Sequence[AssetEventView]:
        """Those that were told through an alias."""
        return self[AssetAlias(name)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)


def triggering_events(run: Run, channel: Channel) -> Sequence[AssetEventView]:
    """The events that ``run`` was made for, the first first; nobody is asked for a run that no asset has started."""
    return _asked(channel, "triggering_asset_events") if run.asset_events else []


def by_uri(events: Sequence[AssetEventView]) -> dict[str, list[AssetEventView]]:
    """``triggering_dataset_events``, Airflow 2's way: uri → events."""
    found: dict[str, list[AssetEventView]] = {}
    for event in events:
        found.setdefault(event.uri, []).append(event)
    return found
