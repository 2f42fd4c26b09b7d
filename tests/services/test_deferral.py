"""Deferred tasks and what tasks ask of other DAGs, over fakes and in whole runs of real DAG files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from brisa.model.dag import Dag, DagVersion
from brisa.model.events import Clear, Event, Mark, MarkRun
from brisa.model.json import JsonObject
from brisa.model.run import AttemptKey, Outcome, Run, RunKey
from brisa.model.spec import DagSpec, GroupSpec
from brisa.model.states import OutcomeKind, RunState, RunType, TaskState
from brisa.ports.store import Create, Put, Update
from brisa.runtime.request import DEFERRAL
from brisa.runtime.supervisor import Report
from brisa.services.xcoms import INLINE_LIMIT
from tests.support.builders import chain, dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import DAY, SUCCESS, Site
from tests.support.trials import Tried, run_dag

LATER = Outcome(kind=OutcomeKind.DEFERRED, resume_at=2e9)
LEFT: JsonObject = {"trigger": "x.Y", "method": "done", "began_at": 1.0}
LARGE = "x" * (INLINE_LIMIT + 1)
TRIGGERS = """
import asyncio, time
from datetime import datetime, timedelta
from airflow.models import DAG
from airflow.models.baseoperator import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent
from airflow.triggers.temporal import TimeDeltaTrigger

class Sleeps(BaseTrigger):
    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds
    def serialize(self):
        return "triggers.Sleeps", {"seconds": self.seconds}
    async def run(self):
        await asyncio.sleep(self.seconds)
        yield TriggerEvent(self.seconds)

class Never(Sleeps):
    def serialize(self):
        return f"{type(self).__module__}.{type(self).__qualname__}", {"seconds": self.seconds}
    async def run(self):
        while True:
            await asyncio.sleep(self.seconds)
        yield

class Blocks(Sleeps):
    def serialize(self):
        return "triggers.Blocks", {"seconds": self.seconds}
    async def run(self):
        time.sleep(self.seconds)
        yield TriggerEvent(self.seconds)

class Waits(BaseOperator):
    def __init__(self, *, trigger, timeout=None, **kwargs):
        super().__init__(**kwargs)
        self.trigger, self.timeout = trigger, timeout
    def execute(self, context):
        context["ti"].xcom_push("job", ["a", "job"])
        self.defer(trigger=self.trigger, method_name="done", timeout=self.timeout)
    def done(self, context, event):
        ti = context["ti"]
        return [str(event), ti.xcom_pull(task_ids=self.task_id, key="job"), ti.try_number]

with DAG("triggers", schedule=None, start_date=datetime(2024, 1, 1)):
    Waits(task_id="at_once", trigger=Sleeps(0))
    Waits(task_id="later", trigger=Sleeps(3600)) >> Waits(task_id="below", trigger=TimeDeltaTrigger(timedelta(hours=2)))
    Waits(task_id="never", trigger=Never(30), timeout=timedelta(minutes=10), retries=1, retry_delay=1)
    Waits(task_id="blocks", trigger=Blocks(60), execution_timeout=timedelta(seconds=0.5))
"""


def trial(tmp_path: Path) -> Tried:
    """The run of those tasks."""
    file = tmp_path / "triggers.py"
    file.write_text(TRIGGERS, "utf-8")
    return run_dag(file, "triggers")


def test_a_dag_file_with_triggers_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task goes on when its trigger fires, in its first try and with its XComs, or fails when its time is up."""
    monkeypatch.setenv("BRISA_TRIGGER_SLICE", "0.1")
    tried = trial(tmp_path)
    assert tried.states == {
        "at_once": "success",
        "later": "success",
        "below": "success",
        "never": "failed",
        "blocks": "failed",
    }
    assert tried.xcoms["at_once"] == {"job": ["a", "job"], "return_value": ["0", ["a", "job"], 1]}
    assert tried.xcoms["later"] == {"job": ["a", "job"], "return_value": ["3600", ["a", "job"], 1]}
    assert tried.xcoms["below"]["return_value"][1:] == [["a", "job"], 1]
    assert tried.xcoms["never"] == {"job": ["a", "job"]}
    assert "TaskDeferralTimeout: Trigger timeout" in tried.logs["never"]
    assert "try 2 of 2" in tried.logs["never"]
    assert "AirflowTaskTimeout: the task ran longer than its execution_timeout of 0.5 s" in tried.logs["blocks"]


class Deferred:
    """A task that is deferred once, and what it was told when it went on."""

    def __init__(self, **plays: Any) -> None:
        self.told: list[Any] = []
        self.pulled: list[Any] = []
        self.site = Site(chain(2), {"t0": self.play, **plays})
        self.lost: set[int] = set()

    def play(self, key: AttemptKey) -> Report:
        """Deferred at first; what an attempt pushes beside."""
        found = self.site.supervisor.answer("deferred", {})
        self.told.append(found)
        if key.seq in self.lost:
            return Report(outcome=SUCCESS, lost=True)
        if found is None:
            return Report(outcome=LATER, xcoms={DEFERRAL: LEFT, "job": 7, "large": LARGE})
        self.pulled.append(self.site.supervisor.answer("kept_xcom", {"key": "large"}))
        return Report(outcome=SUCCESS, xcoms={"return_value": 8})

    def run(self) -> Run:
        """A run, to its end."""
        return self.site.trigger_and_work()


def test_the_next_attempt_is_told_what_the_deferred_one_has_left() -> None:
    """It is the same try, later; its XComs are those of both attempts, and what was left is not among them."""
    deferred = Deferred()
    run = deferred.run()
    assert run.state is RunState.SUCCESS
    assert deferred.told == [None, LEFT]
    assert deferred.pulled == [[LARGE]]
    instance = run.task("t0")
    assert (instance.try_number, instance.seq) == (1, 1)
    last = deferred.site.store.attempt(AttemptKey(*run.key, "t0", seq=1))
    assert last is not None
    assert {key: bool(xcom.blob) for key, xcom in last.record.xcoms.items()} == {
        "job": False,
        "large": True,
        "return_value": False,
    }


@pytest.mark.parametrize("lost", [{0}, {1}, {1, 2, 3}, {0, 2}])
def test_lost_workers_do_not_lose_a_deferral(lost: set[int]) -> None:
    """Whichever attempt is lost, before or after, the next one goes on from where the last that ended was."""
    deferred = Deferred()
    deferred.lost = lost
    run = deferred.run()
    assert run.state is RunState.SUCCESS
    first = 1 if 0 in lost else 0
    assert deferred.told == [None] * (first + 1) + [LEFT] * len(lost - {0}) + [LEFT]
    assert run.task("t0").try_number == 1


def test_a_deferral_ends_with_its_try() -> None:
    """A new try begins from the beginning."""
    asked: list[Any] = []

    def play(key: AttemptKey) -> Report:
        found = site.supervisor.answer("deferred", {})
        asked.append(found)
        if found is None and key.try_number == 1:
            return Report(outcome=LATER, xcoms={DEFERRAL: LEFT})
        return Report(outcome=SUCCESS if key.try_number == 2 else Outcome(kind=OutcomeKind.FAILED))

    site = Site(dag(task("t", retries=1)), {"t": play})
    assert site.trigger_and_work().state is RunState.SUCCESS
    assert asked == [None, LEFT, None]


def test_nobody_can_pull_what_is_left() -> None:
    """No other task sees it, whatever it asks for."""
    shown: list[Any] = []

    def pull(_: AttemptKey) -> Outcome:
        shown.append(deferred.site.supervisor.answer("xcom_pull", {"task_ids": ["t0"], "key": DEFERRAL}))
        shown.append(deferred.site.supervisor.answer("xcom_pull", {"task_ids": ["t0"], "key": "job"}))
        return SUCCESS

    deferred = Deferred(t1=pull)
    deferred.run()
    assert shown == [[], [["t0", -1, 7]]]


def test_nor_while_the_task_is_deferred() -> None:
    """A task that began before the other was deferred, and asks after, finds what it had pushed, and no more."""
    shown: list[Any] = []

    def pull(_: AttemptKey) -> Outcome:
        answer = site.supervisor.answer
        site.handle(other)
        shown.extend(answer("xcom_pull", {"key": key}) for key in (DEFERRAL, "job"))
        return SUCCESS

    defers = Report(outcome=LATER, xcoms={DEFERRAL: LEFT, "job": 7})
    site = Site(dag(task("a"), task("b")), {"a": lambda _: defers, "b": pull})
    site.trigger()
    other = site.take()
    site.handle(site.take())
    assert shown == [[], [["a", -1, 7]]]


def test_sensors_that_look_again_ask_at_no_cost() -> None:
    """What the run says of the task tells that it was not deferred: no document is read for that."""

    def reads(*, asks: bool) -> int:
        def look(key: AttemptKey) -> Outcome:
            if asks:
                assert site.supervisor.answer("deferred", {}) is None
            return SUCCESS if key.seq == 5 else Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=2e9)

        site = Site(chain(1), {"t0": look})
        site.trigger_and_work()
        return site.counts.totals()["reads"]

    assert reads(asks=True) == reads(asks=False)


# --- other DAGs ---


def with_target(play: Any = None, spec: DagSpec | None = None, **more: Any) -> Site:
    """A site with a second DAG, ``target``."""
    site = Site(chain(1), {"t0": play} if play else {})
    spec = spec or dag(task("a"), task("b", "a"), dag_id="target")
    site.store.commit(
        Put(DagVersion(dag_id="target", version="v1", spec=spec)),
        Create(Dag(dag_id="target", version="v1", **{"paused": False, **more})),
    )
    return site


QUESTION = {
    "dag_id": "target",
    "run_id": "manual__x",
    "conf": {"n": 1},
    "logical_date": None,
    "token": "task d/r/t0/-1/0.1",
    "reset": False,
    "unless_paused": False,
}


def ask(site: Site, verb: str = "trigger_dag_run", **changes: Any) -> Any:
    """The answer that a task gets."""
    if site.store.run(RunKey("d", "manual__2024-01-01T00:00:00+00:00")) is None:
        site.trigger()
        site.handle(site.take())
    question = QUESTION | changes if verb == "trigger_dag_run" else {"dag_id": "target", **changes}
    return site.supervisor.answer(verb, question)


def of_target(site: Site) -> list[Run]:
    """The runs of the second DAG."""
    return [stored.record for stored in site.store.runs("target")]


def test_a_task_makes_a_run_of_another_dag_once() -> None:
    """The run begins at once; the same try that asks again gets the same answer, and there is one run."""
    site = with_target()
    first = ask(site)
    again = ask(site)
    assert first == {
        "status": "triggered",
        "run_id": "manual__x",
        "logical_date": first["logical_date"],
        "state": "running",
    }
    assert again["status"] == "triggered"
    (run,) = of_target(site)
    assert (run.conf, run.run_type, run.triggered_by) == ({"n": 1}, RunType.MANUAL, QUESTION["token"])


def test_a_crash_anywhere_makes_no_second_run() -> None:
    """The process ends before or after any of its calls; the try runs again, and there is one run."""

    def play(_: AttemptKey) -> Outcome:
        site.supervisor.answer("trigger_dag_run", QUESTION)
        return SUCCESS

    for after in (False, True):
        fuse, at = Fuse(), 0
        while fuse.calls >= at:  # else it never came to that call
            site = with_target(play)
            site.trigger()
            fuse = Fuse(blow_at=at, after=after)
            site.start(fuse)
            try:
                site.work()
            except Crash:
                site.start()
                site.recover()
                site.work()
            assert [run.state for run in of_target(site)] == [RunState.SUCCESS]
            at += 1
        assert at > 20


def test_another_try_finds_that_the_run_exists() -> None:
    """The same id, or the same logical date under another id, is in the way."""
    site = with_target()
    ask(site, logical_date="2024-05-01T00:00:00+00:00")
    other = ask(site, token="another")
    assert (other["status"], other["run_id"], other["logical_date"]) == (
        "exists",
        "manual__x",
        "2024-05-01T00:00:00+00:00",
    )
    same_date = ask(site, token="another", run_id="y", logical_date="2024-05-01T02:00:00+02:00")
    assert (same_date["status"], same_date["run_id"]) == ("exists", "manual__x")
    assert len(of_target(site)) == 1


def test_a_run_that_exists_is_cleared_once_for_each_try() -> None:
    """With reset, all its tasks run again; the same try that asks again clears nothing."""
    site = with_target()
    ask(site)
    site.work()
    assert ask(site, token="second", reset=True)["status"] == "triggered"
    (run,) = of_target(site)
    assert run.task("a").generation == 1
    site.work()
    assert ask(site, token="second", reset=True)["state"] == "success"
    (run,) = of_target(site)
    assert (run.state, run.task("a").generation, run.task("b").generation) == (RunState.SUCCESS, 1, 1)


def test_why_a_run_can_not_be_made() -> None:
    """An unknown DAG, a paused one that is not to be triggered, a parameter without a value: each is told."""
    site = with_target(paused=True)
    assert ask(site, dag_id="tarGet") == {"status": "unknown", "nearest": "target"}
    assert ask(site, unless_paused=True) == {"status": "paused"}
    assert of_target(site) == []
    assert ask(site)["state"] == "queued"
    assert ask(site, unless_paused=True)["status"] == "triggered"  # it was this very try
    spec = replace(dag(task("a"), dag_id="target"), params={"n": {}, "m": {}})
    refused = ask(with_target(spec=spec))
    assert refused == {"status": "refused", "why": refused["why"]}
    assert "'m' has no default" in refused["why"]


def test_how_runs_and_their_tasks_are() -> None:
    """Runs are found by id, by the date in it, or by a date that no id tells; tasks by id and by group."""
    spec = replace(
        dag(task("a"), task("g.b", "a", group_id="g"), task("g.h.c", "a", group_id="g.h"), dag_id="target"),
        groups=(GroupSpec(group_id="g"), GroupSpec(group_id="g.h", parent="g")),
    )
    site = with_target(spec=spec)
    site.runs.trigger("target", logical_date=DAY, run_type=RunType.SCHEDULED)
    site.runs.trigger("target", logical_date=DAY.replace(day=2), run_id="mine")
    site.work()
    done = {"a": ["success"], "g.b": ["success"], "g.h.c": ["success"]}

    def told(**question: Any) -> list[tuple[str, str, Any]]:
        found = ask(site, "external_runs", **question)["runs"]
        return [(run["run_id"], run["state"], run["tasks"]) for run in found]

    scheduled = ("scheduled__2024-01-01T00:00:00+00:00", "success")
    assert told(logical_dates=["2024-01-01T00:00:00+00:00"]) == [(*scheduled, {})]
    assert told(logical_dates=["2024-01-01", "2024-01-02"], task_ids=["a"], group="g") == [
        (*scheduled, done),
        ("mine", "success", done),
    ]
    assert told(run_ids=["mine", "nobody's"], group="g.h") == [("mine", "success", {"g.h.c": ["success"]})]
    site.runs.trigger("target", logical_date=DAY.replace(day=3))
    assert told(logical_dates=["2024-01-03"], task_ids=["a", "g.b"])[0][1:] == (
        "running",
        {"a": ["queued"], "g.b": ["none"]},
    )
    assert told(logical_dates=["2024-01-04"]) == []


def test_the_instances_of_a_mapped_task_each_count() -> None:
    """A mapped task has the states of all its instances."""
    site = with_target(spec=dag(task("a", mapped={"x": 3}), dag_id="target"))
    run = site.runs.trigger("target", logical_date=DAY)
    site.work()
    (told,) = ask(site, "external_runs", run_ids=[run.run_id], task_ids=["a"])["runs"]
    assert told["tasks"] == {"a": ["success", "success", "success"]}


def test_whether_what_is_waited_for_exists() -> None:
    """A DAG that never was, one whose file is gone, and tasks and groups that it lacks."""
    site = with_target()

    def checked(**question: Any) -> tuple[str, str, list[str]]:
        found = ask(site, "external_runs", check=True, run_ids=[], **question)
        return found["dag"], found["nearest"], found["lacking"]

    assert checked(task_ids=["a", "c"]) == ("there", "", ["c"])
    assert checked(group="g") == ("there", "", ["g"])
    assert checked(dag_id="targit") == ("unknown", "target", [])
    stored = site.store.dag("target")
    assert stored is not None
    site.store.commit(Update(replace(stored.record, active=False), stored.revision))
    assert checked()[0] == "deleted"


def test_a_date_without_a_zone_is_utc() -> None:
    """As logical dates are."""
    site = with_target()
    ask(site, logical_date="2024-05-01T00:00:00")
    (run,) = of_target(site)
    assert run.logical_date == datetime(2024, 5, 1, tzinfo=UTC)
    assert run.task("a").state is TaskState.QUEUED


@pytest.mark.parametrize(
    "event",
    [MarkRun(state=RunState.FAILED), Mark(task_ids=("t0",), state=TaskState.SUCCESS), Clear(task_ids=("t0",))],
    ids=["cancelled", "marked", "cleared"],
)
def test_the_trigger_of_a_task_that_is_ended_is_told_at_once(event: Event) -> None:
    """Once, by an attempt of the try that was, however often that is delivered; the run goes on as it would."""
    deferred = Deferred()
    site = deferred.site
    run = site.trigger()
    site.handle(site.take())
    assert site.run(run.key).task("t0").state is TaskState.DEFERRED

    site.runs.change(run.key, lambda _: [event])
    (kill,) = (work for work in site.queue.take(site.clock.now(), limit=9, owner="x") if getattr(work, "kill", False))
    for _ in range(2):
        site.handle(kill)
    assert site.supervisor.killed == [f"d/{run.run_id}/t0/-1/0/1/1"]
    assert site.supervisor.answer("deferred", {}) == LEFT

    site.queue.release()
    site.clock.advance(LATER.resume_at or 0.0)
    site.work()
    assert site.run(run.key).state is (RunState.FAILED if isinstance(event, MarkRun) else RunState.SUCCESS)
    assert len(site.supervisor.killed) == 1
    assert deferred.told == ([None, None, LEFT] if isinstance(event, Clear) else [None])


def test_a_run_that_is_made_again_is_not_told_of_the_deleted_one() -> None:
    """It has the same id, and its task has not come as far: that attempt is still to come."""
    deferred = Deferred()
    site = deferred.site
    run = site.trigger(run_id="r")
    site.handle(site.take())
    site.deletion.delete_run(run.key, cancel=True)
    (kill,) = (work for work in site.queue.take(site.clock.now(), limit=9, owner="x") if getattr(work, "kill", False))
    site.trigger(run_id="r")
    site.handle(kill)
    assert (site.supervisor.killed, len(site.store.attempts(run.key))) == ([], 0)


def test_a_task_that_is_not_deferred_has_nobody_to_be_told() -> None:
    """Nor does it matter that a kill comes while its attempt is awaited."""
    site = Deferred().site
    run = site.trigger()
    message = site.take()
    site.handle(replace(message, kill=True))
    assert (site.supervisor.killed, site.supervisor.effects) == ([], {})
    site.runs.change(run.key, lambda _: [MarkRun(state=RunState.FAILED)])
    assert site.queue.take(site.clock.now(), limit=9, owner="x") == []
