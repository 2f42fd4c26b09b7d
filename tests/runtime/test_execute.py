"""One attempt, from rendering to callbacks, and every way it can end."""

import contextlib
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTimeout,
)
from brisa.authoring.operator import BaseOperator
from brisa.authoring.params import Param
from brisa.authoring.running import get_current_context
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind, RunState
from brisa.operators.python import PythonOperator
from brisa.runtime import guarded
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import a_run, run_task

START = datetime(2024, 1, 1, tzinfo=UTC)


def a_task(function=lambda: None, **kwargs):
    """A DAG with one PythonOperator ``t``."""
    with DAG("d", start_date=START, schedule=None) as dag:
        PythonOperator(task_id="t", python_callable=function, **kwargs)
    return dag


def raising(error):
    """A function that raises ``error``."""

    def work():
        raise error

    return work


def test_a_task_runs_in_airflows_order():
    """Render, pre_execute, on_execute_callback, execute, post_execute, push, on_success_callback."""
    steps = []

    class Mine(BaseOperator):
        template_fields: Sequence[str] = ("text",)

        def __init__(self, text, **kwargs):
            super().__init__(**kwargs)
            self.text = text

        def pre_execute(self, context):
            steps.append(f"pre {self.text}")

        def execute(self, context):
            steps.append("execute")
            return 5

        def post_execute(self, context, result=None):
            steps.append(f"post {result}")

    with DAG("d", start_date=START, schedule=None) as dag:
        Mine(
            task_id="t",
            text="{{ ds }}",
            on_execute_callback=lambda context: steps.append(f"on_execute {context['ti'].state}"),
            on_success_callback=[lambda context: steps.append(f"on_success {context['ti'].state}")],
        )
    outcome, channel = run_task(dag)
    assert outcome == Outcome(kind=OutcomeKind.SUCCESS)
    assert steps == ["pre 2024-01-15", "on_execute running", "execute", "post 5", "on_success success"]
    assert channel.values() == {"return_value": 5}
    assert channel.rendered == {"text": "2024-01-15"}
    assert dag.get_task("t").text == "{{ ds }}"


ENDS = [
    (ValueError("bad"), OutcomeKind.FAILED, True, "ValueError: bad"),
    (AirflowException("bad\nworse"), OutcomeKind.FAILED, True, "AirflowException: bad worse"),
    (AirflowFailException("for good"), OutcomeKind.FAILED, False, "AirflowFailException: for good"),
    (AirflowSkipException("nothing new"), OutcomeKind.SKIPPED, True, "nothing new"),
    (AirflowSkipException(), OutcomeKind.SKIPPED, True, ""),
    (AirflowTaskTimeout("too long"), OutcomeKind.FAILED, True, "AirflowTaskTimeout: too long"),
    (SystemExit(3), OutcomeKind.FAILED, True, "the task called sys.exit(3)"),
    (SystemExit("why"), OutcomeKind.FAILED, True, "the task called sys.exit('why')"),
    (KeyboardInterrupt(), OutcomeKind.FAILED, True, "KeyboardInterrupt: the task was interrupted"),
    (MemoryError(), OutcomeKind.FAILED, True, "MemoryError: the task ran out of memory"),
    (GeneratorExit(), OutcomeKind.FAILED, True, "GeneratorExit"),
    (RecursionError("deep"), OutcomeKind.FAILED, True, "RecursionError: deep"),
]


@pytest.mark.parametrize("stop", [SystemExit(0), SystemExit()])
@pytest.mark.parametrize(("dialect", "kind"), [(2, OutcomeKind.SUCCESS), (3, OutcomeKind.FAILED)])
def test_leaving_without_an_error_is_a_success_only_in_airflow_2(stop, dialect, kind):
    """sys.exit(0) ends a task well in Airflow 2; in Airflow 3 any exit is a failure."""
    with speaking(dialect):
        dag = a_task(raising(stop))
    outcome, _ = run_task(dag)
    assert outcome.kind is kind


@pytest.mark.parametrize(("error", "kind", "retryable", "text"), ENDS, ids=lambda value: repr(value)[:30])
def test_how_an_attempt_ends(error, kind, retryable, text):
    """Whatever user code raises is an outcome with one line for people."""
    outcome, channel = run_task(a_task(raising(error)))
    assert (outcome.kind, outcome.retryable, outcome.error) == (kind, retryable, text)
    assert channel.values() == {}


def test_a_template_that_fails_says_where():
    """The error names the field, the task and the DAG."""
    dag = a_task(op_args=[{"k": ["{{ nowhere }}"]}])
    outcome, _ = run_task(dag)
    assert outcome.error == ("UndefinedError: 'nowhere' is undefined, while rendering 'op_args' of task 't' of DAG 'd'")


def test_a_task_may_ask_to_be_started_again():
    """AirflowRescheduleException is Airflow's way for operators that are no sensors."""
    outcome, _ = run_task(a_task(raising(AirflowRescheduleException(START + timedelta(hours=1)))))
    assert outcome == Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=START.timestamp() + 3600)


def test_a_result_that_is_not_json_fails_the_task():
    """The failure names key, task and type, and what to do instead."""
    outcome, channel = run_task(a_task(object))
    assert outcome.kind is OutcomeKind.FAILED
    assert "XCom 'return_value' of task 't' is a object, which is not JSON" in outcome.error
    assert channel.values() == {}


def test_a_task_that_must_not_run_fails_and_says_why():
    """Its own code is not called; its callbacks and retries are those of any failure."""
    seen = []
    dag = a_task(lambda: seen.append("ran"), on_retry_callback=lambda context: seen.append(str(context["exception"])))
    outcome, _ = run_task(dag, max_tries=2, refused="there is no pool 'p'")
    assert (outcome.kind, outcome.retryable) == (OutcomeKind.FAILED, True)
    assert seen == ["there is no pool 'p'"]


def test_a_task_that_is_gone_fails_for_good():
    """When the file has no such task any more, retrying can't help."""
    outcome, _ = run_task(a_task(), "other")
    assert (outcome.kind, outcome.retryable) == (OutcomeKind.FAILED, False)
    assert "no task 'other'" in outcome.error


@pytest.mark.parametrize(
    ("error", "tries", "called"),
    [
        (None, (1, 3), ["success"]),
        (AirflowSkipException("x"), (1, 3), ["skipped"]),
        (ValueError("x"), (1, 3), ["retry"]),
        (ValueError("x"), (3, 3), ["failure"]),
        (AirflowFailException("x"), (1, 3), ["failure"]),
        (SystemExit(1), (1, 1), ["failure"]),
        (AirflowRescheduleException(START), (1, 3), []),
    ],
)
def test_which_callback_is_called(error, tries, called):
    """One per end: retry while tries are left, else failure."""
    seen = []
    names = ("success", "failure", "retry", "skipped")
    callbacks = {f"on_{name}_callback": lambda context, name=name: seen.append(name) for name in names}
    dag = a_task((lambda: None) if error is None else raising(error), **callbacks)
    run_task(dag, try_number=tries[0], max_tries=tries[1])
    assert seen == called


def test_callbacks_of_a_failure_see_the_exception():
    """context["exception"] is the error itself."""
    seen: list[object] = []
    error = ValueError("x")
    run_task(a_task(raising(error), on_failure_callback=lambda context: seen.append(context["exception"])))
    assert seen == [error]


@pytest.mark.parametrize(
    ("state", "seen"), [("success", [("done", "success")]), ("failed", [("lost", "task_failure")])]
)
def test_a_run_that_is_over_calls_its_dag_back(state, seen, caplog):
    """In place of the task: with the run as it ended, the reason, and the task as it ended; the task does not run."""
    called = []

    def tell(word):
        def callback(context):
            assert get_current_context() is context
            assert (context["ti"].task_id, context["ti"].state, context["dag_run"].state) == ("t", state, state)
            called.append((word, context["reason"]))

        return callback

    def broken(context):
        raise ValueError("no pager")

    with DAG("d", on_success_callback=[broken, tell("done")], on_failure_callback=tell("lost")) as dag:
        PythonOperator(task_id="t", python_callable=lambda: called.append(("the task", "")))
    run = a_run(state=RunState(state))
    outcome, channel = run_task(dag, run=run, run_ended=seen[0][1], task_states={"t": state})
    assert (outcome.kind, called, channel.pushed) == (OutcomeKind.SUCCESS, seen, {})
    assert ("on_success_callback broken failed" in caplog.text) == (state == "success")


def test_a_tasks_own_param_must_meet_its_schema():
    """Its default, or what the run was given, as in Airflow; the task fails before it begins."""
    ran = []
    dag = a_task(lambda: ran.append(1), params={"n": Param(2, minimum=3)})
    outcome, _ = run_task(dag)
    assert (outcome.kind, ran) == (OutcomeKind.FAILED, [])
    assert "param 'n': 2 is less than the minimum of 3" in outcome.error
    outcome, _ = run_task(dag, run=a_run(conf={"n": 4}))
    assert (outcome.kind, ran) == (OutcomeKind.SUCCESS, [1])


@pytest.mark.parametrize("error", [ValueError("oh"), SystemExit(2), AirflowTaskTimeout("late")])
def test_a_failing_callback_changes_nothing(error, caplog):
    """It is logged, the next one is called, and the outcome stands."""
    seen: list[str] = []

    def broken(context):
        raise error

    dag = a_task(on_execute_callback=broken, on_success_callback=[broken, seen.append])
    outcome, _ = run_task(dag)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert len(seen) == 1
    assert "on_success_callback broken failed" in caplog.text


@pytest.mark.parametrize(
    ("name", "error", "kind"),
    [
        ("on_execute_callback", None, OutcomeKind.SUCCESS),
        ("on_success_callback", None, OutcomeKind.SUCCESS),
        ("on_failure_callback", ValueError("oh"), OutcomeKind.FAILED),
        ("on_skipped_callback", AirflowSkipException("no"), OutcomeKind.SKIPPED),
    ],
)
def test_a_callback_that_hangs_is_ended(name, error, kind, caplog, monkeypatch):
    """It is told so again if it does not listen, the next one is called, and the outcome stands."""
    monkeypatch.setattr(guarded, "CALLBACK_LIMIT", 0.02)
    monkeypatch.setattr(guarded, "_AGAIN", 0.02)
    seen: list[str] = []

    def hangs(context):
        with contextlib.suppress(AirflowTaskTimeout):
            threading.Event().wait()
        threading.Event().wait()

    dag = a_task(lambda: None if error is None else raising(error)(), **{name: [hangs, seen.append]})
    outcome, _ = run_task(dag)
    assert outcome.kind is kind
    assert len(seen) == 1
    assert f"The {name} hangs failed" in caplog.text
    assert "it took longer than 0.02 s, and was ended" in caplog.text


def test_the_log_shows_the_users_frames_only(caplog):
    """The traceback begins at the user's function, not in brisa's machinery."""
    run_task(a_task(raising(ValueError("bad"))))
    assert "test_execute.py" in caplog.text
    assert "ValueError: bad" in caplog.text
    assert "brisa/runtime/execute.py" not in caplog.text


def test_an_error_in_our_own_words_needs_no_traceback(caplog):
    """When no line of the user is to blame, the message is all there is."""
    run_task(a_task(object))
    assert "which is not JSON" in caplog.text
    assert "Traceback" not in caplog.text


def test_on_kill_is_called_on_a_timeout():
    """An operator can clean up what it started elsewhere."""
    killed = []

    class Mine(BaseOperator):
        def execute(self, context):
            raise AirflowTaskTimeout("too long")

        def on_kill(self):
            killed.append(self.task_id)

    with DAG("d", start_date=START, schedule=None) as dag:
        Mine(task_id="t")
    run_task(dag)
    assert killed == ["t"]


def test_airflows_variables_are_in_the_environment_while_the_task_runs(monkeypatch):
    """Code that a task starts can tell which task it belongs to; afterwards all is as before."""
    monkeypatch.setenv("AIRFLOW_CTX_DAG_ID", "before")
    names = ("DAG_ID", "TASK_ID", "TRY_NUMBER", "DAG_OWNER", "LOGICAL_DATE")
    dag = a_task(lambda: [os.environ[f"AIRFLOW_CTX_{name}"] for name in names], owner="ada")
    _, channel = run_task(dag)
    assert channel.values() == {"return_value": ["d", "t", "1", "ada", "2024-01-15T00:00:00+00:00"]}
    assert os.environ["AIRFLOW_CTX_DAG_ID"] == "before"
    assert "AIRFLOW_CTX_TASK_ID" not in os.environ


def test_rendered_fields_are_text_of_limited_length():
    """What people see of a template field is JSON where it can be, and cut when it is long."""

    class Odd:
        def __str__(self):
            raise ValueError("no")

    _, channel = run_task(a_task(lambda *args: None, op_args=["x" * 10_000], op_kwargs={}))
    assert channel.rendered["op_args"].endswith("… (10004 characters in all)")
    _, channel = run_task(a_task(lambda *args: None, op_args=(Odd(),)))
    assert "str failed" in channel.rendered["op_args"]
    assert isinstance(MemoryChannel().rendered, dict)
