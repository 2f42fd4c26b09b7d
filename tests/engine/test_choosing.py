"""Which task instances are meant: the rows for setups and teardowns are those of Airflow 3.3.2."""

from __future__ import annotations

import pytest

from brisa.engine.choosing import chosen, related
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind, TaskState
from tests.support.builders import FAILED, SUCCESS, dag, start, started, task

SPEC = dag(
    task("setup", is_setup=True),
    task("w1", "setup"),
    task("w2", "w1"),
    task("td", "w2", "setup", is_teardown=True),
    task("after", "td"),
    task("setup2", is_setup=True),
    task("x", "setup2"),
    task("y", "x"),
    task("a"),
    task("b", "a"),
    task("c", "b"),
)


@pytest.mark.parametrize(
    ("task_id", "neither", "upstream", "downstream"),
    [
        ("w1", "setup td w1", "setup td w1", "after setup td w1 w2"),
        ("w2", "setup td w2", "setup td w1 w2", "after setup td w2"),
        ("setup", "setup td", "setup td", "after setup td w1 w2"),
        ("td", "td", "setup td w1 w2", "after td"),
        ("after", "after", "after setup td w1 w2", "after"),
        ("x", "setup2 x", "setup2 x", "setup2 x y"),
        ("y", "setup2 y", "setup2 x y", "setup2 y"),
        ("a", "a", "a", "a b c"),
        ("b", "b", "a b", "b c"),
        ("c", "c", "a b c", "c"),
    ],
)
def test_what_is_around_a_task(task_id: str, neither: str, upstream: str, downstream: str) -> None:
    """Above, below, and the setups that it needs, with their teardowns."""
    assert sorted(related(SPEC, [task_id])) == neither.split()
    assert sorted(related(SPEC, [task_id], upstream=True)) == upstream.split()
    assert sorted(related(SPEC, [task_id], downstream=True)) == downstream.split()
    both = sorted(related(SPEC, [task_id], upstream=True, downstream=True))
    assert set(both) == set(upstream.split()) | set(downstream.split())


def test_instances_in_some_state() -> None:
    """Of those around the task, the ones that are wanted; in topological order, unknown ids left out."""
    player = started(task("a"), task("b", "a"), task("c", "b"))
    player.play(lambda key: FAILED if key.task_id == "b" else SUCCESS)
    run, spec = player.run, player.spec
    assert chosen(run, spec, ["a", "nobody"], downstream=True) == ("a", "b", "c")
    assert chosen(run, spec, ["a"], downstream=True, wanted=lambda state: state.failure) == ("b", "c")
    assert chosen(run, spec, ["c"], wanted=lambda state: state is TaskState.RUNNING) == ()


def test_instances_of_mapped_tasks() -> None:
    """All of them are the task itself, to be expanded anew; some are named one by one, and map indexes choose."""
    spec = dag(task("m", mapped={"x": 3}), task("d", "m"))
    player = start(spec)
    player.give(player.finished("m[0]"), player.finished("m[1]", FAILED), player.finished("m[2]"))
    run = player.run
    assert chosen(run, spec, ["m"]) == ("m",)
    assert chosen(run, spec, ["m"], downstream=True, map_indexes=[0, 2]) == ("m[0]", "m[2]", "d")
    assert chosen(run, spec, ["m", "d"], wanted=lambda state: state.failure) == ("m[1]", "d")
    assert chosen(run, spec, ["m"], map_indexes=[7]) == ()
    fresh = start(dag(task("n"), task("m", "n", mapped={"x": "n"})))
    assert chosen(fresh.run, fresh.spec, ["m"]) == ("m",)
    fresh.give(fresh.finished("n", Outcome(kind=OutcomeKind.SUCCESS, length=2)))
    assert chosen(fresh.run, fresh.spec, ["m"], map_indexes=[1]) == ("m[1]",)
