"""When a task runs: each rule against each combination of upstream states, compared with Airflow's own answers."""

from __future__ import annotations

from itertools import combinations_with_replacement as multisets
from typing import Any

import pytest

from brisa.engine.trigger_rules import RULES, Upstream, Verdict, judge
from brisa.model.run import Outcome
from brisa.model.states import TaskState, TriggerRule
from tests.engine.oracle import answers
from tests.support.builders import FAILED, SKIPPED, SUCCESS, Player, started, task

ENDS = (TaskState.SUCCESS, TaskState.FAILED, TaskState.SKIPPED, TaskState.UPSTREAM_FAILED)
STATES = {state.value: state for state in TaskState}
AS_AIRFLOW_SAYS = {
    Verdict.RUN: "runs",
    Verdict.WAIT: "waits",
    Verdict.SKIP: "skipped",
    Verdict.BLOCK: "upstream_failed",
}


def verdict(rule: str, upstream: list[str | None]) -> str:
    """What brisa says, in the words of the recorded tables; ``None`` is a task that runs."""
    states = [STATES[state] if state else TaskState.RUNNING for state in upstream]
    return AS_AIRFLOW_SAYS[judge(TriggerRule(rule), Upstream.of(states))]


def name_of(row: dict[str, Any]) -> str:
    return f"{row['rule']}-{'+'.join(str(state) for state in row['upstream']) or 'nothing'}"


def all_pass(rule: str) -> Player:
    return started(task("a"), task("b"), task("join", "a", "b", rule=rule))


@pytest.mark.parametrize("row", answers("trigger_rules"), ids=name_of)
def test_rules_answer_as_airflow_does(row: dict[str, Any]) -> None:
    """Once all tasks above have ended, a task runs, is skipped or is upstream_failed exactly as in Airflow."""
    mine = verdict(row["rule"], row["upstream"])

    assert (mine if mine != "runs" else "success") == row["state"]


@pytest.mark.parametrize("row", answers("trigger_rules", "early"), ids=name_of)
def test_rules_answer_early_as_airflow_does(row: dict[str, Any]) -> None:
    """While a task above still runs, brisa says what Airflow says, save that a skip waits where a failure may come."""
    mine = verdict(row["rule"], row["upstream"])

    if row["rule"] == "all_success" and row["decision"] == "skipped":
        assert mine == "waits"
    else:
        assert mine == row["decision"]


@pytest.mark.parametrize("rule", list(TriggerRule))
def test_no_later_end_changes_an_early_answer(rule: TriggerRule) -> None:
    """What a rule says before all tasks above have ended stays true however the others end: order can't matter."""
    for size in (1, 2, 3):
        for known in (states for n in range(size) for states in multisets(ENDS, n)):
            early = judge(rule, Upstream.of([*known, *[TaskState.RUNNING] * (size - len(known))]))
            if early is Verdict.WAIT:
                continue
            for rest in multisets(ENDS, size - len(known)):
                assert judge(rule, Upstream.of([*known, *rest])) is early, (known, rest)


@pytest.mark.parametrize("rule", list(TriggerRule))
def test_every_rule_decides_in_the_end(rule: TriggerRule) -> None:
    """Once all above has ended, no rule goes on waiting: a run can't get stuck."""
    for states in (states for n in (0, 1, 2, 3) for states in multisets([*ENDS, TaskState.REMOVED], n)):
        assert judge(rule, Upstream.of(states)) is not Verdict.WAIT, states


def test_every_rule_has_its_function() -> None:
    """The table of rules is complete, and a task with nothing above it runs whatever its rule."""
    assert set(RULES) == set(TriggerRule)
    assert {judge(rule, Upstream()) for rule in TriggerRule} == {Verdict.RUN}


@pytest.mark.parametrize(
    ("old", "new"), [("none_failed_or_skipped", "none_failed_min_one_success"), ("dummy", "always")]
)
def test_old_names_of_rules_are_known(old: str, new: str) -> None:
    """DAG files written for older Airflows name two rules differently."""
    assert TriggerRule(old) is TriggerRule(new)


def test_a_join_starts_as_soon_as_its_rule_is_met() -> None:
    """one_success starts at the first success; all_success waits for the second."""
    eager, patient = all_pass("one_success"), all_pass("all_success")

    eager.finish("a")
    patient.finish("a")

    assert eager.states()["join"] == "queued"
    assert patient.states()["join"] == "none"


@pytest.mark.parametrize(
    ("setups", "end"),
    [
        ((SUCCESS,), "queued"),
        ((FAILED,), "upstream_failed"),
        ((SKIPPED,), "skipped"),
        ((FAILED, SKIPPED), "upstream_failed"),
        ((FAILED, SUCCESS), "queued"),
        ((), "queued"),
    ],
)
def test_a_teardown_runs_if_one_of_its_setups_succeeded(setups: tuple[Outcome, ...], end: str) -> None:
    """What no setup made needs no teardown, however the work ended; without setups all_done is enough."""
    ids = [f"setup{i}" for i in range(len(setups))]
    made = [task(one, is_setup=True) for one in ids]
    player = started(*made, task("work"), task("end", "work", *ids, rule="all_done_setup_success"))

    for one, outcome in zip(ids, setups, strict=True):
        player.finish(one, outcome=outcome)
    player.finish("work", outcome=FAILED)

    assert player.states()["end"] == end
