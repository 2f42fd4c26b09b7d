"""Clear, mark, annotate and remove through the API: as Airflow's answers, and refused without a change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brisa.model.access import Role
from brisa.model.dag import DagVersion
from brisa.model.run import Outcome, RunKey
from brisa.model.spec import GroupSpec
from brisa.model.states import OutcomeKind
from brisa.ports.store import Put, Update
from tests.support.builders import dag, task
from tests.web.checked import checked
from tests.web.site import WebSite

RUN = "/dags/d/dagRuns/r/taskInstances"
GROUP = "/dags/d/dagRuns/r/taskGroupInstances"
CLEAR = "/dags/d/clearTaskInstances"
FAILED = Outcome(kind=OutcomeKind.FAILED)
SUCCESS = Outcome(kind=OutcomeKind.SUCCESS)
SPEC = dag(
    task("a"),
    task("b", "a"),
    task("g.c", "b", group_id="g"),
    task("g.d", "g.c", group_id="g"),
    task("m", "g.d", mapped={"x": 3}),
    groups=(GroupSpec(group_id="g"),),
)


@pytest.fixture
def web():
    """A home with a run whose ``b`` has failed, so that what is below never ran."""
    web = WebSite(SPEC, plays={"b": lambda key: SUCCESS if key.generation else FAILED})
    web.site.trigger(run_id="r")
    web.site.work()
    return web


def states(web, run_id="r"):
    """Name → state of what something has happened to."""
    run = web.site.run(RunKey("d", run_id))
    return {name: one.state.value for name, one in run.tasks.items() if one.state.value != "none"}


def told(response, status=200):
    """(run, task, map index, state) of what an answer tells."""
    assert response.status_code == status, response.text
    checked("TaskInstanceCollectionResponse", response)
    found = response.json()["task_instances"]
    return [(one["dag_run_id"], one["task_id"], one["map_index"], one["state"]) for one in found]


def everything(web):
    """All that may be changed."""
    return [found.record for found in web.store.runs("d")], web.store.attempts(RunKey("d", "r"))


BELOW = ["g.c", "g.d", "m"]


def test_what_failed_is_cleared_and_runs_again(web):
    """Foreseen first, and only then done; the answer tells the states that they have now."""
    foreseen = told(web.admin.post(CLEAR, json={"dag_run_id": "r"}))
    assert foreseen == [("r", "b", -1, "failed"), *(("r", name, -1, "upstream_failed") for name in BELOW)]
    assert web.store.audit_entries(limit=10) == []
    body = {"dag_run_id": "r", "dry_run": False, "note": "again"}
    assert [one[1] for one in told(web.admin.post(CLEAR, json=body))] == ["b", *BELOW]
    web.site.work()
    assert set(states(web).values()) == {"success", "scheduled"}  # a mapped task that has instances is scheduled
    assert web.site.run(RunKey("d", "r")).state.value == "success"
    assert web.admin.get(f"{RUN}/b").json()["note"] == "again"
    assert web.admin.get(f"{RUN}/a").json()["note"] is None
    (entry,) = web.store.audit_entries(limit=10)
    assert (entry.event, entry.extra["dry_run"]) == ("post_clear_task_instances", False)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, ["b", *BELOW]),
        ({"only_failed": False}, ["a", "b", *BELOW]),
        ({"only_failed": False, "task_ids": ["a"]}, ["a"]),
        ({"only_failed": False, "task_ids": ["b"], "include_upstream": True}, ["a", "b"]),
        ({"only_failed": False, "task_ids": ["g.c"], "include_downstream": True}, BELOW),
        ({"only_failed": False, "task_ids": ["x"]}, []),
        ({"only_failed": False, "task_ids": ["g"]}, []),
        ({"only_failed": False, "task_ids": []}, []),
        ({"only_failed": False, "task_ids": [["m", 1], "a"]}, ["a", "m"]),
        ({"only_failed": False, "task_ids": [["a", -1]]}, ["a"]),
        ({"only_failed": False, "only_running": True}, []),
        ({"run_on_latest_version": True}, ["b", *BELOW]),
    ],
)
def test_what_a_clear_is_about(web, body, names):
    """Each argument, in a dry run."""
    before = everything(web)
    assert [one[1] for one in told(web.admin.post(CLEAR, json={"dag_run_id": "r", **body}))] == names
    assert everything(web) == before


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ({}, ["r", "s"]),
        ({"dag_run_id": "s"}, ["s"]),
        ({"dag_run_id": "r", "include_future": True}, ["r", "s"]),
        ({"dag_run_id": "s", "include_past": True}, ["r", "s"]),
        ({"dag_run_id": "s", "include_future": True}, ["s"]),
        ({"start_date": "2024-01-02T00:00:00Z"}, ["s"]),
        ({"end_date": "2024-01-01T23:00:00"}, ["r"]),
        ({"start_date": "2024-01-01T00:00:00Z", "end_date": "2024-01-02T00:00:00+00:00"}, ["r", "s"]),
    ],
)
def test_of_which_runs(web, body, runs):
    """By id, by logical date, and those around it."""
    from datetime import UTC, datetime

    web.site.trigger(run_id="s", logical_date=datetime(2024, 1, 2, tzinfo=UTC))
    web.site.work()
    found = told(web.admin.post(CLEAR, json={"only_failed": False, "task_ids": ["a"], **body}))
    assert sorted(one[0] for one in found) == runs


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (CLEAR, {"dag_run_id": "x"}, 404),
        ("/dags/x/clearTaskInstances", {}, 404),
        (CLEAR, {"only_failed": True, "only_running": True}, 422),
        (CLEAR, {"dag_run_id": "r", "start_date": "2024-01-01T00:00:00Z"}, 422),
        (CLEAR, {"start_date": "2024-03-01T00:00:00Z", "end_date": "2024-02-01T00:00:00Z"}, 422),
        (CLEAR, {"start_date": "yesterday"}, 422),
        (CLEAR, {"start_date": "0001-01-01T00:00:00+14:00"}, 422),
        (CLEAR, {"task_ids": [1]}, 422),
        (CLEAR, {"task_ids": [["a"]]}, 422),
        (CLEAR, {"task_ids": [["a", "x"]]}, 422),
        (CLEAR, {"task_ids": "a"}, 422),
        (CLEAR, {"color": 1}, 422),
        (CLEAR, {"dry_run": False, "note": "x" * 1001}, 422),
        (CLEAR, [], 422),
    ],
)
def test_a_clear_that_can_not_be(web, path, body, status):
    """Changes nothing."""
    before = everything(web)
    response = web.admin.post(path, json=body)
    assert response.status_code == status
    assert response.json()["detail"]
    assert everything(web) == before


def test_a_clear_may_leave_the_run_as_it_is(web):
    """The tasks wait until something else makes the run go on."""
    body = {"dag_run_id": "r", "dry_run": False, "reset_dag_runs": False}
    assert told(web.admin.post(CLEAR, json=body))[0] == ("r", "b", -1, None)
    web.site.work()
    assert (states(web), web.site.run(RunKey("d", "r")).state.value) == ({"a": "success"}, "failed")
    body = {"dag_run_id": "r", "dry_run": False, "only_failed": False, "task_ids": ["a"]}
    web.admin.post(CLEAR, json=body)
    web.site.work()
    assert web.site.run(RunKey("d", "r")).state.value == "success"


def test_a_running_task_may_be_spared():
    """One that is queued, too; and those that run can be cleared alone."""
    web = WebSite(dag(task("a"), task("b")))
    seen = []

    def look(_):
        body = {"dag_run_id": "r", "dry_run": False, "only_failed": False, "prevent_running_task": True}
        seen.append(web.admin.post(CLEAR, json=body).status_code)
        seen.append(told(web.admin.post(CLEAR, json={"only_failed": False, "only_running": True})))
        return SUCCESS

    web.site.supervisor._plays["a"] = look
    web.site.trigger(run_id="r")
    web.site.work()
    assert seen == [409, [("r", "a", -1, "running")]]
    assert states(web) == {"a": "success", "b": "success"}


def test_a_run_keeps_its_version(web):
    """Where the latest is another, it can't be cleared to run on that."""
    web.store.commit(Put(DagVersion(dag_id="d", version="v2", spec=SPEC)))
    stored = web.store.dag("d")
    web.store.commit(Update(replace(stored.record, version="v2"), stored.revision))
    before = everything(web)
    body = {"dag_run_id": "r", "run_on_latest_version": True, "dry_run": False}
    assert web.admin.post(CLEAR, json=body).status_code == 400
    assert everything(web) == before
    assert web.admin.post(CLEAR, json={**body, "run_on_latest_version": False}).status_code == 200


def test_a_task_is_marked(web):
    """What failed below it may run again; foreseen first."""
    path = f"{RUN}/b"
    before = everything(web)
    assert told(web.admin.patch(f"{path}/dry_run", json={"new_state": "success"})) == [("r", "b", -1, "failed")]
    assert told(web.admin.patch(f"{path}/-1/dry_run", json={"new_state": "failed"})) == []
    assert (everything(web), web.store.audit_entries(limit=1)) == (before, [])
    assert told(web.admin.patch(path, json={"new_state": "success"})) == [("r", "b", -1, "success")]
    assert web.admin.patch(path, json={"new_state": "success"}).status_code == 409
    web.site.work()
    assert web.site.run(RunKey("d", "r")).state.value == "success"


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        (f"{RUN}/b", {"new_state": "skipped"}, ["b"]),
        (f"{RUN}/b", {"new_state": "success", "include_downstream": True}, ["b", *BELOW]),
        (f"{RUN}/b", {"new_state": "failed", "include_upstream": True}, ["a"]),
        (f"{RUN}/b", {"note": "x"}, ["b"]),
        (f"{RUN}/b", {}, ["b"]),
        (f"{GROUP}/g", {"new_state": "success"}, ["g.c", "g.d"]),
        (f"{GROUP}/g", {"new_state": "success", "include_downstream": True}, BELOW),
        (f"{GROUP}/g", {"note": "x"}, ["g.c", "g.d"]),
    ],
)
def test_what_a_change_is_about(web, path, body, names):
    """The dry run and the change tell the same."""
    before = everything(web)
    assert [one[1] for one in told(web.admin.patch(f"{path}/dry_run", json=body))] == names
    assert everything(web) == before
    changed = told(web.admin.patch(path, json=body))
    assert [one[1] for one in changed] == names
    if "new_state" in body:
        assert {one[3] for one in changed} == {body["new_state"]}


def test_instances_of_a_mapped_task(web):
    """All of them, or one."""
    web.admin.post(CLEAR, json={"dag_run_id": "r", "dry_run": False})
    web.site.work()
    assert told(web.admin.patch(f"{RUN}/m/1", json={"new_state": "failed"})) == [("r", "m", 1, "failed")]
    both = [("r", "m", 0, "failed"), ("r", "m", 2, "failed")]
    assert told(web.admin.patch(f"{RUN}/m", json={"new_state": "failed"})) == both
    assert told(web.admin.patch(f"{RUN}/m?map_index=2", json={"new_state": "skipped"})) == [("r", "m", 2, "skipped")]
    web.admin.patch(f"{RUN}/m", json={"note": "all"})
    web.admin.patch(f"{RUN}/m/1", json={"note": "one"})
    notes = [one["note"] for one in web.admin.get(f"{RUN}/m/listMapped").json()["task_instances"]]
    assert notes == ["all", "one", "all"]
    cleared = told(web.admin.post(CLEAR, json={"dag_run_id": "r", "only_failed": False, "task_ids": [["m", 1]]}))
    assert cleared == [("r", "m", 1, "failed")]


def test_notes(web):
    """Written, replaced, removed; only what the mask names changes."""
    note = f"{RUN}/b"
    assert web.admin.patch(note, json={"note": "one"}).json()["task_instances"][0]["note"] == "one"
    masked = web.admin.patch(note, json={"note": "two", "new_state": "success"}, params={"update_mask": "note"})
    assert (masked.json()["task_instances"][0]["note"], states(web)["b"]) == ("two", "failed")
    before = everything(web)
    assert web.admin.patch(note, json={"note": "x"}, params={"update_mask": "color"}).status_code == 200
    assert everything(web) == before
    for nothing in (None, ""):
        web.admin.patch(note, json={"note": "one"})
        web.admin.patch(note, json={"note": nothing})
        assert web.admin.get(note).json()["note"] is None


def test_a_run_has_room_for_so_many_notes(web):
    """More are refused, as they are in its document."""
    stored = web.store.run(RunKey("d", "r"))
    web.store.commit(Update(replace(stored.record, notes={"a": "x" * 262_000}), stored.revision))
    response = web.admin.patch(f"{RUN}/b", json={"note": "x" * 1000})
    assert (response.status_code, "no room" in response.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{RUN}/x", {"new_state": "success"}, 404),
        (f"{RUN}/b/7", {"new_state": "success"}, 404),
        (f"{RUN}/m[1]", {"new_state": "success"}, 404),
        ("/dags/d/dagRuns/x/taskInstances/b", {"new_state": "success"}, 404),
        ("/dags/x/dagRuns/r/taskInstances/b", {"new_state": "success"}, 404),
        (f"{GROUP}/x", {"new_state": "success"}, 404),
        (f"{GROUP}/b", {"new_state": "success"}, 404),
        (f"{RUN}/b", {"new_state": "running"}, 422),
        (f"{RUN}/b", {"new_state": "color"}, 422),
        (f"{RUN}/b", {"new_state": None, "note": "x"}, 422),
        (f"{RUN}/b", {"note": "x" * 1001}, 422),
        (f"{RUN}/b", {"note": 3}, 422),
        (f"{RUN}/b", {"color": 3}, 422),
        (f"{RUN}/a", {"new_state": "success"}, 409),
    ],
)
def test_a_change_that_can_not_be(web, path, body, status):
    """Changes nothing."""
    before = everything(web)
    response = web.admin.patch(path, json=body)
    assert response.status_code == status
    assert response.json()["detail"]
    assert everything(web) == before
    assert web.store.audit_entries(limit=1) == []


def test_bodies_that_are_none(web):
    """Neither JSON, nor what could be stored."""
    for content in (b"{", b"[]", b"", b'{"note": "\\ud800"}', b'{"note": ' + b"[" * 100_000):
        response = web.admin.patch(f"{RUN}/b", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code in (400, 422)
        assert response.json()["detail"]


def test_several_at_once(web):
    """Each with its own outcome."""
    actions = [
        {"action": "update", "entities": [{"task_id": "b", "new_state": "success"}, {"task_id": "x"}]},
        {"action": "update", "entities": [{"task_id": "x"}], "action_on_non_existence": "skip"},
        {"action": "update", "entities": [{"task_id": "a", "new_state": "success", "note": "n"}]},
        {
            "action": "update",
            "entities": [{"task_id": "a", "note": "n", "new_state": "failed"}],
            "update_mask": ["note"],
        },
        {"action": "create", "entities": [{"task_id": "b"}]},
        {"action": "delete", "entities": ["g.d", {"task_id": "m", "map_index": 7}]},
    ]
    response = web.admin.patch(RUN, json={"actions": actions})
    assert response.status_code == 200, response.text
    checked("BulkResponse", response)
    result = response.json()
    assert result["update"]["success"] == ["d.r.b[-1]", "d.r.a[-1]"]
    assert [error["status_code"] for error in result["update"]["errors"]] == [404, 409]
    assert [error["status_code"] for error in result["create"]["errors"]] == [405]
    assert result["delete"]["success"] == ["d.r.g.d[-1]"]
    assert [error["status_code"] for error in result["delete"]["errors"]] == [404]
    assert states(web)["a"] == "success"


def test_several_of_several_runs(web):
    """With wildcards in the path each must say of which run it is."""
    path = "/dags/~/dagRuns/~/taskInstances"
    entity = {"task_id": "b", "note": "n"}
    entities = [entity, {**entity, "dag_id": "d", "dag_run_id": "r"}, {**entity, "dag_id": "d", "dag_run_id": "x"}]
    result = web.admin.patch(path, json={"actions": [{"action": "update", "entities": entities}]}).json()["update"]
    assert (result["success"], [error["status_code"] for error in result["errors"]]) == (["d.r.b[-1]"], [400, 404])


def test_a_task_instance_is_removed(web):
    """With its attempts and logs; what is below goes on without it, and a clear brings it back."""
    assert [one.record.key.task_id for one in web.store.attempts(RunKey("d", "r"))] == ["a", "b"]
    web.blobs.put("logs/d/r/b/0.1.0.log", b"text\n")
    response = web.admin.delete(f"{RUN}/b")
    assert (response.status_code, response.json()) == (200, None)
    assert [one.record.key.task_id for one in web.store.attempts(RunKey("d", "r"))] == ["a"]
    assert web.blobs.get("logs/d/r/b/0.1.0.log") is None
    assert web.admin.get(f"{RUN}/b").status_code == web.admin.delete(f"{RUN}/b").status_code == 404
    names = [one["task_id"] for one in web.admin.get(RUN).json()["task_instances"]]
    assert names == ["a", *BELOW]
    assert web.site.run(RunKey("d", "r")).state.value == "failed"
    web.admin.post(CLEAR, json={"dag_run_id": "r", "only_failed": False, "dry_run": False})
    web.site.work()
    assert web.site.run(RunKey("d", "r")).state.value == "success"
    assert web.admin.get(f"{RUN}/b").json()["state"] == "success"


def test_one_that_is_removed_while_it_runs():
    """Its worker is told to stop, and what it reports changes nothing; the rest of the run goes on."""
    web = WebSite(dag(task("a"), task("b", "a"), task("c")))

    def remove(_: object) -> Outcome:
        web.admin.delete(f"{RUN}/a")
        return FAILED

    web.site.supervisor._plays["a"] = remove
    web.site.trigger(run_id="r")
    web.site.work()
    assert states(web) == {"a": "removed", "b": "success", "c": "success"}
    assert web.site.run(RunKey("d", "r")).state.value == "success"


CHANGES = [
    ("POST", CLEAR, {"dry_run": False}),
    ("PATCH", f"{RUN}/b", {"new_state": "success"}),
    ("PATCH", f"{RUN}/b/-1", {"new_state": "success"}),
    ("PATCH", f"{GROUP}/g", {"new_state": "success"}),
    ("PATCH", RUN, {"actions": [{"action": "delete", "entities": ["b"]}]}),
    ("DELETE", f"{RUN}/b", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
@pytest.mark.parametrize(("token", "status"), [("", 401), ("stranger", 403), (Role.VIEWER, 403)])
def test_who_may_not_changes_nothing(web, method, path, body, token, status):
    """Whoever only may look."""
    before = everything(web)
    assert web.client(token).request(method, path, json=body).status_code == status
    assert everything(web) == before
