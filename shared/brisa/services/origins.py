"""What a DAG version is run from."""

from __future__ import annotations

from typing import Protocol

from brisa.model.dag import DagVersion


class Origins(Protocol):
    """Tells what to run a version from."""

    def __call__(self, version: DagVersion) -> tuple[str, str | None]:
        """As :meth:`brisa.services.registry.Registry.origin`."""
        ...
