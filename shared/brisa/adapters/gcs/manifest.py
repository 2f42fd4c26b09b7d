"""What a process remembers, for itself and the next one, of the files that it has mirrored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """One file: which object it holds, and its stamp just after it was written (another stamp: not to be trusted)."""

    generation: int
    stamp: str


class Manifest:
    """A small file. Wherever it can't be used, it is as if it weren't there."""

    def __init__(self, path: Path, source: str) -> None:
        """``source``: where the objects are; what was mirrored from elsewhere doesn't count."""
        self._path = path
        self._source = source

    def read(self) -> dict[str, Mirrored]:
        """The files, by relative path."""
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            told = json.loads(self._path.read_bytes())
            if told["source"] == self._source:
                return {
                    path: Mirrored(generation=int(one["generation"]), stamp=str(one["stamp"]))
                    for path, one in told["files"].items()
                }
        return {}

    def write(self, files: Mapping[str, Mirrored]) -> None:
        """Remember these from now on. Raises OSError."""
        told = {
            "source": self._source,
            "files": {path: {"generation": one.generation, "stamp": one.stamp} for path, one in sorted(files.items())},
        }
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(told), "utf-8")
        draft.replace(self._path)
