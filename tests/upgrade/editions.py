"""The editions of what is stored: one for each release that has changed it, in a folder of its own.

An edition is named by its format, and numbered within it (``1``, ``1.1``, ``2``). It holds what such a brisa wrote:
``state.sql``, an embedded home's database; ``firestore.json``, the same records as Firestore's documents;
``messages.json``, bodies of requests in Cloud Tasks; and ``shapes.json``, which fields records had.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import typing
from collections.abc import Mapping
from contextlib import closing
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from brisa.adapters.cloudtasks import encode_work
from brisa.adapters.firestore import documents
from brisa.adapters.sqlite import Database, queries
from brisa.adapters.sqlite.documents import from_text
from brisa.model import codec
from brisa.model.run import TaskInstance
from brisa.model.states import TaskState
from brisa.model.variable import Variable
from brisa.model.work import Work
from brisa.ports.store import Record
from brisa.runtime.deferral import Deferral

EDITIONS: Mapping[str, str] = {"1": ""}
"""Each edition, in their order, and the release that was the first to write it; the last may be still to be released.

Released ones are never written again: they are what that release wrote.
"""
LATEST = list(EDITIONS)[-1]
HERE = Path(__file__).parent
RECORDS: tuple[type[Any], ...] = typing.get_args(Record)
_TABLE_OF = {
    "runs": "Run", "attempts": "Attempt", "dags": "Dag", "versions": "DagVersion", "import_failures": "ImportFailure",
    "waits": "Wait", "pools": "Pool", "backfills": "Backfill", "assets": "Asset", "asset_events": "AssetEvent",
    "users": "User", "audit_entries": "AuditEntry",
}  # fmt: skip
KINDS: Mapping[str, type[Any]] = {
    table: next(kind for kind in RECORDS if kind.__name__ == name) for table, name in _TABLE_OF.items()
}
"""Table, which is also the name of Firestore's collection → what it holds."""


# --- what a home holds


def dumped(database: Database) -> str:
    """A database as SQL, with what tells it from another program's."""
    with closing(sqlite3.connect(database.path)) as connection:
        lines = [f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};" for name in _MARKS]
        return "\n".join([*lines, *connection.iterdump(), ""])


_MARKS = ("application_id", "user_version")


def restored(edition: str, path: Path) -> Path:
    """The database of an edition, as its brisa has left it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / edition / "state.sql").read_text("utf-8"))
    return path


def records(database: Database) -> list[Any]:
    """All records of a database."""
    found = ((kind, doc) for table, kind in KINDS.items() for (doc,) in database.read(f"SELECT doc FROM {table}"))
    return [from_text(kind, doc) for kind, doc in found]


def messages(database: Database) -> list[Work]:
    """All that waits in its queue."""
    sql = "SELECT doc FROM messages WHERE done_at IS NULL ORDER BY seq"
    return [codec.decode_work(json.loads(doc)) for (doc,) in database.read(sql)]


# --- Firestore's documents and Cloud Tasks' messages, as JSON


def in_firestore(held: list[Any], variables: list[Variable]) -> dict[str, dict[str, Any]]:
    """Path → fields of the documents that hold these records."""
    made = [documents.to_document(record, "0123456789abcdef", 30 * 86_400.0) for record in held]
    for one in variables:
        told = {} if one.description is None else {one.key: one.description}
        made.append(documents.variable_document(one.key, one.value, "0123456789abcdef", told))
    return {"/".join(one.path): dict(one.fields) for one in made}


def to_json(value: Any) -> str:
    """Text in which fields that JSON does not have are marked."""
    return json.dumps(value, default=_marked, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _marked(value: object) -> dict[str, str]:
    match value:
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime():
            return {"$time": value.isoformat()}
        case _:
            raise TypeError(type(value))


def from_json(text: str) -> Any:
    """The other way round."""

    def plain(found: dict[str, Any]) -> Any:
        match found:
            case {"$bytes": str(data)}:
                return base64.b64decode(data)
            case {"$time": str(moment)}:
                return datetime.fromisoformat(moment)
            case _:
                return found

    return json.loads(text, object_hook=plain)


def read(edition: str, name: str) -> Any:
    """A file of an edition."""
    return from_json((HERE / edition / name).read_text("utf-8"))


def bodies(works: list[Work]) -> list[str]:
    """The bodies of requests that carry these messages."""
    return [encode_work(work).decode() for work in works]


# --- which fields there are


def shapes() -> dict[str, Any]:
    """All that today's code writes: fields of records and messages with type and default, members of their enums, the
    columns and query fields beside them."""
    found: dict[str, Any] = {}
    for kind in (*RECORDS, *typing.get_args(Work), Deferral):
        _describe(kind, found)
    found["TaskInstance"] = {"text": _instance_text(), "states": {state.value: state.code for state in TaskState}}
    found["Variable"] = list(Variable._fields)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(";".join(queries.LAYOUTS))
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {
            table: sorted(row[1] for row in connection.execute(f"PRAGMA table_info({table})")) for table in tables
        }
    return {
        "records": dict(sorted(found.items())),
        "sqlite": {"layout": queries.SCHEMA_VERSION, "columns": columns},
        "firestore": {collection: sorted(names) for collection, names in documents.OPTIONAL.items()},
    }


def _describe(kind: Any, found: dict[str, Any]) -> None:
    """Note a type, and all that it is made of."""
    for part in typing.get_args(kind):
        _describe(part, found)
    if not isinstance(kind, type) or kind.__name__ in found or kind is TaskInstance:
        return
    if issubclass(kind, Enum):
        found[kind.__name__] = sorted(str(member.value) for member in kind)
        return
    if not is_dataclass(kind) and not hasattr(kind, "_fields"):
        return
    hints = typing.get_type_hints(kind, localns={"JsonObject": dict[str, object], "JsonValue": object})
    found[kind.__name__] = {}  # before its parts: it may hold itself
    if is_dataclass(kind):
        held = {field.name: (hints[field.name], _default(field)) for field in fields(kind) if field.init}
        found[kind.__name__] = {name: f"{_named(hint)}{default}" for name, (hint, default) in held.items()}
    else:
        found[kind.__name__] = [f"{name}: {_named(hints[name])}" for name in kind._fields]  # type: ignore[attr-defined]
    for hint in hints.values():
        _describe(hint, found)


def _default(field: Any) -> str:
    if field.default_factory is not MISSING:
        return f" = {field.default_factory()!r}"
    return "" if field.default is MISSING else f" = {field.default!r}"


def _named(hint: Any) -> str:
    parts = typing.get_args(hint)
    if hint in (..., type(None)):
        return "..." if hint is ... else "None"
    if not parts:
        return hint.__name__ if isinstance(hint, type) else str(hint)
    if isinstance(hint, type(int | None)):
        return " | ".join(map(_named, parts))
    return f"{typing.get_origin(hint).__name__}[{', '.join(map(_named, parts))}]"


def unused(held: list[Any]) -> set[str]:
    """Fields, as ``Kind.field``, that have their default in all these records, and members that are in none of them."""
    wanted: set[str] = set()
    seen: set[str] = set()
    for one in held:
        _look(one, wanted, seen)
    return wanted - seen


def _look(value: Any, wanted: set[str], seen: set[str]) -> None:
    if isinstance(value, Enum):
        wanted |= {f"{type(value).__name__}.{member.value}" for member in type(value)}
        seen.add(f"{type(value).__name__}.{value.value}")
    elif isinstance(value, tuple | Mapping):
        for part in value.values() if isinstance(value, Mapping) else value:
            _look(part, wanted, seen)
    elif is_dataclass(value):
        for field in fields(value):
            if field.init:
                found, name = getattr(value, field.name), f"{type(value).__name__}.{field.name}"
                default = field.default if field.default_factory is MISSING else field.default_factory()
                wanted.add(name)
                seen |= {name} if found != default else set()
                _look(found, wanted, seen)


def _instance_text() -> str:
    """How an instance is written that has a value in each of its fields."""
    full = TaskInstance(
        state=TaskState.RUNNING, try_number=1, max_tries=2, generation=3, seq=4, sends=5, losses=6, due_at=7.5,
        started_at=8.5, ended_at=9.5, skips=("a", "b"), length=10, granted=11,
    )  # fmt: skip
    return str(codec.encode(full))
