"""What can happen to a run (events, into the engine) and what must be done next (commands, out of it)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from brisa.model.asset import AssetEvent
from brisa.model.run import AttemptKey, Message, Outcome, RunKey
from brisa.model.states import RunState, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The run may begin: its first tasks are released."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An attempt ended with ``outcome``. Times are seconds since the epoch."""

    attempt: AttemptKey
    outcome: Outcome
    started_at: float
    ended_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The sweep found an attempt running, its lease held until ``lease_until`` (seconds since the epoch)."""

    attempt: AttemptKey
    lease_until: float
    started_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The sweep found an attempt whose lease has ended: its worker is gone."""

    attempt: AttemptKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """The sweep found that nobody claimed this attempt's message in time: send it again."""

    attempt: AttemptKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """What a deferred or rescheduled attempt waits for has happened: try again now."""

    attempt: AttemptKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed: timeouts of the run are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """Run these tasks again, in a new generation."""

    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A person says that these tasks are in ``state`` (success, failed or skipped)."""

    task_ids: tuple[str, ...]
    state: TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRun:
    """A person ends the run: success marks every task so; failed fails what runs and skips what has not begun."""

    state: RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Every DAG that is scheduled on these asset events' assets knows of them."""

    event_ids: tuple[str, ...]


Event: TypeAlias = Start | Finished | Alive | Lost | Unclaimed | Woken | Tick | Clear | Mark | MarkRun | Announced


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """Send this message."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """Stop this attempt if it runs: its task was cleared or marked."""

    attempt: AttemptKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The run has ended; its DAG has room for another."""

    run: RunKey
    state: RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Let the DAGs that are scheduled on them know of the run's asset events, once it is committed.

    ``made`` are those that are new: they are created in the same commit.
    """

    run: RunKey
    made: tuple[AssetEvent, ...] = ()


Command: TypeAlias = Enqueue | Revoke | RunEnded | Announce
