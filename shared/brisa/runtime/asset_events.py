"""What a task says of the assets that it changes, and sees of those that it reads.

Nothing is made of what is said yet, and nobody has said anything that could be seen: scheduling by assets comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from brisa.authoring.assets import AssetAlias

LONGEST_KEY = 250
"""Characters of a partition key, as in Airflow, whose database sets it."""


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


class OutletEvents:
    """``outlet_events[asset]``: by an asset, an alias, or its name."""

    def __init__(self) -> None:
        self._events: dict[str, OutletEvent] = {}

    def __getitem__(self, asset: Any) -> OutletEvent:
        return self._events.setdefault(asset if isinstance(asset, str) else asset.name, OutletEvent(asset))


class InletEvents:
    """``inlet_events[asset]``: the earlier events of an asset or alias, oldest first."""

    def __getitem__(self, asset: Any) -> Sequence[Any]:
        return ()
