"""What may be asked, and done, about assets; and what is known of them as DAG files come, change and go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from brisa.adapters.memory import FakeClock, MemoryBundle, MemoryStore
from brisa.errors import NotFoundError
from brisa.model.asset import AssetKey, AssetUpdate, QueuedAsset
from brisa.model.run import Outcome
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import OutcomeKind, RunState, RunType
from brisa.ports.store import Delete, Update
from brisa.runtime.supervisor import Supervisor
from brisa.services.assets import Assets, ManyProducersError
from brisa.services.registry import Registry
from tests.services.test_asset_events import A, B, a_site, add, consumer, document, makes, runs_of, told
from tests.support.builders import dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import DAY, Site


def verbs(site: Site) -> Assets:
    """What may be asked of a site."""
    return Assets(site.store, site.clock, site.runs)


def test_a_change_from_outside_starts_what_waits_for_it() -> None:
    """It has no source; the DAGs are told in the same commit."""
    site = a_site(makes(), consumer("c", A), consumer("both", {"all": [A, B]}))
    event = verbs(site).tell("x", {"from": "outside"})
    site.work()
    (run,) = runs_of(site, "c")
    assert (run.state, told(site, run)) == (RunState.SUCCESS, [("x", None)])
    assert verbs(site).events(AssetKey("x")).events == [event]
    assert (event.extra, event.delivered, event.source_dag_id) == ({"from": "outside"}, ("both", "c"), "")
    assert list(verbs(site).queued("both")) == ["x"]
    with pytest.raises(NotFoundError, match="no DAG names an asset 'q'"):
        verbs(site).tell("q")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_change_from_outside_is_told_everywhere_or_nowhere(after: bool) -> None:
    """A crash at each port call: either there is no event, or all runs of it come to their end."""
    number, blown = 0, True
    while blown:
        site = a_site(makes(), consumer("c", A), consumer("other", A))
        site.start(Fuse(blow_at=number, after=after))
        store = site.worker._store
        try:
            Assets(store, site.clock, site.runs).tell("x")
            blown = False
        except Crash:
            pass
        site.start()
        site.work()
        expected = [RunState.SUCCESS] * len(site.store.asset_events(limit=9))
        for dag_id in ("c", "other"):
            assert [run.state for run in runs_of(site, dag_id)] == expected, f"call {number}"
        number += 1
    assert number > 5


def test_events_come_in_pages() -> None:
    """The latest first; all of them, one asset's, or those told through an alias."""
    site = a_site(makes("x"))
    for number, (uri, alias) in enumerate([("x", ""), ("y", "z"), ("x", "z")]):
        site.clock.advance(1)
        outcome = makes(uri, alias=alias, extra={"n": number})
        site.supervisor._plays = {"make": lambda _, outcome=outcome: outcome}  # type: ignore[misc]
        site.trigger(run_id=f"r{number}")
        site.work()
    ask = verbs(site).events

    def extras(page: object) -> list[object]:
        return [event.extra["n"] for event in page.events]  # type: ignore[attr-defined]

    assert (extras(ask()), ask().more) == ([2, 1, 0], False)
    assert (extras(ask(limit=2)), ask(limit=2).more) == ([2, 1], True)
    assert (extras(ask(limit=2, offset=2)), ask(limit=2, offset=2).more) == ([0], False)
    assert extras(ask(AssetKey("x"))) == [2, 0]
    assert extras(ask(AssetKey("z", alias=True))) == [2, 1]
    assert [asset.key.uri for asset in verbs(site).all()] == ["x", "y", "z"]
    assert verbs(site).asset("x").producers == ("d",)


def test_what_is_queued_may_be_forgotten() -> None:
    """Of one asset, or all: it starts no run any more."""
    site = a_site(makes(), consumer("c", {"all": [A, B]}))
    verbs(site).tell("x")
    assert isinstance(verbs(site).queued("c")["x"], QueuedAsset)
    verbs(site).forget("c", "y")
    assert list(verbs(site).queued("c")) == ["x"]
    verbs(site).forget("c", "x")
    verbs(site).tell("y")
    assert list(verbs(site).forget("c").asset_queue) == []
    verbs(site).tell("x")
    site.work()
    assert runs_of(site, "c") == []
    with pytest.raises(NotFoundError):
        verbs(site).forget("nobody")


def test_an_asset_is_made_by_the_one_dag_that_makes_it() -> None:
    """None, or several, are errors that say so."""
    site = a_site(makes("x"), consumer("c", {"asset": "w"}))
    run = verbs(site).materialize("x", triggered_by="cli")
    assert (run.dag_id, run.run_type) == ("d", RunType.MANUAL)
    with pytest.raises(NotFoundError, match="no DAG makes the asset 'w'"):
        verbs(site).materialize("w")
    add(site, dag(task("make", display={"outlets": [A]}), dag_id="e"))
    with pytest.raises(ManyProducersError, match="the asset 'x': d, e;"):
        verbs(site).materialize("x")


def test_assets_start_runs_beside_a_schedule() -> None:
    """Both kinds of runs, each with its own id and dates; the cursor is not moved by assets."""
    schedule = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *", extra={"assets": A})
    spec = dag(task("use"), dag_id="c", schedule=schedule, dialect=2, catchup=True)
    site = a_site(makes("x"))
    start = datetime.fromtimestamp(site.clock.now(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    add(site, spec, next_run_at=site.clock.now() + 50, next_start=start, next_end=start)
    site.trigger()
    for _ in range(3):
        for message in site.queue.take(site.clock.now(), limit=1, owner=site.owner):
            site.handle(message)
            site.queue.done(message.name)
    (run,) = runs_of(site, "c")
    assert (run.run_type, run.state) == (RunType.DATASET, RunState.SUCCESS)
    assert document(site, "c").next_run_at == site.clock.now() + 50
    site.clock.advance(50)
    site.planner.tick()
    assert sorted(run.run_type.value for run in runs_of(site, "c")) == ["dataset_triggered", "scheduled"]


# --- DAG files

HEAD = "from brisa import DAG, Asset, task\nX, Y = Asset('x', extra={'team': 'a'}), Asset(name='why', uri='y')\n"


def file(dag_id: str, schedule: str, outlets: str) -> str:
    """A DAG file."""
    return f"""{HEAD}
with DAG({dag_id!r}, schedule={schedule}, is_paused_upon_creation=False):
    @task(outlets={outlets})
    def t():
        pass
    t()
"""


@pytest.fixture
def bundle() -> MemoryBundle:
    """A producer and a consumer."""
    return MemoryBundle({"p.py": file("p", "None", "[X, Y]"), "c.py": file("c", "X & Y", "[]")})


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def registry(bundle: MemoryBundle, store: MemoryStore) -> Iterator[Registry]:
    """A registry of that bundle."""
    supervisor = Supervisor(bundle.root())
    yield Registry(store, bundle, supervisor, FakeClock())
    supervisor.close()


def known(store: MemoryStore) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Uri → producers and consumers."""
    found = [stored.record for stored in store.assets()]
    return {asset.key.uri: (asset.producers, asset.consumers) for asset in found}


def test_what_is_known_of_assets_follows_the_dag_files(
    registry: Registry, bundle: MemoryBundle, store: MemoryStore
) -> None:
    """Files come, change and go; whatever does not change is not written again."""
    registry.sync()
    assert known(store) == {"x": (("p",), ("c",)), "y": (("p",), ("c",))}
    x, y = (stored.record for stored in store.assets())
    assert (x.name, x.extra, y.name) == ("", {"team": "a"}, "why")
    before = store.asset(AssetKey("x"))

    bundle.write("p.py", file("p", "None", "[X]"))
    registry.sync()
    assert known(store) == {"x": (("p",), ("c",)), "y": ((), ("c",))}
    assert store.asset(AssetKey("x")) == before

    bundle.write("c.py", file("c", "X", "[]"))
    registry.sync()
    assert known(store) == {"x": (("p",), ("c",)), "y": ((), ())}

    bundle.remove("c.py")
    registry.sync()
    assert known(store) == {"x": (("p",), ()), "y": ((), ())}

    bundle.write("c.py", file("c", "X", "[]"))
    registry.sync()
    assert known(store) == {"x": (("p",), ("c",)), "y": ((), ())}


def test_what_an_earlier_brisa_has_registered_is_made_good(
    registry: Registry, bundle: MemoryBundle, store: MemoryStore
) -> None:
    """It wrote down nothing of assets: the next process that loads the files does."""
    registry.sync()
    before = known(store)
    store.commit(*(Delete(stored.record) for stored in store.assets()))
    supervisor = Supervisor(bundle.root())
    assert Registry(store, bundle, supervisor, FakeClock()).sync().loaded == ()
    supervisor.close()
    assert known(store) == before


def test_a_queue_is_judged_anew_when_the_schedule_changes(
    registry: Registry, bundle: MemoryBundle, store: MemoryStore
) -> None:
    """What was not enough may be now; what is waited for no longer is forgotten."""
    registry.sync()
    stored = store.dag("c")
    assert stored is not None
    store.commit(
        Update(replace(stored.record, asset_queue={"x": QueuedAsset(events=("e",), queued_at=5.0)}), stored.revision)
    )
    bundle.write("c.py", file("c", "X | Y", "[]"))
    registry.sync()
    stored = store.dag("c")
    assert stored is not None
    assert stored.record.due_at == 5.0
    bundle.write("c.py", file("c", "Y", "[]"))
    registry.sync()
    stored = store.dag("c")
    assert stored is not None
    assert (stored.record.asset_queue, stored.record.due_at) == ({}, None)


@pytest.mark.parametrize(
    ("files", "circle"),
    [
        ({"a": ("X", "[X]")}, "a → a"),
        ({"a": ("X", "[Y]"), "b": ("Y", "[X]")}, "b → a → b"),
        ({"a": ("X", "[Y]"), "b": ("Y", "[Asset('z')]"), "c": ("Asset('z')", "[X]")}, "c → a → b → c"),
        ({"a": ("X", "[Y]"), "b": ("Y", "[Asset('z')]")}, ""),
        ({"a": ("None", "[X, Y]"), "b": ("X | Y", "[]")}, ""),
    ],
)
def test_a_circle_of_dags_is_warned_of(
    registry: Registry, bundle: MemoryBundle, files: dict[str, tuple[str, str]], circle: str
) -> None:
    """Once, by their ids, when the last of them is loaded; it is no error."""
    for name in ("p", "c"):
        bundle.remove(f"{name}.py")
    for name, (schedule, outlets) in files.items():
        bundle.write(f"{name}.py", file(name, schedule, outlets))
    synced = registry.sync()
    assert sorted(synced.loaded) == sorted(files)
    notices = [notice for notice in synced.notices if "starts itself" in notice]
    assert [notice.split(": ")[2].split(",")[0] for notice in notices] == [circle] * bool(circle)


def test_assets_that_nobody_named_are_known_once_a_task_has_told_of_them() -> None:
    """Through an alias: the asset is there from then on, by its name, and may be told of from outside."""
    outcome = Outcome(kind=OutcomeKind.SUCCESS, assets=(AssetUpdate(uri="new", name="NEW", aliases=("z",)),))
    site = a_site(outcome, consumer("c", {"alias": "z"}))
    site.trigger(logical_date=DAY)
    site.work()
    assert verbs(site).asset("NEW").key == AssetKey("new")
    assert len(runs_of(site, "c")) == 1
    verbs(site).tell("new")
    site.work()
    assert len(runs_of(site, "c")) == 1
