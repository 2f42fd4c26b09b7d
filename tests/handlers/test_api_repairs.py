"""The api function: backfills, clear, mark, cancel and delete, with Airflow 3's paths, bodies and statuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brisa.handlers.api import API
from brisa.model.run import RunKey
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.model.work import Chore
from brisa.ports.store import Put
from tests.handlers.deployment import Deployment, answered, request

BACKFILLS = "/api/v2/backfills"
DAG = "/api/v2/dags/d"
RANGE = {"dag_id": "d", "from_date": "2023-10-01T00:00:00Z", "to_date": "2023-10-03T00:00:00Z"}


@pytest.fixture
def deployment():
    """A new one, whose DAG has daily intervals."""
    deployment = Deployment()
    daily = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")
    version = deployment.site.version
    deployment.store.commit(Put(replace(version, spec=replace(version.spec, schedule=daily))))
    return deployment


def ask(deployment, method, path, body=b""):
    """Status and answer."""
    response = deployment.call(API, request(body, method=method, path=path))
    return response.status_code, answered(response) if response.data else None


def ran(deployment, *run_ids):
    """Runs that have ended."""
    for run_id in run_ids:
        deployment.site.trigger(run_id=run_id)
    deployment.site.work()


def test_a_backfill_is_made_looked_at_and_changed(deployment):
    """The planner is told at once; how far it has come is told beside Airflow's fields."""
    status, foreseen = ask(deployment, "POST", f"{BACKFILLS}/dry_run", RANGE)
    assert (status, foreseen["total_entries"]) == (200, 3)
    assert [one["logical_date"] for one in foreseen["backfills"]] == [f"2023-10-0{day}T00:00:00Z" for day in (1, 2, 3)]
    status, made = ask(deployment, "POST", BACKFILLS, {**RANGE, "max_active_runs": 2, "reprocess_behavior": "failed"})
    assert status == 200
    assert (made["dag_id"], made["state"], made["max_active_runs"], made["is_paused"]) == ("d", "running", 2, False)
    (chore,) = deployment.queue.take(float("inf"), limit=10, owner="test")
    assert isinstance(chore, Chore)
    assert chore.dags == ("d",)
    one = f"{BACKFILLS}/{made['id']}"
    assert ask(deployment, "GET", one) == (200, made)
    assert ask(deployment, "GET", BACKFILLS) == (200, {"backfills": [made], "total_entries": 1})
    assert ask(deployment, "POST", BACKFILLS, RANGE)[0] == 409
    assert ask(deployment, "PUT", f"{one}/pause")[1]["is_paused"] is True
    assert ask(deployment, "PUT", f"{one}/unpause")[1]["is_paused"] is False
    assert ask(deployment, "PUT", f"{one}/cancel")[1]["state"] == "cancelled"
    assert ask(deployment, "PUT", f"{one}/cancel")[0] == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**RANGE, "dag_id": "unknown"}, 404),
        ({**RANGE, "dag_id": 1}, 422),
        ({"dag_id": "d", "from_date": "2023-10-01T00:00:00Z"}, 422),
        ({**RANGE, "from_date": "yesterday"}, 422),
        ({**RANGE, "from_date": "2023-10-05T00:00:00Z"}, 422),
        ({**RANGE, "max_active_runs": True}, 422),
        ({**RANGE, "max_active_runs": 0}, 422),
        ({**RANGE, "reprocess_behavior": "all"}, 422),
        ({**RANGE, "run_backwards": "yes"}, 422),
        ({**RANGE, "dag_run_conf": []}, 422),
        ({**RANGE, "surprise": 1}, 422),
        ([], 400),
    ],
)
def test_a_backfill_that_can_not_be_is_refused(deployment, body, status):
    """With a sentence, and nothing is stored."""
    before = deployment.state()
    answer = ask(deployment, "POST", BACKFILLS, body)
    assert answer[0] == status
    assert answer[1]["detail"]
    assert deployment.state() == before
    assert deployment.store.backfills(limit=1) == []


@pytest.mark.parametrize("number", ["7", "x", "-1", "9" * 30])
def test_an_unknown_backfill_is_404(deployment, number):
    """Whatever its number looks like."""
    assert ask(deployment, "GET", f"{BACKFILLS}/{number}")[0] == 404
    assert ask(deployment, "PUT", f"{BACKFILLS}/{number}/pause")[0] == 404


def test_task_instances_are_cleared(deployment):
    """Foreseen only, unless dry_run is false; only failed ones, unless that is."""
    ran(deployment, "r")
    clear = f"{DAG}/clearTaskInstances"
    body = {"dag_run_id": "r", "task_ids": ["t0"], "include_downstream": True}
    assert ask(deployment, "POST", clear, body) == (200, {"task_instances": [], "total_entries": 0})
    status, told = ask(deployment, "POST", clear, {**body, "only_failed": False})
    assert (status, [one["task_id"] for one in told["task_instances"]]) == (200, ["t0", "t1"])
    assert deployment.site.run(RunKey("d", "r")).state.value == "success"
    assert ask(deployment, "POST", clear, {**body, "only_failed": False, "dry_run": False})[1] == told
    assert deployment.site.run(RunKey("d", "r")).state.value == "running"
    assert ask(deployment, "POST", clear, {"task_ids": ["x"], "dag_run_id": "r"})[0] == 404
    assert ask(deployment, "POST", clear, {"dag_run_id": "x"})[0] == 404
    assert ask(deployment, "POST", "/api/v2/dags/x/clearTaskInstances", {})[0] == 404
    for task_ids in ([1], [["t0"]], [["t0", "1"]], ["t0", ["t1", 1]], "t0"):
        assert ask(deployment, "POST", clear, {"task_ids": task_ids})[0] == 422
    assert ask(deployment, "POST", clear, {"task_ids": [["t0", 3]], "only_failed": False})[0] == 200


def test_tasks_and_runs_are_marked(deployment):
    """A run marked failed is cancelled; queued clears all of it."""
    run = f"{DAG}/dagRuns/r"
    deployment.site.trigger(run_id="r")
    status, told = ask(deployment, "PATCH", f"{run}/taskInstances/t0", {"new_state": "skipped"})
    assert (status, told["total_entries"]) == (200, 1)
    assert deployment.site.states(RunKey("d", "r"))["t0"] == "skipped"
    assert ask(deployment, "PATCH", f"{run}/taskInstances/t0", {"new_state": "running"})[0] == 422
    assert ask(deployment, "PATCH", f"{run}/taskInstances/x", {"new_state": "failed"})[0] == 404
    assert ask(deployment, "PATCH", run, {"state": "failed"})[1]["state"] == "failed"
    assert ask(deployment, "PATCH", run, {"state": "queued"})[1]["state"] == "running"
    assert ask(deployment, "PATCH", run, {"state": "success"})[1]["state"] == "success"
    assert ask(deployment, "PATCH", run, {"state": "running"})[0] == 422
    assert ask(deployment, "PATCH", run, {})[0] == 422
    assert ask(deployment, "PATCH", f"{DAG}/dagRuns/x", {"state": "failed"})[0] == 404


def test_runs_and_dags_are_deleted(deployment):
    """One that has not ended is 409; the planner removes what belongs to a DAG."""
    ran(deployment, "r")
    deployment.site.trigger(run_id="live")
    assert ask(deployment, "DELETE", f"{DAG}/dagRuns/live")[0] == 409
    assert ask(deployment, "DELETE", DAG)[0] == 409
    assert ask(deployment, "DELETE", f"{DAG}/dagRuns/r") == (204, None)
    assert ask(deployment, "DELETE", f"{DAG}/dagRuns/r")[0] == 404
    ask(deployment, "PATCH", f"{DAG}/dagRuns/live", {"state": "failed"})
    assert ask(deployment, "DELETE", DAG) == (204, None)
    deployment.site.work()
    assert deployment.store.dag("d") is None
    assert ask(deployment, "DELETE", DAG)[0] == 404
