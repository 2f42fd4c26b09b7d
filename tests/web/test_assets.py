"""Assets through the API: as Airflow's."""

from datetime import UTC, datetime

import pytest

from brisa.model.access import Role
from brisa.model.asset import AssetKey
from brisa.model.dag import Dag, DagVersion
from brisa.model.run import AttemptKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.ports.store import Put
from brisa.services.asset_documents import asset_writes
from brisa.services.pausing import set_paused
from brisa.services.states import States
from brisa.web.ids import number
from tests.services.test_asset_events import makes
from tests.support.builders import dag, task
from tests.web.checked import checked
from tests.web.site import WebSite

X, Y, Z = (
    {"asset": "s3://b/x", "name": "x", "group": "g", "extra": {"k": 1, "token": "s3cret"}},
    {"asset": "y"},
    {"alias": "z"},
)
OF_X, OF_Y = number("asset", "s3://b/x"), number("asset", "y")


def add(web, dag_id, assets=None, **display):
    """Another DAG, of one task: scheduled on ``assets``; ``display`` has its outlets and inlets."""
    schedule = ScheduleSpec(kind=ScheduleKind.ASSETS, extra={"assets": assets}) if assets else ScheduleSpec()
    spec = dag(task("t", display=display), dag_id=dag_id, schedule=schedule)
    version = DagVersion(dag_id=dag_id, version="v1", spec=spec)
    document = Dag(dag_id=dag_id, version="v1", paused=False)
    web.store.commit(Put(version), Put(document), *asset_writes(web.store, dag_id, None, spec, web.clock.now()))


@pytest.fixture
def web():
    """A site whose DAG ``d`` makes ``x``, and tells of ``y`` through the alias ``z``; two others make ``y``; ``both``
    waits for ``x`` and ``y``, ``aliased`` for what is told through ``z``."""
    spec = dag(task("make", display={"outlets": [X, Z]}))
    site = WebSite(spec, plays={"make": lambda _: makes("y", alias="z", extra={"password": "s3cret"})})
    site.store.commit(*asset_writes(site.store, "d", None, spec, site.clock.now()))
    add(site, "p1", outlets=[Y])
    add(site, "p2", outlets=[Y])
    add(site, "both", {"all": [X, Y]}, inlets=[X])
    add(site, "aliased", Z)
    return site


def tell(web, asset_id=OF_X, **more):
    """An asset has changed."""
    return checked("AssetEventResponse", web.admin.post("/assets/events", json={"asset_id": asset_id, **more}))


def test_an_asset_is_told_with_those_who_make_read_and_await_it(web):
    """As a client sees it; secrets in what its author says of it are hidden."""
    one = web.admin.get(f"/assets/{OF_X}").json()
    now = datetime.fromtimestamp(web.clock.now(), UTC).isoformat().replace("+00:00", "Z")
    times = {"created_at": now, "updated_at": now}
    assert one == {
        "id": OF_X,
        "name": "x",
        "uri": "s3://b/x",
        "group": "g",
        "extra": {"k": 1, "token": "***"},
        **times,
        "scheduled_dags": [{"dag_id": "both", **times}],
        "producing_tasks": [{"dag_id": "d", "task_id": "make", **times}],
        "consuming_tasks": [{"dag_id": "both", "task_id": "t", **times}],
        "aliases": [],
        "watchers": [],
        "last_asset_event": {"id": None, "timestamp": None},
    }
    event = tell(web)
    last = checked("AssetResponse", web.admin.get(f"/assets/{OF_X}")).last_asset_event
    assert (last.id, last.timestamp) == (event.id, event.timestamp)


def test_assets_are_listed(web):
    """By pattern, DAG and order; those that no DAG names any more only if asked for."""
    before = dag(task("t", display={"outlets": [{"asset": "old"}]}))
    web.store.commit(*asset_writes(web.store, "gone", None, before))
    web.store.commit(*asset_writes(web.store, "gone", before, None))

    def uris(**params):
        listed = checked("AssetCollectionResponse", web.admin.get("/assets", params=params))
        return [one.uri for one in listed.assets], listed.total_entries

    assert uris() == (["s3://b/x", "y"], 2)
    assert uris(only_active=False) == (["old", "s3://b/x", "y"], 3)
    assert uris(order_by="-uri", limit=1) == (["y"], 2)
    assert uris(uri_pattern="B/") == (["s3://b/x"], 1)
    assert uris(name_pattern="x") == (["s3://b/x"], 1)
    assert uris(uri_prefix_pattern="y|q") == (["y"], 1)
    assert uris(dag_ids=["p1", "nobody"]) == (["y"], 1)
    assert uris(dag_ids=["both"]) == (["s3://b/x", "y"], 2)
    assert uris(limit=0) == ([], 2)


def test_aliases(web):
    """With the assets that were told through them."""
    listed = checked("AssetAliasCollectionResponse", web.admin.get("/assets/aliases"))
    (one,) = listed.asset_aliases
    assert (one.name, one.group, listed.total_entries) == ("z", "asset", 1)
    assert web.admin.get(f"/assets/aliases/{one.id}").json() == {"id": one.id, "name": "z", "group": "asset"}
    assert web.admin.get("/assets/aliases", params={"name_pattern": "q"}).json()["total_entries"] == 0
    web.site.trigger_and_work()
    assert [alias["name"] for alias in web.admin.get(f"/assets/{OF_Y}").json()["aliases"]] == ["z"]


def test_a_change_is_told_and_starts_what_waits_for_it(web):
    """It has no source; the runs that it has started are told with it."""
    event = tell(web, extra={"x": 1, "password": "s3cret", "from_rest_api": False})
    assert (event.uri, event.name, event.group, event.asset_id) == ("s3://b/x", "x", "g", OF_X)
    assert event.extra == {"x": 1, "password": "***", "from_rest_api": True}
    assert (event.source_dag_id, event.source_map_index, event.created_dagruns) == (None, -1, [])
    tell(web, OF_Y)
    web.site.work()
    (run,) = [stored.record for stored in web.store.runs("both")]
    for one in web.admin.get("/assets/events").json()["asset_events"]:
        assert [(made["dag_id"], made["run_id"]) for made in one["created_dagruns"]] == [("both", run.run_id)]
    assert "s3cret" not in web.admin.get("/assets/events").text


@pytest.fixture
def events(web):
    """A site with four events, a second apart: x, y of d's run r1, x, y of r2; and when the first happened."""
    start = web.clock.now() + 1
    for run_id in ("r1", "r2"):
        web.clock.advance(1)
        tell(web)
        web.clock.advance(1)
        web.site.trigger(run_id=run_id)
        web.site.work()
    return web, start


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ("0 1 2 3", 4)),
        ({"order_by": "-timestamp", "limit": 2, "offset": 1}, ("2 1", 4)),
        ({"limit": 0}, ("", 4)),
        ({"asset_id": OF_Y}, ("1 3", 2)),
        ({"asset_id": 7}, ("", 0)),
        ({"source_dag_id": "d"}, ("1 3", 2)),
        ({"source_run_id": "r2"}, ("3", 1)),
        ({"source_task_id": "make", "source_run_id": "r1"}, ("1", 1)),
        ({"source_map_index": 0}, ("", 0)),
        ({"name_pattern": "X"}, ("0 2", 2)),
        ({"name_prefix_pattern": "Y"}, ("1 3", 2)),
        ({"order_by": ["-source_run_id", "-timestamp"]}, ("2 0 3 1", 4)),
        ({"timestamp_gte": 1, "timestamp_lt": 3}, ("1 2", 2)),
        ({"timestamp_gt": 1, "timestamp_lte": 3}, ("2 3", 2)),
    ],
)
def test_events_are_found(events, params, expected):
    """As Airflow finds them."""
    web, start = events
    times = {
        name: datetime.fromtimestamp(start + value, UTC).isoformat()
        for name, value in params.items()
        if name.startswith("timestamp")
    }
    listed = checked("AssetEventCollectionResponse", web.admin.get("/assets/events", params={**params, **times}))
    found = " ".join(str(round(one.timestamp.timestamp() - start)) for one in listed.asset_events)
    assert (found, listed.total_entries) == expected


def test_what_waits_is_seen_and_forgotten(web):
    """By DAG, by asset, by both; what is forgotten starts no run."""
    tell(web)
    queued = {"dag_id": "both", "asset_id": OF_X, "dag_display_name": "both"}
    path, of_asset, of_dag = (
        f"/dags/both/assets/{OF_X}/queuedEvents",
        f"/assets/{OF_X}/queuedEvents",
        "/dags/both/assets",
    )
    of_dag = f"{of_dag}/queuedEvents"
    one = checked("QueuedEventResponse", web.admin.get(path))
    assert one.created_at.timestamp() == web.clock.now()
    for listing in (of_asset, of_dag):
        listed = web.admin.get(listing).json()
        assert listed["total_entries"] == 1
        assert queued.items() <= listed["queued_events"][0].items()
        assert web.admin.get(listing, params={"before": "2000-01-01T00:00:00Z"}).json()["total_entries"] == 0
        assert web.admin.delete(listing, params={"before": "2000-01-01T00:00:00Z"}).status_code == 404
        assert web.admin.get(listing, params={"before": "2999-01-01T00:00:00Z"}).json()["total_entries"] == 1
    for listing in (path, of_asset, of_dag):
        assert web.admin.delete(listing).status_code == 204
        assert web.admin.delete(listing).status_code == 404
        assert web.store.dag("both").record.asset_queue == {}
        tell(web)
    web.admin.delete(of_dag)
    tell(web, OF_Y)
    web.site.work()
    assert web.store.runs("both") == []


def test_what_happens_while_a_dag_is_paused_is_not_queued(web):
    """As in Airflow: it starts no run."""
    set_paused(web.store, web.clock, "both", paused=True)
    tell(web)
    assert web.admin.get("/dags/both/assets/queuedEvents").json()["total_entries"] == 0
    assert web.admin.get(f"/assets/{OF_X}/queuedEvents").json()["total_entries"] == 0


def test_what_an_alias_was_told_of_waits_too(web):
    """For the asset that it was."""
    add(web, "more", {"all": [Z, X]})
    web.site.trigger_and_work()
    listed = web.admin.get(f"/assets/{OF_Y}/queuedEvents").json()["queued_events"]
    assert [one["dag_id"] for one in listed] == ["both", "more"]


def test_an_asset_is_made(web):
    """By the one DAG that makes it, with what the body says of the run."""
    body = {"dag_run_id": "m1", "logical_date": "2024-01-01T00:00:00Z", "conf": {"a": 1}, "note": "n"}
    run = checked("DAGRunResponse", web.admin.post(f"/assets/{OF_X}/materialize", json=body))
    assert (run.dag_id, run.dag_run_id, run.run_type, run.note) == ("d", "m1", "asset_materialization", "n")
    assert (run.conf, run.triggering_user_name) == ({"a": 1}, "admin@example.com")
    run = checked("DAGRunResponse", web.admin.post(f"/assets/{OF_X}/materialize"))
    assert run.dag_run_id.startswith("asset_materialization__")
    assert run.logical_date is None
    assert web.admin.post(f"/assets/{OF_X}/materialize", json={"dag_run_id": "m1"}).status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/assets/7", None, 404),
        ("GET", "/assets/x", None, 422),
        ("GET", f"/assets/{10**40}", None, 404),
        ("GET", "/assets/aliases/7", None, 404),
        ("GET", "/assets?order_by=group", None, 400),
        ("GET", "/assets/events?order_by=id", None, 400),
        ("GET", "/assets/events?asset_id=7&order_by=asset_id", None, 400),
        ("GET", "/assets/events?timestamp_gte=x", None, 422),
        ("POST", "/assets/events", {"asset_id": 7}, 404),
        ("POST", "/assets/events", {"asset_id": "x"}, 422),
        ("POST", "/assets/events", {"asset_id": OF_X, "surprise": 1}, 422),
        ("POST", "/assets/events", {"asset_id": OF_X, "partition_key": "p"}, 400),
        ("GET", f"/assets/{OF_X}/queuedEvents?before=x", None, 400),
        ("GET", f"/dags/both/assets/{OF_X}/queuedEvents", None, 404),
        ("DELETE", f"/dags/nobody/assets/{OF_X}/queuedEvents", None, 404),
        ("DELETE", "/dags/nobody/assets/queuedEvents", None, 404),
        ("DELETE", "/assets/7/queuedEvents", None, 404),
        ("POST", "/assets/7/materialize", None, 404),
        ("POST", f"/assets/{OF_Y}/materialize", None, 409),
        ("POST", f"/assets/{OF_X}/materialize", {"surprise": 1}, 422),
        ("POST", f"/assets/{OF_X}/materialize", {"partition_key": "p"}, 400),
        ("POST", f"/assets/{OF_X}/materialize", {"data_interval_start": "2024-01-01T00:00:00Z"}, 422),
        ("POST", f"/assets/{OF_X}/materialize", {"dag_run_id": "../x"}, 400),
        ("GET", "/assets/7/state-store", None, 404),
        ("GET", f"/assets/{OF_X}/state-store/k", None, 404),
        ("PUT", "/assets/7/state-store/k", {"value": 1}, 404),
        ("PUT", f"/assets/{OF_X}/state-store/k", {"value": None}, 422),
        ("PUT", f"/assets/{OF_X}/state-store/k", {}, 422),
        ("PUT", f"/assets/{OF_X}/state-store/{'k' * 600}", {"value": 1}, 422),
        ("DELETE", "/assets/7/state-store/k", None, 404),
        ("DELETE", "/assets/7/state-store", None, 404),
    ],
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""

    def state():
        dags = web.store.dags()
        runs = [web.store.runs(stored.record.dag_id) for stored in dags]
        return [dags, runs, web.store.asset_events(limit=9), web.store.variables("@")]

    before = state()
    response = web.admin.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert response.json()["detail"]
    assert state() == before


def test_no_dag_is_queued_where_nothing_is(web):
    """An asset, or a DAG, that there is not has nothing queued, as in Airflow."""
    for path in ("/assets/7/queuedEvents", "/dags/nobody/assets/queuedEvents"):
        assert web.admin.get(path).json() == {"queued_events": [], "total_entries": 0}


def test_what_is_kept_of_an_asset(web):
    """Written by tasks and through the API; each tells who has."""
    path = f"/assets/{OF_X}/state-store"
    States(web.store, AttemptKey("d", "r", "make"), now=web.clock.now).set_state(key="mark", value=[1], asset="x")
    assert web.admin.put(f"{path}/a/b", json={"value": {"n": 1}}).status_code == 204
    listed = checked("AssetStateStoreCollectionResponse", web.admin.get(path))
    assert [(one.key, one.last_updated_by.kind) for one in listed.asset_state_store] == [
        ("a/b", "api"),
        ("mark", "task"),
    ]
    assert web.admin.get(path, params={"limit": 1, "offset": 1}).json()["asset_state_store"][0]["key"] == "mark"
    one = checked("AssetStateStoreResponse", web.admin.get(f"{path}/mark"))
    by = one.last_updated_by
    assert (by.dag_id, by.run_id, by.task_id, by.map_index) == ("d", "r", "make", -1)
    assert one.updated_at.timestamp() == web.clock.now()
    assert States(web.store, None).state(key="a/b", asset="x") == [{"n": 1}, None]
    assert web.admin.delete(f"{path}/mark").status_code == 204
    assert web.admin.delete(f"{path}/mark").status_code == 204
    assert web.admin.get(f"{path}/mark").status_code == 404
    assert web.admin.delete(path).status_code == 204
    assert web.admin.get(path).json() == {"asset_state_store": [], "total_entries": 0}


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        (Role.VIEWER, "GET", "/assets", 200),
        (Role.VIEWER, "POST", f"/assets/{OF_X}/materialize", 403),
        (Role.USER, "POST", f"/assets/{OF_X}/materialize", 200),
        (Role.USER, "DELETE", f"/assets/{OF_X}/state-store", 403),
        (Role.OP, "DELETE", f"/assets/{OF_X}/state-store", 204),
    ],
)
def test_who_may(web, role, method, path, status):
    """As in Airflow."""
    assert web.client(role).request(method, path).status_code == status
    assert web.store.asset(AssetKey("s3://b/x")) is not None
