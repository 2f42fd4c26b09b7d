"""The SQLite file: it outlives its process, says when it is damaged, full or not brisa's, and is never overwritten."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import brisa.adapters
from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore, queries
from brisa.errors import ConflictError, DecodeError, StorageError, UnavailableError
from brisa.model.states import AttemptState
from brisa.model.variable import Variable
from brisa.ports.search import Bound, RunSearch
from brisa.ports.store import Create, Put, Update
from tests.adapters.records import a_dag, a_message, a_run, a_version, a_wait, an_asset, an_asset_event, an_attempt

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(brisa.adapters.__file__).parents[2])}


@pytest.fixture
def path(tmp_path):
    """Where the database is."""
    return tmp_path / "state.sqlite"


def reopened(path):
    """A new store over the file, checks and all."""
    return SqliteStore(Database(path))


def reopened_with_queue(path):
    """A new database, and the store and the queue over it."""
    database = Database(path)
    return database, SqliteStore(database), SqliteQueue(database)


def started(program, *args):
    """A process that runs ``program``, and its output."""
    process = subprocess.Popen([sys.executable, "-c", program, *args], stdout=subprocess.PIPE, env=ENVIRONMENT)
    return process, process.stdout


def test_everything_is_there_after_reopening(path):
    """Records, revisions, Variables, and messages with who holds them."""
    _, store, queue = reopened_with_queue(path)
    revision, _ = store.commit(Create(a_run(note="kept")), Create(an_attempt()))
    store.set_variables([("a", "1")])
    queue.enqueue([a_message("a"), a_message("b"), a_message("c")])
    queue.take(1.0, limit=1, owner="dead")
    queue.done(a_message("b").name)
    store.close()

    _, store, queue = reopened_with_queue(path)
    assert store.run(a_run().key).record.note == "kept"
    assert store.variable("a") == "1"
    store.commit(Update(a_run(note="changed"), revision))
    assert [message.attempt.task_id for message in queue.take(1.0, limit=9, owner="me")] == ["c"]
    assert queue.release("dead") == 1
    queue.enqueue([a_message("b")])
    assert queue.depth() == 2
    store.close()


KILLED = """
import sys
from dataclasses import replace
from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore
from brisa.model.run import Attempt, AttemptKey, Message, Run, RunKey, TaskInstance
from brisa.model.states import RunState, TaskState
from brisa.model.states import AttemptState
from brisa.ports.store import Create, Update

database = Database(sys.argv[1])
store, queue = SqliteStore(database), SqliteQueue(database)
while True:
    found = store.run(RunKey("ventas", "r"))
    number = int(found.record.note) + 1
    done = TaskInstance(state=TaskState.SUCCESS, try_number=number)
    tasks = {f"task_{index:03d}": done for index in range(300)}
    attempt = Attempt(key=AttemptKey("ventas", "r", "t", seq=number))
    store.commit(Update(replace(found.record, note=str(number), tasks=tasks), found.revision), Create(attempt))
    queue.enqueue([Message(attempt=attempt.key)])
    print(number, flush=True)
"""


def test_a_killed_process_leaves_whole_commits(path):
    """SIGKILL in the middle of commits, again and again: each commit is there as a whole or not at all."""
    store = reopened(path)
    store.commit(Create(a_run("r", note="0")))
    store.close()
    chance = random.Random(7)
    for _ in range(6):
        process, output = started(KILLED, path)
        with process:
            told = [int(output.readline()) for _ in range(chance.randint(1, 25))]
            process.send_signal(signal.SIGKILL)
            told += [int(line) for line in output.read().split(b"\n")[:-1] if line]

        _, store, queue = reopened_with_queue(path)
        run = store.run(a_run("r").key).record
        number = int(run.note)
        assert number >= told[-1], "what was answered is durable"
        assert {instance.try_number for instance in run.tasks.values()} == {number}
        assert [found.record.key.seq for found in store.attempts(run.key)] == list(range(1, number + 1))
        assert number - 1 - queue.depth() <= 6, "a message may be lost with the process, one for each kill"
        store.close()


def test_two_processes_write_to_one_file(path):
    """Compare-and-set holds between processes: one of two writers with the same revision is told."""
    ours, theirs = reopened(path), reopened(path)
    [revision] = ours.commit(Create(a_run()))
    theirs.commit(Update(a_run(note="theirs"), revision))
    with pytest.raises(ConflictError):
        ours.commit(Update(a_run(note="ours"), revision))
    assert ours.run(a_run().key).record.note == "theirs"
    ours.close()
    theirs.close()


def test_a_writer_that_never_ends_is_said_to_be_busy(path):
    """Another process in a transaction: try again later, it says."""
    store = SqliteStore(Database(path, busy_seconds=0.01))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match=r"state\.sqlite is busy"):
        store.commit(Create(a_run()))
    other.close()
    store.commit(Create(a_run()))
    store.close()


def fill(store, count=40):
    """Some pages of content."""
    for number in range(count):
        store.commit(Put(a_run(str(number), note="x" * 3000)), Put(an_attempt(seq=number)))


def garble(path, start, length):
    """Overwrite a part of a file with noise."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(1).randbytes(length))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"this is no database, but a text of some length" * 50),
        lambda path: path.write_bytes(b"SQLite"),
        lambda path: garble(path, 0, 100),
        lambda path: garble(path, 30, 4000),
        lambda path: garble(path, 4096, 60_000),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    ],
    ids=["text", "short", "header", "first page", "pages", "cut off"],
)
def test_a_damaged_file_is_refused_and_left_alone(path, damage):
    """The message names the file, says that nothing was done to it, and what to do; the bytes stay as they are."""
    store = reopened(path)
    fill(store)
    store.close()
    damage(path)
    before = path.read_bytes()

    with pytest.raises(StorageError, match="damaged") as caught:
        reopened(path)

    assert str(path) in str(caught.value)
    assert "left as it is" in str(caught.value)
    assert "backup" in str(caught.value)
    assert path.read_bytes() == before


def test_damage_found_while_in_use_is_said_too(path):
    """The file went bad under a process that runs."""
    store = reopened(path)
    fill(store)
    store.close()
    store = reopened(path)
    garble(path, 4096, path.stat().st_size - 4096)
    with pytest.raises(StorageError, match=r"state\.sqlite is damaged"):
        store.runs("ventas")
    store.close()


def test_an_older_layout_is_brought_up(path):
    """A file of an earlier brisa keeps what is in it, and from then on holds what has come since."""
    with sqlite3.connect(path) as connection:
        for statement in queries.LAYOUTS[0].split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {queries.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        key = tuple(an_attempt().key)
        values = (*key, 7, json.dumps({"key": list(key), "state": "finished"}))
        connection.execute(f"INSERT INTO attempts VALUES ({', '.join('?' * len(values))})", values)
        connection.execute("INSERT INTO variables VALUES ('a', '1')")
        doc = json.dumps({"dag_id": "ventas", "run_id": "r", "version": "v1", "started_at": 5.5, "state": "success"})
        connection.execute("INSERT INTO runs VALUES ('ventas', 'r', 'success', 1.0, NULL, NULL, 7, ?)", (doc,))
        doc = json.dumps(
            {"dag_id": "ventas", "version": "v1", "created_at": 2.5, "spec": {"dag_id": "ventas", "tasks": []}}
        )
        connection.execute("INSERT INTO versions VALUES ('ventas', 'v1', 7, ?)", (doc,))
    connection.close()

    for number in range(2):
        store = reopened(path)
        assert an_attempt().key in [found.record.key for found in store.attempts(a_run().key)]
        store.commit(Put(a_wait()), Put(an_attempt("b", state=AttemptState.REPORTED, ended_at=1.0)))
        assert [found.record.key.task_id for found in store.reported(a_run().key, limit=9)] == ["b"]
        assert len(store.waits("entrada", "datos.csv")) == 1
        store.commit(Put(an_asset_event()), Put(an_asset()))
        assert len(store.asset_events(limit=9)) == len(store.assets()) == 1
        assert store.variables() == [Variable("a", "1", "one" if number else None)]
        store.set_variables([("a", "1")], descriptions={"a": "one"})
        started = RunSearch(
            bounds=(Bound("started_at", ">=", 5.5),), run_types=("manual",), versions=(("ventas", "v1"),)
        )
        assert [found.record.run_id for found in store.find_runs(started).runs] == ["r"]
        assert list(store.version_ids(["ventas"])) == [("ventas", "v1", 2.5)]
        store.close()


def test_a_newer_layout_is_refused(path):
    """A file of a newer brisa is left alone, and the message says so."""
    reopened(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match=rf"newer brisa \(layout 99, this one knows {queries.SCHEMA_VERSION}\)"):
        reopened(path)


def test_a_stranger_is_refused(path):
    """Another program's database is not filled with brisa's tables."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE clientes (id)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="not brisa's"):
        reopened(path)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_a_file_is_refused(tmp_path):
    """A folder, or a path below a file."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "state.sqlite"):
        with pytest.raises(StorageError, match=str(place)):
            reopened(place)


def test_an_empty_file_becomes_a_database(path):
    """As after a crash in the very first moment."""
    path.touch()
    store = reopened(path)
    store.commit(Create(a_run()))
    store.close()


def test_a_full_disk_stops_a_commit_and_nothing_else(path):
    """Nothing is half-written, reading goes on, and so does writing when there is room again."""
    database, store, queue = reopened_with_queue(path)
    fill(store)
    database._writer.execute("PRAGMA max_page_count = 1")
    big = a_run("big", note="x" * 100_000)
    for _ in range(2):
        with pytest.raises(StorageError, match="no room") as caught:
            store.commit(Create(an_attempt("small")), Create(big))
        assert str(path) in str(caught.value)
        assert "make room" in str(caught.value)
    with pytest.raises(StorageError, match="no room"):
        queue.enqueue([a_message("x" * 5000 + str(number)) for number in range(20)])
    assert store.run(big.key) is None
    assert store.attempt(an_attempt("small").key) is None
    assert queue.depth() == 0
    assert len(store.runs("ventas")) == 40

    database._writer.execute("PRAGMA max_page_count = 1000000")
    store.commit(Create(an_attempt("small")), Create(big))
    queue.enqueue([a_message()])
    store.close()
    store = reopened(path)
    assert store.run(big.key).record == big
    store.close()


LIMITED = """
import os, resource, sys
from brisa.adapters.local import FolderBlobs
from brisa.adapters.sqlite import Database, SqliteStore
from brisa.errors import StorageError
from brisa.model.run import Run
from brisa.model.states import AttemptState
from brisa.ports.store import Create

store, blobs = SqliteStore(Database(sys.argv[1] + "/state.sqlite")), FolderBlobs(sys.argv[1] + "/blobs")
blobs.put("log", b"old")
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
try:
    for number in range(1000):
        store.commit(Create(Run(dag_id="d", run_id=str(number), version="v", note="x" * 10_000)))
except StorageError as error:
    print(number, "|", error)
try:
    blobs.put("log", b"x" * 400_000)
except StorageError as error:
    print(blobs.get("log"), "|", error)
print(os.listdir(sys.argv[1] + "/blobs/.tmp"))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.commit(Create(Run(dag_id="d", run_id=str(number), version="v")))
blobs.put("log", b"new")
store.close()
"""


def test_a_write_that_the_system_refuses_is_told(tmp_path):
    """A real failing write (a limit on file sizes): a clear error from both stores, the old content, then it works."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    first, second, third = done.stdout.splitlines()
    number, _, message = first.partition(" | ")
    assert str(tmp_path / "state.sqlite") in message
    assert "nothing was half-written" in message
    assert second.startswith("b'old' | blob 'log'")
    assert "make room" in second
    assert third == "[]"
    store = reopened(tmp_path / "state.sqlite")
    assert len(store.runs("d", limit=2000)) == int(number) + 1
    store.close()


def test_a_stored_record_that_is_none_is_an_error(path):
    """Somebody edited the file by hand: a typed error, not a crash somewhere else."""
    store = reopened(path)
    store.commit(Create(a_run()), Create(a_dag()))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET doc = '{'")
        connection.execute("UPDATE dags SET doc = '[]'")
    connection.close()
    with pytest.raises(DecodeError, match="a stored Run is not JSON"):
        store.run(a_run().key)
    with pytest.raises(DecodeError, match="not a Dag"):
        store.dag("ventas")
    store.close()


def test_values_of_variables_are_in_no_error(path):
    """They may be secrets."""
    store = reopened(path)
    store.close()
    with pytest.raises(StorageError) as caught:
        store.set_variables([("clave", "s3cr3t")])
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "values", "index"),
    [
        (queries.DUE_RUNS, (1.0, 10), "runs_due"),
        (queries.DUE_DAGS, (1.0, 10), "dags_due"),
        (queries.OPEN_RUNS, (), "runs_open"),
        (queries.RUNS_OF_DAG, ("d", 10), "runs_latest"),
        (queries.PREVIOUS_SUCCESS, ("d", 1), "runs_success"),
        (queries.DATED_RUNS, ("d", 2, 1, "r", 10), "runs_dated"),
        (queries.WAITS_OF_RUN, ("d", "r", 10), "waits_of_run"),
        (queries.BACKFILLS_OF_DAG, ("d", 10), "backfills_of_dag"),
        (queries.NEXT_DUE, (), "runs_due"),
        (queries.NEXT_MESSAGE, (), "messages_waiting"),
        (queries.TAKE, ("me", 1.0, 1), "messages_waiting"),
        (queries.RELEASE, ("me",), "messages_taken"),
        (queries.FORGET, (1.0,), "messages_done"),
    ],
)
def test_queries_use_their_index(path, sql, values, index):
    """No query looks at every row, and none that is asked all the time sorts."""
    database = Database(path)
    plan = " ".join(row[3] for row in database.read(f"EXPLAIN QUERY PLAN {sql}", values))
    database.close()
    assert f"INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan


def test_versions_are_read_from_the_file_once(path):
    """They never change: after the first look no query is made."""
    writer = reopened(path)
    writer.commit(Create(a_version()))
    writer.close()
    store = reopened(path)
    first = store.version("ventas", "v1")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM versions")
    connection.close()
    assert store.version("ventas", "v1") is first
    store.close()


def test_threads_read_while_one_writes(path):
    """A reader never waits for the writer, and sees the state before its transaction."""
    database, store, _ = reopened_with_queue(path)
    store.commit(Create(a_run(note="before")))
    seen = []
    with database.write() as connection:
        connection.execute("DELETE FROM runs")
        reader = threading.Thread(target=lambda: seen.append(store.run(a_run().key).record.note))
        reader.start()
        reader.join(10)
        connection.execute("INSERT INTO runs (dag_id, run_id, state, run_after, rev, doc) VALUES (?, ?, 'x', 0, 1, ?)",
                           ("a", "b", json.dumps({"dag_id": "a", "run_id": "b", "version": "v"})))  # fmt: skip
    assert seen == ["before"]
    assert store.run(a_run().key) is None
    assert store.run(replace(a_run(), dag_id="a", run_id="b").key).record.version == "v"
    store.close()


_TOGETHER = """
import sys, time
from brisa.adapters.sqlite import Database, SqliteStore
import brisa.adapters.sqlite.documents
while time.time() < float(sys.argv[2]):
    pass
SqliteStore(Database(sys.argv[1])).dags()
"""


def test_many_processes_may_make_the_file_at_the_same_moment(tmp_path):
    """None of them is told that it is busy: SQLite's own timeout does not cover the change to a write-ahead log."""
    for number in range(3):
        moment = str(time.time() + 1.0)
        command = [sys.executable, "-c", _TOGETHER, str(tmp_path / f"{number}.db"), moment]
        started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
        said = [process.communicate()[1].decode() for process in started]
        assert [process.returncode for process in started] == [0] * 4, said
