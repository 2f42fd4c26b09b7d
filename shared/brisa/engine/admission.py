"""Who may start of those that are ready: the heaviest first, while there is room, once their pools have given slots."""

from __future__ import annotations

from collections import Counter

from brisa.engine import limits, retries
from brisa.engine.cascade import Cascade, attempt_key
from brisa.engine.transitions import Move
from brisa.model.events import Ask
from brisa.model.run import TaskKey, is_task
from brisa.model.states import RunState, TaskState


def admit(cascade: Cascade) -> None:
    """Let tasks through that are held, and ask the pools that they need: the end of every ``advance``.

    A pool is asked for no more than the run could start, so that what it gives is used; but always for who comes back:
    it may have kept its slots while it was deferred, and those who are asked for may wait for these.
    """
    spec = cascade.base
    if cascade.state is not RunState.RUNNING or not (spec.crowded or spec.pooled):
        return
    _call_in(cascade)
    under_way = (name for name, one in cascade.tasks.items() if one.state in limits.ACTIVE and is_task(name))
    active = Counter(TaskKey.of(name).task_id for name in under_way)
    room = (spec.max_active_tasks or len(cascade.tasks)) - active.total()
    asked = Counter[str]()
    for name in _ready(cascade):
        task, instance = cascade.spec.by_id[name], cascade.instance(name)
        task_id = TaskKey.of(name).task_id
        if task.max_active_tis_per_dagrun is not None and active[task_id] >= task.max_active_tis_per_dagrun:
            continue
        missing = limits.pools(spec, task)[instance.granted :]
        if not missing and room > 0:
            cascade.send(name, Move.ADMIT, not_before=cascade.not_before(), sends=0)
            active[task_id] += 1
            room -= 1
        elif missing and (instance.due_at is not None or instance.seq > 0 or asked[missing[0]] < room):
            asked[missing[0]] += 1
            _ask(cascade, name, missing[0])


def _call_in(cascade: Cascade) -> None:
    """Those that slept, and whose time has come, wait for room like the others."""
    for name, instance in [*cascade.tasks.items()]:
        if limits.held(instance) and instance.state.waiting and (instance.due_at or 0.0) <= cascade.now:
            cascade.move(name, Move.DUE, due_at=None)


def _ready(cascade: Cascade) -> list[str]:
    """Names of the instances that wait for room, the heaviest first, then in the DAG's order."""

    def rank(name: str) -> tuple[int, int, int]:
        key = TaskKey.of(name)
        weight, place = cascade.base.ranks[key.task_id]
        return -weight, place, key.map_index

    held = (name for name, one in cascade.tasks.items() if one.state is TaskState.SCHEDULED and limits.held(one))
    return sorted(held, key=rank)


def _ask(cascade: Cascade, name: str, pool: str) -> None:
    """Ask a pool for slots, unless it was asked lately: an answer that has not come is asked for again."""
    task, instance = cascade.spec.by_id[name], cascade.instance(name)
    if instance.due_at is not None and instance.due_at > cascade.now:
        return
    again = 0 if instance.due_at is None else instance.losses + 1
    instance = cascade.move(name, Move.ASK, due_at=cascade.now + retries.claim_grace(again), losses=again)
    own = pool != task.pool
    cascade.commands.append(
        Ask(
            attempt=attempt_key(cascade.before, name, instance),
            pool=pool,
            slots=1 if own else task.pool_slots,
            weight=cascade.base.ranks[TaskKey.of(name).task_id][0],
            limit=task.max_active_tis_per_dag if own else None,
        )
    )
