"""Helper functions of ``airflow.utils`` that provider packages call."""

from __future__ import annotations

import getpass
import hashlib
import importlib
import os
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from brisa.authoring.callables import select_kwargs
from brisa.authoring.exceptions import AirflowException
from brisa.compat.arguments import NOTSET, is_arg_set

TRUTHS: Final = frozenset({"on", "t", "true", "y", "yes", "1"})


def to_boolean(astring: str | None) -> bool:
    """Whether the text says yes; anything else is no."""
    return astring is not None and astring.lower() in TRUTHS


def merge_dicts(dict1: Mapping[Any, Any], dict2: Mapping[Any, Any]) -> dict[Any, Any]:
    """``dict1`` with the entries of ``dict2``; where both have a dict, with those two merged in turn."""
    merged = dict(dict1)
    for key, value in dict2.items():
        mine = merged.get(key)
        merged[key] = merge_dicts(mine, value) if isinstance(mine, Mapping) and isinstance(value, Mapping) else value
    return merged


def exactly_one(*args: object) -> bool:
    """Whether one of the arguments, and no more, is true."""
    return sum(map(bool, args)) == 1


def at_most_one(*args: object) -> bool:
    """Whether none of the arguments is given, or a single one: ``None`` and Airflow's ``NOTSET`` are not."""
    return sum(is_arg_set(arg) and bool(arg) for arg in args) <= 1


def convert_camel_to_snake(camel_str: str) -> str:
    """``fieldDelimiter`` → ``field_delimiter``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", camel_str).lower()


def md5(__string: bytes = b"") -> Any:
    """A digest that tells things apart and protects nothing."""
    return hashlib.md5(__string, usedforsecurity=False)


def getuser() -> str:
    """The name of the user that the process runs as."""
    return getpass.getuser()


def correct_maybe_zipped(fileloc: Any) -> Any:
    """The file that holds a DAG: brisa loads none from archives, so it is ``fileloc`` itself."""
    return fileloc


@contextmanager
def patch_environ(new_env_variables: Mapping[str, str]) -> Iterator[None]:
    """While inside, the environment says this too."""
    before = {name: os.environ.get(name) for name in new_env_variables}
    os.environ.update(new_env_variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def import_string(dotted_path: str) -> Any:
    """The object that ``package.module.name`` names; :class:`ImportError` if there is none."""
    module, _, name = dotted_path.rpartition(".")
    if not module:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError as error:
        raise ImportError(f'Module "{module}" does not define a "{name}" attribute/class') from error


def qualname(o: object, use_qualname: bool = False, exclude_module: bool = False) -> str:
    """``module.name`` of a class, a function, or an object's class. ``use_qualname``: with the classes around it."""
    named: Any = o if hasattr(o, "__name__") else type(o)
    name = str(named.__qualname__ if use_qualname or exclude_module else named.__name__)
    return name if exclude_module else f"{named.__module__}.{name}"


def iter_namespace(ns: ModuleType) -> Iterator[str]:
    """Full names of what lies directly in a package."""
    return (found.name for found in pkgutil.iter_modules(ns.__path__, f"{ns.__name__}."))


def determine_kwargs(func: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``kwargs`` (the context) ``func`` asks for, when it is called with ``args`` too."""
    return select_kwargs(func, args, {}, kwargs)


def make_kwargs_callable(func: Callable[..., Any]) -> Callable[..., Any]:
    """``func``, made to leave alone what it has no parameter for."""

    def called(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **determine_kwargs(func, args, kwargs))

    return called


def context_merge(context: MutableMapping[str, Any], *args: Any, **kwargs: Any) -> None:
    """Add to the context what else a function may be given; as ``context.update``."""
    for entries in (*args, kwargs):
        for name, value in dict(entries or {}).items():
            context[name] = value


def provide_session(func: Callable[..., Any]) -> Callable[..., Any]:
    """Airflow's decorator for functions that read its database. What it decorates can't be called here."""

    def refused(*_: Any, **__: Any) -> Any:
        raise AirflowException(
            f"brisa can't call {qualname(func, use_qualname=True)}: it reads Airflow's database, and there is none"
        )

    return refused


NEW_SESSION: Final = NOTSET
"""The default of such a function's session."""
