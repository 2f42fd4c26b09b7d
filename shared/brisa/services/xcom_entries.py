"""XComs as people see and change them. Those of a task instance are in the document of its last attempt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from brisa.engine import attempt_key
from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.json import JsonValue
from brisa.model.run import Attempt, XCom
from brisa.model.states import AttemptState, TaskState
from brisa.ports.blobs import Blobs
from brisa.ports.clock import Clock
from brisa.ports.store import Create, StateStore, Stored, Update
from brisa.runtime.request import DEFERRAL
from brisa.services.runs import CONFLICTS
from brisa.services.task_instances import Instance
from brisa.services.xcoms import load_value, store_values

MOST_READ = 1000
"""Attempts that one call looks into."""


class XComError(BrisaError):
    """The XComs of this task instance can't be changed now."""


class XComExistsError(BrisaError):
    """There is an XCom of that key already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One XCom. ``at`` is when it was written, in seconds since the epoch."""

    instance: Instance
    key: str
    xcom: XCom
    at: float


class XComEntries:
    """Finds and changes them."""

    def __init__(self, store: StateStore, blobs: Blobs, clock: Clock) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock

    def of(self, found: Sequence[Instance]) -> list[Entry]:
        """All of the first :data:`MOST_READ` of these task instances, by key."""
        asked = found[:MOST_READ]
        read = self._store.attempts_of([attempt_key(one.run, one.name, one.entry) for one in asked])
        return [
            Entry(instance=one, key=key, xcom=xcom, at=_written(stored.record, xcom))
            for one, stored in zip(asked, read, strict=True)
            if stored is not None
            for key, xcom in sorted(stored.record.xcoms.items())
            if key != DEFERRAL
        ]

    def get(self, one: Instance, key: str, try_number: int | None = None) -> Entry | None:
        """One, or ``None``: of its last attempt, or of the last one of a try."""
        stored = self._stored(one)
        if try_number is not None:
            tried = self._store.task_attempts(one.run.key, one.key)
            stored = next((found for found in reversed(tried) if found.record.key.try_number == try_number), None)
        xcom = None if stored is None or key == DEFERRAL else stored.record.xcoms.get(key)
        if stored is None or xcom is None:
            return None
        return Entry(instance=one, key=key, xcom=xcom, at=_written(stored.record, xcom))

    def value(self, entry: Entry) -> JsonValue:
        """Its value, in brisa's encoding; :class:`NotFoundError` if the blob that had it is gone."""
        return load_value(self._blobs, entry.xcom)

    def create(self, one: Instance, key: str, value: JsonValue) -> Entry:
        """Write a new one; :class:`XComExistsError` if there is one of that key. Raises as :meth:`update`."""

        def put(xcoms: dict[str, XCom]) -> None:
            if key in xcoms:
                raise XComExistsError(f"The XCom with key: `{key}` with mentioned task instance already exists.")
            xcoms |= self._kept(one, key, value)

        return self._entry(one, key, self._change(one, put))

    def update(self, one: Instance, key: str, value: JsonValue) -> Entry:
        """Give one another value; :class:`NotFoundError` if there is none of that key.

        :class:`XComError` while an attempt is under way or about to begin: it writes its own XComs when it ends.
        """

        def put(xcoms: dict[str, XCom]) -> None:
            _known(xcoms, key)
            xcoms |= self._kept(one, key, value)

        return self._entry(one, key, self._change(one, put))

    def delete(self, one: Instance, key: str) -> None:
        """Remove one. Raises as :meth:`update`."""

        def drop(xcoms: dict[str, XCom]) -> None:
            _known(xcoms, key)
            blob = xcoms.pop(key).blob
            if blob:
                self._blobs.delete(blob)

        self._change(one, drop)

    def _change(self, one: Instance, change: Callable[[dict[str, XCom]], None]) -> Attempt:
        if not one.entry.state.terminal and one.entry.state is not TaskState.NONE:
            raise XComError(
                f"task {one.name!r} of run {one.run.run_id!r} is {one.state.value}: its attempt writes its own XComs; "
                "change them when it has ended"
            )
        for _ in range(CONFLICTS):
            stored = self._stored(one)
            attempt = self._empty(one) if stored is None else stored.record
            xcoms = dict(attempt.xcoms)
            change(xcoms)
            changed = replace(attempt, xcoms=xcoms)
            try:
                self._store.commit(Create(changed) if stored is None else Update(changed, stored.revision))
                return changed
            except ConflictError:
                continue
        raise UnavailableError(f"task {one.name!r} of run {one.run.run_id!r} changes too often; try again")

    def _stored(self, one: Instance) -> Stored[Attempt] | None:
        return self._store.attempt(attempt_key(one.run, one.name, one.entry))

    def _empty(self, one: Instance) -> Attempt:
        """What stands for an attempt of a task instance that had none, or was marked since: it only has XComs.

        Nobody will ever claim it: a task that runs after all does so in another try, or generation.
        """
        now = self._clock.now()
        key = attempt_key(one.run, one.name, one.entry)
        return Attempt(key=key, state=AttemptState.FINISHED, owner="api", started_at=now, ended_at=now)

    def _kept(self, one: Instance, key: str, value: JsonValue) -> dict[str, XCom]:
        kept = store_values(self._blobs, attempt_key(one.run, one.name, one.entry), {key: value})
        return {name: replace(xcom, set_at=self._clock.now()) for name, xcom in kept.items()}

    def _entry(self, one: Instance, key: str, attempt: Attempt) -> Entry:
        xcom = attempt.xcoms[key]
        return Entry(instance=one, key=key, xcom=xcom, at=_written(attempt, xcom))


def _known(xcoms: dict[str, XCom], key: str) -> None:
    if key not in xcoms or key == DEFERRAL:
        raise NotFoundError(f"The XCom with key: `{key}` with mentioned task instance doesn't exist.")


def _written(attempt: Attempt, xcom: XCom) -> float:
    return xcom.set_at or attempt.ended_at or attempt.started_at
