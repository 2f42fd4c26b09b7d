"""How the tables of names are written down."""

from __future__ import annotations

from collections.abc import Mapping


def names_from(module: str, *names: str, **renamed: str) -> dict[str, str]:
    """``names`` as ``module`` has them, and Airflow's name = brisa's name for the others."""
    return {name: f"{module}:{name}" for name in names} | {
        theirs: f"{module}:{ours}" for theirs, ours in renamed.items()
    }


def joined(*tables: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Every path of the tables, with the names that any of them has for it; the last table counts."""
    result: dict[str, dict[str, str]] = {}
    for table in tables:
        for path, names in table.items():
            result.setdefault(path, {}).update(names)
    return result
