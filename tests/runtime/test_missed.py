"""Whom a missed deadline is told, with what, and that nothing comes of it but a log."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.deadlines import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback
from brisa.authoring.running import get_current_context
from brisa.compat.notifier import BaseNotifier
from brisa.model.states import OutcomeKind
from brisa.operators.python import PythonOperator
from brisa.runtime import guarded
from brisa.runtime.memory import MemoryChannel
from brisa.runtime.request import Missed
from tests.runtime.attempts import DAY, a_run, run_task
from tests.support.mail_box import mail_box

BY = datetime(2024, 1, 16, 1, tzinfo=UTC)
HEARD: list[Any] = []


def heard(**kwargs):
    """By its dotted path, too."""
    HEARD.append(kwargs)


@pytest.fixture(autouse=True)
def _silence():
    HEARD.clear()


def a_dag(*callbacks, **task_args):
    """A DAG with a deadline for each callback, and a task that must not run."""
    reference = DeadlineReference.DAGRUN_QUEUED_AT
    alerts = [DeadlineAlert(reference, timedelta(hours=1), callback) for callback in callbacks]
    with DAG("d", start_date=DAY, schedule="@daily", deadline=alerts) as dag:
        PythonOperator(task_id="t", python_callable=lambda: HEARD.append("ran"), **task_args)
    return dag


def miss(dag, place=0, *, tasks=(), channel=None, **changes):
    """Tell of the deadline at ``place``."""
    missed = Missed(place=place, moment=BY.timestamp(), tasks=tasks)
    outcome, _ = run_task(dag, missed=missed, channel=channel, **changes)
    assert outcome.kind is OutcomeKind.SUCCESS


def test_a_plain_function_is_called_with_its_kwargs_and_the_context():
    """The context has the run as the REST API tells of it, and the deadline with an id that never changes."""
    dag = a_dag(SyncCallback(heard, {"text": "late"}))
    miss(dag)
    miss(dag)
    first, second = HEARD
    assert first == second
    assert first["text"] == "late"
    assert sorted(first["context"]) == ["dag_run", "deadline"]
    run, deadline = first["context"]["dag_run"], first["context"]["deadline"]
    assert (run["dag_id"], run["dag_run_id"], run["state"]) == ("d", "scheduled__2024-01-15T00:00:00+00:00", "running")
    assert (run["logical_date"], run["end_date"], run["run_type"]) == ("2024-01-15T00:00:00Z", None, "scheduled")
    assert deadline["deadline_time"] == BY
    assert isinstance(deadline["id"], str)


def test_a_coroutine_function_is_awaited():
    """Each deadline has its own; one that takes no context is given none, but may ask for Airflow's."""

    async def tell(text):
        await asyncio.sleep(0)
        HEARD.append((text, get_current_context()["dag_run"].dag_id))

    miss(a_dag(SyncCallback(heard), AsyncCallback(tell, {"text": "late"})), 1)
    assert HEARD == [("late", "d")]


def test_a_dotted_path_leads_to_a_function():
    """It is imported when it is needed."""
    miss(a_dag(SyncCallback(f"{__name__}.heard", {"a": 1})))
    assert HEARD[0]["a"] == 1


class Note(BaseNotifier):
    """A notifier with a template."""

    template_fields: Sequence[str] = ("text",)

    def __init__(self, text, **kwargs):
        super().__init__(**kwargs)
        self.text = text

    def notify(self, context):
        HEARD.append(("sync", self.text))

    async def async_notify(self, context):
        HEARD.append(("async", self.text))


@pytest.mark.parametrize(("kind", "how"), [(SyncCallback, "sync"), (AsyncCallback, "async")])
def test_a_notifier_renders_its_templates(kind, how):
    """Given as a class, as in Airflow's manual."""
    miss(a_dag(kind(Note, {"text": "{{ dag_run.dag_id }} by {{ deadline.deadline_time.hour }}"})))
    assert [(how, "d by 1")] == HEARD


def test_what_a_callback_raises_is_logged_and_changes_nothing(caplog):
    """So is a path that leads nowhere."""

    def broken():
        raise ValueError("no pager")

    miss(a_dag(SyncCallback(broken)))
    miss(a_dag(SyncCallback("nowhere.at_all")))
    assert "broken failed" in caplog.text
    assert "no pager" in caplog.text
    assert "The deadline's callback nowhere.at_all failed" in caplog.text


def test_a_callback_that_hangs_is_ended(caplog, monkeypatch):
    """As any callback is."""
    monkeypatch.setattr(guarded, "CALLBACK_LIMIT", 0.02)

    async def hangs():
        await asyncio.Event().wait()

    miss(a_dag(AsyncCallback(hangs)))
    assert "it took longer than 0.02 s, and was ended" in caplog.text


def sla_dag(callback, **task_args):
    """A DAG whose tasks have an SLA."""
    with DAG("d", start_date=DAY, schedule="@daily", sla_miss_callback=callback) as dag:
        for task_id in ("a", "b", "t"):
            PythonOperator(task_id=task_id, python_callable=print, sla=timedelta(hours=1), **task_args)
    return dag


STATES = {"a": "success", "b": "running", "t": "queued", "m[3]": "failed"}
ON = "on 2024-01-15T00:00:00+00:00"


def test_an_sla_miss_callback_has_airflow_2s_five_arguments():
    """The DAG, what is late and what is not done as text, and the same as objects."""
    dag = sla_dag(lambda *args: HEARD.append(args))
    miss(dag, tasks=("b", "t"), task_states=STATES)
    ((given, task_list, blocking_task_list, slas, blocking_tis),) = HEARD
    assert given is dag
    assert task_list == f"b {ON}\nt {ON}"
    assert blocking_task_list == f"b {ON}\nt {ON}\nm {ON}"
    assert [(one.dag_id, one.task_id, one.execution_date) for one in slas] == [("d", "b", DAY), ("d", "t", DAY)]
    assert [(one.task_id, one.map_index, one.state) for one in blocking_tis] == [
        ("b", -1, "running"),
        ("t", -1, "queued"),
        ("m", 3, "failed"),
    ]


def test_a_notifier_is_told_of_an_sla_by_name():
    """Its templates see the five."""
    miss(sla_dag(Note("{{ dag.dag_id }}: {{ task_list }}")), tasks=("b",), task_states=STATES)
    assert [("sync", f"d: b {ON}")] == HEARD


def test_an_e_mail_tells_of_a_missed_sla():
    """To the addresses of the tasks that are late, each once."""
    with mail_box() as box:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "brisa@example.com"}
        server = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        channel = MemoryChannel(connections={"smtp_default": server})
        dag = sla_dag(None, email="ana@example.com, bo@example.com")
        miss(dag, tasks=("b", "t"), task_states=STATES, channel=channel, run=a_run("d"))
        (letter,) = box.letters
    assert letter.recipients == ["ana@example.com", "bo@example.com"]
    assert letter.message["Subject"] == "[airflow] SLA miss on DAG=d"
    assert f"b {ON}\nt {ON}\n" in letter.part("text/plain")


def test_nobody_is_told_of_an_sla_that_is_met_after_all():
    """Nothing is late."""
    miss(sla_dag(lambda *args: HEARD.append(args)), tasks=(), task_states=STATES)
    assert HEARD == []
