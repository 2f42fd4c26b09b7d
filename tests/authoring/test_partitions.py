"""Timetables of partitions: the spec that they become, and what the runs are about."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from brisa.authoring.assets import Asset
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.partitions import CronPartitionTimetable, PartitionedAssetTimetable, PartitionedAtRuntime
from brisa.authoring.registry import recording
from brisa.errors import AuthoringError
from brisa.model.codec import decode, encode
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.partitions.described import described
from brisa.schedule.partitions.keys import IdentityMapper
from brisa.schedule.partitions.periods import StartOfDayMapper

KEYS = json.loads(Path(__file__).parents[1].joinpath("schedule", "partitions.json").read_text("utf-8"))["keys"]


def spec_of(schedule: object) -> ScheduleSpec:
    """The spec of a DAG's schedule, as it is stored and read back."""
    with speaking(3):
        return decode(ScheduleSpec, encode(DAG("d", schedule=schedule).schedule_spec))


def test_a_cron_expression_has_runs_without_data_intervals() -> None:
    """What is kept beside the expression is how the runs' keys are made."""
    spec = spec_of(CronPartitionTimetable("15 * * * *", timezone="Europe/Madrid", run_offset=-1))
    assert (spec.kind, spec.cron, spec.timezone, spec.intervals) == (
        ScheduleKind.CRON,
        "15 * * * *",
        "Europe/Madrid",
        False,
    )
    assert spec.extra == {"partitions": {"run_offset": -1, "key_format": "%Y-%m-%dT%H:%M:%S"}}


def test_every_run_has_the_key_that_airflow_gives_it() -> None:
    """Date and key of the runs of several expressions, zones, offsets and formats, across changes of the clocks."""
    assert KEYS
    for row in KEYS:
        given = {name: row[name] for name in ("timezone", "run_offset", "key_format") if name in row}
        timetable = CronPartitionTimetable(row["cron"], **given)
        due = datetime.fromisoformat(row["due"])
        assert timetable.partition_key(due) == row["key"], row
        assert timetable.partition_date(due) == datetime.fromisoformat(row["date"]), row


def test_partitioned_assets_start_no_run_yet_and_it_is_said_once() -> None:
    """The spec has the assets and their mappers, but apart from those whose events start runs."""
    orders, costs = Asset("orders"), Asset("costs", uri="s3://b/costs")
    with recording() as record:
        timetable = PartitionedAssetTimetable(
            assets=orders & Asset.ref(name="costs"), partition_mapper_config={costs: StartOfDayMapper()}
        )
        PartitionedAssetTimetable(assets=[orders])
        spec = spec_of(timetable)
    assert spec.kind is ScheduleKind.ASSETS
    assert "assets" not in spec.extra
    partitions = spec.extra["partitions"]
    assert isinstance(partitions, dict)
    assert partitions["assets"] == {"all": [{"asset": "orders"}, {"asset": "costs"}]}
    assert described(partitions["default_mapper"]) == IdentityMapper()
    [[asset, mapper]] = partitions["mappers"]
    assert (asset, described(mapper)) == ({"asset": "s3://b/costs", "name": "costs"}, StartOfDayMapper())
    assert [text for text in record.notices if "partitions" in text] == [
        "partitions of assets are kept, and start no run yet"
    ]


def test_partitions_told_at_runtime_need_no_schedule() -> None:
    """Such a DAG is started by hand, or by whatever triggers it."""
    spec = spec_of(PartitionedAtRuntime())
    assert (spec.kind, spec.extra) == (ScheduleKind.NONE, {"partitions": {"at_runtime": True}})


def test_what_can_not_be_is_refused() -> None:
    """An offset in time, a bad zone, a mapper that is none."""
    with pytest.raises(AuthoringError, match="run_offset"):
        CronPartitionTimetable("@daily", timezone="UTC", run_offset="1 day")  # type: ignore[arg-type]
    with pytest.raises(AuthoringError, match="not a partition mapper"):
        PartitionedAssetTimetable(Asset("a"), default_partition_mapper=StartOfDayMapper)  # type: ignore[arg-type]
    with pytest.raises(AuthoringError, match="bad schedule"):
        spec_of(CronPartitionTimetable("every day", timezone="UTC"))
