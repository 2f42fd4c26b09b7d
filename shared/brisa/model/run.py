"""The run: the unit of consistency. One record holds the state of every task of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from brisa.model.asset import AssetUpdate
from brisa.model.json import JsonObject
from brisa.model.states import AttemptState, OutcomeKind, RunState, RunType, TaskState
from brisa.model.watch import Watch

UNMAPPED = -1
"""The map index of a task that is not mapped, as in Airflow."""
DAG_CALLBACKS = "@callbacks"
"""By this name, which no task can have, a run that has ended knows the attempt that calls its DAG's callbacks: it is
sent, claimed, and looked after like a task's."""
DEADLINE = "@deadline"
"""By this name, and the deadline's place as map index, a run knows the attempt that tells that it has missed one."""


class RunKey(NamedTuple):
    """What names a run."""

    dag_id: str
    run_id: str


class TaskKey(NamedTuple):
    """What names a task instance within its run."""

    task_id: str
    map_index: int = UNMAPPED

    def __str__(self) -> str:
        return self.task_id if self.map_index == UNMAPPED else f"{self.task_id}[{self.map_index}]"

    @classmethod
    def of(cls, name: str) -> TaskKey:
        """The other way round: a task's id has no bracket."""
        task_id, bracket, index = name.partition("[")
        return cls(task_id, int(index[:-1])) if bracket else cls(task_id)


def is_task(name: str) -> bool:
    """Whether a run knows a task by that name, not an attempt of its DAG's own: a task's has no ``@``."""
    return not name.startswith("@")


def is_deadline(name: str) -> bool:
    """Whether it is the name of a deadline's attempt."""
    return TaskKey.of(name).task_id == DEADLINE


def expects(state: RunState, name: str) -> bool:
    """Whether an attempt of that name matters to a run in ``state``: a task's until it ends, the callbacks' then, a
    deadline's always."""
    if is_task(name):
        return state is RunState.RUNNING
    return state.terminal or is_deadline(name)


def task_names(run: Run) -> list[str]:
    """The tasks that something has happened to, by the names that the run knows them by."""
    return [name for name in run.tasks if is_task(name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInstance:
    """One task of one run. Times are seconds since the epoch.

    (``generation``, ``try_number``, ``seq``) name the attempt that is outstanding or was the last: ``generation``
    rises with every clear or mark, ``try_number`` (from 1) with every retry, ``seq`` with every poke of a sensor and
    every re-run after a lost worker within one try. ``sends`` is the number of the last message for this very attempt,
    from 0; -1 while it is held and none has been sent. ``losses`` counts its workers that were lost, or the answers of
    a pool that did not come. ``due_at`` is when the sweep must look, if nothing has happened
    by then.
    """

    state: TaskState = TaskState.NONE
    try_number: int = 0
    max_tries: int = 0
    """The number of the last try allowed: retries + 1, and as many again after a clear."""
    generation: int = 0
    seq: int = 0
    sends: int = 0
    losses: int = 0
    due_at: float | None = None
    started_at: float | None = None
    """When the first attempt of the current try began."""
    ended_at: float | None = None
    skips: tuple[str, ...] = ()
    """Ids of the tasks that this one, a branch or short circuit, decided to skip."""
    length: int | None = None
    """Of a mapped task: how many instances it was expanded to. Of another: how many items its result has, if asked."""
    granted: int = 0
    """How many of the pools that it needs have given it slots."""
    text: str = field(default="", init=False, compare=False, repr=False)
    """The codec's own: how this very instance is stored, once it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one DAG version. Logical times are aware datetimes in UTC; the others seconds since the epoch."""

    dag_id: str
    run_id: str
    version: str
    """The hash of the DAG version that this run is pinned to."""
    state: RunState = RunState.QUEUED
    run_type: RunType = RunType.MANUAL
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    run_after: float = 0.0
    conf: JsonObject = field(default_factory=dict)
    params: JsonObject = field(default_factory=dict)
    """The DAG's params with this run's conf applied: name → value."""
    queued_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    triggered_by: str = ""
    triggering_user: str = ""
    """The name of whoever asked for it, if a person did, through the API."""
    partition_key: str | None = None
    """Names the part of the data that it is about, of a DAG with a partitioned timetable."""
    partition_date: datetime | None = None
    backfill_id: int | None = None
    """Of the backfill that has made it, or has begun it again."""
    note: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What people have noted of task instances: name, as in :attr:`tasks` → text."""
    tasks: Mapping[str, TaskInstance] = field(default_factory=dict)
    """Task id, or ``id[index]`` for an instance of a mapped task → instance; one that nothing happened to yet is not in
    it."""
    previous: str | None = None
    """Of a run whose tasks may wait for the run before: that one's id, empty if it is the first; else ``None``."""
    followers: tuple[str, ...] = ()
    """Ids of the runs that this one is the previous of."""
    behind: tuple[str, ...] = ()
    """Ids of the tasks that the previous run has not got behind it, of those that matter to this one."""
    deadlines: tuple[float | None, ...] = ()
    """The moment of each of its DAG's deadlines; ``None`` for one that the run does not have, or has met for good."""
    next_check_at: float | None = None
    """The earliest moment at which something must have happened; ``None`` when nothing is awaited."""
    asset_events: tuple[str, ...] = ()
    """Ids of the asset events that this run was made for."""
    announcing: tuple[str, ...] = ()
    """Ids of the asset events of its tasks that some DAG may not know of yet, sorted."""
    announce_by: float | None = None
    """When the sweep must look, if they are not known everywhere by then."""
    watchers: tuple[Watch, ...] = ()
    """Tasks, mostly of other DAGs, that wait for this run or for tasks of it."""
    heard: tuple[str, ...] = ()
    """Names of the task instances, sorted, whose attempt is under way while what it may come to wait for has happened:
    should it go to sleep, it looks again at once."""

    @property
    def key(self) -> RunKey:
        """What names this run."""
        return RunKey(self.dag_id, self.run_id)

    def task(self, task_id: str) -> TaskInstance:
        """The instance of ``task_id``; a fresh one if nothing has happened to it."""
        return self.tasks.get(task_id, _FRESH)


_FRESH = TaskInstance()


class AttemptKey(NamedTuple):
    """What names one attempt: the lock that a claim takes, and the content of a message."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = UNMAPPED
    generation: int = 0
    try_number: int = 1
    seq: int = 0

    @property
    def run_key(self) -> RunKey:
        """The run it belongs to."""
        return RunKey(self.dag_id, self.run_id)

    @property
    def task_key(self) -> TaskKey:
        """The task instance within that run."""
        return TaskKey(self.task_id, self.map_index)

    @property
    def name(self) -> str:
        """By which the run knows the task instance: ``t``, or ``t[3]``."""
        return str(self.task_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One unit of work for a worker: ids only. ``not_before`` is seconds since the epoch, ``None`` for at once."""

    attempt: AttemptKey
    send: int = 0
    not_before: float | None = None
    kill: bool = False
    """Whether the attempt is no longer wanted, and what its task waited for, a trigger, is to be told so instead."""

    @property
    def name(self) -> str:
        """The queue's name for it: hashed (sequential names slow a queue), and unique per send."""
        text = "\x1f".join(map(str, (*self.attempt, "kill" if self.kill else self.send)))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt ended.

    ``follow`` is a branch's choice (ids of direct downstream tasks or groups' roots; ``None`` when it is no branch).
    ``circuit`` is what a short circuit skips: ``""`` nothing, ``"direct"`` or ``"all"``. ``resume_at`` (seconds since
    the epoch) is when a rescheduled sensor pokes again. ``retryable`` is False when retrying can't help
    (AirflowFailException). ``error`` is one line for people.
    """

    kind: OutcomeKind
    follow: tuple[str, ...] | None = None
    circuit: str = ""
    resume_at: float | None = None
    retryable: bool = True
    error: str = ""
    length: int | None = None
    """Told by a task whose result others are expanded over: how many items it has; by an instance of a mapped task 1,
    or 0 if it returned nothing."""
    assets: tuple[AssetUpdate, ...] = ()
    """What a success has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XCom:
    """One XCom value: inline JSON in brisa's encoding, or the name of the blob that holds it."""

    value: object = None
    blob: str = ""
    size: int = 0
    """Bytes of the encoded value."""
    set_at: float | None = None
    """When a person wrote it, in seconds since the epoch; ``None`` for one that its attempt has pushed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt's document. Times are seconds since the epoch."""

    key: AttemptKey
    state: AttemptState = AttemptState.RUNNING
    token: str = ""
    """Random, made by the claimant."""
    owner: str = ""
    """Which worker process claimed it."""
    lease_until: float = 0.0
    queued_at: float | None = None
    started_at: float = 0.0
    ended_at: float | None = None
    outcome: Outcome | None = None
    xcoms: Mapping[str, XCom] = field(default_factory=dict)
    log: str = ""
    """The blob name of its log."""
    rendered: JsonObject = field(default_factory=dict)
    """Template fields after rendering, as text for people."""
    max_rss_kb: int = 0
