"""Backfills over fakes: made, driven, paused, cancelled; whatever crashes, and however many planners there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.errors import ConflictError, NotFoundError
from brisa.model.backfill import Backfill, Reprocess
from brisa.model.events import Clear
from brisa.model.params import ParamValidationError
from brisa.model.run import AttemptKey, Outcome, Run
from brisa.model.spec import DagSpec, ScheduleKind, ScheduleSpec, TaskSpec
from brisa.model.states import OutcomeKind, RunState, RunType
from brisa.model.watch import Watch
from brisa.ports.store import Put, Update
from brisa.services.backfills import COUNTED, BackfillError, Backfills, OpenBackfillError, UnconfirmedError, Wanted
from brisa.services.filling import LOOKS, Filling
from brisa.services.pausing import set_paused
from brisa.services.planner import Planner
from tests.support.builders import dag, task
from tests.support.faults import Crash, Fuse, Wrapped
from tests.support.site import SUCCESS, Site

DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *", summary="@daily")
MINUTELY = ScheduleSpec(kind=ScheduleKind.DELTA, seconds=60.0)
FAILED = Outcome(kind=OutcomeKind.FAILED)


def october(day: int) -> datetime:
    """A day of October 2023, a month before the clock's time."""
    return datetime(2023, 10, day, tzinfo=UTC)


def daily(*tasks: TaskSpec, **more: object) -> DagSpec:
    """A DAG of one task, ``t0``, unless told otherwise, with daily intervals."""
    return dag(*(tasks or (task("t0"),)), **{"schedule": DAILY, **more})  # type: ignore[arg-type]


def wanted(first: int = 1, last: int = 5, **more: object) -> Wanted:
    """A backfill of some days of October."""
    fields = {"dag_id": "d", "from_date": october(first), "to_date": october(last), **more}
    return Wanted(**fields)  # type: ignore[arg-type]


def backfills(site: Site) -> Backfills:
    """What people do."""
    return Backfills(site.store, site.clock)


def runs(site: Site) -> list[Run]:
    """All runs, by logical date."""
    found = site.store.dated_runs("d", october(1), datetime(2030, 1, 1, tzinfo=UTC), limit=10_000)
    return [stored.record for stored in found]


def active(site: Site) -> int:
    """How many runs have begun and not ended."""
    return sum(run.state is RunState.RUNNING for run in runs(site))


def fill(site: Site) -> None:
    """Plan and work until nothing is left to do."""
    while site.planner.tick().more:
        pass
    site.work()


def test_who_waits_for_a_run_that_a_backfill_makes_is_woken() -> None:
    """The watch is in the DAG's document, and goes to the run of its date alone."""
    looks = [Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=9e9), SUCCESS]
    site = Site(daily(), {"t0": lambda key: looks.pop(0) if key.run_id == "by hand" else SUCCESS})
    by_hand = site.trigger(run_id="by hand")
    site.handle(site.take())
    watch = Watch(dag_id="d", run_id="by hand", task="t0", allowed=("success",), until=9e9)
    stored = site.store.dag("d")
    assert stored is not None
    kept = tuple(replace(watch, awaited_date=october(day)) for day in (2, 20))
    site.store.commit(Update(replace(stored.record, watchers=kept), stored.revision))
    backfills(site).create(wanted(max_active_runs=1), created_by="ana")
    fill(site)
    ended = site.run(by_hand.key)
    assert ended.state is RunState.SUCCESS
    assert ended.ended_at is not None
    assert ended.ended_at < 2e9
    after = site.store.dag("d")
    assert after is not None
    assert after.record.watchers == kept[1:]
    assert looks == []


def test_a_backfill_makes_a_run_for_each_interval() -> None:
    """Each with its data interval and an id that tells it, at most so many at once; then it is completed."""
    site = Site(daily())
    made = backfills(site).create(wanted(max_active_runs=2), created_by="ana")
    assert (made.total, made.more, made.state) == (5, False, "running")
    site.planner.tick()
    assert active(site) == 2
    fill(site)
    found = runs(site)
    assert [run.run_id for run in found] == [f"backfill__2023-10-0{day}T00:00:00+00:00" for day in range(1, 6)]
    assert {(run.state, run.run_type, run.backfill_id) for run in found} == {
        (RunState.SUCCESS, RunType.BACKFILL, made.backfill_id)
    }
    assert found[0].data_interval_end == october(2)
    begun = [run.started_at for run in found]
    assert begun == sorted(begun, key=lambda moment: moment or 0.0)
    ended = backfills(site).get(made.backfill_id)
    assert (ended.state, ended.created, ended.succeeded, ended.failed, ended.active_runs) == ("completed", 5, 5, 0, ())
    stored = site.store.dag("d")
    assert stored is not None
    assert stored.record.backfill is None
    assert stored.record.active_runs == ()


def test_backwards_the_latest_comes_first() -> None:
    """In the order of the logical dates, turned around."""
    site = Site(daily())
    backfills(site).create(wanted(reverse=True, max_active_runs=1))
    order = []
    for _ in range(5):
        site.planner.tick()
        (run,) = [run for run in runs(site) if run.state is RunState.RUNNING]
        order.append(run.logical_date)
        site.handle(site.take())
    assert order == [october(day) for day in range(5, 0, -1)]


@pytest.mark.parametrize(
    ("reprocess", "again"),
    [(Reprocess.NONE, set()), (Reprocess.FAILED, {2}), (Reprocess.COMPLETED, {1, 2})],
)
def test_intervals_with_a_run_are_left_out_or_run_again(reprocess: Reprocess, again: set[int]) -> None:
    """Whatever made the run; one that is under way is left alone."""
    fails = {october(2): FAILED}

    def play(key: AttemptKey) -> Outcome:
        run = site.run(key.run_key)
        assert run.logical_date is not None
        return fails.get(run.logical_date, SUCCESS) if run.backfill_id is None else SUCCESS

    site = Site(daily(), {"t0": play})
    for day, name in ((1, "by hand"), (2, "")):
        site.trigger(logical_date=october(day), run_id=name)
        site.work()
    site.trigger(logical_date=october(3))
    made = backfills(site).create(wanted(1, 4, reprocess=reprocess, conf={"city": "Lima"}))
    fill(site)
    told = backfills(site).get(made.backfill_id)
    assert (told.created, told.rerun, told.skipped) == (1, len(again), 3 - len(again))
    for day, run in enumerate(runs(site), start=1):
        mine = day == 4 or day in again
        assert (run.run_type is RunType.BACKFILL, run.task("t0").generation) == (mine, int(day in again)), day
        assert run.conf == ({"city": "Lima"} if mine else {})
    assert next(run.run_id for run in runs(site)) == "by hand"
    assert told.succeeded == 1 + len(again)


def test_many_intervals_with_runs_are_left_out_in_few_commits() -> None:
    """And the planner's go stays bounded."""
    site = Site(daily(task("t0", empty=True)))
    for day in range(1, 31):
        for hour in (0, 1, 2, 3):
            site.trigger(logical_date=october(day).replace(hour=hour))
    hourly = replace(DAILY, cron="0 * * * *")
    site.store.commit(Put(replace(site.version, spec=replace(site.spec, schedule=hourly))))
    backfills(site).create(wanted(1, 2, max_active_runs=30))
    before = site.counts.writes["commit"]
    fill(site)
    assert len(runs(site)) == 120 + 20
    assert site.counts.writes["commit"] - before < 3 * 25
    assert LOOKS >= 5


def test_a_backfill_counts_into_its_own_limit() -> None:
    """As in Airflow: the DAG's own runs neither hold it back, nor are they held back by it."""
    site = Site(daily(max_active_runs=1))
    site.trigger(run_id="mine")
    backfills(site).create(wanted(max_active_runs=2))
    site.planner.tick()
    assert active(site) == 3
    stored = site.store.dag("d")
    assert stored is not None
    assert stored.record.active_runs == ("mine",)
    fill(site)
    assert {run.state for run in runs(site)} == {RunState.SUCCESS}


def test_paused_backfills_and_dags_begin_nothing() -> None:
    """What has begun goes on; unpaused, it goes on where it was."""
    site = Site(daily())
    made = backfills(site).create(wanted(max_active_runs=1))
    site.planner.tick()
    assert backfills(site).pause(made.backfill_id).state == "paused"
    fill(site)
    assert [run.state for run in runs(site)] == [RunState.SUCCESS]
    assert site.store.next_due() is None
    backfills(site).unpause(made.backfill_id)
    stored = site.store.dag("d")
    assert stored is not None
    site.store.commit(Update(replace(stored.record, paused=True), stored.revision))
    fill(site)
    assert len(runs(site)) == 1
    stored = site.store.dag("d")
    assert stored is not None
    site.store.commit(Update(replace(stored.record, paused=False), stored.revision))
    fill(site)
    assert len(runs(site)) == 5


def test_a_cancelled_backfill_ends_with_its_last_run() -> None:
    """No further run begins; those under way go on, and until then there is no other backfill."""
    site = Site(daily())
    service = backfills(site)
    made = service.create(wanted(max_active_runs=2))
    site.planner.tick()
    assert service.cancel(made.backfill_id).state == "cancelled"
    with pytest.raises(OpenBackfillError, match="2 of its runs have not ended"):
        service.create(wanted())
    with pytest.raises(BackfillError, match="cancelled already"):
        service.cancel(made.backfill_id)
    fill(site)
    told = service.get(made.backfill_id)
    assert (told.state, told.succeeded, told.completed_at is not None) == ("cancelled", 2, True)
    again = service.create(wanted())
    assert [one.backfill_id for one in service.list("d")] == [again.backfill_id, made.backfill_id]
    assert service.list("other") == []
    with pytest.raises(NotFoundError, match="no backfill 7"):
        service.pause(7)


def test_failed_runs_and_runs_cleared_afterwards_are_counted_once() -> None:
    """A failed run of an open backfill that a person clears is active again, and counts as it ends then."""
    outcomes = {"t0": FAILED}
    site = Site(daily(), {"t0": lambda _: outcomes["t0"]})
    made = backfills(site).create(wanted(1, 2, max_active_runs=1))
    site.planner.tick()
    site.handle(site.take())
    backfills(site).pause(made.backfill_id)
    assert backfills(site).get(made.backfill_id).failed == 1
    outcomes["t0"] = SUCCESS
    (run,) = runs(site)
    site.runs.change(run.key, lambda _: [Clear(task_ids=("t0",))])
    told = backfills(site).get(made.backfill_id)
    assert (told.failed, told.active_runs) == (0, (run.run_id,))
    backfills(site).unpause(made.backfill_id)
    fill(site)
    told = backfills(site).get(made.backfill_id)
    assert (told.state, told.created, told.succeeded, told.failed) == ("completed", 2, 2, 0)


def test_a_dry_run_tells_and_stores_nothing() -> None:
    """Each interval with what would become of it."""
    site = Site(daily())
    site.trigger(logical_date=october(2))
    found, total = backfills(site).foresee(wanted(1, 3))
    assert [(one.interval.start, one.action) for one in found] == [
        (october(1), "create"),
        (october(2), "skip"),
        (october(3), "create"),
    ]
    assert total.runs == 3
    assert len(backfills(site).foresee(wanted(1, 3), limit=1)[0]) == 1
    assert site.store.backfills(limit=1) == []


@pytest.mark.parametrize(
    ("spec", "asked", "message"),
    [
        (daily(schedule=ScheduleSpec()), wanted(), "has the schedule None, which has no intervals"),
        (daily(schedule=ScheduleSpec(kind=ScheduleKind.ONCE, summary="@once")), wanted(), "the schedule @once"),
        (daily(), wanted(3, 2), "is after to_date"),
        (daily(), wanted(from_date=datetime(2030, 1, 1, tzinfo=UTC), to_date=datetime(2031, 1, 1, tzinfo=UTC)),
         "in the future"),
        (daily(), wanted(max_active_runs=0), "must be from 1 to 1,000"),
        (daily(), wanted(max_active_runs=1001), "must be from 1 to 1,000"),
        (daily(), wanted(from_date=october(1).replace(hour=1), to_date=october(1).replace(hour=2)),
         "no complete interval"),
        (daily(start_date=datetime(2023, 11, 1, tzinfo=UTC)), wanted(), "the DAG's own start and end dates"),
        (daily(task("t", depends_on_past=True)), wanted(reverse=True), "'t' depends on the past"),
        (daily(task("t", depends_on_past=True)), wanted(), "say which runs are reprocessed"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(spec: DagSpec, asked: Wanted, message: str) -> None:
    """With one clear sentence, and nothing is stored."""
    site = Site(spec)
    with pytest.raises(BackfillError, match=message):
        backfills(site).create(asked)
    with pytest.raises(BackfillError, match=message):
        backfills(site).foresee(asked)
    assert site.store.backfills(limit=1) == []
    with pytest.raises(NotFoundError):
        backfills(site).create(replace(asked, dag_id="unknown"))


def test_a_conf_that_does_not_fit_is_refused_now_or_pauses_it_later() -> None:
    """A DAG that changes under an open backfill stops it, and it says why: it is not tried again and again."""
    spec = daily(params={"city": {"value": "Lima", "schema": {"type": "string"}, "description": ""}})
    site = Site(spec)
    with pytest.raises(ParamValidationError):
        backfills(site).create(wanted(conf={"city": 3}))
    made = backfills(site).create(wanted(conf={"city": "Quito"}))
    changed = replace(spec, params={"city": {"value": 1, "schema": {"type": "integer"}, "description": ""}})
    site.store.commit(Put(replace(site.version, version="v2", spec=changed)))
    stored = site.store.dag("d")
    assert stored is not None
    site.store.commit(Update(replace(stored.record, version="v2"), stored.revision))
    fill(site)
    told = backfills(site).get(made.backfill_id)
    assert told.state == "paused"
    assert "city" in told.note
    assert runs(site) == []


def test_a_million_intervals_are_confirmed_and_bounded() -> None:
    """They are counted up to a bound, the DAG document stays small, and as few runs are active as for a short one."""
    site = Site(daily(schedule=MINUTELY))
    huge = wanted(from_date=datetime(2020, 1, 1, tzinfo=UTC), to_date=october(30))
    with pytest.raises(UnconfirmedError, match="more than 10,000 intervals"):
        backfills(site).create(huge)
    made = backfills(site).create(huge, confirm=True)
    assert (made.total, made.more) == (COUNTED, True)
    site.planner.tick()
    assert len(site.store.runs("d", limit=100)) == 10
    backfills(site).cancel(made.backfill_id)
    fill(site)
    assert len(site.store.runs("d", limit=100)) == 10
    assert site.store.next_due() is None


def crashing(number: int, after: bool) -> tuple[Site, bool]:
    """A backfill of three days, one of which has a run, whose process ends at port call ``number``; whether it did."""
    site = Site(daily(task("t0"), task("e", "t0", empty=True)))
    site.trigger(logical_date=october(2))
    site.work()
    fuse = Fuse(blow_at=number, after=after)
    site.start(fuse)
    try:
        Backfills(Wrapped(site.store, fuse.around), site.clock).create(wanted(1, 3, max_active_runs=1))
        fill(site)
    except Crash:
        return site, True
    return site, False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_port_call_loses_and_doubles_nothing(after: bool) -> None:
    """Made or not made, and then driven to its end by the next process, each interval has one run."""
    number, blown = 0, True
    while blown:
        site, blown = crashing(number, after)
        site.start()
        if not site.store.backfills(limit=1):
            backfills(site).create(wanted(1, 3, max_active_runs=1))
        site.recover()
        fill(site)
        (told,) = backfills(site).list("d")
        where = f"call {number}"
        assert (told.state, told.created, told.skipped, told.succeeded) == ("completed", 2, 1, 2), where
        assert [run.logical_date for run in runs(site)] == [october(1), october(2), october(3)], where
        assert site.store.next_due() is None, where
        number += 1
    assert number > 20


@given(
    limit=st.integers(1, 4),
    own=st.integers(1, 3),
    order=st.lists(st.sampled_from(["plan", "other", "work", "pause", "unpause"]), max_size=40),
    catchup=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_limits_hold_whoever_plans_and_in_whatever_order(limit: int, own: int, order: list[str], catchup: bool) -> None:
    """Two planners, the second with old news of the DAG, never begin more than both limits allow."""
    site = Site(daily(max_active_runs=own, catchup=catchup, start_date=october(10)))
    service = backfills(site)
    made = service.create(wanted(1, 25, max_active_runs=limit))
    other = Planner(site.store, site.clock, site.runs)
    old = site.store.dag("d")
    if catchup:
        set_paused(site.store, site.clock, "d", False)
    for step in order:
        if step == "plan":
            site.planner.tick()
        elif step == "other" and old is not None:
            other.plan(old)
            old = site.store.dag("d")
        elif step == "work":
            for work in site.queue.take(site.clock.now(), limit=1, owner=site.owner):
                site.handle(work)
                site.queue.done(work.name)
        else:
            state = service.get(made.backfill_id).state
            if state in ("running", "paused"):
                (service.pause if step == "pause" else service.unpause)(made.backfill_id)
        under_way = [run for run in runs(site) if run.state is RunState.RUNNING]
        assert sum(run.backfill_id is not None for run in under_way) <= limit
        assert sum(run.backfill_id is None for run in under_way) <= own


def test_a_step_with_old_news_is_a_conflict_and_begins_nothing() -> None:
    """The commit is a compare-and-set on the DAG document."""
    site = Site(daily())
    backfills(site).create(wanted(max_active_runs=5))
    old = site.store.dag("d")
    assert old is not None
    filling = Filling(site.store, site.clock, site.runs)
    filling.step(old)
    with pytest.raises(ConflictError):
        filling.step(old)
    assert len(runs(site)) == 1


def test_progress_is_told_while_it_goes() -> None:
    """Total, created, ended and active; listed with those that are completed."""
    site = Site(daily())
    made = backfills(site).create(wanted(max_active_runs=3))
    site.planner.tick()
    site.handle(site.take())
    told: Backfill = backfills(site).get(made.backfill_id)
    assert (told.total, told.created, told.succeeded, len(told.active_runs)) == (5, 3, 1, 2)
    assert backfills(site).list() == [told]
    assert site.clock.now() - made.created_at < timedelta(hours=1).total_seconds()
