"""Asset events in the engine: made with a success, remembered until they are known, made known again if not."""

from __future__ import annotations

from brisa.engine.advance import advance
from brisa.engine.announcing import GRACE
from brisa.model.asset import AssetUpdate
from brisa.model.events import Announce, Announced, Clear, Tick
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind, RunState
from tests.support.builders import Player, started, task

UPDATES = (AssetUpdate(uri="x", name="X", extra={"rows": 1}), AssetUpdate(uri="y", aliases=("z",)))
MAKES = Outcome(kind=OutcomeKind.SUCCESS, assets=UPDATES)


def announced(player: Player) -> list[Announce]:
    """All commands to make events known."""
    return [command for command in player.commands if isinstance(command, Announce)]


def test_a_success_makes_events_that_the_run_remembers() -> None:
    """In the same decision: the events with their source, and when the sweep must look."""
    player = started(task("t"))
    player.finish("t", outcome=MAKES)
    (command,) = announced(player)
    x, y = command.made
    assert (x.uri, x.name, x.extra, x.aliases, x.timestamp) == ("x", "X", {"rows": 1}, (), player.now)
    assert (y.uri, y.aliases, y.source_dag_id, y.source_run_id, y.source_task_id) == (
        "y", ("z",), "d", "manual__1", "t",
    )  # fmt: skip
    assert x.logical_date == x.data_interval_start == player.run.logical_date
    assert player.run.state is RunState.SUCCESS
    assert player.run.announcing == tuple(sorted([x.event_id, y.event_id]))
    assert player.run.next_check_at == player.now + GRACE


def test_what_is_late_or_repeated_makes_nothing() -> None:
    """One success, one set of events, whatever is delivered again."""
    player = started(task("t"), task("after", "t"))
    finished = player.finished("t", MAKES)
    player.give(finished, finished)
    player.give(finished)
    assert len(announced(player)) == 1
    assert len(player.run.announcing) == 2


def test_events_that_nobody_made_known_are_made_known_again() -> None:
    """Not before their time; then once for each grace time."""
    player = started(task("t"))
    player.finish("t", outcome=MAKES)
    player.now += GRACE - 1
    assert not player.give(Tick()).commands
    player.now += 1
    (command,) = player.give(Tick()).commands
    assert command == Announce(run=player.run.key)
    assert player.run.next_check_at == player.now + GRACE
    assert not player.give(Tick()).commands


def test_events_that_are_known_are_forgotten() -> None:
    """Some of them, then all; what is unknown, or known already, changes nothing."""
    player = started(task("t"))
    player.finish("t", outcome=MAKES)
    first, second = player.run.announcing
    player.give(Announced(event_ids=("other", first)))
    assert list(player.run.announcing) == [second]
    assert player.run.next_check_at is not None
    player.give(Announced(event_ids=(first, second)))
    assert not player.run.announcing
    assert [player.run.announce_by, player.run.next_check_at] == [None, None]
    decision = advance(player.run, player.spec, [Announced(event_ids=(second,))], player.now)
    assert not decision.changed(player.run)


def test_a_cleared_task_makes_new_events() -> None:
    """It runs in a new generation, as in Airflow; those of the old one are still made known."""
    player = started(task("t"))
    player.finish("t", outcome=MAKES)
    player.give(Clear(task_ids=("t",)))
    player.finish("t", outcome=MAKES)
    assert len(set(player.run.announcing)) == 4


def test_events_do_not_depend_on_the_order_in_which_tasks_end() -> None:
    """Two tasks, in one batch or the other way round: the same run."""
    runs = []
    for order in ("ab", "ba"):
        player = started(task("a"), task("b"))
        player.give(*(player.finished(name, MAKES) for name in order))
        runs.append(player.run)
    assert runs[0] == runs[1]
