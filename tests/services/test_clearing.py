"""Clear, mark, rerun and cancel over fakes: in live runs and in ended ones, no attempt is lost, none counts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from brisa.errors import NotFoundError
from brisa.model.dag import Dag, DagVersion
from brisa.model.run import AttemptKey, Outcome, Run, RunKey, TaskInstance
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import AttemptState, OutcomeKind, RunState, TaskState
from brisa.ports.store import Create, Put, Update
from brisa.services.clearing import Clearing, ClearingError, Selection
from brisa.services.markers import MarkerError
from tests.support.builders import chain, dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import DAY, SUCCESS, Site

FAILED = Outcome(kind=OutcomeKind.FAILED)


def clearing(site: Site) -> Clearing:
    """What people do."""
    return Clearing(site.store, site.runs)


def fails_once(key: AttemptKey) -> Outcome:
    """Fails in its first generation."""
    return SUCCESS if key.generation else FAILED


def failed_in_the_middle() -> tuple[Site, Run]:
    """``t0 >> t1 >> t2`` whose ``t1`` has failed."""
    site = Site(chain(3), {"t1": fails_once})
    return site, site.trigger_and_work()


def names(found: object) -> list[tuple[str, tuple[str, ...]]]:
    """Run id and names of what was chosen."""
    return [(one.run.run_id, one.names) for one in found]  # type: ignore[attr-defined]


def test_a_failed_task_is_cleared_with_what_is_below() -> None:
    """Those run again, and nothing else; the DAG document knows that the run is active again."""
    site, run = failed_in_the_middle()
    selection = Selection(dag_id="d", run_ids=(run.run_id,), task_ids=("t1",), downstream=True)
    assert names(clearing(site).to_clear(selection)) == [(run.run_id, ("t1", "t2"))]
    assert site.run(run.key).state is RunState.FAILED
    clearing(site).clear(selection)
    stored = site.store.dag("d")
    assert stored is not None
    assert stored.record.active_runs == (run.run_id,)
    site.work()
    assert site.run(run.key).state is RunState.SUCCESS
    assert site.supervisor.effects == {("t0", 1): 1, ("t1", 1): 1, ("t1", 2): 1, ("t2", 1): 1}
    stored = site.store.dag("d")
    assert stored is not None
    assert stored.record.active_runs == ()


def test_a_run_is_rerun_from_its_failure() -> None:
    """What failed, and all below it; where nothing has failed, that is said."""
    site, run = failed_in_the_middle()
    assert names(clearing(site).rerun(run.key)) == [(run.run_id, ("t1", "t2"))]
    site.work()
    assert site.run(run.key).state is RunState.SUCCESS
    with pytest.raises(ClearingError, match="nothing has failed"):
        clearing(site).rerun(run.key)
    with pytest.raises(NotFoundError):
        clearing(site).rerun(RunKey("d", "nobody"))


@pytest.mark.parametrize("name", ["@callbacks", "@deadline[0]"])
def test_a_function_of_the_dag_that_has_failed_is_no_task_to_rerun(name: str) -> None:
    """Callbacks, and what is called for a deadline, may fail, too; the run knows those, and they are no tasks."""
    site, run = failed_in_the_middle()
    stored = site.store.run(run.key)
    assert stored is not None
    failed = TaskInstance(state=TaskState.FAILED, try_number=1)
    site.store.commit(Update(replace(stored.record, tasks={**stored.record.tasks, name: failed}), stored.revision))
    site.start()
    assert names(clearing(site).rerun(run.key)) == [(run.run_id, ("t1", "t2"))]


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ({"run_ids": ("r2",)}, [2]),
        ({"run_ids": ("r2",), "past": True}, [2, 1]),
        ({"run_ids": ("r2",), "future": True}, [2, 3, 4]),
        ({"run_ids": ("r2",), "past": True, "future": True}, [2, 1, 3, 4]),
        ({}, [1, 2, 3, 4]),
        ({"first": datetime(2024, 1, 2, tzinfo=UTC)}, [2, 3, 4]),
        ({"first": datetime(2024, 1, 2, tzinfo=UTC), "last": datetime(2024, 1, 3, tzinfo=UTC)}, [2, 3]),
        ({"first": datetime(2025, 1, 2, tzinfo=UTC)}, []),
        ({"only_failed": True}, [3]),
        ({"only_running": True}, []),
        ({"task_regex": "^t"}, [1, 2, 3, 4]),
        ({"task_regex": "x"}, []),
    ],
)
def test_which_runs_are_meant(more: dict, days: list[int]) -> None:
    """By id, by logical date, before and after; then by the states of their tasks."""

    def play(key: AttemptKey) -> Outcome:
        return FAILED if key.run_id == "r3" else SUCCESS

    site = Site(dag(task("t0")), {"t0": play})
    for day in range(1, 5):
        site.trigger(run_id=f"r{day}", logical_date=datetime(2024, 1, day, tzinfo=UTC))
    site.work()
    found = clearing(site).to_clear(Selection(dag_id="d", **more))
    assert [int(one.run.run_id[1:]) for one in found] == days


def test_what_is_not_there_is_told() -> None:
    """An unknown run or task, and a regular expression that is none."""
    site, run = failed_in_the_middle()
    service = clearing(site)
    with pytest.raises(NotFoundError, match="no run 'x'"):
        service.clear(Selection(dag_id="d", run_ids=("x",)))
    with pytest.raises(NotFoundError, match="no task 'x'"):
        service.clear(Selection(dag_id="d", task_ids=("t0", "x")))
    with pytest.raises(ClearingError, match="no regular expression"):
        service.clear(Selection(dag_id="d", task_regex="("))
    with pytest.raises(ClearingError, match="can't be marked running"):
        service.mark(Selection(dag_id="d"), TaskState.RUNNING)
    with pytest.raises(ClearingError, match="can't be marked queued"):
        service.mark_run(run.key, RunState.QUEUED)


def test_clearing_a_running_task_runs_it_once_more_and_counts_once() -> None:
    """The attempt under way is revoked: what it still reports changes nothing."""
    site = Site(chain(2))
    played: list[AttemptKey] = []

    def play(key: AttemptKey) -> Outcome:
        played.append(key)
        if key.generation == 0:
            clearing(site).clear(Selection(dag_id="d", task_ids=("t0",)))
            stored = site.store.attempt(key)
            assert stored is not None
            assert stored.record.state is AttemptState.REVOKED
            return FAILED
        return SUCCESS

    site.supervisor._plays = {"t0": play}
    run = site.trigger_and_work()
    assert [key.generation for key in played] == [0, 1]
    assert site.states(run.key) == {"t0": "success", "t1": "success"}
    assert site.supervisor.effects["t1", 1] == 1


def test_instances_of_a_mapped_task_are_cleared_one_by_one() -> None:
    """The others stay as they are."""
    site = Site(dag(task("m", mapped={"x": 3}), task("d", "m")), {"m": fails_once})
    run = site.trigger_and_work()
    found = clearing(site).clear(Selection(dag_id="d", task_ids=("m",), map_indexes=(1,)))
    assert names(found) == [(run.run_id, ("m[1]",))]
    site.work()
    ended = site.run(run.key)
    assert [ended.task(f"m[{index}]").state.value for index in range(3)] == ["failed", "success", "failed"]
    clearing(site).rerun(run.key)
    site.work()
    assert site.run(run.key).state is RunState.SUCCESS


@pytest.mark.parametrize("state", [TaskState.SUCCESS, TaskState.SKIPPED, TaskState.FAILED])
def test_a_marked_task_lets_what_is_below_run(state: TaskState) -> None:
    """What had failed because of it is judged anew, as in Airflow."""
    site = Site(chain(3), {"t1": lambda _: FAILED})
    run = site.trigger_and_work()
    assert site.states(run.key)["t2"] == "upstream_failed"
    clearing(site).mark(Selection(dag_id="d", run_ids=(run.run_id,), task_ids=("t1",)), state)
    site.work()
    below = {TaskState.SUCCESS: "success", TaskState.SKIPPED: "skipped", TaskState.FAILED: "upstream_failed"}[state]
    assert site.states(run.key) == {"t0": "success", "t1": state.value, "t2": below}
    assert site.run(run.key).state is (RunState.FAILED if state is TaskState.FAILED else RunState.SUCCESS)
    assert site.store.next_due() is None


def test_marking_what_has_not_begun() -> None:
    """A task of a live run that is marked before its turn does not run."""
    site = Site(chain(3))
    run = site.trigger()
    clearing(site).mark(Selection(dag_id="d", task_ids=("t1",), downstream=True), TaskState.SUCCESS)
    site.work()
    assert site.states(run.key) == {"t0": "success", "t1": "success", "t2": "success"}
    assert site.supervisor.effects == {("t0", 1): 1}


def test_a_cancelled_run_has_failed_and_what_runs_is_stopped() -> None:
    """Its attempt is revoked, the rest skipped, the DAG has room again; a run that has ended can't be cancelled."""
    site = Site(chain(3, retries=3))
    message = None
    run = site.trigger()
    message = site.take()
    assert site.worker._claim(message) is not None
    waiting = replace(site.spec, max_active_runs=1)
    assert waiting.max_active_runs == 1
    ended = clearing(site).cancel(run.key)
    assert ended.state is RunState.FAILED
    assert site.states(run.key) == {"t0": "failed", "t1": "skipped", "t2": "skipped"}
    attempt = site.store.attempt(message.attempt)
    assert attempt is not None
    assert attempt.record.state is AttemptState.REVOKED
    site.queue.done(message.name)
    site.work()
    assert site.store.next_due() is None
    stored = site.store.dag("d")
    assert stored is not None
    assert stored.record.active_runs == ()
    with pytest.raises(ClearingError, match="ended already"):
        clearing(site).cancel(run.key)


def test_a_run_that_waits_can_be_cancelled() -> None:
    """It never begins, and the next one does."""
    site = Site(dag(task("t0"), max_active_runs=1))
    first, second, third = (site.trigger(run_id=f"r{number}") for number in range(3))
    clearing(site).cancel(second.key)
    stored = site.store.dag("d")
    assert stored is not None
    assert stored.record.waiting_runs == ("r2",)
    site.work()
    states = [site.run(run.key).state.value for run in (first, second, third)]
    assert states == ["success", "failed", "success"]


def test_a_run_can_be_marked() -> None:
    """Success marks every task so."""
    site, run = failed_in_the_middle()
    assert clearing(site).mark_run(run.key, RunState.SUCCESS).state is RunState.SUCCESS
    assert set(site.states(run.key).values()) == {"success"}


# --- markers


def marker(task_id: str, *upstream: str, dag_id: str, at: str, date: str = "", depth: int = 10) -> TaskSpec:
    """An ExternalTaskMarker of ``at`` in ``dag_id``."""
    date = date or "{{ logical_date.isoformat() }}"
    marks = {"dag": dag_id, "task": at, "date": date, "depth": depth}
    return task(task_id, *upstream, empty=True, operator="ExternalTaskMarker", marks=marks)


def add(site: Site, spec: DagSpec) -> None:
    """Another DAG."""
    version = DagVersion(dag_id=spec.dag_id, version="v1", spec=spec)
    site.store.commit(Put(version), Create(Dag(dag_id=spec.dag_id, version="v1", paused=False)))


def marked(date: str = "", depth: int = 10, back: str = "other") -> Site:
    """``d`` marks ``other``, which marks ``last``, or with ``back`` the first again; each has run."""
    site = Site(dag(task("a"), marker("mark", "a", dag_id="child", at="c", date=date, depth=depth)))
    add(site, dag(task("b"), task("c", "b"), marker("m", "c", dag_id=back, at="a"), dag_id="child"))
    add(site, dag(task("a"), dag_id="other"))
    for dag_id in ("d", "child", "other"):
        site.runs.trigger(dag_id, logical_date=DAY, run_id=f"of {dag_id}")
        site.runs.trigger(dag_id, logical_date=DAY.replace(day=2), run_id=f"later {dag_id}")
    site.work()
    return site


def test_clearing_a_marker_clears_what_it_marks() -> None:
    """The task of that logical date, what is below it, and so on from marker to marker."""
    site = marked()
    selection = Selection(dag_id="d", run_ids=("of d",), task_ids=("a",), downstream=True)
    found = clearing(site).clear(selection)
    assert names(found) == [("of d", ("a", "mark")), ("of child", ("c", "m")), ("of other", ("a",))]
    site.work()
    assert all(site.run(one.run).state is RunState.SUCCESS for one in found)
    assert site.supervisor.effects["b", 1] == 2
    alone = clearing(site).to_clear(replace(selection, recursive=False))
    assert names(alone) == [("of d", ("a", "mark"))]


def test_a_markers_template_tells_the_date() -> None:
    """With Airflow's names for the run's dates."""
    site = marked("{{ (logical_date + macros.timedelta(days=1)).isoformat() }}")
    found = clearing(site).to_clear(Selection(dag_id="d", run_ids=("of d",), task_ids=("mark",)))
    assert [one.run.run_id for one in found] == ["of d", "later child", "later other"]
    site = marked("{{ ds }}")
    assert len(clearing(site).to_clear(Selection(dag_id="d", run_ids=("of d",), task_ids=("mark",)))) == 3


def test_a_cycle_of_markers_ends() -> None:
    """Each is followed once."""
    site = marked(back="d")
    found = clearing(site).to_clear(Selection(dag_id="d", run_ids=("of d",), task_ids=("a",), downstream=True))
    assert [one.run.run_id for one in found] == ["of d", "of child"]


def test_markers_beyond_the_depth_clear_nothing() -> None:
    """As in Airflow, and it says which."""
    site = marked(depth=1)
    with pytest.raises(ClearingError, match=r"DAG 'child', task 'm': .*nothing was cleared"):
        clearing(site).clear(Selection(dag_id="d", task_ids=("mark",)))
    assert {stored.record.state for stored in site.store.runs("d")} == {RunState.SUCCESS}


@pytest.mark.parametrize(
    "date", ["{{ nothing }}", "{{", "yesterday", "{{ ''.__class__.__mro__ }}", "{{ 1 // 0 }}", "{{ macros.importlib }}"]
)
def test_a_marker_that_says_nothing_is_an_error(date: str) -> None:
    """It names the DAG and the task; hostile templates get nowhere."""
    site = marked(date)
    with pytest.raises(MarkerError, match="DAG 'd', task 'mark'"):
        clearing(site).clear(Selection(dag_id="d", task_ids=("mark",)))


# --- crashes


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("verb", ["clear", "mark", "cancel"])
def test_a_crash_at_any_port_call_leaves_a_run_that_ends(verb: str, after: bool) -> None:
    """Asked for again if it was not done, the run comes to its end; no attempt of a generation runs twice."""
    number, blown = 0, True
    while blown:
        site = Site(chain(3), {"t1": fails_once})
        run = site.trigger() if verb == "cancel" else site.trigger_and_work()
        before = site.run(run.key)
        site.start(Fuse(blow_at=number, after=after))
        selection = Selection(dag_id="d", task_ids=("t1",))
        try:
            if verb == "clear":
                clearing(site).clear(replace(selection, downstream=True))
            elif verb == "mark":
                clearing(site).mark(selection, TaskState.SUCCESS)
            else:
                clearing(site).cancel(run.key)
            blown = False
        except Crash:
            pass
        site.start()
        site.recover()
        if site.run(run.key) == before:
            if verb == "clear":
                clearing(site).clear(replace(selection, downstream=True))
            elif verb == "mark":
                clearing(site).mark(selection, TaskState.SUCCESS)
            else:
                clearing(site).cancel(run.key)
        site.work()
        where = f"{verb}, call {number}"
        assert site.run(run.key).state is (RunState.FAILED if verb == "cancel" else RunState.SUCCESS), where
        assert site.store.next_due() is None, where
        assert all(count == 1 for count in site.supervisor.effects.values()), where
        stored = site.store.dag("d")
        assert stored is not None
        assert stored.record.active_runs == (), where
        number += 1
    assert number > 3
