"""A run has the tasks between whose dates its own lies. The tables are Airflow 2.11.2's and 3.3.2's answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brisa.engine.dates import left_out
from brisa.model.events import Clear, Mark, MarkRun, RunEnded, Tick
from brisa.model.run import Outcome
from brisa.model.spec import DagSpec
from brisa.model.states import Decides, OutcomeKind, RunState, TaskState
from tests.support.builders import FAILED, SUCCESS, dag, queued, start, started, task

DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""The runs' logical date."""
LATER, EARLIER = DAY + timedelta(days=1), DAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("of_dag", "of_task", "out"),
    [
        ({}, {}, ""),
        ({"start_date": EARLIER, "end_date": LATER}, {}, ""),
        ({"start_date": DAY, "end_date": DAY}, {}, ""),
        ({"start_date": LATER}, {}, "ab"),
        ({"end_date": EARLIER}, {}, "ab"),
        ({"start_date": EARLIER}, {"start_date": LATER}, "a"),
        ({"start_date": EARLIER}, {"start_date": DAY}, ""),
        ({"start_date": EARLIER}, {"end_date": EARLIER}, "a"),
        ({"start_date": LATER}, {"start_date": EARLIER}, "ab"),
    ],
)
def test_which_tasks_a_run_has(of_dag, of_task, out):
    """A date itself is within; a task is never there when its DAG is not."""
    spec = dag(task("a", **of_task), task("b"), **of_dag)
    assert left_out(spec, DAY) == frozenset(out)
    assert left_out(spec, None) == frozenset()


def test_a_run_before_the_start_date_has_no_tasks():
    """It is a success at once, and its callbacks are called."""
    player = started(task("a"), task("b", "a"), start_date=LATER, callbacks=("on_success_callback",))
    assert player.run.state is RunState.SUCCESS
    assert player.states() == {"a": "none", "b": "none"}
    assert player.sent() == ["@callbacks"]
    assert sum(isinstance(command, RunEnded) for command in player.commands) == 1


OUT: dict[str, Any] = {"start_date": LATER}
RULES = {
    "all_success": "none",
    "all_done": "none",
    "one_success": "success",
    "one_done": "success",
    "none_failed": "none",
    "none_failed_min_one_success": "none",
    "none_skipped": "none",
    "one_failed": "none",
    "all_failed": "skipped",
    "all_skipped": "skipped",
    "always": "success",
}


@pytest.mark.parametrize(("rule", "state"), RULES.items())
def test_what_is_below_waits_in_vain(rule, state):
    """A task that is left out has not ended; a run in which nothing can happen any more has failed."""
    player = started(task("x", **OUT), task("a"), task("r", "a", "x", rule=rule)).play()
    assert player.states() == {"x": "none", "a": "success", "r": state}
    assert player.run.state is (RunState.FAILED if state == "none" else RunState.SUCCESS)


@pytest.mark.parametrize(
    ("rule", "above", "state"),
    [
        ("all_success", ("m",), "success"),
        ("all_success", ("m", "a"), "success"),
        ("all_failed", ("m",), "success"),
    ],
)
def test_a_mapped_task_that_is_left_out_is_not_waited_for(rule, above, state):
    """As in Airflow, which counts its instances, of which there are none."""
    tasks = task("m", mapped={"x": 2}, **OUT), task("a"), task("b", *above, rule=rule)
    player = started(*tasks).play()
    assert player.states() == {"m": "none", "a": "success", "b": state}
    assert player.run.state is RunState.SUCCESS


def test_a_leaf_that_is_left_out_fails_no_run():
    """The tasks above it do not decide in its place."""
    player = started(task("a"), task("b", "a", **OUT)).play(lambda _: FAILED)
    assert player.states() == {"a": "failed", "b": "none"}
    assert player.run.state is RunState.SUCCESS


def test_a_branch_does_not_skip_what_is_not_there():
    """Only tasks that the run has are skipped."""
    player = started(task("br", decides=Decides.BRANCH), task("a", "br"), task("b", "br", **OUT))
    player.finish("br", outcome=Outcome(kind=OutcomeKind.SUCCESS, follow=("a",)))
    player.play()
    assert player.states() == {"br": "success", "a": "success", "b": "none"}
    assert player.run.state is RunState.SUCCESS


@pytest.mark.parametrize(
    "event",
    [
        Clear(task_ids=("x",)),
        Mark(task_ids=("x",), state=TaskState.SUCCESS),
        MarkRun(state=RunState.SUCCESS),
        MarkRun(state=RunState.FAILED),
        Tick(),
    ],
)
def test_nobody_can_make_it_run(event):
    """What a person or the clock does to the run does nothing to a task that it does not have."""
    spec = dag(task("x", **OUT), task("a"), dagrun_timeout=10.0)
    player = start(spec)
    player.now += 20
    player.give(event)
    assert player.task("x").state is TaskState.NONE
    assert "x" not in player.sent()


def test_a_dag_without_dates_has_all_its_tasks():
    """Nothing is left out, and nothing waits in vain."""
    spec: DagSpec = dag(task("a"))
    assert not left_out(spec, queued(spec).logical_date)
    assert start(spec).play(lambda _: SUCCESS).run.state is RunState.SUCCESS
