"""One process to a home, whatever becomes of the others."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import brisa.adapters
from brisa.adapters.local import HomeLock
from brisa.errors import StorageError

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(brisa.adapters.__file__).parents[2])}
HOLDER = """
import os, subprocess, sys, time
from brisa.adapters.local import HomeLock

lock = HomeLock(sys.argv[1])
if os.fork() == 0:  # a worker that outlives its parent
    time.sleep(60)
    os._exit(0)
subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
print("held", flush=True)
time.sleep(60)
"""


def test_a_home_is_held_and_released(tmp_path):
    """The happy path: the folder is made, held once, and free again afterwards."""
    home = tmp_path / "new" / "home"
    with HomeLock(home):
        with pytest.raises(StorageError) as caught:
            HomeLock(home)
        assert str(home) in str(caught.value)
        assert f"process {os.getpid()}" in str(caught.value)
        assert "stop" in str(caught.value)
    lock = HomeLock(home)
    lock.release()
    lock.release()
    HomeLock(home).release()


def test_another_home_is_another_lock(tmp_path):
    """Two homes on one machine know nothing of each other."""
    with HomeLock(tmp_path / "a"), HomeLock(tmp_path / "b"):
        assert (tmp_path / "a/brisa.lock").read_text() == f"{os.getpid()}\n"


def test_a_killed_holder_holds_nothing(tmp_path):
    """The message names the living holder; after SIGKILL the home is free, even while the holder's children live."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            with pytest.raises(StorageError, match=f"process {process.pid} .*kill {process.pid}"):
                HomeLock(tmp_path)
            process.kill()
            process.wait()
            HomeLock(tmp_path).release()
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_dead_holders_child_is_waited_for(tmp_path):
    """Forked in its parent's last moment, it lets go a little later; a living holder is not waited for."""
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    child = os.open(tmp_path / "brisa.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(child, fcntl.LOCK_EX)
    os.write(child, f"{dead.pid}\n".encode())
    letting_go = threading.Timer(0.05, os.close, [child])
    letting_go.start()
    HomeLock(tmp_path).release()
    letting_go.join()


def test_a_lock_file_left_behind_locks_nothing(tmp_path):
    """Not the file but the kernel's lock on it counts."""
    (tmp_path / "brisa.lock").write_text("1\n")
    HomeLock(tmp_path).release()


def test_a_home_that_cannot_be_is_told(tmp_path):
    """A file in its place."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="as a home"):
        HomeLock(tmp_path / "file")
