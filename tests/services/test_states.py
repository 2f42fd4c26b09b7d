"""Where the state of tasks and assets is kept: whose it is, and that nobody else's is touched."""

from __future__ import annotations

from typing import Any

import pytest

from brisa.adapters.memory import MemoryStore
from brisa.errors import NotFoundError
from brisa.model.run import AttemptKey
from brisa.services.answers import Answers
from brisa.services.states import PREFIX, States
from tests.support.builders import chain
from tests.support.site import Site


def states(store: MemoryStore, task_id: str = "t", run_id: str = "r", **changes: Any) -> States:
    """Those of one attempt."""
    return States(store, AttemptKey("d", run_id, task_id, **changes))


def test_every_try_of_a_task_instance_has_the_same() -> None:
    """A retry, a poke, and a run of the task after a clear."""
    store = MemoryStore()
    states(store).set_state(key="job", value={"id": 7}, expires_at=12.5)
    laters: list[dict[str, Any]] = [{"try_number": 2}, {"seq": 3}, {"generation": 1}]
    for later in laters:
        assert states(store, **later).state(key="job") == [{"id": 7}, 12.5]


NEIGHBOURS: list[dict[str, Any]] = [{"task_id": "t2"}, {"run_id": "r2"}, {"map_index": 0}, {"map_index": 1}]


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_another_instance_has_its_own(neighbour: dict[str, Any]) -> None:
    """Neither its values nor what it clears are the others'."""
    store = MemoryStore()
    states(store).set_state(key="job", value=1)
    other = states(store, **neighbour)
    assert other.state(key="job") is None
    other.set_state(key="job", value=2)
    other.clear_state()
    assert other.state(key="job") is None
    assert states(store).state(key="job") == [1, None]


def test_clearing_spares_names_that_only_look_alike() -> None:
    """Ids with quotes and commas in them; an asset whose name begins like another's; Variables."""
    store = MemoryStore()
    store.set_variables([("plain", "x")])
    mine = states(store)
    for asset in (None, "a", 'a", "b', "ab"):
        for key in ("k", 'k"]', ""):
            mine.set_state(key=key, value=1, asset=asset)
    mine.clear_state(asset="a")
    mine.clear_state()
    left = {asset: mine.state(key="k", asset=asset) for asset in (None, "a", 'a", "b', "ab")}
    assert left == {None: None, "a": None, 'a", "b': [1, None], "ab": [1, None]}
    assert store.variable("plain") == "x"


def test_the_state_of_an_asset_is_everybodys() -> None:
    """It is there for the tasks of any DAG, and stays until it is removed."""
    store = MemoryStore()
    states(store).set_state(key="watermark", value="2024", asset="orders")
    reader = States(store, AttemptKey("other", "r", "t"))
    assert reader.state(key="watermark", asset="orders") == ["2024", None]
    reader.delete_state(key="watermark", asset="orders")
    reader.delete_state(key="watermark", asset="orders")
    assert states(store).state(key="watermark", asset="orders") is None


def test_a_task_asks_for_it_like_for_a_variable_but_not_as_one() -> None:
    """The names under which it is kept are no Variables of the user's."""
    site = Site(chain(1))
    run = site.trigger()
    answers = Answers(site.store, site.blobs, run, attempt=AttemptKey("d", run.run_id, "t0"))
    answers("set_state", {"key": "a", "value": [1], "expires_at": None, "asset": None})
    assert answers("state", {"key": "a", "asset": None}) == [[1], None]
    with pytest.raises(ValueError, match="can't begin"):
        answers("set_variable", {"key": f"{PREFIX}x", "value": "1"})
    with pytest.raises(NotFoundError, match="only an attempt"):
        Answers(site.store, site.blobs, run)("state", {"key": "a", "asset": None})
