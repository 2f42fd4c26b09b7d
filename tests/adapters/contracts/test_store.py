"""What every state store promises: each sentence of brisa.ports.store as a test."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from brisa.errors import ConflictError
from brisa.model.asset import AssetKey, QueuedAsset
from brisa.model.run import AttemptKey, RunKey, TaskInstance, XCom
from brisa.model.states import TaskState
from brisa.ports.store import Create, Delete, Put, Update
from tests.adapters.records import a_dag, a_failure, a_run, a_version, an_asset, an_asset_event, an_attempt

RICH_RUN = a_run(
    "scheduled__2024-01-01T00:00:00+00:00",
    logical_date=datetime(2024, 1, 1, tzinfo=UTC),
    data_interval_start=datetime(2024, 1, 1, tzinfo=UTC),
    data_interval_end=datetime(2024, 1, 1, 23, 59, 59, 999999, tzinfo=UTC),
    conf={"país": "España", "lone": "\ud800", "nested": [1, 2.5, None, {"a": True}], "nul": "a\0b"},
    run_after=1_700_000_000.123456,
    started_at=1.5,
    next_check_at=2.25,
    note="with 'quotes'; DROP TABLE runs; --",
    tasks={"t": TaskInstance(state=TaskState.RUNNING, try_number=2, started_at=1.25, skips=("u",))},
)
EVERY_KIND = [
    RICH_RUN,
    a_dag(next_run_at=5.5, next_start=datetime(2024, 1, 1, tzinfo=UTC)),
    a_version(source="with DAG('x'): ..."),
    an_attempt(token="secreto", xcoms={"return_value": XCom(value={"ñ": [1]}), "other": XCom(blob="b", size=9)}),
    a_failure(traceback="Traceback…", line=3),
    an_asset("s3://ñ/'; --", name="n", extra={"a": [1, "\ud800"]}, consumers=("a", "b"), producers=("c",)),
    an_asset("gs://entrada/ventas", alias=True, uris=("x", "y")),
    an_asset_event("0f", "s3://ñ", timestamp=2.5, extra={"filas": [1]}, aliases=("á", "b"), delivered=("d",)),
    a_dag("espera", asset_queue={"s3://ñ": QueuedAsset(events=("0f",), queued_at=2.5)}, assets_due_at=2.5),
]


def read(store, record):
    """What the store has under the record's own key."""
    match type(record).__name__:
        case "Run":
            return store.run(record.key)
        case "Attempt":
            return store.attempt(record.key)
        case "Dag":
            return store.dag(record.dag_id)
        case "Asset":
            return store.asset(record.key)
        case "AssetEvent":
            return store.asset_events_of([record.event_id])[0]
        case "DagVersion":
            return store.version(record.dag_id, record.version)
        case _:
            return next((failure for failure in store.import_failures() if failure.file == record.file), None)


def record_of(found):
    """The record, from the two forms in which stores hand it out."""
    return getattr(found, "record", found)


def test_a_run_is_created_read_changed_and_removed(store):
    """The happy path: a revision comes back from each write, and is what the next write is conditioned on."""
    run = a_run()

    [created] = store.commit(Create(run))
    assert store.run(run.key).record == run
    assert store.run(run.key).revision == created

    [changed] = store.commit(Update(replace(run, note="seen"), created))
    assert store.run(run.key).record.note == "seen"
    assert changed != created

    assert store.commit(Delete(run)) == [None]
    assert store.run(run.key) is None


@pytest.mark.parametrize("record", EVERY_KIND, ids=lambda record: type(record).__name__)
def test_every_kind_of_record_comes_back_as_it_went_in(store, record):
    """Whatever a record holds, text of all kinds included, is what is read, for as long as it is there."""
    assert read(store, record) is None
    store.commit(Create(record))
    assert record_of(read(store, record)) == record
    store.commit(Put(record))
    assert record_of(read(store, record)) == record
    store.commit(Delete(record))
    assert read(store, record) is None


@pytest.mark.parametrize("record", EVERY_KIND, ids=lambda record: type(record).__name__)
def test_what_exists_is_not_created_again(store, record):
    """A create whose record is there is a conflict; the record stays."""
    store.commit(Put(record))
    with pytest.raises(ConflictError):
        store.commit(Create(record))
    assert record_of(read(store, record)) == record


@pytest.mark.parametrize("record", EVERY_KIND, ids=lambda record: type(record).__name__)
def test_put_and_delete_do_not_care_what_was_there(store, record):
    """Neither a missing nor a present record stops them."""
    store.commit(Delete(record))
    store.commit(Put(record))
    store.commit(Put(record))
    assert record_of(read(store, record)) == record
    store.commit(Delete(record))
    store.commit(Delete(record))
    assert read(store, record) is None


def test_an_update_needs_the_revision_that_it_was_read_with(store):
    """A second update with the same revision is a conflict and changes nothing."""
    [revision] = store.commit(Create(a_run()))
    store.commit(Update(a_run(note="first"), revision))
    with pytest.raises(ConflictError):
        store.commit(Update(a_run(note="second"), revision))
    assert store.run(a_run().key).record.note == "first"


def test_a_delete_may_need_the_revision_that_it_was_read_with(store):
    """What has been changed, removed or made anew since stays as it is, and so does all else in the commit."""
    [created] = store.commit(Create(a_run()))
    [changed] = store.commit(Update(a_run(note="changed"), created))
    for revision in (created, changed):
        if revision is changed:
            store.commit(Delete(a_run(), changed))
            assert store.run(a_run().key) is None
            with pytest.raises(ConflictError):
                store.commit(Delete(a_run(), changed))
            store.commit(Create(a_run(note="anew")))
        with pytest.raises(ConflictError):
            store.commit(Create(a_dag()), Delete(a_run(), revision))
        assert store.dag(a_dag().dag_id) is None
    assert store.run(a_run().key).record.note == "anew"


def test_a_put_makes_older_revisions_void(store):
    """Whoever read before a put must read again."""
    [revision] = store.commit(Create(a_run()))
    store.commit(Put(a_run(note="put")))
    with pytest.raises(ConflictError):
        store.commit(Update(a_run(note="stale"), revision))


def test_a_record_made_anew_has_no_old_revision(store):
    """An update meant for a record that was removed does not hit the one that took its place."""
    [revision] = store.commit(Create(a_run()))
    store.commit(Delete(a_run()))
    with pytest.raises(ConflictError):
        store.commit(Update(a_run(note="ghost"), revision))
    store.commit(Create(a_run()))
    with pytest.raises(ConflictError):
        store.commit(Update(a_run(note="ghost"), revision))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_failing_precondition_writes_nothing(store, place):
    """Wherever in the commit it is, before or after good writes, of whatever kind."""
    store.commit(Create(a_dag()), Put(a_failure()))
    good = [Create(a_run()), Delete(a_failure())]
    good.insert(place, Create(a_dag(file="other.py")))

    with pytest.raises(ConflictError):
        store.commit(*good)

    assert store.run(a_run().key) is None
    assert store.dag("ventas").record.file == ""
    assert store.import_failures() == [a_failure()]


def test_revisions_come_in_the_order_of_the_writes(store):
    """Each can be used for the record of the same place; a delete has none."""
    revisions = store.commit(Create(a_run()), Delete(a_failure()), Create(a_dag()))
    assert len(revisions) == 3
    assert revisions[1] is None
    store.commit(Update(a_run(note="x"), revisions[0]), Update(a_dag(paused=True), revisions[2]))
    assert store.dag("ventas").record.paused


def test_nothing_to_write_is_no_error(store):
    """An empty commit returns an empty answer."""
    assert list(store.commit()) == []


@pytest.mark.parametrize("second", [Put(a_run(note="b")), Delete(a_run())])
def test_two_writes_of_one_record_are_refused(store, second):
    """Which of them should count? Neither is applied."""
    with pytest.raises(ValueError, match=r"run 'ventas' 'manual__1'"):
        store.commit(Create(a_run(note="a")), second)
    assert store.run(a_run().key) is None


def test_only_one_of_many_creates(store):
    """A create is a lock: of eight threads at once, one gets it, the others are told."""
    barrier = threading.Barrier(8)

    def claim(number):
        barrier.wait()
        try:
            store.commit(Create(an_attempt(owner=str(number))))
        except ConflictError:
            return None
        return str(number)

    with ThreadPoolExecutor(8) as threads:
        winners = [winner for winner in threads.map(claim, range(8)) if winner is not None]
    assert len(winners) == 1
    assert store.attempt(an_attempt().key).record.owner == winners[0]


def test_no_increment_is_lost_between_threads(store):
    """Eight threads count to twenty each by compare-and-set: the total is right, and who read too early is told."""
    store.commit(Create(a_run(note="0")))
    all_have_read = threading.Barrier(8)

    def count(_):
        conflicts, found = 0, store.run(a_run().key)
        all_have_read.wait()
        for _ in range(20):
            while True:
                try:
                    store.commit(Update(a_run(note=str(int(found.record.note) + 1)), found.revision))
                    break
                except ConflictError:
                    conflicts += 1
                    found = store.run(a_run().key)
            found = store.run(a_run().key)
        return conflicts

    with ThreadPoolExecutor(8) as threads:
        conflicts = sum(threads.map(count, range(8)))
    assert store.run(a_run().key).record.note == "160"
    assert conflicts >= 7


def test_a_conflict_is_seen_by_whoever_read_first(store):
    """Two readers of one revision: the second to write is told."""
    store.commit(Create(a_run()))
    first, second = store.run(a_run().key), store.run(a_run().key)
    store.commit(Update(a_run(note="first"), first.revision))
    with pytest.raises(ConflictError, match="run 'ventas' 'manual__1'"):
        store.commit(Update(a_run(note="second"), second.revision))


def test_a_commit_is_seen_by_every_later_read(store):
    """Strong consistency between threads: what returned before a read begins is in its answer."""
    store.commit(Create(a_run(note="0")))
    with ThreadPoolExecutor(1) as other:
        for number in range(1, 50):
            store.commit(Put(a_run(note=str(number))))
            assert other.submit(store.run, a_run().key).result().record.note == str(number)


def test_unknown_keys_are_none(store):
    """Reading what is not there is no error."""
    assert store.run(RunKey("no", "no")) is None
    assert store.attempt(AttemptKey("no", "no", "no")) is None
    assert store.dag("no") is None
    assert store.version("no", "no") is None
    assert store.previous_success("no", "2024-01-01T00:00:00+00:00") is None
    assert store.variable("no") is None
    assert store.asset(AssetKey("no")) is None
    assert list(store.assets()) == list(store.asset_events(limit=9)) == []
    assert store.next_due() is None
    for nothing in (store.dags(), store.runs("no"), store.attempts(RunKey("no", "no")), store.running_runs()):
        assert list(nothing) == []
    assert list(store.import_failures()) == []
    assert list(store.variables()) == []


@pytest.mark.parametrize("name", ["", "a/b", "..", "x' OR '1'='1", "ünï/cödé ☃", "a\0b", "%s", "z" * 1000])
def test_hostile_ids_name_just_their_own_record(store, name):
    """Ids are data, never part of a query or a path."""
    mine, other = a_run(name, dag_id=name, note="mine"), a_run(name + "'", dag_id=name, note="other")
    store.commit(Create(mine), Create(other))
    assert store.run(mine.key).record == mine
    assert [found.record.run_id for found in store.runs(name)] == sorted([mine.run_id, other.run_id])
    store.commit(Delete(other))
    assert store.run(mine.key).record == mine


def test_closing_twice_is_no_error(store):
    """Whoever cleans up need not know who did so before."""
    store.close()
    store.close()
