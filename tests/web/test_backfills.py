"""Backfills through the API: as Airflow's."""

import pytest

from brisa.model.access import Role
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.work import Chore
from tests.support.builders import dag, task
from tests.web.checked import checked
from tests.web.site import WebSite

RANGE = {"dag_id": "d", "from_date": "2023-10-01T00:00:00Z", "to_date": "2023-10-03T00:00:00Z"}


@pytest.fixture
def web():
    """A new site, whose DAG has daily intervals."""
    return WebSite(dag(task("t0"), schedule=ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")))


def made(web, **more):
    """A backfill that was made through the API."""
    response = web.admin.post("/backfills", json={**RANGE, **more})
    assert response.status_code == 200, response.text
    return response.json()


def test_a_backfill_is_made_looked_at_and_changed(web):
    """The planner is told at once; how far it has come is told beside Airflow's fields."""
    foreseen = checked("DryRunBackfillCollectionResponse", web.admin.post("/backfills/dry_run", json=RANGE))
    assert [one.logical_date.day for one in foreseen.backfills] == [1, 2, 3]
    assert foreseen.total_entries == 3
    assert web.admin.post("/backfills/dry_run", json=RANGE).json()["intervals"] == {"count": 3, "more": False}
    assert web.store.backfills(limit=9) == []
    one = made(web, max_active_runs=2, reprocess_behavior="failed", dag_run_conf={"a": 1})
    assert (one["dag_id"], one["is_paused"], one["max_active_runs"], one["reprocess_behavior"]) == (
        "d",
        False,
        2,
        "failed",
    )
    assert (one["dag_run_conf"], one["state"], one["intervals"]) == ({"a": 1}, "running", {"count": 3, "more": False})
    (chore,) = web.site.queue.take(float("inf"), limit=10, owner="test")
    assert isinstance(chore, Chore)
    assert chore.dags == ("d",)
    path = f"/backfills/{one['id']}"
    assert web.admin.get(path).json() == one
    listed = checked("BackfillCollectionResponse", web.admin.get("/backfills", params={"dag_id": "d"}))
    assert ([found.id for found in listed.backfills], listed.total_entries) == ([one["id"]], 1)
    assert web.admin.get("/backfills", params={"dag_id": "other"}).json() == {"backfills": [], "total_entries": 0}
    assert web.admin.post("/backfills", json=RANGE).status_code == 409
    assert web.admin.put(f"{path}/pause").json()["is_paused"] is True
    assert web.admin.put(f"{path}/unpause").json()["is_paused"] is False
    cancelled = checked("BackfillResponse", web.admin.put(f"{path}/cancel"))
    assert (cancelled.is_paused, cancelled.completed_at is not None) == (True, True)
    for verb in ("cancel", "pause", "unpause"):
        assert web.admin.put(f"{path}/{verb}").status_code == 409


def test_its_runs_run(web):
    """Of all its intervals, as whoever has asked for it."""
    one = made(web)
    web.site.work()
    told = web.admin.get(f"/backfills/{one['id']}").json()
    assert (told["state"], told["runs"]["success"], told["completed_at"] is not None) == ("completed", 3, True)
    assert web.store.backfill(one["id"]).created_by == "admin@example.com"
    again = web.admin.post("/backfills/dry_run", json=RANGE).json()
    assert again == {"backfills": [], "total_entries": 0, "intervals": {"count": 3, "more": False}}
    (entry,) = [entry for entry in web.store.audit_entries("d", limit=9) if entry.event == "create_backfill"]
    assert entry.extra["from_date"] == RANGE["from_date"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**RANGE, "dag_id": "unknown"}, 404),
        ({**RANGE, "dag_id": 1}, 422),
        ({"dag_id": "d", "from_date": "2023-10-01T00:00:00Z"}, 422),
        ({**RANGE, "from_date": "yesterday"}, 422),
        ({**RANGE, "from_date": "0001-01-01T00:00:00Z"}, 422),
        ({**RANGE, "from_date": "2023-10-05T00:00:00Z"}, 422),
        ({**RANGE, "to_date": "9999-12-31T23:59:59-12:00"}, 422),
        ({**RANGE, "max_active_runs": True}, 422),
        ({**RANGE, "max_active_runs": 0}, 422),
        ({**RANGE, "reprocess_behavior": "all"}, 422),
        ({**RANGE, "run_backwards": "yes"}, 422),
        ({**RANGE, "dag_run_conf": []}, 422),
        ({**RANGE, "dag_run_conf": {"a": "x" * 200_000}}, 422),
        ({**RANGE, "surprise": 1}, 422),
        ([], 422),
    ],
)
def test_a_backfill_that_can_not_be_is_refused(web, body, status):
    """With a sentence, and nothing is stored; foreseen it is refused as well."""
    before = [web.store.dags(), web.store.backfills(limit=9)]
    for path in ("/backfills", "/backfills/dry_run"):
        response = web.admin.post(path, json=body)
        assert response.status_code == status, response.text
        assert response.json()["detail"]
    assert [web.store.dags(), web.store.backfills(limit=9)] == before


def test_a_dag_without_intervals_has_none(web):
    """As in Airflow."""
    response = WebSite().admin.post("/backfills", json=RANGE)
    assert (response.status_code, "no intervals" in response.json()["detail"]) == (422, True)


def test_a_very_large_one_has_to_be_confirmed():
    """That is brisa's own: Airflow's clients can't."""
    minutely = ScheduleSpec(kind=ScheduleKind.DELTA, seconds=60.0)
    web = WebSite(dag(task("t0"), schedule=minutely))
    body = {**RANGE, "to_date": "2023-10-30T00:00:00Z"}
    response = web.admin.post("/backfills", json=body)
    assert (response.status_code, "confirm" in response.json()["detail"]) == (422, True)
    assert web.store.backfills(limit=9) == []
    assert web.admin.post("/backfills", json={**body, "confirm": True}).json()["intervals"]["more"] is True


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/backfills/7", 404),
        ("GET", f"/backfills/{10**30}", 404),
        ("GET", "/backfills/x", 422),
        ("GET", "/backfills/-1", 422),
        ("PUT", "/backfills/7/pause", 404),
        ("PUT", "/backfills/7/unpause", 404),
        ("PUT", "/backfills/7/cancel", 404),
        ("GET", "/backfills", 422),
        ("GET", "/backfills?dag_id=d&order_by=dag_id", 400),
    ],
)
def test_what_there_is_not(web, method, path, status):
    """Whatever its number looks like."""
    assert web.admin.request(method, path).status_code == status


def test_they_come_in_order(web):
    """By number, either way round, a page at a time."""
    numbers = []
    for _ in range(3):
        web.clock.advance(1)
        numbers.append(made(web, reprocess_behavior="completed")["id"])
        web.site.work()

    def ids(**params):
        found = web.admin.get("/backfills", params={"dag_id": "d", **params}).json()
        return [one["id"] for one in found["backfills"]], found["total_entries"]

    assert ids() == (numbers, 3)
    assert ids(order_by="-id", limit=1, offset=1) == ([numbers[1]], 3)


def test_who_may(web):
    """A viewer looks, and foresees."""
    viewer = web.client(Role.VIEWER)
    assert viewer.post("/backfills/dry_run", json=RANGE).status_code == 200
    assert viewer.post("/backfills", json=RANGE).status_code == 403
    assert web.store.backfills(limit=9) == []
