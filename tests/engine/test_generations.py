"""Clear and mark: what a person does to a run, and what becomes of messages sent before."""

from __future__ import annotations

import pytest

from brisa.model.events import Clear, Command, Enqueue, Finished, Mark, MarkRun, Remove, Revoke, RunEnded, Start, Tick
from brisa.model.run import AttemptKey, Outcome
from brisa.model.states import Decides, OutcomeKind, RunState, TaskState
from tests.support.builders import FAILED, NOON, SUCCESS, Player, queued, started, task


def kinds(commands: tuple[Command, ...]) -> list[str]:
    return [type(command).__name__ for command in commands]


def failed_in_the_middle() -> Player:
    """``a >> b >> c`` whose ``b`` has failed."""
    player = started(task("a"), task("b", "a"), task("c", "b"))
    return player.play(lambda key: FAILED if key.task_id == "b" else SUCCESS)


def test_clearing_the_failed_task_and_what_is_below_runs_them_again() -> None:
    """A failed run is repaired: clear the failed task and all below, and only those run again, to success."""
    player = failed_in_the_middle()
    assert player.states() == {"a": "success", "b": "failed", "c": "upstream_failed"}
    player.now += 3600

    decision = player.give(Clear(task_ids=("b", "c")))

    assert player.states() == {"a": "success", "b": "queued", "c": "none"}
    assert player.run.state.value == "running"
    assert player.run.ended_at is None
    assert kinds(decision.commands) == ["Enqueue"]
    assert player.key("b") == AttemptKey("d", "manual__1", "b", generation=1, try_number=2)

    player.play()
    assert set(player.states().values()) == {"success"}
    assert player.run.state is RunState.SUCCESS
    assert player.sent() == ["a", "b", "b", "c"]


def test_a_cleared_task_has_all_its_retries_again() -> None:
    """As in Airflow, tries go on counting after a clear, and the last try allowed moves along."""
    player = started(task("t", retries=1))
    player.play(lambda _: FAILED)
    assert player.task("t").try_number == 2

    player.give(Clear(task_ids=("t",)))
    assert (player.task("t").try_number, player.task("t").max_tries) == (3, 4)

    player.play(lambda _: FAILED)
    assert (player.task("t").try_number, player.states()) == (4, {"t": "failed"})


def test_clearing_a_running_task_stops_its_attempt() -> None:
    """The attempt under way is revoked, its late answer changes nothing, and a new attempt is sent."""
    player = started(task("t"), task("after", "t"))
    old = player.finished("t")

    decision = player.give(Clear(task_ids=("t",)))

    assert kinds(decision.commands) == ["Revoke", "Enqueue"]
    assert decision.commands[0] == Revoke(attempt=old.attempt)
    assert player.give(old).run is decision.run
    player.finish("t")
    assert player.states() == {"t": "success", "after": "queued"}


def test_a_clear_of_what_never_ran_changes_nothing() -> None:
    """A task that nothing has happened to, or that the DAG does not have, needs no clearing."""
    player = started(task("a"), task("b", "a"))
    before = player.run

    assert player.give(Clear(task_ids=("b", "nobody"))).run is before


def test_a_cleared_branch_chooses_anew() -> None:
    """What a branch skipped is forgotten when it is cleared with what is below it."""
    player = started(task("pick", decides=Decides.BRANCH), task("a", "pick"), task("b", "pick"))
    player.finish("pick", outcome=Outcome(kind=OutcomeKind.SUCCESS, follow=("a",)))
    player.play()
    assert player.states() == {"pick": "success", "a": "success", "b": "skipped"}

    player.give(Clear(task_ids=("pick", "a", "b")))
    player.finish("pick", outcome=Outcome(kind=OutcomeKind.SUCCESS, follow=("b",)))
    player.play()

    assert player.states() == {"pick": "success", "a": "skipped", "b": "success"}


def test_a_task_that_a_branch_skipped_is_skipped_again_when_cleared_alone() -> None:
    """The branch's decision stands: clearing the skipped task alone does not make it run (so too in Airflow)."""
    player = started(task("pick", decides=Decides.BRANCH), task("a", "pick"))
    player.finish("pick", outcome=Outcome(kind=OutcomeKind.SUCCESS, follow=()))

    player.give(Clear(task_ids=("a",)))

    assert player.states() == {"pick": "success", "a": "skipped"}
    assert player.run.state is RunState.SUCCESS


def test_a_reopened_run_has_its_whole_timeout_again() -> None:
    """The dagrun_timeout of a run cleared days later counts from the clear, not from its first start."""
    player = started(task("t"), dagrun_timeout=100.0)
    player.finish("t")
    player.now += 86_400

    player.give(Clear(task_ids=("t",)), Tick())

    assert player.states() == {"t": "queued"}
    assert player.run.started_at == player.now
    player.now += 100
    player.give(Tick())
    assert (player.run.state, player.states()) == (RunState.FAILED, {"t": "skipped"})


def test_clearing_empty_tasks_ends_the_run_again_at_once() -> None:
    """A clear after which nothing has to run ends the run anew."""
    player = started(task("t", empty=True))
    player.now += 50

    decision = player.give(Clear(task_ids=("t",)))

    assert (player.run.state, player.run.ended_at) == (RunState.SUCCESS, NOON + 50)
    assert decision.commands == (RunEnded(run=player.run.key, state=RunState.SUCCESS),)


@pytest.mark.parametrize(
    ("mark", "below", "run"),
    [
        (TaskState.SUCCESS, "queued", "running"),
        (TaskState.SKIPPED, "skipped", "success"),
        (TaskState.FAILED, "upstream_failed", "failed"),
    ],
)
def test_marking_a_running_task_stops_it_and_decides_what_is_below(mark: TaskState, below: str, run: str) -> None:
    """A mark ends the attempt under way, and the tasks below follow their rules as if it had ended so."""
    player = started(task("t"), task("after", "t"))
    old = player.finished("t")

    decision = player.give(Mark(task_ids=("t",), state=mark))

    assert player.states() == {"t": mark.value, "after": below}
    assert player.run.state.value == run
    assert decision.commands[0] == Revoke(attempt=old.attempt)
    assert player.task("t").generation == 1
    assert player.give(old).run is decision.run


def test_marking_twice_changes_nothing() -> None:
    """A repeated mark is no news, nor is one for a task that the DAG does not have."""
    player = started(task("t"), task("after", "t"))
    event = Mark(task_ids=("t",), state=TaskState.SUCCESS)
    before = player.give(event).run

    assert player.give(event).run is before
    assert player.give(Mark(task_ids=("nobody",), state=TaskState.FAILED)).run is before


def test_marking_in_an_ended_run_changes_how_it_ended() -> None:
    """Marking the failed leaf of a failed run makes the run a success, with its start untouched."""
    player = started(task("t"))
    player.finish("t", outcome=FAILED)
    begun = player.run.started_at
    player.now += 10

    player.give(Mark(task_ids=("t",), state=TaskState.SUCCESS))

    assert (player.run.state, player.run.started_at, player.run.ended_at) == (RunState.SUCCESS, begun, NOON + 10)


def test_mark_success_and_clear_below_resumes_a_failed_run() -> None:
    """Mark the failed task, clear what it had blocked: in one batch, the run goes on below it."""
    player = failed_in_the_middle()

    player.give(Mark(task_ids=("b",), state=TaskState.SUCCESS), Clear(task_ids=("c",)))

    assert player.states() == {"a": "success", "b": "success", "c": "queued"}
    assert player.run.state is RunState.RUNNING


def test_marking_the_run_a_success_ends_every_task_so() -> None:
    """Marking a running run as success stops what runs and makes every task a success."""
    player = started(task("a"), task("b", "a"))

    decision = player.give(MarkRun(state=RunState.SUCCESS))

    assert player.states() == {"a": "success", "b": "success"}
    assert kinds(decision.commands) == ["Revoke", "RunEnded"]
    assert player.run.next_check_at is None


def test_marking_the_run_failed_fails_what_runs_and_skips_what_has_not_begun() -> None:
    """Marking a running run as failed: what is done stays, what runs has failed, the rest is skipped."""
    player = started(task("a"), task("b", "a"), task("c", "b"))
    player.finish("a")

    decision = player.give(MarkRun(state=RunState.FAILED))

    assert player.states() == {"a": "success", "b": "failed", "c": "skipped"}
    assert kinds(decision.commands) == ["Revoke", "RunEnded"]
    assert player.give(MarkRun(state=RunState.FAILED)).run is decision.run


@pytest.mark.parametrize("state", [RunState.SUCCESS, RunState.FAILED])
def test_a_run_marked_before_it_starts_never_starts(state: RunState) -> None:
    """A queued run can be ended; the start that comes late changes nothing."""
    run = queued(started(task("t")).spec)
    player = Player(started(task("t")).spec, run)

    ended = player.give(MarkRun(state=state)).run

    assert ended.state is state
    assert player.give(Start()).run is ended
    assert player.sent() == []


def test_a_mark_before_the_start_is_kept() -> None:
    """A task marked in a queued run does not run when the run starts; what is below it does."""
    spec = started(task("a"), task("b", "a")).spec
    player = Player(spec, queued(spec))

    player.give(Mark(task_ids=("a",), state=TaskState.SUCCESS))
    assert player.run.state is RunState.QUEUED
    player.give(Start())

    assert player.states() == {"a": "success", "b": "queued"}
    assert player.sent() == ["b"]


@pytest.mark.parametrize("change", ["generation", "try_number", "seq", "task_id", "run_id", "dag_id", "map_index"])
def test_news_of_any_other_attempt_changes_nothing(change: str) -> None:
    """An event counts only for the very attempt that is awaited; every part of its name matters."""
    player = started(task("t"), task("u"))
    key = player.key("t")
    other = {"task_id": "nobody", "run_id": "other", "dag_id": "other"}.get(change, 7)

    stray = Finished(
        attempt=AttemptKey(**{**key._asdict(), change: other}), outcome=SUCCESS, started_at=0.0, ended_at=0.0
    )

    assert player.give(stray).run is player.run
    assert player.states() == {"t": "queued", "u": "queued"}


def test_clear_while_running_does_not_lose_other_tasks() -> None:
    """Clearing one task of a run leaves the attempts of its neighbours as they are."""
    player = started(task("a"), task("b"), task("join", "a", "b"))
    player.finish("a")
    neighbour = player.finished("b")

    decision = player.give(Clear(task_ids=("a",)))
    sent = [command.message.attempt for command in decision.commands if isinstance(command, Enqueue)]
    player.give(neighbour)
    player.finish("a")

    assert [key.task_id for key in sent] == ["a"]
    assert player.states() == {"a": "success", "b": "success", "join": "queued"}


def test_a_clear_in_one_batch_with_the_end_of_a_task_sees_what_that_released() -> None:
    """The end of ``a`` releases ``b``; a clear of ``b`` right after, in the same batch, is a new generation."""
    player = started(task("a"), task("b", "a"))

    decision = player.give(player.finished("a"), Clear(task_ids=("b",)))

    assert player.key("b") == AttemptKey("d", "manual__1", "b", generation=1, try_number=2)
    assert kinds(decision.commands) == ["Enqueue", "Revoke", "Enqueue"]


def test_a_run_that_is_cleared_in_the_batch_that_ends_it_has_not_ended() -> None:
    """The end of the last task and a clear in one batch: the run goes on, and nobody is told that it ended."""
    player = started(task("a"))

    decision = player.give(player.finished("a"), Clear(task_ids=("a",)))

    assert player.run.state is RunState.RUNNING
    assert kinds(decision.commands) == ["Enqueue"]


def test_a_cleared_task_of_a_run_that_stays_ended_waits_until_that_goes_on() -> None:
    """It is in no state; once another clear opens the run, both run, and the run ends again."""
    player = failed_in_the_middle()
    decision = player.give(Clear(task_ids=("b",), reopen=False))
    assert (player.run.state, player.states()["b"], decision.commands) == (RunState.FAILED, "none", ())

    player.give(Clear(task_ids=("c",)))
    assert player.states() == {"a": "success", "b": "queued", "c": "none"}
    assert player.play().run.state is RunState.SUCCESS


def test_a_clear_that_opens_no_run_clears_in_one_that_runs() -> None:
    """As any other."""
    player = started(task("a"), task("b", "a"))
    player.finish("a")
    player.give(Clear(task_ids=("a",), reopen=False))
    assert (player.states()["a"], player.run.state) == ("queued", RunState.RUNNING)


def test_what_is_below_a_removed_task_goes_on_without_it() -> None:
    """It counts as over, neither well nor badly; a late answer of its attempt changes nothing."""
    player = started(task("a"), task("b", "a"), task("c", rule="all_success"))
    late = player.finished("a")
    decision = player.give(Remove(task_ids=("a",)))
    assert player.states() == {"a": "removed", "b": "queued", "c": "queued"}
    assert kinds(decision.commands) == ["Revoke", "Enqueue"]
    assert not player.give(late).changed(player.run)
    assert not player.give(Remove(task_ids=("a",))).commands
    assert player.play().run.state is RunState.SUCCESS


def test_a_removed_task_can_be_cleared() -> None:
    """Then the run has it again. Removing it from a run that has ended does not open that."""
    player = failed_in_the_middle()
    player.give(Remove(task_ids=("b",)))
    assert (player.run.state, player.states()["b"]) == (RunState.FAILED, "removed")
    player.give(Clear(task_ids=("b", "c")))
    assert player.play().states() == {"a": "success", "b": "success", "c": "success"}
