"""Which DAGs can be compared at all, and what in a file brisa does not know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from brisa.compat.table import PACKAGES, TABLE
from tests.conformance.answers import Answer

_OUTSIDE = re.compile(
    r"ConnectionError|ConnectError|NameResolutionError|Name or service not known|Max retries exceeded|"
    r"Temporary failure in name resolution|Network is unreachable|No module named|not found in PATH"
)
"""In Airflow's own error: the machine lacks something that the DAG needs."""
_OURS = ("standard", "common.compat")
"""The providers that belong to the comparison."""


def out_of_scope(file: Path, load_error: str, theirs: Answer | None) -> str:
    """Why a DAG can't be compared, in Airflow's own words where there are any; empty if it can.

    ``theirs`` is ``None`` where the whole file did not load.
    """
    if providers := sorted(set(_providers(file))):
        return f"needs other providers: {', '.join(providers)}"
    if theirs is None:
        return f"does not load in Airflow: {load_error}"
    if theirs["error"]:
        return f"Airflow can't run it: {theirs['error']}"
    for name, error in sorted(theirs["errors"].items()):
        if _OUTSIDE.search(error):
            return f"needs what this machine lacks: {name}: {error}"
    return ""


def _providers(file: Path) -> Iterator[str]:
    for module, _ in imports(file):
        if module.startswith("airflow.providers."):
            path = module.removeprefix("airflow.providers.")
            if not any(path == ours or path.startswith(f"{ours}.") for ours in _OURS):
                yield path.split(".")[0]


def missing_names(file: Path) -> list[str]:
    """The names of Airflow that the file imports and brisa does not have: ``module:name``."""
    return sorted({f"{module}:{name}" if name else module for module, name in imports(file) if not _has(module, name)})


def _has(module: str, name: str) -> bool:
    if module not in PACKAGES:
        return False
    return not name or name in ("*", "__version__") or name in TABLE.get(module, {}) or f"{module}.{name}" in PACKAGES


def imports(file: Path) -> list[tuple[str, str]]:
    """(module, name) of all that is imported from Airflow; not what is only for a type checker, or tried."""
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError:
        return []
    found = _Imports()
    found.visit(tree)
    return found.names


class _Imports(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []

    def visit_Import(self, node: ast.Import) -> None:
        self.names += [(one.name, "") for one in node.names if one.name.split(".")[0] == "airflow"]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module and not node.level and node.module.split(".")[0] == "airflow":
            self.names += [(node.module, one.name) for one in node.names]

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        if not any("Import" in ast.unparse(one.type) for one in node.handlers if one.type):
            self.generic_visit(node)
