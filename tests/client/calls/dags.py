"""DAGs, their sources and versions, and files that don't load."""

from __future__ import annotations

from tests.client.world import World, refused, sdk

ALL = {"ventas", "falla", "lenta", "diaria", "productor", "consumidor"}


def DAGApi__get_dags(world: World) -> None:
    found = world.until(world.DAGApi.get_dags, lambda found: found.total_entries == 6, "all DAGs")
    assert {dag.dag_id for dag in found.dags} == ALL
    assert [dag.dag_id for dag in world.DAGApi.get_dags(order_by=["-dag_id"], limit=2, offset=1).dags] == [
        "productor",
        "lenta",
    ]
    assert {dag.dag_id for dag in world.DAGApi.get_dags(tags=["fallas", "diario"]).dags} == {"falla", "ventas"}
    assert world.DAGApi.get_dags(tags=["diario", "fallas"], tags_match_mode="all").total_entries == 0
    assert [dag.dag_id for dag in world.DAGApi.get_dags(dag_id_pattern="uct").dags] == ["productor"]
    assert [dag.dag_id for dag in world.DAGApi.get_dags(owners=["ana"]).dags] == ["ventas"]
    assert world.DAGApi.get_dags(paused=False).total_entries == 0
    refused(lambda: world.DAGApi.get_dags(order_by=["color"]), 400)


def DAGApi__get_dag(world: World) -> None:
    dag = world.DAGApi.get_dag("ventas")
    assert (dag.dag_id, dag.dag_display_name, dag.description) == ("ventas", "ventas", "Ventas del día")
    assert (dag.owners, sorted(tag.name for tag in dag.tags)) == (["ana"], ["diario", "ventas"])
    assert (dag.is_paused, dag.is_stale, dag.max_active_runs, dag.max_active_tasks) == (True, False, 16, 16)
    assert dag.fileloc.endswith("ventas.py")
    assert dag.timetable_summary is None
    assert world.DAGApi.get_dag("diaria").timetable_summary == "0 0 * * *"
    assert '"detail"' in refused(lambda: world.DAGApi.get_dag("nada"), 404)


def DAGApi__get_dag_details(world: World) -> None:
    dag = world.DAGApi.get_dag_details("ventas")
    assert dag.doc_md.strip() == "# Ventas"
    assert dag.params["region"]["value"] == "norte"
    assert dag.catchup is False
    assert dag.start_date.year == 2024
    assert dag.latest_dag_version.version_number == 1
    refused(lambda: world.DAGApi.get_dag_details("nada"), 404)


def DAGApi__get_dag_tags(world: World) -> None:
    assert world.DAGApi.get_dag_tags().tags == ["diario", "fallas", "ventas"]
    assert world.DAGApi.get_dag_tags(tag_name_pattern="fa").tags == ["fallas"]


def DAGApi__patch_dag(world: World) -> None:
    assert world.DAGApi.patch_dag("ventas", sdk.DAGPatchBody(is_paused=False)).is_paused is False
    assert world.DAGApi.get_dag("ventas").is_paused is False
    refused(lambda: world.DAGApi.patch_dag("ventas", sdk.DAGPatchBody(is_paused=True), update_mask=["tags"]), 400)
    refused(lambda: world.DAGApi.patch_dag("nada", sdk.DAGPatchBody(is_paused=True)), 404)


def DAGApi__patch_dags(world: World) -> None:
    found = world.DAGApi.patch_dags(sdk.DAGPatchBody(is_paused=False), dag_id_pattern="~")
    assert {dag.dag_id for dag in found.dags} == ALL
    assert world.DAGApi.get_dags(paused=False).total_entries == 6


def DAGApi__favorite_dag(world: World) -> None:
    world.DAGApi.favorite_dag("ventas")
    assert [dag.dag_id for dag in world.DAGApi.get_dags(is_favorite=True).dags] == ["ventas"]
    refused(lambda: world.DAGApi.favorite_dag("nada"), 404)


def DAGApi__unfavorite_dag(world: World) -> None:
    world.DAGApi.unfavorite_dag("ventas")
    assert world.DAGApi.get_dags(is_favorite=True).total_entries == 0
    refused(lambda: world.DAGApi.unfavorite_dag("ventas"), 409)


def DagSourceApi__get_dag_source(world: World) -> None:
    source = world.DagSourceApi.get_dag_source("ventas", accept="application/json")
    assert "la región es" in source.content
    assert (source.dag_id, source.version_number) == ("ventas", 1)
    refused(lambda: world.DagSourceApi.get_dag_source("nada", accept="application/json"), 404)


def DagVersionApi__get_dag_versions(world: World) -> None:
    found = world.DagVersionApi.get_dag_versions("ventas")
    assert (found.total_entries, found.dag_versions[0].version_number) == (1, 1)


def DagVersionApi__get_dag_version(world: World) -> None:
    found = world.DagVersionApi.get_dag_version("ventas", 1)
    assert (found.dag_id, found.version_number) == ("ventas", 1)
    refused(lambda: world.DagVersionApi.get_dag_version("ventas", 99), 404)


def DAGParsingApi__reparse_dag_file(world: World) -> None:
    token = world.DAGApi.get_dag("ventas").file_token
    found = world.DAGParsingApi.reparse_dag_file_without_preload_content(token)
    assert found.status == 201
    refused(lambda: world.DAGParsingApi.reparse_dag_file("garbage"), 404)


def DagWarningApi__list_dag_warnings(world: World) -> None:
    assert world.DagWarningApi.list_dag_warnings(dag_id="ventas").total_entries == 0


def ImportErrorApi__get_import_errors(world: World) -> None:
    found = world.ImportErrorApi.get_import_errors()
    assert found.total_entries == 1
    (error,) = found.import_errors
    assert error.filename.endswith("rota.py")
    assert "este archivo está roto" in error.stack_trace
    world.kept["import error"] = error.import_error_id


def ImportErrorApi__get_import_error(world: World) -> None:
    found = world.ImportErrorApi.get_import_error(world.kept["import error"])
    assert found.filename.endswith("rota.py")
    refused(lambda: world.ImportErrorApi.get_import_error(987654), 404)
