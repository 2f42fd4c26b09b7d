"""Pools through the API: as Airflow's."""

import pytest

from brisa.model.access import Role


def made(web, name="informes", slots=3, **more):
    """A pool that was made through the API."""
    response = web.admin.post("/pools", json={"name": name, "slots": slots, **more})
    assert response.status_code == 201, response.text
    return response.json()


def test_a_pool_is_made_read_changed_and_removed(web):
    """The whole life of one, as a client sees it."""
    assert made(web, description="Informes", include_deferred=True) == {
        "name": "informes",
        "slots": 3,
        "description": "Informes",
        "include_deferred": True,
        "occupied_slots": 0,
        "running_slots": 0,
        "queued_slots": 0,
        "scheduled_slots": 0,
        "open_slots": 3,
        "deferred_slots": 0,
        "team_name": None,
    }
    changed = web.admin.patch("/pools/informes", json={"slots": 5, "description": "x"}, params={"update_mask": "slots"})
    assert (changed.status_code, changed.json()["slots"], changed.json()["description"]) == (200, 5, "Informes")
    listed = web.admin.get("/pools", params={"order_by": "-slots"}).json()
    assert [pool["name"] for pool in listed["pools"]] == ["informes", "default_pool"]
    assert listed["total_entries"] == 2
    assert web.admin.delete("/pools/informes").status_code == 204
    assert web.admin.get("/pools/informes").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/pools", {"name": "informes", "slots": 1}, 409),
        ("POST", "/pools", {"name": "default_pool", "slots": 1}, 409),
        ("POST", "/pools", {"name": "@d/t", "slots": 1}, 400),
        ("POST", "/pools", {"name": "otro", "slots": -2}, 422),
        ("POST", "/pools", {"name": "otro", "slots": 1, "color": "red"}, 422),
        ("POST", "/pools", {"slots": 1}, 422),
        ("PATCH", "/pools/informes", {"pool": "otro", "slots": 1}, 400),
        ("PATCH", "/pools/nada", {"slots": 1}, 404),
        ("PATCH", "/pools/default_pool", {"slots": 1}, 400),
        ("DELETE", "/pools/nada", None, 404),
        ("DELETE", "/pools/default_pool", None, 400),
        ("GET", "/pools?limit=-1", None, 422),
        ("GET", "/pools?order_by=color", None, 400),
    ],
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""
    made(web)
    before = web.store.pools()
    response = web.admin.request(method, path, json=body)
    assert response.status_code == status
    assert response.json()["detail"]
    assert web.store.pools() == before


def test_several_at_once(web):
    """Each action is done as its body says, and what came of it is told by kind."""
    made(web)
    actions = [
        {"action": "create", "entities": [{"name": "a", "slots": 1}, {"name": "b", "slots": 2}]},
        {"action": "create", "entities": [{"name": "informes", "slots": 9}, {"name": "c", "slots": 3}]},
        {
            "action": "create",
            "entities": [{"name": "informes", "slots": 9}, {"name": "@d", "slots": 3}],
            "action_on_existence": "overwrite",
        },
        {"action": "update", "entities": [{"name": "a", "slots": 7, "description": "x"}], "update_mask": ["slots"]},
        {"action": "update", "entities": [{"name": "z", "slots": 7}], "action_on_non_existence": "skip"},
        {"action": "delete", "entities": ["b", "z"], "action_on_non_existence": "skip"},
        {"action": "delete", "entities": ["a", "z"]},
    ]
    told = web.admin.patch("/pools", json={"actions": actions}).json()
    assert told["create"]["success"] == ["a", "b", "informes"]
    assert [error["status_code"] for error in told["create"]["errors"]] == [409, 400]
    assert told["update"] == {"success": ["a"], "errors": []}
    assert (told["delete"]["success"], [error["status_code"] for error in told["delete"]["errors"]]) == (["b"], [404])
    assert [(found.record.name, found.record.slots) for found in web.store.pools()] == [("a", 7), ("informes", 9)]


def test_a_change_is_in_the_audit_log(web):
    """Who, what, from where; a refused one and a look leave nothing."""
    made(web)
    web.admin.get("/pools")
    web.admin.post("/pools", json={"name": "informes", "slots": 3})
    (entry,) = web.store.audit_entries(limit=10)
    assert (entry.event, entry.owner, entry.origin) == ("post_pool", "admin@example.com", "testclient")
    assert entry.extra == {"name": "informes", "slots": 3}


@pytest.mark.parametrize(("token", "status"), [("", 401), ("garbage", 401), ("stranger", 403), (Role.VIEWER, 403)])
def test_who_may_not_changes_nothing(web, token, status):
    """Without a token, with a bad one, or with a role that lacks the permission."""
    response = web.client(token).post("/pools", json={"name": "a", "slots": 1})
    assert response.status_code == status
    assert response.json()["detail"]
    assert web.store.pools() == []


def test_a_body_that_is_too_large(web):
    """Refused by what it says of its length, or while it comes in."""
    large = b'{"name": "' + b"x" * 2_000_000 + b'", "slots": 1}'
    assert web.admin.post("/pools", content=large).status_code == 413
    assert web.admin.post("/pools", content=iter([large[:1000], large[1000:]])).status_code == 413


def test_an_error_of_ours_says_nothing_of_itself(web, monkeypatch):
    """A defect is 500 in words that give nothing away."""
    monkeypatch.setattr(web.store, "pools", lambda: 1 / 0)
    response = web.admin.get("/pools")
    assert (response.status_code, response.json()) == (500, {"detail": "brisa has failed here; its log says how"})
