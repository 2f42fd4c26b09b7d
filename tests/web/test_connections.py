"""Connections through the API: as Airflow's, and their secrets never come out."""

import json

import pytest

from brisa.model.access import Role
from brisa.services.connections import DEFAULTS, Connections
from tests.web.checked import checked

EXTRA = '{"token": "s3cret-token", "timeout": 3, "nested": {"password": "s3cret", "x": 1}}'
FULL = {
    "connection_id": "bodega",
    "conn_type": "http",
    "description": "wine",
    "host": "h",
    "login": "ana",
    "schema": "s",
    "port": 80,
    "password": "s3cret-password",
    "extra": EXTRA,
}
BASE = {"connection_id": "bodega", "conn_type": "http"}


def made(web, **more):
    """A connection that was made through the API."""
    response = web.admin.post("/connections", json={**BASE, **more})
    assert response.status_code == 201, response.text
    return response.json()


def stored(web, conn_id="bodega"):
    """The connection as tasks have it."""
    return Connections(web.secrets).get(conn_id)


def test_a_connection_is_made_read_changed_and_removed(web):
    """The whole life of one, as a client sees it."""
    seen = made(web, **FULL)
    assert seen == {
        **FULL,
        "password": "***",
        "extra": '{"token": "***", "timeout": 3, "nested": {"password": "***", "x": 1}}',
        "team_name": None,
    }
    one = checked("ConnectionResponse", web.admin.get("/connections/bodega"))
    assert (one.connection_id, one.var_schema, one.password) == ("bodega", "s", "***")
    changed = web.admin.patch("/connections/bodega", json={**BASE, "host": "h2"}).json()
    assert changed == {**seen, "host": "h2"}
    body = {**BASE, "port": 81, "schema": "t", "host": "h3"}
    changed = web.admin.patch("/connections/bodega", json=body, params={"update_mask": ["port", "schema"]}).json()
    assert (changed["port"], changed["schema"], changed["host"]) == (81, "t", "h2")
    assert (stored(web).password, stored(web).extra) == ("s3cret-password", EXTRA)
    assert web.admin.delete("/connections/bodega").status_code == 204
    assert web.admin.get("/connections/bodega").status_code == 404
    assert web.secrets.names() == []


def test_what_comes_back_hidden_stays_as_it_was(web):
    """A client shows what it gets, and sends it back with one thing changed."""
    seen = made(web, **FULL)
    web.admin.patch("/connections/bodega", json={**seen, "login": "eva"})
    assert (stored(web).login, stored(web).password, stored(web).extra) == ("eva", "s3cret-password", EXTRA)
    web.admin.patch("/connections/bodega", json={**BASE, "extra": '{"token": "***", "timeout": 4}', "password": None})
    assert json.loads(stored(web).extra) == {"token": "s3cret-token", "timeout": 4}
    assert stored(web).password is None


def test_secrets_never_come_out(web):
    """Not in any answer, error or entry of the audit log; what was sent is not echoed."""
    answers = [
        web.admin.post("/connections", json=FULL),
        web.admin.post("/connections", json=FULL),
        web.admin.get("/connections"),
        web.admin.get("/connections/bodega"),
        web.admin.patch("/connections/bodega", json=FULL),
        web.admin.patch("/connections/bodega", json={**FULL, "extra": "s3cret"}),
        web.admin.post("/connections", json={**FULL, "port": "s3cret"}),
        web.admin.patch("/connections", json={"actions": [{"action": "update", "entities": [FULL]}]}),
        web.admin.post("/connections", json={**FULL, "connection_id": "b", "extra": f'{{"s3cret": "{"x" * 70_000}"}}'}),
        web.admin.get("/eventLogs"),
    ]
    assert all("s3cret" not in answer.text for answer in answers)
    assert "s3cret" not in str(web.store.audit_entries(limit=100))


def test_they_are_listed(web):
    """By pattern and order, a page at a time; a secret that is no connection is none, and one that can't be read is."""
    web.secrets.put("other/x", "y")
    web.secrets.put("connections/broken", "s3cret")
    for conn_id, conn_type, port in (("b", "http", 2), ("ab", "ftp", None), ("a", "http", 1)):
        made(web, connection_id=conn_id, conn_type=conn_type, port=port)

    def ids(**params):
        listed = checked("ConnectionCollectionResponse", web.admin.get("/connections", params=params))
        return [one.connection_id for one in listed.connections], listed.total_entries

    assert ids() == (["a", "ab", "b", "broken"], 4)
    assert ids(order_by="-connection_id", limit=2, offset=1) == (["b", "ab"], 4)
    assert ids(order_by=["conn_type", "-port"]) == (["broken", "ab", "b", "a"], 4)
    assert ids(connection_id_pattern="B|x") == (["ab", "b", "broken"], 3)
    assert ids(connection_id_prefix_pattern="a") == (["a", "ab"], 2)
    assert "can't be read" in web.admin.get("/connections/broken").json()["description"]


def test_only_a_page_is_read(web, monkeypatch):
    """Each secret is a request of its own at Google."""
    for number in range(9):
        made(web, connection_id=f"c{number}")
    read = []
    get = web.secrets.get

    def seen(name):
        read.append(name)
        return get(name)

    monkeypatch.setattr(web.secrets, "get", seen)
    web.admin.get("/connections", params={"limit": 2, "order_by": "-connection_id"})
    assert read == ["connections/c8", "connections/c7"]


def test_those_of_the_environment_are_not_listed(web, monkeypatch):
    """As in Airflow."""
    monkeypatch.setenv("AIRFLOW_CONN_ENTORNO", "http://h")
    assert web.admin.get("/connections/entorno").status_code == 404
    assert web.admin.get("/connections").json()["total_entries"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/connections", BASE, 409),
        ("POST", "/connections", {**BASE, "connection_id": "a/b"}, 422),
        ("POST", "/connections", {**BASE, "connection_id": "x" * 201}, 422),
        ("POST", "/connections", {"connection_id": "b"}, 422),
        ("POST", "/connections", {**BASE, "connection_id": "b", "color": "red"}, 422),
        ("POST", "/connections", {**BASE, "connection_id": "b", "extra": "no JSON"}, 422),
        ("POST", "/connections", {**BASE, "connection_id": "b", "extra": "[1]"}, 422),
        ("POST", "/connections", {**BASE, "connection_id": "b", "extra": {"a": 1}}, 422),
        ("POST", "/connections", {**BASE, "connection_id": "b", "extra": f'{{"a": "{"x" * 70_000}"}}'}, 400),
        ("PATCH", "/connections/bodega", {**BASE, "connection_id": "b"}, 400),
        ("PATCH", "/connections/bodega", {"connection_id": "bodega"}, 422),
        ("PATCH", "/connections/b", {**BASE, "connection_id": "b"}, 404),
        ("DELETE", "/connections/b", None, 404),
        ("GET", "/connections/b", None, 404),
        ("GET", "/connections/..%2Fusers", None, 404),
        ("GET", "/connections?order_by=password", None, 400),
        ("GET", "/connections/enqueue-test", None, 422),
        ("POST", "/connections/test", BASE, 403),
        ("POST", "/connections/enqueue-test", BASE, 403),
    ],
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""
    made(web)
    before = {name: web.secrets.get(name) for name in web.secrets.names()}
    response = web.admin.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert response.json()["detail"]
    assert {name: web.secrets.get(name) for name in web.secrets.names()} == before


def test_an_empty_extra_is_an_empty_object(web):
    """As in Airflow."""
    assert made(web, extra="")["extra"] == "{}"


def test_several_at_once(web):
    """Each action is done as its body says, and what came of it is told by kind."""
    made(web, password="s3cret")
    actions = [
        {"action": "create", "entities": [BASE]},
        {"action": "create", "entities": [{**BASE, "connection_id": "b"}], "action_on_existence": "overwrite"},
        {"action": "update", "entities": [{**BASE, "host": "up", "port": 7}], "update_mask": ["host"]},
        {"action": "delete", "entities": ["b", "zz"], "action_on_non_existence": "skip"},
    ]
    response = web.admin.patch("/connections", json={"actions": actions})
    assert checked("BulkResponse", response)
    told = response.json()
    assert (told["create"]["success"], [one["status_code"] for one in told["create"]["errors"]]) == (["b"], [409])
    assert (told["update"]["success"], told["delete"]["success"]) == (["bodega"], ["b"])
    assert (stored(web).host, stored(web).port, stored(web).password) == ("up", None, "s3cret")


def test_the_defaults(web):
    """Those that brisa's own hooks use."""
    for _ in range(2):
        assert web.admin.post("/connections/defaults").status_code == 204
    assert web.admin.get("/connections").json()["total_entries"] == len(DEFAULTS)


def test_one_is_tried(web, monkeypatch, tmp_path):
    """What is hidden is what is kept; the result of a test can be asked for later; it is kept if it works."""
    monkeypatch.setenv("BRISA_TEST_CONNECTION", "enabled")
    made(web, conn_type="sqlite", extra='{"token": "s3cret"}')
    body = {**BASE, "conn_type": "sqlite", "host": str(tmp_path / "no" / "a.db"), "extra": '{"token": "***"}'}
    answer = checked("ConnectionTestResponse", web.admin.post("/connections/test", json=body))
    assert (answer.status, answer.message) == (False, "unable to open database file")

    body = {**BASE, "connection_id": "nueva", "conn_type": "sqlite", "host": str(tmp_path / "a.db")}
    token: dict[str, str] = {}
    for commit in (False, True):
        response = web.admin.post("/connections/enqueue-test", json={**body, "commit_on_success": commit})
        queued = checked("ConnectionTestQueuedResponse", response)
        assert response.status_code == 202
        assert Connections(web.secrets).exists("nueva") is commit
        token = {"Airflow-Connection-Test-Token": queued.token}
    told = checked("AsyncConnectionTestResponse", web.admin.get("/connections/enqueue-test", headers=token))
    assert (told.connection_id, told.state) == ("nueva", "success")
    unknown = {"Airflow-Connection-Test-Token": "x"}
    assert web.admin.get("/connections/enqueue-test", headers=unknown).status_code == 404


@pytest.mark.parametrize(("role", "method", "status"), [(Role.USER, "GET", 403), (Role.OP, "GET", 200)])
def test_who_may(web, role, method, status):
    """Connections are for those who operate, as in Airflow."""
    assert web.client(role).request(method, "/connections").status_code == status
    assert web.client(Role.USER).post("/connections", json=BASE).status_code == 403
    assert web.secrets.names() == []
