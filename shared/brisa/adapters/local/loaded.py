"""What commands remember of the DAG files that they have loaded, so that the next one need not load them again."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from brisa._version import __version__
from brisa.model.dag import SettledFile

_GOOD_FOR = 600.0
"""Seconds after which files are loaded again: what they say may depend on more than files (Variables, the date)."""


class LoadedFiles:
    """A small file in the home. Wherever it can't be used, it is as if it weren't there."""

    def __init__(self, path: Path, dags: Path) -> None:
        """``dags`` is the folder of DAG files."""
        self._path = path
        self._dags = dags

    def read(self) -> Mapping[str, SettledFile]:
        """File → what came of it, as far as that can still be so."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            told = json.loads(self._path.read_bytes())
            if told["circumstances"] == self._circumstances() and 0 <= time.time() - told["at"] <= _GOOD_FOR:
                return {
                    file: SettledFile(
                        fingerprint=one["fingerprint"], dag_ids=tuple(one["dag_ids"]), failed=one["failed"]
                    )
                    for file, one in told["files"].items()
                }
        return {}

    def write(self, files: Mapping[str, SettledFile]) -> None:
        """Remember these from now on."""
        told = {
            "at": time.time(),
            "circumstances": self._circumstances(),
            "files": {file: asdict(one) for file, one in files.items()},
        }
        draft = self._path.with_suffix(".tmp")
        with contextlib.suppress(OSError):
            draft.write_text(json.dumps(told), "utf-8")
            draft.replace(self._path)

    def _circumstances(self) -> Any:
        """What else decides whether a file loads: the folder, brisa, Python, and the packages installed."""
        packages = []
        for folder in sys.path:
            if folder.endswith("-packages"):  # an installation changes the time of its folder
                with contextlib.suppress(OSError):
                    packages.append([folder, Path(folder).stat().st_mtime_ns])
        return [str(self._dags), __version__, sys.version, packages]
