"""Tasks, task instances, their tries and logs."""

from __future__ import annotations

from typing import Any

from tests.client.world import World, bulk, refused, sdk

TASKS = {"extraer", "filas", "transformar", "carga.cargar", "carga.avisar"}
MARK = sdk.PatchTaskInstanceBody


def TaskApi__get_tasks(world: World) -> None:
    found = world.TaskApi.get_tasks("ventas")
    assert {task.task_id for task in found.tasks} == TASKS
    assert found.total_entries == 5
    refused(lambda: world.TaskApi.get_tasks("nada"), 404)


def TaskApi__get_task(world: World) -> None:
    task = world.TaskApi.get_task("ventas", "carga.cargar")
    assert (task.task_id, task.operator_name, task.downstream_task_ids) == (
        "carga.cargar",
        "BashOperator",
        ["carga.avisar"],
    )
    assert (task.owner, task.retries, task.trigger_rule, task.pool) == ("ana", 0, "all_success", "default_pool")
    assert "bash_command" in task.template_fields
    assert world.TaskApi.get_task("ventas", "transformar").is_mapped is True
    refused(lambda: world.TaskApi.get_task("ventas", "nada"), 404)


def TaskInstanceApi__get_task_instance(world: World) -> None:
    task = world.TaskInstanceApi.get_task_instance("ventas", world.done("ventas"), "carga.cargar")
    assert (task.state, task.try_number, task.map_index, task.operator) == ("success", 1, -1, "BashOperator")
    assert task.rendered_fields["bash_command"] == "echo cargando norte"
    assert task.start_date <= task.end_date
    assert (task.pool, task.pool_slots, task.priority_weight) == ("default_pool", 1, 2)
    refused(lambda: world.TaskInstanceApi.get_task_instance("ventas", world.done("ventas"), "nada"), 404)
    refused(lambda: world.TaskInstanceApi.get_task_instance("ventas", world.done("ventas"), "transformar"), 404)


def TaskInstanceApi__get_task_instances(world: World) -> None:
    run_id = world.done("ventas")
    found = world.TaskInstanceApi.get_task_instances("ventas", run_id)
    assert found.total_entries == 7
    assert {task.state.value for task in found.task_instances} == {"success"}
    assert world.TaskInstanceApi.get_task_instances("ventas", run_id, state=["failed"]).total_entries == 0
    assert world.TaskInstanceApi.get_task_instances("ventas", run_id, task_id="transformar").total_entries == 3
    assert world.TaskInstanceApi.get_task_instances("~", "~", state=["failed"]).total_entries == 1
    assert len(world.TaskInstanceApi.get_task_instances("ventas", run_id, limit=2).task_instances) == 2
    refused(lambda: world.TaskInstanceApi.get_task_instances("ventas", "nada"), 404)


def TaskInstanceApi__get_task_instances_batch(world: World) -> None:
    body = sdk.TaskInstancesBatchBody(dag_ids=["falla"], state=["failed", "upstream_failed"])
    found = world.TaskInstanceApi.get_task_instances_batch("~", "~", body)
    assert {(task.task_id, task.state.value) for task in found.task_instances} == {
        ("romper", "failed"),
        ("despues", "upstream_failed"),
    }


def TaskInstanceApi__get_mapped_task_instances(world: World) -> None:
    found = world.TaskInstanceApi.get_mapped_task_instances("ventas", world.done("ventas"), "transformar")
    assert [task.map_index for task in found.task_instances] == [0, 1, 2]
    refused(lambda: world.TaskInstanceApi.get_mapped_task_instances("ventas", world.done("ventas"), "nada"), 404)


def TaskInstanceApi__get_mapped_task_instance(world: World) -> None:
    task = world.TaskInstanceApi.get_mapped_task_instance("ventas", world.done("ventas"), "transformar", 1)
    assert (task.map_index, task.state) == (1, "success")
    refused(
        lambda: world.TaskInstanceApi.get_mapped_task_instance("ventas", world.done("ventas"), "transformar", 9), 404
    )


def TaskInstanceApi__get_task_instance_tries(world: World) -> None:
    found = world.TaskInstanceApi.get_task_instance_tries("falla", "de_falla", "romper")
    assert [(one.try_number, one.state.value) for one in found.task_instances] == [(1, "failed"), (2, "failed")]


def TaskInstanceApi__get_task_instance_try_details(world: World) -> None:
    found = world.TaskInstanceApi.get_task_instance_try_details("falla", "de_falla", "romper", 1)
    assert (found.try_number, found.task_id) == (1, "romper")
    refused(lambda: world.TaskInstanceApi.get_task_instance_try_details("falla", "de_falla", "romper", 7), 404)


def TaskInstanceApi__get_mapped_task_instance_tries(world: World) -> None:
    found = world.TaskInstanceApi.get_mapped_task_instance_tries("ventas", world.done("ventas"), "transformar", 0)
    assert [one.try_number for one in found.task_instances] == [1]


def TaskInstanceApi__get_mapped_task_instance_try_details(world: World) -> None:
    found = world.TaskInstanceApi.get_mapped_task_instance_try_details(
        "ventas", world.done("ventas"), "transformar", 1, 0
    )
    assert (found.try_number, found.map_index) == (1, 0)


def TaskInstanceApi__get_task_instance_dependencies(world: World) -> None:
    found = world.TaskInstanceApi.get_task_instance_dependencies("falla", "de_falla", "despues")
    assert found.dependencies is not None
    refused(lambda: world.TaskInstanceApi.get_task_instance_dependencies("falla", "de_falla", "nada"), 404)


def TaskInstanceApi__get_task_instance_dependencies_by_map_index(world: World) -> None:
    found = world.TaskInstanceApi.get_task_instance_dependencies_by_map_index(
        "ventas", world.done("ventas"), "transformar", 0
    )
    assert found.dependencies is not None


def TaskInstanceApi__get_log(world: World) -> None:
    run_id = world.done("ventas")
    found = world.TaskInstanceApi.get_log("ventas", run_id, "extraer", 1, accept="application/json")
    events = [line.actual_instance if hasattr(line, "actual_instance") else line for line in _lines(found)]
    assert any("la región es norte" in str(event) for event in events)
    text = world.TaskInstanceApi.get_log_without_preload_content(
        "ventas", run_id, "transformar", 1, map_index=2, accept="application/x-ndjson"
    )
    assert text.status == 200
    failed = world.TaskInstanceApi.get_log("falla", "de_falla", "romper", 2, accept="application/json")
    assert any("se rompió" in str(line) for line in _lines(failed))
    refused(lambda: world.TaskInstanceApi.get_log("ventas", run_id, "nada", 1, accept="application/json"), 404)


def _lines(found: Any) -> list[object]:
    content = found.content.actual_instance
    return list(content)


def TaskInstanceApi__get_external_log_url(world: World) -> None:
    refused(lambda: world.TaskInstanceApi.get_external_log_url("ventas", world.done("ventas"), "extraer", 1), 400)


def TaskInstanceApi__get_extra_links(world: World) -> None:
    assert world.TaskInstanceApi.get_extra_links("ventas", world.done("ventas"), "extraer").total_entries == 0


def ExtraLinksApi__get_extra_links(world: World) -> None:
    assert world.ExtraLinksApi.get_extra_links("ventas", world.done("ventas"), "extraer").total_entries == 0
    refused(lambda: world.ExtraLinksApi.get_extra_links("ventas", world.done("ventas"), "nada"), 404)


def TaskInstanceApi__patch_task_instance_dry_run(world: World) -> None:
    found = world.TaskInstanceApi.patch_task_instance_dry_run(
        "falla", "de_falla", "romper", MARK(new_state="success", include_downstream=True)
    )
    assert "romper" in {task.task_id for task in found.task_instances}
    assert world.TaskInstanceApi.get_task_instance("falla", "de_falla", "romper").state == "failed"


def TaskInstanceApi__patch_task_instance(world: World) -> None:
    found = world.TaskInstanceApi.patch_task_instance("falla", "de_falla", "romper", MARK(new_state="success"))
    assert [(task.task_id, task.state.value) for task in found.task_instances] == [("romper", "success")]
    noted = world.TaskInstanceApi.patch_task_instance("falla", "de_falla", "romper", MARK(note="visto"))
    assert noted.task_instances[0].note == "visto"
    refused(
        lambda: world.TaskInstanceApi.patch_task_instance("falla", "de_falla", "nada", MARK(new_state="success")), 404
    )


def TaskInstanceApi__patch_task_instance_by_map_index(world: World) -> None:
    run_id = world.done("ventas")
    found = world.TaskInstanceApi.patch_task_instance_by_map_index("ventas", run_id, "transformar", 1, MARK(note="uno"))
    assert [(task.map_index, task.note) for task in found.task_instances] == [(1, "uno")]


def TaskInstanceApi__patch_task_instance_dry_run_by_map_index(world: World) -> None:
    found = world.TaskInstanceApi.patch_task_instance_dry_run_by_map_index(
        "ventas", world.done("ventas"), "transformar", 1, MARK(new_state="failed")
    )
    assert [task.map_index for task in found.task_instances] == [1]


def TaskInstanceApi__patch_task_group_instances_dry_run(world: World) -> None:
    found = world.TaskInstanceApi.patch_task_group_instances_dry_run(
        "ventas", world.done("ventas"), "carga", MARK(new_state="failed")
    )
    assert {task.task_id for task in found.task_instances} == {"carga.cargar", "carga.avisar"}


def TaskInstanceApi__patch_task_group_instances(world: World) -> None:
    run_id = world.trigger("ventas", "de_grupo")
    world.ended("ventas", run_id)
    found = world.TaskInstanceApi.patch_task_group_instances("ventas", run_id, "carga", MARK(new_state="failed"))
    assert {(task.task_id, task.state.value) for task in found.task_instances} == {
        ("carga.cargar", "failed"),
        ("carga.avisar", "failed"),
    }


def TaskInstanceApi__post_clear_task_instances(world: World) -> None:
    body = {"dag_run_id": "de_grupo", "task_ids": ["carga.cargar"], "only_failed": False, "include_downstream": True}
    asked = sdk.ClearTaskInstancesBody.from_dict(body)
    found = world.TaskInstanceApi.post_clear_task_instances("ventas", asked)
    assert {task.task_id for task in found.task_instances} == {"carga.cargar", "carga.avisar"}  # a rehearsal
    asked = sdk.ClearTaskInstancesBody.from_dict({**body, "dry_run": False})
    world.TaskInstanceApi.post_clear_task_instances("ventas", asked)
    assert world.ended("ventas", "de_grupo") == "success"
    assert world.TaskInstanceApi.get_task_instance("ventas", "de_grupo", "carga.cargar").try_number == 2
    refused(lambda: world.TaskInstanceApi.post_clear_task_instances("nada", sdk.ClearTaskInstancesBody()), 404)


def TaskInstanceApi__bulk_task_instances(world: World) -> None:
    one = {"task_id": "extraer", "new_state": "failed", "dag_id": "ventas", "dag_run_id": "de_grupo"}
    body = bulk(sdk.BulkBodyBulkTaskInstanceBody, {"action": "update", "entities": [one]})
    told = world.TaskInstanceApi.bulk_task_instances("ventas", "de_grupo", body).update
    assert (len(told.success), told.errors) == (1, [])
    assert world.TaskInstanceApi.get_task_instance("ventas", "de_grupo", "extraer").state == "failed"


def TaskInstanceApi__get_hitl_details(world: World) -> None:
    assert world.TaskInstanceApi.get_hitl_details("~", "~").total_entries == 0


def TaskInstanceApi__get_hitl_detail(world: World) -> None:
    refused(lambda: world.TaskInstanceApi.get_hitl_detail("ventas", world.done("ventas"), "extraer", -1), 404)


def TaskInstanceApi__get_hitl_detail_try_detail(world: World) -> None:
    refused(
        lambda: world.TaskInstanceApi.get_hitl_detail_try_detail("ventas", world.done("ventas"), "extraer", -1, 1), 404
    )


def TaskInstanceApi__update_hitl_detail(world: World) -> None:
    payload = sdk.UpdateHITLDetailPayload(chosen_options=["sí"])
    refused(
        lambda: world.TaskInstanceApi.update_hitl_detail("ventas", world.done("ventas"), "extraer", -1, payload), 404
    )


def TaskInstanceApi__delete_task_instance(world: World) -> None:
    run_id = world.trigger("ventas", "a_pedazos")
    world.ended("ventas", run_id)
    world.TaskInstanceApi.delete_task_instance("ventas", run_id, "carga.avisar")
    refused(lambda: world.TaskInstanceApi.get_task_instance("ventas", run_id, "carga.avisar"), 404)
    refused(lambda: world.TaskInstanceApi.delete_task_instance("ventas", run_id, "nada"), 404)


def _of(world: World, **more: object) -> dict[str, object]:
    return {"dag_id": "ventas", "dag_run_id": world.done("ventas"), "task_id": "extraer", **more}


def _kept(world: World, key: str) -> object:
    found = world.TaskStateStoreApi.get_task_state_store(**_of(world, key=key))
    return getattr(found.value, "actual_instance", found.value)


def TaskStateStoreApi__set_task_state_store(world: World) -> None:
    body = sdk.TaskStateStoreBody(value={"hasta": 3})
    world.TaskStateStoreApi.set_task_state_store(**_of(world, key="marca", task_state_store_body=body))


def TaskStateStoreApi__get_task_state_store(world: World) -> None:
    assert _kept(world, "marca") == {"hasta": 3}
    refused(lambda: _kept(world, "nada"), 404)


def TaskStateStoreApi__list_task_state_store(world: World) -> None:
    assert world.TaskStateStoreApi.list_task_state_store(**_of(world)).total_entries == 1


def TaskStateStoreApi__patch_task_state_store(world: World) -> None:
    body = sdk.TaskStateStorePatchBody(value={"hasta": 4})
    world.TaskStateStoreApi.patch_task_state_store(**_of(world, key="marca", task_state_store_patch_body=body))
    assert _kept(world, "marca") == {"hasta": 4}


def TaskStateStoreApi__delete_task_state_store(world: World) -> None:
    world.TaskStateStoreApi.delete_task_state_store(**_of(world, key="marca"))
    refused(lambda: _kept(world, "marca"), 404)


def TaskStateStoreApi__clear_task_state_store(world: World) -> None:
    TaskStateStoreApi__set_task_state_store(world)
    world.TaskStateStoreApi.clear_task_state_store(**_of(world))
    assert world.TaskStateStoreApi.list_task_state_store(**_of(world)).total_entries == 0
