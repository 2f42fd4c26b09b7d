"""What a custom timetable is asked, and what its answers come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowTaskTimeout
from brisa.authoring.timetable import DagRunInfo, DataInterval, Timetable
from brisa.model.run import Run
from brisa.model.states import OutcomeKind, RunState, RunType
from brisa.runtime.request import ANSWER
from brisa.runtime.timetable import manual_interval, tell_next_run
from brisa.runtime.xcom_values import from_json
from tests.runtime.attempts import a_request
from tests.runtime.supervised import nobody_answers

DAY = datetime(2024, 5, 1, tzinfo=UTC)
FIRST = {"last": None, "earliest": "2024-05-01T00:00:00+00:00", "latest": None, "catchup": True}
LATER = {**FIRST, "last": ["2024-05-01T00:00:00+00:00", "2024-05-02T00:00:00+00:00"]}


class Custom(Timetable):
    """Plays an answer, and remembers the question."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.last: Any = None
        self.restriction: Any = None

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        """The answer."""
        self.last, self.restriction = last_automated_data_interval, restriction
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def infer_manual_data_interval(self, *, run_after):
        """The hour before."""
        return DataInterval(run_after.subtract(hours=1), run_after)


class Channel:
    """Keeps what is pushed."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Nobody answers."""
        raise AssertionError(verb)

    def tell(self, verb: str, /, **payload: Any) -> None:
        """Keep it."""
        self.pushed[payload["key"]] = payload["value"]


def told(answer, question=FIRST):
    """The outcome, the answer pushed, and the timetable."""
    timetable, channel = Custom(answer), Channel()
    dag = DAG("d", schedule=timetable, start_date=DAY)
    outcome = tell_next_run(dag, "mine.py", question, channel)
    return outcome, channel.pushed.get(ANSWER, "nothing"), timetable


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, None),
        (DagRunInfo.interval(DAY, DAY + timedelta(days=1)), ["2024-05-01", "2024-05-02", "2024-05-02"]),
        (DagRunInfo.exact(DAY), ["2024-05-01"] * 3),
        (DagRunInfo(pendulum.datetime(2024, 5, 3, tz="Europe/Madrid"), None), ["2024-05-02T22:00:00"] * 3),
    ],
)
def test_an_answer_is_told_in_utc(answer, expected):
    """The interval and when the run is due; of no length where the timetable gives none; or that there is none."""
    outcome, pushed, _ = told(answer)
    assert outcome.kind is OutcomeKind.SUCCESS
    full = expected and [text if "T" in text else f"{text}T00:00:00" for text in expected]
    assert pushed == (full and [f"{text}+00:00" for text in full])


def test_the_question_has_pendulums_times():
    """As in Airflow."""
    _, _, timetable = told(None, LATER)
    assert isinstance(timetable.last, DataInterval)
    assert isinstance(timetable.last.end, pendulum.DateTime)
    assert timetable.restriction.earliest.weekday() == 2
    assert (timetable.restriction.latest, timetable.restriction.catchup) == (None, True)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (ValueError("no idea"), "ValueError: no idea"),
        (SystemExit(3), "sys.exit(3)"),
        (AirflowTaskTimeout("late"), "next_dagrun_info took too long"),
        ("tomorrow", "AttributeError"),
        (DagRunInfo.exact(datetime(2024, 5, 3)), "run_after must be a datetime with a time zone"),
        (DagRunInfo(DAY, DataInterval(DAY, "x")), "data_interval.end must be a datetime"),  # type: ignore[arg-type]
        (DagRunInfo.exact(DAY), "next_dagrun_info does not lead on: after 2024-05-01"),
    ],
)
def test_other_answers_are_errors(answer, message):
    """Whatever user code does, the outcome says what is wrong; a timetable that goes round in circles is told too."""
    outcome, pushed, _ = told(answer, LATER)
    assert (outcome.kind, pushed) == (OutcomeKind.FAILED, "nothing")
    assert message in outcome.error


def run_of(**more: Any) -> Run:
    """A run made by hand."""
    fields: dict[str, Any] = {"logical_date": DAY, "data_interval_start": DAY, "data_interval_end": DAY, **more}
    fields = {"dag_id": "d", "run_type": RunType.MANUAL, **fields}
    return Run(run_id="r", version="v", state=RunState.RUNNING, **fields)


def test_a_manual_run_has_the_interval_that_the_timetable_gives():
    """Unless it was given one, or the timetable is no custom one; a scheduled run has its own."""
    dag = DAG("d", schedule=Custom(), start_date=DAY)
    assert manual_interval(dag, run_of()) == (DAY - timedelta(hours=1), DAY)
    assert manual_interval(dag, run_of(run_type=RunType.SCHEDULED)) is None
    assert manual_interval(dag, run_of(data_interval_start=DAY - timedelta(days=3))) is None
    assert manual_interval(dag, run_of(logical_date=None)) is None
    assert manual_interval(DAG("d", schedule="@daily", start_date=DAY), run_of()) is None


FILE = """
from datetime import timedelta
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable

class Mine(Timetable):
    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        if last_automated_data_interval is not None:
            {then}
        start = restriction.earliest
        return DagRunInfo.interval(start, start + timedelta(days=1))

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(run_after - timedelta(hours=2), run_after)

custom = DAG('custom', schedule=Mine(), start_date=dt.datetime(2024, 1, 1))
with custom:
    @task
    def show(data_interval_start=None, data_interval_end=None):
        return str((data_interval_end - data_interval_start).as_timedelta())
    show()
"""


def test_a_timetable_is_asked_in_a_process_of_its_own(scratch):
    """The class is in the DAG file, in Airflow's words; what it raises or never comes back from is an outcome."""
    scratch.write("mine.py", FILE.format(then="raise ValueError('no idea')"))
    ended = scratch.run("", dag_id="custom", file="mine.py", changes={"timetable": FIRST})
    assert (ended.kind, ended.error) == ("success", "")
    assert [text[:10] for text in ended.report.xcoms[ANSWER]] == ["2024-05-01", "2024-05-02", "2024-05-02"]
    ended = scratch.run("", dag_id="custom", file="mine.py", changes={"timetable": LATER})
    assert (ended.kind, ended.error) == ("failed", "line 11: ValueError: no idea")
    scratch.write("mine.py", FILE.format(then="time.sleep(60)"))
    ended = scratch.run("", dag_id="custom", file="mine.py", changes={"timetable": LATER}, timeout=0.2)
    assert (ended.kind, ended.error) == ("failed", "next_dagrun_info took too long")


def test_a_task_of_a_manual_run_sees_the_timetables_interval(scratch, tmp_path):
    """It is worked out where the task runs."""
    scratch.write("mine.py", FILE.format(then="return None"))
    request = a_request("show", run_of(dag_id="custom"), file="mine.py")
    fingerprint = f"v{scratch.versions['mine.py']}"
    report = scratch.supervisor.run(request, fingerprint=fingerprint, log=tmp_path / "log", answer=nobody_answers)
    assert from_json(report.xcoms["return_value"]) == "2:00:00"
