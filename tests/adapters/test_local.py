"""What the local adapters do beyond their ports: safe names, unreadable folders, counts."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.adapters.local import CountingQueue, CountingStore, FolderBlobs, FolderBundle
from brisa.adapters.local.bundle import ContentStamps
from brisa.adapters.local.names import safe_path
from brisa.adapters.memory import FakeClock, MemoryBundle, MemoryQueue, MemoryStore
from brisa.errors import ConflictError, StorageError
from brisa.model.run import RunKey
from brisa.ports.store import Create, Delete, Put
from tests.adapters.records import a_dag, a_message, a_run, a_version, an_attempt


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("logs/ventas/manual__2024-01-01T00:00:00+00:00/extraer/1.log",) * 2,
        ("a", "a."),
        ("a.b/c.d", "a%2Eb/c.d"),
        ("../x", "%2E%2E/x."),
        ("..", "%2E%2E."),
        ("/etc/passwd", "%/etc/passwd."),
        ("ñ%", "%C3%B1%25."),
    ],
)
def test_names_stay_readable_and_safe(name, path):
    """A person who looks into the folder finds what they know."""
    assert str(safe_path(name)) == path


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet=st.sampled_from("aA./%~2E\0ñ\ud800"), max_size=8), min_size=2, max_size=2, unique=True)
)
def test_two_names_never_share_a_path(names):
    """Nor is the file of one a folder of the other, nor does either leave the root."""
    one, two = (safe_path(name) for name in names)
    assert one != two
    assert one not in two.parents
    assert two not in one.parents
    for path in (one, two):
        assert not path.is_absolute()
        assert all(not part.startswith(".") for part in path.parts)
        assert str(path).isascii()
        assert "\0" not in str(path)


def test_a_blob_folder_that_cannot_be_written_is_told(tmp_path):
    """The message names the blob and the folder."""
    (tmp_path / "file").touch()
    blobs = FolderBlobs(tmp_path / "file")
    for call in (lambda: blobs.put("a/b", b""), lambda: blobs.spool("a/b")):
        with pytest.raises(StorageError, match=r"blob 'a/b' in .*file"):
            call()


def test_a_missing_dag_folder_is_told(tmp_path):
    """An empty answer would say that every DAG is gone."""
    with pytest.raises(StorageError, match="nowhere"):
        FolderBundle(tmp_path / "nowhere").files()


def test_odd_things_in_a_dag_folder_do_no_harm(tmp_path):
    """A pipe is not read, a link to nowhere is left out, a circle of links ends, a linked folder is followed."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.py").write_text("import airflow, dag")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    os.mkfifo(bundle / "pipe.py")
    (bundle / "lost.py").symlink_to("nowhere.py")
    (bundle / "circle").symlink_to(bundle)
    (bundle / "linked").symlink_to(tmp_path / "real")
    assert list(FolderBundle(bundle).files()) == ["linked/a.py"]


def test_unchanged_dag_files_are_read_once(tmp_path, monkeypatch):
    """A tick over a large folder costs a look at each file's times."""
    bundle = FolderBundle(tmp_path)
    (tmp_path / "a.py").write_text("import airflow, dag")
    before = bundle.files()

    def fail(path):
        raise AssertionError(f"{path} is read again")

    monkeypatch.setattr("pathlib.Path.read_bytes", fail)
    assert bundle.files() == before


def test_a_text_outside_the_bundle_is_refused():
    """Not even a test writes elsewhere."""
    with pytest.raises(ValueError, match="outside"):
        MemoryBundle({"../x.py": ""})


def test_a_counting_store_counts_documents():
    """A commit its writes, a query what it found and at least one, a version once."""
    store = CountingStore(MemoryStore())
    store.commit(Create(a_run()), Create(an_attempt()), Put(a_version()), Delete(a_dag()))
    store.run(a_run().key)
    store.run(RunKey("no", "no"))
    store.attempts(a_run().key)
    store.attempts(RunKey("no", "no"))
    store.version("ventas", "v1")
    store.version("ventas", "v1")
    store.set_variables([("a", "1"), ("b", None)])
    assert store.counts.writes == {"commit": 3, "set_variables": 1}
    assert store.counts.deletes == {"commit": 1, "set_variables": 1}
    assert store.counts.reads == {"run": 2, "attempts": 2, "version": 1}
    with pytest.raises(ConflictError):
        store.commit(Create(a_run()))
    assert store.counts.totals() == {"reads": 5, "writes": 5, "deletes": 2, "operations": 0}
    store.counts.reset()
    assert store.counts.totals() == {"reads": 0, "writes": 0, "deletes": 0, "operations": 0}


def test_a_counting_queue_counts_messages():
    """Each message sent is an operation; what the dispatcher looks at is counted apart."""
    queue = CountingQueue(MemoryQueue(FakeClock()))
    queue.enqueue([a_message("a"), a_message("b")])
    queue.take(1.0, limit=5, owner="me")
    queue.done(a_message("a").name)
    assert queue.counts.operations == {"enqueue": 2}
    assert queue.looks == {"take": 1, "done": 1}


def test_counts_are_right_between_threads():
    """None is lost."""
    store = CountingStore(MemoryStore())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.run(a_run().key), range(800)))
    assert store.counts.reads["run"] == 800


def test_an_image_has_the_same_fingerprints_wherever_it_is(tmp_path):
    """Stamps of content: neither times nor places count, but what a file, or a helper beside it, says."""

    def image(name, query="select 1"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.py").write_text("from brisa import DAG")
        (folder / "b.sql").write_text(query)
        (folder / "data.csv").write_text(name)
        return FolderBundle(folder, ContentStamps(folder))

    one, same, other = image("one"), image("same"), image("other", "select 2")
    assert one.files() == one.files() == same.files() != other.files()
    (tmp_path / "one" / "b.sql").write_text("select 2")
    assert one.files() == other.files()
