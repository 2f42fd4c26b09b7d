"""Setups and teardowns: marks, scopes, and what they mean for groups; edges as Airflow 3.3 sets them."""

import pytest

from brisa.authoring.compile import to_spec
from brisa.authoring.task_group import TaskGroup
from brisa.errors import AuthoringError
from brisa.model.states import TriggerRule
from tests.authoring.tools import Task, a_dag, edges, tasks


def test_a_teardown_of_setups():
    """``as_teardown(setups=…)`` marks both sides and joins them."""
    with a_dag() as dag:
        s, w, t = tasks("s", "w", "t")
        s >> w >> t.as_teardown(setups=s)
    assert edges(dag) == ["s>t", "s>w", "w>t"]
    assert (s.is_setup, t.is_teardown, t.trigger_rule) == (True, True, TriggerRule.ALL_DONE_SETUP_SUCCESS)
    spec = to_spec(dag)
    assert (spec.by_id["s"].is_setup, spec.by_id["t"].is_teardown) == (True, True)
    assert spec.leaves == ("w",)


WITH = {
    "as_teardown(setups)": lambda s, t: t.as_teardown(setups=s),
    "setup >> teardown": lambda s, t: s.as_setup() >> t.as_teardown(),
    "as XComArgs": lambda s, t: t.output.as_teardown(setups=[s.output]),
}


@pytest.mark.parametrize("teardown_of", WITH.values(), ids=WITH)
def test_work_inside_a_scope(teardown_of):
    """The first tasks made inside come after the setup, the last before the teardown."""
    with a_dag() as dag:
        s, t, outside = tasks("s", "t", "outside")
        with teardown_of(s, t):
            x, y, _ = tasks("x", "y", "z")
            x >> y
        outside >> s
    assert edges(dag) == ["outside>s", "s>t", "s>x", "s>z", "x>y", "y>t", "z>t"]


def test_a_scope_on_the_setup():
    """``with setup:`` does the same for a setup that is joined to its teardown."""
    with a_dag() as dag:
        s, t = tasks("s", "t")
        s >> t.as_teardown(setups=s)
        with s:
            tasks("x")
    assert edges(dag) == ["s>t", "s>x", "x>t"]


def test_a_scope_in_a_scope():
    """The inner setup comes after the outer one, the inner teardown before the outer one; work stays with its own."""
    with a_dag() as dag:
        s, t, inner_s, inner_t = tasks("s", "t", "inner_s", "inner_t")
        with t.as_teardown(setups=s):
            tasks("x")
            with inner_t.as_teardown(setups=inner_s):
                tasks("y")
    assert edges(dag) == ["inner_s>inner_t", "inner_s>y", "inner_t>t", "s>inner_s", "s>t", "s>x", "x>t", "y>inner_t"]


def test_setups_and_teardowns_made_inside_a_scope():
    """They are not the scope's work, so only what surrounds them is joined: as in Airflow's own example."""
    with a_dag() as dag:
        s, t = tasks("s", "t")
        with t.as_teardown(setups=s):
            inner_s, w, inner_t = tasks("inner_s", "w", "inner_t")
            inner_s >> w >> inner_t.as_teardown(setups=inner_s)
    assert edges(dag) == ["inner_s>inner_t", "inner_s>w", "s>t", "s>w", "w>inner_t", "w>t"]


def test_a_group_is_not_finished_by_its_teardown():
    """What comes after a group waits for its work, not for its teardown."""
    with a_dag() as dag:
        with TaskGroup("g") as g:
            s, w, t = tasks("s", "w", "t")
            s >> w >> t.as_teardown(setups=s)
        a, b = tasks("a", "b")
        a >> g >> b
    assert edges(dag) == ["a>g.s", "g.s>g.t", "g.s>g.w", "g.w>b", "g.w>g.t"]


def test_mistakes():
    """``with`` needs a teardown; its rule is not to be chosen; a setup is followed by plain rules."""
    with a_dag():
        plain, ruled = Task(task_id="a"), Task(task_id="b", trigger_rule="all_done")
        with pytest.raises(AuthoringError, match="'a' is neither; call as_teardown"):
            plain.__enter__()
        with pytest.raises(AuthoringError, match="trigger rule can't be chosen"):
            ruled.as_teardown()
    with a_dag() as dag:
        s, w = Task(task_id="s").as_setup(), Task(task_id="w", trigger_rule="all_done")
        s >> w
    with pytest.raises(AuthoringError, match=r"below a setup \('s'\) must have the trigger rule all_success"):
        to_spec(dag)
