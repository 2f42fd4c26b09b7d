"""depends_on_past and wait_for_downstream, for one run that is told of the run before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.engine import past
from brisa.engine.retries import claim_grace
from brisa.model.codec import decode, encode
from brisa.model.events import Clear, Past, Start, Tick
from brisa.model.run import Outcome, Run
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import Decides, OutcomeKind, RunState
from tests.engine.oracle import answers
from tests.support.builders import FAILED, SKIPPED, SUCCESS, Player, dag, queued, start, task


def following(spec: DagSpec, behind: tuple[str, ...]) -> Player:
    """A started run whose predecessor has ``behind`` yet to get behind it."""
    player = Player(spec, replace(queued(spec), previous="r1", behind=behind))
    player.give(Start())
    return player


CHAIN = dag(task("a", depends_on_past=True), task("b", "a"), task("c", "b", depends_on_past=True))


def test_a_task_waits_for_itself_in_the_run_before() -> None:
    """It begins in the very moment in which the run before has it behind; what has no such wish goes on."""
    player = following(CHAIN, ("a", "c"))
    assert player.states() == {"a": "none", "b": "none", "c": "none"}
    assert player.sent() == []

    player.give(Past(behind=("c",)))
    assert player.states() == {"a": "queued", "b": "none", "c": "none"}
    player.finish("a")
    player.finish("b")
    assert player.states()["c"] == "none"

    player.give(Past(behind=()))
    player.finish("c")
    assert player.run.state is RunState.SUCCESS


def test_being_told_the_same_again_changes_nothing() -> None:
    """Late and repeated news is no news."""
    player = following(CHAIN, ("a",))
    player.give(Past(behind=()))
    before = player.run
    assert player.give(Past(behind=())).run is before


def test_the_sweep_looks_in_case_nobody_tells() -> None:
    """Ever more seldom, while a task waits for the run before; not at all for a task whose turn has not come."""
    player = following(CHAIN, ("a", "c"))
    assert player.run.next_check_at == player.now + claim_grace(0)
    player.now += claim_grace(0)
    player.give(Tick())
    assert player.run.next_check_at == player.now + claim_grace(1)
    assert decode(Run, encode(player.run)) == player.run

    player.give(Past(behind=("c",)))
    assert player.task("a").due_at == player.now + claim_grace(0)
    assert player.task("c").due_at is None


def test_skips_and_failures_above_do_not_wait_for_the_past() -> None:
    """As in Airflow: only a task that may run is held back."""
    player = following(dag(task("a"), task("b", "a", depends_on_past=True)), ("b",))
    player.finish("a", outcome=FAILED)
    assert player.states() == {"a": "failed", "b": "upstream_failed"}


def test_a_mapped_task_waits_as_one() -> None:
    """It is expanded once the run before has all of its instances behind it."""
    player = following(dag(task("a", mapped={"x": 2}, depends_on_past=True)), ("a",))
    assert player.states() == {"a": "none"}
    player.give(Past(behind=()))
    player.finish("a[0]", "a[1]")
    assert player.run.state is RunState.SUCCESS


def _ended(spec: DagSpec, **outcomes: Any) -> Run:
    player = start(spec)
    player.play(lambda key: outcomes.get(key.task_id, SUCCESS))
    return player.run


@pytest.mark.parametrize(
    ("outcomes", "behind"),
    [
        ({}, ()),
        ({"a": SKIPPED}, ()),
        ({"a": FAILED}, ("a", "c")),
        ({"b": FAILED}, ("c",)),
        ({"c": FAILED}, ("c",)),
    ],
)
def test_what_a_run_has_behind_it(outcomes: dict[str, Any], behind: tuple[str, ...]) -> None:
    """Success and skipped count, as in Airflow; only tasks that somebody waits for."""
    assert past.behind(_ended(CHAIN, **outcomes), CHAIN, CHAIN) == behind


def test_wait_for_downstream_waits_for_what_is_directly_below_too() -> None:
    """A failure right below the task in the run before holds it back; one further below does not."""
    spec = dag(task("a", wait_for_downstream=True, depends_on_past=True), task("b", "a"), task("c", "b"))
    assert past.behind(_ended(spec, b=FAILED), spec, spec) == ("b",)
    assert past.behind(_ended(spec, c=FAILED), spec, spec) == ()
    player = following(spec, ("b",))
    assert player.states() == {"a": "none", "b": "none", "c": "none"}
    player.give(Past(behind=()))
    assert player.sent() == ["a"]


def test_what_the_run_before_did_not_have_is_not_waited_for() -> None:
    """A task that is new, or that had not begun by then, begins."""
    older = dag(task("b"))
    assert past.behind(_ended(older, b=FAILED), older, CHAIN) == ()


def test_a_cleared_task_waits_again() -> None:
    """Clearing the run before makes a task that has not begun wait; one that has ended stays."""
    player = following(CHAIN, ())
    player.give(Past(behind=("c",)), Clear(task_ids=("a",)))
    player.finish("a")
    player.finish("b")
    assert player.states() == {"a": "success", "b": "success", "c": "none"}


CHOOSES = Outcome(kind=OutcomeKind.SUCCESS, follow=("other",))
CUTS = Outcome(kind=OutcomeKind.SUCCESS, circuit="all")


@pytest.mark.parametrize(
    ("above", "outcome", "rule"),
    [
        ([task("s")], SKIPPED, "all_success"),
        ([task("s", decides=Decides.BRANCH), task("other", "s", empty=True)], CHOOSES, "all_success"),
        ([task("s", decides=Decides.CIRCUIT)], CUTS, "all_done"),
        ([task("s", decides=Decides.CIRCUIT), task("between", "s")], CUTS, "all_done"),
    ],
    ids=["trigger rule", "branch", "short circuit", "short circuit further above"],
)
@pytest.mark.parametrize("waits", [True, False])
def test_a_skip_waits_for_the_past_if_the_task_says_so(
    above: list[TaskSpec], outcome: Outcome, rule: str, waits: bool
) -> None:
    """As Airflow's documentation has it; without the flag it skips at once (tests/oracle/past.json)."""
    t = task("t", above[-1].task_id if len(above) == 2 and outcome is CUTS else "s", rule=rule)
    t = replace(t, depends_on_past=True, wait_for_past_depends_before_skipping=waits)
    player = following(dag(*above, t), ("t",))
    player.finish("s", outcome=outcome)
    assert player.states()["t"] == ("none" if waits else "skipped")
    assert (player.run.state, player.task("t").due_at is None) == (
        (RunState.RUNNING, False) if waits else (RunState.SUCCESS, True)
    )

    player.give(Past(behind=()))
    assert (player.states()["t"], player.run.state) == ("skipped", RunState.SUCCESS)
    assert player.sent() == ["s"]


@pytest.mark.parametrize("row", answers("past", "skipping"), ids=lambda row: row["name"])
def test_where_airflow_does_not_keep_its_word_it_is_kept(row: dict[str, Any]) -> None:
    """Airflow's scheduler heeds the flag nowhere (https://github.com/apache/airflow/issues/55146)."""
    t = task("t", "above", depends_on_past=True, wait_for_past_depends_before_skipping=row["waits"])
    player = following(dag(task("above"), t), () if row["before"] == "success" else ("t",))
    player.finish("above", outcome=SKIPPED)
    kept = row["waits"] and row["before"] != "success"
    assert player.states()["t"] == ("none" if kept else row["state"])


def test_a_task_that_is_new_may_mind_that_it_was_not_there() -> None:
    """It waits for itself in a run that does not have it; one that has begun later does so only without catchup."""
    older, minds = dag(task("b")), task("a", depends_on_past=True, ignore_first_depends_on_past=False)
    assert past.behind(_ended(older), older, dag(task("b"), minds)) == ("a",)
    later = replace(minds, start_date=datetime(2024, 1, 2, tzinfo=UTC))
    assert past.behind(_ended(older), older, dag(task("b"), later)) == ("a",)
    assert past.behind(_ended(older), older, dag(task("b"), later, catchup=True)) == ()
