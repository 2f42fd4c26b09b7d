"""Pools between runs: slots are given by weight, told at once, never exceeded, and repaired after any crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from brisa.adapters.memory import FakeClock, MemoryStore
from brisa.errors import ConflictError, UnavailableError
from brisa.model.events import Ask, Free
from brisa.model.pool import Pool, task_pool
from brisa.model.run import AttemptKey, Outcome, Run, RunKey
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind, RunState, TaskState
from brisa.ports.store import Create, Put, Revision, Update, Write
from brisa.services.pools import Grant, Pools
from tests.support.builders import FAILED, NOON, SUCCESS, dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import Site

ACTIVE = (TaskState.QUEUED, TaskState.RUNNING)


class WatchedStore(MemoryStore):
    """Looks, after every commit, whether more tasks are active in a pool than it has slots."""

    def __init__(self, spec: DagSpec) -> None:
        super().__init__()
        self.spec = spec
        self.most = 0
        self._used: dict[RunKey, Counter[str]] = {}

    def commit(self, *writes: Write) -> Sequence[Revision]:
        with self._lock:
            revisions = super().commit(*writes)
            runs = [write.record for write in writes if isinstance(write.record, Run)]
            for run in runs:
                self._used[run.key] = self._count(run)
            if runs:
                self._look()
        return revisions

    def _look(self) -> None:
        for name, used in sum(self._used.values(), Counter[str]()).items():
            stored = self.pool(name)
            assert stored is not None, f"{name} is used, and was never asked"
            slots = stored.record.slots
            assert slots < 0 or used <= slots, f"I9: {used} of {slots} slots of {name}"
            self.most = max(self.most, used)

    def _count(self, run: Run) -> Counter[str]:
        used = Counter[str]()
        for name, instance in run.tasks.items():
            if instance.state in ACTIVE:
                one = self.spec.by_id[name.partition("[")[0]]
                used[one.pool] += one.pool_slots
                if one.max_active_tis_per_dag is not None:
                    used[task_pool(self.spec.dag_id, one.task_id)] += 1
        return used


def retried(key: AttemptKey) -> Outcome:
    """Fails once."""
    return FAILED if key.try_number == 1 else SUCCESS


def poking(key: AttemptKey) -> Outcome:
    """A sensor that sleeps twice."""
    return SUCCESS if key.seq >= 2 else Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=NOON + 600)


PLAYS = {"load": retried, "wait": poking}


def pooled(**more: Any) -> DagSpec:
    """A sensor and two mapped tasks in pools; one of them may run in few runs at once."""
    return dag(
        task("wait", pool="db"),
        task("each", mapped={"x": 3}, pool="db", max_active_tis_per_dag=2),
        task("load", "each", pool="db", pool_slots=2, retries=1),
        **more,
    )


def site(spec: DagSpec, *, slots: int = 2, plays: Any = PLAYS, **more: Any) -> Site:
    """A site whose pool ``db`` has ``slots``."""
    made = Site(spec, plays, store=WatchedStore(spec), **more)
    made.store.commit(Create(Pool(name="db", slots=slots)))
    return made


def users(made: Site) -> dict[str, int]:
    """Pool → how many have or want slots of it."""
    return {stored.record.name: len(stored.record.users) for stored in made.store.pools()}


# --- the happy path --------------------------------------------------------------------------------------------------


def test_runs_share_a_pool() -> None:
    """Three runs at once end in success; no more than two slots are ever taken, and in the end none."""
    made = site(pooled())
    keys = [made.trigger(run_id=f"r{number}").key for number in range(3)]
    made.work()

    assert {made.run(key).state for key in keys} == {RunState.SUCCESS}
    assert made.store.most == 2  # type: ignore[attr-defined]
    assert users(made) == {"db": 0, "@d/each": 0}


def test_a_slot_that_is_given_back_is_given_out_at_once() -> None:
    """Whoever waits is sent in the same breath: no tick comes between."""
    made = site(dag(task("a", pool="db")), slots=1)
    first, second = made.trigger(run_id="r1").key, made.trigger(run_id="r2").key
    assert made.states(second) == {"a": "scheduled"}

    made.handle(made.take())
    assert (made.states(first), made.states(second)) == ({"a": "success"}, {"a": "queued"})


def test_the_heaviest_is_next_whichever_its_run() -> None:
    """Slots go by weight, then by who has waited longest; who needs too many is passed over, as in Airflow."""
    store, clock = MemoryStore(), FakeClock()
    store.commit(Create(Pool(name="db", slots=2)))
    pools = Pools(store, clock)
    asked = [("first", 1, 2), ("light", 1, 1), ("heavy", 5, 1), ("big", 9, 3)]
    keys = {name: AttemptKey("d", "r", name) for name, _, _ in asked}
    granted = []
    for name, weight, slots in asked:
        grants = pools.ask(Ask(attempt=keys[name], pool="db", weight=weight, slots=slots))
        granted.append([grant.attempt.task_id for grant in grants])
    assert granted == [["first"], [], [], []]

    grants = pools.free(Free(attempt=keys["first"], pool="db"))
    assert {grant.attempt.task_id for grant in grants} == {"light", "heavy"}


def test_a_pool_that_counts_deferred_tasks_keeps_their_slots() -> None:
    """A task that only defers keeps its slots there, and has them at once when it goes on."""
    store, key = MemoryStore(), AttemptKey("d", "r", "a")
    store.commit(Create(Pool(name="db", slots=1, include_deferred=True)))
    pools = Pools(store, FakeClock())
    pools.ask(Ask(attempt=key, pool="db"))
    pools.ask(Ask(attempt=key._replace(task_id="b"), pool="db"))

    assert pools.free(Free(attempt=key, pool="db", deferred=True)) == []
    later = key._replace(seq=1)
    assert [grant.attempt for grant in pools.ask(Ask(attempt=later, pool="db"))] == [later]
    assert [grant.attempt.task_id for grant in pools.free(Free(attempt=later, pool="db"))] == ["b"]


def sleeps(key: AttemptKey) -> Outcome:
    """Pokes twice."""
    return SUCCESS if key.seq else Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=FakeClock().now() + 1)


def defers(key: AttemptKey) -> Outcome:
    """Is deferred once."""
    return SUCCESS if key.seq else Outcome(kind=OutcomeKind.DEFERRED, resume_at=FakeClock().now() + 600)


@pytest.mark.parametrize(
    "spec",
    [
        # heavier ones, that need more slots than it leaves, are all that the run has room for
        dag(
            task("first", weight_rule="absolute"),
            task("t", pool="db", priority_weight=2),
            task("heavy", "first", pool="db", pool_slots=2, priority_weight=9),
            max_active_tasks=1,
        ),
        # the other run's has what it must have first, and waits for what it has kept
        dag(task("t", pool="db", pool_slots=2, max_active_tis_per_dag=1)),
    ],
    ids=["within a run", "between runs"],
)
def test_who_kept_slots_while_deferred_and_who_waits_for_them_do_not_wait_for_each_other(spec: DagSpec) -> None:
    """A pool that counts deferred tasks, and tasks that need more than its slots: everybody gets on."""
    made = Site(spec, {"t": defers})
    made.store.commit(Create(Pool(name="db", slots=2, include_deferred=True)))
    keys = [made.trigger(run_id=f"r{number}").key for number in range(2)]
    made.work(limit=1000)
    assert {made.run(key).state for key in keys} == {RunState.SUCCESS}
    assert set(users(made).values()) == {0}


def test_what_an_older_attempt_gives_back_late_is_not_the_newer_ones() -> None:
    """A free that was delayed must not let two in."""
    store, key = MemoryStore(), AttemptKey("d", "r", "a")
    store.commit(Create(Pool(name="db", slots=1)))
    pools = Pools(store, FakeClock())
    pools.ask(Ask(attempt=key._replace(try_number=2), pool="db"))

    assert pools.free(Free(attempt=key, pool="db")) == []
    assert pools.ask(Ask(attempt=key, pool="db"))[0].attempt.try_number == 2
    assert store.pool("db").record.taken == 1  # type: ignore[union-attr]


# --- whatever happens ------------------------------------------------------------------------------------------------


def _until_the_end(made: Site) -> None:
    for number in range(2):
        if made.store.run(RunKey("d", f"r{number}")) is None:
            made.trigger(run_id=f"r{number}")
    made.work()


def test_a_crash_at_any_port_call_leaves_no_slot_taken() -> None:
    """I1, I9: whichever call the process ends at, both runs end and every slot is free again, by the sweep alone."""
    made = site(pooled())
    fuse = Fuse()
    made.start(fuse)
    _until_the_end(made)
    calls = fuse.calls
    assert calls > 60
    for number in range(calls):
        made = site(pooled())
        made.start(Fuse(blow_at=number, after=True))  # before the next call is the same moment
        with pytest.raises(Crash) as crash:
            _until_the_end(made)
        made.start()
        _until_the_end(made)
        where = f"call {number}: {crash.value}"
        assert {made.run(RunKey("d", f"r{one}")).state for one in range(2)} == {RunState.SUCCESS}, where
        _let_go(made)
        assert set(users(made).values()) == {0}, where


def _let_go(made: Site) -> None:
    """A slot whose owner's process ended before it gave it back is found by the next who has waited a while for it."""
    made.clock.advance(3600)
    pools = Pools(made.store, made.clock)
    for stored in made.store.pools():
        stranger = AttemptKey("other", "r", "t")
        ask = Ask(attempt=stranger, pool=stored.record.name, slots=100, limit=2 if stored.record.own else None)
        pools.ask(ask)
        made.clock.advance(3600)
        pools.ask(ask)
        pools.free(Free(attempt=stranger, pool=stored.record.name))


def test_slots_that_could_not_be_given_back_keep_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sensor that sleeps still has its slot of the pool, and waits for that of its own, which another run's has."""
    lost: list[Free] = []
    free = Pools.free

    def fails_once(self: Pools, one: Free) -> Sequence[Grant]:
        if one.pool == "db" and not lost:
            lost.append(one)
            raise UnavailableError("the store does not answer")
        return free(self, one)

    monkeypatch.setattr(Pools, "free", fails_once)
    made = Site(dag(task("t", pool="db", max_active_tis_per_dag=1)), {"t": sleeps})
    made.store.commit(Create(Pool(name="db", slots=1)))
    keys = [made.trigger(run_id=f"r{number}").key for number in range(2)]
    made.work(limit=1000)
    assert lost
    assert {made.run(key).state for key in keys} == {RunState.SUCCESS}


def test_a_conflict_over_a_tasks_own_pool_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store says that somebody else was first, and there is no pool yet: it is made then, and its limit holds."""
    store, commits = MemoryStore(), []
    commit = store.commit

    def conflicts_once(*writes: Write) -> Sequence[Revision]:
        commits.append(writes)
        if len(commits) == 1:
            raise ConflictError("somebody else was first")
        return commit(*writes)

    monkeypatch.setattr(store, "commit", conflicts_once)
    pools, keys = Pools(store, FakeClock()), [AttemptKey("d", run_id, "t") for run_id in "rs"]
    granted = [pools.ask(Ask(attempt=key, pool=task_pool("d", "t"), limit=1)) for key in keys]
    assert [len(grants) for grants in granted] == [1, 0]


def test_many_threads_never_exceed_a_pool() -> None:
    """Six runs on eight threads: conflicts are tried again, and no slot is given twice."""
    made = site(pooled(max_active_runs=6), slots=3)
    keys = [made.trigger(run_id=f"r{number}").key for number in range(6)]
    made.work_on_threads(8)
    assert {made.run(key).state for key in keys} == {RunState.SUCCESS}
    assert set(users(made).values()) == {0}


def test_a_pool_without_a_limit_and_one_that_is_made_larger() -> None:
    """-1 slots let everybody in; more slots let the next in once something asks."""
    spec = dag(task("a", pool="db"), task("b", pool="db"))
    made = site(spec, slots=-1)
    assert made.states(made.trigger().key) == {"a": "queued", "b": "queued"}

    made = site(spec, slots=1)
    run = made.trigger()
    stored = made.store.pool("db")
    assert stored is not None
    made.store.commit(Update(replace(stored.record, slots=2), stored.revision))
    made.work()
    assert made.run(run.key).state is RunState.SUCCESS


def test_a_cancelled_run_gives_its_slots_back() -> None:
    """A person ends the run: its slots are free, and its wishes gone."""
    from brisa.model.events import MarkRun

    made = site(dag(task("a", pool="db"), task("b", pool="db")), slots=1)
    run = made.trigger()
    made.runs.change(run.key, lambda _: [MarkRun(state=RunState.FAILED)])
    assert users(made) == {"db": 0}


def test_without_pools_nothing_is_asked() -> None:
    """The budget of an ordinary task stays as it is."""
    made = Site(dag(task("a"), task("b", "a")), {})
    made.store.commit(Put(Pool(name="db", slots=1)))
    made.counts.reset()
    made.trigger_and_work()
    assert made.store.pool("db").record.users == {}  # type: ignore[union-attr]


def test_a_pool_that_nobody_has_made_fails_the_task() -> None:
    """Its attempt is told why it must not run, so that its log, retries and callbacks say so."""
    made = Site(dag(task("a", pool="nowhere")), {})
    made.trigger_and_work()
    assert made.supervisor.refused == ["there is no pool 'nowhere': make it with 'brisa pools set nowhere SLOTS'"]

    made = site(dag(task("a", pool="db")))
    made.trigger_and_work()
    assert made.supervisor.refused == []
