"""Asking Firestore for documents: each is counted, and named where it can't be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from brisa.adapters.counts import Counts
from brisa.adapters.firestore import documents
from brisa.adapters.firestore.documents import Path
from brisa.adapters.retrying import Retrying, options
from brisa.errors import DecodeError
from brisa.model.variable import Variable
from brisa.ports.store import Record, Stored

if TYPE_CHECKING:
    # For the type checker alone: importing it takes a fifth of a second.
    from google.cloud.firestore import Client

R = TypeVar("R", bound=Record)
_AT_ONCE = 300
"""Documents that one request asks for."""


class Reading:
    """Reads of one database. ``verb`` is always what the reads are counted under."""

    def __init__(self, client: Client, calls: Retrying, counts: Counts) -> None:
        self._client = client
        self._calls = calls
        self._counts = counts

    def at(self, path: Path) -> Any:
        """A document's reference."""
        return self._client.document(*path)

    def within(self, *path: str) -> Any:
        """A collection, to make queries of."""
        return self._client.collection(*path)

    def get(self, path: Path, verb: str) -> Any:
        """A document's snapshot, which tells whether it exists."""

        def get(_: bool) -> Any:
            self._counts.add(self._counts.reads, verb)
            return self.at(path).get(**options())

        return self._calls.make(f"read {'/'.join(path)}", get)

    def one(self, kind: type[R], path: Path, verb: str) -> Stored[R] | None:
        """A document's record, or ``None``."""
        found = self.get(path, verb)
        return stored(kind, found) if found.exists else None

    def many(self, kind: type[R], paths: Sequence[Path], verb: str) -> list[Stored[R] | None]:
        """The records of these documents, in order."""
        places = [self.at(path) for path in paths]
        parts = [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]
        snapshots = [snapshot for part in parts for snapshot in self._get_many(part, verb)]
        found = {snapshot.reference.path: snapshot for snapshot in snapshots if snapshot.exists}
        return [stored(kind, found[place.path]) if place.path in found else None for place in places]

    def _get_many(self, places: list[Any], verb: str) -> list[Any]:
        def get(_: bool) -> list[Any]:
            self._counts.add(self._counts.reads, verb, len(places))
            return list(self._client.get_all(places, **options()))

        return self._calls.make(f"read {len(places)} documents", get)

    def found(self, query: Any, verb: str) -> list[Any]:
        """The snapshots that a query finds."""
        found: list[Any] = self._calls.make("answer a query", lambda _: list(query.stream(**options())))
        self._counts.add(self._counts.reads, verb, max(1, len(found)))
        return found

    def all(self, kind: type[R], query: Any, verb: str) -> list[Stored[R]]:
        """The records that a query finds."""
        return [stored(kind, found) for found in self.found(query, verb)]

    def count(self, query: Any, verb: str) -> int:
        """How many documents a query finds: Firestore counts them, a thousand for the price of one read."""
        ((found,),) = self._calls.make("count", lambda _: list(query.count().get(**options())))
        self._counts.add(self._counts.reads, verb, max(1, -(-int(found.value) // 1000)))
        return int(found.value)


def stored(kind: type[R], snapshot: Any) -> Stored[R]:
    """The record of a snapshot; :class:`~brisa.errors.DecodeError` names the document."""
    with _naming(snapshot):
        return Stored(documents.from_fields(kind, fields(snapshot)), snapshot.update_time)


def variable(snapshot: Any) -> Variable:
    """The Variable of a snapshot."""
    with _naming(snapshot):
        return documents.variable_from(fields(snapshot))


@contextmanager
def _naming(snapshot: Any) -> Iterator[None]:
    """Say which document can't be read."""
    try:
        yield
    except DecodeError as error:
        raise type(error)(f"document {snapshot.reference.path}: {error}") from error


def fields(snapshot: Any) -> Mapping[str, Any]:
    """What a snapshot holds."""
    return snapshot.to_dict() or {}


def where(query: Any, field: str, operator: str, value: object) -> Any:
    """A query with one more condition."""
    from google.cloud.firestore import FieldFilter

    return query.where(filter=FieldFilter(field, operator, value))
