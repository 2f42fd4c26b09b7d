"""Variables, Connections, pools."""

from __future__ import annotations

from tests.client.world import World, bulk, refused, sdk


def VariableApi__post_variable(world: World) -> None:
    made = world.VariableApi.post_variable(sdk.VariableBody(key="ciudad", value="Bogotá", description="sede"))
    assert (made.key, made.value, made.description) == ("ciudad", "Bogotá", "sede")
    refused(lambda: world.VariableApi.post_variable(sdk.VariableBody(key="ciudad", value="Cali")), 409)


def VariableApi__get_variable(world: World) -> None:
    assert world.VariableApi.get_variable("ciudad").value == "Bogotá"
    refused(lambda: world.VariableApi.get_variable("nada"), 404)


def VariableApi__get_variables(world: World) -> None:
    assert [one.key for one in world.VariableApi.get_variables(variable_key_pattern="ciu").variables] == ["ciudad"]
    refused(lambda: world.VariableApi.get_variables(order_by=["color"]), 400)


def VariableApi__patch_variable(world: World) -> None:
    body = sdk.VariableBody(key="ciudad", value="Cali", description="otra")
    changed = world.VariableApi.patch_variable("ciudad", body, update_mask=["value"])
    assert (changed.value, changed.description) == ("Cali", "sede")
    refused(lambda: world.VariableApi.patch_variable("nada", sdk.VariableBody(key="nada", value="x")), 404)
    refused(lambda: world.VariableApi.patch_variable("ciudad", sdk.VariableBody(key="nada", value="x")), 400)


def VariableApi__bulk_variables(world: World) -> None:
    entities = [{"key": "a", "value": "1"}, {"key": "b", "value": {"c": 2}}]
    told = world.VariableApi.bulk_variables(
        bulk(
            sdk.BulkBodyVariableBody,
            {"action": "create", "entities": entities},
            {"action": "delete", "entities": ["a", "b", "nada"], "action_on_non_existence": "skip"},
        )
    )
    assert (sorted(told.create.success), sorted(told.delete.success)) == (["a", "b"], ["a", "b"])


def VariableApi__delete_variable(world: World) -> None:
    world.VariableApi.delete_variable("ciudad")
    refused(lambda: world.VariableApi.delete_variable("ciudad"), 404)


def _connection(connection_id: str = "almacen", **more: object) -> object:
    return sdk.ConnectionBody(connection_id=connection_id, conn_type="postgres", **more)


def ConnectionApi__post_connection(world: World) -> None:
    body = _connection(
        host="bd.ejemplo", login="ana", password="secreto", port=5432, schema="ventas", extra='{"sslmode": "require"}'
    )
    made = world.ConnectionApi.post_connection(body)
    assert (made.connection_id, made.conn_type, made.host, made.login) == ("almacen", "postgres", "bd.ejemplo", "ana")
    assert (made.port, made.var_schema) == (5432, "ventas")
    assert made.password != "secreto"
    refused(lambda: world.ConnectionApi.post_connection(body), 409)


def ConnectionApi__get_connection(world: World) -> None:
    found = world.ConnectionApi.get_connection("almacen")
    assert (found.host, found.password) == ("bd.ejemplo", "***")
    assert "require" in found.extra
    refused(lambda: world.ConnectionApi.get_connection("nada"), 404)


def ConnectionApi__get_connections(world: World) -> None:
    found = world.ConnectionApi.get_connections(connection_id_pattern="alma")
    assert [one.connection_id for one in found.connections] == ["almacen"]


def ConnectionApi__patch_connection(world: World) -> None:
    changed = world.ConnectionApi.patch_connection("almacen", _connection(host="otro"), update_mask=["host"])
    assert (changed.host, changed.login) == ("otro", "ana")
    refused(lambda: world.ConnectionApi.patch_connection("nada", _connection("nada")), 404)


def ConnectionApi__test_connection(world: World) -> None:
    refused(lambda: world.ConnectionApi.test_connection(_connection()), 403)  # as long as nobody has allowed it


def ConnectionApi__enqueue_connection_test(world: World) -> None:
    body = sdk.ConnectionTestRequestBody(connection_id="almacen", conn_type="postgres")
    refused(lambda: world.ConnectionApi.enqueue_connection_test(body), 403)


def ConnectionApi__get_connection_test(world: World) -> None:
    refused(lambda: world.ConnectionApi.get_connection_test("garbage"), 404)


def ConnectionApi__create_default_connections(world: World) -> None:
    world.ConnectionApi.create_default_connections()
    assert world.ConnectionApi.get_connection("google_cloud_default").conn_type == "google_cloud_platform"


def ConnectionApi__bulk_connections(world: World) -> None:
    entities = [{"connection_id": name, "conn_type": "http"} for name in ("una", "otra")]
    told = world.ConnectionApi.bulk_connections(
        bulk(
            sdk.BulkBodyConnectionBody,
            {"action": "create", "entities": entities},
            {"action": "delete", "entities": ["una", "otra"]},
        )
    )
    assert sorted(told.create.success) == sorted(told.delete.success) == ["otra", "una"]


def ConnectionApi__delete_connection(world: World) -> None:
    world.ConnectionApi.delete_connection("almacen")
    refused(lambda: world.ConnectionApi.delete_connection("almacen"), 404)


def PoolApi__post_pool(world: World) -> None:
    made = world.PoolApi.post_pool(sdk.PoolBody(name="informes", slots=3, description="Informes"))
    assert (made.name, made.slots, made.open_slots, made.occupied_slots) == ("informes", 3, 3, 0)
    refused(lambda: world.PoolApi.post_pool(sdk.PoolBody(name="informes", slots=3)), 409)


def PoolApi__get_pool(world: World) -> None:
    assert world.PoolApi.get_pool("informes").slots == 3
    refused(lambda: world.PoolApi.get_pool("nada"), 404)


def PoolApi__get_pools(world: World) -> None:
    assert {pool.name for pool in world.PoolApi.get_pools().pools} == {"default_pool", "informes"}


def PoolApi__patch_pool(world: World) -> None:
    changed = world.PoolApi.patch_pool(
        "informes", sdk.PoolPatchBody(pool="informes", slots=5, include_deferred=True), update_mask=["slots"]
    )
    assert (changed.slots, changed.description, changed.include_deferred) == (5, "Informes", False)
    refused(lambda: world.PoolApi.patch_pool("nada", sdk.PoolPatchBody(slots=5), update_mask=["slots"]), 404)


def PoolApi__bulk_pools(world: World) -> None:
    told = world.PoolApi.bulk_pools(
        bulk(
            sdk.BulkBodyPoolBody,
            {"action": "create", "entities": [{"name": "a", "slots": 1}]},
            {"action": "create", "entities": [{"name": "a", "slots": 1}]},
            {"action": "delete", "entities": ["a"]},
        )
    )
    assert (told.create.success, told.delete.success) == (["a"], ["a"])
    assert [error["status_code"] for error in told.create.errors] == [409]


def PoolApi__delete_pool(world: World) -> None:
    world.PoolApi.delete_pool("informes")
    refused(lambda: world.PoolApi.delete_pool("informes"), 404)
    refused(lambda: world.PoolApi.delete_pool("default_pool"), 400)
