"""Every change of the clocks from 2000 to 2037, in every zone: no interval is lost, doubled or overlapping.

By default one change of each kind (the time on the wall and the size of the jump) is looked at with all expressions,
and one change of each zone with a few. ``BRISA_EVERY_CLOCK_CHANGE=1`` has all changes of all zones looked at: minutes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.due import next_interval
from brisa.schedule.times import cron_times
from tests.schedule.clocks import Change, Window, kinds, zones

EVERY = os.environ.get("BRISA_EVERY_CLOCK_CHANGE") == "1"
STEP = (2 if EVERY else 14) * 86400
NEAR, FAR = 4, 30
"""Hours before and after a change that are looked at: of schedules that are due often, and of the others. No less than
the jump."""


class Expression(NamedTuple):
    """A cron expression, and the same told in another way."""

    text: str
    matches: Callable[[datetime], bool]
    every_hour: bool = False
    hours: int = FAR


def at(minutes, hours, hours_around=FAR):
    """An expression of minutes and hours of the day; ``hours`` may be empty, for every one."""
    text = f"{','.join(map(str, minutes))} {','.join(map(str, hours)) or '*'} * * *"
    every_hour = not hours or len(hours) == 24

    def matches(wall):
        return wall.minute in minutes and (every_hour or wall.hour in hours)

    return Expression(text, matches, every_hour, hours_around)


EXPRESSIONS = [
    Expression("*/20 * * * *", lambda wall: wall.minute % 20 == 0, every_hour=True, hours=2),
    Expression("*/20 0-4 * * *", lambda wall: wall.minute % 20 == 0 and wall.hour <= 4, hours=NEAR),
    Expression(
        "*/25 1-3,22,23 * * *", lambda wall: wall.minute % 25 == 0 and wall.hour in (1, 2, 3, 22, 23), hours=NEAR
    ),
    at([0], [], NEAR),
    at([0, 30], [], NEAR),
    at([0], [0]),
    at([30], [2]),
    at([45], [1, 3]),
    at([0], [0, 6, 12, 18]),
    at([59], [23]),
    Expression("0 0 1,15,30 * *", lambda wall: (wall.minute, wall.hour) == (0, 0) and wall.day in (1, 15, 30)),
    Expression("30 1 * * 0,5", lambda wall: (wall.minute, wall.hour) == (30, 1) and wall.weekday() in (4, 6)),
]


window_of = lru_cache(maxsize=4)(Window)


def check(name: str, change: Change, expression: Expression) -> None:
    """The intervals touch, and meet at the moments found by looking at every minute."""
    window = window_of(name, change.at, expression.hours)
    expected = window.moments(expression.matches, expression.every_hour)
    schedule = ScheduleSpec(kind=ScheduleKind.CRON, cron=expression.text, timezone=name)
    begin, end = (datetime.fromtimestamp(second).astimezone() for second in (window.begin, window.end))
    edges: list[datetime] = []
    after = None
    while not edges or edges[-1] < end:
        after = next_interval(schedule, after=after, start_date=begin, end_date=None, catchup=True, now=begin)
        assert after is not None
        assert after.start < after.end == after.run_at
        assert not edges or after.start == edges[-1]
        edges += [after.end] if edges else [after.start, after.end]
    told = f"{expression.text} {name} {change}"
    assert [edge for edge in edges if edge < end] == expected, told
    times = cron_times(expression.text, name)
    assert [times.before(later) for later in edges[1:]] == edges[:-1], told


@pytest.mark.parametrize("kind", sorted(kinds()), ids=lambda kind: f"{kind[0] // 60}min{kind[1] // 60:+}min")
def test_each_kind_of_change(kind):
    """At whatever time of the day, by however much the clocks jump, with every sort of expression."""
    _, jump = kind
    for expression in EXPRESSIONS:
        if abs(jump) <= 3600 * expression.hours:
            check(*kinds()[kind], expression)


def touched(change: Change) -> list[Expression]:
    """Once a day, in the very gap or in the repeated part; and every hour, when the clocks jump."""
    second, jump = change.kind
    middle = (second + jump // 2) // 60 % 1440
    start = second // 60 % 1440
    near = NEAR if abs(jump) <= 3600 * NEAR else FAR
    return [
        at([middle % 60], [middle // 60]),
        at([start % 60], [], near),
    ]


@pytest.mark.timeout(3600 if EVERY else 120)
@pytest.mark.parametrize("part", range(8))
def test_changes_of_each_zone(part):
    """The last change, or all, of every zone; zones with the very same changes are looked at once."""
    for some, names in list(zones(STEP).items())[part::8]:
        for change in some if EVERY else some[-1:]:
            for expression in touched(change)[: None if EVERY else 1]:
                check(names[-1], change, expression)


ALL_KINDS = sorted(kinds())
minutes = st.lists(st.integers(0, 59), min_size=1, max_size=3, unique=True).map(sorted)
hours = st.lists(st.integers(0, 23), max_size=4, unique=True).map(sorted)


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(ALL_KINDS), minutes, hours, st.integers(-3, 3))
def test_any_times_of_the_day(kind, minutes, hours, near):
    """Whatever minutes and hours an expression names, half of them close to the change."""
    name, change = kinds()[kind]
    hour = (kind[0] // 3600 + near) % 24
    check(name, change, at(minutes, sorted({*hours, hour}) if hours else [], max(30, abs(kind[1]) // 1800)))


def test_all_zones_are_there():
    """No fewer than there are today, and the changes that everyone knows are among theirs."""
    names = [name for same in zones(STEP).values() for name in same]
    assert len(names) == len(set(names)) > 590
    jumps = {jump for _, jump in kinds()}
    assert {3600, -3600, 1800, -1800, 86400} <= jumps
