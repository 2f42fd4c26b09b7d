"""What every blob store promises: each sentence of brisa.ports.blobs as a test."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

# fmt: off
NAMES = [
    "a", "A.b", "a/b", "a/b/c.log", "a/b.log", "b.log", "a.", ".a", ".", "..", "../a", "../../etc/passwd",
    "/etc/passwd", "", "/", "//", "a//b", "a/",
    "a%2Fb", "a%2fb", "%", "%%", "%.", "%~", "ñ/☃", "\ud800", "a\0b", "a\nb", "CON",
    "a b",
    "a\\b", "~", "-rf", ".tmp", ".tmp/x", "x" * 300, "x" * 299 + "y", "ñ" * 200, "/".join("d" * 900),
    "/".join("d" * 901),
    "logs/ventas/scheduled__2024-01-01T00:00:00.000001+00:00/extraer/1.log", "a%2E.", "a.b%2E", "a..", "a.b.", "...",
    "x" * 100 + "." + "y" * 200, "x" * 100 + "_" + "y" * 200,
]
# fmt: on


def test_a_blob_is_put_read_and_deleted(blobs):
    """The happy path."""
    blobs.put("logs/ventas/1.log", b"hola")
    assert blobs.get("logs/ventas/1.log") == b"hola"
    blobs.put("logs/ventas/1.log", b"")
    assert blobs.get("logs/ventas/1.log") == b""
    blobs.delete("logs/ventas/1.log")
    assert blobs.get("logs/ventas/1.log") is None
    blobs.delete("logs/ventas/1.log")


@pytest.mark.parametrize(("offset", "rest"), [(0, b"0123456789"), (4, b"456789"), (10, b""), (99, b"")])
def test_reading_may_begin_anywhere(blobs, offset, rest):
    """A live view asks for what it has not seen; beyond the end there is nothing."""
    blobs.put("x", b"0123456789")
    assert blobs.get("x", offset) == rest
    assert blobs.get("y", offset) is None


@pytest.mark.parametrize(
    ("offset", "length", "part"),
    [(0, 3, b"012"), (4, 3, b"456"), (8, 5, b"89"), (0, 99, b"0123456789"), (10, 1, b""), (99, 2, b"")],
)
def test_reading_may_end_anywhere(blobs, offset, length, part):
    """Of a long log nobody reads more than is asked for; neither while it is written."""
    blobs.put("x", b"0123456789")
    assert blobs.get("x", offset, length) == part
    assert blobs.get("y", offset, length) is None
    blobs.put("empty", b"")
    assert blobs.get("empty", 0, length) == b""
    blobs.spool("z").write_bytes(b"0123456789")
    assert blobs.get("z", offset, length) == part


def test_any_text_names_exactly_one_blob(blobs):
    """No two names meet in one blob, and none is in the way of another, folder and file of one name included."""
    assert len(set(NAMES)) == len(NAMES)
    for number, name in enumerate(NAMES):
        blobs.put(name, str(number).encode())
    for number, name in enumerate(NAMES):
        assert blobs.get(name) == str(number).encode(), name
    for name in NAMES[::2]:
        blobs.delete(name)
    for number, name in enumerate(NAMES):
        assert blobs.get(name) == (None if number % 2 == 0 else str(number).encode()), name


def test_no_name_leaves_the_store(blobs, tmp_path):
    """Whatever the name says, nothing appears outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in [*NAMES, "../outside/x", "blobs/../../outside/x", str(outside / "x")]:
        blobs.put(name, b"!")
        blobs.spool(name + "?").write_bytes(b"!")
        blobs.seal(name + "?")
    assert list(outside.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"outside", "blobs"}


def test_readers_see_the_old_or_the_new_blob(blobs):
    """Never a half: while one thread overwrites, others read whole blobs."""
    versions = [bytes([letter]) * 200_000 for letter in b"ab"]
    blobs.put("x", versions[0])

    def write():
        for version in itertools.islice(itertools.cycle(versions), 60):
            blobs.put("x", version)

    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(write)
        seen = 0
        while not writing.done() or seen == 0:
            assert blobs.get("x") in versions
            seen += 1
        writing.result()


def test_a_spool_is_read_while_it_is_written(blobs):
    """Nothing written yet: nothing there, or nothing in it; then each piece as it comes; sealed, the whole."""
    path = blobs.spool("logs/1.log")
    assert path.parent.is_dir()
    assert not blobs.get("logs/1.log")
    with path.open("ab", buffering=0) as file:
        file.write(b"one\n")
        assert blobs.get("logs/1.log") == b"one\n"
        file.write(b"two\n")
        assert blobs.get("logs/1.log", 4) == b"two\n"
    blobs.seal("logs/1.log")
    assert blobs.get("logs/1.log") == b"one\ntwo\n"
    blobs.seal("logs/1.log")
    assert blobs.get("logs/1.log") == b"one\ntwo\n"


def test_an_empty_spool_becomes_an_empty_blob(blobs):
    """An attempt that wrote nothing has a log all the same."""
    blobs.spool("logs/1.log")
    blobs.seal("logs/1.log")
    assert blobs.get("logs/1.log") == b""


def test_a_spool_can_be_asked_for_again(blobs):
    """The same name gives the same file."""
    blobs.spool("x").write_bytes(b"1")
    with blobs.spool("x").open("ab") as file:
        file.write(b"2")
    assert blobs.get("x") == b"12"


def test_a_spool_that_is_deleted_is_gone(blobs):
    """Sealing it afterwards brings nothing of it back."""
    blobs.spool("x").write_bytes(b"old")
    blobs.delete("x")
    blobs.seal("x")
    assert not blobs.get("x")


def test_a_folder_of_blobs_is_deleted(blobs):
    """All below it, and nothing beside it, whatever the names; again, it does nothing."""
    inside = ["logs/a/b/1.log", "logs/a/c", "logs/a/..", "logs/a/ñ/x"]
    beside = ["logs/a", "logs/ab/1.log", "logs/a.b/1.log", "xcoms/a/1"]
    for name in (*inside, *beside):
        blobs.put(name, b"x")
    for _ in range(2):
        blobs.delete_folder("logs/a")
        assert [name for name in inside if blobs.get(name) is not None] == []
        assert [name for name in beside if blobs.get(name) is None] == []
    blobs.delete_folder("ñ/..")
