"""Why a task does not run yet: one reason for each rule that holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from brisa.engine.reasons import reasons
from brisa.model.events import Granted, Past
from brisa.model.states import Decides
from tests.support.builders import NOON, Player, dag, queued, start, started, task


def held(player: Player, name: str, *, paused: bool = False) -> list[str]:
    """The names of what holds a task."""
    return [reason.name for reason in reasons(player.run, player.spec, name, paused=paused, now=NOON)]


NONE, RULE = "Task Instance State", "Trigger Rule"


def queued_only() -> Player:
    spec = dag(task("a"))
    return Player(spec, queued(spec))


def waiting() -> Player:
    return started(task("a"), task("b", "a"), task("c", "a", "b", rule="all_done"))


def behind() -> Player:
    player = started(task("z"), task("a", "z", depends_on_past=True))
    player.give(Past(behind=("a",)))
    player.finish("z")
    return player


def crowded() -> Player:
    return start(dag(task("a"), task("b"), max_active_tasks=1))


def pooled() -> Player:
    return start(dag(task("a", pool="p", pool_slots=2)))


def of_all_runs() -> Player:
    return start(dag(task("a", max_active_tis_per_dag=1)))


def mapped() -> Player:
    return started(task("a", feeds_map=True), task("m", "a", mapped={"x": "a"}))


def branched() -> Player:
    return started(task("a", decides=Decides.CIRCUIT), task("b", "a"), task("c", "b"))


@pytest.mark.parametrize(
    ("make", "name", "names"),
    [
        (queued_only, "a", ["Dagrun Running", NONE]),
        (waiting, "a", []),
        (waiting, "b", [NONE, RULE]),
        (waiting, "c", [NONE, RULE]),
        (behind, "a", ["Previous Dagrun State", NONE]),
        (crowded, "a", []),
        (crowded, "b", ["Task Instance Slots Available"]),
        (pooled, "a", ["Pool Slots Available"]),
        (of_all_runs, "a", ["Task Concurrency"]),
        (mapped, "m", ["Mapped dependencies have succeeded", NONE]),
        (branched, "c", ["Not Previously Skipped", NONE, RULE]),
    ],
)
def test_what_holds_a_task(make: Callable[[], Player], name: str, names: list[str]) -> None:
    """Each rule by the name that Airflow's API has for it, sorted; nothing once an attempt is awaited."""
    assert held(make(), name) == names


def test_the_text_names_what_is_waited_for() -> None:
    """And no more than a few."""
    many = started(*(task(f"t{number}") for number in range(30)), task("end", *(f"t{number}" for number in range(30))))
    text = reasons(many.run, many.spec, "end", paused=False, now=NOON)[1].text
    assert (text.count("'t"), text.endswith("and 20 more.")) == (10, True)


def test_a_paused_dag_holds_runs_that_have_not_begun() -> None:
    """One that runs goes on."""
    assert held(queued_only(), "a", paused=True) == ["Dag Not Paused", "Dagrun Running", NONE]
    assert held(waiting(), "b", paused=True) == [NONE, RULE]


def test_nothing_holds_what_has_its_slots() -> None:
    """It has been sent."""
    player = pooled()
    player.give(Granted(attempt=player.key("a"), pool="p"))
    assert (player.states(), held(player, "a")) == ({"a": "queued"}, [])


def test_asking_changes_nothing() -> None:
    """The run is as it was."""
    player = waiting()
    before = replace(player.run)
    held(player, "c")
    assert player.run == before
