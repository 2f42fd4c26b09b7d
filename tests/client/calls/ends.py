"""What is said of all that was done, and the end of a DAG."""

from __future__ import annotations

import requests

from tests.client.world import World, refused


def EventLogApi__get_event_logs(world: World) -> None:
    found = world.EventLogApi.get_event_logs(event="trigger_dag_run", dag_id="falla")
    assert found.total_entries >= 1
    entry = found.event_logs[0]
    assert (entry.event, entry.dag_id, entry.owner) == ("trigger_dag_run", "falla", "admin")
    assert "secreto" not in str(world.EventLogApi.get_event_logs(limit=100))
    world.kept["entry"] = entry.event_log_id


def EventLogApi__get_event_log(world: World) -> None:
    assert world.EventLogApi.get_event_log(world.kept["entry"]).event == "trigger_dag_run"
    refused(lambda: world.EventLogApi.get_event_log(987654321), 404)


def DAGApi__delete_dag(world: World) -> None:
    run_id = world.trigger("lenta")
    world.task("lenta", run_id, "dormir", "running")
    refused(lambda: world.DAGApi.delete_dag("lenta"), 409)
    world.DAGApi.delete_dag("falla")
    refused(lambda: world.DAGApi.delete_dag("nada"), 404)


def LoginApi__logout(world: World) -> None:
    # Last of all: from here on the token is void.
    headers = {"Authorization": f"Bearer {world.token}"}
    answer = requests.get(f"{world.url}/api/v2/auth/logout", headers=headers, allow_redirects=False, timeout=30)
    assert answer.status_code == 307
    refused(world.DAGApi.get_dags, 401, 403)
