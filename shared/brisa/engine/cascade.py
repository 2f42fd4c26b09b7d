"""One ``advance`` under way: the run's tasks as they are by now, and all that follows from each change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from brisa.engine import announcing, deadlines, limits, mapping, past, retries, skips, watching
from brisa.engine.dates import left_out
from brisa.engine.transitions import Move, after
from brisa.engine.trigger_rules import Upstream, Verdict, judge, judge_teardown
from brisa.model.events import Announce, Command, Enqueue, Finished, Free, Look, Revoke, RunEnded, Wake
from brisa.model.run import DAG_CALLBACKS, AttemptKey, Message, Outcome, Run, TaskInstance, TaskKey, expects, is_task
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import RunState, TaskState, TriggerRule

UNDER_WAY = (TaskState.QUEUED, TaskState.RUNNING)
"""States of a task whose attempt looks, or is about to."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The run after the events, and what must be done once it is committed.

    ``run`` is the very object that came in when the events changed nothing (they were late or repeated).
    """

    run: Run
    commands: tuple[Command, ...] = ()

    def changed(self, before: Run) -> bool:
        """Whether there is anything to commit."""
        return self.run is not before


def attempt_key(run: Run, name: str, instance: TaskInstance) -> AttemptKey:
    """The attempt that ``instance``, which the run knows by ``name``, now waits for, or had last."""
    return AttemptKey(run.dag_id, run.run_id, *TaskKey.of(name), instance.generation, instance.try_number, instance.seq)


def _goes_on(instance: TaskInstance) -> bool:
    """Whether something awaits the instance: an attempt, room, or the run before."""
    return instance.state.waiting or instance.state is TaskState.SCHEDULED or instance.due_at is not None


class Cascade:
    """One ``advance`` under way: a private copy of the run's tasks, and what has changed.

    ``spec`` is the DAG with instances in place of its mapped tasks, as far as they are expanded by now; ``task_id`` is,
    everywhere here, a task's or an instance's name in it.
    """

    def __init__(self, run: Run, spec: DagSpec, now: float) -> None:
        self.before = run
        self.base = spec
        self.spec = mapping.expanded(spec, run.tasks)
        self.left_out = left_out(spec, run.logical_date)
        self.now = now
        self.state = run.state
        self.started_at = run.started_at
        self.ended_at = run.ended_at
        self.tasks = dict(run.tasks)
        self.behind = run.behind
        self.announcing = run.announcing
        self.announce_by = run.announce_by
        self.watchers = run.watchers
        self.heard = set(run.heard)
        self.deadlines = run.deadlines
        self.commands: list[Command] = []
        self.unsettled: set[str] = set()
        self.dirty = False
        self.causes: skips.SkipCauses | None = None

    def instance(self, task_id: str) -> TaskInstance:
        return self.tasks.get(task_id) or self.before.task(task_id)

    def present(self) -> list[TaskSpec]:
        """The tasks that the run has, in topological order."""
        return [task for task in self.spec.tasks if task.task_id not in self.left_out]

    def base_of(self, name: str) -> TaskSpec:
        """The task that an instance is one of, as its DAG has it."""
        return self.base.by_id[TaskKey.of(name).task_id]

    def untouched(self, task_id: str) -> bool:
        """Whether the run has the task, and nothing has happened to it yet."""
        return task_id not in self.left_out and self.instance(task_id).state is TaskState.NONE

    def awaited(self, key: AttemptKey) -> TaskInstance | None:
        """The instance that waits for this very attempt, or ``None`` if the news is late, repeated or unknown."""
        if self.unsettled and self.instance(key.name).state is TaskState.NONE:
            self.settle()  # an earlier event of this batch may have released it
        instance = self.instance(key.name)
        known = key.name in self.spec.by_id or not is_task(key.name)
        if not known or not instance.state.waiting or not expects(self.state, key.name):
            return None
        return instance if attempt_key(self.before, key.name, instance) == key else None

    def move(self, task_id: str, move: Move, **changes: Any) -> TaskInstance:
        """Make one move of the table. What is below looks again once the task is terminal."""
        instance = self.instance(task_id)
        state = after(instance.state, move)
        if state.terminal:
            changes = {"due_at": None, "ended_at": self.now, **changes}
            self.unsettled.update(self.spec.downstream.get(task_id, ()), self.spec.gated_by.get(task_id, ()))
            self.unsettled.update(mapping.fed(self.base, task_id))
        if instance.granted or instance.state in (TaskState.SCHEDULED, TaskState.DEFERRED):
            changes = {**self.give_back(task_id, instance, state), **changes}
        if state not in UNDER_WAY:
            self.heard.discard(task_id)
        moved = replace(instance, state=state, **changes)
        self.tasks[task_id] = moved
        self.dirty = True
        if state is TaskState.SKIPPED and self.causes is not None:
            self.causes.add(task_id)
        return moved

    def send(self, task_id: str, move: Move, *, not_before: float | None = None, **changes: Any) -> None:
        """Make a move after which an attempt is awaited, and send its message."""
        grace = retries.claim_grace(changes.get("sends", 0), self.spec.by_id.get(task_id))
        due = max(self.now, not_before or self.now) + grace
        instance = self.move(task_id, move, due_at=due, ended_at=None, **changes)
        key = attempt_key(self.before, task_id, instance)
        self.commands.append(Enqueue(message=Message(attempt=key, send=instance.sends, not_before=not_before)))

    def send_later(self, task_id: str, move: Move, *, not_before: float | None, **changes: Any) -> None:
        """As :meth:`send`; but who is under a limit sends nothing before its time has come, and there is room."""
        if not is_task(task_id) or not limits.limited(self.base, self.spec.by_id[task_id]):
            self.send(task_id, move, not_before=not_before, sends=0, **changes)
            return
        due = max(self.now, not_before or self.now)
        self.move(task_id, move, due_at=due, ended_at=None, sends=limits.NOT_SENT, **changes)
        if due > self.now:
            self.commands.append(Look(run=self.before.key, at=due))

    def give_back(self, name: str, instance: TaskInstance, state: TaskState) -> dict[str, Any]:
        """The changes of an instance that goes to ``state``, where it may have no more right to slots of pools.

        Who comes back from a deferral, and asks several pools one after the other, must not have kept slots of a later
        one: who has those of the first may wait for them.
        """
        comes_back = state is TaskState.SCHEDULED and instance.state is TaskState.DEFERRED
        if (state is TaskState.SCHEDULED and not comes_back) or state in limits.ACTIVE or name not in self.spec.by_id:
            return {}
        pools = limits.pools(self.base, self.spec.by_id[name])[comes_back:]
        attempt = attempt_key(self.before, name, instance)
        deferred = state is TaskState.DEFERRED
        if instance.state is not TaskState.DEFERRED:
            asked = instance.state is TaskState.SCHEDULED and instance.due_at is not None
            pools = pools[: instance.granted + asked]
        self.commands += [Free(attempt=attempt, pool=pool, deferred=deferred) for pool in pools]
        return {"granted": 0}

    def not_before(self) -> float | None:
        """When a message may be delivered: a run may be made ready before its time."""
        return self.before.run_after if self.before.run_after > self.now else None

    # --- what the rules say of a task that nothing has happened to yet ---

    def settle(self) -> None:
        """Judge every task that something above has changed, in topological order; end the run if all have ended."""
        if self.state is not RunState.RUNNING:
            self.unsettled.clear()
            return
        while self.unsettled:
            spec = self.spec
            for task in spec.tasks:
                if task.task_id in self.unsettled and self.untouched(task.task_id):
                    self.judge(task)
                    if self.spec is not spec:
                        break  # there are other tasks now: begin again with those
            else:
                self.unsettled.clear()
        instances = [self.instance(task.task_id) for task in self.present()]
        if all(instance.state.terminal for instance in instances):
            failed = any(self.instance(leaf).state.failure for leaf in self.spec.leaves)
            self.end(RunState.FAILED if failed else RunState.SUCCESS, by_tasks=True)
        elif self.left_out and not any(_goes_on(instance) for instance in instances):
            self.end(RunState.FAILED)  # what is left waits for tasks that the run does not have

    def judge(self, task: TaskSpec) -> None:
        # An always task starts with the roots; one that must wait for its inputs first could be skipped meanwhile, and
        # so could its instances: another task of the same group may have it expanded early.
        at_once = task.trigger_rule is TriggerRule.ALWAYS and not self.base_of(task.task_id).is_mapped
        if not at_once and not self.gates_open(task):
            return
        # Who waits before it is skipped may have been told so from further above, by a short circuit.
        waits = task.wait_for_past_depends_before_skipping
        deciders = self.spec.gates.get(task.task_id, ()) if waits else task.upstream
        if any(task.task_id in self.instance(one).skips for one in deciders):
            self.skip(task)
            return
        match self.verdict(task):
            case Verdict.RUN:
                self.begin(task)
            case Verdict.SKIP:
                self.skip(task)
            case Verdict.BLOCK:
                self.move(task.task_id, Move.BLOCK)
            case Verdict.WAIT:
                pass

    def skip(self, task: TaskSpec) -> None:
        """Its trigger rule, or a branch or short circuit, skips it."""
        if task.wait_for_past_depends_before_skipping and past.holds_back(self.base, task, self.behind):
            self.look_back(task.task_id)
        else:
            self.move(task.task_id, Move.SKIP)

    def begin(self, task: TaskSpec) -> None:
        """Its trigger rule is met."""
        if past.holds_back(self.base, task, self.behind):
            self.look_back(task.task_id)
        elif task.is_mapped:
            self.expand(task)
        elif task.empty:
            moment = max(self.now, self.before.run_after)  # a run may be made ready before its time
            self.move(task.task_id, Move.COMPLETE, started_at=moment, ended_at=moment)
        else:
            self.release(task)

    def verdict(self, task: TaskSpec) -> Verdict:
        """What the trigger rule says of the states above.

        A skip decides over all_success at once, as in Airflow, where everything else above can only have ended after
        it; whatever that comes to then counts no more. Where it might have ended before, all are waited for.
        """
        if task.is_mapped and (fed := self.fed(task)) is not Verdict.RUN:
            return fed
        states = {up: self.instance(up).state for up in task.upstream if self.counts(up)}
        if task.trigger_rule is TriggerRule.ALL_SUCCESS and TaskState.SKIPPED in states.values():
            self.causes = self.causes or skips.SkipCauses(self.spec, self.instance)
            causes = {self.causes.of(up) for up in states if states[up] is TaskState.SKIPPED}
            verdicts = set()
            for cause in causes - {None}:
                later = self.spec.after(str(cause))
                counted = (state for up, state in states.items() if state is TaskState.SKIPPED or up not in later)
                verdicts.add(judge(task.trigger_rule, Upstream.of(counted)))
            for verdict in (Verdict.SKIP, Verdict.WAIT):
                if verdict in verdicts:
                    return verdict
        if task.trigger_rule is TriggerRule.ALL_DONE_SETUP_SUCCESS:
            setups = (state for up, state in states.items() if self.spec.by_id[up].is_setup)
            return judge_teardown(Upstream.of(states.values()), Upstream.of(setups))
        return judge(task.trigger_rule, Upstream.of(states.values()))

    def counts(self, upstream: str) -> bool:
        """Whether a task directly above is one that trigger rules count: all are but mapped ones that were left out."""
        if upstream not in self.left_out:
            return True
        task = self.spec.by_id[upstream]
        return not task.is_mapped

    def skipped_by(self, task_id: str, outcome: Outcome) -> tuple[str, ...]:
        """What a branch or short circuit that ended so skips; see :func:`brisa.engine.skips.skipped_by`."""
        return skips.skipped_by(self.base, task_id, outcome, self.names)

    def look_back(self, task_id: str) -> None:
        """It waits for the run before; should nobody tell of that, the sweep looks, ever more seldom."""
        instance = self.instance(task_id)
        if instance.due_at is None or instance.due_at <= self.now:
            again = 0 if instance.due_at is None else instance.losses + 1
            self.move(task_id, Move.LOOK_BACK, due_at=self.now + retries.claim_grace(again), losses=again)

    def gates_open(self, task: TaskSpec) -> bool:
        """Whether every branch or short circuit that could yet skip the task has decided.

        Airflow lets a one_success task race with the branch above it; here it waits, so that order does not matter.
        """
        gates = self.spec.gates.get(task.task_id, ())
        return all(gate in self.left_out or self.instance(gate).state.terminal for gate in gates)

    def release(self, task: TaskSpec) -> None:
        instance = self.instance(task.task_id)
        number = instance.try_number + 1
        fresh = {
            "try_number": number,
            "max_tries": number + task.retries,
            "seq": 0,
            "losses": 0,
            "started_at": None,
        }
        if limits.limited(self.base, task):
            self.move(task.task_id, Move.HOLD, sends=limits.NOT_SENT, due_at=None, **fresh)
        else:
            self.send(task.task_id, Move.RELEASE, not_before=self.not_before(), sends=0, **fresh)

    # --- mapped tasks ---

    def fed(self, task: TaskSpec) -> Verdict:
        """Whether the inputs of a mapped task are there, which it waits for whatever its trigger rule.

        As in Airflow, one whose task has failed makes it upstream_failed; of a mapped task some instances may have.
        """
        above = mapping.producers(mapping.inputs(self.base, task).values())
        states = [self.instance(up).state for up in above if up in self.spec.by_id]
        if any(not state.terminal for state in states):
            return Verdict.WAIT
        return Verdict.BLOCK if any(state.failure for state in states) else Verdict.RUN

    def expand(self, task: TaskSpec) -> None:
        """Put instances in the place of a mapped task, or of all tasks of a mapped group, if its inputs are there.

        As in Airflow: without any item it is skipped, whatever its trigger rule, and of a mapped group the others when
        their own rules are met; of a mapped task those instances that have returned something count.
        """
        over = mapping.inputs(self.base, task)
        above = {task_id: self.names(task_id) for task_id in mapping.producers(over.values())}
        states = {self.instance(name).state for names in above.values() for name in names}
        if any(not state.terminal for state in states):
            return
        items = {task_id: self.items(names) for task_id, names in above.items()}
        count = mapping.how_many(over.values(), items)
        if count == 0:
            self.move(task.task_id, Move.SKIP)
            return
        for task_id in mapping.together(self.base, task):
            if not self.untouched(task_id):
                self.shorten(task_id, count)  # of a group of which only some tasks were cleared, or are there at all
                continue
            entry = self.move(task_id, Move.EXPAND, length=count, due_at=None)
            for name in mapping.instances(task_id, count):
                self.tasks[name] = TaskInstance(generation=entry.generation)
                self.unsettled.add(name)
        self.respec()

    def shorten(self, task_id: str, count: int) -> None:
        """Remove instances for which there are no items any more, as Airflow does: nobody is above them now."""
        if mapping.is_expanded(self.instance(task_id)):
            for name in self.names(task_id)[count:]:
                if self.instance(name).state is not TaskState.REMOVED:
                    self.abandon(name)
                    self.move(name, Move.REMOVE, generation=self.instance(name).generation + 1, skips=())

    def respec(self) -> None:
        """Some mapped task has been expanded, or is no longer."""
        self.spec = mapping.expanded(self.base, self.tasks)
        self.causes = None

    def take_back(self, task_id: str) -> int:
        """Do away with the instances of a mapped task, which is as if it had never been expanded; their highest
        generation."""
        generation = 0
        if mapping.is_expanded(self.instance(task_id)):
            for name in self.names(task_id):
                generation = max(generation, self.instance(name).generation)
                self.abandon(name)
                self.heard.discard(name)
                self.tasks.pop(name, None)
        return generation

    def names(self, task_id: str) -> list[str]:
        """By which names the run knows a task: its own, or those of its instances; none if it has no such task."""
        if task_id in self.left_out:
            return []
        if task_id in self.spec.by_id:
            return [task_id]
        return mapping.instances(task_id, self.tasks[task_id].length or 0) if task_id in self.tasks else []

    def items(self, names: list[str]) -> int:
        """How many items the result of a task has: of a mapped one, how many instances returned something."""
        return sum(self.instance(name).length or 0 for name in names)

    # --- asset events ---

    def announce(self, event: Finished) -> None:
        """Make events of what the attempt says of assets, and make them known."""
        made = announcing.events_of(self.before, event)
        if made:
            self.announcing = announcing.together(self.announcing, made)
            self.announce_by = self.announce_by or self.now + announcing.GRACE
            self.commands.append(Announce(run=self.before.key, made=tuple(made)))

    def announce_again(self) -> None:
        """Whoever should have made events known has not: once more, if it is time."""
        if self.announce_by is not None and self.announce_by <= self.now:
            self.announce_by = self.now + announcing.GRACE
            self.dirty = True
            self.commands.append(Announce(run=self.before.key))

    def announced(self, event_ids: Collection[str]) -> None:
        """These events are known to everybody."""
        left = tuple(one for one in self.announcing if one not in event_ids)
        if left != self.announcing:
            self.announcing = left
            self.announce_by = self.announce_by if left else None
            self.dirty = True

    # --- the end of the run ---

    def decision(self) -> Decision:
        if not self.dirty:
            return Decision(self.before)
        run = self.as_run(next_check_at=self.next_check_at())
        if run.watchers:
            met, left = watching.parted(run.watchers, run, self.base)
            if met:
                return Decision(replace(run, watchers=left), (*self.commands, Wake(watches=met)))
        return Decision(run, tuple(self.commands))

    def as_run(self, **changes: Any) -> Run:
        """The run as it is by now."""
        return replace(
            self.before,
            state=self.state,
            started_at=self.started_at,
            ended_at=self.ended_at,
            tasks=self.tasks,
            behind=self.behind,
            announcing=self.announcing,
            announce_by=self.announce_by,
            watchers=self.watchers,
            heard=tuple(sorted(self.heard)),
            deadlines=self.deadlines,
            **changes,
        )

    def end(self, state: RunState, *, by_tasks: bool = False) -> None:
        """The run is over, by itself: its DAG's callbacks are called, once."""
        self.close(state, by_tasks=by_tasks)
        callback = "on_success_callback" if state is RunState.SUCCESS else "on_failure_callback"
        if callback in self.base.callbacks and self.base.tasks:
            self.send(DAG_CALLBACKS, Move.RELEASE, try_number=1, max_tries=1, seq=0, sends=0, losses=0, started_at=None)

    def close(self, state: RunState, *, by_tasks: bool = False) -> None:
        """The run is over. A person who ends it needs no callback to be told, as in Airflow."""
        self.state = state
        self.ended_at = max(self.now, self.started_at or self.now)
        self.dirty = True
        self.commands.append(RunEnded(run=self.before.key, state=state, by_tasks=by_tasks))

    def reopen(self) -> None:
        """A run that had ended runs again, and nobody need be told of an end within this very batch."""
        if self.state.terminal:
            self.state = RunState.RUNNING
            self.ended_at = None
            self.dirty = True
            self.unsettled.update(self.spec.by_id)  # some may have been cleared while the run stayed as it was
            self.commands = [command for command in self.commands if not isinstance(command, RunEnded)]
            if DAG_CALLBACKS in self.tasks:
                self.abandon(DAG_CALLBACKS)
                self.move(
                    DAG_CALLBACKS, Move.CLEAR, generation=self.instance(DAG_CALLBACKS).generation + 1, due_at=None
                )

    def next_check_at(self) -> float | None:
        due = [instance.due_at for instance in self.tasks.values() if instance.due_at is not None]
        if self.state is RunState.RUNNING and self.spec.dagrun_timeout is not None and self.started_at is not None:
            due.append(self.started_at + self.spec.dagrun_timeout)
        if self.announce_by is not None:
            due.append(self.announce_by)
        if self.deadlines:
            due += (moment for _, moment in deadlines.pending(self.base, self.as_run()))
        return min(due, default=None)

    def abandon(self, task_id: str) -> None:
        """Stop the attempt that a task waits for, if one runs; what a deferred one waits for is told, too."""
        instance = self.instance(task_id)
        if instance.state.waiting:
            key = attempt_key(self.before, task_id, instance)
            self.commands.append(Revoke(attempt=key))
            if instance.state is TaskState.DEFERRED:
                self.commands.append(Enqueue(message=Message(attempt=key, kill=True)))
