"""Whole pictures of a DAG, as the console draws them."""

from datetime import UTC, datetime

from brisa.model.run import TaskInstance
from brisa.model.spec import GroupSpec, ScheduleKind, ScheduleSpec
from brisa.model.states import RunState, TaskState
from tests.support.builders import dag, task
from tests.web.site import WebSite
from tests.web.stored import add_dag, add_run

DAY = 86_400.0
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
GROUPED = dag(
    task("start"),
    task("get.web", "start", group_id="get", operator="BashOperator"),
    task("get.raw.app", "start", group_id="get.raw", mapped={"shop": 3}),
    task("end", "get.web", "get.raw.app", display={"labels": {"get.web": "rows"}, "doc_md": "# Ends"}),
    groups=(GroupSpec(group_id="get", tooltip="From all"), GroupSpec(group_id="get.raw", parent="get")),
)


def test_the_structure_is_tasks_groups_and_edges():
    """What is in a group is called by the name that it has there, and an edge tells its label."""
    web = WebSite(GROUPED)
    found = web.admin.get("/dags/d/structure").json()
    assert found["version_number"] == 1
    assert [(one["task_id"], one["label"], one["group_id"]) for one in found["tasks"]] == [
        ("start", "start", None),
        ("get.web", "web", "get"),
        ("get.raw.app", "app", "get.raw"),
        ("end", "end", None),
    ]
    assert [one["is_mapped"] for one in found["tasks"]] == [False, False, True, False]
    assert found["tasks"][1]["operator"] == "BashOperator"
    assert found["tasks"][3]["doc_md"] == "# Ends"
    assert found["groups"] == [
        {"group_id": "get", "parent_id": None, "label": "get", "tooltip": "From all", "is_mapped": False},
        {"group_id": "get.raw", "parent_id": "get", "label": "raw", "tooltip": None, "is_mapped": False},
    ]
    assert found["edges"] == [
        {"source_id": "start", "target_id": "get.web", "label": None},
        {"source_id": "start", "target_id": "get.raw.app", "label": None},
        {"source_id": "get.raw.app", "target_id": "end", "label": None},
        {"source_id": "get.web", "target_id": "end", "label": "rows"},
    ]


def test_an_unknown_dag_or_version_has_no_structure(web):
    """404, in words."""
    for path in ("/dags/nobody/structure", "/dags/d/structure?version_number=7"):
        response = web.admin.get(path)
        assert response.status_code == 404
        assert "not found" in response.json()["detail"]


def test_the_grid_tells_all_states_of_the_latest_runs():
    """The latest run comes first; of a mapped task its instances are counted, of one that nothing happened to it is
    told that it has no state yet."""
    web = WebSite(GROUPED)
    tasks = {
        "start": TaskInstance(state=TaskState.SUCCESS, try_number=1),
        "get.raw.app": TaskInstance(state=TaskState.SCHEDULED, length=3),
        "get.raw.app[0]": TaskInstance(state=TaskState.SUCCESS, try_number=1),
        "get.raw.app[1]": TaskInstance(state=TaskState.FAILED, try_number=1),
        "get.raw.app[2]": TaskInstance(state=TaskState.SUCCESS, try_number=1),
    }
    (version,) = (one.record.version for one in web.store.dags())
    for run_id, begun, more in (
        ("first", NEW_YEAR, {"state": RunState.SUCCESS, "ended_at": NEW_YEAR + 7.5}),
        ("second", NEW_YEAR + DAY, {"state": RunState.RUNNING, "tasks": tasks}),
    ):
        add_run(web, run_id, run_after=begun, started_at=begun, version=version, **more)

    found = web.admin.get("/dags/d/grid").json()
    assert [(run["dag_run_id"], run["state"], run["duration"]) for run in found["runs"]] == [
        ("second", "running", None),
        ("first", "success", 7.5),
    ]
    assert found["runs"][0]["version_number"] == 1
    assert found["states"] == {
        "start": ["success", "none"],
        "get.web": ["none", "none"],
        "get.raw.app": [None, "none"],
        "end": ["none", "none"],
    }
    assert found["counts"] == {"get.raw.app": [{"success": 2, "failed": 1}, None]}


def test_the_grid_takes_the_filters_of_the_list_of_runs(web):
    """States, types, dates, and a limit."""
    version = web.store.dag("d").record.version
    for number in range(5):
        state = RunState.FAILED if number % 2 else RunState.SUCCESS
        add_run(web, f"r{number}", run_after=NEW_YEAR + number * DAY, state=state, version=version)
    for query, expected in (
        ("limit=2", ["r4", "r3"]),
        ("state=failed", ["r3", "r1"]),
        ("run_after_lt=2024-01-02T00:00:00Z", ["r0"]),
        ("limit=2&offset=4", ["r0"]),
        ("order_by=run_after&limit=1", ["r0"]),
    ):
        found = web.admin.get(f"/dags/d/grid?{query}").json()
        assert [run["dag_run_id"] for run in found["runs"]] == expected, query
    assert web.admin.get("/dags/nobody/grid").status_code == 404


def test_recent_runs_are_told_for_many_dags_at_once(web):
    """In the order asked for, each DAG once, the latest run first; a DAG that nobody knows has none."""
    add_dag(web, "other")
    for number in range(3):
        add_run(web, f"r{number}", "other", run_after=NEW_YEAR + number, state=RunState.SUCCESS)
    found = web.admin.get("/recentRuns?dag_ids=other&dag_ids=d&dag_ids=other&dag_ids=nobody&limit=2").json()
    assert [(one["dag_id"], [run["dag_run_id"] for run in one["runs"]]) for one in found["dags"]] == [
        ("other", ["r2", "r1"]),
        ("d", []),
        ("nobody", []),
    ]
    assert web.admin.get("/recentRuns?dag_ids=d&limit=31").status_code == 422


def test_the_calendar_counts_by_the_days_of_a_zone(web):
    """A run at 23:30 in London is one of the next day in Madrid."""
    late = datetime(2024, 1, 1, 23, 30, tzinfo=UTC).timestamp()
    add_run(web, "a", run_after=NEW_YEAR, state=RunState.SUCCESS)
    add_run(web, "b", run_after=NEW_YEAR + 60, state=RunState.FAILED)
    add_run(web, "c", run_after=late, state=RunState.SUCCESS)
    add_run(web, "d", run_after=NEW_YEAR + 400 * DAY, state=RunState.SUCCESS)
    path = "/dags/d/calendar?run_after_gte=2024-01-01T00:00:00Z&run_after_lt=2025-01-01T00:00:00Z"
    assert web.admin.get(f"{path}&timezone=Europe/Madrid").json() == {
        "dag_id": "d",
        "days": [
            {"date": "2024-01-01", "states": {"success": 1, "failed": 1}},
            {"date": "2024-01-02", "states": {"success": 1}},
        ],
        "truncated": False,
    }
    assert [day["date"] for day in web.admin.get(path).json()["days"]] == ["2024-01-01"]
    response = web.admin.get(f"{path}&timezone=Mars/Olympus")
    assert (response.status_code, response.json()["detail"]) == (400, "there is no time zone 'Mars/Olympus'")


def test_the_next_runs_are_the_schedules(web):
    """And what is due by now, which unpausing would set going."""
    schedule = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")
    add_dag(web, "daily", spec={"schedule": schedule, "start_date": datetime(2023, 11, 1, tzinfo=UTC), "catchup": True})
    found = web.admin.get("/dags/daily/nextRuns?limit=2").json()  # it is 2023-11-14T22:13:20Z
    assert [(one["run_after"], one["data_interval_start"]) for one in found["next_runs"]] == [
        ("2023-11-15T00:00:00Z", "2023-11-14T00:00:00Z"),
        ("2023-11-16T00:00:00Z", "2023-11-15T00:00:00Z"),
    ]
    assert (found["due"], found["more_due"]) == (13, False)
    assert web.admin.get("/dags/d/nextRuns").json()["next_runs"] == []
