"""What nobody should send, sent to every operation of the API: the right status, a problem for a body, and nothing
changed. What each operation refuses beyond that is in the tests of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from tests.web.application import application
from tests.web.auth_site import AuthSite
from tests.web.seeded_site import DONE, UNDER_WAY, Contents, contents, known, seeded


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the OpenAPI document has it."""

    method: str
    path: str
    told: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, ids: Mapping[str, Any]) -> str:
        """Its path with an id in each place."""
        return re.sub(r"\{(\w+)\}", lambda place: str(ids[place[1]]), self.path)

    def queried(self, **like: Any) -> list[str]:
        """The parameters of its query whose schema, or one of its schemas, has all of ``like``."""
        parameters = [one for one in self.told.get("parameters", ()) if one["in"] == "query"]
        return [one["name"] for one in parameters if any(like.items() <= kind.items() for kind in kinds(one["schema"]))]

    @property
    def takes_json(self) -> bool:
        """Whether it has a body."""
        return "application/json" in self.told.get("requestBody", {}).get("content", {})


def kinds(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A schema, and those that it may be instead."""
    return [schema, *schema.get("anyOf", ())]


def operations() -> Iterator[Operation]:
    """All there are."""
    for path, methods in application().openapi()["paths"].items():
        for method, told in methods.items():
            yield Operation(method.upper(), path, told)


ALL = list(operations())
WITH_BODY = [one for one in ALL if one.takes_json]
WITH_PLACE = [one for one in ALL if "{" in one.path]
LIMITED = [one for one in ALL if "limit" in one.queried()]
PAGED = [one for one in LIMITED if "offset" in one.queried()]
DATED = [one for one in ALL if one.queried(format="date-time")]


@pytest.fixture(scope="module")
def web() -> AuthSite:
    """A home with some of everything."""
    found = seeded()
    found.blobs.put("secret.key", b"s3cret")
    return found


@pytest.fixture(scope="module")
def ids(web: AuthSite) -> Mapping[str, Any]:
    """A path's parameter → one that there is."""
    return {name: values[0] for name, values in known(web).items()}


@pytest.fixture
def before(web: AuthSite) -> Iterator[Contents]:
    """All that the home keeps, which is the same after the test."""
    found = contents(web)
    yield found
    assert contents(web) == found


def refused(response: Any, *statuses: int) -> None:
    """A problem of one of these statuses, or of any that blames who asked."""
    assert response.status_code in (statuses or range(400, 500)), (response.status_code, response.text[:300])
    assert response.headers["content-type"] == "application/json"
    assert response.json()["detail"]
    assert "Traceback" not in response.text
    assert "s3cret" not in response.text


def test_there_is_something_to_send_it_to() -> None:
    """The lists that the tests go through are not empty by a slip of theirs."""
    assert (len(ALL) > 130, len(WITH_BODY) > 30, len(WITH_PLACE) > 90) == (True, True, True)
    assert (len(PAGED) > 20, len(DATED) > 5) == (True, True)


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "no UTF-8": b'{"a": "\xff"}',
    "half a character": b'{"a": "\\ud800"}',
    "no number": b'{"a": NaN}',
    "deep": b'{"a": ' + b"[" * 200_000,
    "an unknown field": b'{"no_such_field": 1}',
    "a field of the class": b'{"__class__": {"__init__": {}}}',
}
OPTIONAL = {"nothing", "null"}
"""What an operation may take whose body may be left out."""


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_bodies_that_are_none(operation: Operation, web: AuthSite, ids: Mapping[str, Any], before: Contents) -> None:
    """Wherever there is a body: what is no JSON, none that can be, or has a field that nobody knows."""
    admin, address = web.user("admin"), operation.address(ids)
    headers = {"Content-Type": "application/json"}
    for name, body in BODIES.items():
        if name in OPTIONAL and not operation.told["requestBody"].get("required"):
            continue
        refused(admin.request(operation.method, address, content=body, headers=headers), 400, 422)


@pytest.mark.parametrize("operation", ALL, ids=str)
def test_ten_megabytes(operation: Operation, web: AuthSite, ids: Mapping[str, Any], before: Contents) -> None:
    """Are refused before anything is looked at, also where no body is expected."""
    body = b'{"conf": {"a": "' + b"x" * 10_000_000 + b'"}}'
    headers = {"Content-Type": "application/json"}
    response = web.user("admin").request(operation.method, operation.address(ids), content=body, headers=headers)
    refused(response, 413)


TRICKS = (
    "%2e%2e",
    "..%2F..%2F..%2Fetc%2Fpasswd",
    "..%5C..%5Csecret.key",
    "%252e%252e%252Fsecret.key",
    "%00",
    "%0A",
    "%FF",
    "x" * 3000,
)
"""Up, quoted twice, with NUL and line ends, no text at all, and long."""


@pytest.mark.parametrize("operation", WITH_PLACE, ids=str)
def test_ids_that_lead_elsewhere(operation: Operation, web: AuthSite, ids: Mapping[str, Any], before: Contents) -> None:
    """In each place of each path, log names among them: nothing is found there, whatever is asked to be done."""
    admin = web.user("admin")
    body: dict[str, Any] | None = {} if operation.takes_json else None
    for place, trick in product(re.findall(r"\{(\w+)\}", operation.path), TRICKS):
        if (place, operation.method) == ("key", "DELETE"):
            continue  # any text may be a key, and to remove one that there is not is no mistake, as in Airflow
        response = admin.request(operation.method, operation.address({**ids, place: trick}), json=body)
        if response.status_code == 200:
            assert [value for value in response.json().values() if value] == []  # a list of nothing
        else:
            refused(response)


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_huge_pages(operation: Operation, web: AuthSite, ids: Mapping[str, Any], before: Contents) -> None:
    """A page has a hundred entries at most, however many are asked for; one beyond the last is empty."""
    admin, address = web.user("admin"), operation.address({**ids, "task_id": "m"})  # of which there may be a list
    needed = {name: "d" for name in operation.queried() if name == "dag_id"}
    for limit, offset in ((10**9, 0), (10**30, 0), (1, 10**18), (10**30, 10**30)):
        response = admin.request(operation.method, address, params={**needed, "limit": limit, "offset": offset})
        if operation.method == "GET":
            assert response.status_code == 200, response.text
            (listed,) = [value for value in response.json().values() if isinstance(value, list)]
            assert len(listed) <= (0 if offset else 100)
        else:
            refused(response)


@pytest.mark.parametrize("operation", LIMITED, ids=str)
def test_limits_that_are_none(operation: Operation, web: AuthSite, ids: Mapping[str, Any], before: Contents) -> None:
    """Below nothing, no numbers, or too large to be one; without pages, more than there may be at once."""
    admin, address = web.user("admin"), operation.address(ids)
    for limit in ("-1", "x", "1e3", "", "9" * 5000, *(() if operation in PAGED else ("1000000",))):
        refused(admin.request(operation.method, address, params={"limit": limit}), 422)


DATES = ["yesterday", "2024-02-30T00:00:00Z", "", "99999-01-01T00:00:00Z"]


@pytest.mark.parametrize("operation", DATED, ids=str)
def test_dates_that_are_none(operation: Operation, web: AuthSite, ids: Mapping[str, Any], before: Contents) -> None:
    """In each parameter that is a date."""
    admin, address = web.user("admin"), operation.address(ids)
    for name in operation.queried(format="date-time"):
        for date in DATES:
            refused(admin.request(operation.method, address, params={name: date}), 400, 422)


CONFLICTS: Mapping[str, tuple[str, str, Any]] = {
    "a run id that there is": ("POST", "dags/d/dagRuns", {"dag_run_id": DONE, "logical_date": None}),
    "the id of a run that is under way": ("POST", "dags/d/dagRuns", {"dag_run_id": UNDER_WAY, "logical_date": None}),
    "a date that has its run": ("POST", "dags/d/dagRuns", {"dag_run_id": "x", "logical_date": "2024-01-02T00:00:00Z"}),
    "deletion of a DAG that runs": ("DELETE", "dags/d", None),
    "deletion of a run that is under way": ("DELETE", f"dags/d/dagRuns/{UNDER_WAY}", None),
    "a Variable that there is": ("POST", "variables", {"key": "v", "value": "2"}),
    "a connection that there is": ("POST", "connections", {"connection_id": "c", "conn_type": "http"}),
    "a pool that there is": ("POST", "pools", {"name": "p", "slots": 1}),
    "a second backfill": (
        "POST",
        "backfills",
        {"dag_id": "other", "from_date": "2023-10-01T00:00:00Z", "to_date": "2023-10-02T00:00:00Z"},
    ),
}


@pytest.mark.parametrize(("method", "path", "body"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_is_in_the_way(method: str, path: str, body: Any, web: AuthSite, before: Contents) -> None:
    """409, and what there was is as it was."""
    sent = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    refused(web.user("admin").request(method, f"/api/v2/{path}", content=sent, headers=headers), 409)
