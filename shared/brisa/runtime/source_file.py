"""The text of a DAG file: read as Python reads it, with errors that say where; and the dialect its imports tell."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from brisa.errors import AuthoringError, Location


@dataclass(frozen=True, slots=True)
class Dialect:
    """Whose answers a file gets: Airflow 2's or 3's; and whether its cron runs cover data intervals."""

    number: int
    intervals: bool


def decode_source(data: bytes, file: str) -> str:
    """The text of ``data``: UTF-8, or what its coding comment says; :class:`AuthoringError` naming the bad byte."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.IncrementalNewlineDecoder(None, translate=True).decode(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise AuthoringError(
            f"not {error.encoding.upper()}: byte 0x{data[error.start]:02x} at offset {error.start}; save the file as "
            "UTF-8",
            Location(file=file, line=data.count(b"\n", 0, error.start) + 1),
        ) from error
    except SyntaxError as error:  # how detect_encoding reports both an unknown coding and a first line that's not UTF-8
        offset = _first_bad_byte(data)
        if offset is None:
            raise AuthoringError(f"{error.msg}", Location(file=file, line=1)) from error
        raise AuthoringError(
            f"not UTF-8: byte 0x{data[offset]:02x} at offset {offset}; save the file as UTF-8",
            Location(file=file, line=data.count(b"\n", 0, offset) + 1),
        ) from error


def _first_bad_byte(data: bytes) -> int | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def parse_source(text: str, file: str, filename: str) -> ast.Module:
    """The syntax tree of ``text``; :class:`AuthoringError` with the line of a syntax error."""
    try:
        return ast.parse(text, filename)
    except SyntaxError as error:
        shown = f": {error.text.strip()}" if error.text else ""
        raise AuthoringError(
            f"{type(error).__name__}: {error.msg}{shown}", Location(file=file, line=error.lineno or 0)
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise AuthoringError(f"can't be parsed: {type(error).__name__}: {error}", Location(file=file)) from error


def tell_dialect(tree: ast.Module) -> Dialect:
    """The dialect that a file's imports speak.

    ``airflow.sdk`` and ``airflow.providers.standard`` are Airflow 3's own: 3. Any other ``airflow`` import: 2. Only
    brisa's names, or none: 3, with data intervals.
    """
    modules = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    if any(_within(module, "airflow.sdk", "airflow.providers.standard") for module in modules):
        return Dialect(3, intervals=False)
    if any(_within(module, "airflow") for module in modules):
        return Dialect(2, intervals=True)
    return Dialect(3, intervals=True)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement: no import is inside an expression, and most of a tree is expressions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inside = getattr(node, part, None)
            if isinstance(inside, list):  # an expression's own body is none
                waiting += inside


def _within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
