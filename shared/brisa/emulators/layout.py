"""Where the emulators of a home keep what they keep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from brisa.errors import EmulatorError


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below ``home``. All of it is data of one machine: deleting ``home/emulators`` empties the local cloud."""

    home: Path

    @property
    def record(self) -> Path:
        """Who runs where."""
        return self.home / "emulators.json"

    @property
    def lock(self) -> Path:
        """Held (:func:`fcntl.flock`) by the orchestrator of this home: while it is, the emulators are needed."""
        return self.home / "brisa.lock"

    @property
    def starting(self) -> Path:
        """Held by whoever is starting or stopping them."""
        return self.home / "emulators" / "starting.lock"

    @property
    def gcs(self) -> Path:
        """The buckets: a folder each, an object a file. Only the emulator may write there."""
        return self.home / "emulators" / "gcs"

    @property
    def bigquery(self) -> Path:
        """BigQuery's datasets and jobs."""
        return self.home / "emulators" / "bigquery"

    @property
    def duckdb_home(self) -> Path:
        """What DuckDB takes for the user's home: its extensions are below."""
        return self.home / "emulators" / "duckdb"

    def data(self, name: str) -> Path:
        """The one file in which the emulator ``name`` keeps what it keeps."""
        return self.home / "emulators" / f"{name}.db"

    def log(self, name: str) -> Path:
        """The log of the keeper or of one emulator."""
        return self.home / "emulators" / f"{name}.log"

    def make(self) -> None:
        """Create the folders. :class:`EmulatorError` for a path that the BigQuery emulator can't take."""
        if "'" in str(self.home):
            raise EmulatorError(f"{self.home}: the BigQuery emulator can't keep data under a path with an apostrophe.")
        for folder in (self.gcs, self.bigquery, self.duckdb_home):
            folder.mkdir(parents=True, exist_ok=True)
