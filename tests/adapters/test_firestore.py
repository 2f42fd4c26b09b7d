"""What the Firestore store does beyond its port, on Google's own emulator: lost answers, contention, hostile ids."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import cast

import pytest
from google.api_core import exceptions
from google.cloud.firestore import Client

from brisa.adapters.firestore import FirestoreStore
from brisa.adapters.memory import FakeClock
from brisa.errors import ConflictError, DecodeError, StorageError, UnavailableError
from brisa.model.run import RunKey
from brisa.model.states import RunState
from brisa.ports.store import Create, Delete, Put, Update
from tests.adapters.records import a_dag, a_failure, a_run, a_version, an_attempt

pytestmark = pytest.mark.firestore

UNAVAILABLE = exceptions.ServiceUnavailable("no answer")
LOST = [UNAVAILABLE, exceptions.DeadlineExceeded("too late"), exceptions.InternalServerError("oops")]


class BadLine:
    """A client on a bad line: ``faults`` say what becomes of its next commits, one each, then the line is good.

    A fault is an error and whether the commit is applied before it is raised. ``meanwhile`` is called then, once.
    """

    def __init__(self, client, faults: Sequence[tuple[Exception, bool]] = (), meanwhile=lambda: None) -> None:
        self._client = client
        self.faults = list(faults)
        self.meanwhile = meanwhile
        self.sent = 0

    def __getattr__(self, name):
        return getattr(self._client, name)

    def batch(self):
        """A batch whose commit meets the faults."""
        batch = self._client.batch()
        commit = batch.commit

        def send(**options):
            self.sent += 1
            if not self.faults:
                return commit(**options)
            error, applied = self.faults.pop(0)
            if applied:
                # The writes stay in the batch, as they do when the client itself never sees the answer.
                writes = list(batch._write_pbs)
                commit(**options)
                batch._write_pbs = writes
            self.meanwhile()
            self.meanwhile = lambda: None
            raise error

        batch.commit = send
        return batch


@pytest.fixture
def clock():
    """Nobody waits for real."""
    return FakeClock()


@pytest.fixture
def store(firestore, clock):
    """A store on a good line."""
    store = FirestoreStore(firestore.client(), clock)
    yield store
    store.close()


@pytest.fixture
def bad_line(firestore, clock):
    """Makes stores on bad lines: ``bad_line(fault, …)`` gives the store and its line."""
    made = []

    def make(*faults, meanwhile=lambda: None):
        line = BadLine(firestore.client(), faults, meanwhile)
        made.append(FirestoreStore(cast(Client, line), clock))
        return made[-1], line

    yield make
    for store in made:
        store.close()


# --- lost answers


@pytest.mark.parametrize("lost", LOST, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("then", [[], [UNAVAILABLE], [exceptions.Aborted("contention")]], ids=["", "lost", "aborted"])
def test_a_commit_whose_answer_was_lost_is_recognised(store, bad_line, lost, then):
    """It was applied, its second sending fails by its own work, and counts as done; its revisions are good."""
    [revision] = store.commit(Create(a_run(note="0")))
    shaky, line = bad_line((lost, True), *[(error, False) for error in then])

    revisions = shaky.commit(
        Update(a_run(note="1"), revision), Create(an_attempt()), Put(a_failure()), Delete(a_dag())
    )  # fmt: skip

    assert line.sent == 2 + len(then)
    assert store.run(a_run().key).revision == revisions[0]
    assert store.attempt(an_attempt().key).revision == revisions[1]
    assert revisions[3] is None
    store.commit(Update(a_run(note="2"), revisions[0]), Update(an_attempt(owner="w"), revisions[1]))


def test_a_claim_whose_answer_was_lost_is_ones_own(store, bad_line):
    """The claimant goes on, rather than leave the task to nobody."""
    shaky, _ = bad_line((UNAVAILABLE, True))
    [revision] = shaky.commit(Create(an_attempt(token="mine")))
    assert store.attempt(an_attempt().key).record.token == "mine"
    shaky.commit(Update(an_attempt(token="mine", owner="me"), revision))


@pytest.mark.parametrize("fault", [*LOST, exceptions.Aborted("contention"), exceptions.ResourceExhausted("slow down")],
                         ids=lambda error: type(error).__name__)  # fmt: skip
def test_a_commit_that_did_not_arrive_is_sent_again(store, bad_line, clock, fault):
    """After a pause; it is applied once."""
    shaky, line = bad_line((fault, False), (fault, False))
    before = clock.now()
    [revision] = shaky.commit(Create(a_run()))
    assert line.sent == 3
    assert clock.now() > before
    assert store.run(a_run().key).revision == revision


def test_somebody_elses_work_is_not_taken_for_ones_own(store, bad_line):
    """The commit did not arrive, another one did: a conflict, as if nothing had been lost."""
    [revision] = store.commit(Create(a_run(note="0")))
    shaky, _ = bad_line(
        (UNAVAILABLE, False), meanwhile=lambda: store.commit(Update(a_run(note="theirs"), revision))
    )  # fmt: skip
    with pytest.raises(ConflictError, match="run 'ventas' 'manual__1'"):
        shaky.commit(Update(a_run(note="mine"), revision), Create(an_attempt()))
    assert store.run(a_run().key).record.note == "theirs"
    assert store.attempt(an_attempt().key) is None


def test_ones_own_work_is_recognised_though_somebody_went_on_from_it(store, bad_line):
    """One document still bears the commit's id; the revision of the other is void, as it should be."""
    [revision] = store.commit(Create(a_run(note="0")))

    def go_on():
        found = store.run(a_run().key)
        assert found.record.note == "mine"
        store.commit(Update(a_run(note="theirs"), found.revision))

    shaky, _ = bad_line((UNAVAILABLE, True), meanwhile=go_on)
    revisions = shaky.commit(Update(a_run(note="mine"), revision), Create(an_attempt()))
    assert store.attempt(an_attempt().key).revision == revisions[1]
    with pytest.raises(ConflictError):
        shaky.commit(Update(a_run(note="stale"), revisions[0]))
    assert store.run(a_run().key).record.note == "theirs"


def test_a_conflict_is_not_looked_into_on_a_good_line(store, bad_line):
    """Nothing was lost: no read is paid for, and nothing is sent twice."""
    store.commit(Create(a_run()))
    good, line = bad_line()
    line.get_all = None
    with pytest.raises(ConflictError):
        good.commit(Create(a_run()))
    assert line.sent == 1


def test_patience_ends(store, bad_line, clock):
    """Eight tries and no more than half a minute of pauses; the error says what could not be done."""
    shaky, line = bad_line(*[(UNAVAILABLE, False)] * 20)
    before = clock.now()
    with pytest.raises(UnavailableError, match=r"commit run 'ventas' 'manual__1', 8 times over: .*no answer"):
        shaky.commit(Create(a_run()))
    assert line.sent == 8
    assert clock.now() - before <= 30
    assert store.run(a_run().key) is None


def test_a_commit_is_one_call(bad_line):
    """Whatever it holds."""
    store, line = bad_line()
    store.commit(Create(a_run()), Create(an_attempt()), Create(a_dag()), Put(a_version()), Delete(a_failure()))
    assert line.sent == 1


@pytest.mark.parametrize("revision", [None, "x", 5])
def test_no_revision_is_never_up_to_date(store, revision):
    """Firestore would take it for a write without a condition."""
    store.commit(Create(a_run(note="0")))
    with pytest.raises(ConflictError, match="run 'ventas' 'manual__1'"):
        store.commit(Update(a_run(note="1"), revision))
    assert store.run(a_run().key).record.note == "0"


# --- contention


def test_ten_writers_of_one_run(firestore, clock):
    """Ten processes' worth of clients, ten commits each, on one document: every one of them counts, once."""
    stores = [FirestoreStore(firestore.client(), clock) for _ in range(10)]
    stores[0].commit(Create(a_run(note="")))
    start = threading.Barrier(10)

    def write(number):
        store, conflicts = stores[number], 0
        start.wait()
        for turn in range(10):
            while True:
                found = store.run(a_run().key)
                try:
                    store.commit(
                        Update(a_run(note=f"{found.record.note} {number}.{turn}"), found.revision),
                        Create(an_attempt(map_index=number, seq=turn)),
                    )
                    break
                except ConflictError:
                    conflicts += 1
        return conflicts

    with ThreadPoolExecutor(10) as threads:
        conflicts = sum(threads.map(write, range(10)))
    found = stores[0].run(a_run().key)
    assert found is not None
    written = found.record.note.split()
    assert sorted(written) == sorted(f"{number}.{turn}" for number in range(10) for turn in range(10))
    assert len(stores[0].attempts(a_run().key)) == 100
    assert conflicts > 0
    for store in stores:
        store.close()


# --- what users write


@pytest.mark.parametrize(
    "name",
    ["a/b", "/", "__x__", "__", ".", "..", "", "ñ☃ \ud800", "a,b", "%2C", "x" * 1400, "☃" * 466, "/" * 1400],
    ids=lambda name: ascii(name)[:20],
)
def test_hostile_ids_are_stored_under_their_own_names(store, name):
    """Every kind of record, and a neighbour that differs in its last letter alone."""
    run, other = a_run(name, dag_id=name, next_check_at=1.0), a_run(name + "!", dag_id=name)
    attempt = an_attempt(name, run.key)
    version, dag, failure = a_version(name, name), a_dag(name, next_run_at=1.0), a_failure(name)
    store.commit(Create(run), Create(other), Create(attempt), Create(version), Create(dag), Create(failure))
    store.set_variables([(name, name), (name + "!", "other")])

    assert store.run(run.key).record == run
    assert [found.record for found in store.runs(name)] == [run, other]
    assert [found.record for found in store.due_runs(2.0, limit=9)] == [run]
    assert [found.record for found in store.running_runs()] == [run, other]
    assert [found.record for found in store.attempts(run.key)] == [attempt]
    assert list(store.attempts(other.key)) == []
    assert store.version(name, name) == version
    assert store.dag(name).record == dag
    assert [found.record for found in store.due_dags(1.0, limit=9)] == [dag]
    assert store.import_failures() == [failure]
    assert store.variable(name) == name
    assert [one[:2] for one in store.variables()] == [(name, name), (name + "!", "other")]


def noise(length):
    """Text that does not deflate well."""
    return b64encode(Random(7).randbytes(length)).decode()


def test_a_record_may_be_as_large_as_a_document(store):
    """What brisa lets through, Firestore takes; what is larger never gets there, and changes nothing."""
    largest = a_run(note=noise(1_015_000))
    store.commit(Create(largest))
    found = store.run(largest.key)
    assert found.record == largest
    with pytest.raises(StorageError, match="run 'ventas' 'manual__1' is too large"):
        store.commit(Create(an_attempt()), Update(a_run(note=noise(1_060_000)), found.revision))
    assert store.attempt(an_attempt().key) is None
    assert store.run(largest.key) == found


def test_an_update_takes_away_what_no_longer_is(store):
    """A run that shrinks, ends and begins again is found by what it is now, not by what it was."""
    [revision] = store.commit(Create(a_run(note="x" * 300_000, next_check_at=1.0)))
    [revision] = store.commit(Update(a_run(state=RunState.FAILED), revision))
    assert list(store.due_runs(9.0, limit=9)) == []
    assert list(store.running_runs()) == []
    assert store.run(a_run().key).record.note == ""
    [revision] = store.commit(Update(a_run(note="y" * 300_000, next_check_at=2.0), revision))
    assert store.run(a_run().key).record.note == "y" * 300_000
    assert store.next_due() == 2.0


def test_a_document_that_was_tampered_with_is_named(store, firestore):
    """The message says where it is."""
    store.commit(Create(a_run()))
    client = firestore.client()
    [reference] = client.collection("runs").list_documents()
    reference.update({"doc": "{"})
    with pytest.raises(DecodeError, match=r"document runs/[0-9a-f]{8},ventas,manual__1: a stored Run is not JSON"):
        store.run(a_run().key)
    client._firestore_api.transport.close()


def test_two_stores_see_each_other(store, bad_line):
    """Another process's version is found, and kept from then on."""
    other, _ = bad_line()
    other.commit(Create(a_version()))
    assert store.version("ventas", "v1") == a_version()
    other.commit(Delete(a_version()))
    assert store.version("ventas", "v1") == a_version()
    assert store.run(RunKey("ventas", "none")) is None
