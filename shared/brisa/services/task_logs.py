"""Logs of tasks: the log of one try is those of its attempts, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from brisa.model.run import Attempt
from brisa.model.states import AttemptState, TaskState
from brisa.ports.blobs import Blobs
from brisa.ports.store import StateStore
from brisa.services.task_instances import Instance

PART = 4 * 1024 * 1024
"""Bytes of a log that are read in one go, unless all is asked for."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a log was read: ``attempt`` counts the attempts that are read to their end, ``offset`` the bytes of the
    next one."""

    attempt: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """Whole lines of a log, without their ends; where to go on, and whether there is nothing more to come."""

    lines: Sequence[str]
    position: Position
    over: bool
    sources: Sequence[str]
    """Names of the blobs that have the log of the try."""


class TaskLogs:
    """Reads them, also while they are written where the blobs can."""

    def __init__(self, store: StateStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    def read(self, one: Instance, try_number: int, position: Position, *, whole: bool = False) -> LogPart | None:
        """The log of a try from ``position`` on: about :data:`PART` bytes, or the ``whole`` rest.

        ``None`` if it had no such try.
        """
        found = self._store.task_attempts(one.run.key, one.key)
        attempts = [
            stored.record for stored in found if stored.record.key.try_number == try_number and stored.record.log
        ]
        present = try_number == one.try_number
        if not attempts and not present:
            return None
        lines: list[str] = []
        left = None if whole else PART
        while position.attempt < len(attempts) and left != 0:
            attempt = attempts[position.attempt]
            data, ended = self._lines(attempt, position.offset, left)
            lines += data.decode(errors="replace").split("\n")[:-1] if data.endswith(b"\n") else _split(data)
            left = None if left is None else max(0, left - len(data))
            if not ended:
                position = Position(position.attempt, position.offset + len(data))
                break
            position = Position(position.attempt + 1)
        more = present and not (one.state.terminal or one.state is TaskState.NONE)
        over = position.attempt >= len(attempts) and not more
        return LogPart(lines=lines, position=position, over=over, sources=[attempt.log for attempt in attempts])

    def _lines(self, attempt: Attempt, offset: int, limit: int | None) -> tuple[bytes, bool]:
        """Whole lines of an attempt's log, and whether these are its last ones."""
        under_way = attempt.state is AttemptState.RUNNING
        data = self._blobs.get(attempt.log, offset, None if limit is None else limit + 1)
        if data is None:
            return b"", not under_way
        if limit is not None and len(data) > limit:
            return data[: data.rfind(b"\n", 0, limit) + 1] or data[:limit], False
        return (data[: data.rfind(b"\n") + 1], False) if under_way else (data, True)


def _split(data: bytes) -> list[str]:
    return data.decode(errors="replace").split("\n") if data else []
