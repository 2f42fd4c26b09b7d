"""Deadlines: whoever is late has it told, once; what is met in time costs nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeGuard

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from brisa.engine.deadlines import reference
from brisa.model.events import Alive, Clear, Command, Enqueue, Event, Lost, Mark, MarkRun, Tick, Unclaimed
from brisa.model.run import Outcome
from brisa.model.spec import DagSpec, DeadlineKind, DeadlineSpec, TaskSpec
from brisa.model.states import OutcomeKind, RunState, RunType, TaskState
from tests.engine.strategies import dags, ends
from tests.support.builders import FAILED, NOON, SKIPPED, Player, dag, queued, start, task

HOUR = 3600.0
FIRST, SECOND = "@deadline[0]", "@deadline[1]"
WITHIN_AN_HOUR = DeadlineSpec(kind=DeadlineKind.QUEUED_AT, interval=HOUR)


def watched(*tasks: TaskSpec, deadlines: tuple[DeadlineSpec, ...] = (WITHIN_AN_HOUR,), **more: Any) -> Player:
    """``a >> b``, or other tasks, begun at noon with moments an hour, two hours … later."""
    return begun(dag(*tasks or (task("a"), task("b", "a")), deadlines=deadlines, **more))


def begun(spec: DagSpec) -> Player:
    """A run of ``spec`` at noon."""
    player = start(spec)
    player.run = replace(player.run, deadlines=tuple(NOON + one.interval for one in spec.deadlines))
    return player


def sla(*task_ids: str) -> DeadlineSpec:
    """Those tasks within an hour."""
    return DeadlineSpec(kind=DeadlineKind.SLA, interval=HOUR, tasks=task_ids)


def due(player: Player) -> float | None:
    """When the sweep must look."""
    return player.run.next_check_at


def told(player: Player) -> list[str]:
    """The deadlines that messages were sent for, in order."""
    return [command.message.attempt.name for command in player.commands if is_told(command)]


def is_told(command: Command) -> TypeGuard[Enqueue]:
    """Whether the command has somebody told."""
    return isinstance(command, Enqueue) and command.message.attempt.task_id == "@deadline"


def test_a_run_that_is_late_has_it_told_once() -> None:
    """The sweep is due at the moment; then one message is sent, and the run goes on as if nothing had happened."""
    player = watched()
    player.now = NOON + 1
    player.give(Alive(attempt=player.key("a"), lease_until=NOON + 2 * HOUR, started_at=NOON))
    assert due(player) == NOON + HOUR
    player.now = NOON + HOUR - 1
    player.give(Tick())
    assert told(player) == []
    player.now = NOON + HOUR
    player.give(Tick())
    player.give(Tick())
    assert told(player) == [FIRST]
    assert (player.run.state, player.task(FIRST).state) == (RunState.RUNNING, TaskState.QUEUED)

    player.play()
    assert player.run.state is RunState.SUCCESS
    ended = player.run.ended_at
    player.finish(FIRST)
    assert player.run.ended_at == ended
    assert due(player) is None
    assert told(player) == [FIRST]


@pytest.mark.parametrize("outcome", [Outcome(kind=OutcomeKind.SUCCESS), FAILED], ids=["success", "failure"])
def test_a_run_that_ends_in_time_has_nothing_more_to_do(outcome: Outcome) -> None:
    """Whatever came of it: nothing is due, and a late sweep sends nothing."""
    player = watched()
    player.play(lambda _: outcome)
    assert player.run.state.terminal
    assert player.run.next_check_at is None
    player.now += 2 * HOUR
    assert not player.give(Tick()).commands


def test_an_end_that_comes_late_tells_by_itself() -> None:
    """No sweep has looked at the moment: the commit that ends the run sends the message."""
    player = watched()
    player.now = NOON + HOUR + 5
    player.play()
    assert player.run.state is RunState.SUCCESS
    assert told(player) == [FIRST]


def test_a_queued_run_can_be_late_too() -> None:
    """It has not begun; its deadline does not wait for that."""
    spec = dag(task("a"), deadlines=(WITHIN_AN_HOUR,))
    player = Player(spec, replace(queued(spec), deadlines=(NOON + HOUR,)))
    player.now = NOON + HOUR
    player.give(Tick())
    assert (player.run.state, told(player)) == (RunState.QUEUED, [FIRST])
    player.finish(FIRST)
    assert (player.run.state, player.task(FIRST).state) == (RunState.QUEUED, TaskState.SUCCESS)


def test_its_attempt_is_looked_after_and_changes_nothing() -> None:
    """Lost messages are sent again, lost workers' work is done again; even one that fails touches no task."""
    player = watched(fail_fast=True, max_active_tasks=1)
    player.now = NOON + HOUR
    player.give(Tick())
    key = player.key(FIRST)
    player.now = player.task(FIRST).due_at or 0.0
    player.give(Tick(), Unclaimed(attempt=key))
    assert told(player) == [FIRST, FIRST]
    player.give(Alive(attempt=key, lease_until=player.now + 60, started_at=player.now))
    player.give(Lost(attempt=key))
    assert player.key(FIRST).seq == 1
    player.finish(FIRST, outcome=FAILED)
    assert player.task(FIRST).state is TaskState.FAILED
    assert player.states() == {"a": "queued", "b": "none"}
    player.finish("a")
    assert player.states() == {"a": "success", "b": "queued"}


def test_it_takes_no_room_from_the_tasks() -> None:
    """With room for one task, one begins while somebody is being told."""
    player = watched(task("a"), task("b"), max_active_tasks=1)
    player.now = NOON + HOUR
    player.give(Tick())
    player.finish("a")
    assert player.states() == {"a": "success", "b": "queued"}


def test_each_deadline_counts_for_itself() -> None:
    """One is missed, the other one met."""
    player = watched(deadlines=(WITHIN_AN_HOUR, replace(WITHIN_AN_HOUR, interval=2 * HOUR)))
    player.now = NOON + HOUR
    player.give(Tick())
    player.play()
    player.finish(FIRST)
    assert told(player) == [FIRST]
    assert player.run.next_check_at is None


def test_after_a_clear_what_was_missed_is_not_told_again_and_the_rest_counts_on() -> None:
    """What counts from the queue counts anew, as in Airflow; what counts from a date does so still."""
    by_date = DeadlineSpec(kind=DeadlineKind.LOGICAL_DATE, interval=2 * HOUR)
    player = watched(deadlines=(WITHIN_AN_HOUR, by_date, replace(WITHIN_AN_HOUR, interval=3 * HOUR)))
    player.now = NOON + HOUR
    player.give(Tick())
    player.play()
    player.now += 60
    player.give(Clear(task_ids=("b",)))
    assert player.run.deadlines == (NOON + HOUR, NOON + 2 * HOUR, player.now + 3 * HOUR)
    player.now = NOON + 2 * HOUR
    player.give(Tick())
    assert told(player) == [FIRST, SECOND]


@pytest.mark.parametrize("by_hand", [Clear(task_ids=("b",)), Mark(task_ids=("b",), state=TaskState.FAILED)])
def test_a_deadline_that_was_met_is_not_missed_by_running_again(by_hand: Clear | Mark) -> None:
    """The run was over when the moment passed."""
    player = watched(deadlines=(DeadlineSpec(kind=DeadlineKind.LOGICAL_DATE, interval=HOUR),))
    player.play()
    player.now += 2 * HOUR
    player.give(by_hand)
    player.give(Tick())
    assert told(player) == []
    assert player.run.deadlines == (None,)


def test_a_person_who_ends_the_run_after_its_moment_ends_no_alarm() -> None:
    """It was late all the same."""
    player = watched()
    player.now = NOON + HOUR + 1
    player.give(MarkRun(state=RunState.SUCCESS))
    assert told(player) == [FIRST]


@pytest.mark.parametrize(
    ("outcome", "seconds", "missed"),
    [
        (None, 0, True),
        (Outcome(kind=OutcomeKind.SUCCESS), 0, False),
        (Outcome(kind=OutcomeKind.SUCCESS), HOUR + 1, True),
        (SKIPPED, 0, False),
        (FAILED, 0, True),
    ],
    ids=["runs", "in time", "late", "skipped", "failed"],
)
def test_an_sla_is_missed_by_a_task_that_has_not_succeeded(
    outcome: Outcome | None, seconds: float, missed: bool
) -> None:
    """By its moment, wherever its run is by then; a run whose other tasks are late has not missed it."""
    player = watched(task("a"), task("b"), deadlines=(sla("a"),))
    player.now += seconds
    if outcome is not None:
        player.finish("a", outcome=outcome)
    player.now = NOON + HOUR + 2
    player.give(Tick())
    assert told(player) == [FIRST] * missed


def test_an_sla_outlives_a_run_that_has_failed() -> None:
    """Its task has not succeeded, and the sweep still looks; once a person says it has, it does not."""
    player = watched(deadlines=(sla("b"),))
    player.play(lambda _: FAILED)
    assert (player.run.state, player.run.next_check_at) == (RunState.FAILED, NOON + HOUR)
    player.give(MarkRun(state=RunState.SUCCESS))
    assert player.run.next_check_at is None


@pytest.mark.parametrize("failing", [0, 1])
def test_an_sla_of_a_mapped_task_is_of_all_its_instances(failing: int) -> None:
    """One that has failed is enough."""
    player = watched(task("a", mapped={"x": 2}), deadlines=(sla("a"),))
    player.finish("a[0]", outcome=FAILED if failing else Outcome(kind=OutcomeKind.SUCCESS))
    player.finish("a[1]")
    player.now = NOON + HOUR
    player.give(Tick())
    assert told(player) == [FIRST] * failing


@pytest.mark.parametrize(
    ("kind", "run_type", "seconds"),
    [
        (DeadlineKind.QUEUED_AT, RunType.MANUAL, NOON),
        (DeadlineKind.AVERAGE_RUNTIME, RunType.MANUAL, NOON),
        (DeadlineKind.LOGICAL_DATE, RunType.MANUAL, NOON - 12 * HOUR),
        (DeadlineKind.FIXED, RunType.MANUAL, NOON + 24 * HOUR),
        (DeadlineKind.SLA, RunType.SCHEDULED, NOON - 12 * HOUR),
        (DeadlineKind.SLA, RunType.MANUAL, None),
        (DeadlineKind.SLA, RunType.BACKFILL, None),
    ],
)
def test_what_a_deadline_counts_from(kind: DeadlineKind, run_type: RunType, seconds: float | None) -> None:
    """An SLA from the end of the data interval of a scheduled run, and of no other."""
    deadline = DeadlineSpec(kind=kind, moment=datetime(2024, 1, 2, 12, tzinfo=UTC))
    run = queued(dag(task("a")), run_type=run_type)
    assert reference(deadline, run) == seconds
    if kind is DeadlineKind.LOGICAL_DATE:
        assert reference(deadline, replace(run, logical_date=None)) is None


def steps(player: Player) -> st.SearchStrategy[Event]:
    """What may happen to the run next, as one event."""
    ids = st.lists(st.sampled_from([one.task_id for one in player.spec.tasks]), min_size=1, max_size=3, unique=True)
    by_hand = [
        ids.map(lambda found: Clear(task_ids=tuple(found))),
        ids.map(lambda found: Mark(task_ids=tuple(found), state=TaskState.SUCCESS)),
        st.just(MarkRun(state=RunState.FAILED)),
    ]
    waiting = player.waiting()
    if not waiting:
        return st.one_of(st.just(Tick()), *by_hand)
    one = st.sampled_from(waiting)
    ended = one.flatmap(lambda name: ends(player.spec, name).map(lambda outcome: player.finished(name, outcome)))
    return st.one_of(st.just(Tick()), *[ended] * 4, *by_hand)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(spec=dags(most=6), data=st.data())
def test_deadlines_change_nothing_else_and_are_told_once(spec: DagSpec, data: st.DataObject) -> None:
    """Whatever happens to a run happens to one with deadlines too; of each of these somebody is told once at most."""
    plain = start(spec)
    tasks = tuple(one.task_id for one in spec.tasks[::2])
    kinds = (WITHIN_AN_HOUR, DeadlineSpec(kind=DeadlineKind.LOGICAL_DATE, interval=20.0), sla(*tasks))
    late = begun(replace(spec, deadlines=kinds))
    for _ in range(data.draw(st.integers(1, 25), "steps")):
        seconds = data.draw(st.sampled_from([0.0, 5.0, 400.0, 4000.0]), "seconds")
        plain.now, late.now = plain.now + seconds, late.now + seconds
        happens = data.draw(steps(plain), "event")
        wanted, decision = plain.give(happens), late.give(happens)
        assert late.states() == plain.states()
        assert replace(late.run, tasks={}, deadlines=(), next_check_at=None) == replace(
            plain.run, tasks={}, next_check_at=None
        )
        assert tuple(command for command in decision.commands if not is_told(command)) == wanted.commands
        assert (due(late) or float("inf")) <= (due(plain) or float("inf"))
    counts = Counter(told(late))
    assert all(count == 1 for count in counts.values())
    event(f"told of {len(counts)}")
