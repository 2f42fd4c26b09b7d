"""How events change a run: the scheduler. ``advance`` is the only way that a run's state ever changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from brisa.engine import limits, retries, watching
from brisa.engine.admission import admit
from brisa.engine.alerts import alert, forgive
from brisa.engine.cascade import Cascade, Decision, attempt_key
from brisa.engine.transitions import Move, after
from brisa.model.events import (
    Alive,
    Announced,
    Clear,
    Event,
    Finished,
    Granted,
    Heard,
    Lost,
    Mark,
    MarkRun,
    Past,
    Remove,
    Start,
    Tick,
    Unclaimed,
    Watched,
    Woken,
)
from brisa.model.run import AttemptKey, Message, Outcome, Run, TaskInstance, is_task
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind, RunState, TaskState


def advance(run: Run, spec: DagSpec, events: Iterable[Event], now: float) -> Decision:
    """Apply ``events`` to ``run``, then every rule that follows from them, to the end of the cascade.

    ``now`` is seconds since the epoch. Late and repeated events change nothing. The result does not depend on how
    the events are ordered or batched.
    """
    cascade = Cascade(run, spec, now)
    for event in events:
        _HANDLERS[type(event)](cascade, event)
    cascade.settle()
    admit(cascade)
    alert(cascade)
    return cascade.decision()


# --- one function per event ---


def _start(cascade: Cascade, _: Start) -> None:
    if cascade.state is RunState.QUEUED:
        cascade.state = RunState.RUNNING
        cascade.started_at = max(cascade.now, cascade.before.run_after)
        cascade.dirty = True
        cascade.unsettled.update(cascade.spec.by_id)


def _finished(cascade: Cascade, event: Finished) -> None:
    task_id = event.attempt.name
    instance = cascade.awaited(event.attempt)
    if instance is None:
        return
    times: dict[str, Any] = {"started_at": instance.started_at or event.started_at, "ended_at": event.ended_at}
    match event.outcome.kind:
        case OutcomeKind.SUCCESS:
            skipped = cascade.skipped_by(task_id, event.outcome) if is_task(task_id) else ()
            cascade.move(task_id, Move.SUCCEED, skips=skipped, length=event.outcome.length, **times)
            cascade.announce(event)
            for below in skipped:  # an instance that there is not yet is skipped once there is
                if below in cascade.spec.by_id and cascade.untouched(below):
                    cascade.skip(cascade.spec.by_id[below])
        case OutcomeKind.SKIPPED:
            cascade.move(task_id, Move.SKIP, **times)
        case OutcomeKind.FAILED:
            _failed(cascade, event.attempt, instance, event.outcome, times)
        case OutcomeKind.RESCHEDULE | OutcomeKind.DEFERRED:
            move = Move.RESCHEDULE if event.outcome.kind is OutcomeKind.RESCHEDULE else Move.DEFER
            cascade.send_later(
                task_id,
                move,
                not_before=cascade.now if task_id in cascade.heard else event.outcome.resume_at,
                seq=instance.seq + 1,
                started_at=times["started_at"],
            )


def _failed(cascade: Cascade, key: AttemptKey, instance: TaskInstance, outcome: Outcome, times: dict[str, Any]) -> None:
    if outcome.retryable and instance.try_number < instance.max_tries:
        task = cascade.spec.by_id[key.name]
        cascade.send_later(
            key.name,
            Move.RETRY,
            not_before=times.get("ended_at", cascade.now) + retries.retry_delay(task, key),
            try_number=instance.try_number + 1,
            seq=0,
            losses=0,
            started_at=None,
        )
    else:
        cascade.move(key.name, Move.FAIL, **times)
        if cascade.spec.fail_fast and is_task(key.name):
            _fail_fast(cascade)


def _fail_fast(cascade: Cascade) -> None:
    """A task has failed for good: what is under way fails, what has not begun is skipped; teardowns still run.

    As Airflow's ``fail_stop`` and ``fail_fast``.
    """
    for task in cascade.present():
        state = cascade.instance(task.task_id).state
        if task.is_teardown:
            continue
        if state.waiting:
            cascade.abandon(task.task_id)
            cascade.move(task.task_id, Move.MARK_FAILED)
        elif not state.terminal:
            cascade.move(task.task_id, Move.SKIP)


def _alive(cascade: Cascade, event: Alive) -> None:
    instance = cascade.awaited(event.attempt)
    if instance is None:
        return
    if instance.state is TaskState.RUNNING and event.lease_until <= (instance.due_at or 0.0):
        return  # known already, or older than what is known
    started = instance.started_at or event.started_at
    cascade.move(event.attempt.name, Move.CLAIM, due_at=event.lease_until, started_at=started)


def _lost(cascade: Cascade, event: Lost) -> None:
    instance = cascade.awaited(event.attempt)
    if instance is None:
        return
    if instance.losses + 1 >= retries.MAX_LOSSES:
        lost = Outcome(kind=OutcomeKind.FAILED, error="its workers were lost again and again")
        _failed(cascade, event.attempt, instance, lost, {})
    else:
        cascade.send(event.attempt.name, Move.LOSE, seq=instance.seq + 1, sends=0, losses=instance.losses + 1)


def _unclaimed(cascade: Cascade, event: Unclaimed) -> None:
    instance = cascade.awaited(event.attempt)
    if instance is not None and instance.due_at is not None and instance.due_at <= cascade.now:
        cascade.send(event.attempt.name, Move.RESEND, sends=instance.sends + 1)


def _woken(cascade: Cascade, event: Woken) -> None:
    instance = cascade.awaited(event.attempt)
    if instance is None or instance.state not in (TaskState.UP_FOR_RESCHEDULE, TaskState.DEFERRED):
        return
    if limits.held(instance):
        cascade.move(event.attempt.name, Move.DUE, due_at=None)
    else:
        cascade.send(event.attempt.name, Move.WAKE, sends=instance.sends + 1)


def _heard(cascade: Cascade, event: Heard) -> None:
    instance = cascade.awaited(event.attempt)
    name = event.attempt.name
    if instance is not None and name not in cascade.heard:
        cascade.heard.add(name)
        cascade.dirty = True


def _watched(cascade: Cascade, event: Watched) -> None:
    """Whoever waits looks once this is committed: what is so already need not be told."""
    if not watching.is_met(event.watch, cascade.before, cascade.base):
        cascade.watchers = watching.joined(cascade.watchers, event.watch, cascade.now)
        cascade.dirty = cascade.dirty or cascade.watchers != cascade.before.watchers


def _granted(cascade: Cascade, event: Granted) -> None:
    name = event.attempt.name
    instance = cascade.instance(name)
    if instance.state is not TaskState.SCHEDULED or attempt_key(cascade.before, name, instance) != event.attempt:
        return
    pools = limits.pools(cascade.base, cascade.spec.by_id[name])
    if event.pool in pools[instance.granted : instance.granted + 1]:
        cascade.move(name, Move.GRANT, granted=instance.granted + 1, due_at=None, losses=0)


def _tick(cascade: Cascade, _: Tick) -> None:
    """A run over its dagrun_timeout fails; what had not ended is skipped, as in Airflow."""
    for name, instance in [*cascade.tasks.items()]:
        if instance.state is TaskState.NONE and instance.due_at is not None:
            cascade.look_back(name)
    cascade.announce_again()
    cascade.settle()
    limit = cascade.spec.dagrun_timeout
    if limit is None or cascade.started_at is None or cascade.state is not RunState.RUNNING:
        return
    if cascade.now >= cascade.started_at + limit:
        for task in cascade.present():
            if not cascade.instance(task.task_id).state.terminal:
                cascade.abandon(task.task_id)
                cascade.move(task.task_id, Move.MARK_SKIPPED)
        cascade.end(RunState.FAILED)


def _clear(cascade: Cascade, event: Clear) -> None:
    cascade.settle()
    forgive(cascade, anew=True)
    for task_id in event.task_ids:
        instance = cascade.instance(task_id)
        if instance.state is TaskState.NONE:
            continue
        if event.reopen:
            if cascade.state.terminal:
                cascade.started_at = cascade.now  # the dagrun_timeout counts anew, as in Airflow
            cascade.reopen()
        generation = max(instance.generation, cascade.take_back(task_id))
        cascade.abandon(task_id)
        cascade.move(
            task_id,
            Move.CLEAR,
            generation=generation + 1,
            due_at=None,
            started_at=None,
            ended_at=None,
            skips=(),
            length=None,
            sends=0,
        )
        cascade.unsettled.add(task_id)
    cascade.respec()


def _mark(cascade: Cascade, event: Mark) -> None:
    cascade.settle()
    forgive(cascade)
    for task_id in [name for given in event.task_ids for name in cascade.names(given)]:
        instance = cascade.instance(task_id)
        if instance.state is not event.state:
            cascade.reopen()
            cascade.abandon(task_id)
            cascade.move(task_id, _MARKS[event.state], generation=instance.generation + 1, skips=())


def _remove(cascade: Cascade, event: Remove) -> None:
    cascade.settle()
    for name in [name for given in event.task_ids for name in cascade.names(given)]:
        instance = cascade.instance(name)
        if instance.state is not TaskState.REMOVED:
            cascade.abandon(name)
            cascade.move(name, Move.REMOVE, generation=instance.generation + 1, skips=())


def _mark_run(cascade: Cascade, event: MarkRun) -> None:
    cascade.settle()
    if cascade.state is event.state:
        return
    for task in cascade.present():
        state = cascade.instance(task.task_id).state
        if event.state is RunState.SUCCESS:
            move = Move.MARK_SUCCESS
        elif state.terminal:
            continue
        else:
            move = Move.MARK_FAILED if state.waiting else Move.MARK_SKIPPED
        if state is not after(state, move):
            cascade.abandon(task.task_id)
            cascade.move(task.task_id, move, generation=cascade.instance(task.task_id).generation + 1)
    cascade.close(event.state)


def _past(cascade: Cascade, event: Past) -> None:
    if event.behind != cascade.behind:
        cascade.behind = event.behind
        cascade.dirty = True
        cascade.unsettled.update(cascade.spec.by_id)


def _announced(cascade: Cascade, event: Announced) -> None:
    cascade.announced(event.event_ids)


_MARKS = {
    TaskState.SUCCESS: Move.MARK_SUCCESS,
    TaskState.FAILED: Move.MARK_FAILED,
    TaskState.SKIPPED: Move.MARK_SKIPPED,
}

_HANDLERS: dict[type[Event], Callable[[Cascade, Any], None]] = {
    Start: _start,
    Finished: _finished,
    Alive: _alive,
    Lost: _lost,
    Unclaimed: _unclaimed,
    Woken: _woken,
    Heard: _heard,
    Tick: _tick,
    Clear: _clear,
    Mark: _mark,
    Remove: _remove,
    MarkRun: _mark_run,
    Granted: _granted,
    Past: _past,
    Announced: _announced,
    Watched: _watched,
}


def check_due(run: Run, now: float) -> Sequence[AttemptKey]:
    """The attempts that the sweep must look at: those whose ``due_at`` is not after ``now``, in task order."""
    return [
        attempt_key(run, task_id, instance)
        for task_id, instance in run.tasks.items()
        if instance.due_at is not None
        and instance.due_at <= now
        and instance.state.waiting
        and not limits.held(instance)
    ]


def outstanding(run: Run, spec: DagSpec, attempt: AttemptKey) -> Message:
    """The message that was sent for ``attempt``, which ``run`` waits for, as it was sent."""
    instance = run.task(attempt.name)
    grace = retries.claim_grace(instance.sends, spec.by_id.get(attempt.task_id))
    return Message(attempt=attempt, send=instance.sends, not_before=(instance.due_at or 0.0) - grace)
