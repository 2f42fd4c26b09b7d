"""What watches an asset that nobody's task changes."""

from __future__ import annotations

from dataclasses import dataclass

from brisa.authoring.source import here
from brisa.authoring.triggers import BaseEventTrigger
from brisa.errors import AuthoringError


@dataclass
class AssetWatcher:
    """A trigger whose events are the asset's; ``name`` is unique among the asset's watchers."""

    name: str
    trigger: BaseEventTrigger

    def __post_init__(self) -> None:
        if not isinstance(self.trigger, BaseEventTrigger):
            raise AuthoringError(
                f"AssetWatcher {self.name!r}: the trigger must be a BaseEventTrigger, not "
                f"{type(self.trigger).__name__}",
                here(),
            )
