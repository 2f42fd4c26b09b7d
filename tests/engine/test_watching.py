"""Who waits for a run is told by the decision that ends the wait; who is told too early looks again at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from brisa.engine.watching import handed_over, joined
from brisa.model.dag import Dag
from brisa.model.events import Clear, Enqueue, Heard, Mark, MarkRun, Start, Wake, Watched
from brisa.model.run import Outcome
from brisa.model.spec import GroupSpec
from brisa.model.states import OutcomeKind, RunState, TaskState
from brisa.model.watch import Watch
from tests.support.builders import FAILED, NOON, Player, dag, queued, start, started, task

SLEEP = Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=NOON + 600)
WATCH = Watch(dag_id="other", run_id="r", task="wait", allowed=("success",), until=NOON + 3600)


def woken(player: Player) -> list[Watch]:
    """Who was told so far."""
    return [watch for command in player.commands if isinstance(command, Wake) for watch in command.watches]


def test_the_end_of_a_run_tells_who_waits_for_it() -> None:
    """Once: the watch is gone with the decision."""
    player = started(task("a"))
    assert player.give(Watched(watch=WATCH)).run.watchers == (WATCH,)
    assert player.finish("a").run.watchers == ()
    assert woken(player) == [WATCH]
    player.give(Clear(task_ids=("a",)))
    player.finish("a")
    assert woken(player) == [WATCH]


GROUPS = (GroupSpec(group_id="g"), GroupSpec(group_id="g.h", parent="g"))
QUESTIONS = [
    ({"task_ids": ("a",)}, ["a"], True),
    ({"task_ids": ("a", "b")}, ["a"], False),
    ({"task_ids": ("a", "b")}, ["a", "b"], True),
    ({"group": "g"}, ["b"], False),
    ({"group": "g"}, ["b", "c"], True),
    ({"group": "g.h"}, ["c"], True),
    ({"task_ids": ("nobody",)}, ["a", "b", "c"], False),
    ({"group": "nobody"}, ["a", "b", "c"], False),
]


@pytest.mark.parametrize(("question", "ended", "told"), QUESTIONS)
def test_of_tasks_and_groups_all_must_be_allowed(question: dict[str, object], ended: list[str], told: bool) -> None:
    """A task, or a group, that the run does not have is waited for in vain."""
    player = started(task("a"), task("b", group_id="g"), task("c", group_id="g.h"), groups=GROUPS)
    watch = replace(WATCH, **question)  # type: ignore[arg-type]
    player.give(Watched(watch=watch))
    for task_id in ended:
        player.finish(task_id)
    assert woken(player) == [watch] * told


def test_of_a_mapped_task_every_instance_counts() -> None:
    """However many there come to be."""
    player = started(task("a", mapped={"x": 2}), task("b"))
    watch = replace(WATCH, task_ids=("a",))
    player.give(Watched(watch=watch))
    player.finish("a[0]")
    assert woken(player) == []
    player.finish("a[1]")
    assert woken(player) == [watch]


def test_one_state_that_ends_the_wait_is_enough() -> None:
    """Others may go on; without it a failure tells nobody."""
    player = started(task("a"), task("b"))
    minds = replace(WATCH, task_ids=("a", "b"), ends=("failed",))
    bears = replace(WATCH, task_ids=("a", "b"), task="bears")
    player.give(Watched(watch=minds), Watched(watch=bears))
    player.finish("a", outcome=FAILED)
    assert woken(player) == [minds]
    assert player.run.watchers == (bears,)
    player.give(Mark(task_ids=("a",), state=TaskState.SUCCESS))
    player.finish("b")
    assert woken(player) == [minds, bears]


def test_what_is_so_already_is_no_news() -> None:
    """Whoever waits looks after this."""
    player = started(task("a"))
    player.finish("a")
    assert player.give(Watched(watch=WATCH)).run is player.run
    player.give(Watched(watch=replace(WATCH, allowed=("failed",))))
    player.give(MarkRun(state=RunState.FAILED))
    assert len(woken(player)) == 1


def test_a_run_may_be_waited_for_to_begin() -> None:
    """Any state can be what is waited for."""
    player = Player(dag(task("a")), queued(dag(task("a"))))
    player.give(Watched(watch=replace(WATCH, allowed=("running",))))
    player.give(Start())
    assert len(woken(player)) == 1


def test_whoever_asks_again_renews_its_watch() -> None:
    """A later try takes the place of an earlier; what nobody has renewed goes."""
    later = replace(WATCH, try_number=2, until=NOON + 7200)
    other = replace(WATCH, task_ids=("a",))
    old = replace(WATCH, run_id="old", until=NOON - 1)
    assert joined((WATCH, old, other), later, NOON) == (other, later)


def test_a_new_run_takes_the_watches_that_waited_for_it() -> None:
    """By its date, or by its id; the others stay with the DAG."""
    run = queued(dag(task("a")))
    day = datetime(2024, 1, 1, tzinfo=UTC)
    by_date, by_id = replace(WATCH, awaited_date=day), replace(WATCH, awaited_run=run.run_id)
    stay = (replace(WATCH, awaited_date=day.replace(day=2)), replace(WATCH, awaited_run="x"))
    left, taken = handed_over(Dag(dag_id="d", version="v", watchers=(by_date, *stay, by_id)), run)
    assert left.watchers == stay
    assert taken.watchers == (WATCH, WATCH)
    assert handed_over(left, run) == (left, run)


@pytest.mark.parametrize("kind", [OutcomeKind.RESCHEDULE, OutcomeKind.DEFERRED])
def test_an_attempt_that_is_told_before_it_sleeps_looks_again_at_once(kind: OutcomeKind) -> None:
    """Once: the next time it sleeps as long as it wants. Told twice is told once."""
    player = started(task("wait"))
    heard = Heard(attempt=player.key("wait"))
    player.give(heard)
    assert player.give(heard).run is player.run
    outcome = replace(SLEEP, kind=kind)
    for not_before in (NOON, NOON + 600):
        player.finish("wait", outcome=outcome)
        command = player.commands[-1]
        assert isinstance(command, Enqueue)
        assert command.message.not_before == not_before
        assert player.run.heard == ()


def test_what_was_told_matters_no_more_once_the_task_has_ended_or_is_cleared() -> None:
    """Nothing of it is kept."""
    for event in (Clear(task_ids=("wait",)), Mark(task_ids=("wait",), state=TaskState.FAILED)):
        player = start(dag(task("wait"), task("other")))
        assert player.give(Heard(attempt=player.key("wait"))).run.heard == ("wait",)
        assert player.give(event).run.heard == ()


def test_who_does_not_look_hears_nothing() -> None:
    """A task that waits for its next try, or an attempt that nobody waits for."""
    player = started(task("a", retries=1), task("b"))
    stale = player.key("b")
    player.finish("a", outcome=FAILED)
    player.finish("b")
    assert player.give(Heard(attempt=player.key("a")), Heard(attempt=stale)).run is player.run
