"""Asset events: what starts a run, who is told, and that each is told once, whatever crashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brisa.model.asset import Asset, AssetKey, AssetUpdate
from brisa.model.dag import Dag, DagVersion
from brisa.model.json import JsonValue
from brisa.model.run import AttemptKey, Outcome, Run
from brisa.model.spec import DagSpec, ScheduleKind, ScheduleSpec, TaskSpec
from brisa.model.states import OutcomeKind, RunState, RunType
from brisa.ports.store import Put, Update
from brisa.services.answers import Answers
from brisa.services.asset_documents import asset_writes
from brisa.services.pausing import set_paused
from tests.support.builders import dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import DAY, Site


def makes(*uris: str, alias: str = "", extra: dict[str, JsonValue] | None = None) -> Outcome:
    """A success that has changed these assets."""
    aliases = (alias,) if alias else ()
    updates = tuple(AssetUpdate(uri=uri, name=uri.upper(), extra=extra or {}, aliases=aliases) for uri in uris)
    return Outcome(kind=OutcomeKind.SUCCESS, assets=updates)


def producer(*outlets: dict[str, JsonValue], **more: Any) -> DagSpec:
    """The DAG ``d`` of one task, with outlets."""
    return dag(task("make", display={"outlets": list(outlets)}), **more)


def consumer(dag_id: str, assets: JsonValue, *, tasks: tuple[TaskSpec, ...] = (), **more: Any) -> DagSpec:
    """A DAG that is scheduled on assets."""
    schedule = ScheduleSpec(kind=ScheduleKind.ASSETS, extra={"assets": assets})
    return dag(*(tasks or (task("use"),)), dag_id=dag_id, **{"schedule": schedule, **more})


def add(site: Site, spec: DagSpec, **more: Any) -> None:
    """Register another DAG."""
    version = DagVersion(dag_id=spec.dag_id, version="v1", spec=spec)
    document = Dag(dag_id=spec.dag_id, version="v1", max_active_runs=spec.max_active_runs, **{"paused": False, **more})
    site.store.commit(Put(version), Put(document), *asset_writes(site.store, spec.dag_id, None, spec))


def a_site(outcome: Outcome, *consumers: DagSpec, **more: Any) -> Site:
    """A producer whose task ends with ``outcome``, and DAGs that may wait for that."""
    site = Site(producer({"asset": "x"}, {"asset": "y"}, {"alias": "z"}), {"make": lambda _: outcome}, **more)
    site.store.commit(*asset_writes(site.store, "d", None, site.spec))
    for spec in consumers:
        add(site, spec)
    return site


def runs_of(site: Site, dag_id: str) -> list[Run]:
    """Its runs, the first first."""
    return [stored.record for stored in reversed(site.store.runs(dag_id))]


def document(site: Site, dag_id: str) -> Dag:
    """Its document."""
    stored = site.store.dag(dag_id)
    assert stored is not None
    return stored.record


def told(site: Site, run: Run) -> list[tuple[JsonValue, JsonValue]]:
    """(uri, source run) of the events that a run is told of."""
    events: Any = Answers(site.store, site.blobs, run)("triggering_asset_events", {})
    return [(event["uri"], event["run_id"]) for event in events]


def test_a_task_that_changes_an_asset_starts_the_dags_that_wait_for_it() -> None:
    """The event is kept, the consumer runs to its end, and its tasks are told of the event."""
    site = a_site(makes("x", extra={"rows": 3}), consumer("c", {"asset": "x"}), consumer("other", {"asset": "y"}))
    made = site.trigger_and_work()
    (event,) = [stored.record for stored in site.store.asset_events(limit=9)]
    assert (event.uri, event.name, event.extra, event.delivered) == ("x", "X", {"rows": 3}, ("c",))
    assert (event.source_dag_id, event.source_run_id, event.source_task_id, event.source_map_index) == (
        "d", made.run_id, "make", -1,
    )  # fmt: skip
    (run,) = runs_of(site, "c")
    assert (run.state, run.run_type, run.triggered_by) == (RunState.SUCCESS, RunType.ASSET, "asset")
    assert told(site, run) == [("x", made.run_id)]
    assert runs_of(site, "other") == []
    assert made.announcing == ()
    assert made.next_check_at is None
    assert document(site, "c").asset_queue == {}
    assert site.store.next_due() is None


def test_the_runs_dates_are_those_of_the_airflow_whose_dialect_the_file_speaks() -> None:
    """Airflow 3 gives none; Airflow 2 the event's moment, and the interval from the first to the last source run."""
    old = consumer("old", {"all": [{"asset": "x"}, {"asset": "y"}]}, dialect=2)
    site = a_site(makes("x"), consumer("new", {"asset": "x"}), old)
    first = site.trigger(logical_date=DAY, interval=(DAY, DAY + timedelta(days=1)))
    site.work()
    site.clock.advance(1)
    site.supervisor._plays = {"make": lambda _: makes("y")}
    later = DAY + timedelta(days=5)
    site.trigger(logical_date=later, interval=(later, later + timedelta(days=1)))
    site.work()
    (run,) = runs_of(site, "new")
    moment = datetime.fromtimestamp(run.run_after, UTC)
    assert (run.logical_date, run.data_interval_start, run.data_interval_end) == (None, None, None)
    prefix, _, suffix = run.run_id.rpartition("_")
    assert prefix == f"asset_triggered__{moment.isoformat()}"
    assert len(suffix) == 8
    (run,) = runs_of(site, "old")
    assert run.run_type.value == "dataset_triggered"
    assert run.logical_date == datetime.fromtimestamp(run.run_after, UTC)
    assert run.run_id == f"dataset_triggered__{run.logical_date.isoformat()}"
    assert (run.data_interval_start, run.data_interval_end) == (DAY, later + timedelta(days=1))
    assert [uri for uri, _ in told(site, run)] == ["x", "y"]
    assert site.run(first.key).state is RunState.SUCCESS


A, B = {"asset": "x"}, {"asset": "y"}
CONDITIONS: list[tuple[JsonValue, list[str], list[str]]] = [
    # condition, what happens, after which of it there is a run (and with what)
    (A, ["x", "y", "x"], ["x", "x"]),
    ({"all": [A, B]}, ["x", "x", "y", "y", "x"], ["xxy", "yx"]),
    ({"any": [A, B]}, ["x", "y"], ["x", "y"]),
    ({"any": [A, B]}, ["xy"], ["xy"]),
    ({"all": [A, B]}, ["xy"], ["xy"]),
    ({"all": [A, {"any": [B, {"asset": "w"}]}]}, ["w", "x"], ["wx"]),
    ({"any": [{"all": [A, B]}, {"asset": "w"}]}, ["x", "w", "y"], ["xw"]),
    ({"alias": "z"}, ["x", "x@z", "x"], ["x"]),
    ({"all": [{"alias": "z"}, B]}, ["x@z", "y"], ["xy"]),
    ({"any": [{"alias": "z"}, A]}, ["x@z"], ["x"]),
    ({"all": []}, ["x"], []),
    ({"unknown": 1}, ["x"], []),
]


@pytest.mark.parametrize(("condition", "happens", "expected"), CONDITIONS)
def test_when_there_is_a_run(condition: JsonValue, happens: list[str], expected: list[str]) -> None:
    """All and any nest; one task's events count together; a run takes all that has happened, and then begins anew."""
    site = a_site(makes(), consumer("c", condition))
    for number, step in enumerate(happens):
        names, _, alias = step.partition("@")
        outcome = makes(*names, alias=alias)
        site.supervisor._plays = {"make": lambda _, outcome=outcome: outcome}  # type: ignore[misc]
        site.trigger(run_id=f"r{number}", logical_date=DAY + timedelta(days=number))
        site.work()
        site.clock.advance(1)
    assert ["".join(sorted_by_time(site, run)) for run in runs_of(site, "c")] == expected
    assert {run.state for run in runs_of(site, "c")} <= {RunState.SUCCESS}


def sorted_by_time(site: Site, run: Run) -> list[str]:
    """The assets whose events a run is told of."""
    events: Any = Answers(site.store, site.blobs, run)("triggering_asset_events", {})
    return [event["uri"] for event in sorted(events, key=lambda event: (event["timestamp"], event["uri"]))]


def test_an_alias_counts_when_one_of_its_assets_has_changed() -> None:
    """As in Airflow 3: once an asset was told through an alias, its queued events count for the alias too."""
    site = a_site(makes("x", alias="z"), consumer("c", {"all": [A, {"alias": "z"}]}))
    site.trigger_and_work()
    assert len(runs_of(site, "c")) == 1
    alias = site.store.asset(AssetKey("z", alias=True))
    assert alias is not None
    assert (alias.record.uris, alias.record.producers, alias.record.consumers) == (("x",), ("d",), ("c",))
    site.supervisor._plays = {"make": lambda _: makes("x")}
    site.trigger(run_id="second", logical_date=DAY + timedelta(days=1))
    site.work()
    assert len(runs_of(site, "c")) == 2


def test_what_happens_while_a_dag_is_paused_starts_no_run_but_is_told() -> None:
    """As in Airflow: the next run, for an event after the pause, is told of those within it."""
    site = a_site(makes("x"), consumer("c", A))
    set_paused(site.store, site.clock, "c", True)
    first = site.trigger_and_work()
    site.clock.advance(10)
    set_paused(site.store, site.clock, "c", False)
    site.planner.tick()
    site.work()
    assert runs_of(site, "c") == []
    second = site.trigger(run_id="second", logical_date=DAY + timedelta(days=1))
    site.work()
    (run,) = runs_of(site, "c")
    assert told(site, run) == [("x", first.run_id), ("x", second.run_id)]


def test_what_was_queued_before_a_pause_starts_its_run_after_it() -> None:
    """The queue is kept; the planner looks at the DAG once it is unpaused."""
    site = a_site(makes("x"), consumer("c", A, max_active_runs=1, tasks=(task("use"),)))
    site.supervisor._plays["use"] = lambda key: pauses(site, key)
    site.trigger(run_id="first")
    site.work()
    assert len(runs_of(site, "c")) == 1
    set_paused(site.store, site.clock, "c", False)
    site.work()
    assert len(runs_of(site, "c")) == 2


def pauses(site: Site, key: AttemptKey) -> Outcome:
    """While the first run of the consumer is on, there is another event, and then the DAG is paused."""
    if len(runs_of(site, "c")) == 1 and not document(site, "c").asset_queue:
        other = site.trigger(run_id="second", logical_date=DAY + timedelta(days=1))
        message = site.queue.take(site.clock.now(), limit=1, owner="y")[0]
        site.handle(message)
        site.queue.done(message.name)
        assert site.run(other.key).state is RunState.SUCCESS
        assert document(site, "c").assets_due_at is not None
        set_paused(site.store, site.clock, "c", True)
    return Outcome(kind=OutcomeKind.SUCCESS)


def test_events_wait_for_room_and_then_make_one_run() -> None:
    """As in Airflow: at max_active_runs they stay queued, and one run takes them all when another ends."""
    site = a_site(makes("x"), consumer("c", A, max_active_runs=1))
    held: list[Run] = []

    def use(key: AttemptKey) -> Outcome:
        if not held:
            held.append(site.run(key.run_key))
            for number in range(3):
                site.trigger(run_id=f"more{number}", logical_date=DAY + timedelta(days=number + 1))
                message = site.queue.take(site.clock.now(), limit=1, owner="y")[0]
                site.handle(message)
                site.queue.done(message.name)
            assert len(document(site, "c").asset_queue["x"].events) == 3
        return Outcome(kind=OutcomeKind.SUCCESS)

    site.supervisor._plays["use"] = use
    site.trigger_and_work()
    first, second = runs_of(site, "c")
    assert len(first.asset_events) == 1
    assert sorted(str(run_id) for _, run_id in told(site, second)) == ["more0", "more1", "more2"]


def test_skipped_failed_and_marked_tasks_tell_nothing() -> None:
    """Only a success of the task itself makes events."""
    for kind in (OutcomeKind.SKIPPED, OutcomeKind.FAILED):
        site = a_site(replace(makes("x"), kind=kind), consumer("c", A))
        site.trigger_and_work()
        assert list(site.store.asset_events(limit=9)) == []


def test_a_try_makes_its_events_once_however_often_it_is_run() -> None:
    """The worker was lost after its task ended: the same try again, the same events."""
    site = a_site(makes("x", "y"), consumer("c", {"any": [A, B]}))

    def slow(key: AttemptKey) -> Outcome:
        if key.seq == 0:
            site.clock.advance(3600)
            site.planner.tick()
        return makes("x", "y")

    site.supervisor._plays = {"make": slow}
    site.trigger_and_work()
    assert site.supervisor.effects["make", 1] == 2
    assert sorted(one.record.uri for one in site.store.asset_events(limit=9)) == ["x", "y"]
    assert len(runs_of(site, "c")) == 1


def test_runs_of_one_moment_have_dates_of_their_own() -> None:
    """The clock stands still; two events make two runs, in either dialect."""
    site = a_site(makes("x"), consumer("new", A), consumer("old", A, dialect=2))
    for number in range(3):
        site.trigger(run_id=f"r{number}", logical_date=DAY + timedelta(days=number))
        site.work()
    for dag_id in ("new", "old"):
        assert len({run.run_after for run in runs_of(site, dag_id)}) == 3


def test_an_id_that_a_person_has_taken_is_left_to_them() -> None:
    """A run by hand has the very id that the run for assets would get: that one is dated a moment later."""
    site = a_site(makes("x"), consumer("c", A, dialect=2))
    moment = datetime.fromtimestamp(site.clock.now(), UTC)
    taken = site.runs.trigger("c", run_id=f"dataset_triggered__{moment.isoformat()}")
    site.trigger_and_work()
    others = [run for run in runs_of(site, "c") if run.run_id != taken.run_id]
    assert [run.logical_date for run in others] == [moment + timedelta(microseconds=1)]


def test_consumers_that_are_gone_or_wait_for_something_else_by_now_get_nothing() -> None:
    """What is known of the asset is old: the DAG's own version decides."""
    site = a_site(makes("x"), consumer("gone", A), consumer("changed", A))
    gone = site.store.dag("gone")
    changed = site.store.dag("changed")
    assert gone is not None
    assert changed is not None
    version = DagVersion(dag_id="changed", version="v2", spec=consumer("changed", B))
    site.store.commit(
        Put(version),
        Update(replace(gone.record, active=False), gone.revision),
        Update(replace(changed.record, version="v2"), changed.revision),
    )
    made = site.trigger_and_work()
    assert (runs_of(site, "gone"), runs_of(site, "changed"), made.announcing) == ([], [], ())


def test_one_consumer_that_is_broken_does_not_keep_the_others_waiting() -> None:
    """Its version is lost; the other one runs, and the sweep goes on trying, once a minute."""
    site = a_site(makes("x"), consumer("a", A), consumer("b", A))
    stored = site.store.dag("a")
    assert stored is not None
    site.store.commit(Update(replace(stored.record, version="lost"), stored.revision))
    run = site.trigger()
    for _ in range(4):
        for message in site.queue.take(site.clock.now(), limit=1, owner=site.owner):
            site.handle(message)
            site.queue.done(message.name)
    assert [one.state for one in runs_of(site, "b")] == [RunState.SUCCESS]
    assert len(site.run(run.key).announcing) == 1
    due = site.run(run.key).next_check_at
    site.clock.advance(60)
    site.planner.tick()
    assert site.run(run.key).next_check_at == (due or 0) + 60
    assert len(runs_of(site, "b")) == 1
    found = site.store.dag("a")
    assert found is not None
    site.store.commit(Update(replace(found.record, version="v1"), found.revision))
    site.work()
    assert len(runs_of(site, "a")) == 1
    assert site.run(run.key).announcing == ()


def test_a_mapped_tasks_instances_tell_one_event_each() -> None:
    """With their map index, those of wide runs too, which are folded in batches; each is some run's, once."""
    site = Site(
        dag(task("each", mapped={"x": 30}, display={"outlets": [A]})), {"each": lambda _: makes("x")}, wide_above=10
    )
    add(site, consumer("c", A))
    run = site.trigger()
    site.work_on_threads(4)
    events = [stored.record for stored in site.store.asset_events(limit=99)]
    assert sorted(event.source_map_index for event in events) == list(range(30))
    assert {event.delivered for event in events} == {("c",)}
    assert site.run(run.key).announcing == ()
    runs = runs_of(site, "c")
    assert {run.state for run in runs} == {RunState.SUCCESS}
    assert sorted(one for run in runs for one in run.asset_events) == sorted(event.event_id for event in events)


def eventful() -> Site:
    """Two outlets, an alias, three consumers: one of both assets, one of the alias, one that is full."""
    site = Site(
        dag(task("make", display={"outlets": [A, B]}), task("then", "make")),
        {"make": lambda _: makes("x", "y", alias="z")},
    )
    for spec in (
        consumer("both", {"all": [A, B]}),
        consumer("alias", {"alias": "z"}, dialect=2),
        consumer("full", A, max_active_runs=1, tasks=(task("use"), task("more", "use"))),
    ):
        add(site, spec)
    site.store.commit(Put(Asset(key=AssetKey("w"), name="w")))
    return site


def calls_of_a_run() -> int:
    """How many port calls it makes, from trigger to end."""
    site = eventful()
    fuse = Fuse()
    site.start(fuse)
    site.trigger_and_work()
    return fuse.calls


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_port_call_loses_no_event_and_makes_none_twice(after: bool) -> None:
    """The process ends before, or after, each of its port calls in turn; time and the sweep do the rest."""
    calls = calls_of_a_run()
    assert calls > 40
    for number in range(calls):
        site = eventful()
        site.start(Fuse(blow_at=number, after=after))
        with pytest.raises(Crash) as crash:
            site.trigger_and_work()
        where = f"call {number}: {crash.value}"
        site.start()
        if not site.store.runs("d"):
            site.trigger()
        site.work()
        events = sorted(stored.record.uri for stored in site.store.asset_events(limit=9))
        assert events == ["x", "y"], where
        for dag_id in ("both", "alias", "full"):
            (run,) = runs_of(site, dag_id)
            assert run.state is RunState.SUCCESS, f"{where}: {dag_id}"
            assert len(run.asset_events) == (1 if dag_id == "full" else 2), where
        assert runs_of(site, "d")[0].announcing == (), where
        assert site.store.next_due() is None, where


def test_what_outlets_cost() -> None:
    """Beside the event itself: two writes for each consumer and one for its run, and one when all know."""
    site = a_site(makes("x"), consumer("c", A))
    site.trigger()
    site.counts.reset()
    message = site.take()
    site.worker.handle(message)
    site.queue.done(message.name)
    writes = site.counts.totals()["writes"]
    #   claim, end (attempt, run, DAG), event; consumer (DAG, event, run); announced
    assert writes == 1 + 3 + 1 + 3 + 1
