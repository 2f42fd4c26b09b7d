"""The differences that are known, and the DAGs that are not compared: ``known_differences.json``.

An entry of ``differs`` is ``{"airflow": version, "dag": id, "where": [pattern …], "reason": why}``: the patterns are
those of a shell, and match what stands before the colon where a difference is shown (``state t``, ``xcom t.key``,
``edges *``). An entry of ``not_compared`` has no ``where``. ``airflow`` and ``dag`` may be patterns too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from tests.conformance.compare import Difference

FILE = Path(__file__).with_name("known_differences.json")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that is known about a DAG, with its reason."""

    airflow: str
    dag: str
    reason: str
    where: tuple[str, ...] = ()

    def about(self, airflow: str, dag_id: str) -> bool:
        """Whether it is about this DAG, run by this Airflow."""
        return fnmatchcase(airflow, self.airflow) and fnmatchcase(dag_id, self.dag)

    def matches(self, difference: Difference) -> bool:
        """Whether it explains this difference."""
        return any(fnmatchcase(difference.where, pattern) for pattern in self.where)


@dataclass(frozen=True, kw_only=True)
class Known:
    """All that is known; it remembers what was of use."""

    differs: tuple[Entry, ...]
    not_compared: tuple[Entry, ...]
    used: set[Entry] = field(default_factory=set)

    def excluded(self, airflow: str, dag_id: str) -> str:
        """Why the DAG is not compared; empty if it is."""
        for entry in self.not_compared:
            if entry.about(airflow, dag_id):
                self.used.add(entry)
                return entry.reason
        return ""

    def explain(self, airflow: str, dag_id: str, difference: Difference) -> str:
        """The reason of the difference; empty if it is not known."""
        for entry in self.differs:
            if entry.about(airflow, dag_id) and entry.matches(difference):
                self.used.add(entry)
                return entry.reason
        return ""

    def stale(self, seen: Iterable[tuple[str, str]]) -> list[Entry]:
        """Entries about the DAGs ``seen`` (version, id) that were of no use."""
        seen = list(seen)
        return [
            entry
            for entry in (*self.differs, *self.not_compared)
            if entry not in self.used and any(entry.about(*one) for one in seen)
        ]


def read(path: Path = FILE) -> Known:
    """What the file says."""
    content = json.loads(path.read_text("utf-8"))
    return Known(
        differs=tuple(Entry(**{**one, "where": tuple(one["where"])}) for one in content["differs"]),
        not_compared=tuple(Entry(**one) for one in content["not_compared"]),
    )
