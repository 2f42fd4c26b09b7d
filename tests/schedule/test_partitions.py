"""Partition mappers answer as Airflow's do; what was recorded is in partitions.json."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from brisa.errors import DecodeError
from brisa.schedule.partitions.described import described
from brisa.schedule.partitions.keys import AllowedKeyMapper, IdentityMapper, PartitionMapper, ProductMapper
from brisa.schedule.partitions.periods import StartOfDayMapper, StartOfQuarterMapper
from brisa.schedule.partitions.spread import FanOutMapper, MinimumCount, RollupMapper
from brisa.schedule.partitions.windows import SegmentWindow, WeekWindow, Window

RECORDED = json.loads(Path(__file__).with_name("partitions.json").read_text("utf-8"))["rows"]
_ERRORS = {"ValueError": ValueError, "TypeError": TypeError, "KeyError": KeyError}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


@pytest.mark.parametrize("verb", sorted({row["verb"] for row in RECORDED}))
def test_every_answer_is_airflows(verb: str) -> None:
    """Each recorded call gives the same answer, or the same kind of error."""
    rows = [row for row in RECORDED if row["verb"] == verb]
    assert rows
    for row in rows:
        if "error" in row:
            with pytest.raises(_ERRORS[row["error"]]):
                getattr(described(row["of"]), verb)(*row["args"])
        else:
            assert _plain(getattr(described(row["of"]), verb)(*row["args"])) == row["answer"], row


MADE = [
    IdentityMapper(max_downstream_keys=3),
    AllowedKeyMapper(["us", "eu"]),
    ProductMapper(IdentityMapper(), StartOfDayMapper(timezone="Europe/Madrid"), delimiter="/"),
    RollupMapper(
        upstream_mapper=StartOfQuarterMapper(), window=WeekWindow(direction="backward"), wait_policy=MinimumCount(-1)
    ),
    FanOutMapper(upstream_mapper=IdentityMapper(), window=SegmentWindow(["b"]), downstream_mapper=IdentityMapper()),
]


@pytest.mark.parametrize("made", MADE, ids=lambda one: type(one).__name__)
def test_a_description_makes_its_like(made: PartitionMapper) -> None:
    """What is told of a mapper is JSON, and makes an equal one again."""
    told = json.loads(json.dumps(made.to_spec()))
    again = described(told)
    assert again == made
    assert hash(again) == hash(made)
    assert again.to_spec() == told


def test_a_mapper_of_the_users_own_is_known_by_its_path() -> None:
    """Nothing but its DAG file can make one of it again."""

    class Upper(PartitionMapper):
        def to_downstream(self, key: str) -> str:
            return key.upper()

    told = Upper().to_spec()
    assert list(told) == ["kind"]
    with pytest.raises(DecodeError, match="Upper"):
        described(told)


def test_half_a_codec_is_refused() -> None:
    """A mapper that decodes but does not encode would wait for keys that never come."""
    with pytest.raises(TypeError, match="both"):
        type("Half", (PartitionMapper,), {"decode_downstream": lambda self, key: 1})


def test_directions_are_texts() -> None:
    """A direction may be given as Airflow's enum or as its value."""
    assert WeekWindow(direction=Window.Direction.BACKWARD) == WeekWindow(direction="backward")
    with pytest.raises(ValueError, match="sideways"):
        WeekWindow(direction="sideways")
