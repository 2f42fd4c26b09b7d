"""What people do to runs through the API: as Airflow's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.model.access import Role
from brisa.model.dag import DagVersion
from brisa.model.run import Outcome, RunKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.states import OutcomeKind, RunState
from brisa.ports.store import Put, Update
from tests.support.builders import dag, task
from tests.web.checked import fits
from tests.web.site import WebSite
from tests.web.stored import add_dag, add_run, state

RUNS = "/dags/d/dagRuns"
RUN = f"{RUNS}/r"
KEY = RunKey("d", "r")
DAY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def ran():
    """A site whose run ``r`` has failed at its second task, and whose run ``live`` goes on."""
    web = WebSite(plays={"t1": lambda _: Outcome(kind=OutcomeKind.FAILED, retryable=False)})
    web.site.trigger(run_id="r")
    web.site.work()
    web.site.trigger(run_id="live")
    return web


def patched(web, body, path=RUN):
    """The run after it."""
    response = web.admin.patch(path, json=body)
    assert response.status_code == 200, response.text
    assert fits("DAGRunResponse", response.json())
    return response.json()


def test_a_run_is_marked_noted_and_run_again(ran):
    """``queued`` runs all of it again; the mask says what of the body counts."""
    assert patched(ran, {"state": "success", "note": "bien"}) | {"state": "success", "note": "bien"} == patched(ran, {})
    assert patched(ran, {"note": "mejor", "state": "failed"}, f"{RUN}?update_mask=note")["state"] == "success"
    assert patched(ran, {"note": "no"}, f"{RUN}?update_mask=other")["note"] == "mejor"
    assert patched(ran, {"state": None, "note": None})["note"] is None
    assert patched(ran, {"state": "queued"})["state"] == "running"
    assert ran.site.states(KEY) == {"t0": "queued", "t1": "none"}
    assert patched(ran, {"state": "failed"})["state"] == "failed"


def test_a_run_is_cleared(ran):
    """Foreseen only, unless dry_run is false: all of it, or what has failed; a note may come with it."""
    before = state(ran)
    foreseen = ran.admin.post(f"{RUN}/clear", json={}).json()
    # The client takes an answer with task instances for two things at once, also of Airflow itself.
    assert all(fits("TaskInstanceResponse", one) for one in foreseen["task_instances"])
    assert [(one["task_id"], one["state"]) for one in foreseen["task_instances"]] == [
        ("t0", "success"),
        ("t1", "failed"),
    ]
    failed = ran.admin.post(f"{RUN}/clear", json={"only_failed": True}).json()
    assert ([one["task_id"] for one in failed["task_instances"]], failed["total_entries"]) == (["t1"], 1)
    assert state(ran) == before
    assert ran.store.audit_entries(limit=9) == []
    cleared = ran.admin.post(f"{RUN}/clear", json={"only_failed": True, "dry_run": False, "note": "otra"}).json()
    assert fits("DAGRunResponse", cleared)
    assert (cleared["state"], cleared["note"]) == ("running", "otra")
    assert ran.site.states(KEY) == {"t0": "success", "t1": "queued"}
    assert [entry.event for entry in ran.store.audit_entries(limit=9)] == ["clear_dag_run"]


def test_a_run_keeps_its_version(ran):
    """New tasks of a later version are told, and that they can't come into it."""
    later = dag(task("t0"), task("t2", "t0"))
    stored = ran.store.dag("d")
    ran.store.commit(Put(DagVersion(dag_id="d", version="v2", spec=later)))
    assert ran.admin.post(f"{RUN}/clear", json={"only_new": True, "dry_run": False}).status_code == 200
    ran.store.commit(Update(type(stored.record)(dag_id="d", version="v2", paused=False), stored.revision))
    told = ran.admin.post(f"{RUN}/clear", json={"only_new": True}).json()
    assert told == {"task_instances": [{"task_id": "t2", "task_display_name": "t2"}], "total_entries": 1}
    before = state(ran)
    for body in ({"only_new": True}, {"run_on_latest_version": True}):
        assert ran.admin.post(f"{RUN}/clear", json={**body, "dry_run": False}).status_code == 400
    assert state(ran) == before


def test_several_runs_are_cleared(ran):
    """Of the DAG in the path, or of those that the entries name."""
    body: dict[str, Any] = {
        "dag_runs": [{"dag_run_id": "r"}, {"dag_run_id": "live", "dag_id": "d"}, {"dag_run_id": "r"}]
    }
    foreseen = ran.admin.post("/dags/d/clearDagRuns", json={**body, "only_failed": True}).json()
    assert all(fits("TaskInstanceResponse", one) for one in foreseen["task_instances"])
    assert [(one["dag_run_id"], one["task_id"]) for one in foreseen["task_instances"]] == [("r", "t1")]
    body = {"dag_runs": [{"dag_run_id": "r", "dag_id": "d"}], "dry_run": False, "note": "x"}
    cleared = ran.admin.post("/dags/~/clearDagRuns", json=body).json()
    assert fits("DAGRunCollectionResponse", cleared)
    assert [(run["dag_run_id"], run["state"], run["note"]) for run in cleared["dag_runs"]] == [("r", "running", "x")]
    assert cleared["total_entries"] == 1


@pytest.fixture
def partitioned(web):
    """Runs of ``p``, each of a partition."""
    extra: dict[str, Any] = {"partitions": {"run_offset": 0, "key_format": "%Y"}}
    add_dag(web, "p", spec={"schedule": ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *", extra=extra)})
    for day in (1, 2, 3):
        date = datetime(2024, 1, day, tzinfo=UTC)
        add_run(web, f"r{day}", "p", partition_key=f"2024-01-0{day}", partition_date=date, state=RunState.SUCCESS)
    add_run(web, "r22", "p", partition_key="2024-01-022")
    add_run(web, "plain", "p")
    return web


SELECTIONS = [
    ({"partition_key": "2024-01-02"}, ["r2"]),
    ({"partition_key": "nada"}, []),
    ({"partition_date_start": "2024-01-02T00:00:00Z"}, ["r2", "r3"]),
    ({"partition_date_end": "2024-01-02T00:00:00"}, ["r1", "r2"]),
    ({"partition_date_start": "2024-01-02T00:00:00Z", "partition_date_end": "2024-01-02T00:00:00Z"}, ["r2"]),
]


@pytest.mark.parametrize(
    ("selection", "expected"), [*SELECTIONS, ({"run_id": "r1"}, ["r1"]), ({"run_id": "plain"}, [])]
)
def test_partitions_are_taken_from_runs(partitioned, selection, expected):
    """Only counted, unless dry_run is false."""
    before = state(partitioned)
    path = "/dags/p/clearPartitions"
    counted = partitioned.admin.post(path, json=selection).json()
    assert fits("ClearPartitionsResponse", counted)
    assert counted == {"dag_runs_cleared": len(expected), "task_instances_cleared": 0, "dry_run": True}
    assert state(partitioned) == before
    done = partitioned.admin.post(path, json={**selection, "dry_run": False, "clear_task_instances": True}).json()
    assert (done["dag_runs_cleared"], done["dry_run"]) == (len(expected), False)
    left = {stored.record.run_id for stored in partitioned.store.runs("p") if stored.record.partition_key is None}
    assert left == {"plain", *expected}


@pytest.mark.parametrize(("selection", "expected"), SELECTIONS)
def test_runs_of_partitions_are_cleared(partitioned, selection, expected):
    """As if they were named."""
    answer = partitioned.admin.post("/dags/p/clearDagRuns", json={**selection, "dry_run": False, "note": "x"}).json()
    assert [run["dag_run_id"] for run in answer["dag_runs"]] == expected


def test_a_run_is_deleted(ran):
    """Unless it runs; one that waits may go."""
    assert ran.admin.delete(f"{RUNS}/live").status_code == 409
    assert ran.admin.delete(RUN).status_code == 204
    assert ran.admin.delete(RUN).status_code == 404
    ran.admin.patch("/dags/d", json={"is_paused": True})
    ran.admin.post(RUNS, json={"logical_date": None, "dag_run_id": "waits"})
    assert ran.admin.delete(f"{RUNS}/waits").status_code == 204
    assert ran.store.dag("d").record.waiting_runs == ()
    assert [stored.record.run_id for stored in ran.store.runs("d")] == ["live"]


def test_several_runs_are_changed_at_once(ran):
    """Each action is done as its body says, and what came of it is told by kind."""
    actions = [
        {"action": "create", "entities": [{"dag_run_id": "new"}]},
        {
            "action": "update",
            "entities": [{"dag_run_id": "r", "note": "uno", "state": "success"}],
            "update_mask": ["note"],
        },
        {"action": "update", "entities": [{"dag_run_id": "nada", "note": "x"}, {"dag_run_id": "live", "note": "x"}]},
        {
            "action": "update",
            "entities": [{"dag_run_id": "nada", "note": "x"}, {"dag_run_id": "live", "note": "dos"}],
            "action_on_non_existence": "skip",
        },
        {"action": "delete", "entities": ["live", {"dag_run_id": "r"}]},
    ]
    told = ran.admin.patch(RUNS, json={"actions": actions}).json()
    assert fits("BulkResponse", told)
    assert [error["status_code"] for error in told["create"]["errors"]] == [405]
    assert told["update"]["success"] == ["d.r", "d.live"]
    assert [error["status_code"] for error in told["update"]["errors"]] == [404]
    assert (told["delete"]["success"], told["delete"]["errors"][0]["status_code"]) == (["d.r"], 409)
    (left,) = ran.store.runs("d")
    assert (left.record.run_id, left.record.note) == ("live", "dos")


def test_runs_of_several_dags_are_changed_at_once(ran):
    """Then each entry must name its DAG."""
    actions = [
        {
            "action": "update",
            "entities": [{"dag_run_id": "r", "dag_id": "d", "note": "x"}, {"dag_run_id": "r", "note": "y"}],
        },
        {"action": "delete", "entities": ["r"]},
    ]
    told = ran.admin.patch("/dags/~/dagRuns", json={"actions": actions}).json()
    assert (told["update"]["success"], told["update"]["errors"][0]["status_code"]) == (["d.r"], 400)
    assert (told["delete"]["success"], told["delete"]["errors"][0]["status_code"]) == ([], 400)
    assert ran.store.run(KEY).record.note == "x"


def test_who_may_change_but_not_delete(ran, monkeypatch):
    """A bulk request deletes nothing for somebody who may not delete."""
    from brisa.model import access

    fewer = access.GRANTS[Role.USER] - {access.Permission.DELETE_RUNS}
    monkeypatch.setattr(access, "GRANTS", {**access.GRANTS, Role.USER: fewer})
    body = {"actions": [{"action": "delete", "entities": ["r"]}]}
    told = ran.client(Role.USER).patch(RUNS, json=body).json()
    assert told["delete"]["errors"][0]["status_code"] == 403
    assert ran.store.run(KEY) is not None


REFUSED = [
    ("PATCH", f"{RUNS}/nada", {"state": "failed"}, 404),
    ("PATCH", RUN, {"state": "running"}, 422),
    ("PATCH", RUN, {"state": "failed", "note": "x" * 1001}, 422),
    ("PATCH", RUN, {"conf": {}}, 422),
    ("PATCH", RUN, [], 422),
    ("DELETE", f"{RUNS}/nada", None, 404),
    ("DELETE", "/dags/nada/dagRuns/r", None, 404),
    ("DELETE", f"{RUNS}/live", None, 409),
    ("DELETE", f"{RUNS}/..%2Fr", None, 404),
    ("POST", f"{RUNS}/nada/clear", {"dry_run": False}, 404),
    ("POST", f"{RUN}/clear", {"dry_run": False, "only_new": True, "only_failed": True}, 422),
    ("POST", f"{RUN}/clear", {"dry_run": False, "force": True}, 422),
    ("POST", "/dags/d/clearDagRuns", {}, 422),
    ("POST", "/dags/d/clearDagRuns", {"dag_runs": []}, 422),
    ("POST", "/dags/d/clearDagRuns", {"dry_run": False, "dag_runs": [{"dag_run_id": "r"}], "partition_key": "x"}, 422),
    (
        "POST",
        "/dags/d/clearDagRuns",
        {"dry_run": False, "dag_runs": [{"dag_run_id": "r"}, {"dag_run_id": "nada"}]},
        404,
    ),
    ("POST", "/dags/d/clearDagRuns", {"dry_run": False, "dag_runs": [{"dag_run_id": "r", "dag_id": "e"}]}, 400),
    ("POST", "/dags/~/clearDagRuns", {"dry_run": False, "dag_runs": [{"dag_run_id": "r"}]}, 400),
    ("POST", "/dags/~/clearDagRuns", {"dry_run": False, "partition_key": "x"}, 400),
    ("POST", "/dags/nada/clearDagRuns", {"dry_run": False, "partition_key": "x"}, 404),
    ("POST", "/dags/d/clearPartitions", {}, 422),
    ("POST", "/dags/d/clearPartitions", {"run_id": "r", "partition_key": "x"}, 422),
    (
        "POST",
        "/dags/d/clearPartitions",
        {"partition_date_start": "2024-01-02T00:00:00Z", "partition_date_end": "2024-01-01T00:00:00Z"},
        422,
    ),
    ("POST", "/dags/nada/clearPartitions", {"run_id": "r"}, 404),
    ("POST", "/dags/d/clearPartitions", {"run_id": "\ud800"}, 422),
    ("POST", "/dags/~/dagRuns/list", {"order_by": "\ud800"}, 422),
    ("POST", "/dags/~/dagRuns/list", {"dag_ids": ["d", "\ud800"]}, 422),
    ("POST", "/dags/~/dagRuns/list", {"order_by": "color"}, 400),
    ("POST", "/dags/~/dagRuns/list", {"states": ["bogus"]}, 422),
    ("POST", "/dags/~/dagRuns/list", {"page_limit": -1}, 422),
    ("POST", "/dags/~/dagRuns/list", {"color": 1}, 422),
    ("PATCH", RUNS, {"actions": [{"action": "explode", "entities": []}]}, 422),
    ("PATCH", RUNS, {"actions": [{"action": "update", "entities": [{"state": "failed"}]}]}, 422),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"), REFUSED, ids=[f"{one[0]} {one[1]} {one[3]}" for one in REFUSED]
)
def test_what_can_not_be_done_changes_nothing(ran, method, path, body, status):
    """Each with its status, and a detail that says why."""
    before = state(ran)
    sent = None if body is None else json.dumps(body).encode()
    response = ran.admin.request(method, path, content=sent, headers={"content-type": "application/json"})
    assert response.status_code == status
    assert response.json()["detail"]
    assert state(ran) == before


CHANGES = [
    ("PATCH", RUN, {"state": "success"}),
    ("PATCH", RUNS, {"actions": [{"action": "delete", "entities": ["r"]}]}),
    ("DELETE", RUN, None),
    ("POST", f"{RUN}/clear", {"dry_run": False}),
    ("POST", "/dags/d/clearDagRuns", {"dry_run": False, "dag_runs": [{"dag_run_id": "r"}]}),
    ("POST", "/dags/d/clearPartitions", {"dry_run": False, "run_id": "r"}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=[f"{one[0]} {one[1]}" for one in CHANGES])
@pytest.mark.parametrize(("token", "status"), [("", 401), ("garbage", 401), ("stranger", 403), (Role.VIEWER, 403)])
def test_who_may_not_changes_nothing(ran, method, path, body, token, status):
    """Without a token, with a bad one, or with a role that lacks the permission."""
    before = state(ran)
    assert ran.client(token).request(method, path, json=body).status_code == status
    assert state(ran) == before
