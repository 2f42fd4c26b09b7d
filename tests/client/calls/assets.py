"""Assets, their events, and DAGs that wait for them."""

from __future__ import annotations

from tests.client.world import World, refused, sdk


def AssetApi__get_assets(world: World) -> None:
    found = world.AssetApi.get_assets()
    assert {asset.name for asset in found.assets} == {"pedidos", "clientes"}
    assert [asset.uri for asset in world.AssetApi.get_assets(name_pattern="ped").assets] == ["x-almacen://pedidos"]
    world.kept["assets"] = {asset.name: asset.id for asset in found.assets}


def AssetApi__get_asset(world: World) -> None:
    asset = world.AssetApi.get_asset(world.kept["assets"]["pedidos"])
    assert (asset.name, asset.uri, asset.group) == ("pedidos", "x-almacen://pedidos", "almacen")
    assert [(one.dag_id, one.task_id) for one in asset.producing_tasks] == [("productor", "producir")]
    assert [one.dag_id for one in asset.scheduled_dags] == ["consumidor"]
    refused(lambda: world.AssetApi.get_asset(987654), 404)


def AssetApi__get_asset_aliases(world: World) -> None:
    assert world.AssetApi.get_asset_aliases().total_entries == 0


def AssetApi__get_asset_alias(world: World) -> None:
    refused(lambda: world.AssetApi.get_asset_alias(987654), 404)


def AssetApi__create_asset_event(world: World) -> None:
    body = sdk.CreateAssetEventsBody(asset_id=world.kept["assets"]["pedidos"], extra={"filas": 3})
    event = world.AssetApi.create_asset_event(body)
    assert (event.uri, event.extra["filas"]) == ("x-almacen://pedidos", 3)
    refused(lambda: world.AssetApi.create_asset_event(sdk.CreateAssetEventsBody(asset_id=987654)), 404)


def AssetApi__get_asset_events(world: World) -> None:
    found = world.AssetApi.get_asset_events(asset_id=world.kept["assets"]["pedidos"])
    assert found.total_entries == 1
    assert found.asset_events[0].extra["filas"] == 3
    assert world.AssetApi.get_asset_events(source_dag_id="productor").total_entries == 0


def AssetApi__get_asset_queued_events(world: World) -> None:
    found = world.AssetApi.get_asset_queued_events(world.kept["assets"]["pedidos"])
    assert [event.dag_id for event in found.queued_events] == ["consumidor"]
    assert world.AssetApi.get_asset_queued_events(world.kept["assets"]["clientes"]).total_entries == 0


def AssetApi__get_dag_asset_queued_events(world: World) -> None:
    found = world.AssetApi.get_dag_asset_queued_events("consumidor")
    assert [event.asset_id for event in found.queued_events] == [world.kept["assets"]["pedidos"]]
    assert world.AssetApi.get_dag_asset_queued_events("ventas").total_entries == 0


def AssetApi__get_dag_asset_queued_event(world: World) -> None:
    found = world.AssetApi.get_dag_asset_queued_event("consumidor", world.kept["assets"]["pedidos"])
    assert found.dag_id == "consumidor"


def AssetApi__delete_dag_asset_queued_event(world: World) -> None:
    pedidos = world.kept["assets"]["pedidos"]
    world.AssetApi.delete_dag_asset_queued_event("consumidor", pedidos)
    refused(lambda: world.AssetApi.get_dag_asset_queued_event("consumidor", pedidos), 404)


def AssetApi__delete_dag_asset_queued_events(world: World) -> None:
    AssetApi__create_asset_event(world)
    world.AssetApi.delete_dag_asset_queued_events("consumidor")
    assert world.AssetApi.get_dag_asset_queued_events("consumidor").total_entries == 0


def AssetApi__delete_asset_queued_events(world: World) -> None:
    AssetApi__create_asset_event(world)
    world.AssetApi.delete_asset_queued_events(world.kept["assets"]["pedidos"])
    assert world.AssetApi.get_asset_queued_events(world.kept["assets"]["pedidos"]).total_entries == 0


def AssetApi__materialize_asset(world: World) -> None:
    run = world.AssetApi.materialize_asset(world.kept["assets"]["pedidos"])
    assert run.dag_id == "productor"
    assert world.ended("productor", run.dag_run_id) == "success"
    found = world.AssetApi.get_asset_events(source_dag_id="productor")
    assert (found.total_entries, found.asset_events[0].source_task_id) == (1, "producir")
    refused(lambda: world.AssetApi.materialize_asset(world.kept["assets"]["clientes"]), 404)


def DagRunApi__get_upstream_asset_events(world: World) -> None:
    world.AssetApi.create_asset_event(sdk.CreateAssetEventsBody(asset_id=world.kept["assets"]["clientes"]))
    found = world.until(
        lambda: world.DagRunApi.get_dag_runs("consumidor"), lambda found: found.total_entries, "a run for two assets"
    )
    (run,) = found.dag_runs
    assert run.run_type == "asset_triggered"
    events = world.DagRunApi.get_upstream_asset_events("consumidor", run.dag_run_id)
    assert {event.name for event in events.asset_events} == {"pedidos", "clientes"}


def AssetStateStoreApi__set_asset_state_store(world: World) -> None:
    body = sdk.AssetStateStoreBody(value="hasta aquí")
    world.AssetStateStoreApi.set_asset_state_store(
        key="marca", asset_id=world.kept["assets"]["pedidos"], asset_state_store_body=body
    )


def AssetStateStoreApi__get_asset_state_store(world: World) -> None:
    pedidos = world.kept["assets"]["pedidos"]
    found = world.AssetStateStoreApi.get_asset_state_store(key="marca", asset_id=pedidos)
    assert getattr(found.value, "actual_instance", found.value) == "hasta aquí"
    refused(lambda: world.AssetStateStoreApi.get_asset_state_store(key="nada", asset_id=pedidos), 404)


def AssetStateStoreApi__list_asset_state_store(world: World) -> None:
    assert world.AssetStateStoreApi.list_asset_state_store(world.kept["assets"]["pedidos"]).total_entries == 1


def AssetStateStoreApi__delete_asset_state_store(world: World) -> None:
    pedidos = world.kept["assets"]["pedidos"]
    world.AssetStateStoreApi.delete_asset_state_store(key="marca", asset_id=pedidos)
    refused(lambda: world.AssetStateStoreApi.get_asset_state_store(key="marca", asset_id=pedidos), 404)


def AssetStateStoreApi__clear_asset_state_store(world: World) -> None:
    AssetStateStoreApi__set_asset_state_store(world)
    world.AssetStateStoreApi.clear_asset_state_store(world.kept["assets"]["pedidos"])
    assert world.AssetStateStoreApi.list_asset_state_store(world.kept["assets"]["pedidos"]).total_entries == 0
