"""Task instances through the API: found, narrowed, paged, their tries, and why they do not run yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from brisa.adapters.counts import Counts
from brisa.adapters.local.counting import CountingStore
from brisa.model.access import Role
from brisa.model.run import Outcome, RunKey
from brisa.model.spec import GroupSpec
from brisa.model.states import AttemptState, OutcomeKind
from brisa.ports.store import Update
from tests.support.builders import dag, task
from tests.web.checked import checked
from tests.web.site import WebSite

RUN = "/dags/d/dagRuns/r/taskInstances"
SUCCESS, FAILED = Outcome(kind=OutcomeKind.SUCCESS), Outcome(kind=OutcomeKind.FAILED, error="no")
SPEC = dag(
    task("a", operator="EmptyOperator", empty=True),
    task("b", "a", operator="BashOperator", retries=2, retry_delay=10.0, pool="default_pool"),
    task("g.c", "b", group_id="g", display={"display_name": "Ce"}),
    task("g.h.d", "g.c", group_id="g.h", queue="slow"),
    task("m", "g.h.d", mapped={"x": 3}, operator="@task"),
    groups=(GroupSpec(group_id="g"), GroupSpec(group_id="g.h", parent="g")),
)


@pytest.fixture
def web():
    """A home whose DAG has groups, retries and a mapped task; ``b`` succeeds in its second try."""
    return WebSite(SPEC, plays={"b": lambda key: SUCCESS if key.try_number > 1 else FAILED})


def listed(web, path=RUN, **params):
    """(task id, map index) of each task instance of a list, and how many there are in all."""
    response = web.admin.get(path, params=params)
    assert response.status_code == 200, response.text
    checked("TaskInstanceCollectionResponse", response)
    found = [(one["task_id"], one["map_index"]) for one in response.json()["task_instances"]]
    return found, response.json()["total_entries"]


def ended(web, run_id="r"):
    """A run to its end."""
    web.site.trigger(run_id=run_id)
    web.site.work()


def test_a_run_is_looked_at(web):
    """Its task instances, one of them, and the instances of a mapped task, as Airflow's client reads them."""
    ended(web)
    names = [("a", -1), ("b", -1), ("g.c", -1), ("g.h.d", -1), ("m", 0), ("m", 1), ("m", 2)]
    assert listed(web) == (names, 7)
    assert listed(web, f"{RUN}/m/listMapped") == (names[4:], 3)
    response = web.admin.get(f"{RUN}/b")
    checked("TaskInstanceResponse", response)
    one = response.json()
    assert (one["state"], one["try_number"], one["max_tries"], one["operator"]) == ("success", 2, 2, "BashOperator")
    assert (one["logical_date"], one["dag_run_id"], one["duration"]) == ("2024-01-01T00:00:00Z", "r", 0.0)
    mapped = web.admin.get(f"{RUN}/m/1").json()
    assert (mapped["map_index"], mapped["rendered_map_index"], mapped["state"]) == (1, "1", "success")
    assert web.admin.get(f"{RUN}/b").json()["id"] == one["id"] != mapped["id"]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"state": "success", "map_index": -1}, ["a", "b", "g.c", "g.h.d"]),
        ({"state": ["failed", "none"]}, []),
        ({"task_id": "b"}, ["b"]),
        ({"task_group_id": "g"}, ["g.c", "g.h.d"]),
        ({"task_group_id": "g.h"}, ["g.h.d"]),
        ({"task_display_name_pattern": "ce"}, ["g.c"]),
        ({"task_display_name_prefix_pattern": "g"}, ["g.h.d"]),
        ({"dag_id_pattern": "e"}, []),
        ({"run_id_pattern": "r|s", "task_id": "a"}, ["a"]),
        ({"run_id_prefix_pattern": "x"}, []),
        ({"pool": "other"}, []),
        ({"queue": "slow"}, ["g.h.d"]),
        ({"queue_name_pattern": "SLO%"}, ["g.h.d"]),
        ({"operator": ["BashOperator", "x"]}, ["b"]),
        ({"operator_name_pattern": "bash"}, ["b"]),
        ({"try_number": 2}, ["b"]),
        ({"map_index": 2}, ["m"]),
        ({"rendered_map_index_pattern": "2"}, ["m"]),
        ({"executor": "x"}, []),
        ({"start_date_gte": "2100-01-01T00:00:00Z"}, ["a"]),
        ({"end_date_lt": "1990-01-01T00:00:00", "task_id": "b"}, []),
        ({"logical_date_gte": "2024-01-01T00:00:00Z", "logical_date_lt": "2024-01-02T00:00:00Z", "limit": 1}, ["a"]),
        ({"run_after_gt": "2100-01-01T00:00:00Z"}, []),
        ({"duration_gte": 1}, []),
        ({"order_by": "-map_index", "limit": 2}, ["m", "m"]),
        ({"order_by": ["operator", "-id"], "map_index": -1}, ["g.h.d", "g.c", "b", "a"]),
        ({"offset": 2, "limit": 1}, ["g.c"]),
        ({"limit": 0}, []),
        ({"offset": 10**30}, []),
    ],
)
def test_what_is_asked_for(web, params, names):
    """Each filter, order and page."""
    ended(web)
    if params.get("start_date_gte"):  # a task that has not begun passes the bounds of its start, as in Airflow
        stored = web.store.run(RunKey("d", "r"))
        tasks = {**stored.record.tasks, "a": replace(stored.record.task("a"), started_at=None)}
        web.store.commit(Update(replace(stored.record, tasks=tasks), stored.revision))
    assert [name for name, _ in listed(web, **params)[0]] == names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{RUN}?order_by=task_id", 400),
        (f"{RUN}?order_by=color", 400),
        (f"{RUN}?state=color", 422),
        (f"{RUN}?limit=-1", 422),
        (f"{RUN}?offset=-1", 422),
        (f"{RUN}?start_date_gte=yesterday", 422),
        (f"{RUN}?start_date_gte=0001-01-01T00:00:00%2B14:00", 422),
        (f"{RUN}?end_date_lte=9999-12-31T23:59:59-14:00", 422),
        (f"{RUN}?end_date_lte=9999-12-31T23:59:59Z", 200),
        (f"{RUN}?duration_gte=x", 422),
        (f"{RUN}?cursor=xxx", 400),
        (f"{RUN}?cursor=~", 400),
        (f"{RUN}?task_group_id=b", 404),
        ("/dags/~/dagRuns/r/taskInstances", 400),
        ("/dags/x/dagRuns/~/taskInstances", 404),
        ("/dags/x/dagRuns/r/taskInstances", 404),
        ("/dags/d/dagRuns/x/taskInstances", 404),
        (f"{RUN}/x", 404),
        (f"{RUN}/m", 404),
        (f"{RUN}/m[1]", 404),
        (f"{RUN}/m/7", 404),
        (f"{RUN}/m/-1", 404),
        (f"{RUN}/b/0", 404),
        (f"{RUN}/b/99999999999999999999", 404),
        (f"{RUN}/b/-1", 200),
        (f"{RUN}/b/listMapped", 404),
        (f"{RUN}/x/listMapped", 404),
        (f"{RUN}/b/tries/7", 404),
        (f"{RUN}/b/tries/x", 422),
        (f"{RUN}/x/tries", 404),
        (f"{RUN}/m/tries", 404),
        (f"{RUN}/x/dependencies", 404),
        (f"{RUN}/m/7/dependencies", 404),
        (f"{RUN}/..%2F..%2Fb", 404),
        (f"{RUN}/%00", 404),
        (f"{RUN}/{'x' * 10_000}", 404),
        ("/dags/d/dagRuns/..%5C/taskInstances/b", 404),
    ],
)
def test_what_there_is_not(web, path, status):
    """The right status, with a reason, and no trace."""
    ended(web)
    response = web.admin.get(path)
    assert response.status_code == status, response.text
    if status != 200:
        assert response.json()["detail"]
        assert "Traceback" not in response.text


def test_pages_by_cursor(web):
    """From the first to the last and back, whatever comes in between."""
    ended(web)
    cursor: str | None = ""
    shown, pages = [], []
    while cursor is not None:
        answer = web.admin.get(RUN, params={"cursor": cursor, "limit": 3, "order_by": "-map_index"}).json()
        pages.append(answer)
        shown += [(one["task_id"], one["map_index"]) for one in answer["task_instances"]]
        cursor = answer["next_cursor"]
    assert sorted(shown) == sorted(listed(web)[0])
    assert (len(pages), pages[0]["previous_cursor"], pages[0]["total_entries"]) == (3, None, 7)
    back = web.admin.get(RUN, params={"cursor": pages[2]["previous_cursor"], "limit": 3, "order_by": "-map_index"})
    assert back.json()["task_instances"] == pages[1]["task_instances"]


def test_the_latest_runs(web):
    """Of a DAG, or of all DAGs."""
    ended(web)
    ended(web, "s")
    for path in ("/dags/d/dagRuns/~/taskInstances", "/dags/~/dagRuns/~/taskInstances"):
        found, total = listed(web, path, task_id="b")
        assert (found, total) == ([("b", -1)] * 2, 2)
    later = {"task_id": "b", "run_after_gt": "2100-01-01T00:00:00Z"}
    assert listed(web, "/dags/~/dagRuns/~/taskInstances", **later) == ([], 0)


BATCH = "/dags/~/dagRuns/~/taskInstances/list"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"map_index": 1}, None),
        ({"dag_ids": ["d"], "dag_run_ids": ["r"], "task_ids": ["b", "x"]}, ["b"]),
        ({"dag_run_ids": ["s"], "task_ids": ["b"]}, ["b"]),
        ({"dag_ids": ["x"]}, []),
        ({"dag_ids": ["d", "x"], "dag_run_ids": ["r", "y"], "page_limit": 2}, ["a", "b"]),
        ({"task_ids": ["b"], "state": ["success", None], "order_by": "-start_date"}, ["b", "b"]),
        ({"task_ids": ["b"], "state": [None]}, []),
        ({"task_ids": ["b"], "start_date_gte": "2100-01-01T00:00:00Z"}, []),
        ({"queue": ["slow"], "page_offset": 1}, ["g.h.d"]),
        ({"page_limit": 0}, []),
        ({"start_date_gte": "2024-01-01T00:00:00"}, None),
        ({"state": ["none"]}, None),
        ({"page_limit": -1}, None),
    ],
)
def test_a_search_with_a_body(web, body, names):
    """What it finds, or (``None``) that it does not fit. It leaves nothing in the audit log."""
    ended(web)
    ended(web, "s")
    response = web.admin.post(BATCH, json=body)
    if names is None:
        assert response.status_code == 422
    else:
        assert [one["task_id"] for one in response.json()["task_instances"]] == names
    assert web.store.audit_entries(limit=10) == []
    assert web.admin.post(BATCH.replace("~", "d", 1), json={}).status_code == 422


def test_an_attempt_that_is_claimed_is_running(web):
    """Though its run does not know yet; and it is told where it runs."""
    seen = []

    def look(key):
        seen.append((web.admin.get(f"{RUN}/b").json(), listed(web, state="running")[0]))
        return SUCCESS

    web.site.supervisor._plays["b"] = look
    web.site.trigger(run_id="r")
    web.site.work()
    [(one, running)] = seen
    assert (one["state"], one["start_date"] is not None, running) == ("running", True, [("b", -1)])


def test_tries(web):
    """Those that are over, then the present one; one that waits for its next is in its last."""
    web.site.trigger(run_id="r")
    web.site.handle(web.site.take())
    one = web.admin.get(f"{RUN}/b").json()
    assert (one["state"], one["try_number"]) == ("up_for_retry", 1)
    tries = f"{RUN}/b/tries"
    response = web.admin.get(tries)
    checked("TaskInstanceHistoryCollectionResponse", response)
    answer = response.json()
    assert [(one["try_number"], one["state"]) for one in answer["task_instances"]] == [(1, "failed")]
    web.site.work()
    answer = web.admin.get(tries).json()
    assert [(one["try_number"], one["state"]) for one in answer["task_instances"]] == [(1, "failed"), (2, "success")]
    assert (answer["total_entries"], web.admin.get(f"{tries}/1").json()["state"]) == (2, "failed")
    assert web.admin.get(f"{RUN}/b/-1/tries/2").json()["state"] == "success"
    assert web.admin.get(f"{RUN}/m/2/tries").json()["total_entries"] == 1


def test_where_an_attempt_ran_and_what_it_was_given(web):
    """The host, the process and the rendered fields are those of the attempt; its secrets are hidden there already."""
    ended(web)
    (stored,) = (one for one in web.store.attempts(RunKey("d", "r")) if one.record.key[2:4] == ("m", 1))
    attempt = replace(
        stored.record,
        owner="localhost-4711-0a1b2c3d",
        rendered={"op_args": '["***"]', "map_index_template": "the second"},
    )
    web.store.commit(Update(attempt, stored.revision))
    one = web.admin.get(f"{RUN}/m/1").json()
    assert (one["hostname"], one["pid"], one["rendered_map_index"]) == ("localhost", 4711, "the second")
    assert one["rendered_fields"] == {"op_args": '["***"]'}


def test_why_a_task_does_not_run(web):
    """By the rules of the engine, under Airflow's names; nothing of one that has begun."""

    def held(task_id):
        answer = web.admin.get(f"{RUN}/{task_id}/dependencies")
        checked("TaskDependencyCollectionResponse", answer)
        return [one["name"] for one in answer.json()["dependencies"]]

    web.site.trigger(run_id="r")
    assert held("b") == []
    assert held("g.c") == ["Task Instance State", "Trigger Rule"]
    assert web.admin.get(f"{RUN}/g.c/-1/dependencies").json()["dependencies"][1]["reason"].endswith("'b'.")
    web.site.work()
    assert held("a") == []
    assert web.admin.get(f"{RUN}/m/1/dependencies").json() == {"dependencies": []}


def test_a_run_that_waits(web):
    """Its tasks wait for it."""
    stored = web.store.dag("d")
    web.store.commit(Update(replace(stored.record, paused=True), stored.revision))
    web.site.trigger(run_id="r")
    names = [one["name"] for one in web.admin.get(f"{RUN}/b/dependencies").json()["dependencies"]]
    assert names == ["Dag Not Paused", "Dagrun Running", "Task Instance State", "Trigger Rule"]


def test_a_page_of_a_run_of_a_thousand_reads_one_document():
    """And no attempt, once they are over."""
    web = WebSite(dag(*(task(f"t{number}") for number in range(1000)), max_active_tasks=0))
    web.site.trigger(run_id="r")
    web.site.work()
    counts = Counts()
    web.app.state.backend = replace(web.backend, store=CountingStore(web.store, counts))
    answer = web.admin.get(RUN, params={"limit": 100, "offset": 900}).json()
    assert (len(answer["task_instances"]), answer["total_entries"]) == (100, 1000)
    assert web.admin.get(RUN, params={"state": "failed"}).json()["total_entries"] == 0
    assert dict(counts.reads) == {"run": 2}


def test_a_deleted_version_is_no_defect(web):
    """A run whose DAG's version is not stored is told so."""
    ended(web)
    stored = web.store.run(RunKey("d", "r"))
    web.store.commit(Update(replace(stored.record, version="gone"), stored.revision))
    assert web.admin.get(RUN).status_code == 404


@pytest.mark.parametrize(("token", "status"), [("", 401), ("stranger", 403), (Role.VIEWER, 200)])
def test_who_may_look(web, token, status):
    """Everybody with a role."""
    ended(web)
    for path in (RUN, f"{RUN}/b", f"{RUN}/b/tries", f"{RUN}/b/dependencies", f"{RUN}/m/1", f"{RUN}/m/listMapped"):
        assert web.client(token).get(path).status_code == status


def test_hitl_is_never_asked(web):
    """As Airflow answers where nothing was asked."""
    ended(web)
    answer = web.admin.get("/dags/d/dagRuns/r/hitlDetails", params={"order_by": "-created_at", "state": "success"})
    assert answer.json() == {"hitl_details": [], "total_entries": 0}
    checked("HITLDetailCollection", answer)
    assert web.admin.get("/dags/d/dagRuns/r/hitlDetails", params={"order_by": "color"}).status_code == 400
    for path in (f"{RUN}/b/-1/hitlDetails", f"{RUN}/b/-1/hitlDetails/tries/1", f"{RUN}/x/-1/hitlDetails"):
        assert web.admin.get(path).status_code == 404
    assert web.admin.patch(f"{RUN}/b/-1/hitlDetails", json={"chosen_options": ["x"]}).status_code == 404
    assert web.admin.patch(f"{RUN}/b/-1/hitlDetails", json={"chosen_options": []}).status_code == 422


def test_attempts_that_are_lost_or_stopped_are_failed_tries(web):
    """They have no outcome of their own."""
    web.site.trigger(run_id="r")
    web.site.handle(web.site.take())
    (stored,) = web.store.attempts(RunKey("d", "r"))
    lost = replace(stored.record, state=AttemptState.LOST, outcome=None)
    web.store.commit(Update(lost, stored.revision))
    assert web.admin.get(f"{RUN}/b/tries/1").json()["state"] == "failed"


MOMENT = datetime(2024, 1, 1, tzinfo=UTC)


def test_tasks():
    """Those of a DAG's current version, as Airflow's client reads them."""
    spec = replace(SPEC, params={"p": {"value": 3, "schema": {}, "description": "x"}}, start_date=MOMENT)
    web = WebSite(spec)
    response = web.admin.get("/dags/d/tasks")
    checked("TaskCollectionResponse", response)
    answer = response.json()
    assert [one["task_id"] for one in answer["tasks"]] == ["a", "b", "g.c", "g.h.d", "m"]
    response = web.admin.get("/dags/d/tasks/b")
    checked("TaskResponse", response)
    one = response.json()
    assert one["retry_delay"] == {"__type": "TimeDelta", "days": 0, "seconds": 10, "microseconds": 0}
    assert (one["retries"], one["downstream_task_ids"], one["is_mapped"]) == (2.0, ["g.c"], False)
    assert one["params"] == {"p": {"value": 3, "schema": {}, "description": "x", "source": "dag"}}
    assert (one["start_date"], one["class_ref"]["class_name"]) == ("2024-01-01T00:00:00Z", "BashOperator")
    reverse = web.admin.get("/dags/d/tasks", params={"order_by": "-task_display_name"}).json()["tasks"]
    assert [one["task_id"] for one in reverse] == ["m", "g.h.d", "b", "a", "g.c"]
    for path, status in (("x", 404), ("m", 200), ("m[0]", 404)):
        assert web.admin.get(f"/dags/d/tasks/{path}").status_code == status
    assert web.admin.get("/dags/x/tasks").status_code == 404
    assert web.admin.get("/dags/d/tasks?order_by=params").status_code == 400
