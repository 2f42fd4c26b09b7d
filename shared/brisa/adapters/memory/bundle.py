"""A DAG bundle made of texts."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path

from brisa.adapters.local.bundle import FolderBundle


class MemoryBundle:
    """A :class:`~brisa.ports.bundle.DagBundle` of ``files``: relative path → content.

    Python imports from folders, so the texts are written to one that is removed with the object.
    """

    def __init__(self, files: Mapping[str, str | bytes] | None = None) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="brisa-bundle-"))
        weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        self._folder = FolderBundle(self._root)
        for path, content in (files or {}).items():
            self.write(path, content)

    def write(self, path: str, content: str | bytes) -> None:
        """Add or change a file."""
        target = self._root / path
        if not target.resolve().is_relative_to(self._root.resolve()):
            raise ValueError(f"{path!r} is outside the bundle")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def remove(self, path: str) -> None:
        """Remove a file."""
        (self._root / path).unlink()

    def files(self) -> Mapping[str, str]:
        """Candidate DAG files and their fingerprints."""
        return self._folder.files()

    def root(self) -> Path:
        """The folder that the texts were written to."""
        return self._root
