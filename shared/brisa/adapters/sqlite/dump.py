"""A home's database as lines of JSON, and back: every row of every table, whatever the layout."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from brisa.adapters.local.private import place
from brisa.adapters.sqlite.database import Database
from brisa.adapters.sqlite.failures import translate
from brisa.adapters.sqlite.queries import APPLICATION_ID, LAYOUTS, SCHEMA_VERSION
from brisa.errors import StorageError

_BYTES = "$bytes"


class DumpError(StorageError):
    """A line is none that :func:`rows` has made; says which."""


def layout_of(database: Database) -> int:
    """The layout of a database that is open: this brisa's."""
    ((layout,),) = database.read("PRAGMA user_version")
    return int(layout)


def newest_format(database: Database) -> int:
    """The newest format of all records and messages that it holds; see :mod:`brisa.model.formats`."""
    with _opened(database) as connection:
        found = [1]
        for table in _tables(connection):
            if "doc" in _columns(connection, table):
                sql = f"""SELECT MAX(COALESCE(json_extract(doc, '$.format'), 1)) FROM "{table}" WHERE json_valid(doc)"""  # noqa: S608  a name that SQLite tells itself
                found += [number for (number,) in connection.execute(sql) if isinstance(number, int)]
        return max(found)


def rows(database: Database) -> Iterator[dict[str, Any]]:
    """Every row, as ``{"table": …, "row": {column: value}}``, as they are at one moment."""
    with _opened(database) as connection:
        for table in _tables(connection):
            found = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  a name that SQLite tells itself
            columns = [column[0] for column in found.description]
            for row in found:
                yield {"table": table, "row": dict(zip(columns, map(_written, row), strict=True))}


def restore(path: Path, layout: int, lines: Iterable[tuple[int, dict[str, Any]]]) -> int:
    """Make the database ``path`` of such rows, each with the number of its line, and return how many there are.

    It has the layout that the rows had; opening it brings it up to this brisa's. Raises :class:`DumpError`, and
    :class:`~brisa.errors.StorageError` for a newer layout or a file that is there; then there is none.
    """
    if not 0 < layout <= SCHEMA_VERSION:
        raise StorageError(f"that was exported by a newer brisa (layout {layout}, this one knows {SCHEMA_VERSION})")
    if path.exists():
        raise StorageError(f"there is a database already: {path}")
    draft = path.with_suffix(".import")
    draft.unlink(missing_ok=True)
    place(draft, b"")
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            for statement in ";".join(LAYOUTS[:layout]).split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {layout}")
            count = _insert(connection, lines)
            connection.execute("COMMIT")
        draft.replace(path)
    except sqlite3.Error as error:
        raise translate(error, path) from error
    finally:
        draft.unlink(missing_ok=True)
    return count


@contextmanager
def _opened(database: Database) -> Iterator[sqlite3.Connection]:
    """A connection that sees one moment."""
    with closing(sqlite3.connect(database.path, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN")
            yield connection
        except sqlite3.Error as error:
            raise translate(error, database.path) from error


def _insert(connection: sqlite3.Connection, lines: Iterable[tuple[int, dict[str, Any]]]) -> int:
    known = {table: _columns(connection, table) for table in _tables(connection)}
    count = 0
    for number, line in lines:
        table, row = line.get("table"), line.get("row")
        if not isinstance(table, str) or table not in known or not isinstance(row, dict) or set(row) - known[table]:
            raise DumpError(f"line {number} is no row of a table of brisa's")
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        try:
            connection.execute(
                f'INSERT INTO "{table}" ({names}) VALUES ({marks})',  # noqa: S608  names that are known
                [_read(value) for value in row.values()],
            )
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, ValueError) as error:
            raise DumpError(f"line {number} does not fit: {error}") from error
        count += 1
    return count


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted(name for (name,) in found)


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for _, name, *_ in connection.execute(f'PRAGMA table_info("{table}")')}


def _written(value: Any) -> Any:
    return {_BYTES: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value[_BYTES], validate=True) if set(value) == {_BYTES} else json.dumps(value)
    return value
