"""Random runs of random DAGs, with repeated, stray and late deliveries: the invariants hold after every step."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from brisa.engine.advance import check_due
from brisa.model.codec import decode, encode
from brisa.model.events import (
    Alive,
    Announce,
    Ask,
    Clear,
    Command,
    Enqueue,
    Event,
    Finished,
    Free,
    Heard,
    Look,
    Lost,
    Mark,
    MarkRun,
    Revoke,
    RunEnded,
    Start,
    Tick,
    Unclaimed,
    Wake,
    Woken,
)
from brisa.model.run import AttemptKey, Outcome, Run
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind, RunState, TaskState
from tests.engine.strategies import dags, ends
from tests.support.builders import SUCCESS, Player, queued

REACHED: Counter[str] = Counter()
"""What all examples together have reached: a machine that never retries proves nothing about retries."""
SLEEPS = st.sampled_from([OutcomeKind.RESCHEDULE, OutcomeKind.DEFERRED])
MARKS = st.sampled_from([TaskState.SUCCESS, TaskState.FAILED, TaskState.SKIPPED])


class RunMachine(RuleBasedStateMachine):
    """A run, everything that may happen to it, and what must be true whatever happens."""

    player: Player

    @initialize(spec=dags())
    def begin(self, spec: DagSpec) -> None:
        """A queued run; it starts in a step of its own, so that things may happen before."""
        self.player = Player(spec, queued(spec))
        self.past: list[Event] = []
        self.seen: list[AttemptKey] = [AttemptKey("d", "manual__1", "t0")]
        self.sent: set[AttemptKey] = set()
        self.released: Counter[tuple[object, ...]] = Counter()
        self.effects: Counter[tuple[object, ...]] = Counter()
        self.forced = False

    # --- steps -------------------------------------------------------------------------------------------------------

    @property
    def run(self) -> Run:
        return self.player.run

    def give(self, *events: Event, by_hand: bool = False) -> None:
        """Advance, and look at what a single step may and may not do."""
        before = self.run
        decision = self.player.give(*events)
        if not by_hand:
            for task_id, instance in before.tasks.items():
                if instance.state.terminal:
                    assert self.run.task(task_id) == instance, f"I4: {task_id} changed though it had ended"
        for command in decision.commands:
            self.note(command, by_hand)
        if not decision.changed(before):
            assert decision.commands == ()
        self.count(before)

    def note(self, command: Command, by_hand: bool) -> None:
        match command:
            case Enqueue(message=message):
                self.sent.add(message.attempt)
                self.seen.append(message.attempt)
                assert by_hand or message.attempt == self.player.key(message.attempt.task_id), "sent, but not awaited"
                if message.send == 0 and message.attempt.seq == 0:
                    self.released[message.attempt[2:6]] += 1
            case RunEnded(state=state):
                assert self.run.state is state
            case Revoke(attempt=attempt):
                assert attempt in self.sent
            case Ask() | Free() | Look() | Wake():
                raise AssertionError(f"{command}, though nothing is limited here, nor watched")
            case Announce(made=made):
                assert {event.event_id for event in made} <= set(self.run.announcing)

    def count(self, before: Run) -> None:
        for task_id, instance in self.run.tasks.items():
            if instance is not before.task(task_id):
                REACHED[instance.state.value] += 1
        if before.state.terminal and not self.run.state.terminal:
            self.forced = False
            REACHED["reopened"] += 1

    def same(self, *events: Event) -> None:
        """These events are late, repeated or stray: the very same run object comes back."""
        before = self.run
        decision = self.player.give(*events)
        assert decision.run is before
        assert decision.commands == ()

    def pick(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.player.waiting()), "task")

    def some(self, data: st.DataObject) -> tuple[str, ...]:
        ids = [one.task_id for one in self.player.spec.tasks]
        return tuple(data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True), "tasks"))

    def awaits(self) -> bool:
        return self.run.state is RunState.RUNNING and bool(self.player.waiting())

    @rule()
    def start(self) -> None:
        """The start of the run, once or again."""
        if self.run.state is RunState.QUEUED:
            self.give(Start(), by_hand=True)
            self.past.append(Start())
        else:
            self.same(Start())

    @precondition(lambda self: self.awaits())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        """An outstanding attempt ends for good."""
        task_id = self.pick(data)
        key = self.player.key(task_id)
        done = self.player.finished(task_id, data.draw(ends(self.player.spec, task_id), "outcome"))
        self.give(done)
        self.past.append(done)
        self.effects[key[2:6]] += 1

    @precondition(lambda self: self.awaits())
    @rule(data=st.data())
    def finish_many(self, data: st.DataObject) -> None:
        """Several attempts end, and then perhaps a person acts, in one batch: it is as if they came one by one."""
        waiting = self.player.waiting()
        chosen = data.draw(st.lists(st.sampled_from(waiting), min_size=1, unique=True), "tasks")
        done = [self.player.finished(one, data.draw(ends(self.player.spec, one), "outcome")) for one in chosen]
        other = Player(self.player.spec, self.run, self.player.now)
        acts: list[Event] = [Clear(task_ids=self.some(data)), Tick()]
        then = data.draw(st.lists(st.sampled_from(acts), max_size=2), "then")
        for one in [*reversed(done), *then]:
            other.give(one)
        for one in done:
            self.effects[one.attempt[2:6]] += 1
        self.forced = False
        self.give(*done, *done, *then, by_hand=True)
        self.forced = self.run.state.terminal and bool(then)
        self.past += done
        assert self.run == other.run, "a batch differs from its events one by one"

    @precondition(lambda self: self.awaits())
    @rule(data=st.data(), kind=SLEEPS, after=st.sampled_from([0.0, 30.0, 900.0]), wakes=st.booleans())
    def sleep(self, data: st.DataObject, kind: OutcomeKind, after: float, wakes: bool) -> None:
        """A sensor has not seen what it waits for; it may be told."""
        task_id = self.pick(data)
        done = self.player.finished(task_id, Outcome(kind=kind, resume_at=self.player.now + after))
        self.give(done)
        self.past.append(done)
        if wakes:
            woken = Woken(attempt=self.player.key(task_id))
            self.give(woken)
            self.past.append(woken)
            REACHED["woken"] += self.player.task(task_id).state is TaskState.QUEUED

    @precondition(lambda self: self.awaits())
    @rule(data=st.data(), lease=st.sampled_from([10.0, 60.0, 600.0]))
    def live(self, data: st.DataObject, lease: float) -> None:
        """The sweep sees a worker at it."""
        now = self.player.now
        alive = Alive(attempt=self.player.key(self.pick(data)), lease_until=now + lease, started_at=now)
        self.give(alive)
        self.past.append(alive)

    @precondition(lambda self: self.awaits())
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """A worker is gone."""
        lost = Lost(attempt=self.player.key(self.pick(data)))
        self.give(lost)
        self.past.append(lost)
        REACHED["lost"] += 1

    @precondition(lambda self: self.awaits())
    @rule(data=st.data())
    def unclaimed(self, data: st.DataObject) -> None:
        """The time to claim a message has passed; two sweeps see it."""
        task_id = self.pick(data)
        key = self.player.key(task_id)
        self.player.now = max(self.player.now, self.player.task(task_id).due_at or 0.0)
        assert key in check_due(self.run, self.player.now)
        self.give(Unclaimed(attempt=key))
        self.same(Unclaimed(attempt=key))

    @precondition(lambda self: self.run.state is RunState.RUNNING)
    @rule(later=st.sampled_from([0.0, 60.0, 400.0, 5_000.0]))
    def tick(self, later: float) -> None:
        """Time passes."""
        self.player.now += later
        running = self.run.state is RunState.RUNNING
        self.give(Tick())
        if running and self.run.state.terminal:
            self.forced = True
            REACHED["timeout"] += 1

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Something that has had its effect is delivered again, however late."""
        self.same(*data.draw(st.lists(st.sampled_from(self.past), min_size=1, max_size=3), "events"))

    @rule(data=st.data())
    def stray(self, data: st.DataObject) -> None:
        """News of an attempt that nobody waits for: another generation, try, seq, task, run."""
        key = data.draw(st.sampled_from(self.seen), "attempt")
        change: dict[str, Any] = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "generation": st.integers(-1, 3),
                    "try_number": st.integers(-1, 5),
                    "seq": st.integers(-1, 5),
                    "task_id": st.sampled_from(["t0", "t1", "nobody", ""]),
                    "run_id": st.just("other"),
                    "dag_id": st.just("other"),
                    "map_index": st.just(0),
                },
            ),
            "change",
        )
        key = key._replace(**change)
        if any(self.player.key(one) == key for one in self.player.waiting()) and self.run.state is RunState.RUNNING:
            return
        now = self.player.now
        self.same(
            Finished(attempt=key, outcome=SUCCESS, started_at=now, ended_at=now),
            Alive(attempt=key, lease_until=now + 1e6, started_at=now),
            Lost(attempt=key),
            Unclaimed(attempt=key),
            Woken(attempt=key),
            Heard(attempt=key),
        )

    @precondition(lambda self: self.run.tasks)
    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        """A person clears some tasks, with or without what is below them."""
        ids = self.some(data)
        if data.draw(st.booleans(), "downstream"):
            ids = tuple(sorted({*ids, *self.player.spec.closure(ids)}))
        self.give(Clear(task_ids=ids), by_hand=True)
        REACHED["cleared"] += 1

    @rule(data=st.data(), state=MARKS)
    def mark(self, data: st.DataObject, state: TaskState) -> None:
        """A person marks some tasks; doing it twice changes nothing more."""
        event_ = Mark(task_ids=self.some(data), state=state)
        before = self.run
        self.give(event_, by_hand=True)
        if self.run is not before and self.run.state.terminal:
            self.forced = False
        self.same(event_)

    @precondition(lambda self: self.run.state is RunState.RUNNING)
    @rule(state=st.sampled_from([RunState.SUCCESS, RunState.FAILED]))
    def mark_run(self, state: RunState) -> None:
        """A person ends the run."""
        self.give(MarkRun(state=state), by_hand=True)
        self.forced = True
        self.same(MarkRun(state=state))

    # --- what must be true -------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost(self) -> None:
        """I1: who waits has a message out and a moment by which the sweep looks; a run that is not over has one too."""
        due = [at.due_at for at in self.run.tasks.values() if at.due_at is not None]
        if self.run.state is not RunState.RUNNING:
            assert self.run.next_check_at is None
            return
        if self.player.spec.dagrun_timeout is not None and self.run.started_at is not None:
            due.append(self.run.started_at + self.player.spec.dagrun_timeout)
        assert self.run.next_check_at == min(due)
        assert self.player.waiting(), "the run goes on, but nothing is awaited"
        for task_id in self.player.waiting():
            assert self.player.key(task_id) in self.sent
            assert self.player.task(task_id).due_at is not None

    @invariant()
    def each_try_counts_once(self) -> None:
        """I2, I5: each try ends once for good, and is released once; no generation has more tries than allowed."""
        assert not [key for key, count in self.effects.items() if count > 1]
        assert not [key for key, count in self.released.items() if count > 1]
        tries = Counter((task_id, generation) for task_id, _, generation, _ in self.released)
        for (task_id, _), count in tries.items():
            assert count <= self.player.spec.by_id[str(task_id)].retries + 1

    @invariant()
    def the_run_is_a_fold_of_its_tasks(self) -> None:
        """I8: the run ends when all tasks have, as its leaves did, unless a person or its timeout ended it."""
        states = {one.task_id: self.player.task(one.task_id).state for one in self.player.spec.tasks}
        done = all(state.terminal for state in states.values())
        assert self.run.state is RunState.QUEUED or done == self.run.state.terminal
        if done and not self.forced and self.run.state is not RunState.QUEUED:
            failed = any(states[leaf].failure for leaf in self.player.spec.leaves)
            assert self.run.state is (RunState.FAILED if failed else RunState.SUCCESS)
        assert (self.run.ended_at is not None) == self.run.state.terminal

    @invariant()
    def it_can_be_stored(self) -> None:
        """The stored form of the run is the run."""
        assert decode(Run, encode(self.run)) == self.run

    def teardown(self) -> None:
        """Whatever has happened, once every attempt succeeds the run comes to its end."""
        if not hasattr(self, "player"):
            return
        self.start()
        self.player.play()
        assert self.run.state.terminal
        event(f"ends {self.run.state}")


@pytest.mark.slow
def test_invariants_hold_whatever_happens() -> None:
    """Hypothesis plays runs of random DAGs with everything that may go wrong, and reaches what it is meant to reach."""
    REACHED.clear()
    run_state_machine_as_test(
        RunMachine, settings=settings(max_examples=150, stateful_step_count=50, deadline=None, derandomize=True)
    )

    wanted = {state.value for state in TaskState} - {"none", "scheduled", "restarting", "removed"}
    wanted |= {"reopened", "cleared", "woken", "lost", "timeout"}
    assert not {name for name in wanted if REACHED[name] < 5}, REACHED
