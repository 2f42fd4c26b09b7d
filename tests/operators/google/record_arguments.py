"""Records what the arguments and template fields of Airflow's Google provider are called, for ``test_arguments.py``.

``python -m tests.operators.google.record_arguments SITE_PACKAGES``, with ``apache-airflow-providers-google`` and
``…-common-sql`` below that folder, writes the facts anew. Nothing of theirs is imported: names alone are read.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

from brisa.compat.table import TABLE

FACTS = Path(__file__).with_name("provider_arguments.json")
PROVIDER = "airflow.providers.google"
_SQL = "airflow.providers.common.sql.operators.sql"


def classes(site: Path, module: str) -> dict[str, ast.ClassDef]:
    """The classes of a module, by name."""
    tree = ast.parse((site / Path(*module.split("."))).with_suffix(".py").read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def names_of(arguments: ast.arguments) -> list[str]:
    """The names of a function's arguments, without ``self`` and without ``*`` and ``**``."""
    return [found.arg for found in (*arguments.args, *arguments.kwonlyargs) if found.arg != "self"]


def methods(node: ast.ClassDef) -> dict[str, list[str]]:
    """Public methods and the constructor → their arguments."""
    return {
        part.name: names_of(part.args)
        for part in node.body
        if isinstance(part, ast.FunctionDef) and (part.name == "__init__" or not part.name.startswith("_"))
    }


def constructor(name: str, known: dict[str, ast.ClassDef]) -> list[str]:
    """The arguments of a class's constructor, and those that it hands on to the constructors above."""
    if name not in known:
        return []
    found = methods(known[name]).get("__init__", [])
    for base in known[name].bases:
        found = [*found, *constructor(base.id if isinstance(base, ast.Name) else "", known)]
    return sorted(set(found))


def templated(node: ast.ClassDef) -> list[str] | None:
    """The literal names among a class's template fields; ``None`` if it says none itself."""
    for part in node.body:
        target = part.target if isinstance(part, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "template_fields" and isinstance(part, ast.AnnAssign):
            return sorted(found.value for found in ast.walk(part) if _is_text(found))  # type: ignore[attr-defined]
    return None


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def recorded(site: Path) -> dict[str, Any]:
    """Path of a class of the table → its arguments and template fields, or, of a hook, its methods."""
    found: dict[str, Any] = {}
    sql = classes(site, _SQL)
    for module, names in TABLE.items():
        if not module.startswith(f"{PROVIDER}."):
            continue
        known = sql | classes(site, module)
        for name in names:
            if name.endswith("Hook"):
                found[f"{module}:{name}"] = {"methods": methods(known[name])}
            elif name in known:
                fields = templated(known[name])
                found[f"{module}:{name}"] = {"arguments": constructor(name, known), "template_fields": fields}
    return found


if __name__ == "__main__":
    FACTS.write_text(json.dumps(recorded(Path(sys.argv[1])), indent=1, sort_keys=True) + "\n", "utf-8")
