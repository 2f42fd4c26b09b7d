"""A pool: how many slots tasks of several runs share, and who has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from brisa.model.run import AttemptKey

DEFAULT_POOL = "default_pool"
"""The pool of every task that names none, as in Airflow. It has no limit: it would be a document that every task
writes."""
_OWN = "@"


def task_pool(dag_id: str, task_id: str) -> str:
    """The name of the pool behind a task's ``max_active_tis_per_dag``, which all runs of the DAG share.

    No person can name one so.
    """
    return f"{_OWN}{dag_id}/{task_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What one task instance has of a pool, or waits for."""

    attempt: AttemptKey
    """The attempt that asked: what an older one gives back late is not this one's."""
    slots: int = 1
    weight: int = 1
    """Priority: the heaviest gets its slots first, then whoever has waited longest."""
    since: float = 0.0
    """Seconds since the epoch."""
    granted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One pool's document. ``slots`` of -1 means no limit, as in Airflow."""

    name: str
    slots: int = 128
    description: str = ""
    include_deferred: bool = False
    """Whether deferred tasks hold slots."""
    users: Mapping[str, Slots] = field(default_factory=dict)
    """Task instances that have slots or wait for some, by :func:`user`."""

    @property
    def own(self) -> bool:
        """Whether it is a task's own (:func:`task_pool`), and nobody's to see or change."""
        return self.name.startswith(_OWN)

    @property
    def taken(self) -> int:
        """How many slots are given out."""
        return sum(one.slots for one in self.users.values() if one.granted)

    @property
    def free(self) -> float:
        """How many slots are left; negative when the pool was made smaller meanwhile, infinite without a limit."""
        return float("inf") if self.slots < 0 else self.slots - self.taken


def user(attempt: AttemptKey) -> str:
    """By what a pool knows a task instance, whichever its attempt."""
    return "\x1f".join((attempt.dag_id, attempt.run_id, attempt.name))
