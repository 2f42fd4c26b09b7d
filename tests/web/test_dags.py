"""DAGs through the API: as Airflow's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.model.access import Role
from brisa.model.asset import Asset, AssetKey
from brisa.model.dag import DagSummary, ImportFailure
from brisa.model.spec import ScheduleKind, ScheduleSpec, TaskSpec
from brisa.model.states import RunState
from brisa.model.user import User
from brisa.ports.store import Create, Put
from tests.web.checked import fits
from tests.web.stored import add_dag, add_run, state

DAY = datetime(2024, 1, 1, tzinfo=UTC)
HOURLY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 * * * *", summary="@hourly")
RICH: dict[str, Any] = {
    "schedule": HOURLY,
    "description": "Ventas",
    "tags": ("b", "a"),
    "owners": ("me", "ana"),
    "start_date": DAY,
    "max_active_tasks": 4,
    "dagrun_timeout": 90.0,
    "doc_md": "# Ventas",
    "params": {"n": {"value": 3, "schema": {"type": "integer"}}},
    "display": {
        "display_name": "Las ventas",
        "owner_links": {"me": "https://x.y"},
        "max_consecutive_failed_dag_runs": 2,
    },
}


def test_a_dag_is_shown_as_airflow_shows_it(web):
    """What its document knows, and what its version says; nothing of this machine."""
    add_dag(
        web,
        "ventas",
        spec={**RICH, "tasks": (TaskSpec(task_id="a", max_active_tis_per_dag=1),)},
        paused=False,
        next_run_at=DAY.timestamp() + 3600,
        next_start=DAY,
        next_end=datetime(2024, 1, 1, 1, tzinfo=UTC),
        updated_at=10.0,
    )
    shown = web.admin.get("/dags/ventas").json()
    assert fits("DAGResponse", shown)
    assert shown == {
        "dag_id": "ventas",
        "dag_display_name": "Las ventas",
        "is_paused": False,
        "is_stale": False,
        "last_parsed_time": "1970-01-01T00:00:10Z",
        "last_parse_duration": None,
        "last_expired": None,
        "bundle_name": "dags-folder",
        "bundle_version": None,
        "relative_fileloc": "ventas.py",
        "fileloc": "ventas.py",
        "description": "Ventas",
        "timetable_summary": "0 * * * *",
        "timetable_description": "",
        "timetable_partitioned": False,
        "timetable_periodic": True,
        "tags": [{"name": tag, "dag_id": "ventas", "dag_display_name": "Las ventas"} for tag in "ab"],
        "max_active_tasks": 4,
        "max_active_runs": 16,
        "max_consecutive_failed_dag_runs": 2,
        "has_task_concurrency_limits": True,
        "has_import_errors": False,
        "next_dagrun_logical_date": "2024-01-01T00:00:00Z",
        "next_dagrun_data_interval_start": "2024-01-01T00:00:00Z",
        "next_dagrun_data_interval_end": "2024-01-01T01:00:00Z",
        "next_dagrun_run_after": "2024-01-01T01:00:00Z",
        "allowed_run_types": None,
        "owners": ["ana", "me"],
        "is_backfillable": True,
        "file_token": shown["file_token"],
    }
    detailed = web.admin.get("/dags/ventas/details").json()
    assert fits("DAGDetailsResponse", detailed)
    assert {name: detailed[name] for name in shown} == shown
    assert detailed["dag_run_timeout"] == "PT1M30S"
    assert detailed["params"] == {"n": {"value": 3, "schema": {"type": "integer"}, "description": None, "source": None}}
    assert (detailed["owner_links"], detailed["doc_md"]) == ({"me": "https://x.y"}, "# Ventas")
    assert (detailed["latest_dag_version"]["version_number"], detailed["is_favorite"]) == (1, False)


def test_a_dag_that_an_earlier_brisa_has_registered(web):
    """Its document has no summary: the version tells it."""
    add_dag(web, "ventas", spec=RICH, summary=None)
    assert web.admin.get("/dags/ventas").json()["description"] == "Ventas"
    assert web.admin.get("/dags", params={"tags": "a"}).json()["total_entries"] == 1


@pytest.fixture
def several(web):
    """DAGs of many sorts beside ``d``."""
    add_dag(web, "ventas", spec=RICH, paused=False, next_start=DAY, next_run_at=DAY.timestamp() + 3600)
    add_dag(
        web,
        "Compras",
        spec={
            "tags": ("a",),
            "schedule": ScheduleSpec(kind=ScheduleKind.ASSETS, extra={"assets": {"asset": "s3://x/y"}}),
        },
    )
    add_dag(web, "gone", active=False)
    add_dag(web, "going", active=False, deleting=True)
    every_minute = ScheduleSpec(kind=ScheduleKind.DELTA, seconds=60.0, summary="0:01:00")
    add_dag(web, "broken", spec={"schedule": every_minute}, next_run_at=1.0)
    web.store.commit(Put(ImportFailure(file="broken.py", message="no")))
    web.store.commit(Put(Asset(key=AssetKey("s3://x/y"), name="Y", consumers=("Compras",))))
    add_run(web, "old", "ventas", run_after=1.0, state=RunState.SUCCESS, started_at=1.0, ended_at=2.0)
    add_run(web, "new", "ventas", run_after=2.0, state=RunState.FAILED, started_at=DAY.timestamp(), ended_at=3e9)
    add_run(web, "only", "Compras", run_after=2.0, state=RunState.RUNNING, started_at=5.0)
    web.admin.post("/dags/Compras/favorite")
    return web


LISTS = {
    "": ["Compras", "broken", "d", "ventas"],
    "order_by=-dag_id&limit=2&offset=1": ["d", "broken"],
    "order_by=dag_display_name": ["Compras", "Las ventas", "broken", "d"],
    "order_by=-last_run_start_date&paused=false&tags=a": ["ventas"],
    "order_by=last_run_state&tags=a": ["ventas", "Compras"],
    "order_by=next_dagrun&order_by=-dag_id": ["ventas", "d", "broken", "Compras"],
    "order_by=next_dagrun_run_after": ["broken", "ventas", "Compras", "d"],
    "limit=0": [],
    "limit=1000": ["Compras", "broken", "d", "ventas"],
    "exclude_stale=false": ["Compras", "broken", "d", "gone", "ventas"],
    "tags=a": ["Compras", "ventas"],
    "tags=a&tags=b": ["Compras", "ventas"],
    "tags=a&tags=b&tags_match_mode=all": ["ventas"],
    "owners=an": ["ventas"],
    "dag_id_pattern=COM%25|d&paused=true": ["Compras"],
    "dag_id_pattern=~": ["Compras", "broken", "d", "ventas"],
    "dag_id_prefix_pattern=ven|br_": ["broken", "ventas"],
    "dag_id_prefix_pattern=com": [],
    "dag_display_name_pattern=las v": ["ventas"],
    "dag_display_name_prefix_pattern=Las": ["ventas"],
    "paused=false": ["d", "ventas"],
    "has_import_errors=true": ["broken"],
    "has_import_errors=false&paused=true": ["Compras"],
    "last_dag_run_state=failed": ["ventas"],
    "last_dag_run_state=success": [],
    "dag_run_state=failed&dag_run_state=running": ["Compras", "ventas"],
    "dag_run_start_date_gte=2024-01-01T00:00:00Z": ["ventas"],
    "dag_run_start_date_lt=2000-01-01": ["Compras"],
    "dag_run_end_date_gt=2000-01-01T00:00:00Z": ["ventas"],
    "bundle_name=dags-folder&paused=false": ["d", "ventas"],
    "bundle_name=other": [],
    "bundle_version=1": [],
    "has_asset_schedule=true": ["Compras"],
    "has_asset_schedule=false": ["broken", "d", "ventas"],
    "asset_dependency=X/Y": ["Compras"],
    "asset_dependency=y": ["Compras"],
    "asset_dependency=%25": [],
    "is_favorite=true": ["Compras"],
    "is_favorite=false": ["broken", "d", "ventas"],
    "timetable_type=CronDataIntervalTimetable&timetable_type=NullTimetable": ["d", "ventas"],
}


@pytest.mark.parametrize(("query", "expected"), LISTS.items(), ids=LISTS)
def test_dags_are_listed(several, query, expected):
    """By id, unless asked otherwise; what is being deleted is nobody's any more."""
    answer = several.admin.get(f"/dags?{query}").json()
    assert fits("DAGCollectionResponse", answer)
    named = "dag_display_name" if query == "order_by=dag_display_name" else "dag_id"
    assert [one[named] for one in answer["dags"]] == expected
    if "limit" not in query:
        assert answer["total_entries"] == len(expected)


def test_pages_of_many_dags(web):
    """No page has more than 100."""
    for number in range(120):
        add_dag(web, f"e{number:03}")
    answer = web.admin.get("/dags", params={"limit": 1000}).json()
    assert (answer["total_entries"], len(answer["dags"])) == (121, 100)
    answer = web.admin.get("/dags", params={"limit": 1000, "offset": 119}).json()
    assert [one["dag_id"] for one in answer["dags"]] == ["e118", "e119"]


def test_tags_are_listed(several):
    """Each once, of the DAGs whose files are there."""
    answer = several.admin.get("/dagTags", params={"order_by": "-name"}).json()
    assert fits("DAGTagCollectionResponse", answer)
    assert answer == {"tags": ["b", "a"], "total_entries": 2}
    assert several.admin.get("/dagTags", params={"tag_name_pattern": "B"}).json()["tags"] == ["b"]
    assert several.admin.get("/dagTags", params={"tag_name_prefix_pattern": "B"}).json()["tags"] == []


def test_a_dag_is_paused_and_unpaused(web):
    """Whoever unpauses one does not wait for the next tick; pausing asks nobody."""
    assert web.admin.patch("/dags/d", json={"is_paused": True}).json()["is_paused"] is True
    assert web.admin.get("/dags/d").json()["is_paused"] is True
    assert web.site.queue.depth() == 0
    assert web.admin.patch("/dags/d?update_mask=is_paused", json={"is_paused": False}).json()["is_paused"] is False
    (chore,) = web.site.queue.take(web.clock.now(), limit=9, owner="x")
    assert chore.dags == ("d",)


def test_several_dags_are_paused_at_once(several):
    """Those that a pattern names, and without one none."""
    assert several.admin.patch("/dags", json={"is_paused": True}).json() == {"dags": [], "total_entries": 0}
    answer = several.admin.patch("/dags?dag_id_pattern=~&limit=2", json={"is_paused": False}).json()
    assert fits("DAGCollectionResponse", answer)
    assert [(one["dag_id"], one["is_paused"]) for one in answer["dags"]] == [("Compras", False), ("broken", False)]
    assert answer["total_entries"] == 4
    paused = several.admin.get("/dags?paused=true").json()
    assert paused["total_entries"] == 0


def test_a_dag_is_deleted(web):
    """At once for whoever asks; the planner removes the rest. While a run has not ended it is refused."""
    web.site.trigger(run_id="r")
    assert web.admin.delete("/dags/d").status_code == 409
    web.site.work()
    assert web.admin.delete("/dags/d").status_code == 204
    for path in ("/dags/d", "/dags/d/details", "/dags/d/dagRuns", "/dagSources/d", "/dags/d/dagVersions"):
        assert web.admin.get(path).status_code == 404
    assert web.admin.delete("/dags/d").status_code == 404
    web.site.work()
    assert web.store.dag("d") is None


@pytest.mark.parametrize("account", [True, False], ids=["with an account", "without"])
def test_favourites_are_each_persons_own(web, account):
    """Kept with the account where there is one, else by name."""
    if account:
        web.store.commit(Create(User(username="viewer@example.com", role=Role.VIEWER)))
    viewer = web.client(Role.VIEWER)
    assert viewer.post("/dags/d/favorite").status_code == 204
    assert viewer.post("/dags/d/favorite").status_code == 409
    assert viewer.get("/dags/d/details").json()["is_favorite"] is True
    assert web.admin.get("/dags/d/details").json()["is_favorite"] is False
    assert web.admin.post("/dags/d/unfavorite").status_code == 409
    assert viewer.post("/dags/d/unfavorite").status_code == 204
    assert viewer.get("/dags?is_favorite=true").json()["total_entries"] == 0


REFUSED = [
    ("GET", "/dags/nada", None, 404),
    ("GET", "/dags/nada/details", None, 404),
    ("GET", "/dags/d%0A", None, 404),
    ("GET", "/dags/" + "x" * 10_000, None, 404),
    ("GET", "/dags/\N{SKULL}", None, 404),
    ("GET", "/dags/..%2F..%2Fetc%2Fpasswd", None, 404),
    ("GET", "/dags/%ff", None, 404),
    ("GET", "/dags/", None, 404),
    ("GET", "//dags", None, 404),
    ("PATCH", "/dags/nada", {"is_paused": True}, 404),
    ("DELETE", "/dags/nada", None, 404),
    ("POST", "/dags/nada/favorite", None, 404),
    ("POST", "/dags/nada/unfavorite", None, 404),
    ("PATCH", "/dags/d", {}, 422),
    ("PATCH", "/dags/d", {"is_paused": None}, 422),
    ("PATCH", "/dags/d", {"is_paused": 7}, 422),
    ("PATCH", "/dags/d", {"is_paused": True, "dag_id": "e"}, 422),
    ("PATCH", "/dags/d?update_mask=owners", {"is_paused": True}, 400),
    ("PATCH", "/dags?update_mask=owners&dag_id_pattern=~", {"is_paused": True}, 400),
    ("GET", "/dags?order_by=color", None, 400),
    ("GET", "/dagTags?order_by=color", None, 400),
    ("GET", "/dags?limit=-1", None, 422),
    ("GET", "/dags?limit=x", None, 422),
    ("GET", "/dags?limit=1.5", None, 422),
    ("GET", "/dags?offset=1e9", None, 422),
    ("GET", "/dags?limit=", None, 422),
    ("GET", "/dags?last_dag_run_state=bogus", None, 422),
    ("GET", "/dags?dag_run_state=bogus", None, 422),
    ("GET", "/dags?dag_run_start_date_gte=bogus", None, 422),
    ("GET", "/dags?tags_match_mode=none", None, 422),
    ("POST", "/dags", {}, 405),
    ("PUT", "/dags/d", {}, 405),
    ("DELETE", "/dags", None, 405),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"), REFUSED, ids=[f"{one[0]} {one[1][:40]} {one[3]}" for one in REFUSED]
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""
    before = state(web)
    response = web.admin.request(method, path, json=body)
    assert response.status_code == status
    assert response.json()["detail"]
    assert state(web) == before


@pytest.mark.parametrize("offset", [10**9, 10**18, 10**30])
def test_a_page_far_beyond_the_last_is_empty(web, offset):
    """Whatever the number."""
    answer = web.admin.get("/dags", params={"offset": offset}).json()
    assert answer == {"dags": [], "total_entries": 1}


CHANGES = [
    ("PATCH", "/dags/d", {"is_paused": True}),
    ("PATCH", "/dags?dag_id_pattern=~", {"is_paused": True}),
    ("DELETE", "/dags/d", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
@pytest.mark.parametrize(("token", "status"), [("", 401), ("garbage", 401), ("stranger", 403), (Role.VIEWER, 403)])
def test_who_may_not_changes_nothing(web, method, path, body, token, status):
    """Without a token, with a bad one, or with a role that lacks the permission."""
    before = state(web)
    assert web.client(token).request(method, path, json=body).status_code == status
    assert state(web) == before
    assert web.store.audit_entries(limit=9) == []


@pytest.mark.parametrize("path", ["/dags", "/dags/d", "/dags/d/details", "/dagTags"])
def test_who_may_not_sees_nothing(web, path):
    """Nobody without a token; a viewer does."""
    assert [web.client(token).get(path).status_code for token in ("", "stranger", Role.VIEWER)] == [401, 403, 200]


def test_changes_are_in_the_audit_log(web):
    """Under the API's names; looks and refusals are not."""
    web.admin.get("/dags")
    web.admin.patch("/dags/nada", json={"is_paused": True})
    web.admin.patch("/dags/d", json={"is_paused": True})
    web.admin.delete("/dags/d")
    told = [(entry.event, entry.dag_id) for entry in web.store.audit_entries(limit=9, ascending=True)]
    assert told == [("patch_dag", "d"), ("delete_dag", "d")]


def test_a_summary_says_what_lists_need():
    """What the spec of a DAG says, and no more."""
    summary = DagSummary.of(add_dag_spec())
    assert (summary.pools, summary.on_assets, summary.display_name) == (("a", "b"), False, "Las ventas")


def add_dag_spec():
    """A DAG with pools."""
    from tests.support.builders import dag, task

    tasks = (task("x", pool="b"), task("y", pool="a"), task("z"))
    return dag(*tasks, **RICH)
