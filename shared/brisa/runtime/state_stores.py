"""``task_state_store`` and ``asset_state_store``: what outlives a try, and what outlives a run (Airflow 3.3).

A value is kept as soon as ``set`` returns: also if the attempt fails or is lost in the next moment.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

from brisa.authoring.assets import Asset, AssetRef
from brisa.runtime.request import Channel

NEVER_EXPIRE: Final = timedelta.max
"""As ``retention``: the value is kept for good."""
RETENTION: Final = timedelta(days=30)
"""How long a task's value is kept unless it is said, as in Airflow."""


class StateStore:
    """Values by key of one owner: JSON, and not ``None``.

    ``aget``, ``aset``, ``adelete`` and ``aclear`` are the same for a coroutine; they are as quick as the others.
    """

    def __init__(self, channel: Channel, asset: str | None = None, *, now: Callable[[], float] = time.time) -> None:
        """The owner is the asset of that name; without one the task instance, in whichever try.

        ``now`` tells the seconds since the epoch.
        """
        self._channel = channel
        self._asset = asset
        self._now = now

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or ``default`` if there is none, or none any more."""
        found = self._channel.ask("state", asset=self._asset, key=key)
        if found is None:
            return default
        value, expires_at = found
        return value if expires_at is None or self._now() < expires_at else default

    def _set(self, key: Any, value: Any, expires_at: float | None) -> None:
        if not isinstance(key, str) or not key:
            raise ValueError(f"the key of a state must be a text that is not empty, not {key!r}")
        if value is None:
            raise ValueError(f"the state {key!r} can't be None; delete() removes it")
        self._channel.ask("set_state", asset=self._asset, key=key, value=_json(key, value), expires_at=expires_at)

    def delete(self, key: str) -> None:
        """Remove one value, if it is there."""
        self._channel.ask("delete_state", asset=self._asset, key=key)

    def clear(self) -> None:
        """Remove all values of the owner."""
        self._channel.ask("clear_state", asset=self._asset)

    async def aget(self, key: str, default: Any = None) -> Any:
        """:meth:`get`."""
        return self.get(key, default)

    async def adelete(self, key: str) -> None:
        """:meth:`delete`."""
        self.delete(key)

    async def aclear(self) -> None:
        """:meth:`clear`."""
        self.clear()


def _json(key: str, value: Any) -> Any:
    """``value``; :class:`ValueError` if it would come back as another."""
    try:
        same = json.loads(json.dumps(value, allow_nan=False)) == value
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the state {key!r} is not JSON: {error}") from error
    if not same:
        raise ValueError(f"the state {key!r} would not come back as it is; give texts, numbers, lists and dicts alone")
    return value


class TaskStateStore(StateStore):
    """What one task instance keeps from try to try."""

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """Keep ``value`` for ``retention``: a timedelta, :data:`NEVER_EXPIRE`, or by default 30 days."""
        kept = RETENTION if retention is None else retention
        self._set(key, value, None if kept == NEVER_EXPIRE else self._now() + kept.total_seconds())

    async def aset(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """:meth:`set`."""
        self.set(key, value, retention=retention)


class AssetStateStore(StateStore):
    """What is kept of one asset, from run to run and from DAG to DAG."""

    def set(self, key: str, value: Any) -> None:
        """Keep ``value`` until it is replaced or removed."""
        self._set(key, value, None)

    async def aset(self, key: str, value: Any) -> None:
        """:meth:`set`."""
        self.set(key, value)


class AssetStateStores:
    """The stores of a task's inlets and outlets, by asset; with a single one its methods can be called right here."""

    def __init__(self, assets: Iterable[Any], channel: Channel) -> None:
        """Of ``assets`` those count that are assets, or references to one: an alias has no state."""
        self._stores = {
            asset.name: AssetStateStore(channel, asset.name) for asset in assets if isinstance(asset, (Asset, AssetRef))
        }

    def __bool__(self) -> bool:
        return bool(self._stores)

    def __getitem__(self, asset: Any) -> AssetStateStore:
        if not isinstance(asset, (Asset, AssetRef)):
            raise TypeError(f"asset_state_store[…] takes an asset, not {type(asset).__name__}")
        if asset.name not in self._stores:
            raise KeyError(f"{asset!r} is none of this task's inlets and outlets")
        return self._stores[asset.name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if len(self._stores) != 1:
            raise ValueError(
                f"the task has {len(self._stores)} inlets and outlets: asset_state_store[ASSET] says which is meant"
            )
        [store] = self._stores.values()
        return getattr(store, name)

    def __repr__(self) -> str:
        return f"<AssetStateStores {sorted(self._stores)}>"
