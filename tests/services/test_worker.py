"""The worker and the planner over fakes: the happy path, its price, and every way in which it may be disturbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from brisa.adapters.memory import MemoryStore
from brisa.errors import UnavailableError
from brisa.model.events import MarkRun
from brisa.model.run import AttemptKey, Outcome
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, Decides, OutcomeKind, RunState, TaskState
from brisa.ports.store import Update
from brisa.runtime.supervisor import Report
from brisa.services.worker import LEASE, RENEWALS, _Held
from brisa.services.xcoms import INLINE_LIMIT
from tests.support.builders import chain, dag, task
from tests.support.faults import Crash, Fuse, Wrapped
from tests.support.site import SUCCESS, Site

FAILED = Outcome(kind=OutcomeKind.FAILED, error="boom")


def fails_first(key: AttemptKey) -> Outcome:
    """Fails its first try only."""
    return FAILED if key.try_number == 1 else SUCCESS


def pokes_twice(key: AttemptKey) -> Outcome:
    """A sensor that sees what it waits for when it looks for the third time."""
    return SUCCESS if key.seq >= 2 else Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=2e9)


def follows_left(_: AttemptKey) -> Outcome:
    """A branch that goes left."""
    return Outcome(kind=OutcomeKind.SUCCESS, follow=("left",))


def eventful() -> DagSpec:
    """A retry, a branch, a sensor, an empty task and a join."""
    return dag(
        task("a", retries=1, retry_delay=60.0),
        task("choose", "a", decides=Decides.BRANCH),
        task("left", "choose"),
        task("right", "choose"),
        task("wait", "a"),
        task("nothing", "left", empty=True),
        task("join", "nothing", "right", "wait", rule="none_failed_min_one_success"),
    )


PLAYS = {"a": fails_first, "choose": follows_left, "wait": pokes_twice}
ENDED = {
    "a": "success",
    "choose": "success",
    "left": "success",
    "right": "skipped",
    "wait": "success",
    "nothing": "success",
    "join": "success",
}


def test_a_run_goes_from_trigger_to_success() -> None:
    """A triggered chain runs task after task, and the run ends in success."""
    site = Site(chain(3))
    run = site.trigger()
    assert run.run_id == "manual__2024-01-01T00:00:00+00:00"
    assert run.state is RunState.RUNNING
    site.work()
    assert site.states(run.key) == {"t0": "success", "t1": "success", "t2": "success"}
    ended = site.run(run.key)
    assert ended.state is RunState.SUCCESS
    assert ended.next_check_at is None
    dag_document = site.store.dag("d")
    assert dag_document is not None
    assert dag_document.record.active_runs == ()


def test_retries_branches_and_sensors_end_as_they_should() -> None:
    """Everything that can happen on the way happens, once per try."""
    site = Site(eventful(), PLAYS)
    run = site.trigger()
    site.work()
    assert site.states(run.key) == ENDED
    assert site.supervisor.effects == {
        ("a", 1): 1,
        ("a", 2): 1,
        ("choose", 1): 1,
        ("left", 1): 1,
        ("wait", 1): 3,
        ("join", 1): 1,
    }


def test_an_ordinary_task_costs_one_read_three_writes_and_one_queue_operation() -> None:
    """The budget of the design: the difference that one more task makes to a chain."""
    totals = []
    for length in (5, 6):
        site = Site(chain(length))
        site.trigger()
        site.counts.reset()
        site.work()
        totals.append(site.counts.totals())
    more = {name: totals[1][name] - totals[0][name] for name in ("reads", "writes")}
    assert more == {"reads": 1, "writes": 3}


def test_a_message_delivered_twice_runs_once() -> None:
    """The claim is the lock: whoever comes second goes away."""
    site = Site(chain(1))
    run = site.trigger()
    message = site.take()
    site.worker.handle(message)
    site.worker.handle(message)
    assert site.supervisor.effects == {("t0", 1): 1}
    assert site.run(run.key).state is RunState.SUCCESS


def test_a_lost_message_is_sent_again() -> None:
    """A message that vanished from the queue is repaired by the sweep after its grace time."""
    site = Site(chain(2))
    run = site.trigger()
    message = site.take()
    site.queue.done(message.name)
    site.work()
    assert site.states(run.key) == {"t0": "success", "t1": "success"}
    assert site.run(run.key).task("t0").sends == 1


def test_a_lost_worker_costs_no_try() -> None:
    """An attempt whose lease has ended is run again, as the same try; its late result changes nothing."""
    site = Site(chain(1))
    run = site.trigger()
    message = site.take()
    claimed = site.worker._claim(message)
    assert claimed is not None
    site.queue.done(message.name)
    site.work()
    instance = site.run(run.key).task("t0")
    assert (instance.state, instance.try_number, instance.losses) == (TaskState.SUCCESS, 1, 1)
    lost = site.store.attempt(message.attempt)
    assert lost is not None
    assert lost.record.state is AttemptState.LOST


class Shifted(Fuse):
    """Before the second look at an attempt the clock of ``site`` is set by ``seconds``."""

    def __init__(self, site: Site, seconds: float) -> None:
        super().__init__()
        self.site, self.seconds = site, seconds

    def around(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make the call."""
        result = super().around(name, call, *args, **kwargs)
        if name.endswith(".attempt") and self.passed.count(name) == 2:
            self.site.clock.advance(self.seconds)
        return result


@pytest.mark.parametrize(("after", "shift", "lost"), [(0.5, -1.0, True), (-0.5, 1.0, False)])
def test_a_run_and_an_attempt_agree_on_whether_it_is_lost(after: float, shift: float, lost: bool) -> None:
    """The sweep looks at the time, ``after`` the end of the lease, once: it may be another when it has seen all."""
    site = Site(dag(task("t0"), task("t1")))
    run = site.trigger()
    site.clock.advance(1.0)
    message = site.take()
    assert site.worker._claim(message) is not None
    site.clock.advance(LEASE + after)
    site.start(Shifted(site, shift))
    site.planner.tick()
    attempt = site.store.attempt(message.attempt)
    assert attempt is not None
    assert (attempt.record.state is AttemptState.LOST) is lost
    assert site.run(run.key).task("t0").losses == lost


def test_a_lost_zygote_costs_no_try() -> None:
    """When brisa's own process that holds the file is gone, the attempt counts as lost at once, not as failed."""

    def dies_once(key: AttemptKey) -> Report:
        return Report(outcome=FAILED, lost=True) if key.seq == 0 else Report(outcome=SUCCESS)

    site = Site(chain(1), {"t0": dies_once})
    run = site.trigger()
    site.work()
    instance = site.run(run.key).task("t0")
    assert (instance.state, instance.try_number, instance.losses) == (TaskState.SUCCESS, 1, 1)


def test_a_result_that_comes_too_late_changes_nothing() -> None:
    """The attempt was declared lost while its worker still ran: the worker's own commit is refused."""
    site = Site(chain(1))

    def slow(key: AttemptKey) -> Outcome:
        if key.seq == 0:
            site.clock.advance(3600)
            site.planner.tick()
        return FAILED if key.seq == 0 else SUCCESS

    site.supervisor._plays = {"t0": slow}
    run = site.trigger()
    site.work()
    assert site.states(run.key) == {"t0": "success"}
    assert site.supervisor.effects == {("t0", 1): 2}


def test_a_busy_attempt_is_found_alive() -> None:
    """The sweep that finds a running attempt with a lease leaves it alone."""
    site = Site(chain(1))

    def long(key: AttemptKey) -> Outcome:
        site.clock.advance(100)
        stored = site.store.attempt(key)
        assert stored is not None
        renewed = replace(stored.record, lease_until=site.clock.now() + 60)
        site.store.commit(Update(renewed, stored.revision))
        site.planner.tick()
        assert site.run(run.key).task("t0").state is TaskState.RUNNING
        return SUCCESS

    site.supervisor._plays = {"t0": long}
    run = site.trigger()
    site.work()
    assert site.states(run.key) == {"t0": "success"}
    assert site.supervisor.effects == {("t0", 1): 1}


def test_a_renewal_whose_answer_was_lost_costs_nothing() -> None:
    """The lease was renewed though the worker was not told so: its next renewal finds its own, and the task goes on."""
    lost: list[str] = []

    def around(name: str, call: Any, *writes: Any, **kwargs: Any) -> Any:
        result = call(*writes, **kwargs)
        if name.endswith("commit") and lost:
            raise UnavailableError(lost.pop())
        return result

    store = MemoryStore()
    site = Site(chain(1), store=store, worked_on=Wrapped(store, around))

    def long(_: AttemptKey) -> Outcome:
        lost.append("the answer")
        assert [site.supervisor.heartbeat() for _ in range(3)] == [True, True, True]
        return SUCCESS

    site.supervisor._plays = {"t0": long}
    run = site.trigger()
    site.work()
    assert site.states(run.key) == {"t0": "success"}
    assert site.run(run.key).task("t0").try_number == 1


def test_a_renewal_after_the_lease_was_lost_stops_the_task() -> None:
    """The sweep has given the attempt up: the worker is told to stop, and so is its task."""
    site = Site(chain(1))

    def slow(key: AttemptKey) -> Outcome:
        if key.seq == 0:
            site.clock.advance(3600)
            site.planner.tick()
            assert not site.supervisor.heartbeat()
        return SUCCESS

    site.supervisor._plays = {"t0": slow}
    run = site.trigger()
    site.work()
    assert site.states(run.key) == {"t0": "success"}


@pytest.mark.parametrize("size", [10, INLINE_LIMIT - 2, INLINE_LIMIT - 1, 200_000])
def test_xcoms_reach_the_next_task_whatever_their_size(size: int) -> None:
    """Small values are in the attempt's document, large ones in the blob store; readers don't notice."""
    from brisa.services.answers import Answers

    value = "x" * size
    plays = {"t0": lambda _: Report(outcome=SUCCESS, xcoms={"return_value": value})}
    site = Site(chain(2), plays)
    run = site.trigger()
    site.work()
    attempt = site.store.attempt(AttemptKey("d", run.run_id, "t0"))
    assert attempt is not None
    assert bool(attempt.record.xcoms["return_value"].blob) == (size + 2 > INLINE_LIMIT)
    answers = Answers(site.store, site.blobs, site.run(run.key))
    assert answers("xcom_pull", {"key": "return_value", "task_ids": ["t0"]}) == [["t0", -1, value]]
    assert answers("xcom_pull", {"key": "other", "task_ids": ["t0", "t1"]}) == []


def test_runs_beyond_the_limit_wait_their_turn() -> None:
    """max_active_runs holds back the rest, which begin in the order they were made."""
    site = Site(dag(task("t0"), max_active_runs=2))
    keys = [site.trigger(run_id=f"r{number}").key for number in range(5)]
    states = [site.run(key).state.value for key in keys]
    assert states == ["running", "running", "queued", "queued", "queued"]
    site.planner.tick()
    site.work()
    assert {site.run(key).state for key in keys} == {RunState.SUCCESS}
    begun = [site.run(key).started_at for key in keys]
    assert begun == sorted(begun, key=lambda moment: moment or 0.0)


def test_no_limit_of_runs() -> None:
    """max_active_runs=0 sets none, as in Airflow."""
    site = Site(dag(task("t0"), max_active_runs=0))
    keys = [site.trigger(run_id=f"r{number}").key for number in range(20)]
    assert {site.run(key).state for key in keys} == {RunState.RUNNING}


def calls_of_a_run() -> int:
    """How many port calls the eventful run makes, from trigger to end."""
    site = Site(eventful(), PLAYS)
    fuse = Fuse()
    site.start(fuse)
    site.trigger()
    site.work()
    return fuse.calls


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_port_call_changes_nothing_in_the_end(after: bool) -> None:
    """The process ends before, or after, each of its port calls in turn; the next one brings the run to its end."""
    for number in range(calls_of_a_run()):
        site = Site(eventful(), PLAYS)
        site.start(Fuse(blow_at=number, after=after))
        with pytest.raises(Crash) as crash:
            site.trigger_and_work()
        site.start()
        site.recover()
        found = site.store.runs("d")
        run = found[0].record if found else site.trigger()
        site.work()
        where = f"call {number}: {crash.value}"
        assert site.states(run.key) == ENDED, where
        assert site.run(run.key).state is RunState.SUCCESS, where
        assert site.run(run.key).task("a").try_number == 2, where
        tries = {name: count for name, count in site.supervisor.effects.items() if name[0] != "wait"}
        assert sum(tries.values()) <= len(tries) + 1, f"{where}: one crash runs user code twice at most once"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_run_that_ends_calls_back_whatever_crashes(after: bool) -> None:
    """The DAG's callbacks are called once, with the task that decided; after a crash in their midst, once more."""
    spec = dag(task("a"), task("b", "a"), callbacks=("on_failure_callback",))
    number, blown = 0, True
    while blown:
        site = Site(spec, {"a": lambda _: FAILED})
        fuse = Fuse(blow_at=number, after=after)
        site.start(fuse)
        try:
            site.trigger_and_work()
            blown = False
        except Crash:
            site.start()
        if not site.store.runs("d"):
            site.trigger()
        site.work()
        assert set(site.supervisor.called_back) == {("task_failure", "a")}, f"call {number}"
        assert len(site.supervisor.called_back) <= 1 + blown
        assert site.store.next_due() is None
        number += 1
    assert number > 10


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_is_repaired_by_the_sweep_alone(after: bool) -> None:
    """On Google Cloud no process knows that another has ended: time and the sweep must do."""
    for number in range(calls_of_a_run()):
        site = Site(eventful(), PLAYS)
        site.start(Fuse(blow_at=number, after=after))
        with pytest.raises(Crash) as crash:
            site.trigger_and_work()
        site.start()
        found = site.store.runs("d")
        run = found[0].record if found else site.trigger()
        site.work()
        assert site.states(run.key) == ENDED, f"call {number}: {crash.value}"


def test_a_worker_looks_whether_its_attempt_is_still_wanted() -> None:
    """A look only reads; when a quarter of the lease has passed, it renews that; a cancelled attempt is not ours."""
    site = Site(chain(1))
    run = site.trigger()
    claimed = site.worker._claim(site.take())
    assert claimed is not None
    held = _Held(site.store, site.clock, claimed, LEASE)
    site.clock.advance(LEASE / RENEWALS - 1)
    assert held.look()
    assert held.attempt == claimed.record
    site.clock.advance(1)
    assert held.look()
    assert held.attempt.lease_until == site.clock.now() + LEASE
    site.runs.change(run.key, lambda _: [MarkRun(state=RunState.FAILED)])
    assert not held.look()
    site.clock.advance(LEASE)
    assert not held.look()
    site.deletion.delete_run(run.key)
    assert not held.look()
