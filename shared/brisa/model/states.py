"""States of task instances, attempts and runs, and the trigger rules: enums whose members carry their meaning."""

from __future__ import annotations

from enum import Flag, StrEnum, auto
from typing import Self


class Trait(Flag):
    """What the engine needs to know of a task state."""

    NOTHING = 0
    TERMINAL = auto()
    """Changes only by clear or mark."""
    WAITING = auto()
    """A message is outstanding whose claim starts, or has started, an attempt."""
    FAILURE = auto()
    """Counts as failed for the run's end and for people."""


class TaskState(StrEnum):
    """The state of one task instance, with Airflow's names.

    ``code`` is the one character that stands for the state in a stored run.
    """

    code: str
    terminal: bool
    """Whether only clear or mark changes this state."""
    waiting: bool
    """Whether a message for an attempt is outstanding in this state."""
    failure: bool
    """Whether this state counts as failed."""

    def __new__(cls, value: str, code: str, traits: Trait) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.code = code
        # The engine asks for these of every task in every step: they are looked up once.
        member.terminal = Trait.TERMINAL in traits
        member.waiting = Trait.WAITING in traits
        member.failure = Trait.FAILURE in traits
        return member

    NONE = "none", "n", Trait.NOTHING
    SCHEDULED = "scheduled", "c", Trait.NOTHING
    QUEUED = "queued", "q", Trait.WAITING
    RUNNING = "running", "r", Trait.WAITING
    SUCCESS = "success", "s", Trait.TERMINAL
    RESTARTING = "restarting", "a", Trait.NOTHING
    FAILED = "failed", "f", Trait.TERMINAL | Trait.FAILURE
    SKIPPED = "skipped", "k", Trait.TERMINAL
    UPSTREAM_FAILED = "upstream_failed", "u", Trait.TERMINAL | Trait.FAILURE
    UP_FOR_RETRY = "up_for_retry", "y", Trait.WAITING
    UP_FOR_RESCHEDULE = "up_for_reschedule", "e", Trait.WAITING
    DEFERRED = "deferred", "d", Trait.WAITING
    REMOVED = "removed", "x", Trait.TERMINAL

    @classmethod
    def from_code(cls, code: str) -> TaskState:
        """The state that ``code`` stands for; ``KeyError`` for any other character."""
        return _BY_CODE[code]


_BY_CODE = {state.code: state for state in TaskState}


class RunState(StrEnum):
    """The state of a run, with Airflow's names."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        """Whether the run has ended."""
        return self in (RunState.SUCCESS, RunState.FAILED)


class RunType(StrEnum):
    """Why a run exists; the first part of its id, as in Airflow."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"
    ASSET = "asset_triggered"
    DATASET = "dataset_triggered"
    """The same by its name in Airflow 2."""
    ASSET_MATERIALIZATION = "asset_materialization"
    """Somebody wants an asset made, whichever DAG does."""
    ASSET_TRIGGERED = "asset_triggered"
    DATASET_TRIGGERED = "dataset_triggered"


class AttemptState(StrEnum):
    """How far an attempt document is."""

    RUNNING = "running"
    """Claimed: somebody holds the lease."""
    REPORTED = "reported"
    """Its outcome is written here, and is yet to be folded into the run."""
    FINISHED = "finished"
    """Its outcome is in the run."""
    LOST = "lost"
    """Its lease ended; whatever its worker still reports changes nothing."""
    REVOKED = "revoked"
    """Its task was cleared or marked meanwhile; the worker should stop it."""


class OutcomeKind(StrEnum):
    """How one attempt ended, as its worker reports it."""

    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    RESCHEDULE = "reschedule"
    DEFERRED = "deferred"


class Decides(StrEnum):
    """Whether a successful task can skip others, and which: the engine holds those until it has decided."""

    NOTHING = ""
    BRANCH = "branch"
    """Direct downstream tasks that it does not follow."""
    CIRCUIT = "circuit"
    """Everything downstream (ShortCircuitOperator), or the direct downstream only."""


class TriggerRule(StrEnum):
    """When a task runs, told from its direct upstream tasks' states; Airflow's names, old ones as aliases."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ONE_FAILED = "one_failed"
    ONE_SUCCESS = "one_success"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_FAILED_OR_SKIPPED = "none_failed_min_one_success"
    NONE_SKIPPED = "none_skipped"
    ALL_SKIPPED = "all_skipped"
    ALWAYS = "always"
    DUMMY = "always"

    @classmethod
    def _missing_(cls, value: object) -> TriggerRule | None:
        return _OLD_RULES.get(str(value))


_OLD_RULES = {"none_failed_or_skipped": TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS, "dummy": TriggerRule.ALWAYS}
