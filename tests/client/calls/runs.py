"""DAG runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.client.world import World, bulk, refused, sdk

DAY = datetime(2024, 3, 1, tzinfo=UTC)


def DagRunApi__trigger_dag_run(world: World) -> None:
    body = sdk.TriggerDAGRunPostBody(dag_run_id="a_mano", logical_date=DAY, conf={"region": "sur"}, note="prueba")
    run = world.DagRunApi.trigger_dag_run("ventas", body)
    assert (run.dag_run_id, run.dag_id, run.run_type, run.logical_date) == ("a_mano", "ventas", "manual", DAY)
    assert (run.conf, run.note, run.triggered_by) == ({"region": "sur"}, "prueba", "rest_api")
    assert run.state in ("queued", "running")  # brisa begins at once
    assert world.ended("ventas", "a_mano") == "success"
    assert world.ended("ventas", world.trigger("ventas")) == "success"
    assert world.ended("falla", world.trigger("falla", "de_falla")) == "failed"
    world.kept["falla"] = "de_falla"
    refused(lambda: world.DagRunApi.trigger_dag_run("ventas", body), 409)
    refused(lambda: world.trigger("ventas", "otra", conf={"region": "oeste"}), 400)
    refused(lambda: world.trigger("nada"), 404)


def DagRunApi__get_dag_run(world: World) -> None:
    run = world.DagRunApi.get_dag_run("ventas", "a_mano")
    assert (run.state, run.conf, run.note) == ("success", {"region": "sur"}, "prueba")
    assert run.start_date <= run.end_date
    assert abs((run.end_date - run.start_date).total_seconds() - run.duration) < 0.01
    assert [version.version_number for version in run.dag_versions] == [1]
    assert run.dag_display_name == "ventas"
    refused(lambda: world.DagRunApi.get_dag_run("ventas", "nada"), 404)


def DagRunApi__get_dag_runs(world: World) -> None:
    found = world.DagRunApi.get_dag_runs("ventas")
    assert found.total_entries == 2
    assert world.DagRunApi.get_dag_runs("~").total_entries >= 3
    assert world.DagRunApi.get_dag_runs("ventas", order_by=["run_after"]).dag_runs[0].dag_run_id == "a_mano"
    assert world.DagRunApi.get_dag_runs("ventas", state=["failed"]).total_entries == 0
    assert world.DagRunApi.get_dag_runs("~", state=["failed"]).total_entries == 1
    assert world.DagRunApi.get_dag_runs("ventas", logical_date_lte=DAY).total_entries == 1
    assert world.DagRunApi.get_dag_runs("ventas", run_id_pattern="a_m").total_entries == 1
    assert world.DagRunApi.get_dag_runs("ventas", run_type=["scheduled"]).total_entries == 0
    page = world.DagRunApi.get_dag_runs("ventas", limit=1, offset=1)
    assert (len(page.dag_runs), page.total_entries) == (1, 2)
    refused(lambda: world.DagRunApi.get_dag_runs("nada"), 404)


def DagRunApi__get_list_dag_runs_batch(world: World) -> None:
    found = world.DagRunApi.get_list_dag_runs_batch("~", sdk.DAGRunsBatchBody(dag_ids=["ventas"], states=["success"]))
    assert found.total_entries == 2
    assert {run.dag_id for run in found.dag_runs} == {"ventas"}


def DagRunApi__patch_dag_run(world: World) -> None:
    run = world.DagRunApi.patch_dag_run(
        "ventas", "a_mano", sdk.DAGRunPatchBody(note="otra nota", state="failed"), update_mask=["note"]
    )
    assert (run.note, run.state) == ("otra nota", "success")
    assert world.DagRunApi.patch_dag_run("ventas", "a_mano", sdk.DAGRunPatchBody(state="failed")).state == "failed"
    assert world.DagRunApi.patch_dag_run("ventas", "a_mano", sdk.DAGRunPatchBody(state="success")).state == "success"
    refused(lambda: world.DagRunApi.patch_dag_run("ventas", "nada", sdk.DAGRunPatchBody(note="x")), 404)


def _read(answer: Any) -> Any:
    """What an answer says: the client itself finds two kinds that fit, and takes neither."""
    assert answer.status == 200, answer.data
    return json.loads(answer.data)


def DagRunApi__clear_dag_run(world: World) -> None:
    clear = world.DagRunApi.clear_dag_run_without_preload_content
    assert _read(clear("ventas", "a_mano", sdk.DAGRunClearBody(dry_run=True)))["total_entries"] == 7
    assert world.DagRunApi.get_dag_run("ventas", "a_mano").state == "success"
    assert _read(clear("ventas", "a_mano", sdk.DAGRunClearBody(dry_run=False)))["state"] in ("queued", "running")
    assert world.ended("ventas", "a_mano") == "success"
    assert world.TaskInstanceApi.get_task_instance("ventas", "a_mano", "extraer").try_number == 2
    refused(lambda: world.DagRunApi.clear_dag_run("ventas", "nada", sdk.DAGRunClearBody()), 404)


def DagRunApi__clear_dag_runs(world: World) -> None:
    runs = [sdk.BulkDAGRunBody(dag_run_id="a_mano", dag_id="ventas")]
    body = sdk.BulkDAGRunClearBody(dag_runs=runs, dry_run=True)
    assert _read(world.DagRunApi.clear_dag_runs_without_preload_content("ventas", body))["total_entries"] == 7


def DagRunApi__clear_dag_run_partitions(world: World) -> None:
    body = sdk.ClearPartitionsBody(run_id="a_mano", dry_run=True)
    found = world.DagRunApi.clear_dag_run_partitions("ventas", body)
    assert (found.dag_runs_cleared, found.task_instances_cleared, found.dry_run) == (0, 0, True)  # it has no partition


def DagRunApi__bulk_dag_runs(world: World) -> None:
    run_id = world.trigger("ventas", "sobra")
    world.ended("ventas", run_id)
    note = {"action": "update", "entities": [{"dag_run_id": run_id, "note": "de varias"}]}
    delete = {"action": "delete", "entities": [run_id]}
    told = world.DagRunApi.bulk_dag_runs("ventas", bulk(sdk.BulkBodyBulkDAGRunBody, note, delete))
    assert (len(told.update.success), told.update.errors) == (1, [])
    assert (len(told.delete.success), told.delete.errors) == (1, [])
    refused(lambda: world.DagRunApi.get_dag_run("ventas", run_id), 404)


def DagRunApi__wait_dag_run_until_finished(world: World) -> None:
    run_id = world.trigger("ventas", "esperada")
    found = world.DagRunApi.wait_dag_run_until_finished_without_preload_content("ventas", run_id, 1, ["extraer"])
    lines = [json.loads(line) for line in found.data.decode().splitlines() if line]
    assert lines[-1]["state"] == "success"
    assert lines[-1]["results"]["extraer"] == {"region": "norte", "filas": [1, 2, 3]}
    refused(lambda: world.DagRunApi.wait_dag_run_until_finished("ventas", "nada", 1), 404)


def ExperimentalApi__wait_dag_run_until_finished(world: World) -> None:
    run_id = world.done("ventas")
    found = world.ExperimentalApi.wait_dag_run_until_finished_without_preload_content("ventas", run_id, 1)
    assert json.loads(found.data.decode().splitlines()[-1])["state"] == "success"


def DagStatsApi__get_dag_stats(world: World) -> None:
    (found,) = world.DagStatsApi.get_dag_stats(dag_ids=["falla"]).dags
    assert {one.state.value: one.count for one in found.stats} == {"queued": 0, "running": 0, "success": 0, "failed": 1}
    assert {one.dag_id for one in world.DagStatsApi.get_dag_stats().dags} >= {"falla", "ventas"}  # those with runs


def DagRunApi__delete_dag_run(world: World) -> None:
    run_id = world.trigger("ventas", "para_borrar")
    world.ended("ventas", run_id)
    world.DagRunApi.delete_dag_run("ventas", run_id)
    refused(lambda: world.DagRunApi.get_dag_run("ventas", run_id), 404)
    refused(lambda: world.DagRunApi.delete_dag_run("ventas", run_id), 404)
