"""DAG versions that were used lately: they never change, so they are read once."""

from __future__ import annotations

import threading
from collections import OrderedDict

from brisa.model.dag import DagVersion

KEPT = 64


class Versions:
    """The last used versions, by DAG id and hash. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], DagVersion] = OrderedDict()

    def get(self, dag_id: str, version: str) -> DagVersion | None:
        """The version, if it is kept."""
        with self._lock:
            found = self._kept.get((dag_id, version))
            if found is not None:
                self._kept.move_to_end((dag_id, version))
            return found

    def keep(self, version: DagVersion) -> None:
        """Remember it; the one unused for longest is forgotten when there are too many."""
        with self._lock:
            self._kept[version.dag_id, version.version] = version
            self._kept.move_to_end((version.dag_id, version.version))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def forget(self, version: DagVersion) -> None:
        """It was removed."""
        with self._lock:
            self._kept.pop((version.dag_id, version.version), None)
