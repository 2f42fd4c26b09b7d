"""Provider packages as published: where ``apache-airflow-providers-…`` are installed, their own modules are imported.

The rule, for a module under ``airflow.providers``:

- what an installed package has comes from that package, also where :mod:`brisa.compat.table` has a stand-in;
- but Airflow's core operators, which Airflow 3 moved to the *standard* package (:data:`CORE`), come from the table:
  they are written against the scheduler's database, and brisa's are written against its engine. What the table lacks
  of that package is the package's own;
- what no package has comes from the table.

Everything else named ``airflow…`` comes from the table alone, whatever is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from brisa.authoring.dialect import current_dialect

PROVIDERS: Final = "airflow.providers"
CORE: Final = "airflow.providers.standard"
FAMILIES: Final = frozenset({"apache", "atlassian", "cncf", "common", "dbt", "microsoft"})
"""Whose packages have names of two words."""
DIALECT: Final = 3
"""Provider packages ask for Airflow's version when they are imported, and then stay what they became. They are told
that of Airflow 3, whichever file imports them first."""


class _InDialect(Loader):
    """A loader whose modules are executed as Airflow 3's."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        token = current_dialect.set(DIALECT)
        try:
            self._loader.exec_module(module)
        finally:
            current_dialect.reset(token)

    def __getattr__(self, name: str) -> Any:
        """Its source for tracebacks, its resources: what the file's own loader has."""
        return getattr(self._loader, name)


def folders() -> list[str]:
    """Where packages lie: each ``airflow/providers`` on ``sys.path``."""
    places = [Path(entry or ".") / "airflow" / "providers" for entry in sys.path]
    return [str(place) for place in dict.fromkeys(places) if place.is_dir()]


def find(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """How to import the module from an installed package, whose folders are ``path``; ``None`` if there is none."""
    if not fullname.startswith(f"{PROVIDERS}."):
        return None
    spec = PathFinder.find_spec(fullname, path)
    if spec is not None and spec.loader is not None:
        spec.loader = _InDialect(spec.loader)
    elif spec is not None:  # a package without a file: its path would ask for its parent's, which does not stay
        spec.submodule_search_locations = list(spec.submodule_search_locations or ())
    return spec


def package_of(fullname: str) -> str:
    """The package that should have the module, so that people know what to install; empty for none."""
    if not fullname.startswith(f"{PROVIDERS}."):
        return ""
    first, *more = fullname.removeprefix(f"{PROVIDERS}.").split(".")
    second = (more[:1] or ["…"]) if first in FAMILIES else []
    return "-".join(["apache-airflow-providers", first, *second])


def is_core(fullname: str) -> bool:
    """Whether the table's stand-in for the module wins over an installed package."""
    return fullname.startswith(f"{CORE}.")


def beneath(fullname: str) -> ModuleType | None:
    """The installed module that the table stands in for, executed anew; ``None`` if there is none."""
    parent = sys.modules.get(fullname.rpartition(".")[0])
    spec = find(fullname, list(getattr(parent, "__path__", [])))
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
