"""Users and roles through the API: as Airflow's FAB auth manager has them."""

from __future__ import annotations

import pytest

from brisa.model.access import GRANTS, Role
from tests.web.auth_site import AuthSite, password

USERS = "/auth/fab/v1/users"
EVE = {
    "username": "eve",
    "email": "eve@example.com",
    "first_name": "Eve",
    "last_name": "Online",
    "password": "a good password",
}


@pytest.fixture
def web():
    """A home with a user for each role."""
    return AuthSite()


def test_the_life_of_a_user(web):
    """Made, seen, changed and removed by an admin; what they may do changes with it."""
    admin = web.user("admin")
    made = admin.post(USERS, json={**EVE, "roles": [{"name": "Op"}]})
    shown: dict[str, object] = {name: EVE[name] for name in ("username", "email", "first_name", "last_name")}
    shown |= {"roles": [{"name": "Op"}], "active": True, "created_on": "2023-11-14T22:13:20Z"}
    assert (made.status_code, made.json()) == (200, shown)
    assert admin.get(f"{USERS}/eve").json() == shown
    eve = {"username": "eve", "password": EVE["password"]}
    assert web.browser().post("/auth/token", json=eve).status_code == 201
    changed = admin.patch(f"{USERS}/eve", json={"roles": [{"name": "viewer"}], "email": "e@example.com"})
    assert changed.json() == {**shown, "roles": [{"name": "Viewer"}], "email": "e@example.com"}
    listed = admin.get(USERS, params={"order_by": "-username", "limit": 2}).json()
    assert ([one["username"] for one in listed["users"]], listed["total_entries"]) == (["viewer", "user"], 5)
    assert admin.delete(f"{USERS}/eve").status_code == 204
    assert admin.get(f"{USERS}/eve").status_code == 404
    assert web.browser().post("/auth/token", json=eve).status_code == 401


def test_without_a_role_they_see_and_no_more(web):
    """The least that there is."""
    made = web.user("admin").post(USERS, json={"username": "eve", "password": "a good password"})
    assert made.json()["roles"] == [{"name": "Viewer"}]


def test_a_mask_says_what_is_changed(web):
    """Of what the body has, only that."""
    body = {"email": "e@example.com", "first_name": "E", "password": "another one"}
    changed = web.user("admin").patch(f"{USERS}/op", json=body, params={"update_mask": "email, first_name"}).json()
    assert (changed["email"], changed["first_name"]) == ("e@example.com", "E")
    assert web.users.verify("op", password("op")) is not None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {**EVE, "username": "op"}, 409),
        ("POST", "", {**EVE, "username": "../op"}, 400),
        ("POST", "", {**EVE, "username": "x" * 300}, 422),
        ("POST", "", {**EVE, "password": "short"}, 400),
        ("POST", "", {**EVE, "password": "x" * 257}, 400),
        ("POST", "", {"username": "eve"}, 422),
        ("POST", "", {**EVE, "roles": []}, 400),
        ("POST", "", {**EVE, "roles": [{"name": "Op"}, {"name": "Admin"}]}, 400),
        ("POST", "", {**EVE, "roles": [{"name": "Public"}]}, 400),
        ("POST", "", {**EVE, "roles": ["Op"]}, 422),
        ("POST", "", {**EVE, "epoch": 1}, 422),
        ("POST", "", {**EVE, "password_hash": "x"}, 422),
        ("PATCH", "/nobody", {"email": "x"}, 404),
        ("PATCH", "/op", {"username": "admin"}, 400),
        ("PATCH", "/op", {"password": "short"}, 400),
        ("PATCH", "/op", {"active": "perhaps"}, 422),
        ("PATCH", "/op", {"epoch": 0}, 422),
        ("PATCH", "/op?update_mask=epoch", {"email": "x"}, 400),
        ("PATCH", "/admin", {"active": False}, 400),
        ("PATCH", "/admin", {"roles": [{"name": "Op"}]}, 400),
        ("DELETE", "/admin", None, 400),
        ("DELETE", "/nobody", None, 404),
        ("GET", "/..%2Fop", None, 404),
        ("GET", "/nobody", None, 404),
        ("GET", "?order_by=password_hash", None, 400),
    ],
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""
    before = web.users.list()
    response = web.user("admin").request(method, USERS + path, json=body)
    assert response.status_code == status, response.text
    assert response.json()["detail"]
    assert web.users.list() == before


@pytest.mark.parametrize("body", [b'"email": "\\ud800"', b'"email": NaN', b'"email": -Infinity'])
def test_json_that_is_none(web, body):
    """What Python would read all the same is refused too, before anything changes."""
    before = web.users.list()
    content = b'{"username": "eve", "password": "a good password", ' + body + b"}"
    response = web.user("admin").post(USERS, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert web.users.list() == before
    good = content.replace(body, b'"email": "\\u00e9\\ud83d\\ude00"')
    response = web.user("admin").post(USERS, content=good, headers={"Content-Type": "application/json"})
    assert response.json()["email"] == "é\N{GRINNING FACE}"


def test_roles(web):
    """They are fixed, each with what it may do."""
    admin = web.user("admin")
    listed = admin.get("/auth/fab/v1/roles").json()
    assert [role["name"] for role in listed["roles"]] == ["Admin", "Op", "User", "Viewer"]
    assert admin.get("/auth/fab/v1/roles/Viewer").json() == listed["roles"][3]
    assert len(listed["roles"][1]["actions"]) == len(GRANTS[Role.OP])
    assert {"action": {"name": "can_create"}, "resource": {"name": "runs"}} in listed["roles"][2]["actions"]
    assert admin.get("/auth/fab/v1/roles/Public").status_code == 404
    assert admin.post("/auth/fab/v1/roles", json={"name": "x"}).status_code == 405
