"""Branches, short circuits, skips and failures: whole small DAGs, compared with the final states in Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from brisa.engine.skips import skipped_by
from brisa.model.run import AttemptKey, Outcome
from brisa.model.spec import TaskSpec
from brisa.model.states import Decides, OutcomeKind
from tests.engine.oracle import answers
from tests.support.builders import FAILED, SKIPPED, SUCCESS, Player, chain, dag, start, started, task

DECIDES = {"branch": Decides.BRANCH, "short_circuit": Decides.CIRCUIT}
RATHER = {
    "order/all_success_skip_known_a_round_before_failure": (
        "failed",
        {"f": "failed", "join": "upstream_failed", "ok": "success", "s": "skipped"},
    ),
    "short_circuit/False/ignore=True/join=always": (
        "success",
        {
            "before": "success",
            "gate": "success",
            "side": "success",
            "join": "success",
            **dict.fromkeys(("a", "b", "after"), "skipped"),
        },
    ),
}
"""Where brisa differs on purpose: Airflow's answer depends on which upstream task ends first, brisa's does not.

The first: with a skipped and a failed task above it a task is upstream_failed, as in Airflow where both are known at
once; Airflow skips it if the skip is seen first, and so does brisa where nothing else is possible. The second: what is
below a short circuit waits for it, even if the task right above has the rule ``always`` and ran long before; Airflow 3
starts it beside the short circuit, Airflow 2 skips it.
"""


def tasks_of(row: dict[str, Any]) -> list[TaskSpec]:
    above: dict[str, list[str]] = {one["id"]: [] for one in row["tasks"]}
    for up, down in row["edges"]:
        above[down].append(up)
    return [
        task(
            one["id"],
            *above[one["id"]],
            rule=one["trigger_rule"],
            empty=one["kind"] == "empty",
            decides=DECIDES.get(one["kind"], Decides.NOTHING),
            group_id=one.get("group", ""),
        )
        for one in row["tasks"]
    ]


def followed(row: dict[str, Any], returned: object) -> tuple[str, ...] | None:
    """The ids that a branch's answer means (a group means the tasks it begins with); ``None`` for no valid answer."""
    ids = {one["id"] for one in row["tasks"]}
    groups: dict[str, list[str]] = {one["group"]: [] for one in row["tasks"] if "group" in one}
    inner = {down for up, down in row["edges"] if up.split(".")[0] in groups and "." in up}
    for one in row["tasks"]:
        if "group" in one and one["id"] not in inner:
            groups[one["group"]].append(one["id"])
    chosen = [] if returned is None else [returned] if isinstance(returned, str) else returned
    if not isinstance(chosen, list | dict) or not all(one in ids or one in groups for one in chosen):
        return None
    return tuple(task_id for one in chosen for task_id in groups.get(one, [one]))


def outcome_of(row: dict[str, Any], task_id: str) -> Outcome:
    """What the operator's attempt would report."""
    (one,) = (one for one in row["tasks"] if one["id"] == task_id)
    match one["kind"]:
        case "python_fail":
            return FAILED
        case "python_skip":
            return SKIPPED
        case "branch":
            follow = followed(row, one["returns"])
            return FAILED if follow is None else Outcome(kind=OutcomeKind.SUCCESS, follow=follow)
        case "short_circuit" if not one["returns"]:
            return Outcome(
                kind=OutcomeKind.SUCCESS, circuit="all" if one["ignore_downstream_trigger_rules"] else "direct"
            )
        case _:
            return SUCCESS


@pytest.mark.parametrize("row", answers("branching", "scenarios"), ids=lambda row: row["name"])
def test_scenarios_end_as_in_airflow(row: dict[str, Any]) -> None:
    """A whole DAG, played to its end, leaves every task and the run in the states that Airflow gives."""
    player = start(dag(*tasks_of(row)))

    player.play(lambda key: outcome_of(row, key.task_id))

    end = player.run.state.value, player.states()
    airflows = [(row["run_state"], row["states"])]
    airflows += [(also["run_state"], also["states"]) for also in row.get("race_also_seen", [])]
    if row["name"] in RATHER:
        assert end == RATHER[row["name"]]
        assert end not in airflows, "no difference any more: take it off the list"
    else:
        assert end in airflows


# --- what a decision skips -------------------------------------------------------------------------------------------

FORK = dag(
    task("pick", decides=Decides.BRANCH),
    task("a", "pick"),
    task("b", "pick"),
    task("join", "a", "b", "pick"),
    task("clean", "pick", is_teardown=True),
)


@pytest.mark.parametrize(
    ("outcome", "skipped"),
    [
        (Outcome(kind=OutcomeKind.SUCCESS), ()),
        (Outcome(kind=OutcomeKind.SUCCESS, follow=()), ("a", "b", "join")),
        (Outcome(kind=OutcomeKind.SUCCESS, follow=("a",)), ("b",)),
        (Outcome(kind=OutcomeKind.SUCCESS, follow=("join",)), ("a", "b")),
        (Outcome(kind=OutcomeKind.SUCCESS, follow=("a", "b")), ()),
        (Outcome(kind=OutcomeKind.SUCCESS, follow=("nowhere",)), ("a", "b", "join")),
        (Outcome(kind=OutcomeKind.SUCCESS, circuit="direct"), ("a", "b", "join")),
        (Outcome(kind=OutcomeKind.SUCCESS, circuit="all"), ("a", "b", "join")),
    ],
    ids=str,
)
def test_a_decision_skips_what_it_does_not_lead_to(outcome: Outcome, skipped: tuple[str, ...]) -> None:
    """A branch skips what it does not follow, save what lies below what it follows; teardowns are never skipped."""
    assert skipped_by(FORK, "pick", outcome, lambda task_id: [task_id]) == skipped


@pytest.mark.parametrize(("circuit", "deep"), [("direct", "success"), ("all", "skipped")])
def test_a_short_circuit_skips_all_below_or_leaves_it_to_the_rules(circuit: str, deep: str) -> None:
    """ignore_downstream_trigger_rules skips all below; without it a task two steps down follows its own rule."""
    player = started(
        task("gate", decides=Decides.CIRCUIT), task("a", "gate"), task("deep", "a", rule="all_done"), task("side")
    )

    player.finish("gate", outcome=Outcome(kind=OutcomeKind.SUCCESS, circuit=circuit))
    player.play()

    assert player.states() == {"gate": "success", "side": "success", "a": "skipped", "deep": deep}


def test_a_short_circuit_that_passes_skips_nothing() -> None:
    """A short circuit whose condition holds is an ordinary success."""
    player = started(task("gate", decides=Decides.CIRCUIT), task("a", "gate"), task("b", "a"))

    player.play()

    assert set(player.states().values()) == {"success"}


def test_a_task_waits_for_every_branch_that_may_skip_it() -> None:
    """A one_success join does not race with the branch above it: it is held until the branch has decided."""
    player = started(
        task("pick", decides=Decides.BRANCH), task("other"), task("t", "pick", "other", rule="one_success")
    )

    player.finish("other")
    assert player.states()["t"] == "none"

    player.finish("pick", outcome=Outcome(kind=OutcomeKind.SUCCESS, follow=()))
    assert player.states()["t"] == "skipped"


def test_a_task_waits_for_a_short_circuit_far_above_it() -> None:
    """A short circuit may skip everything below it, so what is below it, direct or not, is held until it decides."""
    player = started(
        task("gate", decides=Decides.CIRCUIT),
        task("a", "gate"),
        task("bad"),
        task("alert", "a", "bad", rule="one_failed"),
    )

    player.finish("bad", outcome=FAILED)
    assert player.states()["alert"] == "none"

    player.finish("gate")
    assert player.states()["alert"] == "queued"


# --- depth -----------------------------------------------------------------------------------------------------------


def cascade(**more: Any) -> Player:
    return start(chain(2_000, **more))


def test_a_cascade_of_2000_failures_is_one_advance() -> None:
    """When the first of 2,000 tasks in a row fails, all others are upstream_failed and the run has failed, at once."""
    player = cascade()

    decision = player.finish("t0", outcome=FAILED)

    assert player.states() == {"t0": "failed", **{f"t{i}": "upstream_failed" for i in range(1, 2_000)}}
    assert [type(command).__name__ for command in decision.commands] == ["RunEnded"]
    assert player.run.state == "failed"


def test_a_cascade_of_2000_skips_is_one_advance() -> None:
    """When the first of 2,000 tasks in a row is skipped, so are all others, and the run is a success."""
    player = cascade()

    player.finish("t0", outcome=SKIPPED)

    assert set(player.states().values()) == {"skipped"}
    assert player.run.state == "success"


def test_a_chain_of_2000_empty_tasks_is_one_advance() -> None:
    """Tasks with nothing to run are completed inside the engine: no message, however many there are."""
    player = cascade(empty=True)

    player.finish("t0")

    assert set(player.states().values()) == {"success"}
    assert player.sent() == ["t0"]


def test_a_short_circuit_above_2000_tasks_is_one_advance() -> None:
    """A short circuit at the head of 2,000 tasks skips them in one advance, whatever their rules."""
    spec = chain(2_000, rule="all_done")
    gate = task("t0", decides=Decides.CIRCUIT)
    player = start(type(spec)(dag_id="d", tasks=(gate, *spec.tasks[1:])))

    player.finish("t0", outcome=Outcome(kind=OutcomeKind.SUCCESS, circuit="all"))

    assert player.states() == {"t0": "success", **{f"t{i}": "skipped" for i in range(1, 2_000)}}


def test_the_wrong_task_cannot_choose() -> None:
    """A choice in the outcome of a task that is no branch, for which nobody waited, skips as told: no one is stuck."""
    player = started(task("plain"), task("a", "plain"), task("b", "plain"))

    def choose(key: AttemptKey) -> Outcome:
        return Outcome(kind=OutcomeKind.SUCCESS, follow=("a",)) if key.task_id == "plain" else SUCCESS

    player.play(choose)

    assert player.states() == {"plain": "success", "a": "success", "b": "skipped"}
