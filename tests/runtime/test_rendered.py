"""Rendered template fields are shown as Airflow shows them. The table is Airflow 2.11.2's and 3.3.2's answers."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brisa.authoring.operator import BaseOperator
from brisa.runtime.rendered import LONGEST_RENDERED, rendered_fields


class Show(BaseOperator):
    """An operator with one template field."""

    template_fields: Sequence[str] = ("a",)

    def __init__(self, *, a, **kwargs):
        super().__init__(task_id="t", **kwargs)
        self.a = a


class Odd:
    """An object that says different things of itself."""

    def __str__(self):
        return "str!"

    def __repr__(self):
        return "repr!"


def named():
    """A function, shown by its name."""


HERE = __name__
MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
SHOWN: list[tuple[Any, Any, Any]] = [
    (None, None, None),
    (1.5, 1.5, 1.5),
    (True, True, True),
    ("text", "text", "text"),
    ("ü", "ü", "ü"),
    ([1, "a", None], [1, "a", None], [1, "a", None]),
    ((1, 2, (3,)), [1, 2, [3]], [1, 2, [3]]),
    ({"k": 1, "n": {"m": (1, 2)}}, {"k": 1, "n": {"m": [1, 2]}}, {"k": 1, "n": {"m": [1, 2]}}),
    ({3, 1, 2}, "{1, 2, 3}", [1, 2, 3]),
    ({10, 9}, None, [10, 9]),
    ({1, "a"}, None, [1, "a"]),
    ({(2, 1), (1, 5)}, None, [[1, 5], [2, 1]]),
    (frozenset({"a"}), "frozenset({'a'})", ["a"]),
    ({"s": {2, 1}}, "{'s': {1, 2}}", {"s": [1, 2]}),
    ({1: 2, None: 3, (1, 2): 4}, "{1: 2, None: 3, (1, 2): 4}", {"1": 2, "None": 3, "[1, 2]": 4}),
    (MOMENT, "2024-01-01 00:00:00+00:00", "2024-01-01 00:00:00+00:00"),
    (timedelta(hours=1), "1:00:00", "1:00:00"),
    (time(1, 2), "01:02:00", "01:02:00"),
    (date(2024, 1, 2), "2024-01-02", "2024-01-02"),
    (Decimal("1.5"), "1.5", "1.5"),
    (b"ab\xff", "b'ab\\xff'", "b'ab\\xff'"),
    (1 + 2j, "(1+2j)", "(1+2j)"),
    (range(3), "range(0, 3)", "range(0, 3)"),
    ({"a": 1}.keys(), "dict_keys(['a'])", "dict_keys(['a'])"),
    (
        {"x": MOMENT, "z": [Decimal("2.5"), b"q"]},
        "{'x': datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), 'z': [Decimal('2.5'), b'q']}",
        {"x": "2024-01-01 00:00:00+00:00", "z": ["2.5", "b'q'"]},
    ),
    (Odd(), "str!", "str!"),
    ([Odd()], "[repr!]", ["str!"]),
    ({"o": Odd()}, "{'o': repr!}", {"o": "str!"}),
    ({"f": named}, None, {"f": f"<callable {HERE}.named>"}),
    ({"f": lambda: None}, None, {"f": f"<callable {HERE}.<lambda>>"}),
    (Odd, f"<class '{HERE}.Odd'>", f"<callable {HERE}.Odd>"),
    (len, "<built-in function len>", "<callable builtins.len>"),
]


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(("value", "two", "three"), SHOWN)
def test_a_value_is_shown_as_in_airflow(value, two, three, dialect):
    """Text as it is, what has a JSON form as JSON; what has none as one text in Airflow 2, part by part in 3."""
    shown = rendered_fields(Show(a=value), dialect)["a"]
    wanted = {2: two, 3: three}[dialect]
    if isinstance(wanted, str):
        assert shown == wanted
    elif wanted is not None or value is None:
        assert json.loads(shown) == wanted
    else:
        assert shown == str(value)  # the order of a set, the address of a function


@pytest.mark.parametrize("dialect", [2, 3])
def test_what_cannot_be_shown_stops_no_task(dialect):
    """A value that holds itself, or whose own text fails, is shown as well as can be."""

    class Broken:
        def __str__(self):
            raise ValueError("no")

    assert rendered_fields(Show(a=Broken()), dialect)["a"] == "<Broken: its str failed: ValueError>"
    ring: list[object] = []
    ring.append(ring)
    assert rendered_fields(Show(a=ring), dialect)["a"] == "[[...]]"


def test_long_fields_are_cut():
    """What is kept of a field has a limit, as in Airflow."""
    shown = rendered_fields(Show(a="y" * 5000), 3)["a"]
    assert shown == "y" * LONGEST_RENDERED + "… (5000 characters in all)"
