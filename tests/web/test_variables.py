"""Variables through the API: as Airflow's."""

from urllib.parse import quote

import pytest

from brisa.model.access import Role
from brisa.model.variable import Variable
from tests.web.checked import checked


def made(web, key="a", value="x", **more):
    """A Variable that was made through the API."""
    response = web.admin.post("/variables", json={"key": key, "value": value, **more})
    assert response.status_code == 201, response.text
    return response.json()


def test_a_variable_is_made_read_changed_and_removed(web):
    """The whole life of one, as a client sees it; tasks read its text."""
    assert made(web, description="what it is") == {
        "key": "a",
        "value": "x",
        "description": "what it is",
        "is_encrypted": False,
        "team_name": None,
    }
    assert web.store.variable("a") == "x"
    changed = web.admin.patch(
        "/variables/a", json={"key": "a", "value": "y", "description": "new"}, params={"update_mask": "value"}
    )
    one = checked("VariableResponse", changed)
    assert (one.value, one.description) == ("y", "what it is")
    assert web.admin.patch("/variables/a", json={"key": "a", "value": "z"}).json()["description"] == "what it is"
    assert web.admin.get("/variables/a").json()["value"] == "z"
    assert web.admin.delete("/variables/a").status_code == 204
    assert web.admin.get("/variables/a").status_code == 404
    assert web.store.variable("a") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [({"a": [1, None]}, '{"a": [1, null]}'), (None, "null"), (3, "3"), (True, "true"), ("3", "3"), ("", "")],
)
def test_a_value_that_is_no_text_is_kept_as_json(web, value, text):
    """As Airflow keeps it."""
    assert made(web, value=value)["value"] == text
    assert web.store.variable("a") == text


@pytest.mark.parametrize("key", ["a/b", "ñ sp", "../x", "a?b", "x" * 250])
def test_any_text_is_a_key(web, key):
    """A client writes it into the path, encoded."""
    made(web, key=key)
    path = f"/variables/{quote(key, safe='')}"
    assert web.admin.get(path).json()["key"] == key
    assert web.admin.delete(path).status_code == 204


def test_they_are_listed(web):
    """By pattern and order, a page at a time; what brisa keeps beside them is not among them."""
    for key, description in (("b", "1"), ("ab", None), ("a", "2"), ("a_c", "0")):
        made(web, key=key, description=description)
    web.store.set_variables([("@state:x", "1")])

    def keys(**params):
        listed = checked("VariableCollectionResponse", web.admin.get("/variables", params=params))
        return [one.key for one in listed.variables], listed.total_entries

    assert keys() == (["a", "a_c", "ab", "b"], 4)
    assert keys(order_by="-key", limit=2, offset=1) == (["ab", "a_c"], 4)
    assert keys(order_by="description") == (["a_c", "b", "a", "ab"], 4)
    assert keys(variable_key_pattern="B") == (["ab", "b"], 2)
    assert keys(variable_key_prefix_pattern="a") == (["a", "a_c", "ab"], 3)
    assert keys(variable_key_pattern="@") == ([], 0)


def test_secrets_are_not_answered(web):
    """By the key's name, or within JSON; sent back as they were seen, they stay."""
    assert made(web, key="db_password", value="s3cret")["value"] == "***"
    assert made(web, value={"token": "s3cret", "n": 1})["value"] == '{"token": "***", "n": 1}'
    text = web.admin.get("/variables").text + web.admin.get("/variables/a").text
    web.admin.patch("/variables/db_password", json={"key": "db_password", "value": "***", "description": "d"})
    web.admin.patch("/variables/a", json={"key": "a", "value": {"token": "***", "n": 2}})
    text += str(web.store.audit_entries(limit=100)) + web.admin.get("/variables").text
    assert "s3cret" not in text
    assert list(web.store.variables()) == [
        Variable("a", '{"token": "s3cret", "n": 2}'),
        Variable("db_password", "s3cret", "d"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/variables", {"key": "a", "value": "2"}, 409),
        ("POST", "/variables", {"key": "@state:x", "value": "2"}, 400),
        ("POST", "/variables", {"key": "", "value": "2"}, 400),
        ("POST", "/variables", {"key": "x" * 251, "value": "2"}, 422),
        ("POST", "/variables", {"key": "b", "value": "2", "color": "red"}, 422),
        ("POST", "/variables", {"key": "b"}, 422),
        ("POST", "/variables", [], 422),
        ("PATCH", "/variables/a", {"key": "b", "value": "2"}, 400),
        ("PATCH", "/variables/a", {"value": "2"}, 422),
        ("PATCH", "/variables/b", {"key": "b", "value": "2"}, 404),
        ("PATCH", "/variables/@state:x", {"key": "@state:x", "value": "2"}, 404),
        ("DELETE", "/variables/@state:x", None, 404),
        ("GET", "/variables/@state:x", None, 404),
        ("DELETE", "/variables/b", None, 404),
        ("GET", "/variables?order_by=value", None, 400),
        ("GET", "/variables?limit=-1", None, 422),
    ],
)
def test_what_can_not_be_done_changes_nothing(web, method, path, body, status):
    """Each with its status, and a detail that says why."""
    made(web)
    web.store.set_variables([("@state:x", "1")])
    before = [*web.store.variables(), *web.store.variables("@")]
    response = web.admin.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert response.json()["detail"]
    assert [*web.store.variables(), *web.store.variables("@")] == before


def test_several_at_once(web):
    """Each action is done as its body says, and what came of it is told by kind."""
    made(web, description="d")
    actions = [
        {"action": "create", "entities": [{"key": "a", "value": 1}, {"key": "n", "value": "1"}]},
        {
            "action": "create",
            "entities": [{"key": "a", "value": {"q": 1}}, {"key": "n", "value": "1"}, {"key": "@n", "value": "1"}],
            "action_on_existence": "overwrite",
        },
        {
            "action": "update",
            "entities": [{"key": "a", "value": "9", "description": "D"}],
            "update_mask": ["description"],
        },
        {"action": "delete", "entities": ["n", "nope"], "action_on_non_existence": "skip"},
        {"action": "delete", "entities": ["nope"]},
    ]
    response = web.admin.patch("/variables", json={"actions": actions})
    assert checked("BulkResponse", response)
    told = response.json()
    assert told["create"]["success"] == ["a", "n"]
    assert [error["status_code"] for error in told["create"]["errors"]] == [409, 400]
    assert told["update"] == {"success": ["a"], "errors": []}
    assert (told["delete"]["success"], [error["status_code"] for error in told["delete"]["errors"]]) == (["n"], [404])
    assert web.store.variables() == [Variable("a", '{"q": 1}', "D")]


@pytest.mark.parametrize(
    ("role", "method", "status"),
    [(Role.VIEWER, "GET", 403), (Role.USER, "GET", 403), (Role.OP, "GET", 200), (Role.USER, "POST", 403)],
)
def test_who_may(web, role, method, status):
    """Variables are for those who operate, as in Airflow."""
    response = web.client(role).request(method, "/variables", json={"key": "a", "value": "1"})
    assert response.status_code == status
    assert web.store.variables() == []
