"""Tasks that ask a person load, and fail when they run. What is refused is what Airflow 3.3.2 refuses."""

from datetime import timedelta
from pathlib import Path

import pytest

from brisa.authoring.dag import DAG
from brisa.errors import AuthoringError
from brisa.model.states import Decides, OutcomeKind
from brisa.operators.hitl import ApprovalOperator, HITLBranchOperator, HITLEntryOperator, HITLOperator
from tests.runtime.attempts import run_task
from tests.support.trials import run_dag

LOADS = [
    (HITLOperator, {"options": ["a", "b"], "defaults": "a"}, ["a", "b"], ["a"]),
    (HITLOperator, {"options": ["a", "b"], "defaults": ["a", "b"], "multiple": True}, ["a", "b"], ["a", "b"]),
    (HITLOperator, {"options": ["a"], "params": {"x": 1}, "response_timeout": timedelta(hours=1)}, ["a"], None),
    (ApprovalOperator, {}, ["Approve", "Reject"], None),
    (ApprovalOperator, {"defaults": "Approve", "fail_on_reject": True}, ["Approve", "Reject"], ["Approve"]),
    (HITLEntryOperator, {"params": {"i": 1}, "notifiers": [], "assigned_users": []}, ["OK"], ["OK"]),
    (HITLEntryOperator, {"options": ["x"]}, ["x"], None),
    (HITLBranchOperator, {"options": ["a"], "options_mapping": {"a": "task"}}, ["a"], None),
]


@pytest.mark.parametrize(("operator", "kwargs", "options", "defaults"), LOADS)
def test_it_loads_and_fails_for_good_when_it_runs(operator, kwargs, options, defaults):
    """The error says what is missing, and no retry can help."""
    with DAG("d", schedule=None) as dag:
        task = operator(task_id="t", subject="Is {{ ds }} fine?", body="**Look**", **kwargs)
    assert (task.options, task.defaults) == (options, defaults)
    outcome, _ = run_task(dag)
    assert outcome.kind is OutcomeKind.FAILED
    assert not outcome.retryable
    assert "'Is 2024-01-15 fine?'" in outcome.error
    assert "human input comes with the console" in outcome.error


@pytest.mark.parametrize(
    ("operator", "kwargs", "words"),
    [
        (HITLOperator, {"options": []}, "cannot be empty"),
        (HITLOperator, {"options": ["a", "b"], "defaults": ["a", "b"]}, "More than one defaults"),
        (HITLOperator, {"options": ["a"], "defaults": "c"}, "should be a subset of options"),
        (HITLOperator, {"options": ["a"], "params": {"_options": 1}}, "not allowed in params"),
        (ApprovalOperator, {"options": ["x"]}, "Passing options to ApprovalOperator"),
        (ApprovalOperator, {"multiple": True}, "Passing multiple to ApprovalOperator"),
        (HITLBranchOperator, {"options": ["a"], "options_mapping": {"z": "t"}}, r"not in `options`: \['z'\]"),
        (HITLBranchOperator, {"options": ["a"], "options_mapping": {"a": 1}}, "must be strings"),
    ],
)
def test_what_does_not_load(operator, kwargs, words):
    """The errors are Airflow's."""
    with DAG("d", schedule=None), pytest.raises(AuthoringError, match=words):
        operator(task_id="t", subject="s", **kwargs)


def test_those_that_skip_say_so():
    """The engine must know before they can."""
    with DAG("d", schedule=None):
        kinds = [
            ApprovalOperator(task_id="a", subject="s").decides,
            HITLBranchOperator(task_id="b", subject="s", options=["x"]).decides,
            HITLEntryOperator(task_id="c", subject="s").decides,
        ]
    assert kinds == [Decides.CIRCUIT, Decides.BRANCH, Decides.NOTHING]


def test_a_dag_file(tmp_path: Path):
    """The rest of the run goes on as after any failure."""
    (tmp_path / "ask.py").write_text(
        "from airflow.sdk import DAG, Param\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator\n"
        "from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLEntryOperator\n"
        'with DAG("ask", schedule=None):\n'
        '    entry = HITLEntryOperator(task_id="entry", subject="?", params={"n": Param(1, type="integer")})\n'
        '    entry >> ApprovalOperator(task_id="approve", subject="?") >> EmptyOperator(task_id="end")\n'
    )
    tried = run_dag(tmp_path / "ask.py", "ask")
    assert tried.states == {"entry": "failed", "approve": "upstream_failed", "end": "upstream_failed"}
    assert "human input comes with the console" in tried.logs["entry"]
