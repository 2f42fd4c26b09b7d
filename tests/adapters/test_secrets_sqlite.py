"""Secrets in SQLite: nothing readable on the disk, one key whoever makes it, and nothing lost when it doesn't fit."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from brisa.adapters.local import private
from brisa.adapters.sqlite import Database, SqliteSecrets
from brisa.adapters.sqlite import secrets as module
from brisa.errors import StorageError, UnavailableError
from tests.support.program import environment


class Home:
    """A folder with both files."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "secrets.db"
        self.key = folder / "secrets.key"

    def secrets(self):
        """As another process sees them."""
        return SqliteSecrets(self.file, self.key)

    def files(self):
        """What is in each file of the folder."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def execute(self, sql, *values):
        """Change the file behind brisa's back, or look into it."""
        connection = sqlite3.connect(self.file)
        with connection:
            rows = connection.execute(sql, values).fetchall()
        connection.close()
        return rows


@pytest.fixture
def home(tmp_path):
    """A folder that is not there yet."""
    return Home(tmp_path / "home")


def modes(home):
    """The modes of the files, by their names."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.folder.iterdir()}


def test_secrets_outlive_the_process_and_are_not_readable_on_the_disk(home):
    """The happy path: both files are their owner's alone, and texts are in neither."""
    home.secrets().put("connections/warehouse", "a very secret text")
    assert home.secrets().get("connections/warehouse") == "a very secret text"
    assert modes(home) == {"secrets.db": 0o600, "secrets.key": 0o600}
    files = home.files()
    assert b"connections/warehouse" in files["secrets.db"]
    assert not any(b"secret text" in content for content in files.values())
    key = Fernet(files["secrets.key"])
    ((token,),) = home.execute("SELECT token FROM secret")
    assert key.decrypt(token) == b"a very secret text"


def test_looking_makes_no_key(home):
    """It is made when there is something to encrypt; deleting needs none either."""
    secrets = home.secrets()
    assert (secrets.get("a"), secrets.names()) == (None, [])
    secrets.delete("a")
    assert modes(home) == {"secrets.db": 0o600}


def test_a_process_may_make_files_for_all_and_does_not(home):
    """Whatever its umask says; a mode that was lost on the way through a backup is mended."""
    before = os.umask(0)
    try:
        home.secrets().put("a", "one")
    finally:
        os.umask(before)
    assert set(modes(home).values()) == {0o600}
    for path in (home.file, home.key):
        path.chmod(0o644)
    assert home.secrets().get("a") == "one"
    assert set(modes(home).values()) == {0o600}


def test_what_was_overwritten_or_deleted_is_not_in_the_file(home):
    """Not even encrypted: who finds the key later finds no old secret."""
    secrets = home.secrets()
    secrets.put("kept", "x" * 3000)
    tokens = []
    for value in ("one" * 2000, "two", "three" * 3000):
        secrets.put("a", value)
        tokens += home.execute("SELECT token FROM secret WHERE name = ?", b"a")
    secrets.delete("a")
    content = home.file.read_bytes()
    for (token,) in tokens:
        for piece in (token[:60], token[-60:]):
            assert piece not in content
    assert set(home.files()) == {"secrets.db", "secrets.key"}


def test_the_key_stays_as_it_is(home):
    """Whatever is done, by whomever; a line end that an editor has added does no harm."""
    home.secrets().put("a", "one")
    key = home.key.read_bytes()
    home.secrets().put("a", "two")
    home.secrets().delete("a")
    home.secrets().put("b", "three")
    assert home.key.read_bytes() == key
    home.key.write_bytes(key + b"\n")
    home.secrets().put("c", "four")
    assert (home.secrets().get("b"), home.secrets().get("c")) == ("three", "four")
    assert home.key.read_bytes() == key + b"\n"


def test_a_key_that_a_person_provides_is_used(home):
    """It is there first."""
    home.folder.mkdir()
    key = Fernet.generate_key()
    home.key.write_bytes(key)
    home.secrets().put("a", "one")
    assert home.key.read_bytes() == key
    assert home.secrets().get("a") == "one"


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda key: key.unlink(), "is missing"),
        (lambda key: key.write_bytes(b""), "is damaged"),
        (lambda key: key.write_bytes(key.read_bytes()[:-5]), "is damaged"),
        (lambda key: key.write_bytes(b"\xff" * 44), "is damaged"),
        (lambda key: key.write_bytes(Fernet.generate_key()), "does not open"),
    ],
    ids=["missing", "empty", "cut off", "noise", "another"],
)
def test_a_key_that_does_not_fit_is_said_and_loses_nothing(home, harm, says):
    """Nothing is written, no new key is made, and with the right key back all is there."""
    home.secrets().put("a", "first value")
    home.secrets().put("b", "second value")
    right = home.key.read_bytes()
    harm(home.key)
    before = home.files()
    secrets = home.secrets()
    for call in (
        lambda: secrets.get("a"),
        lambda: secrets.put("a", "new value"),
        lambda: secrets.put("c", "new value"),
    ):
        with pytest.raises(StorageError, match=says) as caught:
            call()
        text = str(caught.value)
        assert f"put {home.key} and {home.file} back as they were together, from a backup" in text
        assert "value" not in text
        assert right.decode() not in text
    assert (secrets.get("c"), secrets.names()) == (None, ["a", "b"])
    assert home.files() == before
    home.key.write_bytes(right)
    assert [secrets.get(name) for name in "ab"] == ["first value", "second value"]


def test_a_missing_key_is_made_again_when_nothing_needs_the_old_one(home):
    """All secrets were deleted."""
    secrets = home.secrets()
    secrets.put("a", "one")
    secrets.delete("a")
    home.key.unlink()
    secrets.put("a", "two")
    assert home.secrets().get("a") == "two"


def test_one_damaged_secret_does_not_keep_the_others_from_being_changed(home):
    """It alone can't be read, until it is set again."""
    secrets = home.secrets()
    for name in "abc":
        secrets.put(name, name)
    home.execute("UPDATE secret SET token = ? WHERE name = ?", b"noise", b"a")
    with pytest.raises(StorageError, match="does not open secret 'a'"):
        secrets.get("a")
    secrets.put("b", "new")
    secrets.put("a", "new")
    assert [secrets.get(name) for name in "abc"] == ["new", "new", "c"]


def started(program, *arguments):
    """A process that runs ``program``, says a line when it is ready, and goes on when it is told a line."""
    pipe, command = subprocess.PIPE, [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment())


RACER = """
import sys
from pathlib import Path
from brisa.adapters.sqlite import SqliteSecrets
from cryptography.fernet import Fernet

home, name = Path(sys.argv[1]), sys.argv[2]
secrets = SqliteSecrets(home / "secrets.db", home / "secrets.key")
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    secrets.put(f"{name}/{number}", name)
    assert secrets.get(f"{name}/{number}") == name
"""


def test_processes_that_race_for_the_key_end_up_with_one(tmp_path):
    """All that any of them wrote can be read with the key that is there, and no draft is left."""
    for attempt in range(4):
        home = Home(tmp_path / str(attempt))
        racers = [started(RACER, home.folder, number) for number in range(3)]
        assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 3
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        assert [racer.communicate(timeout=60)[1] for racer in racers] == [""] * 3
        expected = {f"{number}/{count}": str(number) for number in range(3) for count in range(25)}
        secrets = home.secrets()
        assert {name: secrets.get(name) for name in secrets.names()} == expected
        assert set(home.files()) == {"secrets.db", "secrets.key"}


@pytest.mark.parametrize("name", ["secrets.db", "secrets.key"])
def test_a_file_that_another_process_makes_meanwhile_is_kept(home, monkeypatch, name):
    """In the very moment between the look and the making."""
    other = Home(home.folder.parent / "other")
    other.secrets().put("theirs", "first")
    place = private.place

    def too_late(path, content):
        if path.name == name:
            place(path, other.files()[name])
        place(path, content)

    monkeypatch.setattr(module, "place", too_late)
    if name == "secrets.db":
        place(home.key, other.key.read_bytes())
    home.secrets().put("ours", "second")
    assert home.secrets().get("ours") == "second"
    assert home.secrets().get("theirs") == ("first" if name == "secrets.db" else None)
    assert home.key.read_bytes() == other.key.read_bytes()
    assert set(home.files()) == {"secrets.db", "secrets.key"}


def test_threads_share_an_object_and_a_new_home(tmp_path):
    """Whoever comes first makes the files; nobody's lock is lost to another thread's opening of the file."""
    for attempt in range(10):
        home = Home(tmp_path / str(attempt))
        secrets = home.secrets()
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(secrets.put, map(str, range(24)), map(str, range(24))))
            values = list(threads.map(secrets.get, map(str, range(24))))
        assert values == list(map(str, range(24)))


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
"""


def test_a_writer_waits_for_another_process_and_says_so_in_the_end(home, monkeypatch):
    """A value that was not written is not there; reading goes on meanwhile."""
    secrets = home.secrets()
    secrets.put("a", "one")
    with started(HOLDER, home.file) as holder:
        assert holder.stdout.readline() == "held\n"
        assert secrets.get("a") == "one"
        with monkeypatch.context() as hurried:
            hurried.setattr(module, "_BUSY_SECONDS", 0.01)
            with pytest.raises(UnavailableError, match=r"secrets\.db is busy"):
                secrets.put("a", "two")
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(secrets.put, "a", "three")
            assert secrets.get("a") == "one"
            holder.stdin.write("go\n")
            holder.stdin.flush()
            waiting.result()
    assert secrets.get("a") == "three"


def test_a_file_that_is_not_one_of_secrets_is_left_alone(home):
    """Another program's, brisa's own state database, a newer brisa's, and one that is damaged."""
    home.folder.mkdir()
    Database(home.folder / "state.db").close()
    connection = sqlite3.connect(home.folder / "stranger.db")
    with connection:
        connection.execute("CREATE TABLE clientes (id)")
    connection.close()
    home.secrets().put("a", "one")
    (home.folder / "damaged.db").write_bytes(home.file.read_bytes()[:100] + b"noise" * 5000)
    home.execute("PRAGMA user_version = 99")
    before = home.files()
    for name, says in [
        ("stranger.db", "not that of brisa's secrets"),
        ("state.db", "not that of brisa's secrets"),
        ("secrets.db", r"newer brisa \(layout 99, this one knows 1\)"),
        ("damaged.db", "is damaged"),
    ]:
        secrets = SqliteSecrets(home.folder / name, home.key)
        for call in (secrets.names, lambda: secrets.get("a"), lambda: secrets.put("a", "hush")):  # noqa: B023
            with pytest.raises(StorageError, match=says) as caught:
                call()
            assert str(home.folder / name) in str(caught.value)
    assert home.files() == before


def test_a_place_that_cannot_be_used_is_said(tmp_path):
    """A path below a file, a folder in a file's place."""
    (tmp_path / "file").touch()
    for file, key, says in [
        (tmp_path / "file" / "secrets.db", tmp_path / "key", "secrets.db"),
        (tmp_path / "secrets.db", tmp_path / "file" / "secrets.key", "secrets.key"),
        (tmp_path / "other.db", tmp_path, "can't be used"),
        (tmp_path, tmp_path / "key", str(tmp_path)),
    ]:
        with pytest.raises(StorageError, match=says):
            SqliteSecrets(file, key).put("a", "one")


def test_importing_the_adapter_imports_no_cryptography():
    """Commands that need no secret do not wait for it, nor for Google's libraries."""
    code = (
        "import sys, brisa.adapters.sqlite, brisa.adapters.memory; "
        "heavy = ('cryptography', 'google.api_core', 'google.auth', 'google.cloud.secret', 'google_crc32c', 'grpc'); "
        "sys.exit(' '.join(name for name in sys.modules if name.startswith(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
