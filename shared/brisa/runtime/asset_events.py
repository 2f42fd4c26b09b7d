"""What a task says of the assets that it changes: ``outlet_events``, and what becomes of it once the task succeeds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from brisa.authoring.assets import Asset, AssetAlias, AssetRef, is_json
from brisa.authoring.exceptions import AirflowException
from brisa.model.asset import AssetUpdate

LONGEST_KEY = 250
"""Characters of a partition key, as in Airflow, whose database sets it."""
LARGEST = 100_000
"""Characters of all that one attempt tells of assets: it is kept with the attempt, and again with each event."""


class OutletEvent:
    """The event of one asset, or alias: ``extra`` is told with it; :meth:`add` names the asset of an alias.

    :meth:`add_partitions` makes it several events, one for each partition key.
    """

    def __init__(self, asset: Any = None) -> None:
        self._asset = asset
        self.extra: dict[str, Any] = {}
        self.partition_keys: set[str] = set()
        self.added: list[tuple[Any, dict[str, Any]]] = []

    def add(self, asset: Any, extra: dict[str, Any] | None = None) -> None:
        """``asset`` was changed, too."""
        self.added.append((asset, dict(extra or {})))

    def add_partitions(self, keys: str | Iterable[str]) -> None:
        """The partitions ``keys`` (one, or several) of the asset were changed.

        :class:`ValueError` for a key that is empty, or longer than 250 characters; :class:`TypeError` for an alias.
        """
        if isinstance(self._asset, AssetAlias):
            raise TypeError("add_partitions() is for an asset: an alias has no partitions")
        added = [keys] if isinstance(keys, str) else list(keys)
        for key in added:
            if not key.strip() or len(key) > LONGEST_KEY:
                raise ValueError(f"a partition key has 1 to {LONGEST_KEY} characters, unlike {key[:60]!r}")
        self.partition_keys.update(added)


class OutletEvents(Mapping[str, OutletEvent]):
    """``outlet_events[asset]``: by an asset, an alias, or (as in Airflow 2) its uri or name."""

    def __init__(self) -> None:
        self._events: dict[str, OutletEvent] = {}

    def __getitem__(self, asset: Any) -> OutletEvent:
        return self._events.setdefault(_name(asset), OutletEvent(asset))

    def __iter__(self) -> Iterator[str]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)


def told(outlets: list[Any], events: OutletEvents) -> tuple[AssetUpdate, ...]:
    """What a task with these ``outlets``, which has succeeded, has changed.

    Each asset once, with the extra that it was given; and what was added to each alias, but the same asset with the
    same extra once, whichever aliases it was added to. An asset or alias that is no outlet is not told, as in Airflow.
    Raises :class:`AirflowException` for what can't be kept.
    """
    named = [outlet.asset() if isinstance(outlet, AssetRef) else outlet for outlet in outlets]
    assets = {outlet.uri: outlet for outlet in named if isinstance(outlet, Asset)}
    updates = [
        AssetUpdate(uri=uri, name=asset.name, extra=_extra(uri, events[asset].extra)) for uri, asset in assets.items()
    ]
    added: dict[tuple[str, str], tuple[Any, dict[str, Any], dict[str, None]]] = {}
    for alias in dict.fromkeys(outlet.name for outlet in outlets if isinstance(outlet, AssetAlias)):
        for changed, given in events[alias].added:
            asset = Asset(changed) if isinstance(changed, str) else changed
            if not hasattr(asset, "uri"):
                raise AirflowException(f"what is added to the alias {alias!r} must be an Asset, not {changed!r:.80}")
            extra = _extra(asset.uri, given)
            _, _, aliases = added.setdefault((asset.uri, json.dumps(extra, sort_keys=True)), (asset, extra, {}))
            aliases[alias] = None
    for (uri, _), (asset, extra, aliases) in added.items():
        updates.append(AssetUpdate(uri=uri, name=asset.name, extra=extra, aliases=tuple(sorted(aliases))))
    length = sum(len(json.dumps(update.extra)) + len(update.uri) for update in updates)
    if length > LARGEST:
        raise AirflowException(
            f"the extras of the task's asset events have {length:,} characters, and {LARGEST:,} can be kept: write the "
            "data elsewhere and give its name"
        )
    return tuple(updates)


def _name(asset: Any) -> str:
    """By what an asset, or an alias, is known."""
    return asset if isinstance(asset, str) else getattr(asset, "uri", None) or asset.name


def _extra(uri: str, extra: Any) -> dict[str, Any]:
    if not isinstance(extra, dict) or not is_json(extra):
        raise AirflowException(f"the extra of an asset event must be a dict of JSON, and {uri!r} has {extra!r:.80}")
    return json.loads(json.dumps(extra))  # type: ignore[no-any-return]  # a dict: keys are texts from here on
