"""The DAG bundle when a person has named one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class OneFile:
    """A :class:`~brisa.ports.bundle.DagBundle` of the one file ``name`` in the folder ``root``, whatever is in it."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name

    def root(self) -> Path:
        """The folder."""
        return self._root

    def files(self) -> Mapping[str, str]:
        """The file; it's looked at once, so that its fingerprint never changes."""
        return {self._name: "given"}
