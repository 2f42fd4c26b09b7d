"""Where hooks of provider packages tell which data they have read and written. Nobody listens to it here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass
class AssetLineageInfo:
    """One asset that a hook has used."""

    asset: Any
    count: int
    context: Any


@dataclass
class HookLineage:
    """What hooks have told."""

    inputs: list[AssetLineageInfo] = field(default_factory=list)
    outputs: list[AssetLineageInfo] = field(default_factory=list)
    extra: list[Any] = field(default_factory=list)


class HookLineageCollector:
    """Takes what hooks tell, and keeps nothing of it."""

    _extra: Final[dict[str, Any]] = {}

    def create_asset(self, **_: Any) -> None:
        """No asset."""

    def add_input_asset(self, context: Any, **_: Any) -> None:
        """Something was read."""

    def add_output_asset(self, context: Any, **_: Any) -> None:
        """Something was written."""

    def add_extra(self, context: Any, key: str, value: Any) -> None:
        """Something else."""

    @property
    def has_collected(self) -> bool:
        """Whether anything was told."""
        return False

    @property
    def collected_assets(self) -> HookLineage:
        """What was told: nothing."""
        return HookLineage()


NoOpCollector = HookLineageCollector
"""Airflow's name for a collector that keeps nothing."""


class HookLineageReader:
    """Who would read it."""


_collector: Final = HookLineageCollector()


def get_hook_lineage_collector() -> HookLineageCollector:
    """The one collector."""
    return _collector
