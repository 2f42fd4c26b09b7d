"""What every state store's queries promise: which records, in which order, and how many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from brisa.errors import ConflictError
from brisa.model.access import Role
from brisa.model.audit import AuditEntry
from brisa.model.pool import Pool
from brisa.model.run import RunKey, TaskKey
from brisa.model.states import AttemptState, RunState
from brisa.model.user import User
from brisa.model.variable import Variable
from brisa.ports.store import Create, Delete, Put, Record, Update
from tests.adapters.records import a_dag, a_failure, a_run, a_version, a_wait, an_attempt


def test_dags_come_by_id(store):
    """All of them, paused and gone ones too."""
    store.commit(Create(a_dag("b", paused=True)), Create(a_dag("c", active=False)), Create(a_dag("a")))
    assert [found.record.dag_id for found in store.dags()] == ["a", "b", "c"]


def test_a_version_is_the_same_each_time(store):
    """Two versions of one DAG are two records; a cache never mixes them up, nor keeps one that was removed."""
    store.commit(Create(a_version(version="v1", source="1")), Create(a_version(version="v2", source="2")))
    for _ in range(2):
        assert store.version("ventas", "v1").source == "1"
        assert store.version("ventas", "v2").source == "2"
    store.commit(Delete(a_version(version="v1")))
    assert store.version("ventas", "v1") is None


def test_runs_of_a_dag_come_latest_first(store):
    """By due time, then by id; other DAGs' runs are left out; the limit cuts the oldest off."""
    for run_id, after in [("a", 1.0), ("c", 3.0), ("b", 3.0), ("d", 2.0)]:
        store.commit(Create(a_run(run_id, run_after=after)))
    store.commit(Create(a_run("x", dag_id="otro", run_after=9.0)))
    assert [found.record.run_id for found in store.runs("ventas")] == ["b", "c", "d", "a"]
    assert [found.record.run_id for found in store.runs("ventas", limit=2)] == ["b", "c"]


def test_the_previous_success_is_the_latest_before(store):
    """Only successful runs with a logical date, strictly before the given one, whatever their due times."""
    day = {number: datetime(2024, 1, number, tzinfo=UTC) for number in range(1, 10)}
    good = {"state": RunState.SUCCESS}
    for run in (
        a_run("two", logical_date=day[2], run_after=99.0, **good),
        a_run("three", logical_date=day[3].replace(microsecond=1), **good),
        a_run("four", logical_date=day[4], state=RunState.FAILED),
        a_run("five", logical_date=day[5], **good),
        a_run("none", **good),
        a_run("other", dag_id="otro", logical_date=day[4], **good),
    ):
        store.commit(Create(run))

    def before(moment):
        found = store.previous_success("ventas", moment)
        return found and found.run_id

    assert before("2024-01-05T00:00:00+00:00") == "three"
    assert before("2024-01-05T00:00:00.000001+00:00") == "five"
    assert before("2024-01-03T00:00:00.000001+00:00") == "two"
    assert before("2024-01-03T00:00:00.000002+00:00") == "three"
    assert before("2024-01-03T01:00:00.000002+01:00") == "three"
    assert before("2024-01-02T00:00:00+00:00") is None


def test_runs_that_know_the_one_before_come_latest_first(store):
    """Whatever their state; only those that look back at all, strictly before the given date, in pages."""
    day = {number: datetime(2024, 1, number, tzinfo=UTC) for number in range(1, 10)}
    for run in (
        a_run("two", logical_date=day[2], previous=""),
        a_run("three", logical_date=day[3].replace(microsecond=1), previous="two", state=RunState.FAILED),
        a_run("b", logical_date=day[4], previous="three"),
        a_run("a", logical_date=day[4], previous="three"),
        a_run("aside", logical_date=day[3]),
        a_run("other", dag_id="otro", logical_date=day[3], previous=""),
    ):
        store.commit(Create(run))

    def before(moment, limit=10):
        return [found.record.run_id for found in store.linked_runs("ventas", moment, limit=limit)]

    assert before("2024-01-09T00:00:00+00:00") == ["a", "b", "three", "two"]
    assert before("2024-01-09T00:00:00+00:00", limit=2) == ["a", "b"]
    assert before("2024-01-04T01:00:00+01:00") == ["three", "two"]
    assert before("2024-01-03T00:00:00.000001+00:00") == ["two"]
    assert before("2024-01-02T00:00:00+00:00") == []


def test_attempts_of_a_run_come_in_the_order_of_their_keys(store):
    """Numbers count as numbers, and other runs' attempts are left out."""
    keys = [
        ("a", -1, 0, 1, 0),
        ("a", 2, 0, 1, 0),
        ("a", 10, 0, 1, 0),
        ("b", -1, 0, 1, 0),
        ("b", -1, 0, 1, 2),
        ("b", -1, 0, 2, 0),
        ("b", -1, 1, 1, 0),
    ]
    for task_id, index, generation, number, seq in reversed(keys):
        store.commit(
            Create(an_attempt(task_id, map_index=index, generation=generation, try_number=number, seq=seq)),
            Create(an_attempt(task_id, RunKey("ventas", "other"), map_index=index, generation=generation,
                              try_number=number, seq=seq)),
        )  # fmt: skip
    assert [tuple(found.record.key)[2:] for found in store.attempts(RunKey("ventas", "manual__1"))] == keys
    for task in (TaskKey("a"), TaskKey("a", 2), TaskKey("b"), TaskKey("c")):
        found = store.task_attempts(RunKey("ventas", "manual__1"), task)
        assert [tuple(stored.record.key)[2:] for stored in found] == [key for key in keys if key[:2] == task]


def test_due_runs_have_something_to_be_looked_after(store):
    """The longest due first; what is due at this very moment is due; an ended run may still await its callbacks."""
    for run in (
        a_run("late", next_check_at=3.0),
        a_run("now", next_check_at=10.0),
        a_run("future", next_check_at=10.000001),
        a_run("never"),
        a_run("queued", state=RunState.QUEUED),
        a_run("ended", next_check_at=1.5, state=RunState.SUCCESS),
        a_run("earlier", dag_id="otro", next_check_at=2.0),
    ):
        store.commit(Create(run))
    assert [found.record.run_id for found in store.due_runs(10.0, limit=9)] == ["ended", "earlier", "late", "now"]
    assert [found.record.run_id for found in store.due_runs(10.0, limit=1)] == ["ended"]
    assert list(store.due_runs(1.0, limit=9)) == []


def test_a_due_run_can_be_written_with_what_the_query_gave(store):
    """Queries hand out revisions that commits take; a run that moved on is no longer due."""
    store.commit(Create(a_run(next_check_at=1.0)))
    [found] = store.due_runs(2.0, limit=5)
    store.commit(Update(replace(found.record, next_check_at=9.0), found.revision))
    assert list(store.due_runs(2.0, limit=5)) == []
    assert store.next_due() == 9.0


def test_running_runs_have_not_ended(store):
    """Queued and running ones, of all DAGs."""
    for state in RunState:
        store.commit(Create(a_run(state.value, state=state)))
    assert sorted(found.record.run_id for found in store.running_runs()) == ["queued", "running"]


def test_due_dags_are_active_unpaused_and_due(store):
    """The longest due first; what is due at this very moment is due; a DAG without room is not, runs that wait are."""
    for dag in (
        a_dag("late", next_run_at=3.0),
        a_dag("now", next_run_at=10.0),
        a_dag("future", next_run_at=10.5),
        a_dag("never"),
        a_dag("paused", next_run_at=1.0, paused=True),
        a_dag("gone", next_run_at=1.0, active=False),
        a_dag("full", next_run_at=1.0, max_active_runs=1, active_runs=("r",)),
        a_dag("crowded", next_run_at=99.0, active_runs=("r",), waiting_runs=("s",)),
    ):
        store.commit(Create(dag))
    assert [found.record.dag_id for found in store.due_dags(10.0, limit=9)] == ["crowded", "late", "now"]
    assert [found.record.dag_id for found in store.due_dags(10.0, limit=2)] == ["crowded", "late"]


def test_the_next_due_moment_is_the_earliest_of_runs_and_dags(store):
    """Whatever can't be due (paused, gone) or awaits nothing does not count."""
    steps: list[tuple[Record, float | None]] = [
        (a_run("ended", state=RunState.FAILED), None),
        (a_dag("paused", next_run_at=0.5, paused=True), None),
        (a_dag("far", next_run_at=50.0), 50.0),
        (a_run("near", next_check_at=20.0), 20.0),
        (a_dag("nearer", next_run_at=10.25), 10.25),
        (a_run("nearest", next_check_at=5.0), 5.0),
    ]
    for record, expected in steps:
        store.commit(Create(record))
        assert store.next_due() == expected
    store.commit(Put(a_run("nearest", state=RunState.SUCCESS)))
    assert store.next_due() == 10.25


def test_import_failures_come_by_file(store):
    """One for each file, the last one written."""
    for failure in (a_failure("b.py"), a_failure("a.py"), a_failure("b.py", message="line 4: still no")):
        store.commit(Put(failure))
    assert [(failure.file, failure.message) for failure in store.import_failures()] == [
        ("a.py", "line 3: no"),
        ("b.py", "line 4: still no"),
    ]


def test_variables_are_set_and_removed_together(store):
    """Again with the same values changes nothing; ``None`` removes, also what is not there."""
    for _ in range(2):
        store.set_variables([("b", "2"), ("a", "uno\n'; --\0ñ"), ("c", None), ("empty", "")])
        assert list(store.variables()) == [Variable("a", "uno\n'; --\0ñ"), Variable("b", "2"), Variable("empty", "")]
    assert store.variable("a") == "uno\n'; --\0ñ"
    assert store.variable("empty") == ""
    store.set_variables([("a", None)])
    assert store.variable("a") is None


def test_a_variables_description_stays_until_it_is_changed(store):
    """Whoever sets the value alone leaves it; a removed Variable takes it along."""
    long = "x" * 300_000
    store.set_variables([("a", long), ("b", "2")], descriptions={"a": "what it is", "c": "of nothing"})
    store.set_variables([("a", "3")])
    assert list(store.variables()) == [Variable("a", "3", "what it is"), Variable("b", "2")]
    store.set_variables([("a", "3"), ("b", "2")], descriptions={"a": None, "b": "two"})
    assert list(store.variables()) == [Variable("a", "3"), Variable("b", "2", "two")]
    store.set_variables([("b", None)])
    store.set_variables([("b", long)])
    assert list(store.variables("b")) == [Variable("b", long)]
    assert store.variable("b") == long


def test_variables_are_found_by_the_beginning_of_their_keys(store):
    """What brisa itself keeps beside them is not among them, unless it is asked for."""
    keys = ("", "?", "@", "@a", "@a, 1", "@a\u00ff", "@b", "A", "a", "ab", "añ", "b", "☃")
    store.set_variables([(key, key) for key in keys])
    for prefix in ("", "a", "@", "@a", "@a, ", "ab", "z", "☃"):
        own = prefix.startswith("@")
        wanted = [key for key in keys if key.startswith(prefix) and (own or not key.startswith("@"))]
        assert [one.key for one in store.variables(prefix)] == wanted, prefix


def test_variables_are_all_set_or_none(store):
    """A source of values that fails half-way leaves everything as it was."""

    def broken():
        yield ("a", "1")
        raise KeyError("b")

    with pytest.raises(KeyError):
        store.set_variables(broken())
    assert store.variable("a") is None


def test_attempts_are_read_many_at_once(store):
    """In the order asked for, with nothing where there is none; more than one request holds too."""
    for index in range(320):
        store.commit(Create(an_attempt("each", map_index=index)))
    keys = [an_attempt("each", map_index=index).key for index in (319, 0, 400, 7, 0)]
    found = store.attempts_of(keys)
    assert [one and one.record.key.map_index for one in found] == [319, 0, None, 7, 0]
    every = store.attempts_of([an_attempt("each", map_index=index).key for index in range(320)])
    assert [one.record.key.map_index for one in every] == list(range(320))
    assert store.attempts_of([]) == []


def test_reported_attempts_are_those_whose_outcome_is_not_in_the_run(store):
    """The first to have ended first, no more than asked for; other states, and other runs', are left out."""
    for task_id, ended, state in [
        ("late", 3.0, AttemptState.REPORTED),
        ("early", 1.0, AttemptState.REPORTED),
        ("middle", 2.0, AttemptState.REPORTED),
        ("folded", 0.5, AttemptState.FINISHED),
        ("running", None, AttemptState.RUNNING),
    ]:
        store.commit(Create(an_attempt(task_id, state=state, ended_at=ended)))
    store.commit(Create(an_attempt("x", run=RunKey("ventas", "other"), state=AttemptState.REPORTED, ended_at=0.1)))
    key = RunKey("ventas", "manual__1")
    found = store.reported(key, limit=10)
    assert [one.record.key.task_id for one in found] == ["early", "middle", "late"]
    assert [one.record.key.task_id for one in store.reported(key, limit=2)] == ["early", "middle"]

    store.commit(*(Update(replace(one.record, state=AttemptState.FINISHED), one.revision) for one in found[:2]))
    assert [one.record.key.task_id for one in store.reported(key, limit=10)] == ["late"]


def test_waits_are_found_by_the_object_that_meets_them(store):
    """By its exact name, or by any beginning of it; other buckets' and longer names' waits are left out."""
    waits = [
        a_wait("a/b.csv"),
        a_wait("a/b.csv", task_id="another"),
        a_wait("a/", prefix=True),
        a_wait("", prefix=True),
        a_wait("a/b.csv.gz", prefix=True),
        a_wait("a/b", prefix=False),
        a_wait("a/b.csv", bucket="otro"),
        a_wait("ñ/ %2F..", task_id="odd"),
        a_wait("a/%", prefix=True),
    ]
    store.commit(*map(Create, waits))
    found = [one.record for one in store.waits("entrada", "a/b.csv")]
    assert found == sorted((waits[0], waits[1], waits[2], waits[3]), key=lambda wait: wait.key)
    assert {one.record.key.task_id for one in store.waits("entrada", "ñ/ %2F..")} == {"odd", "esperar"}
    assert store.waits("nowhere", "a/b.csv") == []


def test_a_wait_is_changed_once(store):
    """Who reads it, and who is told of the object, condition their writes on what they have read."""
    (first,) = store.commit(Put(a_wait()))
    (second,) = store.commit(Update(a_wait(met_by="datos.csv#1"), first))
    with pytest.raises(ConflictError):
        store.commit(Update(a_wait(), first))
    stored = store.wait(a_wait().key)
    assert (stored.record.met_by, stored.revision) == ("datos.csv#1", second)
    store.commit(Delete(a_wait()))
    assert store.wait(a_wait().key) is None


def test_users_come_by_name(store):
    """Each is made, read, changed and removed like any other record."""
    store.commit(Create(User(username="luz", role=Role.OP)), Create(User(username="ana", favourites=("ventas",))))
    assert [found.record.username for found in store.users()] == ["ana", "luz"]
    found = store.user("luz")
    store.commit(Update(replace(found.record, active=False, epoch=1), found.revision))
    assert store.user("luz").record == User(username="luz", role=Role.OP, active=False, epoch=1)
    assert store.user("nobody") is None


def test_the_audit_log_is_read_in_order_of_time(store):
    """The latest entry first, or the first; of one DAG or of all, within a range, page by page, and counted."""
    entries = [
        AuditEntry(entry_id=number, event="e", owner="ana", dag_id=("ventas", None)[number % 2 == 0], extra={"n": [1]})
        for number in range(1, 7)
    ]
    store.commit(*map(Create, entries))

    def ids(*args, **more):
        return [entry.entry_id for entry in store.audit_entries(*args, **{"limit": 10, **more})]

    assert ids() == [6, 5, 4, 3, 2, 1]
    assert ids(ascending=True, limit=2, offset=1) == [2, 3]
    assert ids("ventas") == [5, 3, 1]
    assert ids("ventas", first=2, last=4) == [3]
    assert ids(first=2, last=4, ascending=True) == [2, 3, 4]
    assert (store.count_audit_entries(), store.count_audit_entries("ventas", first=2)) == (6, 2)
    assert store.count_audit_entries("nothing") == 0
    assert store.audit_entry(3) == entries[2]
    assert store.audit_entry(9) is None
    with pytest.raises(ConflictError):
        store.commit(Create(entries[0]))


def test_pools_come_by_name(store):
    """Each is made, read, changed and removed like any other record."""
    store.commit(Create(Pool(name="b", slots=3)), Create(Pool(name="a", slots=-1, description="no limit")))
    assert [found.record.name for found in store.pools()] == ["a", "b"]
    found = store.pool("b")
    store.commit(Update(Pool(name="b", slots=4, include_deferred=True), found.revision))
    assert store.pool("b").record == Pool(name="b", slots=4, include_deferred=True)
    assert store.pool("c") is None
