"""What every state store promises of history: runs by logical date in pages, backfills, and what belongs to a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from brisa.model.backfill import Reprocess
from brisa.model.run import RunKey
from brisa.ports.store import Create, Delete, Put
from tests.adapters.records import a_backfill, a_dag, a_run, a_version, a_wait, an_attempt

DAYS = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 11)]


def ids(found):
    """The run ids."""
    return [stored.record.run_id for stored in found]


def test_runs_come_by_logical_date(store):
    """Both ends are in, whatever the due times; runs without a logical date, and other DAGs', are left out."""
    for number, after in [(1, 9.0), (2, 1.0), (3, 5.0), (4, 0.0)]:
        store.commit(Create(a_run(f"r{number}", logical_date=DAYS[number], run_after=after)))
    store.commit(Create(a_run("undated")), Create(a_run("other", dag_id="otro", logical_date=DAYS[2])))
    assert ids(store.dated_runs("ventas", DAYS[1], DAYS[3], limit=10)) == ["r1", "r2", "r3"]
    assert ids(store.dated_runs("ventas", DAYS[2], DAYS[2], limit=10)) == ["r2"]
    assert ids(store.dated_runs("ventas", DAYS[5], DAYS[9], limit=10)) == []
    assert ids(store.dated_runs("ventas", DAYS[3], DAYS[1], limit=10)) == []


def test_pages_of_runs_meet_without_a_gap(store):
    """Also where many runs have one date: a page begins after the last run of the page before."""
    dates = [DAYS[0], DAYS[1], DAYS[1], DAYS[1], DAYS[1] + timedelta(microseconds=1), DAYS[2]]
    for number, date in enumerate(dates):
        store.commit(Create(a_run(f"r{number}", logical_date=date)))
    seen, first, after = [], DAYS[0], ""
    while page := store.dated_runs("ventas", first, DAYS[9], after=after, limit=2):
        seen += ids(page)
        first, after = page[-1].record.logical_date, page[-1].record.run_id
    assert seen == [f"r{number}" for number in range(6)]


def test_a_run_whose_date_was_taken_away_is_not_found_by_it(store):
    """An update that has no logical date any more leaves no trace of the old one."""
    store.commit(Put(a_run("r", logical_date=DAYS[1])))
    store.commit(Put(a_run("r")))
    assert ids(store.dated_runs("ventas", DAYS[0], DAYS[9], limit=10)) == []


def test_backfills_come_latest_first(store):
    """Of one DAG or of all, whole, and as they were put last."""
    first = a_backfill(7, conf={"city": "Lima"}, reprocess=Reprocess.FAILED, next_start=DAYS[0])
    store.commit(Create(first), Create(a_backfill(9)), Create(a_backfill(8, "otro")))
    assert store.backfill(7) == first
    assert store.backfill(1) is None
    assert [one.backfill_id for one in store.backfills(limit=10)] == [9, 8, 7]
    assert [one.backfill_id for one in store.backfills("ventas", limit=10)] == [9, 7]
    assert [one.backfill_id for one in store.backfills("ventas", limit=1)] == [9]
    store.commit(Put(a_backfill(9, completed_at=5.0)))
    assert store.backfills("ventas", limit=1)[0].completed_at == 5.0
    store.commit(Delete(a_backfill(9)))
    assert [one.backfill_id for one in store.backfills(limit=10)] == [8, 7]


def test_a_backfill_that_has_room_makes_its_dag_due(store):
    """Also at the DAG's own limit of runs; not while DAG or backfill are paused, nor when it has come to its end."""
    full = {"active_runs": ("a",), "max_active_runs": 1}
    going = a_backfill(next_start=DAYS[0])
    dags: dict[str, dict[str, Any]] = {
        "due": {"backfill": going, **full},
        "paused": {"backfill": going, "paused": True},
        "paused backfill": {"backfill": a_backfill(next_start=DAYS[0], paused=True)},
        "full backfill": {"backfill": a_backfill(next_start=DAYS[0], active_runs=("b",), max_active_runs=1)},
        "through": {"backfill": a_backfill()},
        "deleted": {"deleting": True, "active": False, "paused": True},
    }
    for dag_id, fields in dags.items():
        store.commit(Create(a_dag(dag_id, **fields)))
    due = store.due_dags(1.0, limit=10)
    assert sorted(stored.record.dag_id for stored in due) == ["deleted", "due"]
    assert next(stored.record.backfill for stored in due if stored.record.dag_id == "due") == going


def test_versions_of_a_dag(store):
    """Some of them, and none of another DAG's."""
    store.commit(*(Create(a_version(version=f"v{number}")) for number in range(3)), Create(a_version("otro")))
    assert sorted(one.version for one in store.versions("ventas", limit=10)) == ["v0", "v1", "v2"]
    assert len(store.versions("ventas", limit=2)) == 2
    assert store.versions("nadie", limit=2) == []


def test_some_attempts_of_a_run(store):
    """At most as many as asked for."""
    store.commit(*(Create(an_attempt(f"t{number}")) for number in range(5)))
    assert len(store.attempts(RunKey("ventas", "manual__1"), limit=2)) == 2
    assert len(store.attempts(RunKey("ventas", "manual__1"))) == 5


def test_waits_of_a_run(store):
    """Those of its tasks, not those of other runs."""
    store.commit(Create(a_wait("a")), Create(a_wait("b", prefix=True)), Create(a_wait("c", task_id="otra")))
    found = store.waits_of(RunKey("ventas", "manual__1"), limit=10)
    assert sorted(stored.record.key.name for stored in found) == ["a", "b", "c"]
    assert len(store.waits_of(RunKey("ventas", "manual__1"), limit=2)) == 2
    assert store.waits_of(RunKey("ventas", "manual__2"), limit=10) == []
