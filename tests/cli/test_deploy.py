"""``brisa deploy dags``, against a Cloud Storage emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.gcs.local_gcs import local_gcs
from tests.support.program import Home

DAG = "from brisa import DAG\nwith DAG('ventas', schedule=None):\n    pass\n"


@pytest.fixture
def bucket() -> str:
    """A new bucket's name."""
    return local_gcs().bucket()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a DAG file, what it reads, and what is nobody else's."""
    home = Home(tmp_path / "home", {"STORAGE_EMULATOR_HOST": local_gcs().url, "GOOGLE_CLOUD_PROJECT": "p"})
    home.write("ventas.py", DAG)
    home.write("sql/ventas.sql", "SELECT 1")
    home.write(".airflowignore", "drafts")
    home.write(".env", "SECRET=1")
    home.write("__pycache__/ventas.pyc", "x")
    return home


def objects(bucket: str) -> dict[str, bytes]:
    """Name → content of what is there."""
    return {blob.name: blob.download_as_bytes() for blob in local_gcs().client.list_blobs(bucket)}


def test_a_folder_is_copied_and_then_what_has_changed(home: Home, bucket: str) -> None:
    """Objects that have the same bytes are left alone, nothing hidden goes, what is only there is kept."""
    first = home.call("deploy", "dags", f"gs://{bucket}/dags")
    local_gcs().client.bucket(bucket).blob("dags/old.py").upload_from_string(b"x")
    home.write("sql/ventas.sql", "SELECT 2")
    second = home.call("deploy", "dags", f"gs://{bucket}/dags/")

    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == ["copied .airflowignore", "copied ventas.py", "copied sql/ventas.sql"]
    assert second.stdout == "copied sql/ventas.sql\n"
    assert second.stderr == f"gs://{bucket}/dags/: 1 copied, 2 the same, 1 there alone\n"
    assert set(objects(bucket)) == {
        f"dags/{name}" for name in (".airflowignore", "ventas.py", "sql/ventas.sql", "old.py")
    }
    assert objects(bucket)["dags/sql/ventas.sql"].strip() == b"SELECT 2"


def test_what_is_only_there_is_deleted_if_asked_for(home: Home, bucket: str) -> None:
    """And only below the prefix; a dry run changes nothing."""
    there = local_gcs().client.bucket(bucket)
    for name in ("dags/old.py", "other/old.py"):
        there.blob(name).upload_from_string(b"x")

    dry = home.call("deploy", "dags", f"gs://{bucket}/dags", "--delete", "--dry-run")
    before = set(objects(bucket))
    done = home.call("deploy", "dags", f"gs://{bucket}/dags", "--delete")

    assert "would delete old.py" in dry.stdout
    assert "3 to copy" in dry.stderr
    assert "3 copied" in done.stderr
    assert before == {"dags/old.py", "other/old.py"}
    assert "deleted old.py" in done.stdout
    assert "dags/old.py" not in objects(bucket)
    assert "other/old.py" in objects(bucket)


def test_a_file_that_does_not_load_keeps_all_back(home: Home, bucket: str) -> None:
    """Status 1, the file is named, and nothing was copied; --no-check copies it nevertheless."""
    home.write("broken.py", "from brisa import DAG\nraise ValueError('no')\n")

    done = home.call("deploy", "dags", f"gs://{bucket}")

    assert done.returncode == 1
    assert "does not load: broken.py:2: ValueError: no" in done.stderr
    assert objects(bucket) == {}
    assert home.call("deploy", "dags", f"gs://{bucket}", "--no-check").returncode == 0
    assert "broken.py" in objects(bucket)


def test_what_can_not_be_is_said(home: Home, tmp_path: Path) -> None:
    """A place that is none, a bucket that is not there, a folder without a DAG."""
    place = home.call("deploy", "dags", "bucket/dags")
    bucket = home.call("deploy", "dags", "gs://nowhere-at-all/dags", "--no-check")
    empty = Home(tmp_path / "empty", home.env)
    assert empty.dags.exists()
    none = empty.call("deploy", "dags", "gs://x/dags")

    assert (place.returncode, "is no place like gs://bucket/dags" in place.stderr) == (2, True)
    assert (bucket.returncode, "create the bucket" in bucket.stderr) == (2, True)
    assert (none.returncode, "defines a DAG: is that the folder?" in none.stderr) == (2, True)
