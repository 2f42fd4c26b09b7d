"""TriggerDagRunOperator: the run is made once per try, and waited for without a worker."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.registry import recording
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators.dag_run import DagStateTrigger, TriggerDagRunOperator
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task
from tests.support.trials import run_dag

PARENT = """
from datetime import datetime, timedelta
from airflow.models import DAG
from airflow.operators.dummy import DummyOperator
from airflow.operators.python import PythonOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator

def tell(dag_run, params, **_):
    if params["fail"]:
        raise ValueError("as told")
    return [dag_run.conf, str(dag_run.logical_date), dag_run.run_id]

with DAG("child", schedule=None, start_date=datetime(2024, 1, 1)):
    PythonOperator(task_id="tell", python_callable=tell)

def trigger(task_id, **kwargs):
    return TriggerDagRunOperator(task_id=task_id, trigger_dag_id="child", poke_interval=30, **kwargs)

with DAG("parent", schedule=None, start_date=datetime(2024, 1, 1), params={"who": "you"}):
    waits = trigger("waits", conf={"fail": False, "who": "{{ params.who }}"}, wait_for_completion=True, deferrable=True)
    fails = trigger("fails", conf={"fail": True}, wait_for_completion=True)
    fails >> DummyOperator(task_id="below")
    bears = trigger("bears", conf={"fail": True}, wait_for_completion=True,
                    allowed_states=["success", "failed"], failed_states=[])
    dated = trigger("dated", conf={"fail": False}, logical_date="{{ logical_date }}")
    dated >> trigger("exists", logical_date="{{ ds }}", conf={"fail": False})
    dated >> trigger("skips", logical_date="{{ ds }}", conf={"fail": False}, skip_when_already_exists=True)
    dated >> trigger("resets", logical_date="{{ ds }}", reset_dag_run=True, wait_for_completion=True)
    TriggerDagRunOperator(task_id="unknown", trigger_dag_id="chlid")
    TriggerDagRunOperator(task_id="itself", trigger_dag_id="parent", trigger_run_id="{{ run_id }}")
"""


def test_a_dag_that_triggers_another(tmp_path: Path) -> None:
    """Runs are made with a rendered conf, waited for, found to be there, cleared; each outcome is the task's own."""
    file = tmp_path / "parent.py"
    file.write_text(PARENT, "utf-8")
    tried = run_dag(file, "parent")
    assert tried.states == {
        "waits": "success",
        "fails": "failed",
        "below": "upstream_failed",
        "bears": "success",
        "dated": "success",
        "exists": "failed",
        "skips": "skipped",
        "resets": "success",
        "unknown": "failed",
        "itself": "failed",
    }
    assert tried.xcoms["waits"]["trigger_run_id"].startswith("manual__parent.waits__")
    assert tried.xcoms["dated"] == tried.xcoms["resets"] == {"trigger_run_id": "manual__2024-01-01T00:00:00+00:00"}
    assert "ended as failed" in tried.logs["fails"]
    assert "there is no DAG 'chlid'; did you mean 'child'?" in tried.logs["unknown"]
    assert (
        "DagRunAlreadyExists: there is a run 'manual__2024-01-01T00:00:00+00:00' of DAG 'child' already"
        in (tried.logs["exists"])
    )
    assert "of DAG 'parent' already" in tried.logs["itself"]


def a_dag(**kwargs):
    """A DAG of one task that triggers the DAG ``target``."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        TriggerDagRunOperator(task_id="t", **{"trigger_dag_id": "target", **kwargs})
    return dag


class Target:
    """Another DAG, whose runs are made at once and are in ``state``; without one they were deleted."""

    def __init__(self, answer=None, state="running"):
        self.asked: list[Any] = []
        self.answer, self.state = answer, state
        self.channel = MemoryChannel(triggers=self.trigger, elsewhere=self.look)

    def trigger(self, question):
        self.asked.append(question)
        return self.answer or {"status": "triggered", "run_id": question["run_id"], "state": "running"}

    def look(self, question):
        self.asked.append(question)
        there = question["run_ids"] if self.state else ()
        return {"runs": [{"run_id": run_id, "state": self.state} for run_id in there]}

    def attempt(self, dag, **changes):
        """One attempt of the task."""
        return run_task(dag, channel=self.channel, **changes)[0]


def test_what_is_asked_for():
    """Without arguments of its own the run has an id that is told by the task and the try, and the date of now."""
    target = Target()
    assert target.attempt(a_dag()).kind is OutcomeKind.SUCCESS
    (question,) = target.asked
    assert question["logical_date"] is None
    assert question["conf"] == {}
    assert (question["reset"], question["unless_paused"]) == (False, False)
    assert target.channel.values() == {"trigger_run_id": question["run_id"]}

    target.attempt(a_dag(), seq=3)
    target.attempt(a_dag(), try_number=2)
    target.attempt(a_dag(), map_index=1)
    same, other_try, other_instance = (later["run_id"] for later in target.asked[1:])
    assert same == question["run_id"]
    assert len({same, other_try, other_instance}) == 3
    assert target.asked[1]["token"] == question["token"] != target.asked[2]["token"]


@pytest.mark.parametrize(
    ("given", "date"),
    [
        ({"logical_date": datetime(2024, 5, 1, tzinfo=UTC)}, "2024-05-01T00:00:00+00:00"),
        ({"execution_date": datetime(2024, 5, 1)}, "2024-05-01T00:00:00+00:00"),
        ({"execution_date": "2024-05-01T02:00:00+02:00"}, "2024-05-01T00:00:00+00:00"),
        ({"logical_date": "{{ ds }}"}, "2024-01-15T00:00:00+00:00"),
        ({"logical_date": "{{ logical_date }}"}, "2024-01-15T00:00:00+00:00"),
    ],
)
def test_a_logical_date_gives_the_run_its_id(given, date):
    """Dates are datetimes or text, and UTC where they have no zone; the id is Airflow's for such a date."""
    target = Target()
    target.attempt(a_dag(**given))
    assert target.asked[0]["logical_date"] == date
    assert target.asked[0]["run_id"] == f"manual__{date}"


def test_arguments_are_rendered():
    """The templated ones are; conf may be JSON text."""
    target = Target()
    target.attempt(a_dag(trigger_dag_id="of_{{ ds_nodash }}", trigger_run_id="x{{ ds }}", conf='{"day": "{{ ds }}"}'))
    (question,) = target.asked
    assert (question["dag_id"], question["run_id"], question["conf"]) == (
        "of_20240115",
        "x2024-01-15",
        {"day": "2024-01-15"},
    )


@pytest.mark.parametrize("conf", [{"f": print}, "{not json", "[1]"])
def test_a_conf_that_is_no_json_fails_the_task(conf):
    """Nothing is triggered."""
    target = Target()
    assert target.attempt(a_dag(conf=conf)).error.startswith("ValueError: conf")
    assert target.asked == []


@pytest.mark.parametrize(
    ("answer", "kwargs", "kind", "error"),
    [
        ({"status": "exists", "run_id": "x"}, {}, OutcomeKind.FAILED, "DagRunAlreadyExists: there is a run 'x'"),
        (
            {"status": "exists", "run_id": "x"},
            {"skip_when_already_exists": True},
            OutcomeKind.SKIPPED,
            "there is a run",
        ),
        ({"status": "paused"}, {"fail_when_dag_is_paused": True}, OutcomeKind.FAILED, "DagIsPaused: DAG 'target'"),
        ({"status": "refused", "why": "no n"}, {}, OutcomeKind.FAILED, "ParamValidationError: DAG 'target' can't be"),
        (
            {"status": "unknown", "nearest": "a"},
            {},
            OutcomeKind.FAILED,
            "DagNotFound: there is no DAG 'target'; did you",
        ),
        ({"status": "unknown", "nearest": ""}, {}, OutcomeKind.FAILED, "DagNotFound: there is no DAG 'target'"),
    ],
)
def test_what_can_be_in_the_way(answer, kwargs, kind, error):
    """Each ends the task with an error that says what it is."""
    outcome = Target(answer).attempt(a_dag(**kwargs))
    assert outcome.kind is kind
    assert outcome.error.startswith(error)


@pytest.mark.parametrize(("state", "kind"), [("success", OutcomeKind.SUCCESS), ("failed", OutcomeKind.FAILED)])
def test_waiting_holds_no_worker(state, kind):
    """The attempt ends as deferred until the next look is due; the last one tells how the run ended."""
    target, dag = Target(), a_dag(wait_for_completion=True, poke_interval=30)
    before = time.time()
    outcome = target.attempt(dag)
    assert outcome.kind is OutcomeKind.DEFERRED
    assert time.time() - before < 1
    for seq in range(1, 4):
        assert outcome.resume_at - time.time() == pytest.approx(30, abs=1)
        target.channel.next_attempt()
        outcome = target.attempt(dag, seq=seq, started_at=before + 30 * seq, first_started_at=before)
        assert outcome.kind is OutcomeKind.DEFERRED
    target.state = state
    target.channel.next_attempt()
    assert target.attempt(dag, seq=4, started_at=before + 120, first_started_at=before).kind is kind
    assert len([one for one in target.asked if "token" in one]) == 1


def test_where_the_run_tells_of_its_end_it_need_not_be_looked_at_often():
    """After 10, 20, 40 minutes and then every hour, in case that is lost."""
    target, dag = Target(), a_dag(wait_for_completion=True, poke_interval=30)
    target.channel.hears = True
    begun, waited, pauses = time.time(), 0.0, []
    for seq in range(5):
        outcome = target.attempt(dag, seq=seq, started_at=begun + waited, first_started_at=begun)
        assert outcome.kind is OutcomeKind.DEFERRED
        pauses.append(outcome.resume_at - time.time())
        waited += pauses[-1]
        target.channel.next_attempt()
    assert pauses == pytest.approx([600, 1200, 2400, 3600, 3600], abs=1)
    assert target.channel.awaited[0] == {
        "dag_id": "target",
        "run_ids": [target.asked[0]["run_id"]],
        "logical_dates": None,
        "allowed": ["success", "failed"],
        "patience": 600.0,
    }


def test_a_run_that_was_deleted_is_waited_for_no_longer():
    """The next look sees that it is gone: the task fails, and says why."""
    target, dag = Target(), a_dag(wait_for_completion=True, poke_interval=30)
    assert target.attempt(dag).kind is OutcomeKind.DEFERRED
    target.state = ""
    target.channel.next_attempt()
    outcome = target.attempt(dag, seq=1)
    assert outcome.kind is OutcomeKind.FAILED
    assert "was deleted before its end" in outcome.error


def test_a_run_that_has_ended_costs_no_second_attempt():
    """The first look is the attempt's own."""
    assert Target(state="success").attempt(a_dag(wait_for_completion=True)).kind is OutcomeKind.SUCCESS


BAD = [
    ({"logical_date": 5}, "logical_date must be a datetime or a text, not int"),
    ({"logical_date": "2024-01-01", "execution_date": "2024-01-01"}, "one argument's two names"),
    ({"allowed_states": ["sucess"]}, "allowed_states has 'sucess', which is no state of a run"),
]


@pytest.mark.parametrize(("kwargs", "message"), BAD)
def test_bad_arguments_are_told_when_the_file_loads(kwargs, message):
    """With what is wrong."""
    with pytest.raises(AuthoringError, match=message):
        a_dag(**kwargs)


def test_arguments_without_effect_are_told():
    """run_after and note are taken, and the author hears that they do nothing yet."""
    with recording() as record:
        a_dag(run_after=datetime(2030, 1, 1, tzinfo=UTC), note="why")
    assert [line.split()[0] for line in record.notices] == ["run_after", "note"]


def test_a_trigger_for_runs_of_dates():
    """Airflow 2's DagStateTrigger names runs by their dates; it can be made again from what it says of itself."""
    date = datetime(2024, 1, 1, tzinfo=UTC)
    path, kwargs = DagStateTrigger("target", ["success"], execution_dates=[date, date + timedelta(1)]).serialize()
    assert path == "brisa.operators.dag_run.DagStateTrigger"
    assert DagStateTrigger(**kwargs).serialize() == (path, kwargs)
