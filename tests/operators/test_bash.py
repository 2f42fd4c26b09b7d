"""BashOperator answers as Airflow's does."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators.bash import BashOperator
from tests.runtime.attempts import run_task


def bash(command, **kwargs):
    """Run one BashOperator; outcome and channel."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        BashOperator(task_id="t", bash_command=command, **kwargs)
    return run_task(dag)


def test_the_last_line_is_the_xcom_and_every_line_is_logged(caplog):
    """Given a command with two lines of output, both are in the log and the second is pushed."""
    caplog.set_level("INFO")
    outcome, channel = bash("echo one; echo two >&2")
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == {"return_value": "two"}
    assert {"one", "two"} <= set(caplog.messages)


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("true", ""),
        ("printf 'no end'", "no end"),
        ("echo 'a  '", "a"),
        ("echo a; echo", ""),
        (r"printf '\xff\n'", "\\xff"),
        ("echo {{ ds }} {{ params.x }}", "2024-01-15 5"),
    ],
)
def test_what_is_pushed(command, value):
    """No output is an empty text; blanks at the end and bytes that are no text are dealt with as Airflow does."""
    outcome, channel = bash(command, params={"x": 5})
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == {"return_value": value}


@pytest.mark.parametrize(
    ("status", "skip", "kind"),
    [
        (0, 99, OutcomeKind.SUCCESS),
        (99, 99, OutcomeKind.SKIPPED),
        (99, None, OutcomeKind.FAILED),
        (3, 99, OutcomeKind.FAILED),
        (3, [3, 4], OutcomeKind.SKIPPED),
        (4, 3, OutcomeKind.FAILED),
    ],
)
def test_exit_status(status, skip, kind):
    """0 is success, the skipping statuses skip, all others fail."""
    outcome, _ = bash(f"exit {status}", skip_on_exit_code=skip)
    assert outcome.kind is kind


def test_a_failure_says_the_exit_status():
    """The error is Airflow's sentence, and the task may be retried."""
    outcome, channel = bash("exit 3")
    assert outcome.error.endswith("Bash command failed. The command returned a non-zero exit code 3.")
    assert outcome.retryable
    assert channel.values() == {}


def test_a_given_environment_replaces_the_workers(monkeypatch):
    """With env the worker's variables are gone, unless append_env; Airflow's own are always there."""
    monkeypatch.setenv("SHOP", "open")
    command = 'echo "$SHOP|$MINE|$AIRFLOW_CTX_TASK_ID|$AIRFLOW_CTX_DAG_RUN_ID"'
    run_id = "scheduled__2024-01-15T00:00:00+00:00"
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, f"open||t|{run_id}"),
        ({"env": {"MINE": "{{ ds }}"}}, f"|2024-01-15|t|{run_id}"),
        ({"env": {"MINE": "1"}, "append_env": True}, f"open|1|t|{run_id}"),
        ({"env": {}}, f"||t|{run_id}"),
    ]
    for kwargs, expected in cases:
        _, channel = bash(command, **kwargs)
        assert channel.values() == {"return_value": expected}


def test_it_runs_in_a_folder_of_its_own_that_is_removed():
    """Without cwd the command finds an empty folder, and nothing is left of it."""
    _, channel = bash("touch file; ls; pwd")
    folder = Path(channel.values()["return_value"])
    assert folder != Path.cwd()
    assert not folder.exists()


def test_cwd(tmp_path):
    """With cwd it runs there; a folder that is none is an error in words."""
    _, channel = bash("pwd", cwd=str(tmp_path))
    assert channel.values() == {"return_value": str(tmp_path.resolve())}
    (tmp_path / "file").touch()
    assert "Can not find the cwd" in bash("pwd", cwd=str(tmp_path / "nowhere"))[0].error
    assert "must be a directory" in bash("pwd", cwd=str(tmp_path / "file"))[0].error


def test_the_output_can_be_processed():
    """output_processor turns the last line into the XCom."""
    import json

    _, channel = bash("""echo '{"a": 1}'""", output_processor=json.loads)
    assert channel.values() == {"return_value": {"a": 1}}


def test_the_command_stays_in_the_process_group():
    """The supervisor ends an attempt by its process group, so the command must be in it."""
    _, channel = bash("ps -o pgid= -p $$")
    assert int(channel.values()["return_value"]) == os.getpgid(0)


def test_a_script_beside_the_dag_file_is_rendered_and_run(tmp_path):
    """A command that ends in .sh is the name of a template file; with a blank after it, it is a command."""
    (tmp_path / "hello.sh").write_text('echo "{{ ds }} $(basename "$0")"\n')
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None, template_searchpath=str(tmp_path)) as dag:
        BashOperator(task_id="t", bash_command="hello.sh")
        BashOperator(task_id="plain", bash_command=f"cat {tmp_path}/hello.sh ")
        BashOperator(task_id="missing", bash_command="nowhere.sh")
    _, channel = run_task(dag)
    date, script = channel.values()["return_value"].split()
    assert date == "2024-01-15"
    assert script.endswith(".sh")
    _, channel = run_task(dag, "plain")
    assert channel.values() == {"return_value": 'echo "{{ ds }} $(basename "$0")"'}
    outcome, _ = run_task(dag, "missing")
    assert outcome.kind is OutcomeKind.FAILED
    assert "nowhere.sh" in outcome.error


def test_without_a_command_the_file_does_not_load():
    """A missing bash_command is an error at parse time that names it and the task."""
    with DAG("d", schedule=None), pytest.raises(AuthoringError, match=r"'t'.*bash_command"):
        BashOperator(task_id="t")  # type: ignore[call-arg]  # the mistake


def test_ten_megabytes_of_output():
    """Much output is only much log; the last line is still the XCom."""
    outcome, channel = bash("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo end")
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == {"return_value": "end"}
