"""What every state store promises of assets and their events."""

from __future__ import annotations

import pytest

from brisa.model.asset import AssetKey
from brisa.model.states import RunState
from brisa.ports.store import Create, Delete, Update
from tests.adapters.records import a_dag, a_run, an_asset, an_asset_event

EVENTS = [
    an_asset_event("0a", "x", timestamp=1.0),
    an_asset_event("0b", "y", timestamp=2.0, aliases=("x", "z")),
    an_asset_event("0c", "x", timestamp=3.0, aliases=("z",)),
    an_asset_event("0e", "x", timestamp=4.0),
    an_asset_event("0d", "x", timestamp=4.0),
]


def test_assets_and_aliases_come_by_key(store):
    """An asset and an alias of one name are two; each is made, read, changed and removed like any other record."""
    store.commit(Create(an_asset("b")), Create(an_asset("a", alias=True)), Create(an_asset("a")))
    assert [found.record.key for found in store.assets()] == [("a", False), ("a", True), ("b", False)]
    found = store.asset(AssetKey("a", alias=True))
    store.commit(Update(an_asset("a", alias=True, uris=("u",)), found.revision))
    assert store.asset(AssetKey("a", alias=True)).record.uris == ("u",)
    assert store.asset(AssetKey("a")).record.uris == ()
    store.commit(Delete(an_asset("a")))
    assert store.asset(AssetKey("a")) is None


@pytest.mark.parametrize(
    ("key", "asked", "expected"),
    [
        (None, {}, "0e 0d 0c 0b 0a"),
        (None, {"ascending": True}, "0a 0b 0c 0d 0e"),
        (None, {"limit": 2}, "0e 0d"),
        (None, {"limit": 2, "offset": 1}, "0d 0c"),
        (None, {"limit": 2, "offset": 4, "ascending": True}, "0e"),
        (None, {"offset": 9}, ""),
        (None, {"after": 2.0, "before": 3.0}, "0c 0b"),
        (AssetKey("x"), {}, "0e 0d 0c 0a"),
        (AssetKey("x"), {"after": 1.5, "ascending": True, "limit": 1}, "0c"),
        (AssetKey("z", alias=True), {}, "0c 0b"),
        (AssetKey("x", alias=True), {"ascending": True}, "0b"),
        (AssetKey("z"), {}, ""),
        (AssetKey("' OR '1'='1"), {}, ""),
        (AssetKey('"', alias=True), {}, ""),
    ],
)
def test_events_are_found_by_asset_alias_and_time(store, key, asked, expected):
    """The latest first, or the first first; those of one moment by id; a part of them, if asked for."""
    store.commit(*map(Create, EVENTS))
    found = store.asset_events(key, **{"limit": 9, **asked})
    assert " ".join(one.record.event_id for one in found) == expected
    bounds = {name: value for name, value in asked.items() if name in ("after", "before")}
    assert store.count_asset_events(key, **bounds) == len(store.asset_events(key, limit=99, **bounds))


def test_events_are_read_many_at_once(store):
    """In the order asked for, with nothing where there is none."""
    store.commit(*map(Create, EVENTS))
    found = store.asset_events_of(["0c", "ff", "0a"])
    assert [one and one.record for one in found] == [EVENTS[2], None, EVENTS[0]]
    assert list(store.asset_events_of([])) == []


def test_a_dag_whose_assets_are_there_is_due(store):
    """Unless it is paused, or there is no room for a run."""
    store.commit(
        Create(a_dag("due", assets_due_at=5.0)),
        Create(a_dag("both", assets_due_at=7.0, next_run_at=4.0)),
        Create(a_dag("paused", assets_due_at=5.0, paused=True)),
        Create(a_dag("full", assets_due_at=5.0, max_active_runs=1, active_runs=("r",))),
    )
    assert [found.record.dag_id for found in store.due_dags(6.0, limit=9)] == ["both", "due"]
    assert store.next_due() == 4.0


def test_a_run_that_has_events_to_make_known_is_due_even_if_it_has_ended(store):
    """The sweep finds it."""
    store.commit(Create(a_run(state=RunState.SUCCESS, announcing=("0a",), announce_by=3.0, next_check_at=3.0)))
    assert [found.record.announcing for found in store.due_runs(3.0, limit=9)] == [("0a",)]
