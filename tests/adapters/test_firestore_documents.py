"""How records become Firestore's documents: ids, fields, sizes and indexes. Nothing here needs the emulator."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zlib
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from importlib import resources
from random import Random

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError, TransportError
from google.cloud.firestore import Client
from google.cloud.firestore_v1.query import Query
from google.cloud.firestore_v1.types import StructuredQuery
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.adapters.firestore import FirestoreStore, documents
from brisa.adapters.firestore.documents import from_fields, to_document
from brisa.adapters.firestore.failures import refused
from brisa.adapters.firestore.names import document_id, parts_of
from brisa.adapters.memory import FakeClock
from brisa.adapters.retrying import Verdict, judge_call
from brisa.errors import DecodeError, StorageError, UnavailableError
from brisa.model.asset import AssetKey
from brisa.model.audit import AuditEntry
from brisa.model.pool import Pool
from brisa.model.run import RunKey
from brisa.model.states import AttemptState, RunState
from brisa.model.user import User
from brisa.ports.search import RunSearch
from brisa.ports.store import Create, Record
from tests.adapters.records import (
    a_backfill,
    a_dag,
    a_failure,
    a_run,
    a_version,
    a_wait,
    an_asset,
    an_asset_event,
    an_attempt,
)
from tests.support.program import environment

HOSTILE = [
    "", ".", "..", "/", "a/b", "//", "__x__", "__", "____", "a,b", ",", "%2C", "%", "ñ☃", "\ud800", "a\0b", "\n",
    "A", "a", " a", "x" * 990, "x" * 1400, "x" * 1399 + "y", "☃" * 500, "/" * 1400,
]  # fmt: skip

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARTS = st.text(alphabet=st.sampled_from("aA,/%~2C\0ñ\ud800"), max_size=6)


def noise(length):
    """Text that does not deflate well."""
    return b64encode(Random(7).randbytes(length)).decode()


# --- ids


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_any_key_makes_a_valid_document_id(name):
    """Firestore's rules: UTF-8 of at most 1,500 bytes, no slash, neither dots alone nor double underscores around."""
    for parts in ((name,), (name, name), (name, -1, 0, 1, 2)):
        made = document_id(*parts)
        assert len(made.encode()) <= 1500
        assert "/" not in made
        assert made not in (".", "..")
        assert not re.fullmatch(r"__.*__", made)


def test_an_id_says_what_it_names():
    """A person who looks into the database finds what they know, behind the hash."""
    made = document_id("ventas", "scheduled__2024-01-01T00:00:00+00:00")
    assert re.fullmatch(r"[0-9a-f]{8},ventas,scheduled__2024-01-01T00:00:00\+00:00", made)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_ids_are_decoded(name):
    """Parts come back as they went in, unless they were too long to be kept whole."""
    assert parts_of(document_id(name)) in ((name,), None)
    assert parts_of(document_id("a", name, 3)) in (("a", name, "3"), None)
    if len(name) < 100:
        assert parts_of(document_id("a", name, 3)) == ("a", name, "3")


def test_long_ids_that_begin_alike_differ():
    """What is cut off is still in the hash."""
    assert document_id("x" * 1399 + "y") != document_id("x" * 1400)
    assert parts_of(document_id("x" * 1400)) is None


@settings(deadline=None)
@given(st.lists(st.lists(PARTS, min_size=1, max_size=3).map(tuple), min_size=2, max_size=2, unique=True))
def test_two_keys_never_share_an_id(keys):
    """Whatever their parts hold, the separator and the escape character included."""
    assert document_id(*keys[0]) != document_id(*keys[1])


def test_ids_that_rise_together_are_spread():
    """A day of runs, one a minute, begins with each of the sixteen digits about as often."""
    ids = [document_id("ventas", f"scheduled__2024-01-01T{minute // 60:02}:{minute % 60:02}:00+00:00")
           for minute in range(1440)]  # fmt: skip
    counts = Counter(made[0] for made in ids)
    assert len(counts) == 16
    assert max(counts.values()) < 150


# --- fields


def names_of(record, keep=None):
    """The names of the fields of a record's document."""
    return set(to_document(record, "c", keep).fields)


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        (a_run(state=RunState.QUEUED), {"open"}),
        (a_run(state=RunState.RUNNING), {"open"}),
        (a_run(state=RunState.RUNNING, next_check_at=1.0), {"open", "next_check_at"}),
        (a_run(state=RunState.SUCCESS, ended_at=5.0), {"expire_at"}),
        (a_run(state=RunState.SUCCESS, next_check_at=1.0, ended_at=5.0), {"expire_at", "next_check_at"}),
        (a_run(state=RunState.SUCCESS, logical_date=datetime(2024, 1, 1, tzinfo=UTC)), {"logical_us", "success_us"}),
        (a_run(state=RunState.FAILED, logical_date=datetime(2024, 1, 1, tzinfo=UTC)), {"logical_us"}),
        (
            a_run(state=RunState.FAILED, logical_date=datetime(2024, 1, 1, tzinfo=UTC), previous=""),
            {"logical_us", "linked_us"},
        ),
        (a_run(state=RunState.RUNNING, ended_at=5.0), {"open"}),
    ],
)
def test_a_run_has_just_the_fields_by_which_it_may_be_found(record, fields):
    """What need not be looked for has no entry in that index; only what has ended ever expires."""
    assert names_of(record, keep=60.0) == {"doc", "commit", "dag", "run", "run_after", "state"} | fields


def test_what_ended_expires_when_told_to():
    """So many seconds after the end; never, unless somebody says how long."""
    ended = an_attempt(ended_at=100.0)
    assert "expire_at" not in names_of(ended)
    assert "expire_at" not in names_of(an_attempt(lease_until=50.0), keep=60.0)
    lost = an_attempt(state=AttemptState.LOST, lease_until=50.0)
    assert to_document(lost, "c", 60.0).fields["expire_at"] == datetime(1970, 1, 1, 0, 1, 50, tzinfo=UTC)
    assert to_document(ended, "c", 60.0).fields["expire_at"] == datetime(1970, 1, 1, 0, 2, 40, tzinfo=UTC)


def test_dags_are_found_by_when_they_are_due():
    """A paused one is not."""
    assert names_of(a_dag(next_run_at=5)) == {"doc", "commit", "due_at"}
    assert names_of(a_dag(next_run_at=5.0, paused=True)) == {"doc", "commit"}


def test_long_records_are_deflated():
    """They come back the same, and short ones stay readable."""
    run = a_run(note="ñ" * 2_000_000)
    document = to_document(run, "c")
    assert document.size < 20_000
    assert "doc" in document.missing
    assert from_fields(type(run), document.fields) == run


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (a_run(note=noise(1_100_000)), r"run 'ventas' 'manual__1' is too large.* 1,048,576.*conf"),
        (an_attempt(log=noise(1_100_000)), r"attempt 'ventas' 'manual__1' 'extraer' .*XCom"),
        (a_version(source=noise(1_100_000)), r"version 'ventas' 'v1' .*split the DAG file"),
    ],
    ids=["run", "attempt", "version"],
)
def test_what_is_too_large_is_named(record, message):
    """The error says which record, how large it is, how large it may be, and what to do."""
    with pytest.raises(StorageError, match=message):
        to_document(record, "c")


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"doc": ""}, {"doc": "{"}, {"doc": None}, {"doc": 5}, {"doc": "[1]"}, {"doc": '{"dag_id": 5}'},
        {"zip": b""}, {"zip": b"no"}, {"zip": zlib.compress(b"{")}, {"zip": zlib.compress(b"{}")[:-3]},
        {"zip": zlib.compress(b" " * 2000 + b"{}")}, {"zip": "text"},
    ],
)  # fmt: skip
def test_a_damaged_document_is_told(monkeypatch, fields):
    """Never a record that is half right, nor memory without end."""
    monkeypatch.setattr(documents, "LARGEST_TEXT", 1000)
    with pytest.raises(DecodeError):
        from_fields(type(a_run()), fields)


@pytest.mark.parametrize("text", ["[]", "{}", '["a"]', '["a", 1]', '["a", "b", "c"]', '"ab"'])
def test_a_damaged_variable_is_told(text):
    """A Variable is two texts."""
    with pytest.raises(DecodeError):
        documents.variable_from({"doc": text})


# --- indexes

INDEXES = json.loads(resources.files("brisa.adapters.firestore").joinpath("indexes.json").read_text("utf-8"))
OVERRIDES = {(entry["collectionGroup"], entry["fieldPath"]): entry for entry in INDEXES["fieldOverrides"]}
ASCENDING, DESCENDING = 1, 2


def test_every_field_has_its_own_setting():
    """Firestore would index what nobody looks for: it costs with each write, and hot times slow all writes down."""
    every: list[Record] = [
        a_run(state=RunState.SUCCESS, logical_date=datetime(2024, 1, 1, tzinfo=UTC), ended_at=5.0),
        a_run(next_check_at=1.0, logical_date=datetime(2024, 1, 1, tzinfo=UTC), previous=""),
        an_attempt(ended_at=1.0),
        an_attempt(state=AttemptState.REPORTED, ended_at=1.0),
        a_dag(next_run_at=1.0),
        a_version(),
        a_failure(),
        a_wait(),
        a_backfill(),
        Pool(name="a"),
        an_asset(),
        an_asset_event(),
        User(username="ana"),
        AuditEntry(entry_id=1, event="e", owner="ana", dag_id="a"),
    ]
    made = [to_document(record, "c", 60.0) for record in every] + [
        documents.variable_document(key, "b", "c", {"a": "d"}) for key in ("a", "@a")
    ]
    written = {(document.path[-2], field) for document in made for field in (*document.fields, "zip")}
    assert written == set(OVERRIDES)


def test_what_expires_is_what_the_database_is_told():
    """TTL deletion goes by these fields."""
    assert {place for place, entry in OVERRIDES.items() if entry.get("ttl")} == {
        ("runs", "expire_at"),
        ("attempts", "expire_at"),
        ("waits", "expire_at"),
        ("asset_events", "expire_at"),
        ("audit_entries", "expire_at"),
    }


def asked_of(monkeypatch, ask):
    """The structured queries that ``ask`` makes of a store."""
    asked: list[StructuredQuery] = []

    def stream(query, **_):
        asked.append(query._to_protobuf())
        return iter(())

    monkeypatch.setattr(Query, "stream", stream)
    store = FirestoreStore(Client(project="p", credentials=AnonymousCredentials()), FakeClock())
    ask(store)
    store.close()
    return asked


@pytest.mark.parametrize(
    ("ask", "how_many"),
    [
        (lambda store: store.dags(), 1),
        (lambda store: store.runs("a"), 1),
        (lambda store: store.previous_success("a", "2024-01-01"), 1),
        (lambda store: store.linked_runs("a", "2024-01-01", limit=5), 1),
        (lambda store: store.attempts(RunKey("a", "b")), 1),
        (lambda store: store.reported(RunKey("a", "b"), limit=5), 1),
        (lambda store: store.waits("bucket", "name"), 1),
        (lambda store: store.dated_runs("a", EPOCH, EPOCH, limit=5), 1),
        (lambda store: store.versions("a", limit=5), 1),
        (lambda store: store.waits_of(RunKey("a", "b"), limit=5), 1),
        (lambda store: store.find_runs(RunSearch(conf_contains="a")), 1),
        (lambda store: store.find_runs(RunSearch(conf_contains="a", order=(("run_after", True),))), 1),
        (lambda store: store.find_runs(RunSearch(conf_contains="a", dag_ids=("a", "b"))), 1),
        (lambda store: store.find_runs(RunSearch(conf_contains="a", dag_ids=("a",), order=(("run_after", True),))), 1),
        (lambda store: store.count_runs(), 1),
        (lambda store: store.version_ids(["a"]), 1),
        (lambda store: store.backfills(limit=5), 1),
        (lambda store: store.backfills("a", limit=5), 1),
        (lambda store: store.pools(), 1),
        (lambda store: store.due_runs(1.0, limit=5), 1),
        (lambda store: store.running_runs(), 1),
        (lambda store: store.due_dags(1.0, limit=5), 1),
        (lambda store: store.next_due(), 2),
        (lambda store: store.import_failures(), 1),
        (lambda store: store.variables(), 1),
        (lambda store: store.variables("@a"), 1),
        (lambda store: store.assets(), 1),
        (lambda store: store.users(), 1),
        (lambda store: store.audit_entries(limit=5), 1),
        (lambda store: store.audit_entries("a", first=1, limit=5), 1),
        (lambda store: store.audit_entries("a", last=1, limit=5, ascending=True), 1),
        (lambda store: store.asset_events(limit=5), 1),
        (lambda store: store.asset_events(AssetKey("a"), limit=5, after=1.0), 1),
        (lambda store: store.asset_events(AssetKey("a", alias=True), limit=5, before=1.0, ascending=True), 1),
    ],
    ids=["dags", "runs", "previous_success", "linked_runs", "attempts", "reported", "waits", "dated_runs",
         "versions", "waits_of", "find_runs", "find_runs latest", "find_runs of", "find_runs latest of", "count_runs",
         "version_ids", "backfills", "backfills of a DAG", "pools", "due_runs", "running_runs",
         "due_dags", "next_due", "import_failures", "variables", "variables of", "assets", "users", "audit_entries",
         "audit_entries of",
         "audit_entries first", "asset_events", "asset_events of",
         "asset_events first"],
)  # fmt: skip
def test_every_query_has_its_index(monkeypatch, ask, how_many):
    """The emulator answers without; the real service refuses."""
    asked = asked_of(monkeypatch, ask)
    assert len(asked) == how_many
    for query in asked:
        [source] = query.from_
        needed = index_of(query)
        if len(needed) == 1:
            [(field, order)] = needed
            assert {"order": order, "queryScope": "COLLECTION"} in OVERRIDES[source.collection_id, field]["indexes"]
        elif needed:
            assert needed in [
                [(part["fieldPath"], part.get("order") or part["arrayConfig"]) for part in index["fields"]]
                for index in INDEXES["indexes"]
                if (index["collectionGroup"], index["queryScope"]) == (source.collection_id, "COLLECTION")
            ]


def index_of(query):
    """The fields of the index that a structured query needs: equalities first, then its order."""
    filters = query.where.composite_filter.filters or [query.where]
    equal = [part.field_filter.field.field_path for part in filters if part.field_filter.op.name in ("EQUAL", "IN")]
    held = [part.field_filter.field.field_path for part in filters if part.field_filter.op.name == "ARRAY_CONTAINS"]
    ordered = [(part.field.field_path, part.direction.name) for part in query.order_by]
    sides = ("LESS", "GREATER")
    compared = {part.field_filter.field.field_path for part in filters if part.field_filter.op.name.startswith(sides)}
    assert compared <= {field for field, _ in ordered}
    exact = [(field, "ASCENDING") for field in equal] + [(field, "CONTAINS") for field in held]
    return exact + [part for part in ordered if part[0] != "__name__"]


# --- errors


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (exceptions.Aborted("x"), Verdict.UNDONE),
        (exceptions.ResourceExhausted("x"), Verdict.UNDONE),
        (TransportError("x"), Verdict.UNDONE),
        (exceptions.ServiceUnavailable("x"), Verdict.UNKNOWN),
        (exceptions.DeadlineExceeded("x"), Verdict.UNKNOWN),
        (exceptions.InternalServerError("x"), Verdict.UNKNOWN),
        (exceptions.Unknown("x"), Verdict.UNKNOWN),
        (exceptions.Cancelled("x"), Verdict.UNKNOWN),
        (exceptions.AlreadyExists("x"), Verdict.CONFLICT),
        (exceptions.FailedPrecondition("x"), Verdict.CONFLICT),
        (exceptions.NotFound("x"), Verdict.CONFLICT),
        (exceptions.PermissionDenied("x"), Verdict.REFUSED),
        (exceptions.InvalidArgument("x"), Verdict.REFUSED),
        (exceptions.DataLoss("x"), Verdict.REFUSED),
        (RefreshError("x"), Verdict.REFUSED),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
def test_errors_are_judged(error, verdict):
    """Which calls are made again, and after which the answer may have been lost."""
    assert judge_call(error) is verdict


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (exceptions.PermissionDenied("x"), "roles/datastore.user"),
        (exceptions.Unauthenticated("x"), "roles/datastore.user"),
        (RefreshError("x"), "roles/datastore.user"),
        (exceptions.FailedPrecondition("The query requires an index."), "indexes.json"),
        (exceptions.NotFound("The database (default) does not exist"), "name of the database"),
        (exceptions.InvalidArgument("x"), "too large"),
        (exceptions.DataLoss("x"), "Google's message"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_refusal_says_what_to_do(error, advice):
    """What was refused, Google's words, and a way out."""
    told = refused("read runs/x", error)
    assert isinstance(told, StorageError)
    assert str(told).startswith("Firestore refuses to read runs/x (")
    assert advice in str(told)


def test_a_database_that_does_not_answer_is_unavailable(monkeypatch):
    """Patience ends by the clock, and nobody really waits: not for reads, not for queries, not for commits."""
    # Nothing listens on port 1.
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    clock = FakeClock()
    store = FirestoreStore(Client(project="p"), clock, patience=5.0)
    for call in (lambda: store.dag("a"), store.dags, lambda: store.set_variables([("a", "b")])):
        before = clock.now()
        with pytest.raises(UnavailableError, match=r"Firestore could not .* times over"):
            call()
        assert 0 < clock.now() - before <= 5.0
    store.close()


def test_google_is_imported_when_it_is_needed():
    """Importing the adapter costs nothing of it."""
    code = "import sys, brisa.adapters.firestore; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "brisa.adapters.firestore.store" in loaded
    assert not loaded & {"grpc", "google.api_core", "google.auth", "google.cloud.firestore", "google.protobuf"}


def test_a_commit_has_a_limit():
    """Ten records just small enough alone are refused together, before anything is sent."""
    store = FirestoreStore(Client(project="p", credentials=AnonymousCredentials()), FakeClock())
    note = noise(750_000)
    with pytest.raises(StorageError, match=r"one commit of 14 records \(run 'ventas' 'r0', .* and 11 more\)"):
        store.commit(*[Create(a_run(f"r{number}", note=note)) for number in range(14)])
    store.close()
