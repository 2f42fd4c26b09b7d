"""What tasks keep from try to try, through the API."""

from __future__ import annotations

import pytest

from brisa.model.access import Role
from brisa.model.run import AttemptKey, RunKey
from brisa.services.states import States
from tests.support.builders import dag, task
from tests.web.checked import checked
from tests.web.site import WebSite

RUN = "/dags/d/dagRuns/r/taskInstances"
ALL = f"{RUN}/a/state-store"


@pytest.fixture
def web():
    """A home with a run, of which a task has kept something."""
    web = WebSite(dag(task("a"), task("m", mapped={"x": 2})))
    web.site.trigger(run_id="r")
    web.site.work()
    kept(web).set_state(key="mine", value=[1], expires_at=2e9)
    return web


def kept(web, task_id="a", map_index=-1):
    """As a task instance has it."""
    return States(web.store, AttemptKey("d", "r", task_id, map_index), now=web.clock.now)


def test_a_task_and_a_person_see_the_same(web):
    """Listed, read, written, replaced, removed."""
    response = web.admin.get(ALL)
    checked("TaskStateStoreCollectionResponse", response)
    listed = response.json()
    assert listed["task_state_store"] == [
        {
            "key": "mine",
            "value": [1],
            "updated_at": "2023-11-14T22:13:20Z",
            "expires_at": "2033-05-18T03:33:20Z",
        }
    ]
    assert web.admin.put(f"{ALL}/yours", json={"value": {"a": 1}}).status_code == 204
    response = web.admin.get(f"{ALL}/yours")
    checked("TaskStateStoreResponse", response)
    one = response.json()
    assert (one["value"], one["expires_at"]) == ({"a": 1}, "2023-12-14T22:13:20Z")
    assert kept(web).state(key="yours") == [{"a": 1}, one_month(web)]
    assert web.admin.patch(f"{ALL}/mine", json={"value": 7}).status_code == 200
    assert kept(web).state(key="mine") == [7, 2e9]
    assert web.admin.get(ALL, params={"limit": 1, "offset": 1}).json()["task_state_store"][0]["key"] == "yours"
    assert web.admin.delete(f"{ALL}/mine").status_code == web.admin.delete(f"{ALL}/mine").status_code == 204
    assert web.admin.get(f"{ALL}/mine").status_code == 404
    assert web.admin.delete(ALL).status_code == 204
    assert web.admin.get(ALL).json() == {"task_state_store": [], "total_entries": 0}


def one_month(web):
    """30 days from now, in seconds since the epoch."""
    return web.clock.now() + 30 * 86_400


@pytest.mark.parametrize(
    ("expires_at", "kept_until"),
    [("default", "2023-12-14T22:13:20Z"), (None, None), ("2050-01-01T02:00:00+02:00", "2050-01-01T00:00:00Z")],
)
def test_how_long_a_value_is_kept(web, expires_at, kept_until):
    """30 days, for good, or until then."""
    web.admin.put(f"{ALL}/k/with a path", json={"value": 0, "expires_at": expires_at})
    assert web.admin.get(f"{ALL}/k/with a path").json()["expires_at"] == kept_until


def test_what_was_kept_before_its_time_was_noted(web):
    """It is there, with no time of its last change."""
    web.store.set_variables([('@state:["task", "d", "r", "a", -1, "old"]', '["x", null]')])
    assert web.admin.get(f"{ALL}/old").json() == {
        "key": "old",
        "value": "x",
        "updated_at": "1970-01-01T00:00:00Z",
        "expires_at": None,
    }
    assert kept(web).state(key="old") == ["x", None]


def test_each_instance_has_its_own(web):
    """They are cleared one by one, or all at once; other runs and tasks keep theirs."""
    for index in (0, 1):
        web.admin.put(f"{RUN}/m/state-store/k", json={"value": index}, params={"map_index": index})
    web.admin.delete(f"{RUN}/m/state-store", params={"map_index": 0})
    assert (kept(web, "m", 0).state(key="k"), kept(web, "m", 1).state(key="k")) == (None, [1, one_month(web)])
    assert web.admin.delete(f"{RUN}/m/state-store", params={"all_map_indices": True}).status_code == 204
    assert kept(web, "m", 1).state(key="k") is None
    assert kept(web).state(key="mine") is not None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", f"{ALL}/k", {"value": None}, 422),
        ("PUT", f"{ALL}/k", {}, 422),
        ("PUT", f"{ALL}/k", {"value": 1, "color": 1}, 422),
        ("PUT", f"{ALL}/k", {"value": 1, "expires_at": "2050-01-01T00:00:00"}, 422),
        ("PUT", f"{ALL}/k", {"value": 1, "expires_at": "tomorrow"}, 422),
        ("PUT", f"{ALL}/k", {"value": 1, "expires_at": "0001-01-01T00:00:00+14:00"}, 422),
        ("PUT", f"{ALL}/{'x' * 513}", {"value": 1}, 422),
        ("PUT", f"{ALL}/k?map_index=4", {"value": 1}, 404),
        ("PUT", f"{ALL}/k?map_index=-2", {"value": 1}, 422),
        ("PUT", f"{RUN}/m/state-store/k", {"value": 1}, 404),
        ("PUT", f"{RUN}/x/state-store/k", {"value": 1}, 404),
        ("PUT", "/dags/d/dagRuns/x/taskInstances/a/state-store/k", {"value": 1}, 404),
        ("PUT", f"{ALL}/k", b'{"value": Infinity}', 422),
        ("PATCH", f"{ALL}/k", {"value": 1}, 404),
        ("PATCH", f"{ALL}/mine", {"value": None}, 422),
        ("GET", f"{ALL}/k", None, 404),
        ("DELETE", f"{RUN}/x/state-store", None, 404),
        ("DELETE", f"{RUN}/x/state-store/k", None, 404),
        ("GET", f"{ALL}?limit=-1", None, 422),
    ],
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""
    before = web.store.variables()
    more = (
        {"content": body, "headers": {"Content-Type": "application/json"}}
        if isinstance(body, bytes)
        else {"json": body}
    )
    response = web.admin.request(method, path, **more)
    assert response.status_code == status, response.text
    assert response.json()["detail"]
    assert web.store.variables() == before


def test_of_a_run_that_there_is_not(web):
    """Nothing is kept, as Airflow says it."""
    assert web.admin.get("/dags/x/dagRuns/y/taskInstances/z/state-store").json()["total_entries"] == 0
    assert RunKey("x", "y") not in [found.record.key for found in web.store.runs("x")]


@pytest.mark.parametrize(("token", "reads", "writes"), [("", 401, 401), (Role.USER, 200, 403), (Role.OP, 200, 204)])
def test_who_may(web, token, reads, writes):
    """Everybody with a role reads; operators and admins write."""
    assert web.client(token).get(ALL).status_code == reads
    assert web.client(token).delete(f"{ALL}/mine").status_code == writes
