"""Limits within a run, and the asking of pools: who is held, who comes first, and that no limit is ever exceeded."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.engine.advance import check_due
from brisa.engine.limits import held, holds
from brisa.engine.retries import claim_grace
from brisa.model.codec import decode, encode
from brisa.model.events import Ask, Clear, Free, Granted, Look, Mark, Start, Tick, Unclaimed, Woken
from brisa.model.pool import task_pool
from brisa.model.run import AttemptKey, Outcome, Run, TaskKey
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind, TaskState
from tests.engine.strategies import dags, ends
from tests.support.builders import FAILED, NOON, SUCCESS, Player, dag, queued, start, started, task

POKE = Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=NOON + 300)
DEFER = Outcome(kind=OutcomeKind.DEFERRED, resume_at=NOON + 300)


def wide(count: int, *, at_once: int, **more: Any) -> DagSpec:
    """``count`` tasks side by side, of which ``at_once`` may be active."""
    return dag(*(task(f"t{number}", **more) for number in range(count)), max_active_tasks=at_once)


def asks(player: Player) -> list[tuple[str, str]]:
    """(task, pool) of every ask so far."""
    return [(one.attempt.name, one.pool) for one in player.commands if isinstance(one, Ask)]


def frees(player: Player) -> list[tuple[str, str, bool]]:
    """(task, pool, only deferred) of everything given back so far."""
    return [(one.attempt.name, one.pool, one.deferred) for one in player.commands if isinstance(one, Free)]


# --- max_active_tasks ------------------------------------------------------------------------------------------------


def test_as_many_start_as_may_be_active_and_each_end_lets_the_next_in() -> None:
    """Two of four start; the others are scheduled until one ends, and begin in the very commit that ends it."""
    player = start(wide(4, at_once=2))
    assert player.states() == {"t0": "queued", "t1": "queued", "t2": "scheduled", "t3": "scheduled"}

    player.finish("t1")
    assert player.states() == {"t0": "queued", "t1": "success", "t2": "queued", "t3": "scheduled"}

    player.finish("t0", "t2")
    player.finish("t3")
    assert player.run.state.value == "success"
    assert player.sent() == ["t0", "t1", "t2", "t3"]


def test_a_dag_that_can_not_exceed_its_limit_is_not_held_at_all() -> None:
    """No more tasks than may be active: each is sent at once, and comes back from a retry by its own message."""
    player = start(wide(2, at_once=2, retries=1))
    player.finish("t0", outcome=FAILED)

    assert player.sent() == ["t0", "t1", "t0"]
    assert not [one for one in player.commands if isinstance(one, Look)]


def test_no_limit() -> None:
    """max_active_tasks=0 sets none."""
    assert start(wide(30, at_once=0)).sent() == [f"t{number}" for number in range(30)]


@pytest.mark.parametrize(
    ("outcome", "state"), [(FAILED, "up_for_retry"), (POKE, "up_for_reschedule"), (DEFER, "deferred")]
)
def test_who_sleeps_makes_room_and_comes_back_through_the_limit(outcome: Outcome, state: str) -> None:
    """A retry's delay, a sensor's sleep and a deferral hold no room; when their time has come they wait for some."""
    player = start(wide(3, at_once=1, retries=1, retry_delay=300.0))
    player.finish("t0", outcome=outcome)
    assert player.states() == {"t0": state, "t1": "queued", "t2": "scheduled"}
    assert player.commands[-2:] != []
    assert [one.at for one in player.commands if isinstance(one, Look)] == [NOON + 300]
    assert player.run.next_check_at == NOON + claim_grace(0)

    player.now += 300
    assert player.key("t0") not in check_due(player.run, player.now)
    player.give(Tick())
    assert player.states() == {"t0": "scheduled", "t1": "queued", "t2": "scheduled"}

    player.finish("t1")
    assert player.states() == {"t0": "queued", "t1": "success", "t2": "scheduled"}


def test_a_wake_up_call_goes_through_the_limit_too() -> None:
    """What a deferred task waits for happens while there is no room: it is scheduled, and begins when there is."""
    player = start(wide(2, at_once=1))
    player.finish("t0", outcome=DEFER)
    woken = Woken(attempt=player.key("t0"))
    player.give(woken)
    assert player.states() == {"t0": "scheduled", "t1": "queued"}
    assert player.give(woken).commands == ()

    player.finish("t1")
    assert player.states() == {"t0": "queued", "t1": "success"}


def test_the_heaviest_begins_first() -> None:
    """By the sum of the priority weights of all that is below, as in Airflow; then in the DAG's order."""
    spec = dag(
        task("light"),
        task("long"),
        task("after", "long", priority_weight=5),
        task("own", priority_weight=3, weight_rule="absolute"),
        task("last", priority_weight=3, weight_rule="absolute"),
        task("deep", "after", priority_weight=1, weight_rule="upstream"),
        max_active_tasks=1,
    )

    assert {name: weight for name, (weight, _) in spec.ranks.items()} == {
        "light": 1,
        "long": 7,
        "after": 6,
        "own": 3,
        "last": 3,
        "deep": 7,
    }
    assert start(spec).play().sent() == ["long", "after", "deep", "own", "last", "light"]


def test_instances_of_one_task_within_a_run() -> None:
    """max_active_tis_per_dagrun counts a mapped task's instances; others pass it by."""
    spec = dag(
        task("each", mapped={"x": 5}, max_active_tis_per_dagrun=2),
        task("other"),
        max_active_tasks=4,
    )
    player = start(spec)
    assert sorted(player.sent()) == ["each", "each", "other"]

    player.finish("each[0]")
    assert player.run.task("each[2]").state is TaskState.QUEUED
    assert player.run.task("each[3]").state is TaskState.SCHEDULED


def test_a_lost_worker_keeps_its_room() -> None:
    """The same try again is no new task: it goes out at once."""
    player = start(wide(2, at_once=1))
    player.now += claim_grace(0)
    player.give(Unclaimed(attempt=player.key("t0")))
    assert player.states() == {"t0": "queued", "t1": "scheduled"}


def test_a_cleared_task_that_was_held_is_held_anew() -> None:
    """Clearing and marking work on tasks that wait for room."""
    player = start(wide(3, at_once=1))
    player.give(Clear(task_ids=("t1",)), Mark(task_ids=("t2",), state=TaskState.SUCCESS))
    assert player.states() == {"t0": "queued", "t1": "scheduled", "t2": "success"}

    player.finish("t0")
    player.finish("t1")
    assert player.run.state.value == "success"


# --- pools -----------------------------------------------------------------------------------------------------------


def test_a_pool_is_asked_before_anything_is_sent() -> None:
    """A task in a pool is scheduled, asks, begins when told, and gives back when it has ended."""
    player = started(task("a", pool="db", pool_slots=2, priority_weight=7))
    assert player.commands == [Ask(attempt=player.key("a"), pool="db", slots=2, weight=7)]
    assert player.states() == {"a": "scheduled"}

    granted = Granted(attempt=player.key("a"), pool="db")
    player.give(granted)
    assert player.states() == {"a": "queued"}
    assert player.give(granted).commands == ()

    player.finish("a")
    assert frees(player) == [("a", "db", False)]


def test_the_instances_of_a_task_in_all_runs_are_a_pool_of_its_own() -> None:
    """max_active_tis_per_dag is asked first, then the pool that the task names; both are given back."""
    player = started(task("a", pool="db", max_active_tis_per_dag=3))
    own = task_pool("d", "a")
    assert player.commands == [Ask(attempt=player.key("a"), pool=own, limit=3)]

    player.give(Granted(attempt=player.key("a"), pool=own))
    assert player.commands[1:] == [Ask(attempt=player.key("a"), pool="db")]

    player.give(Granted(attempt=player.key("a"), pool="db"))
    player.finish("a")
    assert frees(player) == [("a", own, False), ("a", "db", False)]


def test_a_pool_is_asked_for_no_more_than_the_run_could_start() -> None:
    """Slots that a run's own limit keeps it from using are left to others."""
    player = start(wide(5, at_once=2, pool="db"))
    assert asks(player) == [("t0", "db"), ("t1", "db")]

    for name in ("t0", "t1"):
        player.give(Granted(attempt=player.key(name), pool="db"))
    player.finish("t0")
    assert asks(player) == [("t0", "db"), ("t1", "db"), ("t2", "db")]


def test_an_answer_that_does_not_come_is_asked_for_again() -> None:
    """A lost ask, or a lost answer, is repaired by the sweep, ever more seldom."""
    player = started(task("a", pool="db"))
    assert player.run.next_check_at == NOON + claim_grace(0)
    player.give(Tick())
    assert len(asks(player)) == 1

    player.now += claim_grace(0)
    player.give(Tick())
    assert len(asks(player)) == 2
    assert player.run.next_check_at == player.now + claim_grace(1)


@pytest.mark.parametrize(("outcome", "deferred"), [(FAILED, False), (POKE, False), (DEFER, True)])
def test_who_sleeps_gives_its_slots_back_and_asks_again(outcome: Outcome, deferred: bool) -> None:
    """Pools that count deferred tasks are told that the task only defers."""
    player = started(task("a", pool="db", retries=1, retry_delay=300.0))
    player.give(Granted(attempt=player.key("a"), pool="db"))
    player.finish("a", outcome=outcome)
    assert frees(player) == [("a", "db", deferred)]

    player.now += 300
    player.give(Tick())
    assert asks(player)[-1] == ("a", "db")
    assert player.states() == {"a": "scheduled"}


def test_a_deferred_task_that_is_marked_gives_back_what_its_pool_has_kept() -> None:
    """The pool may count deferred tasks; the run does not know."""
    player = started(task("a", pool="db"))
    player.give(Granted(attempt=player.key("a"), pool="db"))
    player.finish("a", outcome=DEFER)
    player.give(Mark(task_ids=("a",), state=TaskState.FAILED))
    assert frees(player) == [("a", "db", True), ("a", "db", False)]


def test_who_waits_and_is_cleared_takes_its_wish_back() -> None:
    """The pool must not give slots to a generation that is gone."""
    player = started(task("a", pool="db"))
    old = player.key("a")
    player.give(Clear(task_ids=("a",)))
    assert frees(player) == [("a", "db", False)]
    assert player.key("a").generation == old.generation + 1
    before = player.run
    player.give(Granted(attempt=old, pool="db"))
    assert player.run is before
    assert not holds(player.run, old, deferred=True)


# --- whatever happens ------------------------------------------------------------------------------------------------


@st.composite
def limited_dags(draw: st.DrawFn) -> DagSpec:
    """A random DAG with few places, some of its tasks mapped, some in pools."""
    spec = draw(dags(most=8, timeouts=False))
    tasks = []
    for one in spec.tasks:
        mapped = {"x": draw(st.integers(0, 3))} if not one.empty and draw(st.integers(0, 3)) == 0 else {}
        tasks.append(
            replace(
                one,
                mapped=mapped,
                pool=draw(st.sampled_from(["default_pool", "default_pool", "p", "q"])),
                pool_slots=draw(st.integers(1, 2)),
                max_active_tis_per_dag=draw(st.sampled_from([None, None, 1, 2])),
                max_active_tis_per_dagrun=draw(st.sampled_from([None, None, 1])),
                priority_weight=draw(st.integers(1, 3)),
            )
        )
    return replace(spec, tasks=tuple(tasks), max_active_tasks=draw(st.integers(1, 3)))


def out(run: Run) -> list[str]:
    """Names of the instances whose message is out: any of them may be running now."""
    return [name for name, one in run.tasks.items() if one.state.waiting and not held(one)]


def _play(spec: DagSpec, fates: dict[str, list[Outcome]], order: Random) -> Player:
    """A run to its end, with pools that answer when they like; its limits are looked at after every step."""
    player = Player(spec, queued(spec))
    player.give(Start())
    open_asks: list[Ask] = []
    seen = 0
    for _ in range(2_000):
        if player.run.state.terminal:
            break
        open_asks += [command for command in player.commands[seen:] if isinstance(command, Ask)]
        seen = len(player.commands)
        steps: list[Ask | str] = [*open_asks, *out(player.run)]
        if not steps:
            moments = [one.due_at for one in player.run.tasks.values() if one.due_at is not None]
            assert moments, "the run goes on, but nothing is awaited"
            player.now = max(player.now, min(moments))
            player.give(Tick())
            continue
        which = order.choice(steps)
        if isinstance(which, Ask):
            open_asks.remove(which)
            player.give(*[Granted(attempt=which.attempt, pool=which.pool)] * order.randint(1, 2))
        else:
            key = player.key(which)
            assert key.try_number <= len(fates[key.task_id])
            player.finish(which, outcome=fates[key.task_id][key.try_number - 1])
        _within_limits(player)
    assert player.run.state.terminal, "still going on"
    assert not [one for one in player.run.tasks.values() if one.granted]
    _all_given_back(player)
    return player


def _within_limits(player: Player) -> None:
    counts = Counter(TaskKey.of(name).task_id for name in out(player.run))
    most = player.spec.max_active_tasks
    assert not most or counts.total() <= most, "I9: max_active_tasks"
    for task_id, count in counts.items():
        each = player.spec.by_id[task_id].max_active_tis_per_dagrun
        assert each is None or count <= each, f"I9: {task_id} max_active_tis_per_dagrun"
    assert decode(Run, encode(player.run)) == player.run


def _all_given_back(player: Player) -> None:
    """Whatever was asked for is given back, by the same or a later attempt of the same instance."""
    last: dict[tuple[str, str], AttemptKey] = {}
    for one in player.commands:
        if isinstance(one, Ask):
            last[one.attempt.name, one.pool] = one.attempt
        elif isinstance(one, Free):
            held = last.get((one.attempt.name, one.pool))
            if held is not None and held <= one.attempt:
                del last[one.attempt.name, one.pool]
    assert not last


@st.composite
def fated(draw: st.DrawFn) -> tuple[DagSpec, dict[str, list[Outcome]]]:
    spec = draw(limited_dags())
    return spec, {
        one.task_id: [
            draw(ends(spec, one.task_id)) if not one.mapped else draw(st.sampled_from([SUCCESS, FAILED]))
            for _ in range(one.retries + 1)
        ]
        for one in spec.tasks
    }


@settings(max_examples=150, deadline=None, derandomize=True)
@given(case=fated(), seeds=st.tuples(st.integers(), st.integers()))
def test_limits_are_kept_and_change_no_end(
    case: tuple[DagSpec, dict[str, list[Outcome]]], seeds: tuple[int, int]
) -> None:
    """I1, I7, I9: with limits, in any order, the run ends as it does without them, and never exceeds one."""
    spec, fates = case
    free = replace(
        spec,
        max_active_tasks=0,
        tasks=tuple(
            replace(one, pool="default_pool", max_active_tis_per_dag=None, max_active_tis_per_dagrun=None)
            for one in spec.tasks
        ),
    )
    ended = [_play(spec, fates, Random(seed)) for seed in seeds] + [_play(free, fates, Random(seeds[0]))]
    summaries = [
        {name: (one.state, one.try_number, one.skips) for name, one in player.run.tasks.items()} for player in ended
    ]
    assert summaries[0] == summaries[1] == summaries[2]
    assert len({player.run.state for player in ended}) == 1
