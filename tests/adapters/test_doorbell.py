"""The bell of a home: it is rung, it is asked, and nobody waits for one that is not there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from brisa.adapters.local.doorbell import Doorbell, ask, ring


@contextmanager
def listening(home: Path, tell: bytes = b"well") -> Iterator[threading.Event]:
    """A home whose bell is heard; the event is set once it was rung."""
    home.mkdir(parents=True, exist_ok=True)
    rung = threading.Event()
    bell = Doorbell(home, rung.set)
    bell.start(lambda: tell)
    try:
        yield rung
    finally:
        bell.close()


@pytest.fixture(params=["short", "long"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One whose path can hold a socket, and one whose path can't."""
    return tmp_path / ("h" if request.param == "short" else "h" * 120)


def test_it_is_rung(home: Path) -> None:
    """Whoever has work to do hears it."""
    with listening(home) as rung:
        assert ring(home)
        assert rung.wait(10)


def test_it_is_asked(home: Path) -> None:
    """Each who asks gets the answer, and nobody is called to work for it."""
    with listening(home, b"well" * 100) as rung:
        assert [ask(home) for _ in range(3)] == [b"well" * 100] * 3
        assert not rung.is_set()


def test_nobody_is_there(home: Path) -> None:
    """Before it is made, and after it is closed, or killed: said at once."""
    assert (ring(home), ask(home)) == (False, None)
    with listening(home):
        pass
    assert (ring(home), ask(home)) == (False, None)
