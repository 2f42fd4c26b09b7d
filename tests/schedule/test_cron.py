"""Which cron expressions are understood, and what is said of the others."""

from __future__ import annotations

import pytest

from brisa.errors import ScheduleError
from brisa.schedule.cron import PRESETS, covers_every_hour, validate
from brisa.schedule.times import zone


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *", "0 0 * * *", " 5  4 * * * ", "*/15 * * * *", "0-30/10 9-17 * * mon-fri", "0 0 1 jan,jul *",
        "0 0 L * *", "0 0 * * L5", "0 0 * * 5#2", "0 0 * * sun#1", "0 0 15W * *", "0 22-2 * * *", "0 0 29 2 *",
        "0 0 * * 7", "0/5 * * * *", "0 0 ? * 1", "0 9 * * MON", *PRESETS,
    ],
)  # fmt: skip
def test_good_expressions_are_accepted(expression):
    """Five fields with names, lists, ranges, steps, L and #, and the presets."""
    validate(expression)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "has 0 fields, not 5"),
        ("* * * *", r"has 4 fields, not 5 \(minute, hour, day of month, month, day of week\)"),
        ("*", "has 1 field, not 5"),
        ("0 0 0 * * *", "has 6 fields, not 5 .*a minute is the finest step"),
        ("60 * * * *", "'60' is no minute"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 32 * *", "'32' is no day of month"),
        ("0 0 1 13 *", "'13' is no month"),
        ("0 0 * * fun", "'fun' is no day of week"),
        ("0 0 * * 1#6", "'1#6' is no day of week"),
        ("*/0 * * * *", r"'\*/0' is no minute"),
        ("1,, * * * *", "'1,,' is no minute"),
        ("a b c d e", "'a' is no minute"),
        ("0 0 30 2 *", "names a day that never comes"),
        ("0 0 31 4 *", "names a day that never comes"),
        ("H * * * *", "'H' in the field minute names no fixed moment"),
        ("0 R * * *", "'R' in the field hour names no fixed moment"),
        ("@dayly", "'@dayly' is not a preset; there are .*@daily"),
        ("@once", "not a preset"),
        ("٣ * * * *", "'٣' is no minute"),
        ("cada día a las 3", "'cada' is no minute"),
    ],
)
def test_bad_expressions_are_told_why(expression, reason):
    """The message names the expression, the field and the reason."""
    with pytest.raises(ScheduleError, match=reason) as caught:
        validate(expression)
    assert repr(expression) in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "every"),
    [("0 * * * *", True), ("0 */1 * * *", True), ("0 0-23 * * *", True), ("@hourly", True), ("0 */2 * * *", False),
     ("@daily", False)],
)  # fmt: skip
def test_schedules_of_every_hour_are_told(expression, every):
    """They count hours, the others follow the clock on the wall."""
    assert covers_every_hour(expression) is every


@pytest.mark.parametrize("name", ["Europe/Madrid", "UTC", "utc", "+05:30", "UTC-03:00", "GMT+0200", "Etc/GMT+3"])
def test_time_zones_are_known(name):
    """IANA names, and fixed offsets as datetimes name them."""
    assert zone(name) is not None


@pytest.mark.parametrize("name", ["", "Madrid", "Europe/Nowhere", "../../etc/passwd", "+25:00", "/etc/x", "a\0b"])
def test_unknown_time_zones_are_told(name):
    """Neither a guess nor a file elsewhere."""
    with pytest.raises(ScheduleError, match="there is no time zone"):
        zone(name)
