"""Reads what the real Airflow answered: tests/oracle/*.json, written by the recorders in tests/oracle/record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ORACLE = Path(__file__).resolve().parents[1] / "oracle"
NEWEST = "3.3.2"


def answers(name: str, key: str = "rows") -> list[dict[str, Any]]:
    """The rows under ``key`` of one table that the newest recorded Airflow gave."""
    table = json.loads((ORACLE / f"{name}.json").read_text("utf-8"))
    rows: list[dict[str, Any]] = [row for row in table[key] if NEWEST in row.get("airflow", NEWEST)]
    assert rows, f"{name}.json holds no answers of Airflow {NEWEST} under {key!r}"
    return rows
