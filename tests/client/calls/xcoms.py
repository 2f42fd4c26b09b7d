"""XComs."""

from __future__ import annotations

from tests.client.world import World, refused, sdk


def XComApi__get_xcom_entries(world: World) -> None:
    run_id = world.done("ventas")
    found = world.XComApi.get_xcom_entries("ventas", run_id, "extraer")
    assert [(one.key, one.map_index) for one in found.xcom_entries] == [("return_value", -1)]
    assert world.XComApi.get_xcom_entries("ventas", run_id, "transformar", map_index=2).total_entries == 1
    assert world.XComApi.get_xcom_entries("~", "~", "~", xcom_key="nada").total_entries == 0


def XComApi__get_xcom_entry(world: World) -> None:
    run_id = world.done("ventas")
    found = world.XComApi.get_xcom_entry("ventas", "extraer", run_id, "return_value").actual_instance
    assert found.value == {"region": "norte", "filas": [1, 2, 3]}
    mapped = world.XComApi.get_xcom_entry("ventas", "transformar", run_id, "return_value", map_index=1)
    assert mapped.actual_instance.value == 20
    text = world.XComApi.get_xcom_entry("ventas", "extraer", run_id, "return_value", stringify=True).actual_instance
    assert "norte" in text.value
    assert isinstance(text.value, str)
    refused(lambda: world.XComApi.get_xcom_entry("ventas", "extraer", run_id, "nada"), 404)


def XComApi__create_xcom_entry(world: World) -> None:
    run_id = world.done("ventas")
    body = sdk.XComCreateBody(key="corrección", value={"a": [1]})
    assert world.XComApi.create_xcom_entry("ventas", "extraer", run_id, body).key == "corrección"
    found = world.XComApi.get_xcom_entry("ventas", "extraer", run_id, "corrección").actual_instance
    assert found.value == {"a": [1]}
    refused(lambda: world.XComApi.create_xcom_entry("ventas", "extraer", run_id, body), 409)
    refused(lambda: world.XComApi.create_xcom_entry("ventas", "nada", run_id, body), 404)


def XComApi__update_xcom_entry(world: World) -> None:
    run_id = world.done("ventas")
    world.XComApi.update_xcom_entry("ventas", "extraer", run_id, "corrección", sdk.XComUpdateBody(value="b"))
    found = world.XComApi.get_xcom_entry("ventas", "extraer", run_id, "corrección").actual_instance
    assert found.value == "b"
    refused(
        lambda: world.XComApi.update_xcom_entry("ventas", "extraer", run_id, "nada", sdk.XComUpdateBody(value="b")), 404
    )


def XComApi__delete_xcom_entry(world: World) -> None:
    run_id = world.done("ventas")
    world.XComApi.delete_xcom_entry("ventas", "extraer", run_id, "corrección")
    refused(lambda: world.XComApi.get_xcom_entry("ventas", "extraer", run_id, "corrección"), 404)
    refused(lambda: world.XComApi.delete_xcom_entry("ventas", "extraer", run_id, "corrección"), 404)
