"""Runs through the API: as Airflow's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.model.access import Role
from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.dag import DagVersion
from brisa.model.run import Outcome, RunKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import OutcomeKind, RunState, RunType
from brisa.ports.store import Put
from brisa.runtime.supervisor import Report
from tests.support.builders import dag, task
from tests.web.checked import fits
from tests.web.site import WebSite
from tests.web.stored import add_dag, add_run, state

DATE = "2024-01-01T00:00:00Z"
RUN_ID = "manual__2024-01-01T00:00:00+00:00"
NOW = "2023-11-14T22:13:20Z"
RUNS = "/dags/d/dagRuns"
DAY = datetime(2024, 1, 1, tzinfo=UTC)


def triggered(web, body, dag_id="d"):
    """A run that was made through the API."""
    response = web.admin.post(f"/dags/{dag_id}/dagRuns", json=body)
    assert response.status_code == 200, response.text
    assert fits("DAGRunResponse", response.json())
    return response.json()


def test_a_run_is_triggered_followed_and_read(web):
    """It begins at once, and the answer is the run as Airflow shows it."""
    run = triggered(web, {"logical_date": DATE, "conf": {"a": [1, None, "ñ"]}, "note": "otra vez"})
    version = run["dag_versions"][0]
    assert run == {
        "dag_run_id": RUN_ID,
        "dag_id": "d",
        "logical_date": DATE,
        "queued_at": NOW,
        "start_date": NOW,
        "end_date": None,
        "duration": None,
        "data_interval_start": DATE,
        "data_interval_end": DATE,
        "run_after": NOW,
        "last_scheduling_decision": None,
        "run_type": "manual",
        "state": "running",
        "triggered_by": "rest_api",
        "triggering_user_name": "admin@example.com",
        "conf": {"a": [1, None, "ñ"]},
        "note": "otra vez",
        "dag_versions": [version],
        "bundle_version": None,
        "dag_display_name": "d",
        "partition_key": None,
        "partition_date": None,
    }
    assert (version["version_number"], version["dag_id"], version["bundle_name"]) == (1, "d", "dags-folder")
    assert web.site.states(RunKey("d", RUN_ID)) == {"t0": "queued", "t1": "none"}
    web.clock.advance(1)
    web.site.work()
    ended = web.admin.get(f"{RUNS}/{RUN_ID}").json()
    assert (ended["state"], ended["duration"]) == ("success", 1.0)


def test_a_run_without_a_date(web):
    """As in Airflow 3 it has none, nor a data interval: its id tells when it was asked for."""
    run = triggered(web, {"logical_date": None, "data_interval_start": DATE, "data_interval_end": DATE})
    assert (run["dag_run_id"], run["logical_date"]) == ("manual__2023-11-14T22:13:20+00:00", None)
    assert (run["data_interval_start"], run["data_interval_end"]) == (None, None)
    web.site.work()
    assert web.admin.get(f"{RUNS}/{run['dag_run_id']}").json()["state"] == "success"


def test_a_run_with_everything(web):
    """An id, a date in any zone, an interval, and when it may begin."""
    run = triggered(
        web,
        {
            "dag_run_id": "by.hand-1",
            "logical_date": "2024-01-01T02:00:00+02:00",
            "data_interval_start": "2023-12-31T00:00:00Z",
            "data_interval_end": DATE,
            "run_after": "2023-11-14T22:14:20Z",
            "conf": None,
        },
    )
    assert (run["dag_run_id"], run["logical_date"], run["conf"]) == ("by.hand-1", DATE, {})
    assert (run["data_interval_start"], run["run_after"]) == ("2023-12-31T00:00:00Z", "2023-11-14T22:14:20Z")
    assert web.site.queue.take(web.clock.now() + 59, limit=9, owner="x") == []
    assert len(web.site.queue.take(web.clock.now() + 61, limit=9, owner="x")) == 1


def test_a_run_of_a_paused_dag_waits(web):
    """It is made, and begins when the DAG is unpaused."""
    web.admin.patch("/dags/d", json={"is_paused": True})
    assert triggered(web, {"logical_date": DATE})["state"] == "queued"


@pytest.mark.parametrize(
    "body",
    [
        {"logical_date": DATE},
        {"logical_date": DATE, "dag_run_id": "other"},
        {"logical_date": None, "dag_run_id": RUN_ID},
        {"logical_date": "2023-12-31T23:00:00-01:00", "dag_run_id": "other"},
    ],
)
def test_a_run_that_there_is(web, body):
    """The same id, or the same date, twice is a conflict, and the first is left alone."""
    triggered(web, {"logical_date": DATE})
    before = state(web)
    response = web.admin.post(RUNS, json=body)
    assert (response.status_code, "already" in response.json()["detail"]) == (409, True)
    assert state(web) == before


WRONG_BODIES = {
    "no date at all": ({}, 422),
    "a key of another": ({"logical_date": None, "state": "success"}, 422),
    "date is none": ({"logical_date": "yesterday"}, 422),
    "date without zone": ({"logical_date": "2024-01-01T00:00:00"}, 422),
    "date is a list": ({"logical_date": [DATE]}, 422),
    "date before all": ({"logical_date": "0001-01-01T00:00:00+14:00"}, 422),
    "date of 1899": ({"logical_date": "1899-12-31T23:59:59Z"}, 422),
    "date after all": ({"logical_date": "9999-12-31T23:59:59-14:00"}, 422),
    "run_after after all": ({"logical_date": None, "run_after": "9999-12-31T23:59:59-14:00"}, 422),
    "half an interval": ({"logical_date": None, "data_interval_start": DATE}, 422),
    "interval reversed": (
        {"logical_date": None, "data_interval_start": DATE, "data_interval_end": "2023-01-01T00:00:00Z"},
        422,
    ),
    "interval end is none": ({"logical_date": None, "data_interval_start": DATE, "data_interval_end": "x"}, 422),
    "id has a slash": ({"logical_date": None, "dag_run_id": "a/b"}, 400),
    "id goes up": ({"logical_date": None, "dag_run_id": "../../x"}, 400),
    "id has a line end": ({"logical_date": None, "dag_run_id": "a\n"}, 400),
    "id is a number": ({"logical_date": None, "dag_run_id": 3}, 422),
    "id is too long": ({"logical_date": None, "dag_run_id": "x" * 251}, 400),
    "id of the schedule": ({"logical_date": None, "dag_run_id": "scheduled__x"}, 400),
    "id of a backfill": ({"logical_date": None, "dag_run_id": "backfill__x"}, 400),
    "conf is a list": ({"logical_date": None, "conf": []}, 422),
    "conf is a text": ({"logical_date": None, "conf": "{}"}, 422),
    "conf is too large": ({"logical_date": None, "conf": {"a": "x" * 128 * 1024}}, 422),
    "note is a number": ({"logical_date": None, "note": 1}, 422),
    "note is too long": ({"logical_date": None, "note": "x" * 1001}, 422),
    "a partition of none": ({"logical_date": None, "partition_key": "x"}, 400),
    "not JSON": (b"{", 422),
    "a list": (b"[]", 422),
    "nothing": (b"", 422),
    "half a character": (b'{"logical_date": null, "conf": {"a": "\\ud800"}}', 422),
    "a number that is none": (b'{"logical_date": null, "conf": {"a": Infinity}}', 422),
    "deep": (b'{"logical_date": null, "conf": ' + b"[" * 500_000, 400),
    "10 MB": (b'{"logical_date": null, "conf": {"a": "' + b"x" * 10_000_000 + b'"}}', 413),
}


@pytest.mark.parametrize(("body", "status"), WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_runs_that_can_not_be(web, body, status):
    """A body that asks for what can't be is refused with a reason, and no run is made."""
    before = state(web)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = web.admin.post(RUNS, content=sent, headers={"content-type": "application/json"})
    assert response.status_code == status
    assert response.json()["detail"]
    assert state(web) == before


@pytest.mark.parametrize("date", ["1900-01-01T00:00:00Z", "9000-01-01T00:00:00Z"])
@pytest.mark.parametrize(
    "schedule",
    [
        ScheduleSpec(),
        ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 29 2 *", timezone="Pacific/Kiritimati"),
        ScheduleSpec(kind=ScheduleKind.DELTA, seconds=86400.0 * 365 * 100),
    ],
)
def test_the_first_and_the_last_date(web, date, schedule):
    """The dates at the ends of what is accepted make runs with any schedule."""
    add_dag(web, "far", spec={"schedule": schedule}, paused=False)
    assert triggered(web, {"logical_date": date}, "far")["logical_date"] == date


def test_params_must_fit(web):
    """A DAG's param that has no default must come in conf, and fit its schema."""
    add_dag(web, "p", spec={"params": {"country": {"schema": {"type": "string"}}}}, paused=False)
    for conf in ({}, {"country": 3}):
        before = state(web)
        response = web.admin.post("/dags/p/dagRuns", json={"logical_date": None, "conf": conf})
        assert (response.status_code, "country" in response.json()["detail"]) == (400, True)
        assert state(web) == before
    assert triggered(web, {"logical_date": None, "conf": {"country": "PE"}}, "p")["conf"] == {"country": "PE"}


def test_a_run_of_a_partition(web):
    """A DAG with a partitioned timetable takes a key, and its runs are found by it, and by their dates."""
    partitions: dict[str, Any] = {"partitions": {"run_offset": 0, "key_format": "%Y-%m-%d"}}
    schedule = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *", timezone="America/Lima", extra=partitions)
    add_dag(web, "p", spec={"schedule": schedule}, paused=False)
    assert triggered(web, {"logical_date": None, "partition_key": "a|b%"}, "p")["partition_key"] == "a|b%"
    add_run(web, "early", "p", partition_key="c", partition_date=datetime(2024, 1, 1, 4, 59, tzinfo=UTC))
    add_run(web, "in time", "p", partition_key="d", partition_date=datetime(2024, 1, 1, 5, tzinfo=UTC))

    def found(query):
        return [run["dag_run_id"] for run in web.admin.get(f"/dags/p/dagRuns?{query}").json()["dag_runs"]]

    assert found("partition_key_pattern=A|B") == ["manual__2023-11-14T22:13:20+00:00"]
    assert found("partition_key_prefix_pattern=d") == ["in time"]
    assert found("partition_date_gte=2024-01-01&partition_date_lte=2024-01-01") == ["in time"]
    assert found("partition_date_lte=2023-12-31") == ["early"]
    assert found("order_by=-partition_date")[1:] == ["in time", "early"]


@pytest.fixture
def several(web):
    """Runs of three DAGs; ``d`` has had two versions."""
    web.store.commit(Put(DagVersion(dag_id="d", version="v2", spec=dag(task("t0")), created_at=9.0)))
    add_dag(web, "ventas", spec={"display": {"display_name": "Las ventas"}})
    add_dag(web, "compras")
    web.store.commit(Put(Asset(key=AssetKey("s3://x/y"), name="Y", consumers=("ventas",))))
    add_run(web, "a_1", run_after=1.0, queued_at=1.0, state=RunState.SUCCESS, started_at=10.0, ended_at=13.0)
    add_run(
        web, "b", run_after=2.0, version="v2", conf={"país": {"x": "Y"}}, triggering_user="ana", state=RunState.FAILED
    )
    add_run(
        web, "c", run_after=3.0, run_type=RunType.SCHEDULED, logical_date=DAY, triggered_by="planner", queued_at=3.0
    )
    add_run(web, "v", "ventas", run_after=0.5, run_type=RunType.ASSET, triggered_by="asset", state=RunState.RUNNING)
    add_run(web, "w", "ventas", run_after=2.5, run_type=RunType.DATASET, triggered_by="0123", started_at=20.0)
    add_run(web, "x", "compras", run_after=9.0, run_type=RunType.BACKFILL, triggered_by="backfill")
    return web


LISTS = {
    "": ["v", "a_1", "b", "w", "c", "x"],
    "order_by=-id&limit=2": ["x", "c"],
    "limit=2&offset=3": ["w", "c"],
    "limit=0": [],
    "offset=1000000000000000000000": [],
    "order_by=dag_id&order_by=-run_after": ["x", "c", "b", "a_1", "w", "v"],
    "order_by=-dag_run_id&limit=1": ["x"],
    "order_by=-start_date&order_by=run_id&state=queued&state=success": ["c", "x", "w", "a_1"],
    "order_by=duration&limit=1": ["a_1"],
    "state=queued": ["w", "c", "x"],
    "state=none": [],
    "run_type=manual&run_type=scheduled": ["a_1", "b", "c"],
    "run_type=asset_triggered": ["v", "w"],
    "run_type=operator_triggered": [],
    "dag_version=2": ["b"],
    "dag_version=1&dag_id_pattern=d": ["a_1", "c"],
    "dag_version=7": [],
    "bundle_version=1": [],
    "conf_contains=X": ["b"],
    "conf_contains=%25": [],
    "run_id_pattern=A_1|w": ["a_1", "w"],
    "run_id_pattern=~": ["v", "a_1", "b", "w", "c", "x"],
    "run_id_prefix_pattern=a_": ["a_1"],
    "run_id_prefix_pattern=A": [],
    "dag_id_pattern=vent%25s|COMP": ["v", "w", "x"],
    "dag_id_prefix_pattern=v|c": ["v", "w", "x"],
    "triggering_user_name_pattern=AN": ["b"],
    "triggering_user_name_prefix_pattern=ana": ["b"],
    "run_after_gte=1970-01-01T00:00:02Z&run_after_lt=1970-01-01T00:00:03Z": ["b", "w"],
    "run_after_gt=1970-01-01T00:00:02&run_after_lte=1970-01-01T00:00:03Z": ["w", "c"],
    "logical_date_gte=2024-01-01": ["c"],
    "logical_date_gt=2024-01-01T00:00:00Z": [],
    "start_date_lt=1970-01-01T00:00:15Z": ["a_1"],
    "end_date_gte=1970-01-01T00:00:13Z": ["a_1"],
    "duration_gte=3&duration_lte=3": ["a_1"],
    "updated_at_gt=1970-01-01T00:00:05Z": ["a_1", "w"],
    "consuming_asset_pattern=X/Y": ["v", "w"],
    "consuming_asset_pattern=%25": [],
}


@pytest.mark.parametrize(("query", "expected"), LISTS.items(), ids=LISTS)
def test_runs_are_listed(several, query, expected):
    """Of all DAGs here; those due first come first, unless asked otherwise."""
    answer = several.admin.get(f"/dags/~/dagRuns?{query}").json()
    assert fits("DAGRunCollectionResponse", answer)
    assert [run["dag_run_id"] for run in answer["dag_runs"]] == expected
    if "limit" not in query and "offset" not in query:
        assert answer["total_entries"] == len(expected)


def test_the_runs_of_one_dag_are_listed(several):
    """With what Airflow calls their reasons, and the version of each."""
    runs = several.admin.get(f"{RUNS}?order_by=-run_after").json()["dag_runs"]
    assert [run["dag_run_id"] for run in runs] == ["c", "b", "a_1"]
    assert [run["dag_versions"][0]["version_number"] for run in runs] == [1, 2, 1]
    assert [run["triggered_by"] for run in runs] == ["timetable", None, None]
    runs = several.admin.get("/dags/ventas/dagRuns").json()["dag_runs"]
    assert [(run["triggered_by"], run["dag_display_name"]) for run in runs] == [
        ("asset", "Las ventas"),
        ("operator", "Las ventas"),
    ]
    assert several.admin.get("/dags/ventas/dagRuns?consuming_asset_pattern=y").json()["total_entries"] == 2
    assert several.admin.get("/dags/compras/dagRuns?consuming_asset_pattern=y").json()["total_entries"] == 0


def test_pages_lead_to_each_other(several):
    """Each tells the one before and the one after it."""
    seen: list[list[str]] = []
    cursor: str | None = ""
    answer: dict[str, Any] = {}
    while cursor is not None:
        answer = several.admin.get("/dags/~/dagRuns", params={"limit": 4, "cursor": cursor, "offset": 99}).json()
        assert answer["total_entries"] == 6
        seen.append([run["dag_run_id"] for run in answer["dag_runs"]])
        cursor = answer["next_cursor"]
    assert seen == [["v", "a_1", "b", "w"], ["c", "x"]]
    before = several.admin.get("/dags/~/dagRuns", params={"limit": 4, "cursor": answer["previous_cursor"]}).json()
    assert ([run["dag_run_id"] for run in before["dag_runs"]], before["previous_cursor"]) == (seen[0], None)


SEARCHES = [
    ({}, ["v", "a_1", "b", "w", "c", "x"]),
    ({"dag_ids": ["d", "compras"], "order_by": "-run_after", "page_limit": 2, "page_offset": 1}, ["c", "b"]),
    ({"states": ["failed", None, "running"]}, ["v", "b"]),
    ({"states": [None]}, []),
    ({"run_after_gte": "1970-01-01T00:00:03Z", "conf_contains": ""}, ["c", "x"]),
    ({"conf_contains": "x"}, ["b"]),
    ({"duration_gt": 1, "start_date_lte": "1970-01-01T00:00:10Z"}, ["a_1"]),
    ({"dag_ids": ["nada"]}, []),
]


@pytest.mark.parametrize(("body", "expected"), SEARCHES)
def test_runs_are_searched_for(several, body, expected):
    """With a body; nothing changes, and the audit log has nothing of it."""
    answer = several.admin.post("/dags/~/dagRuns/list", json=body).json()
    assert fits("DAGRunCollectionResponse", answer)
    assert [run["dag_run_id"] for run in answer["dag_runs"]] == expected
    assert several.store.audit_entries(limit=9) == []


REFUSED = [
    ("GET", "/dags/nada/dagRuns", 404),
    ("GET", f"{RUNS}/nada", 404),
    ("GET", f"/dags/~/dagRuns/{RUN_ID}", 404),
    ("GET", f"{RUNS}/..%2f..%2fetc", 404),
    ("GET", f"{RUNS}/" + "x" * 10_000, 404),
    ("GET", f"{RUNS}/nada/upstreamAssetEvents", 404),
    ("GET", f"{RUNS}/nada/wait?interval=1", 404),
    ("GET", f"{RUNS}/{RUN_ID}/wait?interval=0", 422),
    ("GET", f"{RUNS}/{RUN_ID}/wait?interval=x", 422),
    ("GET", f"{RUNS}/{RUN_ID}/wait", 422),
    ("GET", f"{RUNS}?order_by=color", 400),
    ("GET", f"{RUNS}?cursor=bad", 400),
    ("GET", f"{RUNS}?cursor=LTE", 400),
    ("GET", f"{RUNS}?cursor=%ff", 400),
    ("GET", f"{RUNS}?state=bogus", 422),
    ("GET", f"{RUNS}?run_type=bogus", 422),
    ("GET", f"{RUNS}?dag_version=x", 422),
    ("GET", f"{RUNS}?run_after_gte=bad", 422),
    ("GET", f"{RUNS}?duration_gte=bad", 422),
    ("GET", f"{RUNS}?partition_date_gte=2024-01-01", 400),
    ("GET", "/dags/~/dagRuns?partition_date_gte=2024-01-01", 400),
    ("GET", f"{RUNS}?run_id_pattern={'x' * 2000}", 400),
    ("GET", f"{RUNS}?run_id_pattern={'a|' * 100}", 400),
    ("GET", f"{RUNS}?limit=-1", 422),
    ("POST", f"{RUNS}/list", 422),
    ("POST", "/dags/nada/dagRuns", 404),
    ("POST", "/dags/~/dagRuns", 404),
    ("PUT", RUNS, 405),
]


@pytest.mark.parametrize(("method", "path", "status"), REFUSED, ids=[f"{one[0]} {one[1][-40:]}" for one in REFUSED])
def test_what_can_not_be_asked(web, method, path, status):
    """Each with its status, and a detail that says why; nothing changes."""
    triggered(web, {"logical_date": DATE})
    before = state(web)
    response = web.admin.request(method, path, json={"logical_date": None} if method == "POST" else None)
    assert response.status_code == status
    assert response.json()["detail"]
    assert state(web) == before


def test_the_asset_events_that_a_run_is_for(web):
    """Each as Airflow tells it; those that are gone are left out."""
    web.store.commit(Put(AssetEvent(event_id="e1", uri="s3://x", timestamp=5.0, extra={"rows": 3}, source_dag_id="up")))
    add_run(web, "r", asset_events=("e1", "gone"), queued_at=1.0)
    answer = web.admin.get(f"{RUNS}/r/upstreamAssetEvents").json()
    assert fits("AssetEventCollectionResponse", answer)
    (event,) = answer["asset_events"]
    assert (event["uri"], event["extra"], event["source_dag_id"]) == ("s3://x", {"rows": 3}, "up")
    assert [made["run_id"] for made in event["created_dagruns"]] == ["r"]


def lines(response):
    """What was told, line by line."""
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


def test_waiting_for_the_end_of_a_run(monkeypatch):
    """A line for each look, and with the last what tasks have returned."""
    plays = {"t0": lambda _: Report(outcome=Outcome(kind=OutcomeKind.SUCCESS), xcoms={"return_value": {"n": 42}})}
    web = WebSite(plays=plays)
    triggered(web, {"logical_date": None, "dag_run_id": "r"})
    look = web.store.run
    looks = iter(range(100))

    def run(key):
        """As somebody sees it while others work."""
        found = look(key)
        if next(looks) == 1:
            web.site.work()
            found = look(key)
        return found

    monkeypatch.setattr(web.store, "run", run)
    told = lines(web.admin.get(f"{RUNS}/r/wait?interval=0.001&result=t0&result=nada"))
    assert told == [{"state": "running"}, {"state": "success", "results": {"t0": {"n": 42}}}]
    assert lines(web.admin.get(f"{RUNS}/r/wait?interval=9")) == [{"state": "success"}]


def test_a_run_that_is_deleted_while_somebody_waits(web, monkeypatch):
    """The answer ends without an end of the run."""
    triggered(web, {"logical_date": None, "dag_run_id": "r"})
    found = [web.store.run(RunKey("d", "r"))]
    monkeypatch.setattr(web.store, "run", lambda key: found.pop() if found else None)
    assert lines(web.admin.get(f"{RUNS}/r/wait?interval=0.001")) == [{"state": "running"}]


@pytest.mark.parametrize(("token", "status"), [("", 401), ("garbage", 401), ("stranger", 403), (Role.VIEWER, 403)])
def test_who_may_not_changes_nothing(web, token, status):
    """Without a token, with a bad one, or with a role that lacks the permission."""
    before = state(web)
    assert web.client(token).post(RUNS, json={"logical_date": None}).status_code == status
    assert state(web) == before


@pytest.mark.parametrize("path", [RUNS, f"{RUNS}/{RUN_ID}", f"{RUNS}/{RUN_ID}/upstreamAssetEvents"])
def test_who_may_not_sees_nothing(web, path):
    """Nobody without a token; a viewer does."""
    triggered(web, {"logical_date": DATE})
    assert [web.client(token).get(path).status_code for token in ("", "stranger", Role.VIEWER)] == [401, 403, 200]


def test_half_characters_break_no_list(web):
    """Whoever writes them into a DAG or a run, everybody else still sees the lists."""
    add_dag(
        web, "half", spec={"description": "x\ud800", "tags": ("t\ud800",), "params": {"a\ud800": {"value": ["\ud800"]}}}
    )
    add_run(web, "r", "half", conf={"k\ud800": ["\ud800", {"n": 1}]}, note="\ud800ñ")
    assert web.admin.get("/dags").json()["dags"][1]["description"] == "x?"
    assert web.admin.get("/dags/half/details").json()["params"]["a?"]["value"] == ["?"]
    (run,) = web.admin.get("/dags/half/dagRuns").json()["dag_runs"]
    assert (run["conf"], run["note"]) == ({"k?": ["?", {"n": 1}]}, "?ñ")
    assert web.admin.get("/dagTags").json()["tags"] == ["t?"]


def test_a_trigger_is_in_the_audit_log(web):
    """Who, what, which DAG; a refused one is not."""
    triggered(web, {"logical_date": DATE, "conf": {"password": "hunter2"}})
    web.admin.post(RUNS, json={"logical_date": DATE})
    (entry,) = web.store.audit_entries(limit=9)
    assert (entry.event, entry.owner, entry.dag_id) == ("trigger_dag_run", "admin@example.com", "d")
    assert "hunter2" not in str(entry.extra)
