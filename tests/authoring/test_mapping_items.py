"""Which item each map index stands for, against itertools."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brisa.authoring.items import applied, chained, is_mappable, listed, position, zipped

LISTS = st.lists(st.integers(), max_size=5)
SOME_LISTS = st.lists(LISTS, min_size=1, max_size=4)


@given(SOME_LISTS)
def test_product(lists):
    """The last input varies fastest, as in itertools.product."""
    expected = list(itertools.product(*lists))
    sizes = [len(values) for values in lists]
    found = [
        tuple(values[place] for values, place in zip(lists, position(sizes, index), strict=True))
        for index in range(len(expected))
    ]
    assert found == expected


@given(SOME_LISTS)
def test_zip(lists):
    """Without a fill value, as zip; with one, as itertools.zip_longest."""
    parts = [listed(values) for values in lists]
    shortest, longest = zipped(parts), zipped(parts, fill="fill")
    assert list(shortest) == list(zip(*lists, strict=False))
    assert list(longest) == list(itertools.zip_longest(*lists, fillvalue="fill"))
    assert (shortest.size, longest.size) == (min(map(len, lists)), max(map(len, lists)))


@given(SOME_LISTS)
def test_concat(lists):
    """As itertools.chain, also where some are empty."""
    joined = chained([listed(values) for values in lists])
    expected = list(itertools.chain(*lists))
    assert (joined.size, list(joined)) == (len(expected), expected)


@given(SOME_LISTS, LISTS)
def test_all_of_them_in_one(lists, more):
    """Each works on what another makes."""
    made = chained([zipped([applied(listed(values), str), listed(more)]) for values in lists])
    assert list(made) == [pair for values in lists for pair in zip(map(str, values), more, strict=False)]


def test_one_item_asks_for_one_call():
    """The function is called for the item that is asked for, and for no other."""
    calls = []

    def note(value):
        calls.append(value)
        return value

    items = zipped([applied(listed([1, 2, 3]), note), listed("abc")])
    assert (items.at(1), calls) == ((2, "b"), [2])


def test_a_dict():
    """Its items are (key, value) pairs."""
    assert list(listed({"a": 1, "b": 2})) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], True),
        ((1,), True),
        ({}, True),
        (range(3), True),
        ("abc", False),
        (b"abc", False),
        (bytearray(b"abc"), False),
        ({1, 2}, False),
        (iter([1]), False),
        (5, False),
        (None, False),
    ],
)
def test_what_can_be_mapped_over(value, expected):
    """Sequences that are no text, and dicts; so in Airflow 2.11.2 and 3.3.2."""
    assert is_mappable(value) is expected
