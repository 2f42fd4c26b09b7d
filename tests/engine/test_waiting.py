"""What a run waits for, and what happens when it does not come: lost messages, lost workers, pokes, timeouts."""

from __future__ import annotations

from itertools import permutations

import pytest

from brisa.engine.advance import advance, check_due
from brisa.engine.retries import MAX_LOSSES, claim_grace
from brisa.model.events import Alive, Enqueue, Event, Lost, Revoke, Start, Tick, Unclaimed, Woken
from brisa.model.run import Outcome
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind, RunState
from tests.support.builders import FAILED, NOON, SUCCESS, Player, chain, dag, queued, start, started, task

POKE = Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=NOON + 300)
DEFER = Outcome(kind=OutcomeKind.DEFERRED, resume_at=NOON + 3600)


# --- the happy path --------------------------------------------------------------------------------------------------


def test_a_run_goes_from_its_start_to_its_end() -> None:
    """A queued run starts, sends its first task, then each task as those above it succeed, and ends in success."""
    spec = dag(task("extract"), task("transform", "extract"), task("load", "transform"))
    player = Player(spec, queued(spec))
    assert player.run.state.value == "queued"

    player.give(Start())
    assert player.states() == {"extract": "queued", "transform": "none", "load": "none"}

    player.finish("extract")
    player.finish("transform")
    assert player.run.state.value == "running"
    player.now += 5
    player.finish("load")

    assert player.run.state is RunState.SUCCESS
    assert (player.run.started_at, player.run.ended_at) == (NOON, NOON + 5)
    assert player.sent() == ["extract", "transform", "load"]


def test_a_run_without_tasks_is_a_success() -> None:
    """A DAG without tasks ends as soon as it starts, as in Airflow."""
    assert started().run.state is RunState.SUCCESS


def test_a_run_ends_as_its_leaves_ended() -> None:
    """A failed task above a leaf that ran anyway does not fail the run; a failed leaf does."""
    handled = started(task("a"), task("b", "a", rule="all_done"))
    handled.play(lambda key: FAILED if key.task_id == "a" else SUCCESS)
    broken = started(task("a"), task("b"), task("c", "b"))
    broken.play(lambda key: FAILED if key.task_id == "a" else SUCCESS)

    assert handled.run.state is RunState.SUCCESS
    assert broken.run.state is RunState.FAILED


def test_a_run_that_is_due_later_sends_its_first_messages_for_then() -> None:
    """The planner looks ahead: first tasks are sent with the second at which they may start, later ones without."""
    player = started(task("a"), task("b", "a"), run_after=NOON + 30)
    player.now = NOON + 31
    player.finish("a")

    first, second = [command.message for command in player.commands if isinstance(command, Enqueue)]
    assert (first.not_before, second.not_before) == (NOON + 30, None)
    assert player.run.started_at == NOON + 30


def test_a_run_never_ends_before_it_starts() -> None:
    """Empty tasks may be completed ahead of the run's time; its duration is then zero, not negative."""
    player = started(task("a", empty=True), run_after=NOON + 30)

    assert (player.run.started_at, player.run.ended_at) == (NOON + 30, NOON + 30)


def test_starting_twice_changes_nothing() -> None:
    """A doubled start is no news."""
    player = started(task("a"))

    assert player.give(Start()).run is player.run
    assert player.sent() == ["a"]


# --- next_check_at ---------------------------------------------------------------------------------------------------


def test_next_check_is_the_earliest_of_all_that_is_awaited() -> None:
    """Whatever is awaited, next_check_at is the earliest moment at which one of them must have happened."""
    player = started(task("a", retries=1, retry_delay=500.0), task("b"), task("c"), dagrun_timeout=7200.0)
    assert player.run.next_check_at == NOON + claim_grace(0)

    player.give(
        *(
            Alive(attempt=player.key(one), lease_until=NOON + at, started_at=NOON)
            for one, at in (("a", 100), ("b", 200), ("c", 300))
        )
    )
    assert player.run.next_check_at == NOON + 100

    player.finish("a", outcome=FAILED)
    assert player.run.next_check_at == NOON + 200

    player.finish("b")
    assert player.run.next_check_at == NOON + 300

    player.finish("c")
    assert player.run.next_check_at == NOON + 500 + claim_grace(0)


def test_the_timeout_of_the_run_is_awaited_too() -> None:
    """A dagrun_timeout that comes before everything else is the next moment to look."""
    player = started(task("a"), dagrun_timeout=10.0)

    assert player.run.next_check_at == NOON + 10


def test_only_what_is_due_is_looked_at() -> None:
    """The sweep is told the attempts whose moment has passed, and no others."""
    player = started(task("a"), task("b"))
    player.give(Alive(attempt=player.key("b"), lease_until=NOON + 500, started_at=NOON))

    assert check_due(player.run, NOON + 59) == []
    assert check_due(player.run, NOON + 60) == [player.key("a")]
    assert check_due(player.run, NOON + 500) == [player.key("a"), player.key("b")]


# --- what the sweep finds --------------------------------------------------------------------------------------------


def test_an_unclaimed_message_is_sent_again() -> None:
    """A message that nobody claimed in time is sent again under another name, and the grace doubles."""
    player = started(task("t"))
    (first,) = [command.message for command in player.commands if isinstance(command, Enqueue)]
    key = player.key("t")
    player.now += 60

    (command,) = player.give(Unclaimed(attempt=key)).commands

    assert isinstance(command, Enqueue)
    assert command.message.attempt == key
    assert command.message.name != first.name
    assert player.run.next_check_at == player.now + claim_grace(1)


def test_a_second_sweep_sends_nothing_more() -> None:
    """Two sweeps that see the same missing claim send one message: after the first, the next is not due yet."""
    player = started(task("t"))
    player.now += 60
    event = Unclaimed(attempt=player.key("t"))
    player.give(event)

    decision = player.give(event, event)

    assert decision.run is player.run
    assert decision.commands == ()


def test_an_attempt_that_lives_is_left_alone_until_its_lease_ends() -> None:
    """The sweep finds a worker at it: the task is shown as running, and looked at again when the lease ends."""
    player = started(task("t"))
    event = Alive(attempt=player.key("t"), lease_until=NOON + 120, started_at=NOON + 1)

    decision = player.give(event)

    assert player.states() == {"t": "running"}
    assert player.task("t").started_at == NOON + 1
    assert player.run.next_check_at == NOON + 120
    assert player.give(event).run is decision.run


def test_an_older_lease_is_no_news() -> None:
    """A sign of life that comes late does not shorten the lease that is known."""
    player = started(task("t"))
    key = player.key("t")
    later = player.give(Alive(attempt=key, lease_until=NOON + 200, started_at=NOON)).run

    assert player.give(Alive(attempt=key, lease_until=NOON + 100, started_at=NOON)).run is later


def test_a_lost_worker_costs_no_try() -> None:
    """The same try is sent again as another attempt; the lost one's late answer changes nothing."""
    player = started(task("t", retries=0))
    lost = player.finished("t")

    (command,) = player.give(Lost(attempt=lost.attempt)).commands

    assert isinstance(command, Enqueue)
    assert command.message.attempt == lost.attempt._replace(seq=1)
    assert player.give(lost).run is player.run
    assert player.give(Lost(attempt=lost.attempt)).run is player.run
    player.finish("t")
    assert player.states() == {"t": "success"}


@pytest.mark.parametrize(("retries", "state"), [(0, "failed"), (1, "up_for_retry")])
def test_a_try_that_loses_worker_after_worker_fails(retries: int, state: str) -> None:
    """A task that kills its workers is given up on as failed, and retried like any failure."""
    player = started(task("t", retries=retries))

    for _ in range(MAX_LOSSES - 1):
        player.give(Lost(attempt=player.key("t")))
        assert player.states() == {"t": "queued"}
    player.give(Lost(attempt=player.key("t")))

    assert player.states() == {"t": state}


# --- sensors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "state"), [(POKE, "up_for_reschedule"), (DEFER, "deferred")])
def test_a_sensor_waits_between_its_attempts_within_one_try(outcome: Outcome, state: str) -> None:
    """A sensor that has not seen it yet is sent again for later, as the same try; its first start is remembered."""
    player = started(task("wait"), task("after", "wait"))
    begun = NOON - 1

    (command,) = player.finish("wait", outcome=outcome).commands

    assert player.states() == {"wait": state, "after": "none"}
    assert isinstance(command, Enqueue)
    assert command.message.not_before == outcome.resume_at
    assert player.key("wait") == ("d", "manual__1", "wait", -1, 0, 1, 1)
    player.now += 300
    player.finish("wait")
    assert player.states() == {"wait": "success", "after": "queued"}
    assert (player.task("wait").try_number, player.task("wait").started_at) == (1, begun)


@pytest.mark.parametrize("outcome", [POKE, DEFER])
def test_a_wake_up_sends_the_waiting_attempt_at_once(outcome: Outcome) -> None:
    """When what it waits for has happened, the attempt is sent at once; the wake-up that comes again is no news."""
    player = started(task("wait"))
    player.finish("wait", outcome=outcome)
    event = Woken(attempt=player.key("wait"))

    (command,) = player.give(event).commands

    assert isinstance(command, Enqueue)
    assert command.message.not_before is None
    assert player.states() == {"wait": "queued"}
    assert player.give(event).run is player.run


def test_a_wake_up_of_what_does_not_sleep_changes_nothing() -> None:
    """A task that is queued or up for retry is not waiting for anything to happen."""
    player = started(task("a"), task("b", retries=1))
    player.finish("b", outcome=FAILED)

    assert player.give(*(Woken(attempt=player.key(one)) for one in ("a", "b"))).run is player.run


# --- the run's own timeout -------------------------------------------------------------------------------------------


def test_a_run_over_its_timeout_fails_and_what_had_not_ended_is_skipped() -> None:
    """At dagrun_timeout the run fails, attempts under way are stopped, unfinished tasks are skipped (as in Airflow)."""
    player = started(task("a"), task("b"), task("c", "b"), dagrun_timeout=100.0)
    player.finish("a")
    player.now += 99.5
    assert player.give(Tick()).run is player.run
    player.now += 0.5

    decision = player.give(Tick())

    assert player.run.state is RunState.FAILED
    assert player.states() == {"a": "success", "b": "skipped", "c": "skipped"}
    assert [type(command).__name__ for command in decision.commands] == ["Revoke", "RunEnded"]
    assert player.give(Tick()).run is decision.run


def test_a_run_whose_last_task_ended_in_time_is_not_failed_by_the_same_batch() -> None:
    """The end of the last task and a late tick in one batch: the run had ended before the tick."""
    player = started(task("a"), dagrun_timeout=100.0)
    player.now += 100

    player.give(player.finished("a"), Tick())

    assert player.run.state is RunState.SUCCESS


# --- batches ---------------------------------------------------------------------------------------------------------


def one_by_one(player: Player, events: tuple[Event, ...]) -> Player:
    other = Player(player.spec, player.run, player.now)
    for event in events:
        other.give(event)
    return other


def test_a_batch_is_the_same_as_its_events_one_by_one() -> None:
    """Whatever the order, one advance over many events ends where many advances end, and sends the same messages."""
    player = start(dag(task("a"), task("b", retries=1), task("c"), task("join", "a", "b", "c", rule="all_done")))
    events: tuple[Event, ...] = (
        player.finished("a"),
        player.finished("b", FAILED),
        Alive(attempt=player.key("c"), lease_until=NOON + 99, started_at=NOON),
        player.finished("a"),
        Lost(attempt=player.key("c")),
    )

    for order in permutations(events):
        single = one_by_one(player, order)
        decision = advance(player.run, player.spec, order, player.now)
        assert decision.run == single.run
        assert sorted(map(str, decision.commands)) == sorted(map(str, single.commands))


def test_a_batch_may_hold_news_of_what_it_released_itself() -> None:
    """The start of a run and the end of its first tasks fold in one advance, in their order."""
    spec: DagSpec = chain(3)
    ahead = start(spec)
    events: list[Event] = [Start()]
    for one in ("t0", "t1", "t2"):
        events.append(ahead.finished(one))
        ahead.finish(one)

    decision = advance(queued(spec), spec, events, NOON)

    assert decision.run == ahead.run
    assert decision.run.state is RunState.SUCCESS


def test_nothing_happens_without_events() -> None:
    """Advancing by no events is free: the very same run, and nothing to do."""
    player = started(task("a"))

    assert player.give() == advance(player.run, player.spec, (), player.now)
    assert player.give().run is player.run
    assert not player.give().changed(player.run)


def test_the_first_failure_ends_a_run_that_fails_fast() -> None:
    """What is under way fails and is stopped, what has not begun is skipped, a retry comes first, teardowns run.

    The run's own state is told by its last tasks, as ever: here it is a success, which Airflow 2.11.2 was seen to say.
    """
    player = started(
        task("bad", retries=1, retry_delay=5.0),
        task("busy"),
        task("done"),
        task("below", "bad"),
        task("later", "busy"),
        task("clean", "later", rule="all_done_setup_success", is_teardown=True),
        fail_fast=True,
    )
    player.finish("done")
    player.finish("bad", outcome=FAILED)
    assert player.states()["busy"] == "queued"
    player.finish("bad", outcome=FAILED)
    player.finish("clean")
    assert player.states() == {
        "bad": "failed",
        "busy": "failed",
        "done": "success",
        "below": "skipped",
        "later": "skipped",
        "clean": "success",
    }
    assert player.run.state is RunState.SUCCESS
    assert [command.attempt.task_id for command in player.commands if isinstance(command, Revoke)] == ["busy"]
