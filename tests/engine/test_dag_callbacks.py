"""A run that ends by itself has its DAG's callbacks called: once, by an attempt that is looked after like a task's."""

from __future__ import annotations

import pytest

from brisa.model.events import Alive, Clear, Enqueue, Finished, Lost, MarkRun, Revoke, Tick, Unclaimed
from brisa.model.run import DAG_CALLBACKS, Outcome
from brisa.model.states import OutcomeKind, RunState, TaskState
from tests.support.builders import FAILED, SUCCESS, Player, started, task

BOTH = ("on_success_callback", "on_failure_callback")


def begun(*callbacks: str, timeout: float | None = None) -> Player:
    """``a >> b``, begun."""
    return started(task("a"), task("b", "a"), callbacks=callbacks, dagrun_timeout=timeout)


@pytest.mark.parametrize("outcome", [SUCCESS, FAILED], ids=["success", "failure"])
@pytest.mark.parametrize("callback", BOTH)
def test_callbacks_are_sent_if_the_dag_has_some_for_how_the_run_ended(outcome: Outcome, callback: str) -> None:
    """One message, after the run has ended, which waits for nothing else."""
    player = begun(callback)
    player.play(lambda _: outcome)
    wanted = callback == ("on_success_callback" if outcome is SUCCESS else "on_failure_callback")
    assert player.sent().count(DAG_CALLBACKS) == wanted
    assert player.run.state is (RunState.SUCCESS if outcome is SUCCESS else RunState.FAILED)
    assert (player.run.next_check_at is not None) == wanted


def test_what_becomes_of_the_callbacks_changes_nothing_about_the_run() -> None:
    """They are looked for until they are called; a lost worker's are called again, and repeated news change nothing."""
    player = begun(*BOTH)
    player.play()
    ended_at, key = player.run.ended_at, player.key(DAG_CALLBACKS)
    assert (player.run.state, player.task(DAG_CALLBACKS).state) == (RunState.SUCCESS, TaskState.QUEUED)
    player.now = player.run.next_check_at or 0.0
    (again,) = player.give(Tick(), Unclaimed(attempt=key)).commands
    assert isinstance(again, Enqueue)
    assert again.message.attempt == key
    player.give(Alive(attempt=key, lease_until=player.now + 60, started_at=player.now))
    assert player.task(DAG_CALLBACKS).state is TaskState.RUNNING
    player.give(Lost(attempt=key))
    assert player.key(DAG_CALLBACKS).seq == 1

    failed = Outcome(kind=OutcomeKind.FAILED, error="boom")
    player.finish(DAG_CALLBACKS, outcome=failed)
    assert player.task(DAG_CALLBACKS).state is TaskState.FAILED
    assert (player.run.state, player.run.ended_at, player.run.next_check_at) == (RunState.SUCCESS, ended_at, None)
    assert not player.give(Lost(attempt=key), Unclaimed(attempt=key)).commands


def test_a_run_that_is_cleared_calls_back_again_when_it_ends_again() -> None:
    """What was under way is stopped; the second end has an attempt of its own."""
    player = begun(*BOTH)
    player.play()
    first = player.key(DAG_CALLBACKS)
    decision = player.give(Clear(task_ids=("b",)))
    assert Revoke(attempt=first) in decision.commands
    assert not player.give(Finished(attempt=first, outcome=SUCCESS, started_at=0.0, ended_at=1.0)).commands
    player.play()
    assert player.sent().count(DAG_CALLBACKS) == 2
    assert player.key(DAG_CALLBACKS).generation == 1
    assert player.finish(DAG_CALLBACKS).changed(player.run) is False
    assert player.task(DAG_CALLBACKS).state is TaskState.SUCCESS


def test_a_run_over_its_time_calls_back_and_one_that_a_person_ends_does_not() -> None:
    """As in Airflow."""
    late, ended = begun(*BOTH, timeout=60.0), begun(*BOTH)
    late.now += 61
    late.give(Tick())
    ended.give(MarkRun(state=RunState.FAILED))
    assert (late.run.state, ended.run.state) == (RunState.FAILED, RunState.FAILED)
    assert [player.sent().count(DAG_CALLBACKS) for player in (late, ended)] == [1, 0]
