"""Airflow 3.3's names about partitions: rows for the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from brisa.compat.rows import joined, names_from

_KEYS = "brisa.schedule.partitions.keys"
_SPREAD = "brisa.schedule.partitions.spread"
_TIMETABLES = "brisa.authoring.partitions"
_ON_DEMAND = names_from(_TIMETABLES, "PartitionedAssetTimetable", "PartitionedAtRuntime")
_BY_TIME = names_from(_TIMETABLES, "CronPartitionTimetable")

_MODULES: Final[Mapping[str, Mapping[str, str]]] = {
    "allowed_key": names_from(_KEYS, "AllowedKeyMapper"),
    "base": names_from(_KEYS, "PartitionMapper") | names_from(_SPREAD, "RollupMapper"),
    "chain": names_from(_KEYS, "ChainMapper"),
    "fixed_key": names_from(_KEYS, "FixedKeyMapper"),
    "identity": names_from(_KEYS, "IdentityMapper"),
    "product": names_from(_KEYS, "ProductMapper"),
    "temporal": names_from(
        "brisa.schedule.partitions.periods",
        "StartOfDayMapper",
        "StartOfHourMapper",
        "StartOfMonthMapper",
        "StartOfQuarterMapper",
        "StartOfWeekMapper",
        "StartOfYearMapper",
    )
    | names_from(_SPREAD, "FanOutMapper"),
    "wait_policy": names_from(_SPREAD, "MinimumCount", "WaitForAll"),
    "window": names_from(
        "brisa.schedule.partitions.windows",
        "DayWindow",
        "HourWindow",
        "MonthWindow",
        "QuarterWindow",
        "SegmentWindow",
        "WeekWindow",
        "Window",
        "YearWindow",
    ),
}
"""The modules of Airflow's two packages of mappers: the scheduler's own, and that of the task SDK."""
_ALL: Final = {name: target for names in _MODULES.values() for name, target in names.items()}

PARTITIONS: Final[Mapping[str, Mapping[str, str]]] = joined(
    {
        "airflow.partition_mappers": _ALL,
        "airflow.sdk": _ALL | _ON_DEMAND | _BY_TIME,
        "airflow.timetables.simple": _ON_DEMAND,
        "airflow.timetables.trigger": _BY_TIME,
    },
    {f"airflow.partition_mappers.{module}": names for module, names in _MODULES.items()},
    {f"airflow.sdk.definitions.partition_mappers.{module}": names for module, names in _MODULES.items()},
)
