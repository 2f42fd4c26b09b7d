"""XComs through the API: read in each form, and written so that tasks find them."""

from __future__ import annotations

import pytest

from brisa.adapters.memory import MemoryBlobs
from brisa.model.access import Role
from brisa.model.run import Outcome, RunKey
from brisa.model.states import OutcomeKind
from brisa.runtime.supervisor import Report
from brisa.runtime.xcom_values import to_json
from brisa.services.answers import Answers
from brisa.services.xcoms import INLINE_LIMIT
from tests.support.builders import dag, task
from tests.web.checked import checked
from tests.web.site import WebSite

RUN = "/dags/d/dagRuns/r/taskInstances"
ALL = f"{RUN}/a/xcomEntries"
SUCCESS = Outcome(kind=OutcomeKind.SUCCESS)


@pytest.fixture
def web():
    """A home whose ``a`` has pushed a few values, and whose mapped ``m`` its map index."""
    values = {"return_value": {"rows": [1, 2]}, "when": to_json((1, None)), "nothing": None, "a/b": "x"}
    web = WebSite(
        dag(task("a"), task("e", "a", empty=True), task("m", "e", mapped={"x": 2})),
        plays={
            "a": lambda _: Report(outcome=SUCCESS, xcoms=values),
            "m": lambda key: Report(outcome=SUCCESS, xcoms={"return_value": key.map_index}),
        },
    )
    web.site.trigger(run_id="r")
    web.site.work()
    return web


def pulled(web, task_id, key="return_value"):
    """What a task of the run would pull."""
    return Answers(web.store, web.blobs, web.site.run(RunKey("d", "r"))).xcom_pull(key=key, task_ids=[task_id])


def keys(web, path=ALL, **params):
    """(task, map index, key) of each XCom that is listed."""
    response = web.admin.get(path, params=params)
    assert response.status_code == 200, response.text
    checked("XComCollectionResponse", response)
    return [(one["task_id"], one["map_index"], one["key"]) for one in response.json()["xcom_entries"]]


def test_xcoms_are_listed(web):
    """Of a task, of all tasks of a run, of the latest runs; without values."""
    own = [("a", -1, key) for key in ("a/b", "nothing", "return_value", "when")]
    every = [*own, ("m", 0, "return_value"), ("m", 1, "return_value")]
    assert keys(web) == own
    assert keys(web, f"{RUN}/~/xcomEntries") == every
    assert keys(web, "/dags/~/dagRuns/~/taskInstances/~/xcomEntries") == every
    assert keys(web, "/dags/x/dagRuns/~/taskInstances/~/xcomEntries") == []
    assert keys(web, "/dags/d/dagRuns/x/taskInstances/a/xcomEntries") == []
    assert keys(web, f"{RUN}/x/xcomEntries") == []
    assert "value" not in web.admin.get(ALL).json()["xcom_entries"][0]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"xcom_key": "when"}, ["when"]),
        ({"xcom_key_pattern": "W_en"}, ["when"]),
        ({"xcom_key_prefix_pattern": "no"}, ["nothing"]),
        ({"map_index": 1}, ["return_value"]),
        ({"map_index_filter": 0}, ["return_value"]),
        ({"task_id_pattern": "m"}, ["return_value", "return_value"]),
        ({"task_id_prefix_pattern": "x"}, []),
        ({"run_id_pattern": "q"}, []),
        ({"run_id_prefix_pattern": "r", "map_index": 0}, ["return_value"]),
        ({"dag_display_name_pattern": "x"}, []),
        ({"logical_date_lt": "2024-01-01T00:00:00Z"}, []),
        ({"run_after_gte": "1990-01-01T00:00:00", "map_index": 0}, ["return_value"]),
        ({"order_by": "-key", "limit": 1}, ["when"]),
        ({"order_by": ["task_id", "key"], "offset": 5}, ["return_value"]),
        ({"limit": 0}, []),
    ],
)
def test_what_is_asked_for(web, params, names):
    """Each filter, order and page."""
    assert [key for _, _, key in keys(web, f"{RUN}/~/xcomEntries", **params)] == names


@pytest.mark.parametrize(
    ("key", "params", "value"),
    [
        ("return_value", {}, {"rows": [1, 2]}),
        ("return_value", {"deserialize": True}, {"rows": [1, 2]}),
        ("return_value", {"stringify": True}, "{'rows': [1, 2]}"),
        ("when", {}, [1, None]),
        ("when", {"stringify": True, "deserialize": True}, "(1, None)"),
        ("nothing", {}, None),
        ("nothing", {"stringify": True}, None),
        ("a%2Fb", {}, "x"),
        ("a/b", {}, "x"),
    ],
)
def test_one_with_its_value(web, key, params, value):
    """As JSON, or as text."""
    answer = web.admin.get(f"{ALL}/{key}", params=params)
    assert (answer.status_code, answer.json()["value"]) == (200, value)
    checked("XComResponseString" if params.get("stringify") else "XComResponseNative", answer)


@pytest.mark.parametrize("value", [1, "x", [1, {"a": None}], {"__brisa__": ["uuid", "x"]}, "y" * INLINE_LIMIT, None])
def test_an_xcom_is_made_changed_and_removed(web, value):
    """A task pulls what a person has written, also of one that has run nothing, or is marked; until it is removed."""
    for task_id in ("a", "e"):
        path = f"{RUN}/{task_id}/xcomEntries"
        made = web.admin.post(path, json={"key": "k", "value": 0})
        assert made.status_code == 201, made.text
        checked("XComResponseNative", made)
        assert (made.json()["value"], pulled(web, task_id, "k")) == (0, [[task_id, -1, 0]])
        assert web.admin.post(path, json={"key": "k", "value": 1}).status_code == 409
        changed = web.admin.patch(f"{path}/k", json={"value": value})
        assert (changed.status_code, changed.json()["value"]) == (200, value)
        assert web.admin.get(f"{path}/k").json()["value"] == value
        assert len(pulled(web, task_id, "k")) == 1
        assert web.admin.delete(f"{path}/k").status_code == 204
        assert pulled(web, task_id, "k") == []
        assert web.admin.delete(f"{path}/k").status_code == 404
    assert pulled(web, "a") == [["a", -1, {"rows": [1, 2]}]]
    assert isinstance(web.blobs, MemoryBlobs)
    assert web.admin.get(f"{RUN}/a/tries").json()["total_entries"] == 1


def test_an_xcom_of_a_task_that_was_marked(web):
    """Somebody has done its work by hand, and says what came of it."""
    web.admin.patch(f"{RUN}/a", json={"new_state": "failed"})
    web.admin.patch(f"{RUN}/a", json={"new_state": "success"})
    assert web.admin.post(ALL, json={"key": "return_value", "value": "by hand"}).status_code == 201
    assert pulled(web, "a") == [["a", -1, "by hand"]]
    web.site.work()
    assert web.admin.get(f"{RUN}/a/tries").json()["total_entries"] == 1


def test_no_attempt_is_kept_from_running():
    """One that is under way writes its own; of a task that has not begun they are gone once it does, as in Airflow."""
    web = WebSite(dag(task("a"), task("b", "a")))
    web.site.trigger(run_id="r")
    statuses = [web.admin.post(ALL, json={"key": "k", "value": 1}).status_code]
    assert web.admin.post(f"{RUN}/b/xcomEntries", json={"key": "k", "value": 1}).status_code == 201
    assert web.admin.get(f"{RUN}/b/xcomEntries/k").json()["value"] == 1

    def look(_):
        statuses.append(web.admin.post(ALL, json={"key": "k", "value": 1}).status_code)
        return SUCCESS

    web.site.supervisor._plays["a"] = look
    web.site.work()
    assert statuses == [409, 409]
    assert (web.site.run(RunKey("d", "r")).state.value, keys(web, f"{RUN}/~/xcomEntries")) == ("success", [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", ALL, {"key": "", "value": 1}, 422),
        ("POST", ALL, {"key": "x" * 513, "value": 1}, 422),
        ("POST", ALL, {"key": "k"}, 422),
        ("POST", ALL, {"key": "k", "value": 1, "color": 1}, 422),
        ("POST", ALL, {"key": "k", "value": 1, "map_index": 3}, 404),
        ("POST", f"{RUN}/m/xcomEntries", {"key": "k", "value": 1}, 404),
        ("POST", f"{RUN}/x/xcomEntries", {"key": "k", "value": 1}, 404),
        ("POST", "/dags/d/dagRuns/x/taskInstances/a/xcomEntries", {"key": "k", "value": 1}, 404),
        ("POST", "/dags/x/dagRuns/r/taskInstances/a/xcomEntries", {"key": "k", "value": 1}, 404),
        ("POST", ALL, b'{"key": "k", "value": NaN}', 422),
        ("POST", ALL, b'{"key": "k", "value": "\\ud800"}', 422),
        ("POST", ALL, b'{"key": "k", "value": ' + b"[" * 900 + b"]" * 900 + b"}", 422),
        ("PATCH", f"{ALL}/x", {"value": 1}, 404),
        ("PATCH", f"{ALL}/when", {"value": 1, "map_index": 4}, 404),
        ("PATCH", f"{ALL}/when", {}, 422),
        ("PATCH", f"{ALL}/__brisa_deferral__", {"value": 1}, 404),
        ("DELETE", f"{ALL}/x", None, 404),
        ("DELETE", f"{ALL}/when?map_index=5", None, 404),
        ("DELETE", f"{RUN}/x/xcomEntries/when", None, 404),
        ("GET", f"{ALL}/x", None, 404),
        ("GET", f"{ALL}/..%2F..%2Fwhen", None, 404),
        ("GET", f"{ALL}/when?map_index=7", None, 404),
        ("GET", f"{ALL}?order_by=color", None, 400),
        ("GET", f"{ALL}?limit=-1", None, 422),
        ("GET", "/dags/~/dagRuns/r/taskInstances/a/xcomEntries", None, 400),
    ],
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""
    before = web.store.attempts(RunKey("d", "r"))
    more = (
        {"content": body, "headers": {"Content-Type": "application/json"}}
        if isinstance(body, bytes)
        else {"json": body}
    )
    response = web.admin.request(method, path, **more)
    assert response.status_code == status, response.text
    assert response.json()["detail"]
    assert web.store.attempts(RunKey("d", "r")) == before
    assert web.store.audit_entries(limit=1) == []


def test_a_value_does_not_get_into_the_audit_log(web):
    """Its key does."""
    web.admin.post(ALL, json={"key": "k", "value": "s3cr3t"})
    (entry,) = web.store.audit_entries(limit=2)
    assert (entry.event, entry.extra["key"], "s3cr3t" in str(entry)) == ("create_xcom_entry", "k", False)


@pytest.mark.parametrize("value", [float("nan"), "\ud800"])
def test_a_value_that_json_has_no_form_for(value):
    """A task may push it; it is read as text."""
    web = WebSite(dag(task("a")), plays={"a": lambda _: Report(outcome=SUCCESS, xcoms={"x": value})})
    web.site.trigger(run_id="r")
    web.site.work()
    assert web.admin.get(f"{ALL}/x").status_code == 400
    assert web.admin.get(f"{ALL}/x", params={"stringify": True}).json()["value"] in ("nan", "\\ud800")


@pytest.mark.parametrize(
    ("token", "reads", "writes"), [("", 401, 401), (Role.VIEWER, 200, 403), (Role.USER, 200, 403), (Role.OP, 200, 204)]
)
def test_who_may(web, token, reads, writes):
    """Everybody with a role reads; operators and admins write."""
    assert web.client(token).get(f"{ALL}/when").status_code == reads
    assert web.client(token).delete(f"{ALL}/when").status_code == writes


def test_extra_links():
    """The addresses that attempts have pushed, under the names that operators give them."""
    links = {"extra_links": {"Job": "_link_Job", "Later": "_link_Later"}}
    pushed = Report(outcome=SUCCESS, xcoms={"_link_Job": "https://example.com/1"})
    web = WebSite(dag(task("a", display=links), task("b")), plays={"a": lambda _: pushed})
    web.site.trigger(run_id="r")
    web.site.work()
    response = web.admin.get(f"{RUN}/a/links")
    checked("ExtraLinkCollectionResponse", response)
    answer = response.json()
    assert answer == {"extra_links": {"Job": "https://example.com/1"}, "total_entries": 1}
    assert web.admin.get(f"{RUN}/a/links?try_number=1").json() == answer
    assert web.admin.get(f"{RUN}/a/links?try_number=2").json()["extra_links"] == {}
    assert web.admin.get(f"{RUN}/b/links").json() == {"extra_links": {}, "total_entries": 0}
    assert web.admin.get("/dags/d/tasks/a").json()["extra_links"] == ["Job", "Later"]
    for path in (f"{RUN}/x/links", f"{RUN}/a/links?map_index=1", "/dags/d/dagRuns/x/taskInstances/a/links"):
        assert web.admin.get(path).status_code == 404
