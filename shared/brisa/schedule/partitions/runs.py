"""Which partition of the data a run is about, where a cron expression tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from brisa.model.spec import ScheduleSpec
from brisa.schedule.times import cron_times, zone


class Partition(NamedTuple):
    """Its key, and the time, in UTC, that the key tells."""

    key: str
    date: datetime


def partition_at(due: datetime, *, cron: str, timezone: str, run_offset: int, key_format: str) -> Partition:
    """That of the run due at ``due`` (aware): of that time, or of the time ``run_offset`` steps of ``cron`` later."""
    times = cron_times(cron, timezone)
    step = times.after if run_offset > 0 else times.before
    for _ in range(abs(run_offset)):
        due = step(due)
    return Partition(due.astimezone(zone(timezone)).strftime(key_format), due.astimezone(UTC))


def partition_of(schedule: ScheduleSpec, due: datetime) -> Partition | None:
    """That of the run due at ``due``; ``None`` where the schedule has none, or tasks tell them."""
    match schedule.extra.get("partitions"):
        case {"run_offset": int() as run_offset, "key_format": str() as key_format}:
            return partition_at(
                due, cron=schedule.cron, timezone=schedule.timezone, run_offset=run_offset, key_format=key_format
            )
        case _:
            return None
