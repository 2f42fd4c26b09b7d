"""What a task says of the assets that it changes, and sees of those that it reads.

Nothing is made of what is said yet, and nobody has said anything that could be seen: scheduling by assets comes later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class OutletEvent:
    """The event of one asset, or alias: ``extra`` is told with it; :meth:`add` names the asset of an alias."""

    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}
        self.added: list[tuple[Any, dict[str, Any]]] = []

    def add(self, asset: Any, extra: dict[str, Any] | None = None) -> None:
        """``asset`` was changed, too."""
        self.added.append((asset, dict(extra or {})))


class OutletEvents:
    """``outlet_events[asset]``: by an asset, an alias, or its name."""

    def __init__(self) -> None:
        self._events: dict[str, OutletEvent] = {}

    def __getitem__(self, asset: Any) -> OutletEvent:
        return self._events.setdefault(asset if isinstance(asset, str) else asset.name, OutletEvent())


class InletEvents:
    """``inlet_events[asset]``: the earlier events of an asset or alias, oldest first."""

    def __getitem__(self, asset: Any) -> Sequence[Any]:
        return ()
