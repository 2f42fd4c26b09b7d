"""The source of a function, to be run elsewhere."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from brisa.errors import AuthoringError

_DECORATORS: Final = frozenset(
    {
        "task",
        "setup",
        "teardown",
        "virtualenv",
        "external_python",
        "branch_virtualenv",
        "branch_external_python",
        "run_if",
        "skip_if",
    }
)
"""What makes a task, whatever name the file has given to ``task`` itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A function as text: the statements that define it, and where they come from."""

    name: str
    text: str
    file: str
    line: int
    """The first line of ``text`` in ``file``."""


def source_of(function: Callable[..., Any], operator: str) -> Source:
    """The source of ``function``; :class:`AuthoringError` naming ``operator`` if it has none that can stand alone.

    Left out are decorators that make a task, and those above them, which decorate the task and not the function. Others
    stay, and must be defined where the function runs.
    """
    if not isinstance(function, types.FunctionType) or function.__name__ == "<lambda>":
        raise AuthoringError(f"{operator} only supports functions for python_callable arg, made with def")
    if inspect.isgeneratorfunction(function):
        raise AuthoringError(f"{operator} does not support using 'yield' in python_callable")
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError) as error:
        raise AuthoringError(f"{operator} needs the source of {function.__name__}, which can't be read") from error
    indented = lines[0][:1].isspace()
    # The indentation stays, below an `if`, since taking it away would change texts of several lines.
    opening = ["if True:\n"] * indented
    top: Any = ast.parse("".join(opening + lines)).body[0]
    definition = top.body[0] if indented else top
    if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        raise AuthoringError(f"{operator} needs {function.__name__} to be a function made with def")
    left_out = _first_kept(definition) - 1 - indented
    return Source(
        name=definition.name,
        text="".join(opening + lines[left_out:]),
        file=inspect.getsourcefile(function) or "<unknown>",
        line=max(1, first + left_out - indented),
    )


def _first_kept(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The line on which what is kept begins: that of a decorator, or of ``def``."""
    decorators = definition.decorator_list
    ours = [index for index, one in enumerate(decorators) if _makes_task(one)]
    kept = decorators[ours[-1] + 1 :] if ours else decorators
    return kept[0].lineno if kept else definition.lineno


def _makes_task(decorator: ast.expr) -> bool:
    """Whether it is ``@task…``, ``@setup`` or ``@teardown``, by whatever path."""
    found = decorator.func if isinstance(decorator, ast.Call) else decorator
    while isinstance(found, ast.Attribute):
        if found.attr in _DECORATORS:
            return True
        found = found.value
        found = found.func if isinstance(found, ast.Call) else found
    return isinstance(found, ast.Name) and found.id in _DECORATORS
