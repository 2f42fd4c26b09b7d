"""What a DagSpec tells of its shape: what is below, what decides, what makes the run's state."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from brisa.model.spec import DagSpec
from brisa.model.states import Decides
from tests.engine.strategies import dags
from tests.support.builders import dag, task

FORK = dag(
    task("pick", decides=Decides.BRANCH),
    task("a", "pick"),
    task("b", "pick"),
    task("join", "a", "b"),
    task("clean", "join", is_teardown=True),
)
CIRCUIT = dag(
    task("gate", decides=Decides.CIRCUIT),
    task("a", "gate"),
    task("pick", "a", decides=Decides.BRANCH),
    task("b", "pick"),
    task("c", "b"),
    task("free"),
)


@pytest.mark.parametrize(
    ("spec", "given_ids", "below"),
    [
        (FORK, ["join"], {"clean"}),
        (FORK, ["a"], {"join", "clean"}),
        (FORK, ["a", "b"], {"join", "clean"}),
        (FORK, ["pick", "a"], {"a", "b", "join", "clean"}),
        (FORK, [], set()),
        (CIRCUIT, ["free"], set()),
        (CIRCUIT, ["gate"], {"a", "pick", "b", "c"}),
    ],
)
def test_closure_is_everything_below(spec: DagSpec, given_ids: list[str], below: set[str]) -> None:
    """All that is downstream, direct or not, without the tasks given unless they are below others given."""
    assert spec.closure(given_ids) == below


def test_direct_downstream_tasks_are_in_order() -> None:
    """Each task's direct downstream, in the order of the DAG."""
    assert FORK.downstream == {"pick": ("a", "b"), "a": ("join",), "b": ("join",), "join": ("clean",), "clean": ()}


@pytest.mark.parametrize(
    ("spec", "gates"),
    [
        (FORK, {"a": ("pick",), "b": ("pick",)}),
        (CIRCUIT, {"a": ("gate",), "pick": ("gate",), "b": ("gate", "pick"), "c": ("gate",)}),
    ],
)
def test_gates_are_branches_right_above_and_short_circuits_anywhere_above(
    spec: DagSpec, gates: dict[str, tuple[str, ...]]
) -> None:
    """A branch can skip what is right below it; a short circuit everything below."""
    assert spec.gates == gates


def test_gated_by_is_the_inverse_of_gates() -> None:
    """Each branch and short circuit knows the tasks that wait for its decision."""
    assert CIRCUIT.gated_by == {"gate": ("a", "pick", "b", "c"), "pick": ("b",)}


@pytest.mark.parametrize(
    ("spec", "leaves"),
    [
        (dag(task("a")), ("a",)),
        (dag(task("a"), task("b", "a")), ("b",)),
        (dag(task("a"), task("b", "a"), task("c", "a")), ("b", "c")),
        (FORK, ("join",)),
        (dag(task("a"), task("down", "a", is_teardown=True, on_failure_fail_dagrun=True)), ("down",)),
        (CIRCUIT, ("free", "c")),
        (dag(), ()),
    ],
)
def test_leaves_make_the_state_of_the_run(spec: DagSpec, leaves: tuple[str, ...]) -> None:
    """Tasks with nothing below but teardowns; a teardown only if its failure is to fail the run."""
    assert set(spec.leaves) == set(leaves)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(dags())
def test_the_tables_agree_with_each_other(spec: DagSpec) -> None:
    """Every edge is in both directions, gates are above what they gate, and a run always has a leaf."""
    for one in spec.tasks:
        assert all(one.task_id in spec.downstream[up] for up in one.upstream)
        assert all(one.task_id in spec.closure([gate]) for gate in spec.gates.get(one.task_id, ()))
    gated = {(task_id, gate) for gate, ids in spec.gated_by.items() for task_id in ids}
    assert gated == {(task_id, gate) for task_id, gates in spec.gates.items() for gate in gates}
    assert spec.leaves
