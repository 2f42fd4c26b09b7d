"""Small builders of DAG specs and runs, and a player that moves a run along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from brisa.engine import Decision, advance, attempt_key, create_run
from brisa.model.dag import DagVersion
from brisa.model.events import Command, Enqueue, Event, Finished, Start
from brisa.model.run import AttemptKey, Outcome, Run, TaskInstance
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import OutcomeKind, RunType, TriggerRule

NOON = 1_704_110_400.0
"""2024-01-01 12:00 UTC, in seconds since the epoch: when the runs of tests begin."""
SUCCESS = Outcome(kind=OutcomeKind.SUCCESS)
FAILED = Outcome(kind=OutcomeKind.FAILED)
SKIPPED = Outcome(kind=OutcomeKind.SKIPPED)


def task(task_id: str, *upstream: str, rule: str = "all_success", **more: Any) -> TaskSpec:
    """A task below ``upstream``."""
    return TaskSpec(task_id=task_id, upstream=tuple(sorted(upstream)), trigger_rule=TriggerRule(rule), **more)


def dag(*tasks: TaskSpec, dag_id: str = "d", **more: Any) -> DagSpec:
    """A DAG of ``tasks``, which may come in any order."""
    return DagSpec(dag_id=dag_id, tasks=tuple(in_topological_order(tasks)), **more)


def in_topological_order(tasks: Iterable[TaskSpec]) -> list[TaskSpec]:
    """The tasks with each after all that is above it; ties stay in the order given."""
    left = list(tasks)
    placed: dict[str, TaskSpec] = {}
    while left:
        ready = [one for one in left if all(up in placed for up in one.upstream)]
        if not ready:
            raise ValueError(f"a cycle, or something unknown, above {left[0].task_id}")
        placed.update((one.task_id, one) for one in ready)
        left = [one for one in left if one.task_id not in placed]
    return list(placed.values())


def chain(length: int, **more: Any) -> DagSpec:
    """``t0 >> t1 >> …``; ``more`` goes to each task but the first."""
    first = task("t0")
    return DagSpec(dag_id="d", tasks=(first, *(task(f"t{i}", f"t{i - 1}", **more) for i in range(1, length))))


def queued(
    spec: DagSpec,
    *,
    run_after: float = 0.0,
    now: float = NOON,
    run_id: str = "",
    run_type: RunType = RunType.MANUAL,
) -> Run:
    """A queued run of ``spec``, of 2024-01-01."""
    day = datetime(2024, 1, 1, tzinfo=UTC)
    version = DagVersion(dag_id=spec.dag_id, version="v1", spec=spec)
    return create_run(
        version,
        run_type=run_type,
        logical_date=day,
        interval=(day, day),
        run_after=run_after,
        now=now,
        run_id=run_id or "manual__1",
    )


@dataclass
class Player:
    """A run, and all that was commanded so far; ``now`` is seconds since the epoch and moves only when told."""

    spec: DagSpec
    run: Run
    now: float = NOON
    commands: list[Command] = field(default_factory=list)

    def give(self, *events: Event) -> Decision:
        """Advance the run by ``events``, as one batch."""
        decision = advance(self.run, self.spec, events, self.now)
        self.run = decision.run
        self.commands += decision.commands
        return decision

    def task(self, task_id: str) -> TaskInstance:
        """The task's instance."""
        return self.run.task(task_id)

    def key(self, task_id: str) -> AttemptKey:
        """The attempt that the task waits for, or had last."""
        return attempt_key(self.run, task_id, self.task(task_id))

    def finished(self, task_id: str, outcome: Outcome = SUCCESS) -> Finished:
        """The event that the task's present attempt ended now with ``outcome``, a second after it began."""
        return Finished(attempt=self.key(task_id), outcome=outcome, started_at=self.now - 1, ended_at=self.now)

    def finish(self, *task_ids: str, outcome: Outcome = SUCCESS) -> Decision:
        """End the present attempts of these tasks, in one batch."""
        return self.give(*(self.finished(task_id, outcome) for task_id in task_ids))

    def waiting(self) -> list[str]:
        """Ids of the tasks that wait for an attempt, in topological order."""
        return [one.task_id for one in self.spec.tasks if self.task(one.task_id).state.waiting]

    def play(self, outcome: Callable[[AttemptKey], Outcome] = lambda _: SUCCESS, *, steps: int = 100_000) -> Player:
        """End whatever waits, one attempt at a time, with what ``outcome`` says, until nothing waits."""
        for _ in range(steps):
            waiting = self.waiting()
            if not waiting:
                return self
            self.give(self.finished(waiting[0], outcome(self.key(waiting[0]))))
        raise AssertionError(f"still waiting after {steps} steps: {self.waiting()}")

    def states(self) -> dict[str, str]:
        """Task id → name of its state, for every task of the DAG."""
        return {one.task_id: self.task(one.task_id).state.value for one in self.spec.tasks}

    def sent(self) -> list[str]:
        """Ids of the tasks that messages were sent for, in order."""
        return [command.message.attempt.task_id for command in self.commands if isinstance(command, Enqueue)]


def started(*tasks: TaskSpec, run_after: float = 0.0, **more: Any) -> Player:
    """A player whose run of a DAG of ``tasks`` has just started."""
    return start(dag(*tasks, **more), run_after=run_after)


def start(spec: DagSpec, *, run_after: float = 0.0) -> Player:
    """A player whose run of ``spec`` has just started."""
    player = Player(spec, queued(spec, run_after=run_after))
    player.give(Start())
    return player
