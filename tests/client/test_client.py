"""Airflow's own Python client drives a running ``brisa standalone``."""

from typing import cast

import pytest

from tests.client.__main__ import attempt, methods, try_all
from tests.client.calls import all_calls
from tests.client.server import serving
from tests.client.world import World


@pytest.mark.slow
def test_each_method_of_the_client_works():
    """Trigger, watch, logs, XComs, clear, pause, Variables, Connections, pools, backfills, and all the others."""
    with serving() as world:
        results = try_all(world)
    assert {name: why for name, (result, why) in results.items() if result != "works"} == {}


def test_each_method_has_a_call():
    """What nobody has tried can't be said to work."""
    assert set(all_calls()) == set(methods())


def test_what_differs_is_told():
    """A call whose check fails, or that the server refuses, is none that works."""

    def fails(_world):
        assert [1] == [2]

    assert attempt(fails, cast(World, None))[0] == "differs"
    assert "assert [1] == [2]" in attempt(fails, cast(World, None))[1]
