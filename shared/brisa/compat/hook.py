"""The import hook that serves :mod:`brisa.compat.table` under Airflow's names.

It is a finder on ``sys.meta_path`` that exists only inside ``with active():``. An Airflow that is installed beside
brisa is hidden while inside and back afterwards, so that other code in the process never meets this one. Provider
packages that are installed are imported as they are; :mod:`brisa.compat.published` has the rule.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from brisa.authoring.dialect import current_dialect
from brisa.authoring.registry import notice
from brisa.authoring.source import user_line
from brisa.compat import published
from brisa.compat.absent import ABSENT, ABSENT_PACKAGES, absent
from brisa.compat.table import DEPRECATED, PACKAGES, TABLE, VERSIONS

ROOT = "airflow"
_VERSION: Final = {(ROOT, "__version__"), (f"{ROOT}.version", "version")}
MODULES: Final = PACKAGES | ABSENT_PACKAGES | {f"{ROOT}.version"}


class _Served(ModuleType):
    """A module of the table: its names are resolved when they are asked for."""

    def __getattr__(self, name: str) -> Any:
        path = self.__name__
        if (path, name) in _VERSION:
            return VERSIONS[current_dialect.get()]
        if name.startswith("__"):
            raise AttributeError(name)
        target = TABLE.get(path, {}).get(name)
        if target is not None:
            value = self.__dict__[name] = resolve(target)
            return value
        if name in ABSENT.get(path, {}):
            value = self.__dict__[name] = absent(f"{path}.{name}", ABSENT[path][name])
            return value
        if f"{path}.{name}" in MODULES or path == published.PROVIDERS:
            return importlib.import_module(f"{path}.{name}")
        if published.is_core(path) and (module := published.beneath(path)) is not None and hasattr(module, name):
            return getattr(module, name)
        raise ImportError(_unknown_name(path, name), name=path)

    def __setattr__(self, name: str, value: Any) -> None:
        """Importing a submodule sets it here: a name of the table wins, as ``airflow.decorators.task_group`` does."""
        if not (isinstance(value, ModuleType) and name in TABLE.get(self.__name__, {})):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *TABLE.get(self.__name__, {})})


def resolve(target: str) -> Any:
    """The object that ``module:name`` or ``module`` stands for."""
    module, _, name = target.partition(":")
    found = importlib.import_module(module)
    return getattr(found, name) if name else found


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != ROOT and not fullname.startswith(f"{ROOT}."):
            return None
        if not (fullname in TABLE and published.is_core(fullname)):
            spec = published.find(fullname, path)
            if spec is not None:
                return spec
        if fullname not in MODULES:
            raise ModuleNotFoundError(_unknown_module(fullname), name=fullname)
        served = ModuleSpec(fullname, self, is_package=True)
        if fullname == published.PROVIDERS:
            served.submodule_search_locations = published.folders()
        return served

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Served(spec.name, "Airflow's names, served by brisa.")

    def exec_module(self, module: ModuleType) -> None:
        newer = DEPRECATED.get(module.__name__)
        if newer:
            file, line = user_line()
            notice(f"{file}:{line}: {module.__name__} is deprecated; use {newer}")


_finder = _Finder()
_depth = 0
_hidden: dict[str, ModuleType] = {}
_kept: dict[str, ModuleType] = {}
"""Modules of provider packages from earlier times: DAGs hold objects of their classes, so they are not made twice."""


@contextmanager
def active() -> Iterator[None]:
    """While inside, and only then, ``airflow…`` imports give brisa's objects. May be nested; belongs to one thread."""
    global _depth  # noqa: PLW0603  what it counts, sys.meta_path and sys.modules, is global too
    if _depth == 0:
        _hidden.update(_take_airflow())
        sys.modules.update(_kept)
        sys.meta_path.insert(0, _finder)
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            sys.meta_path.remove(_finder)
            _kept.update({name: module for name, module in _take_airflow().items() if not isinstance(module, _Served)})
            sys.modules.update(_hidden)
            _hidden.clear()


def _take_airflow() -> dict[str, ModuleType]:
    """Remove the modules named ``airflow…`` from ``sys.modules``, and give them back."""
    names = [name for name in sys.modules if name == ROOT or name.startswith(f"{ROOT}.")]
    return {name: sys.modules.pop(name) for name in names}


def _unknown_name(path: str, name: str) -> str:
    meant = name
    if not _modules_with(name):
        everywhere = {name for names in TABLE.values() for name in names}
        close = difflib.get_close_matches(name, TABLE.get(path, {}), n=1)
        meant = next(iter(close or difflib.get_close_matches(name, everywhere, n=1)), "")
    known = _modules_with(meant)
    nearest = max(known, key=lambda module: _likeness(module, path), default="")
    return f"brisa has no {path}.{name}" + (f"; the nearest name it has is {nearest}.{meant}" if nearest else "")


def _modules_with(name: str) -> list[str]:
    return [module for module, names in TABLE.items() if name in names and module not in DEPRECATED]


def _unknown_module(path: str) -> str:
    close = difflib.get_close_matches(path, PACKAGES, n=1, cutoff=0.5)
    nearest = f"; the nearest it has is {close[0]}" if close else ""
    package = published.package_of(path)
    return f"brisa has no module {path}{nearest}" + (f"; it may be in the package {package}" if package else "")


def _likeness(one: str, other: str) -> tuple[int, float]:
    """How much alike two dotted paths are: by the packages that they share, then by their letters."""
    shared = 0
    for mine, theirs in zip(one.split("."), other.split("."), strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared, difflib.SequenceMatcher(None, one, other).ratio()
