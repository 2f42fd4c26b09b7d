"""What every state store promises of searches for runs: the same as a plain look through all of them."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime

import pytest

from brisa.model.states import RunState, RunType
from brisa.ports.search import Bound, RunSearch, Text
from brisa.ports.store import Create, Put, Stored
from tests.adapters.records import a_dag, a_run, a_version

DAY = 86_400.0
RUNS = [
    a_run(
        f"{'Manual' if number % 2 else 'scheduled'}__{number}_x",
        dag_id=("ventas", "compras", "a%b")[number % 3],
        version=f"v{number % 2}",
        state=list(RunState)[number % 4],
        run_type=RunType.MANUAL if number % 2 else RunType.SCHEDULED,
        run_after=number * DAY,
        logical_date=None if number % 5 == 0 else datetime(2024, 1, 1 + number, tzinfo=UTC),
        queued_at=number * DAY,
        started_at=None if number % 4 == 0 else number * DAY + 10,
        ended_at=None if number % 4 in (0, 1) else number * DAY + 10 + number % 7,
        triggering_user="Ana@example.com" if number % 3 else "",
        partition_key=f"key-{number}" if number % 2 else None,
        partition_date=datetime(2024, 2, 1 + number, tzinfo=UTC) if number % 3 else None,
        conf={"país": "España", "nested": {"n": number}} if number % 2 else {},
    )
    for number in range(12)
]
SEARCHES = {
    "all": RunSearch(),
    "latest first": RunSearch(order=(("run_after", True),)),
    "of one DAG": RunSearch(dag_ids=("ventas",)),
    "of two": RunSearch(dag_ids=("ventas", "a%b", "unknown"), order=(("run_after", True),)),
    "a page": RunSearch(limit=3, offset=4),
    "beyond the last": RunSearch(limit=3, offset=400),
    "nothing": RunSearch(limit=0),
    "of two states": RunSearch(states=("failed", "running", "none")),
    "of a type": RunSearch(run_types=("manual", "operator_triggered")),
    "of a version": RunSearch(versions=(("ventas", "v1"), ("compras", "v0"))),
    "of no version": RunSearch(versions=()),
    "id like": RunSearch(texts=(Text("run_id", ("MANUAL%1", "d___4")),)),
    "id begins": RunSearch(texts=(Text("run_id", ("Man",), prefix=True), Text("dag_id", ("a%", "c"), prefix=True))),
    "literally": RunSearch(texts=(Text("dag_id", ("a%b",)),)),
    "no alternative": RunSearch(texts=(Text("dag_id", ()),)),
    "user like": RunSearch(texts=(Text("triggering_user", ("ana@",)),), limit=2, offset=1),
    "partition": RunSearch(texts=(Text("partition_key", ("key-1",)),), order=(("partition_key", True),)),
    "from to": RunSearch(bounds=(Bound("run_after", ">=", 3 * DAY), Bound("run_after", "<", 6 * DAY))),
    "after before": RunSearch(bounds=(Bound("run_after", ">", 3 * DAY), Bound("run_after", "<=", 6 * DAY))),
    "dated": RunSearch(bounds=(Bound("logical_date", ">=", datetime(2024, 1, 5, tzinfo=UTC).timestamp()),)),
    "took": RunSearch(bounds=(Bound("duration", ">", 2.0), Bound("started_at", ">", 0.0), Bound("ended_at", ">", 0.0))),
    "changed": RunSearch(bounds=(Bound("updated_at", ">=", 5 * DAY), Bound("queued_at", ">=", DAY))),
    "conf": RunSearch(conf_contains='"nested": {"N": 1', dag_ids=("ventas", "compras")),
    "conf beyond": RunSearch(conf_contains="n", offset=2, limit=2),
    "by start": RunSearch(order=(("started_at", False),)),
    "by end, the latest first": RunSearch(order=(("ended_at", True),)),
    "by state and duration": RunSearch(order=(("state", False), ("duration", True)), limit=5),
    "by DAG and date": RunSearch(order=(("dag_id", True), ("logical_date", False))),
    "by conf": RunSearch(order=(("conf", True), ("run_id", False))),
    "by change": RunSearch(order=(("updated_at", True), ("partition_date", False), ("queued_at", False))),
}


@pytest.fixture
def full(store):
    """A store with all of these runs, written in another order."""
    store.commit(*(Create(run) for run in RUNS[::-1]))
    return store


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_search_finds_what_a_look_at_every_run_finds(full, search):
    """The page asked for, in order, and how many there are in all."""
    wanted = search.ordered(run for run in RUNS if search.matches(run))
    found = full.find_runs(search)
    assert [stored.record for stored in found.runs] == wanted[search.offset : search.offset + search.limit]
    assert found.total == len(wanted)
    assert all(stored == full.run(stored.record.key) for stored in found.runs)


def test_runs_are_counted_by_state(full):
    """Of all DAGs, or of some."""
    expected = Counter((run.dag_id, run.state) for run in RUNS)
    assert dict(full.count_runs()) == expected
    of_two = {key: number for key, number in expected.items() if key[0] in ("ventas", "a%b")}
    assert dict(full.count_runs(["ventas", "unknown", "a%b"])) == of_two


def test_a_search_sees_the_last_state(full):
    """A run that was changed is found by what it is now."""
    found = full.find_runs(RunSearch(states=("queued",)))
    full.commit(*(Put(a_run(stored.record.run_id, dag_id=stored.record.dag_id)) for stored in found.runs))
    assert full.find_runs(RunSearch(states=("queued",))).total == 0
    assert full.find_runs(RunSearch(states=("running",))).total == 6


def test_dags_are_read_many_at_once(store):
    """In the order asked for."""
    store.commit(Create(a_dag("a")), Create(a_dag("b")))
    found = store.dags_of(["b", "nada", "a", "b"])
    assert found == [store.dag("b"), None, store.dag("a"), store.dag("b")]
    assert store.dags_of([]) == []


def test_dags_that_change_are_read_anew(store):
    """Whatever a store remembers of them: changed, removed, made anew."""
    store.commit(Create(a_dag("a")), Create(a_dag("b")))
    assert [found.record.paused for found in store.dags()] == [False, False]
    store.commit(Put(a_dag("a", paused=True)))
    assert [(found.record.dag_id, found.record.paused) for found in store.dags()] == [("a", True), ("b", False)]
    assert all(isinstance(found, Stored) and found == store.dag(found.record.dag_id) for found in store.dags())


def test_versions_are_told_in_the_order_they_were_made(store):
    """By DAG, then by age, then by hash; nothing for an unknown DAG."""
    for dag_id, (version, at) in itertools.product("ab", [("z", 1.0), ("x", 2.0), ("w", 2.0)]):
        store.commit(Put(a_version(dag_id, version, created_at=at)))
    ids = store.version_ids(["b", "a", "unknown"])
    assert [(one.dag_id, one.version, one.created_at) for one in ids] == [
        (dag_id, version, at) for dag_id in "ab" for version, at in [("z", 1.0), ("w", 2.0), ("x", 2.0)]
    ]
    assert list(store.version_ids([])) == []
