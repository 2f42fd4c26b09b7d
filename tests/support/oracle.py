"""Reads tests/oracle/*.json whose rows are bodies of DAG files: once per recorded Airflow, in its dialect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ORACLE = Path(__file__).parents[1] / "oracle"
DIALECTS = {"2.11.2": 2, "3.3.2": 3}


class Table:
    """One table; ``version`` is that of an Airflow whose answers it holds."""

    def __init__(self, name: str) -> None:
        self._table: dict[str, Any] = json.loads((ORACLE / f"{name}.json").read_text("utf-8"))

    def rows(self, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each row, with each version that it holds for."""
        for row in self._table[key]:
            for version in row["airflow"].split(", "):
                yield version, row

    def params(self, key: str, name: str) -> list[Any]:
        """The rows as parameters of a test: (row, version)."""
        return [pytest.param(row, version, id=f"{row[name]}-{version}") for version, row in self.rows(key)]

    def header(self, entry: str, version: str) -> Any:
        """What the header says for ``version``."""
        said = self._table["header"][entry]
        return said[version] if isinstance(said, dict) and version in said else said

    def prelude(self, version: str, entry: str = "put_before_each_source") -> str:
        """What stands before each source."""
        return str(self.header(entry, version))
