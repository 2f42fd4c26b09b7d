"""Who guesses passwords is slowed down: more and more, but never for good, and at a bounded price."""

import threading

import pytest

from brisa.adapters.memory import FakeClock
from brisa.web.throttle import FORGOTTEN, LONGEST, Throttle, neighbourhood


@pytest.fixture
def clock():
    """It stands still."""
    return FakeClock()


def test_the_waits_grow(clock):
    """Three tries are free, then one waits 1, 2, 4 … seconds since the last, up to a minute."""
    throttle = Throttle(clock, free=3)
    assert [throttle.enter("a") for _ in range(3)] == [0, 0, 0]
    waits = []
    for _ in range(9):
        wait = throttle.enter("a")
        waits.append(wait)
        clock.advance(wait)
        assert throttle.enter("a") == 0
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]


def test_a_try_too_soon_does_not_count(clock):
    """Whoever keeps knocking waits no longer for it."""
    throttle = Throttle(clock, free=1)
    throttle.enter("a")
    assert {throttle.enter("a") for _ in range(1000)} == {1}
    clock.advance(0.75)
    assert throttle.enter("a") == pytest.approx(0.25)
    clock.advance(0.25)
    assert throttle.enter("a") == 0


def test_others_do_not_wait(clock):
    """Each key is counted by itself."""
    throttle = Throttle(clock, free=1)
    throttle.enter("a")
    assert (throttle.enter("a") > 0, throttle.enter("b")) == (True, 0)


def test_success_is_forgiven(clock):
    """All of it, or only the try that succeeded."""
    throttle = Throttle(clock, free=2)
    throttle.enter("a")
    throttle.enter("a")
    throttle.forgive("a", once=True)
    assert throttle.enter("a") == 0
    assert throttle.enter("a") > 0
    throttle.forgive("a")
    assert [throttle.enter("a") for _ in range(2)] == [0, 0]
    throttle.forgive("nobody", once=True)
    assert len(throttle) == 1


def test_failures_are_forgotten(clock):
    """After an hour without any."""
    throttle = Throttle(clock, free=2)
    for _ in range(20):
        clock.advance(throttle.enter("a"))
    clock.advance(FORGOTTEN + 1)
    assert [throttle.enter("a") for _ in range(2)] == [0, 0]
    assert throttle.enter("a") == 1


def test_a_clock_that_is_set_back(clock):
    """Nobody waits longer than they would have."""
    throttle = Throttle(clock, free=1)
    throttle.enter("a")
    clock.advance(-100_000)
    assert throttle.enter("a") == 1


def test_its_memory_is_bounded(clock):
    """Of more keys than it remembers, those that failed longest ago go first."""
    throttle = Throttle(clock, free=1, remembered=100)
    throttle.enter("victim")
    for number in range(99):
        throttle.enter(f"k{number}")
    assert throttle.enter("victim") > 0
    for number in range(1000):
        throttle.enter(f"more{number}")
    assert len(throttle) == 100


def test_many_at_once(clock):
    """Forty threads have no more free tries than one."""
    throttle = Throttle(clock, free=5)
    began = threading.Barrier(40)
    entered = []

    def enter():
        began.wait()
        entered.append(throttle.enter("a"))

    threads = [threading.Thread(target=enter) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert entered.count(0) == 5


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("testclient", "testclient", True),
        ("", "", True),
    ],
)
def test_what_counts_as_one_address(address, other, same):
    """A machine has one of IPv4, and 2⁶⁴ of IPv6."""
    assert (neighbourhood(address) == neighbourhood(other)) is same
