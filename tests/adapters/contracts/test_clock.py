"""What every clock promises."""

from __future__ import annotations

from datetime import UTC, datetime


def test_time_passes_while_a_clock_sleeps(any_clock):
    """At least as long as was asked for."""
    before = any_clock.now()
    any_clock.sleep(0.002)
    assert any_clock.now() - before >= 0.0019


def test_time_is_in_whole_microseconds(any_clock):
    """A datetime holds it without loss."""
    now = any_clock.now()
    assert datetime.fromtimestamp(now, UTC).timestamp() == now


def test_a_negative_sleep_is_none(any_clock):
    """Whoever is late does not wait, and does not turn the clock back."""
    before = any_clock.now()
    any_clock.sleep(-5)
    assert any_clock.now() >= before
