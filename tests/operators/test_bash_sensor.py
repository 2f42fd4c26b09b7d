"""BashSensor looks by running a command. The table is Airflow 2.11.2's and 3.3.2's answers, which agree."""

import pytest

from brisa.authoring.dag import DAG
from brisa.model.states import OutcomeKind
from brisa.operators.bash_sensor import BashSensor
from brisa.operators.smooth import SmoothOperator
from tests.runtime.attempts import run_task

FOUND, NOT_YET, FAILED = OutcomeKind.SUCCESS, OutcomeKind.RESCHEDULE, OutcomeKind.FAILED


def look(command, **kwargs):
    """One look."""
    with DAG("d", schedule=None) as dag:
        BashSensor(task_id="t", bash_command=command, **kwargs)
    return run_task(dag)[0]


@pytest.mark.parametrize(
    ("command", "retry", "kind"),
    [
        ("exit 0", None, FOUND),
        ("exit 1", None, NOT_YET),
        ("exit 99", None, NOT_YET),
        ("kill -9 $$", None, NOT_YET),
        ("exit 1", 1, NOT_YET),
        ("exit 2", 1, FAILED),
        ("exit 0", 0, FOUND),
        ('[ "{{ ds }}" = 2024-01-15 ]', None, FOUND),
    ],
)
def test_exit_status(command, retry, kind):
    """0 ends the wait; others mean not yet, or with retry_exit_code only that one."""
    assert look(command, retry_exit_code=retry).kind is kind


def test_a_status_that_is_not_awaited_fails_for_good():
    """It is not retried."""
    outcome = look("exit 2", retry_exit_code=1)
    assert outcome.error == "AirflowFailException: Command exited with return code 2"
    assert not outcome.retryable


def test_its_environment_and_its_log(caplog, monkeypatch):
    """What it writes is logged; env replaces the worker's variables."""
    caplog.set_level("INFO")
    monkeypatch.setenv("SHOP", "open")
    assert look('echo "<$SHOP$MINE>" >&2', env={"MINE": "{{ ds }}"}).kind is FOUND
    assert look('echo "<$SHOP>"').kind is FOUND
    assert {"<2024-01-15>", "<open>"} <= set(caplog.messages)


def test_smooth(caplog):
    """SmoothOperator names the song, and that is all."""
    caplog.set_level("INFO")
    with DAG("d", schedule=None) as dag:
        SmoothOperator(task_id="t")
    outcome, channel = run_task(dag)
    assert (outcome.kind, channel.values()) == (OutcomeKind.SUCCESS, {})
    assert any("Smooth Operator" in line for line in caplog.messages)
