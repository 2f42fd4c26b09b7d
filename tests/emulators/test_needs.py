"""What the local cloud needs of this machine: said, if it is missing, with what to do; and one holder to a home."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from brisa.emulators import firestore
from brisa.emulators.installed import require_module
from brisa.emulators.lock import Hold, held
from brisa.emulators.ports import choose, is_free
from brisa.emulators.settings import Settings
from brisa.errors import EmulatorError


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH with nothing on it; adds programs that print what they are told to."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("FIRESTORE_EMULATOR_JAR", raising=False)

    def add(name, printed=""):
        file = folder / name
        file.write_text(f"#!/bin/sh\necho '{printed}'\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    return add


def test_the_jar_is_the_one_that_is_named(tmp_path, monkeypatch, programs):
    """The happy path: with Java, the jar of $FIRESTORE_EMULATOR_JAR, started leanly on loopback."""
    programs("java")
    monkeypatch.setenv("FIRESTORE_EMULATOR_JAR", str(tmp_path / "emulator.jar"))
    (tmp_path / "emulator.jar").touch()
    assert firestore.jar() == tmp_path / "emulator.jar"
    command = firestore.command(8080)
    assert command[0] == "java"
    assert command[command.index("-cp") + 1] == str(tmp_path / "emulator.jar")
    assert command[-4:] == ["--host", "127.0.0.1", "--port", "8080"]


def test_the_google_cloud_cli_is_asked(tmp_path, programs):
    """Else the component of the Google Cloud CLI, wherever that says it is."""
    jar = tmp_path / "sdk" / "platform" / "cloud-firestore-emulator" / "cloud-firestore-emulator.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    programs("java")
    programs("gcloud", str(tmp_path / "sdk"))
    assert firestore.jar() == jar


def test_what_firestore_lacks_is_said(tmp_path, monkeypatch, programs):
    """Java, the jar that was named, the Google Cloud CLI, its component: each with what to install."""
    with pytest.raises(EmulatorError, match=r"needs Java.*version 17 or later"):
        firestore.jar()
    programs("java")
    with pytest.raises(EmulatorError, match="gcloud components install cloud-firestore-emulator"):
        firestore.jar()
    programs("gcloud", str(tmp_path / "sdk"))
    with pytest.raises(EmulatorError, match=r"CLI here has no Firestore emulator.*FIRESTORE_EMULATOR_JAR"):
        firestore.jar()
    monkeypatch.setenv("FIRESTORE_EMULATOR_JAR", str(tmp_path / "none.jar"))
    with pytest.raises(EmulatorError, match=r"names no file: .*none\.jar"):
        firestore.jar()


@pytest.mark.parametrize("module", ["no_such_module", "no_such.module"])
def test_a_module_that_is_missing_is_said(module):
    """By its name, with what to install."""
    with pytest.raises(EmulatorError, match=rf"{module}.*pip install 'brisa\[emulators\]'"):
        require_module(module)
    require_module("json.decoder")


def test_a_home_is_held_by_one(tmp_path):
    """A second holder is told who the first is; when that one lets go, it can have it."""
    lock = tmp_path / "home" / "brisa.lock"
    first = Hold(lock)
    assert held(lock)
    with pytest.raises(EmulatorError, match=rf"in use by process {os.getpid()}"):
        Hold(lock)
    first.release()
    first.release()
    assert not held(lock)
    Hold(lock).release()


def test_remembered_ports_come_first():
    """A port of before is given to the name that had it, and to no other."""
    before = choose(["a"], {})
    ports = choose(["x", "y", "a"], before)
    assert ports["a"] == before["a"]
    assert len(set(ports.values())) == 3
    assert is_free(ports["x"])


def test_no_client_and_no_other_home_takes_a_chosen_port():
    """Systems give ports from 32768 on to outgoing connections. Two that choose at once choose different ones."""
    program = "from brisa.emulators.ports import choose; print(*choose('abcdefgh', {}).values())"
    both = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = ({int(port) for port in one.communicate(timeout=60)[0].split()} for one in both)
    assert len(first) == len(second) == 8
    assert not first & second
    assert max(first | second) < 32_768


def test_settings_travel():
    """What is told to the keeper is what was chosen."""
    settings = Settings(slots=3, unpaused=True, duplicates=1, tick_every=2.5, functions_folder="/a b/'c'")
    assert Settings.from_json(settings.to_json()) == settings
