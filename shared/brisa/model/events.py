"""What can happen to a run (events, into the engine) and what must be done next (commands, out of it)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from brisa.model.asset import AssetEvent
from brisa.model.run import AttemptKey, Message, Outcome, RunKey
from brisa.model.states import RunState, TaskState
from brisa.model.watch import Watch


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
class Heard:
    """What an attempt that is under way may come to wait for has happened: should it go to sleep, try again at once."""

    attempt: AttemptKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed: timeouts of the run are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """Run these tasks again, in a new generation."""

    task_ids: tuple[str, ...]
    reopen: bool = True
    """Whether a run that had ended goes on; if not, they wait until something else makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A person says that these tasks are in ``state`` (success, failed or skipped)."""

    task_ids: tuple[str, ...]
    state: TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A person does not want these tasks in the run any more: what is below goes on without them."""

    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRun:
    """A person ends the run: success marks every task so; failed fails what runs and skips what has not begun."""

    state: RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A pool has given slots to the task instance that waits for ``attempt``."""

    attempt: AttemptKey
    pool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Of the tasks that this run waits for in the run before, these have not ended well (:attr:`Run.behind`)."""

    behind: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Every DAG that is scheduled on these asset events' assets knows of them."""

    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A task waits for something of this run. No news if that is so already."""

    watch: Watch


Event: TypeAlias = (
    Start
    | Finished
    | Alive
    | Lost
    | Unclaimed
    | Woken
    | Heard
    | Tick
    | Clear
    | Mark
    | Remove
    | MarkRun
    | Granted
    | Past
    | Announced
    | Watched
)


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
    by_tasks: bool = False
    """Whether that is what all of its tasks have come to; not a person's word, nor its timeout's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask a pool for slots, for the task instance that is to make ``attempt``. Asking again is as asking once."""

    attempt: AttemptKey
    pool: str
    slots: int = 1
    weight: int = 1
    limit: int | None = None
    """How many slots the pool has: of a task's own pool, which nobody has made. ``None`` for every other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """Give back what ``attempt``, or an earlier one of the same task instance, has of a pool or waits for there."""

    attempt: AttemptKey
    pool: str
    deferred: bool = False
    """Whether the task only defers: pools that count deferred tasks keep its slots for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Look after the run at ``at`` (seconds since the epoch): the time of a task that is held has come then."""

    run: RunKey
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Let the DAGs that are scheduled on them know of the run's asset events, once it is committed.

    ``made`` are those that are new: they are created in the same commit.
    """

    run: RunKey
    made: tuple[AssetEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """What these tasks wait for in the run has happened; their watches are gone with the commit."""

    watches: tuple[Watch, ...]


Command: TypeAlias = Enqueue | Revoke | RunEnded | Ask | Free | Look | Announce | Wake
