"""``brisa pools``: what a person sees, and may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_pool_is_made_changed_and_deleted(home: Home) -> None:
    """What is not given stays as it is."""
    assert home.call("pools", "list").stdout == "No pools: make one with 'brisa pools set'.\n"

    assert home.call("pools", "set", "db", "3", "the database", "--include-deferred").returncode == 0
    assert home.call("pools", "set", "db", "-1").stdout == "pool db has any number of slots\n"

    row = {"pool": "db", "slots": -1, "taken": 0, "waiting": 0, "include_deferred": True, "description": "the database"}
    assert home.json("pools", "list") == [row]
    assert home.json("pools", "get", "db") == [row]
    assert home.call("pools", "delete", "db").stdout == "pool db is deleted\n"
    assert home.json("pools", "list") == []


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("get", "nowhere"), "there is no pool 'nowhere'; `brisa pools list` shows all"),
        (("delete", "nowhere"), "there is no pool 'nowhere'"),
        (("get", "@d/t"), "there is no pool '@d/t'"),
        (("set", "default_pool", "3"), "default_pool has no limit"),
        (("set", "@d/t", "3"), "'@d/t' is no name for a pool"),
        (("set", "a\nb", "3"), "is no name for a pool"),
        (("set", "", "3"), "'' is no name for a pool"),
        (("set", "db", "-2"), "a pool has 0 slots or more, or -1 for no limit, not -2"),
        (("set", "db", "many"), "'many' is not a valid integer"),
    ],
)
def test_what_can_not_be_is_said_in_one_line(home: Home, words: tuple[str, ...], error: str) -> None:
    """The status is 2, and nothing has changed."""
    done = home.call("pools", *words)

    assert done.returncode == 2
    assert error in done.stderr
    assert "Traceback" not in done.stderr
    assert home.json("pools", "list") == []
