"""One run's states and times, as the console draws them."""

from __future__ import annotations

from dataclasses import replace

from brisa.engine import attempt_key
from brisa.model.run import Attempt, RunKey, TaskInstance
from brisa.model.states import AttemptState, RunState, TaskState
from brisa.ports.store import Create
from brisa.services.task_instances import TaskInstances
from tests.support.builders import dag, task
from tests.web.stored import add_dag, add_run

RUN = "/dags/wide/dagRuns/r"
TASKS = {
    "a": TaskInstance(state=TaskState.SUCCESS, try_number=1, started_at=10.0, ended_at=12.5),
    "m": TaskInstance(state=TaskState.SCHEDULED, length=2),
    "m[0]": TaskInstance(state=TaskState.SUCCESS, try_number=2, started_at=13.0, ended_at=14.0),
    "m[1]": TaskInstance(state=TaskState.QUEUED, try_number=1),
}


def wide(web, **fields):
    """A DAG whose task ``m`` is mapped, and a run of it that has got half way."""
    mapped = replace(task("m", "a"), mapped={"x": [1, 2]})
    add_dag(web, "wide", spec={"tasks": dag(task("a"), mapped, task("z", "m")).tasks})
    return add_run(web, "r", "wide", tasks=TASKS, **{"state": RunState.RUNNING, "started_at": 9.0, **fields})


def attempt(web, run, name, **fields):
    """The attempt that a task instance of ``run`` waits for, or had last."""
    web.store.commit(Create(Attempt(key=attempt_key(run, name, run.task(name)), **fields)))


def test_the_grid_of_one_run(web):
    """Tells each task's state, and of a mapped one how many instances are in which."""
    wide(web)
    answer = web.admin.get(f"{RUN}/grid").json()
    assert [run["dag_run_id"] for run in answer["runs"]] == ["r"]
    assert answer["states"] == {"a": ["success"], "z": ["none"]}
    assert answer["counts"] == {"m": [{"success": 1, "queued": 1}]}


def test_what_a_worker_has_claimed_is_running(web):
    """In the grid of the DAG, too; the states are those that the list of task instances has."""
    run = wide(web)
    attempt(web, run, "m[1]", state=AttemptState.RUNNING, started_at=15.0)
    assert web.admin.get(f"{RUN}/grid").json()["counts"]["m"] == [{"success": 1, "running": 1}]
    assert web.admin.get("/dags/wide/grid").json()["counts"]["m"] == [{"success": 1, "running": 1}]
    service = TaskInstances(web.store, web.runs)
    assert service.states_of([run]) == [{one.key: one.state for one in service.of_runs([run])}]


def test_the_timeline_of_a_run(web):
    """Tells when each began and ended, as the run knows it."""
    wide(web)
    answer = web.admin.get(f"{RUN}/timeline").json()
    assert answer["run"]["state"] == "running"
    assert answer["instances"][0] == {
        "task_id": "a",
        "map_index": -1,
        "state": "success",
        "try_number": 1,
        "start_date": "1970-01-01T00:00:10Z",
        "end_date": "1970-01-01T00:00:12.500000Z",
    }
    assert [(one["task_id"], one["map_index"], one["state"]) for one in answer["instances"][1:]] == [
        ("m", 0, "success"),
        ("m", 1, "queued"),
        ("z", -1, "none"),
    ]


def test_a_run_that_is_not_there(web):
    """It is not found."""
    wide(web)
    for what in ("grid", "timeline"):
        assert web.admin.get(f"/dags/wide/dagRuns/gone/{what}").status_code == 404
        assert web.admin.get(f"/dags/gone/dagRuns/r/{what}").status_code == 404
    assert web.store.run(RunKey("wide", "r")) is not None
