"""Backfills."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.client.world import World, refused, sdk

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)


def _asked(dag_id: str = "diaria", last: datetime = LAST) -> object:
    return sdk.BackfillPostBody(dag_id=dag_id, from_date=FIRST, to_date=last, max_active_runs=1)


def BackfillApi__create_backfill_dry_run(world: World) -> None:
    found = world.BackfillApi.create_backfill_dry_run(_asked())
    assert found.total_entries == 3
    assert found.backfills[0].logical_date == FIRST
    refused(lambda: world.BackfillApi.create_backfill_dry_run(_asked("nada")), 404)


def BackfillApi__create_backfill(world: World) -> None:
    made = world.BackfillApi.create_backfill(_asked())
    assert (made.dag_id, made.from_date, made.to_date, made.is_paused) == ("diaria", FIRST, LAST, False)
    world.kept["backfill"] = made.id
    world.until(
        lambda: world.BackfillApi.get_backfill(made.id), lambda found: found.completed_at, "the backfill to complete"
    )
    runs = world.DagRunApi.get_dag_runs("diaria", run_type=["backfill"])
    assert [run.state.value for run in runs.dag_runs] == ["success"] * 3
    refused(lambda: world.BackfillApi.create_backfill(_asked("nada")), 404)


def BackfillApi__get_backfill(world: World) -> None:
    found = world.BackfillApi.get_backfill(world.kept["backfill"])
    assert (found.dag_id, found.max_active_runs, found.reprocess_behavior) == ("diaria", 1, "none")
    refused(lambda: world.BackfillApi.get_backfill(987654), 404)


def BackfillApi__list_backfills(world: World) -> None:
    assert world.BackfillApi.list_backfills("diaria").total_entries == 1


def BackfillApi__pause_backfill(world: World) -> None:
    made = world.BackfillApi.create_backfill(_asked("diaria", datetime(2024, 12, 31, tzinfo=UTC)))
    world.kept["long backfill"] = made.id
    assert world.BackfillApi.pause_backfill(made.id).is_paused is True
    refused(lambda: world.BackfillApi.create_backfill(_asked()), 409)
    refused(lambda: world.BackfillApi.pause_backfill(987654), 404)


def BackfillApi__unpause_backfill(world: World) -> None:
    assert world.BackfillApi.unpause_backfill(world.kept["long backfill"]).is_paused is False
    refused(lambda: world.BackfillApi.unpause_backfill(987654), 404)


def BackfillApi__cancel_backfill(world: World) -> None:
    assert world.BackfillApi.cancel_backfill(world.kept["long backfill"]).completed_at
    refused(lambda: world.BackfillApi.cancel_backfill(world.kept["long backfill"]), 409)
