"""The mirror of a folder of DAG files: an upload is a deployment."""

from __future__ import annotations

import os
from contextlib import closing

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from brisa.emulators.installed import PROJECT
from brisa.emulators.project import DAGS_BUCKET
from brisa.emulators.upload import Mirror, stamps
from brisa.errors import EmulatorError
from tests.emulators.local_cloud import local_cloud


@pytest.fixture
def bucket():
    """The bucket of DAG files, empty."""
    _, environment = local_cloud()
    client = storage.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": environment["STORAGE_EMULATOR_HOST"]},
    )
    with closing(client):
        bucket = client.bucket(DAGS_BUCKET)
        if not bucket.exists():
            bucket.create()
        for blob in list(client.list_blobs(bucket)):
            blob.delete()
        yield bucket


@pytest.fixture
def mirror(tmp_path):
    """A mirror of the folder ``dags``, which has a DAG file and a module."""
    _, environment = local_cloud()
    folder = tmp_path / "dags"
    (folder / "lib").mkdir(parents=True)
    (folder / "hello.py").write_text("dag")
    (folder / "lib" / "tools.py").write_text("tools")
    with closing(Mirror(folder, environment["STORAGE_EMULATOR_HOST"])) as mirror:
        yield mirror


def there(bucket):
    """Name → content of all objects."""
    return {blob.name: blob.download_as_bytes() for blob in bucket.client.list_blobs(bucket)}


def test_the_bucket_becomes_what_the_folder_is(tmp_path, bucket, mirror):
    """The happy path: everything at the first look, then what is new or changed, and what has gone."""
    folder = tmp_path / "dags"
    assert set(mirror.look().uploaded) == {"hello.py", "lib/tools.py"}
    assert there(bucket) == {"dags/hello.py": b"dag", "dags/lib/tools.py": b"tools"}
    nothing = mirror.look()
    assert (nothing.uploaded, nothing.removed, nothing.refused) == ((), (), {})

    (folder / "hello.py").write_text("dag, changed")
    (folder / "naïve name.sql").write_text("select")
    (folder / "lib" / "tools.py").unlink()
    looked = mirror.look()
    assert set(looked.uploaded) == {"hello.py", "naïve name.sql"}
    assert looked.removed == ("lib/tools.py",)
    assert there(bucket) == {"dags/hello.py": b"dag, changed", "dags/naïve name.sql": b"select"}


def test_a_change_that_keeps_the_size_is_seen(tmp_path, bucket, mirror):
    """The time of the change counts too."""
    mirror.look()
    file = tmp_path / "dags" / "hello.py"
    file.write_text("DAG")
    os.utime(file, ns=(1, 1))
    assert mirror.look().uploaded == ("hello.py",)
    assert there(bucket)["dags/hello.py"] == b"DAG"


def test_the_first_look_deploys_again_and_removes_what_another_left(tmp_path, bucket, mirror):
    """What is in the bucket is uploaded anew, so that it is registered anew; what is not in the folder is deleted."""
    bucket.blob("dags/hello.py").upload_from_string("dag")
    bucket.blob("dags/old.py").upload_from_string("old")
    bucket.blob("elsewhere/kept.txt").upload_from_string("kept")
    looked = mirror.look()
    assert "hello.py" in looked.uploaded
    assert looked.removed == ("old.py",)
    assert set(there(bucket)) == {"dags/hello.py", "dags/lib/tools.py", "elsewhere/kept.txt"}


def test_hidden_and_compiled_files_stay_at_home(tmp_path):
    """Neither what begins with a dot, at any depth, nor __pycache__ is among the files."""
    for name in ("a.py", ".airflowignore", ".git/config", "__pycache__/a.pyc", "lib/__pycache__/b.pyc", "lib/.x/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "dangling.py").symlink_to("nowhere")
    assert [name for name, _ in stamps(tmp_path)] == ["a.py"]


def test_a_folder_may_take_the_place_of_a_file(tmp_path, bucket, mirror):
    """The object of the file is deleted before those of the folder come."""
    place = tmp_path / "dags" / "swapped"
    place.touch()
    mirror.look()
    place.unlink()
    place.mkdir()
    (place / "inner.py").write_text("inner")
    looked = mirror.look()
    assert (looked.uploaded, looked.removed) == (("swapped/inner.py",), ("swapped",))
    assert set(there(bucket)) == {"dags/hello.py", "dags/swapped/inner.py", "dags/lib/tools.py"}


def test_a_name_that_is_no_text_is_refused_and_the_others_go(tmp_path, bucket, mirror):
    """A file whose name Cloud Storage can't have is told, and is in nobody's way."""
    with open(os.fsencode(tmp_path / "dags") + b"/\xff.py", "wb"):  # noqa: PTH123 (a path of bytes)
        pass
    looked = mirror.look()
    assert set(looked.uploaded) == {"hello.py", "lib/tools.py"}
    assert list(looked.refused) == ["\udcff.py"]


def test_a_folder_that_is_gone_deletes_nothing(tmp_path, bucket, mirror):
    """An unmounted disk is no deployment."""
    mirror.look()
    (tmp_path / "dags").rename(tmp_path / "moved")
    looked = mirror.look()
    assert (looked.uploaded, looked.removed) == ((), ())
    assert "not there" in looked.refused[str(tmp_path / "dags")]
    assert set(there(bucket)) == {"dags/hello.py", "dags/lib/tools.py"}


def test_without_cloud_storage_there_is_an_error_and_a_next_time(tmp_path):
    """Nobody answers: one error of brisa's."""
    with closing(Mirror(tmp_path, "http://127.0.0.1:1")) as mirror, pytest.raises(EmulatorError, match="DAG files"):
        mirror.look()
