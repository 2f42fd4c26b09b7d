"""Commits to Firestore: one batch of writes with preconditions each, recognised when its answer is lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from brisa.adapters.counts import Counts
from brisa.adapters.firestore import documents
from brisa.adapters.firestore.documents import Document, path_of, to_document
from brisa.adapters.firestore.reading import Reading, fields
from brisa.adapters.identity import describe, identity
from brisa.adapters.retrying import Retrying, Verdict, google_errors, judge_call, options
from brisa.errors import ConflictError, StorageError
from brisa.ports.store import Create, Delete, Revision, Update, Write

if TYPE_CHECKING:
    # For the type checker alone: importing it takes a fifth of a second.
    from google.cloud.firestore import Client


class Commits:
    """Writes to one database.

    Every document carries the id of the commit that wrote it: when the answer to a commit is lost and its second
    sending finds its own work, it is recognised, and counts as done.
    """

    def __init__(self, client: Client, read: Reading, calls: Retrying, counts: Counts, *, keep: float | None) -> None:
        self._client = client
        self._read = read
        self._calls = calls
        self._counts = counts
        self._keep = keep

    def apply(self, writes: Sequence[Write]) -> Sequence[Revision]:
        """Apply all writes, which are distinct, or none; the revision of each."""
        commit = secrets.token_hex(8)
        held = [
            None if isinstance(write, Delete) else to_document(write.record, commit, self._keep) for write in writes
        ]
        names = [describe(identity(write.record)) for write in writes]
        _check_size(held, names)
        batch = self._client.batch()
        for write, document in zip(writes, held, strict=True):
            self._add(batch, write, document)

        conditional = [name for name, write in zip(names, writes, strict=True) if _is_conditional(write)]
        times = self._send(
            batch, commit, [document for document in held if document is not None], conditional, "commit"
        )
        return [None if document is None else time for document, time in zip(held, times, strict=True)]

    def set_variables(self, values: Mapping[str, str | None], descriptions: Mapping[str, str | None]) -> None:
        """Set Variables; ``None`` removes one."""
        commit = secrets.token_hex(8)
        held = [
            None if value is None else documents.variable_document(key, value, commit, descriptions)
            for key, value in values.items()
        ]
        _check_size(held, [f"Variable {key!r}" for key in values])
        if not held:
            return
        from google.cloud.firestore import DELETE_FIELD

        batch = self._client.batch()
        for key, document in zip(values, held, strict=True):
            if document is None:
                batch.delete(self._read.at(documents.variable_path(key)))
            else:
                # What is merged leaves alone what it does not name: the description.
                gone = dict.fromkeys(document.missing, DELETE_FIELD)
                batch.set(self._read.at(document.path), {**document.fields, **gone}, merge=True)
        self._send(batch, commit, [document for document in held if document is not None], [], "set_variables")

    def _add(self, batch: Any, write: Write, document: Document | None) -> None:
        from google.cloud.firestore import DELETE_FIELD

        match write:
            case Delete(revision=None):
                batch.delete(self._read.at(path_of(write.record)))
                return
            case Delete(revision=revision):
                option = self._client.write_option(last_update_time=revision)
                batch.delete(self._read.at(path_of(write.record)), option=option)
                return
            case _:
                assert document is not None  # noqa: S101  for the type checker: only what is removed has none
        match write:
            case Create():
                batch.create(self._read.at(document.path), dict(document.fields))
            case Update(revision=revision):
                if not isinstance(revision, datetime):
                    # Firestore would take it for no precondition at all.
                    raise ConflictError(f"{describe(identity(write.record))} is to be updated without a revision")
                # An update leaves alone what it does not name; the document must be as if it had been made anew.
                given = {**document.fields, **dict.fromkeys(document.missing, DELETE_FIELD)}
                option = self._client.write_option(last_update_time=revision)
                batch.update(self._read.at(document.path), given, option=option)
            case _:
                batch.set(self._read.at(document.path), dict(document.fields))

    def _send(
        self, batch: Any, commit: str, written: Sequence[Document], conditional: Sequence[str], verb: str
    ) -> Sequence[Any]:
        """The update time of each write of ``batch``."""
        number = len(batch)
        caught = google_errors()

        def send(lost: bool) -> Sequence[Any]:
            self._counts.add(self._counts.writes, verb, len(written))
            self._counts.add(self._counts.deletes, verb, number - len(written))
            try:
                return [result.update_time for result in batch.commit(**options())]
            except caught as error:
                if judge_call(error) is not Verdict.CONFLICT or not conditional:
                    raise
                if lost and (time := self._time_of(commit, written)) is not None:
                    return [time] * number
                raise ConflictError(_conflict(conditional, error)) from error

        return self._calls.make(f"commit {_some(conditional) or 'writes'}", send)

    def _time_of(self, commit: str, written: Sequence[Document]) -> Any | None:
        """When ``commit`` was applied, or ``None`` where no document bears its id.

        One is proof enough, since a commit is atomic and all its documents get one update time; others may have been
        changed since, and then that time is no longer theirs, as it should be.
        """
        places = [self._read.at(document.path) for document in written]
        self._counts.add(self._counts.reads, "lost commit", len(places))
        found = self._calls.make(
            "look for a commit whose answer was lost",
            lambda _: list(self._client.get_all(places, field_paths=["commit"], **options())),
        )
        return next((one.update_time for one in found if fields(one).get("commit") == commit), None)


def _check_size(held: Sequence[Document | None], names: Sequence[str]) -> None:
    size = sum(document.size for document in held if document is not None)
    if size > documents.LARGEST_COMMIT:
        raise StorageError(
            f"one commit of {len(held)} records ({_some(names)}) is too large: {size:,} bytes, and Firestore "
            f"takes {documents.LARGEST_COMMIT:,} at once"
        )


def _conflict(conditional: Sequence[str], error: Exception) -> str:
    which = conditional[0] if len(conditional) == 1 else f"one of {_some(conditional)}"
    return f"{which} was made, changed or removed meanwhile ({type(error).__name__})"


def _some(names: Sequence[str]) -> str:
    """Up to three names: a message is for people."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _is_conditional(write: Write) -> bool:
    return isinstance(write, Create | Update) or (isinstance(write, Delete) and write.revision is not None)
