"""Tasks that wait for other runs: told by the commit that ends the wait, whatever happens at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from brisa.engine.retries import claim_grace
from brisa.engine.watching import MANY
from brisa.model.dag import Dag, DagVersion
from brisa.model.events import Clear, Mark, MarkRun
from brisa.model.run import AttemptKey, Outcome, RunKey
from brisa.model.spec import DagSpec, GroupSpec
from brisa.model.states import OutcomeKind, RunState, RunType, TaskState
from brisa.model.watch import Watch
from brisa.operators.dag_run import recheck_after
from brisa.operators.sensor import LONGEST_RECHECK, RECHECK
from brisa.ports.store import Create, Put, StateStore
from brisa.services.objects import Arrivals
from brisa.services.registry import Registry
from brisa.services.runs import Runs
from tests.support.builders import FAILED, SUCCESS, dag, task
from tests.support.faults import Crash, Fuse, Wrapped
from tests.support.site import DAY, Silent, Site

ABOVE = dag(task("a"), task("b", "a", group_id="g"), task("c", "b"), dag_id="above", groups=(GroupSpec(group_id="g"),))
BELOW = dag(task("wait", retries=1, retry_delay=300.0), task("load", "wait"), dag_id="below", max_active_runs=999)
THERE = RunKey("above", "there")
NOBODY = object()
"""A bundle, or a supervisor, that nothing is asked of."""


class Waiting:
    """A DAG whose sensor waits for a run of another one."""

    def __init__(
        self,
        *,
        task_ids: Sequence[str] = (),
        group: str | None = None,
        ends: Sequence[str] = (),
        sleeps_as: OutcomeKind = OutcomeKind.RESCHEDULE,
        wide_above: int | None = None,
        plays: dict[str, Callable[[AttemptKey], Any]] | None = None,
        there: bool = True,
    ) -> None:
        """``there``: whether the other DAG is."""
        self.question = {"dag_id": "above", "logical_dates": [DAY.isoformat()], "task_ids": task_ids, "group": group}
        self.ends = ends
        self.sleeps_as = sleeps_as
        self.looks: list[float] = []
        """When it has looked."""
        self.before_sleep: Callable[[], object] = lambda: None
        self.site = Site(BELOW, {"wait": self.look, **(plays or {})}, wide_above=wide_above)
        if there:
            add(self.site.store, ABOVE)
        self.run = self.site.trigger(run_id="here").key

    def look(self, key: AttemptKey) -> Outcome:
        """As a sensor does: look, ask to be told, look again, sleep."""
        self.looks.append(self.site.clock.now())
        ask, patience = self.site.supervisor.answer, recheck_after(key.seq)
        if self.sees(ask):
            return SUCCESS
        asked = {**self.question, "allowed": ["success"], "ends": self.ends, "patience": patience}
        told = ask("await_runs", asked)
        if told and self.sees(ask):
            return SUCCESS
        self.before_sleep()
        return Outcome(kind=self.sleeps_as, resume_at=self.site.clock.now() + (patience if told else 60.0))

    def sees(self, ask: Callable[[str, Any], Any]) -> bool:
        """Whether the wait is over."""
        runs = ask("external_runs", self.question)["runs"]
        if self.question["task_ids"] or self.question["group"]:
            states = [state for run in runs for each in run["tasks"].values() for state in each]
        else:
            states = [run["state"] for run in runs]
        return any(state in self.ends for state in states) or (bool(states) and set(states) == {"success"})

    def register(self) -> None:
        """The other DAG's file is found, by a process of its own."""
        store, clock = self.site.store, self.site.clock
        arrivals = Arrivals(store, Runs(store, self.site.queue, clock, Silent()))
        registry = Registry(store, NOBODY, NOBODY, clock, arrivals=arrivals, paused=False)  # type: ignore[arg-type]
        registry._register(ABOVE, "", "")

    def begin(self, run_type: RunType = RunType.MANUAL) -> None:
        """The other run is made."""
        self.site.runs.trigger("above", run_id="there", logical_date=DAY, run_type=run_type)

    def step(self) -> None:
        """Handle what is due, without letting time pass."""
        while messages := self.site.queue.take(self.site.clock.now(), limit=1, owner=self.site.owner):
            for message in messages:
                self.site.handle(message)
                self.site.queue.done(message.name)

    @property
    def state(self) -> TaskState:
        """The sensor's."""
        return self.site.run(self.run).task("wait").state

    def watches(self) -> tuple[Sequence[Watch], Sequence[Watch]]:
        """What is kept with the other DAG, and with its run."""
        stored, run = self.site.store.dag("above"), self.site.store.run(THERE)
        assert stored is not None
        return stored.record.watchers, () if run is None else run.record.watchers


def add(store: StateStore, spec: DagSpec) -> None:
    """Another DAG."""
    version = DagVersion(dag_id=spec.dag_id, version="v1", spec=spec)
    store.commit(Put(version), Create(Dag(dag_id=spec.dag_id, version="v1", paused=False)))


@pytest.mark.parametrize("sleeps_as", [OutcomeKind.RESCHEDULE, OutcomeKind.DEFERRED])
def test_the_end_of_the_other_run_wakes_the_sensor(sleeps_as: OutcomeKind) -> None:
    """It waits before there is such a run; the run takes the watch when it is made, and drops it with its end."""
    waiting = Waiting(sleeps_as=sleeps_as)
    waiting.step()
    assert waiting.state.value in ("up_for_reschedule", "deferred")
    assert [len(kept) for kept in waiting.watches()] == [1, 0]

    waiting.begin()
    assert [len(kept) for kept in waiting.watches()] == [0, 1]
    began = waiting.site.clock.now()
    waiting.step()

    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert waiting.looks == [began, began]
    assert waiting.watches() == ((), ())


def test_a_run_that_has_ended_is_seen_at_once() -> None:
    """Nothing is written for it."""
    waiting = Waiting()
    waiting.begin()
    waiting.site.runs.change(THERE, lambda _: [MarkRun(state=RunState.SUCCESS)])
    waiting.step()
    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert len(waiting.looks) == 1
    assert waiting.watches() == ((), ())


@pytest.mark.parametrize("question", [{"task_ids": ["b"]}, {"group": "g"}])
def test_tasks_are_waited_for_by_themselves(question: dict[str, Any]) -> None:
    """Others that end before, or have not ended yet, make no difference."""
    waiting = Waiting(**question, plays={"c": lambda _: FAILED})
    waiting.begin()
    for _ in range(2):
        (message,) = waiting.site.queue.take(waiting.site.clock.now(), limit=1, owner=waiting.site.owner)
        waiting.site.handle(message)
        waiting.site.queue.done(message.name)
    waiting.step()
    assert waiting.site.run(THERE).state is RunState.FAILED
    assert waiting.state is TaskState.SUCCESS
    assert len(waiting.looks) == 2


def test_a_failure_that_the_sensor_minds_wakes_it_at_once() -> None:
    """One that it does not mind leaves it asleep, until it was cleared and has succeeded."""
    waiting = _of_a_failure(["failed"])
    assert (waiting.state, len(waiting.looks)) == (TaskState.SUCCESS, 2)
    waiting = _of_a_failure([])
    assert (waiting.state, len(waiting.looks)) == (TaskState.UP_FOR_RESCHEDULE, 1)
    assert [len(kept) for kept in waiting.watches()] == [0, 1]
    waiting.site.runs.change(THERE, lambda _: [Clear(task_ids=("a", "b", "c"))])
    waiting.step()
    assert waiting.state is TaskState.SUCCESS
    assert len(waiting.looks) == 2
    assert waiting.site.clock.now() == waiting.looks[0]


def _of_a_failure(ends: Sequence[str]) -> Waiting:
    fails = [FAILED, SUCCESS]
    waiting = Waiting(task_ids=["a", "b"], ends=ends, plays={"a": lambda _: fails.pop(0)})
    waiting.step()
    waiting.begin()
    waiting.step()
    return waiting


def test_a_person_who_marks_the_tasks_ends_the_wait() -> None:
    """As any change of the other run does."""
    waiting = Waiting(task_ids=["b"])
    waiting.step()
    waiting.begin()
    waiting.site.runs.change(THERE, lambda _: [Mark(task_ids=("b",), state=TaskState.SUCCESS)])
    assert waiting.state is TaskState.QUEUED


def test_a_long_wait_costs_a_look_an_hour() -> None:
    """After 10, 20 and 40 minutes, then every hour: not one more, and there is one watch all the time."""
    waiting = Waiting(task_ids=["b"])
    waiting.begin()
    waiting.site.runs.change(THERE, lambda _: [Mark(task_ids=("a", "b", "c"), state=TaskState.FAILED)])
    while waiting.site.clock.now() - waiting.looks[0] < 86400 if waiting.looks else True:
        waiting.step()
        assert [len(kept) for kept in waiting.watches()] == [0, 1]
        due = waiting.site.queue.next_due()
        assert due is not None
        waiting.site.clock.advance(due - waiting.site.clock.now())
    pauses = [later - earlier for earlier, later in zip(waiting.looks, waiting.looks[1:], strict=False)]
    assert pauses == [RECHECK, 2 * RECHECK, 4 * RECHECK, *[LONGEST_RECHECK] * (len(pauses) - 3)]
    assert len(waiting.looks) == 26


def test_what_is_lost_the_next_look_finds() -> None:
    """The process ends after the commit, before it has told anybody."""
    waiting = Waiting()
    waiting.step()
    waiting.begin()
    stored = waiting.site.store.run(THERE)
    assert stored is not None
    fuse = Fuse(blow_at=0, after=True)
    waiting.site.runs = Runs(Blown(waiting.site.store, fuse), waiting.site.queue, waiting.site.clock, Silent())
    with pytest.raises(Crash):
        waiting.site.runs.change(THERE, lambda _: [MarkRun(state=RunState.SUCCESS)])
    waiting.site.start()
    waiting.site.work()
    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert RECHECK <= waiting.looks[-1] - waiting.looks[0] <= RECHECK + 60
    assert len(waiting.looks) == 2


class Blown(Wrapped):
    """A store with a fuse at its commits alone."""

    def __init__(self, store: StateStore, fuse: Fuse) -> None:
        def around(name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            if name.endswith(".commit"):
                return fuse.around(name, call, *args, **kwargs)
            return call(*args, **kwargs)

        super().__init__(store, around)


def test_a_sensor_that_is_over_is_not_woken() -> None:
    """Its run was cancelled, or it was cleared and has not looked yet: the watch goes, and nothing else changes."""
    waiting = Waiting()
    waiting.step()
    waiting.begin()
    waiting.site.runs.change(waiting.run, lambda _: [MarkRun(state=RunState.FAILED)])
    before = waiting.site.run(waiting.run)
    waiting.site.runs.change(THERE, lambda _: [MarkRun(state=RunState.SUCCESS)])
    assert waiting.site.run(waiting.run) == before
    assert waiting.watches() == ((), ())
    assert len(waiting.looks) == 1


def test_a_later_try_takes_the_place_of_the_earlier() -> None:
    """The sensor is cleared while it waits: there is one watch, the new one."""
    waiting = Waiting()
    waiting.step()
    waiting.site.runs.change(waiting.run, lambda _: [Clear(task_ids=("wait",))])
    waiting.step()
    ((watch,), _) = waiting.watches()
    assert watch.generation == 1
    waiting.begin()
    waiting.step()
    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert len(waiting.looks) == 3


def test_no_document_keeps_more_than_it_has_room_for() -> None:
    """Whoever comes later looks often; watches that nobody renews make room."""
    waiting = Waiting()
    for number in range(MANY):
        waiting.site.trigger(run_id=f"r{number}")
    waiting.step()
    assert len(waiting.watches()[0]) == MANY
    waits = [next_look(waiting.site, f"r{number}") for number in range(MANY)]
    assert sorted({at - waiting.looks[0] for at in waits}) == [60.0, RECHECK]

    waiting.site.clock.advance(86400)
    waiting.site.runs.change(waiting.run, lambda _: [Clear(task_ids=("wait",))])
    (message,) = [
        one
        for one in waiting.site.queue.take(waiting.site.clock.now(), limit=9999, owner="x")
        if _of(one).startswith("below/here/wait/-1/1/")
    ]
    waiting.site.handle(message)
    assert [watch.run_id for watch in waiting.watches()[0]] == ["here"]


def next_look(site: Site, run_id: str) -> float:
    """When the sensor of that run looks again."""
    due = site.run(RunKey("below", run_id)).task("wait").due_at
    assert due is not None
    return due - claim_grace(0)


def _of(message: Any) -> str:
    return "/".join(map(str, message.attempt))


def test_a_dag_that_comes_later_wakes_who_waits_for_it() -> None:
    """Registered, it is told of; then its run is, as ever: three looks, and no time is lost."""
    waiting = Waiting(there=False)
    waiting.step()
    assert waiting.site.queue.next_due() == waiting.looks[0] + RECHECK

    waiting.site.clock.advance(100)
    waiting.register()
    waiting.step()
    waiting.begin()
    waiting.step()
    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert [look - waiting.looks[0] for look in waiting.looks] == [0, 100, 100]


def test_who_waits_for_another_dag_is_left_asleep() -> None:
    """Nor does it matter that a DAG is registered again."""
    waiting = Waiting(there=False)
    waiting.question["dag_id"] = "nobody"
    waiting.step()
    waiting.register()
    waiting.register()
    waiting.step()
    assert len(waiting.looks) == 1


@pytest.mark.parametrize("sleeps_as", [OutcomeKind.RESCHEDULE, OutcomeKind.DEFERRED])
def test_who_seems_to_sleep_may_be_looking(sleeps_as: OutcomeKind) -> None:
    """The run does not know that the next look has begun: what is told during that is not lost."""
    waiting = Waiting(sleeps_as=sleeps_as)

    def ends() -> None:
        waiting.before_sleep = lambda: None
        waiting.begin()
        waiting.site.runs.change(THERE, lambda _: [MarkRun(state=RunState.SUCCESS)])

    def sleeps_once() -> None:
        waiting.before_sleep = ends

    waiting.before_sleep = sleeps_once
    waiting.site.work()
    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert waiting.looks[1] - waiting.looks[0] >= RECHECK
    assert waiting.looks[2] - waiting.looks[1] < 5
    assert len(waiting.looks) == 3


def test_who_seems_to_wait_for_a_retry_may_be_looking() -> None:
    """Nor does the run know that the first look of another try has begun."""
    waiting = Waiting()
    look = waiting.look

    def ends() -> None:
        waiting.before_sleep = lambda: None
        waiting.begin()
        waiting.site.runs.change(THERE, lambda _: [MarkRun(state=RunState.SUCCESS)])

    def fails_once(key: AttemptKey) -> Outcome:
        if key.try_number == 1:
            return FAILED
        return look(key)

    waiting.site.supervisor._plays = {"wait": fails_once}
    waiting.before_sleep = ends
    waiting.site.work()
    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert len(waiting.looks) == 2
    assert waiting.looks[1] - waiting.looks[0] < 5


def test_wide_runs_are_told_too() -> None:
    """The sensor's sleep is reported, and folded later: what happens in between is not missed."""
    waiting = Waiting(wide_above=0)

    def ends() -> None:
        waiting.before_sleep = lambda: None
        waiting.begin()
        waiting.site.runs.change(THERE, lambda _: [MarkRun(state=RunState.SUCCESS)])

    waiting.before_sleep = ends
    waiting.site.work()
    assert waiting.site.run(waiting.run).state is RunState.SUCCESS
    assert waiting.looks[-1] - waiting.looks[0] < 5
    assert len(waiting.looks) == 2


# --- at the same time -------------------------------------------------------------------------------------------------


class Meanwhile:
    """Has another process act before, or after, one of the calls that pass through."""

    def __init__(self, act: Callable[[], object], at: int, *, after: bool) -> None:
        self.act, self.at, self.after = act, at, after
        self.calls = 0

    def around(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make the call, and have the other one act if it is its time."""
        del name
        now = self.calls == self.at
        self.calls += 1
        if now and not self.after:
            self.act()
        result = call(*args, **kwargs)
        if now and self.after:
            self.act()
        return result


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("does", ["registers", "makes", "ends", "makes and ends", "registers, makes and ends"])
def test_whatever_happens_while_the_sensor_looks_is_not_missed(does: str, after: bool) -> None:
    """Another process makes the DAG or the run, or ends it, at each of the attempt's port calls: no time is lost."""
    number, acted = 0, True
    while acted:
        acted = _seen_in_time(does, number, after=after)
        number += 1
    assert number > 8


def _seen_in_time(does: str, number: int, *, after: bool) -> bool:
    waiting = Waiting(task_ids=["b"], there="registers" not in does)
    site = waiting.site
    other = Runs(site.store, site.queue, site.clock, Silent())

    def make() -> None:
        other.trigger("above", run_id="there", logical_date=DAY)

    def act() -> None:
        if "registers" in does:
            waiting.register()
        if "makes" in does:
            make()
        if "ends" in does:
            other.change(THERE, lambda _: [Mark(task_ids=("a", "b", "c"), state=TaskState.SUCCESS)])

    if does == "ends":
        make()
    meanwhile = Meanwhile(act, number, after=after)
    site._worked_on = Wrapped(site.store, meanwhile.around)
    site.start()
    message = next(one for one in site.queue.take(site.clock.now(), limit=9, owner="x") if _of(one).startswith("below"))
    site.handle(message)
    site.queue.done(message.name)
    site.queue.release()
    if meanwhile.calls <= number:
        return False
    waiting.step()
    if does == "registers":
        make()
        waiting.step()
    assert waiting.state is TaskState.SUCCESS, f"call {number}"
    assert len(waiting.looks) <= 3
    assert waiting.looks[-1] - waiting.looks[0] < 1
    assert waiting.watches() == ((), ())
    return True


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("first", ["sensor", "run", "sensor, then the DAG"])
def test_whatever_crashes_the_sensor_gets_on(first: str, after: bool) -> None:
    """The process ends at each of its port calls in turn, whoever comes first."""
    number, blown = 0, True
    while blown:
        waiting = Waiting(task_ids=["b"], there="DAG" not in first)
        waiting.site.start(Fuse(blow_at=number, after=after))
        blown = _crashed(waiting, first)
        if blown:
            waiting.site.start()
            assert not _crashed(waiting, first)
        states = (waiting.site.run(waiting.run).state, waiting.site.run(THERE).state)
        assert states == (RunState.SUCCESS, RunState.SUCCESS), f"call {number}"
        assert waiting.site.run(waiting.run).task("wait").seq <= 3
        number += 1
    assert number > 25


def _crashed(waiting: Waiting, first: str) -> bool:
    site = waiting.site
    try:
        if first != "run":
            waiting.step()
        if "DAG" in first:
            waiting.register()
        if site.store.run(THERE) is None:
            waiting.begin()
        site.work()
    except Crash:
        return True
    return False
