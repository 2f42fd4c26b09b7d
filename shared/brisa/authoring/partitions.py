"""Timetables whose runs have partition keys (Airflow 3.3): each run is about one part of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from brisa.authoring.assets import AssetAll, AssetExpression
from brisa.authoring.registry import notice
from brisa.authoring.source import here
from brisa.authoring.timetable import PartitionTimetable
from brisa.authoring.timetables import CronTriggerTimetable
from brisa.errors import AuthoringError
from brisa.schedule.cron import expand
from brisa.schedule.partitions.keys import IdentityMapper, PartitionMapper
from brisa.schedule.partitions.periods import ISO_FORMAT
from brisa.schedule.partitions.runs import Partition, partition_at


class CronPartitionTimetable(CronTriggerTimetable, PartitionTimetable):
    """Runs by a cron expression; the key of each tells its time, or that of the time ``run_offset`` steps later."""

    def __init__(
        self,
        cron: str,
        *,
        timezone: str | tzinfo,
        run_offset: int | None = None,
        run_immediately: bool | timedelta = False,
        key_format: str = ISO_FORMAT,
    ) -> None:
        """A negative ``run_offset`` goes back. ``key_format`` is strftime's, of the time in ``timezone``."""
        super().__init__(cron, timezone=timezone, run_immediately=run_immediately)
        if run_offset is not None and not isinstance(run_offset, int):
            raise AuthoringError(f"run_offset must be a number of steps, not {run_offset!r}", here())
        self.run_offset = run_offset or 0
        self.key_format = key_format

    def partitions(self) -> dict[str, Any]:
        """The offset, and the key's format."""
        return {"run_offset": self.run_offset, "key_format": self.key_format}

    def partition_date(self, due: datetime) -> datetime:
        """The time, in UTC, that the run due at ``due`` (aware) is about."""
        return self._partition(due).date

    def partition_key(self, due: datetime) -> str:
        """The key of the run due at ``due``."""
        return self._partition(due).key

    def _partition(self, due: datetime) -> Partition:
        return partition_at(due, cron=expand(self.schedule), timezone=self.timezone, **self.partitions())


class PartitionedAssetTimetable(PartitionTimetable):
    """Runs for partitions of assets: a mapper makes their keys of those of the assets' events. They come later."""

    def __init__(
        self,
        assets: AssetExpression | Iterable[AssetExpression],
        partition_mapper_config: Mapping[AssetExpression, PartitionMapper] | None = None,
        default_partition_mapper: PartitionMapper | None = None,
    ) -> None:
        """``partition_mapper_config`` has the mappers of single assets; the default one keeps keys as they are."""
        notice("partitions of assets are kept, and start no run yet")
        self.schedule = assets if isinstance(assets, AssetExpression) else AssetAll(*assets)
        self.partition_mapper_config = dict(partition_mapper_config or {})
        self.default_partition_mapper = default_partition_mapper or IdentityMapper()
        for mapper in (self.default_partition_mapper, *self.partition_mapper_config.values()):
            if not isinstance(mapper, PartitionMapper):
                raise AuthoringError(f"{mapper!r:.80} is not a partition mapper, such as StartOfDayMapper()", here())

    def partitions(self) -> dict[str, Any]:
        """The assets, and the mappers: the default, and [asset, mapper] of those with one of their own."""
        mappers = [[asset.to_spec(), mapper.to_spec()] for asset, mapper in self.partition_mapper_config.items()]
        default = self.default_partition_mapper.to_spec()
        return {"assets": self.schedule.to_spec(), "default_mapper": default, "mappers": mappers}


class PartitionedAtRuntime(PartitionTimetable):
    """No run by itself; a task of the DAG says which partitions of its outlets it has made."""

    def partitions(self) -> dict[str, Any]:
        """That it is so."""
        return {"at_runtime": True}
