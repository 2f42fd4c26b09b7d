"""Finds what user code names by its dotted path."""

from __future__ import annotations

import importlib
import sys
from pathlib import PurePath
from types import ModuleType
from typing import Any


def named(path: str, file: str) -> Any:
    """What is at ``module.name``, where the module may be the DAG file ``file`` itself.

    Raises whatever its import raises, and :class:`AttributeError` if it has no such name.
    """
    module_name, _, name = path.rpartition(".")
    module = _module_of_file(module_name, file) or importlib.import_module(module_name)
    return getattr(module, name)


def _module_of_file(name: str, file: str) -> ModuleType | None:
    """The DAG file's own module, if that is meant: it is loaded already, under a name that is this machine's alone."""
    path = PurePath(file).with_suffix("")
    if name not in (path.name, ".".join(path.parts)) and not name.startswith("brisa_dag_"):
        return None
    for known, module in list(sys.modules.items()):
        if known.startswith("brisa_dag_") and (getattr(module, "__file__", None) or "").endswith(file):
            return module
    return None
