"""The planner on Google Cloud: it looks ahead, hands on what is too much, and no DAG keeps the others waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brisa.model.dag import Dag, DagVersion
from brisa.model.run import Message, RunKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import RunState
from brisa.model.work import Chore
from brisa.ports.store import Create, Put, Update
from brisa.services.planner import BATCH, RUNS_AT_ONCE, cursor_fields, following
from tests.support.builders import dag, task
from tests.support.site import Site

MINUTELY = ScheduleSpec(kind=ScheduleKind.DELTA, seconds=60.0)
DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")


def cloud(**more: object) -> Site:
    """A site whose planner works as on Google Cloud, without a schedule of its own."""
    return Site(dag(task("t0")), ahead=60.0, hands_on=True, **more)  # type: ignore[arg-type]


def add(site: Site, dag_id: str, **more: object) -> Dag:
    """Store a DAG of one task with a schedule, beginning now."""
    fields: dict[str, object] = {"schedule": MINUTELY, "catchup": True, **more}
    start = fields.pop("start_date", datetime.fromtimestamp(site.clock.now(), UTC))
    spec = replace(dag(task("t0"), **fields), dag_id=dag_id, start_date=start)  # type: ignore[arg-type]
    interval = following(spec, None, datetime.fromtimestamp(site.clock.now(), UTC))
    version = DagVersion(dag_id=dag_id, version="v1", spec=spec)
    stored = Dag(
        dag_id=dag_id, version="v1", paused=False, max_active_runs=spec.max_active_runs, **cursor_fields(interval)
    )
    site.store.commit(Put(version), Create(stored))
    return stored


def taken(site: Site) -> list[Message | Chore]:
    """Everything in the queue, due or not."""
    found = site.queue.take(float("inf"), limit=10_000, owner="test")
    site.queue.done(*(one.name for one in found))
    return [one for one in found if isinstance(one, Message | Chore)]


def test_tasks_start_at_their_second() -> None:
    """The tick before it makes the run, and its first message comes when it is due, not at the next tick."""
    site = cloud()
    stored = add(site, "minutely")
    assert stored.next_run_at is not None
    assert 0 < stored.next_run_at - site.clock.now() <= 60
    ticked = site.planner.tick()
    assert (ticked.dags, ticked.runs, ticked.handed_on, ticked.more) == (1, 0, 0, False)
    (run,) = site.store.runs("minutely")
    assert (run.record.state, run.record.started_at) == (RunState.RUNNING, stored.next_run_at)
    (message,) = taken(site)
    assert message.not_before == stored.next_run_at


def test_an_empty_root_does_not_start_what_is_below_before_its_time() -> None:
    """It is over when the run is due, and so the task below it starts then."""
    site = cloud()
    spec = replace(
        dag(task("nothing", empty=True), task("t1", "nothing"), schedule=MINUTELY, catchup=True),
        dag_id="minutely",
        start_date=datetime.fromtimestamp(site.clock.now(), UTC),
    )
    interval = following(spec, None, datetime.fromtimestamp(site.clock.now(), UTC))
    assert interval is not None
    due = interval.run_at.timestamp()
    site.store.commit(
        Put(DagVersion(dag_id="minutely", version="v1", spec=spec)),
        Create(Dag(dag_id="minutely", version="v1", paused=False, **cursor_fields(interval))),
    )
    site.planner.tick()
    (run,) = site.store.runs("minutely")
    nothing = run.record.task("nothing")
    assert (nothing.started_at, nothing.ended_at) == (due, due)
    assert [message.not_before for message in taken(site)] == [due]


def test_a_doubled_tick_makes_nothing_twice() -> None:
    """Nor do two planners at once, nor a chore that comes after the tick has done its work."""
    site = cloud()
    add(site, "minutely")
    site.planner.tick()
    assert site.planner.tick().dags == 0
    site.planner.handle(Chore(dags=("minutely", "unknown"), runs=(RunKey("no", "run"),)))
    assert len(site.store.runs("minutely")) == 1


def test_an_idle_tick_reads_two_and_writes_nothing() -> None:
    """Two empty queries, whatever is registered."""
    site = cloud()
    for number in range(200):
        add(site, f"daily{number}", schedule=DAILY, start_date=datetime(2100, 1, 1, tzinfo=UTC))
    site.counts.reset()
    site.planner.tick()
    assert site.counts.totals() == {"reads": 2, "writes": 0, "deletes": 0, "operations": 0}


def test_what_is_beyond_a_batch_is_handed_on() -> None:
    """Many DAGs due at midnight are planned side by side, each once."""
    site = cloud()
    names = {f"minutely{number:03}" for number in range(3 * BATCH + 7)}
    for name in names:
        add(site, name)
    ticked = site.planner.tick()
    assert (ticked.dags, ticked.handed_on) == (BATCH, 2 * BATCH + 7)
    chores = [one for one in taken(site) if isinstance(one, Chore)]
    assert sorted(len(chore.dags) for chore in chores) == [7, BATCH, BATCH]
    for chore in chores:
        site.planner.handle(chore)
    assert all(len(site.store.runs(name)) == 1 for name in names)


def test_runs_beyond_a_batch_are_swept_by_chores() -> None:
    """Everything overdue is looked after within one tick's work."""
    site = cloud()
    site.store.commit(Update(replace(site.store.dag("d").record, max_active_runs=500), site.store.dag("d").revision))  # type: ignore[union-attr]
    for number in range(BATCH + 5):
        site.trigger(run_id=f"r{number}")
    taken(site)
    site.clock.advance(3600)
    assert site.planner.tick().handed_on == 5
    (chore,) = [one for one in taken(site) if isinstance(one, Chore)]
    site.planner.handle(chore)
    assert all(stored.record.task("t0").sends == 1 for stored in site.store.runs("d", limit=500))


def test_years_of_catch_up_do_not_keep_others_waiting() -> None:
    """Runs that end at once never reach max_active_runs: a go begins a bounded number, and a chore goes on."""
    site = cloud()
    start = datetime.fromtimestamp(site.clock.now(), UTC) - timedelta(days=365)
    spec = replace(dag(task("nothing", empty=True), schedule=DAILY, catchup=True), dag_id="old", start_date=start)
    interval = following(spec, None, datetime.fromtimestamp(site.clock.now(), UTC))
    site.store.commit(
        Put(DagVersion(dag_id="old", version="v1", spec=spec)),
        Create(Dag(dag_id="old", version="v1", paused=False, **cursor_fields(interval))),
    )
    add(site, "minutely")
    site.planner.tick()
    assert len(site.store.runs("old", limit=1000)) == RUNS_AT_ONCE
    assert len(site.store.runs("minutely")) == 1
    for _ in range(20):
        site.clock.advance(0.1)
        for one in taken(site):
            if isinstance(one, Chore):
                site.planner.handle(one)
    assert len(site.store.runs("old", limit=1000)) in (364, 365, 366)


def test_a_poisoned_dag_does_not_block_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """One whose version is gone, or whose schedule can't be followed, is named in the log; the others run."""
    site = cloud()
    add(site, "a_good")
    bad = add(site, "b_bad")
    site.store.commit(Put(replace(bad, version="gone")))
    worse = add(site, "c_worse")
    broken = ScheduleSpec(kind=ScheduleKind.CRON, cron="not cron at all")
    spec = replace(dag(task("t0"), schedule=broken), dag_id="c_worse")
    site.store.commit(Put(DagVersion(dag_id="c_worse", version="v1", spec=spec)), Put(worse))
    add(site, "d_good")
    site.planner.tick()
    assert [len(site.store.runs(name)) for name in ("a_good", "b_bad", "c_worse", "d_good")] == [1, 0, 0, 1]
    assert "'b_bad'" in caplog.text
    assert "'c_worse'" in caplog.text


def test_the_end_of_a_run_tells_of_what_waits() -> None:
    """Whoever ends a run of a DAG with more to begin says so: nobody waits for a tick."""
    told: list[str] = []

    class Listening:
        def run_changed(self, run: object) -> None:
            """Not of interest."""

        def dag_due(self, dag: Dag) -> None:
            told.append(dag.dag_id)

    site = Site(dag(task("t0"), max_active_runs=1))
    site.runs._notifier = Listening()
    site.trigger(run_id="first")
    site.trigger(run_id="second")
    (message,) = taken(site)
    site.handle(message)
    assert told == ["d"]
    site.planner.handle(Chore(dags=("d",)))
    (message,) = taken(site)
    site.handle(message)
    assert told == ["d"], "nothing is left to begin"
