"""The api function: Airflow 3's paths, bodies and statuses over real services."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brisa.errors import StorageError, UnavailableError
from brisa.handlers.api import API
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.run import RunKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.ports.store import Create, Put
from tests.handlers.deployment import UNWELCOME, Deployment, answered, request
from tests.support.builders import dag, task

DAY = "2024-01-01T00:00:00Z"
RUN_ID = "manual__2024-01-01T00:00:00+00:00"
RUNS = "/api/v2/dags/d/dagRuns"
RUN = f"{RUNS}/manual__2024-01-01T00:00:00+00:00"


@pytest.fixture
def deployment():
    """A new one."""
    return Deployment()


def get(deployment, path, query="", **more):
    """The answer to GET."""
    return deployment.call(API, request(method="GET", path=path, query=query, **more))


def post(deployment, body, path=RUNS, **more):
    """The answer to POST."""
    return deployment.call(API, request(body, path=path, **more))


def patch(deployment, body, path="/api/v2/dags/d", **more):
    """The answer to PATCH."""
    return deployment.call(API, request(body, method="PATCH", path=path, **more))


def test_triggering_a_run(deployment):
    """A run is made and begun, and the answer is the run as Airflow shows it."""
    response = post(deployment, {"logical_date": DAY, "conf": {"a": [1, None, "ñ"]}})
    assert response.status_code == 200
    assert answered(response) == {
        "dag_run_id": RUN_ID,
        "dag_id": "d",
        "logical_date": DAY,
        "queued_at": "2023-11-14T22:13:20Z",
        "start_date": "2023-11-14T22:13:20Z",
        "end_date": None,
        "duration": None,
        "data_interval_start": DAY,
        "data_interval_end": DAY,
        "run_after": "2023-11-14T22:13:20Z",
        "run_type": "manual",
        "state": "running",
        "triggered_by": "rest_api",
        "conf": {"a": [1, None, "ñ"]},
        "note": None,
        "dag_versions": [],
    }
    assert deployment.site.states(RunKey("d", RUN_ID)) == {"t0": "queued", "t1": "none"}


def test_a_run_and_its_tasks(deployment):
    """A run is followed by asking for it and for its tasks, which come in topological order."""
    post(deployment, {"logical_date": DAY})
    deployment.clock.advance(1)
    deployment.site.work()
    run = answered(get(deployment, RUN))
    assert (run["dag_run_id"], run["state"], run["duration"]) == (RUN_ID, "success", 1.0)
    found = answered(get(deployment, f"{RUN}/taskInstances"))
    assert found["total_entries"] == 2
    assert [one["task_id"] for one in found["task_instances"]] == ["t0", "t1"]
    assert found["task_instances"][0] == {
        "task_id": "t0",
        "dag_id": "d",
        "dag_run_id": RUN_ID,
        "map_index": -1,
        "logical_date": DAY,
        "run_after": "2023-11-14T22:13:20Z",
        "start_date": "2023-11-14T22:13:21Z",
        "end_date": "2023-11-14T22:13:21Z",
        "duration": 0.0,
        "state": "success",
        "try_number": 1,
        "max_tries": 1,
        "operator": "BaseOperator",
    }


def test_tasks_that_nothing_happened_to(deployment):
    """A task that has not been reached has no state, as in Airflow."""
    post(deployment, {"logical_date": DAY})
    tasks = answered(get(deployment, f"{RUN}/taskInstances"))["task_instances"]
    assert [(one["state"], one["try_number"], one["start_date"]) for one in tasks] == [
        ("queued", 1, None),
        (None, 0, None),
    ]


def test_a_run_without_anything(deployment):
    """Without a date the run is of now, and its id says so."""
    run = answered(post(deployment, {}))
    assert (run["dag_run_id"], run["logical_date"]) == (
        "manual__2023-11-14T22:13:20+00:00",
        "2023-11-14T22:13:20Z",
    )


def test_a_run_with_everything(deployment):
    """An id, a date in any zone, an interval and a note may be given; null is as good as nothing."""
    body = {
        "dag_run_id": "by.hand-1",
        "logical_date": "2024-01-01T02:00:00+02:00",
        "data_interval_start": "2023-12-31T00:00:00Z",
        "data_interval_end": "2024-01-01T00:00:00Z",
        "conf": None,
        "note": "again",
    }
    run = answered(post(deployment, body))
    assert (run["dag_run_id"], run["logical_date"], run["conf"]) == ("by.hand-1", DAY, {})
    assert (run["data_interval_start"], run["data_interval_end"]) == ("2023-12-31T00:00:00Z", DAY)
    assert get(deployment, f"{RUNS}/by.hand-1").status_code == 200


def test_pausing_a_dag(deployment):
    """A DAG is paused and unpaused by PATCH, and shown by GET."""
    assert answered(get(deployment, "/api/v2/dags/d"))["is_paused"] is False
    assert answered(patch(deployment, {"is_paused": True}))["is_paused"] is True
    shown = answered(get(deployment, "/api/v2/dags/d"))
    assert (shown["dag_id"], shown["is_paused"], shown["is_stale"]) == ("d", True, False)
    assert post(deployment, {"logical_date": DAY}).status_code == 200
    assert answered(get(deployment, RUN))["state"] == "queued"


def test_unpausing_asks_the_planner_at_once(deployment):
    """Whoever unpauses a DAG does not wait for the next tick; pausing asks nobody."""
    patch(deployment, {"is_paused": True})
    assert deployment.site.queue.depth() == 0
    patch(deployment, {"is_paused": False})
    (chore,) = deployment.site.queue.take(deployment.clock.now(), limit=9, owner="x")
    assert chore.dags == ("d",)


def test_listing_runs(deployment):
    """The runs of a DAG, the latest first, a page at a time; of an unknown one 404."""
    for number in range(3):
        post(deployment, {"dag_run_id": f"r{number}"})
        deployment.clock.advance(1)
    found = answered(get(deployment, RUNS, query="limit=2"))
    assert [one["dag_run_id"] for one in found["dag_runs"]] == ["r2", "r1"]
    assert found["total_entries"] == 3
    assert get(deployment, "/api/v2/dags/unknown/dagRuns").status_code == 404


def test_a_scheduled_dag_is_shown_with_its_next_run(deployment):
    """What is next is shown with the interval that it covers, and what the version knows."""
    hourly = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 * * * *", summary="@hourly")
    spec = replace(dag(task("a"), dag_id="hourly"), schedule=hourly, tags=("x",), owners=("me",), description="Text")
    deployment.store.commit(Put(DagVersion(dag_id="hourly", version="v", spec=spec)))
    deployment.store.commit(Create(Dag(dag_id="hourly", version="v", file="hourly.py")))
    patch(deployment, {"is_paused": False}, "/api/v2/dags/hourly")
    shown = answered(get(deployment, "/api/v2/dags/hourly"))
    assert (shown["timetable_summary"], shown["fileloc"], shown["owners"]) == ("@hourly", "hourly.py", ["me"])
    assert (shown["description"], shown["tags"]) == ("Text", [{"name": "x", "dag_id": "hourly"}])


def test_listing_dags(deployment):
    """Active DAGs are listed by id, a page at a time."""
    for number in range(120):
        deployment.store.commit(Create(Dag(dag_id=f"e{number:03}", version="none", active=number != 5)))
    found = answered(get(deployment, "/api/v2/dags"))
    assert (found["total_entries"], len(found["dags"]), found["dags"][0]["dag_id"]) == (120, 50, "d")
    found = answered(get(deployment, "/api/v2/dags", query="limit=1000&offset=100"))
    assert [one["dag_id"] for one in found["dags"]] == [f"e{number:03}" for number in range(100, 120)]
    assert answered(get(deployment, "/api/v2/dags", query="limit=0"))["dags"] == []


def test_listing_import_errors(deployment):
    """A file that did not load is listed with its traceback."""
    failure = ImportFailure(file="bad.py", message="No module named 'x'", traceback="Traceback …", seen_at=0.0)
    deployment.store.commit(Put(failure))
    found = answered(get(deployment, "/api/v2/importErrors"))
    (error,) = found["import_errors"]
    assert (error.pop("import_error_id") > 0, found["total_entries"]) == (True, 1)
    assert error == {
        "timestamp": "1970-01-01T00:00:00Z",
        "filename": "bad.py",
        "bundle_name": None,
        "stack_trace": "Traceback …",
    }


WRONG_BODIES = {
    "a key of another": ({"dag_run_id": "a", "state": "success"}, 422),
    "date is none": ({"logical_date": "yesterday"}, 422),
    "date without zone": ({"logical_date": "2024-01-01T00:00:00"}, 422),
    "date is a number": ({"logical_date": 1704067200}, 422),
    "date before all": ({"logical_date": "0001-01-01T00:00:00+14:00"}, 422),
    "date of 1899": ({"logical_date": "1899-12-31T23:59:59Z"}, 422),
    "date after all": ({"logical_date": "9999-12-31T23:59:59-14:00"}, 422),
    "half an interval": ({"data_interval_start": DAY}, 422),
    "interval reversed": ({"data_interval_start": DAY, "data_interval_end": "2023-01-01T00:00:00Z"}, 422),
    "interval end is none": ({"data_interval_start": DAY, "data_interval_end": "x"}, 422),
    "id is empty": ({"dag_run_id": ""}, 422),
    "id has a slash": ({"dag_run_id": "a/b"}, 422),
    "id has a line end": ({"dag_run_id": "a\n"}, 422),
    "id is a number": ({"dag_run_id": 3}, 422),
    "id is too long": ({"dag_run_id": "x" * 251}, 422),
    "conf is a list": ({"conf": []}, 422),
    "conf is a text": ({"conf": "{}"}, 422),
    "conf is too large": ({"conf": {"a": "x" * 128 * 1024}}, 422),
    "note is a number": ({"note": 1}, 422),
    "not JSON": (b"{", 400),
    "a list": (b"[]", 400),
    "nothing": (b"", 400),
    "half a character": (b'{"conf": {"a": "\\ud800"}}', 400),
    "a number that is none": (b'{"conf": {"a": Infinity}}', 400),
    "deep": (b'{"conf": ' + b"[" * 500_000, 400),
    "1 MB and more": (b"{" + b" " * (1 << 20), 413),
}


@pytest.mark.parametrize(("body", "status"), WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_runs_that_can_not_be(deployment, body, status):
    """A body that asks for what can't be is refused with a reason, and no run is made."""
    before = deployment.state()
    response = post(deployment, body)
    assert response.status_code == status
    assert answered(response)["detail"]
    assert deployment.state() == before


@pytest.mark.parametrize("date", ["1900-01-01T00:00:00Z", "9000-01-01T00:00:00Z"])
@pytest.mark.parametrize(
    "schedule",
    [
        ScheduleSpec(),
        ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 29 2 *", timezone="Pacific/Kiritimati"),
        ScheduleSpec(kind=ScheduleKind.DELTA, seconds=86400.0 * 365 * 100),
    ],
)
def test_the_first_and_the_last_date(deployment, date, schedule):
    """The dates at the ends of what is accepted make runs with any schedule."""
    spec = replace(dag(task("a"), dag_id="far"), schedule=schedule)
    deployment.store.commit(Put(DagVersion(dag_id="far", version="v", spec=spec)))
    deployment.store.commit(Create(Dag(dag_id="far", version="v", paused=False)))
    assert post(deployment, {"logical_date": date}, "/api/v2/dags/far/dagRuns").status_code == 200


def test_a_run_that_exists(deployment):
    """The same run twice is a conflict, and the first is left alone."""
    post(deployment, {"logical_date": DAY})
    before = deployment.state()
    response = post(deployment, {"logical_date": DAY})
    assert (response.status_code, RUN_ID in answered(response)["detail"]) == (409, True)
    assert post(deployment, {"dag_run_id": RUN_ID}).status_code == 409
    assert deployment.state() == before


def test_params_without_a_value(deployment):
    """A DAG's param that has no default must come in conf."""
    spec = replace(dag(task("a"), dag_id="p"), params={"country": {"schema": {}}})
    deployment.store.commit(Put(DagVersion(dag_id="p", version="v", spec=spec)))
    deployment.store.commit(Create(Dag(dag_id="p", version="v", paused=False)))
    response = post(deployment, {}, "/api/v2/dags/p/dagRuns")
    assert (response.status_code, "country" in answered(response)["detail"]) == (400, True)
    assert post(deployment, {"conf": {"country": "PE"}}, "/api/v2/dags/p/dagRuns").status_code == 200


UNKNOWN = [
    ("GET", "/api/v2/dags/unknown"),
    ("PATCH", "/api/v2/dags/unknown"),
    ("POST", "/api/v2/dags/unknown/dagRuns"),
    ("GET", "/api/v2/dags/unknown/dagRuns/x"),
    ("GET", "/api/v2/dags/d/dagRuns/unknown"),
    ("GET", "/api/v2/dags/d/dagRuns/unknown/taskInstances"),
    ("GET", "/api/v2/dags/" + "x" * 251),
    ("GET", "/api/v2/dags/d/dagRuns/" + "x" * 10_000),
    ("GET", "/api/v2/dags/../dags/d"),
    ("GET", "/api/v2/dags/d%0A"),
    ("GET", "/api/v2/dags/\N{SKULL}"),
    ("GET", "/api/v2"),
    ("GET", "/api/v2//dags"),
    ("GET", "/api/v2/dags/"),
    ("GET", "/api/v1/dags"),
    ("POST", "/"),
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_what_there_is_not(deployment, method, path):
    """A DAG, a run or a path that there is not is 404 with a reason."""
    body = {"is_paused": True} if method == "PATCH" else {}
    before = deployment.state()
    response = deployment.call(API, request(body, method=method, path=path))
    assert response.status_code == 404
    assert answered(response)["detail"]
    assert deployment.state() == before


@pytest.mark.parametrize(
    "body", [{}, {"is_paused": "true"}, {"is_paused": 1}, {"is_paused": None}, {"is_paused": True, "dag_id": "e"}]
)
def test_changes_of_a_dag_that_can_not_be(deployment, body):
    """A DAG is changed by exactly one boolean."""
    before = deployment.state()
    assert patch(deployment, body).status_code == 422
    assert deployment.state() == before


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "limit=1.5", "offset=1e9", "limit=", "offset=9999999999"])
def test_pages_that_can_not_be(deployment, query):
    """A page is asked for in numbers."""
    assert get(deployment, "/api/v2/dags", query=query).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/v2/dags", "GET"),
        ("PATCH", RUNS, "GET, HEAD, POST"),
        ("POST", "/api/v2/dags/d", "DELETE, GET, HEAD, PATCH"),
        ("DELETE", "/api/v2/dags", "GET, HEAD"),
        ("PUT", "/api/v2/dags/d", "DELETE, GET, HEAD, PATCH"),
        ("OPTIONS", "/api/v2/dags/d", "GET, POST, PUT, PATCH, DELETE"),
    ],
)
def test_other_methods(deployment, method, path, allowed):
    """Another method than a path takes is 405, and changes nothing."""
    before = deployment.state()
    response = deployment.call(API, request({}, method=method, path=path))
    assert response.status_code == 405
    assert response.headers["Allow"].replace("GET, HEAD", "GET") == allowed.replace("GET, HEAD", "GET")
    assert deployment.state() == before


EVERYTHING = [
    ("GET", "/api/v2/dags", b""),
    ("GET", "/api/v2/dags/d", b""),
    ("PATCH", "/api/v2/dags/d", {"is_paused": True}),
    ("POST", RUNS, {"logical_date": "2024-02-01T00:00:00Z"}),
    ("GET", RUN, b""),
    ("GET", f"{RUN}/taskInstances", b""),
    ("GET", "/api/v2/importErrors", b""),
    ("GET", "/api/v2/nothing", b""),
]


@pytest.mark.parametrize(("method", "path", "body"), EVERYTHING)
@pytest.mark.parametrize(("token", "status"), UNWELCOME)
def test_who_may_not_call(deployment, method, path, body, token, status):
    """Nobody but the callers of the deployment sees or changes anything."""
    post(deployment, {"logical_date": DAY})
    before = deployment.state()
    response = deployment.call(API, request(body, method=method, path=path, token=token))
    assert response.status_code == status
    assert deployment.state() == before


@pytest.mark.parametrize(
    ("error", "status"), [(UnavailableError("away"), 503), (StorageError("full"), 500), (OSError("a defect"), 500)]
)
def test_failures(deployment, error, status):
    """A store that can't be used is told with the status that fits."""

    class Failing:
        def dags(self):
            raise error

    deployment.store = Failing()
    assert get(deployment, "/api/v2/dags").status_code == status
