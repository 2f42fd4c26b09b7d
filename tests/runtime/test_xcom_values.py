"""XCom values survive the way through JSON, or are refused in words."""

import datetime as dt
import enum
import json
import math
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pendulum
import pytest

from brisa.errors import DecodeError
from brisa.runtime.lazy import Lazy
from brisa.runtime.xcom_values import TAG, from_json, plain, to_json


@dataclass
class Point:
    x: int
    y: tuple[int, int]


class Pair(NamedTuple):
    a: int
    b: int


class Colour(enum.StrEnum):
    RED = "red"


class Plain(enum.Enum):
    ONE = 1


def through_json(value):
    return from_json(json.loads(json.dumps(to_json(value))))


SAME: list[Any] = [
    None,
    True,
    3,
    1.5,
    "ñandú",
    [1, [2, None]],
    {"a": {"b": []}},
    (1, (2, 3)),
    {1, 2},
    frozenset({"a"}),
    dt.date(2024, 2, 29),
    dt.time(1, 2, 3, tzinfo=dt.UTC),
    dt.timedelta(days=-1, microseconds=5),
    dt.datetime(2024, 1, 1, 12),
    dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC),
    dt.datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Madrid")),
    Decimal("1.50"),
    uuid.UUID(int=7),
    b"\x00\xff",
    {"a": (1, {"b": {2}})},
    {TAG: ["tuple", [1]], "x": 1},
    {TAG: "text"},
    math.inf,
]


@pytest.mark.parametrize("value", SAME, ids=repr)
def test_a_value_comes_back_as_it_was(value):
    """What Airflow 3 brings back unchanged, and a little more, is equal and of the same type afterwards."""
    found = through_json(value)
    assert found == value
    assert type(found) is type(value)


CHANGED = [
    ({2: "a", None: "b", True: "c"}, {"2": "a", "None": "b", "True": "c"}),
    (Colour.RED, "red"),
    (np.int64(3), 3),
    (np.float64(1.5), 1.5),
    (np.bool_(True), True),
    (OrderedDict(a=1), {"a": 1}),
    (Point(1, (2, 3)), {"x": 1, "y": (2, 3)}),
    (Pair(1, 2), [1, 2]),
]


@pytest.mark.parametrize(("value", "expected"), CHANGED, ids=lambda value: repr(value)[:40])
def test_some_values_come_back_as_plain_ones(value, expected):
    """Keys become text; enums of text, numpy's numbers, dataclasses and kinds of dict lose their type."""
    assert through_json(value) == expected


def test_pendulum_datetimes_keep_their_class_and_zone():
    """A pendulum datetime comes back as one, in its own zone and not just at its offset."""
    summer = pendulum.datetime(2024, 7, 1, tz="Europe/Madrid")
    found = through_json(summer)
    assert found == summer
    assert isinstance(found, pendulum.DateTime)
    assert found.add(months=6).utcoffset() == dt.timedelta(hours=1)


def test_a_repeated_hour_is_told_apart():
    """Both passes of the hour that the clocks show twice survive."""
    for fold in (0, 1):
        moment = dt.datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Madrid"), fold=fold)
        assert through_json(moment).timestamp() == moment.timestamp()


REFUSED = [
    (object(), "is a object"),
    ([{"a": lambda: 1}], "contains a function"),
    (Plain.ONE, "Plain"),
    ({(1, 2): 3}, "the key (1, 2)"),
    (range(3), "is a range"),
    (ValueError("x"), "is a ValueError"),
    (1j, "is a complex"),
    (np.array([1, 2]), ".tolist()"),
    (Point, "is a type"),
]


@pytest.mark.parametrize(("value", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_anything_else_is_refused_by_key_task_and_type(value, words):
    """The message says which XCom of which task is what, and what to do instead."""
    with pytest.raises(TypeError) as error:
        to_json(value, key="k", task_id="extract")
    assert "XCom 'k' of task 'extract'" in str(error.value)
    assert words in str(error.value)


def test_a_value_that_holds_itself_is_refused():
    """A circle ends in a TypeError and not in a RecursionError."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(TypeError, match="contains itself"):
        to_json(circle, task_id="t")


HOSTILE = [
    {TAG: ["os.system", "true"]},
    {TAG: ["builtins.eval", "1"]},
    {TAG: "tuple"},
    {TAG: []},
    {TAG: [["tuple"], []]},
    {TAG: ["tuple", [1]], "more": 1},
    {TAG: ["tuple"]},
    {TAG: ["datetime", "not a date"]},
    {TAG: ["datetime", "2024-01-01T00:00:00+00:00", "../../etc/passwd"]},
    {TAG: ["decimal", "x"]},
    {TAG: ["set", [[]]]},
    {TAG: ["bytes", "%%"]},
]


@pytest.mark.parametrize("data", HOSTILE, ids=str)
def test_hostile_data_is_refused(data):
    """Whatever the data claims to be, nothing is imported or called by its name."""
    with pytest.raises(DecodeError):
        from_json(data)


def test_people_see_plain_json():
    """For the command line and the console, dates are ISO text and tuples are lists."""
    value = {"a": (1, {2}), "when": dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "n": Decimal("1.5"), TAG: 1}
    shown = plain(to_json(value))
    assert shown == {"a": [1, [2]], "when": "2024-01-01T00:00:00+00:00", "n": "1.5", TAG: 1}
    assert json.loads(json.dumps(shown)) == shown


def test_a_lazy_entry_of_the_context_is_its_value():
    """What a task took from ``**context`` it can pass on, wherever it lies in its result."""
    assert through_json({"next_ds": [Lazy(lambda: "2024-01-02")]}) == {"next_ds": ["2024-01-02"]}
