"""Limits: which of the tasks whose rules are met may start now, and which pools must be asked first.

A task of a DAG that may have more tasks under way than it should (:attr:`DagSpec.crowded`), or one that needs slots of
a pool, is held as ``scheduled`` once its rule is met, and again whenever it comes back from a retry's delay, a sensor's
sleep or a deferral. Those tasks have no message out until they are admitted (:mod:`brisa.engine.admission`), at the end
of every ``advance``, the heaviest first. So whatever frees room (an end, a sleep, a slot) fills it in the same commit,
and no two commits can both give the same room away: a run's own limits are kept by its document, a pool's by the
pool's.

Tasks in none of these cases (most) are sent at once, and cost nothing more than ever.
"""

from __future__ import annotations

from brisa.model.pool import DEFAULT_POOL, task_pool
from brisa.model.run import AttemptKey, Run, TaskInstance, TaskKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import RunState, TaskState

NOT_SENT = -1
"""``sends`` of an instance that is held: no message has been sent for its present attempt."""
ACTIVE = (TaskState.QUEUED, TaskState.RUNNING)
"""States that count against a run's limits, as in Airflow: who sleeps, or waits for something, does not."""


def limited(spec: DagSpec, task: TaskSpec) -> bool:
    """Whether instances of ``task`` are held until there is room for them."""
    return spec.crowded or bool(pools(spec, task))


def pools(spec: DagSpec, task: TaskSpec) -> tuple[str, ...]:
    """Names of the pools that an instance of ``task`` needs slots of, in the order in which they are asked.

    Everybody asks in the same order, so that no two can wait for each other.
    """
    own = (task_pool(spec.dag_id, TaskKey.of(task.task_id).task_id),) if task.max_active_tis_per_dag is not None else ()
    return own if task.pool == DEFAULT_POOL else (*own, task.pool)


def held(instance: TaskInstance) -> bool:
    """Whether the instance waits for room, or will when its time has come: no message is out for it."""
    return instance.sends == NOT_SENT and not instance.state.terminal


def holds(run: Run, attempt: AttemptKey, *, deferred: bool) -> bool:
    """Whether the task instance that a pool knows as ``attempt`` still has a right to the slots it was given.

    ``deferred``: whether deferred tasks keep theirs. Who is held asks for this very attempt, whatever it had before.
    """
    instance = run.task(attempt.name)
    same_try = (instance.generation, instance.try_number) == (attempt.generation, attempt.try_number)
    if run.state is not RunState.RUNNING or not same_try:
        return False
    if instance.state is TaskState.SCHEDULED:
        return instance.seq == attempt.seq
    states = (*ACTIVE, TaskState.DEFERRED) if deferred else ACTIVE
    return instance.state in states and instance.seq >= attempt.seq
