"""When a task runs, told from the states of the tasks directly above it.

The rules are Airflow's; each outcome was compared with Airflow itself (tests/oracle/trigger_rules.json). One thing
differs on purpose: an all_success task with a skipped and a failed task above is decided by which of the two came
first only where that is certain (see ``verdict`` in :mod:`brisa.engine.cascade`), so that the result never depends on
the order in which the tasks above happen to end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from brisa.model.states import TaskState, TriggerRule


class Verdict(Enum):
    """What a trigger rule says of a task now."""

    WAIT = auto()
    RUN = auto()
    SKIP = auto()
    BLOCK = auto()
    """It becomes upstream_failed."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """How many of the tasks directly above are in which terminal state; ``pending`` ones are in none."""

    success: int = 0
    failed: int = 0
    skipped: int = 0
    upstream_failed: int = 0
    removed: int = 0
    pending: int = 0

    @classmethod
    def of(cls, states: Iterable[TaskState]) -> Upstream:
        """Count ``states``."""
        counts = Counter(states)
        known = {name: counts[state] for name, state in _COUNTED.items()}
        return cls(**known, pending=counts.total() - sum(known.values()))

    @property
    def failures(self) -> int:
        """Failed or upstream_failed."""
        return self.failed + self.upstream_failed

    @property
    def done(self) -> bool:
        """Whether all are terminal."""
        return self.pending == 0

    @property
    def total(self) -> int:
        """How many tasks are directly above."""
        return self.success + self.failed + self.skipped + self.upstream_failed + self.removed + self.pending


_COUNTED = {
    "success": TaskState.SUCCESS,
    "failed": TaskState.FAILED,
    "skipped": TaskState.SKIPPED,
    "upstream_failed": TaskState.UPSTREAM_FAILED,
    "removed": TaskState.REMOVED,
}


def _all_success(up: Upstream) -> Verdict:
    if up.failures:
        return Verdict.BLOCK
    if not up.done:
        return Verdict.WAIT
    return Verdict.SKIP if up.skipped else Verdict.RUN


def _all_failed(up: Upstream) -> Verdict:
    if up.success or up.skipped:
        return Verdict.SKIP
    return Verdict.RUN if up.done else Verdict.WAIT


def _all_done(up: Upstream) -> Verdict:
    return Verdict.RUN if up.done else Verdict.WAIT


def _all_done_min_one_success(up: Upstream) -> Verdict:
    if up.skipped:
        return Verdict.SKIP
    if not up.done:
        return Verdict.WAIT
    return Verdict.RUN if up.success else Verdict.BLOCK


def _one_failed(up: Upstream) -> Verdict:
    if up.failures:
        return Verdict.RUN
    return Verdict.SKIP if up.done else Verdict.WAIT


def _one_success(up: Upstream) -> Verdict:
    if up.success:
        return Verdict.RUN
    if not up.done:
        return Verdict.WAIT
    return Verdict.BLOCK if up.failures else Verdict.SKIP


def _one_done(up: Upstream) -> Verdict:
    if up.success or up.failed:
        return Verdict.RUN
    return Verdict.SKIP if up.done else Verdict.WAIT


def _none_failed(up: Upstream) -> Verdict:
    if up.failures:
        return Verdict.BLOCK
    return Verdict.RUN if up.done else Verdict.WAIT


def _none_failed_min_one_success(up: Upstream) -> Verdict:
    if up.failures:
        return Verdict.BLOCK
    if not up.done:
        return Verdict.WAIT
    return Verdict.RUN if up.success else Verdict.SKIP


def _none_skipped(up: Upstream) -> Verdict:
    if up.skipped:
        return Verdict.SKIP
    return Verdict.RUN if up.done else Verdict.WAIT


def _all_skipped(up: Upstream) -> Verdict:
    if up.success or up.failures:
        return Verdict.SKIP
    return Verdict.RUN if up.done else Verdict.WAIT


def _always(_: Upstream) -> Verdict:
    return Verdict.RUN


RULES: dict[TriggerRule, Callable[[Upstream], Verdict]] = {
    TriggerRule.ALL_SUCCESS: _all_success,
    TriggerRule.ALL_FAILED: _all_failed,
    TriggerRule.ALL_DONE: _all_done,
    TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: _all_done_min_one_success,
    TriggerRule.ALL_DONE_SETUP_SUCCESS: _all_done,
    TriggerRule.ONE_FAILED: _one_failed,
    TriggerRule.ONE_SUCCESS: _one_success,
    TriggerRule.ONE_DONE: _one_done,
    TriggerRule.NONE_FAILED: _none_failed,
    TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: _none_failed_min_one_success,
    TriggerRule.NONE_SKIPPED: _none_skipped,
    TriggerRule.ALL_SKIPPED: _all_skipped,
    TriggerRule.ALWAYS: _always,
}


def judge(rule: TriggerRule, upstream: Upstream) -> Verdict:
    """What ``rule`` says; a task with nothing above it runs, whatever its rule."""
    return RULES[rule](upstream) if upstream.total else Verdict.RUN


def judge_teardown(upstream: Upstream, setups: Upstream) -> Verdict:
    """What all_done_setup_success says, where ``setups`` counts those of ``upstream`` that are setups.

    As in Airflow: once all above is done it runs, unless it has setups and none of them left anything to tear down.
    """
    verdict = judge(TriggerRule.ALL_DONE_SETUP_SUCCESS, upstream)
    if verdict is not Verdict.RUN or not setups.total or setups.success:
        return verdict
    return Verdict.SKIP if setups.skipped == setups.total else Verdict.BLOCK
