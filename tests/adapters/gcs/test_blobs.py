"""What blobs in Cloud Storage do beyond their port: names, trouble on the way, local files."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
from pathlib import Path

import pytest

from brisa.adapters import retrying
from brisa.adapters.gcs import GcsBlobs
from brisa.adapters.memory import FakeClock
from brisa.errors import StorageError, UnavailableError
from tests.adapters.gcs.local_gcs import failing, front, local_gcs
from tests.support.program import environment


@pytest.fixture
def bucket():
    """A new bucket's name."""
    return local_gcs().bucket()


def in_bucket(bucket, **settings):
    """Blobs in the emulator itself."""
    return GcsBlobs(local_gcs().client, bucket, **{"clock": FakeClock(), **settings})


def objects(bucket):
    """Name → content of all objects."""
    return {blob.name: blob.download_as_bytes() for blob in local_gcs().client.list_blobs(bucket)}


def test_objects_are_named_as_people_expect(bucket):
    """The prefix, and the blob's name as far as it is plain: who looks into the bucket finds what they know."""
    blobs = in_bucket(bucket, prefix="brisa/")
    blobs.put("logs/ventas/1.log", b"one")
    blobs.spool("logs/ventas/2.log").write_bytes(b"two")
    blobs.seal("logs/ventas/2.log")
    blobs.put("../ñ", b"three")
    assert objects(bucket) == {
        "brisa/logs/ventas/1.log": b"one",
        "brisa/logs/ventas/2.log": b"two",
        "brisa/%2E%2E/%C3%B1.": b"three",
    }


def test_another_process_reads_what_is_sealed(bucket):
    """Until then the spool is this process's own."""
    writer, reader = in_bucket(bucket), in_bucket(bucket)
    writer.spool("1.log").write_bytes(b"text")
    assert reader.get("1.log") is None
    writer.seal("1.log")
    assert reader.get("1.log") == b"text"


def test_the_longest_name_fits_behind_the_longest_prefix(bucket):
    """An object's name has at most 1,024 bytes; a longer prefix is refused before anything is lost."""
    blobs = in_bucket(bucket, prefix="p" * 23 + "/")
    longest = "/".join(["d" * 100] * 9 + ["f" * 90])
    blobs.put(longest, b"!")
    assert blobs.get(longest) == b"!"
    assert max(len(name) for name in objects(bucket)) == 1024
    with pytest.raises(StorageError, match="24 bytes or less"):
        in_bucket(bucket, prefix="ñ" * 12 + "/")


def test_a_large_blob_goes_up_in_pieces(bucket):
    """Above 8 MiB the client begins an upload that can be resumed; its result is the same."""
    data = bytes(range(256)) * 40_000
    blobs = in_bucket(bucket)
    blobs.spool("x").write_bytes(data)
    blobs.seal("x")
    assert blobs.get("x", 9_000_000) == data[9_000_000:]


def test_before_the_beginning_is_the_beginning(bucket):
    """To the service a negative number means the last bytes."""
    blobs = in_bucket(bucket)
    blobs.put("x", b"0123456789")
    assert blobs.get("x", -3) == b"0123456789"


def test_spools_leave_nothing_behind(bucket):
    """A sealed one is removed, the folder goes with the object that had it."""
    blobs = in_bucket(bucket)
    sealed, left = blobs.spool("a"), blobs.spool("b")
    sealed.write_bytes(b"1")
    left.write_bytes(b"2")
    blobs.seal("a")
    assert not sealed.exists()
    assert left.exists()
    del blobs
    gc.collect()
    assert not left.parent.exists()


def test_the_end_of_a_forked_child_leaves_the_spools_alone():
    """Attempts run in children that were forked with all that their parent had; the parent itself cleans up."""
    code = (
        "import os, sys; from brisa.adapters.gcs.spools import Spools\n"
        "spools = Spools(); path = spools.path('a'); path.write_bytes(b'1')\n"
        "child = os.fork()\n"
        "child and os.waitpid(child, 0)\n"
        "child and print(path, path.exists())"
    )
    told = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    path, there = told.stdout.split()
    assert there == "True"
    assert not Path(path).parent.exists()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 0], ids=lambda status: str(status or "cut off"))
@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda blobs: blobs.put("new", b"2"), None),
        (lambda blobs: blobs.get("old"), b"1"),
        (lambda blobs: blobs.get("nowhere"), None),
        (lambda blobs: blobs.delete("old"), None),
        (lambda blobs: blobs.seal("spooled"), None),
    ],
    ids=["put", "get", "get nothing", "delete", "seal"],
)
def test_a_call_is_repeated_while_the_service_is_away(bucket, call, answer, status):
    """By the clock it was given: this test takes no time."""
    in_bucket(bucket).put("old", b"1")
    clock = FakeClock()
    before = clock.now()
    with front(failing(4, status)) as one:
        blobs = GcsBlobs(one.client, bucket, clock=clock)
        blobs.spool("spooled").write_bytes(b"3")
        assert call(blobs) == answer
        assert len(one.seen) >= 5
    assert 0 < clock.now() - before <= 3.0, "pauses go by the clock that was given"


def test_an_upload_that_is_repeated_is_whole(bucket):
    """The second try begins at the beginning of the file."""
    with front(failing(2)) as one:
        blobs = GcsBlobs(one.client, bucket, clock=FakeClock())
        blobs.spool("1.log").write_bytes(b"all of it")
        blobs.seal("1.log")
        assert one.count("POST") == 3
    assert objects(bucket) == {"1.log": b"all of it"}


def test_when_patience_ends_the_service_is_unavailable(bucket, monkeypatch):
    """Within the time that was given; the spool is still there, and can be sealed later."""
    monkeypatch.setattr(retrying, "_chance", random.Random(4))  # pauses are drawn: these add up to more than half
    clock = FakeClock()
    before = clock.now()
    with front(failing(10_000)) as one:
        blobs = GcsBlobs(one.client, bucket, clock=clock, patience=10.0)
        blobs.spool("1.log").write_bytes(b"text")
        with pytest.raises(UnavailableError, match=r"write object '1\.log' of bucket 'bucket-.*503"):
            blobs.seal("1.log")
        assert 5.0 <= clock.now() - before <= 10.0
        one.answer = failing(0)
        blobs.seal("1.log")
    assert objects(bucket) == {"1.log": b"text"}


def test_a_service_that_does_not_listen_is_unavailable(bucket):
    """A refused connection is no reason to give up at once, nor to raise what the client raises."""
    clock = FakeClock()
    with front(failing(0)) as one:
        blobs = GcsBlobs(one.client, bucket, clock=clock)
    with pytest.raises(UnavailableError, match="ConnectionError"):
        blobs.get("x")
    assert clock.now() > FakeClock().now()


@pytest.mark.parametrize(
    ("status", "advice"), [(403, r"roles/storage\.objectUser"), (401, "credentials"), (400, "Google's message")]
)
@pytest.mark.parametrize(
    "call",
    [
        lambda blobs: blobs.put("logs/1.log", b""),
        lambda blobs: blobs.get("logs/1.log"),
        lambda blobs: blobs.delete("logs/1.log"),
    ],
    ids=["put", "get", "delete"],
)
def test_what_needs_a_person_is_told_at_once(bucket, call, status, advice):
    """Which object of which bucket, and what to do."""
    with front(failing(10_000, status)) as one:
        blobs = GcsBlobs(one.client, bucket, clock=FakeClock())
        with pytest.raises(StorageError, match=rf"object 'logs/1\.log' of bucket '{bucket}'.*{advice}"):
            call(blobs)
        assert len(one.seen) == 1


@pytest.mark.parametrize(
    "call",
    [lambda blobs: blobs.put("x", b""), lambda blobs: blobs.get("x"), lambda blobs: blobs.delete("x")],
    ids=["put", "get", "delete"],
)
def test_a_missing_bucket_is_not_a_missing_blob(call):
    """Both are answered with 404, but only one of them means that all is well."""
    with pytest.raises(StorageError, match=r"'nowhere'.*create the bucket"):
        call(in_bucket("nowhere"))


def test_the_bucket_is_looked_for_once(bucket):
    """That a blob isn't there costs one request, except for the first time."""
    with front(failing(0)) as one:
        blobs = GcsBlobs(one.client, bucket, clock=FakeClock())
        assert [blobs.get("a"), blobs.get("b"), blobs.get("c")] == [None] * 3
        assert len(one.seen) == 4


def test_a_local_file_that_cannot_be_made_is_told(bucket, tmp_path, monkeypatch):
    """The message names the blob and the place."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(StorageError, match=r"blob '1\.log' in .*nowhere"):
        in_bucket(bucket).spool("1.log")
