"""Operators and sensors of Cloud Storage, against the emulator."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brisa.authoring.exceptions import AirflowException, AirflowSensorTimeout, AirflowSkipException, Reschedule
from brisa.operators.google.gcs import (
    GCSCreateBucketOperator,
    GCSDeleteBucketOperator,
    GCSDeleteObjectsOperator,
    GCSListObjectsOperator,
    GCSObjectExistenceSensor,
    GCSObjectsWithPrefixExistenceSensor,
    GCSObjectUpdateSensor,
)
from brisa.operators.google.objects import glob_pattern
from brisa.operators.google.transfers import (
    GCSToGCSOperator,
    GCSToLocalFilesystemOperator,
    LocalFilesystemToGCSOperator,
)


def put(bucket, *names):
    for name in names:
        bucket.blob(name).upload_from_string(f"content of {name}")


def listing(bucket):
    return sorted(blob.name for blob in bucket.list_blobs())


def test_a_bucket_from_its_making_to_its_end(cloud, context, bucket):
    """Create (twice: the second finds it), put something in, delete it with its content (twice)."""
    make = GCSCreateBucketOperator(task_id="make", bucket_name="from-operator", project_id="p", labels={"a": "b"})
    make.execute(context)
    make.execute(context)
    made = bucket.client.bucket("from-operator")
    put(made, "x", "y/z")
    remove = GCSDeleteBucketOperator(task_id="remove", bucket_name="from-operator")
    remove.execute(context)
    remove.execute(context)
    assert not made.exists()


def test_an_object_that_is_there_ends_the_wait(bucket, context):
    """The existence sensor ends with True when the object is there."""
    put(bucket, "data/file.csv")
    sensor = GCSObjectExistenceSensor(task_id="wait", bucket=bucket.name, object="data/file.csv")
    assert sensor.execute(context) is True


@pytest.mark.parametrize(("pattern", "found"), [("data/*.csv", True), ("data/*.txt", False), ("**/file*", True)])
def test_a_sensor_with_a_glob(bucket, context, pattern, found):
    """With use_glob the object's name is a glob."""
    put(bucket, "data/file.csv")
    sensor = GCSObjectExistenceSensor(task_id="wait", bucket=bucket.name, object=pattern, use_glob=True)
    assert bool(sensor.poke(context)) is found


@pytest.mark.parametrize("use_glob", [False, True])
def test_a_missing_object_or_bucket_is_not_there_yet(cloud, context, use_glob):
    """The sensor waits for a bucket that nobody has made yet, and looks again after poke_interval."""
    sensor = GCSObjectExistenceSensor(
        task_id="wait", bucket="nobody-made-it", object="x", poke_interval=30, use_glob=use_glob
    )
    with pytest.raises(Reschedule) as caught:
        sensor.execute(context)
    assert 20 < caught.value.resume_at - time.time() <= 30


@pytest.mark.parametrize(("soft_fail", "end"), [(False, AirflowSensorTimeout), (True, AirflowSkipException)])
def test_a_sensor_gives_up_after_its_timeout(bucket, make_context, soft_fail, end):
    """After timeout the task fails, with soft_fail it is skipped."""
    context = make_context(waited=61.0)
    sensor = GCSObjectExistenceSensor(task_id="wait", bucket=bucket.name, object="x", timeout=60, soft_fail=soft_fail)
    with pytest.raises(end):
        sensor.execute(context)


def test_the_prefix_sensor_gives_the_names(bucket, context):
    """The prefix sensor ends with the names of the objects."""
    sensor = GCSObjectsWithPrefixExistenceSensor(task_id="wait", bucket=bucket.name, prefix="in/")
    with pytest.raises(Reschedule):
        sensor.execute(context)
    put(bucket, "in/b", "in/a", "out/c")
    assert sensor.execute(context) == ["in/a", "in/b"]


def test_the_update_sensor_wants_an_object_written_after_the_interval(bucket, context):
    """An object counts as updated when it was written after the end of the data interval, or after ts_func."""
    put(bucket, "x")
    later = datetime.now(UTC) + timedelta(days=1)
    old = GCSObjectUpdateSensor(task_id="old", bucket=bucket.name, object="x", ts_func=lambda _: later)
    assert GCSObjectUpdateSensor(task_id="new", bucket=bucket.name, object="x").poke(context) is True
    assert old.poke(context) is False
    assert GCSObjectUpdateSensor(task_id="none", bucket=bucket.name, object="y").poke(context) is False


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ({}, ["a.csv", "in/b.csv", "in/c.txt"]),
        ({"prefix": "in/"}, ["in/b.csv", "in/c.txt"]),
        ({"prefix": ["in/", "a"]}, ["in/b.csv", "in/c.txt", "a.csv"]),
        ({"delimiter": ".csv"}, ["a.csv", "in/b.csv"]),
        ({"match_glob": "*.csv"}, ["a.csv"]),
        ({"match_glob": "**/*.csv"}, ["a.csv", "in/b.csv"]),
        ({"prefix": "nothing"}, []),
    ],
)
def test_listing(bucket, context, choice, found):
    """Objects are listed by prefixes, ending and glob."""
    put(bucket, "a.csv", "in/b.csv", "in/c.txt")
    assert GCSListObjectsOperator(task_id="list", bucket=bucket.name, **choice).execute(context) == found


def test_deleting_twice_is_deleting_once(bucket, context):
    """Objects that are gone already are no error: a lost worker may have deleted them before."""
    put(bucket, "a", "in/b", "in/c")
    some = GCSDeleteObjectsOperator(task_id="some", bucket_name=bucket.name, objects=["a"])
    rest = GCSDeleteObjectsOperator(task_id="rest", bucket_name=bucket.name, prefix="in/")
    for operator in (some, some, rest, rest):
        operator.execute(context)
    assert listing(bucket) == []


def test_objects_and_prefix_are_one_or_the_other():
    """Deleting needs objects or a prefix, and not both."""
    wrongs: list[dict[str, Any]] = [{}, {"objects": ["a"], "prefix": "b"}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="either objects or prefix"):
            GCSDeleteObjectsOperator(task_id="delete", bucket_name="x", **wrong)


def test_upload_and_download(bucket, context, tmp_path):
    """A file goes up, twice without harm, and comes down again as it was."""
    source = tmp_path / "año.csv"
    source.write_bytes("ñandú,1\n".encode())
    up = LocalFilesystemToGCSOperator(task_id="up", src=str(source), dst="in/", bucket=bucket.name)
    assert up.execute(context) == ["in/año.csv"] == up.execute(context)
    target = tmp_path / "back.csv"
    GCSToLocalFilesystemOperator(
        task_id="down", bucket=bucket.name, object_name="in/año.csv", filename=str(target)
    ).execute(context)
    assert target.read_bytes() == source.read_bytes()
    GCSToLocalFilesystemOperator(
        task_id="xcom", bucket=bucket.name, object_name="in/año.csv", store_to_xcom_key="text"
    ).execute(context)
    assert context["ti"].pushed == {"text": "ñandú,1\n"}


def test_upload_of_several(bucket, context, tmp_path):
    """A glob uploads what it finds into the folder dst; one object can't take several files."""
    for name in ("a.csv", "b.csv", "c.txt"):
        (tmp_path / name).write_text(name)
    LocalFilesystemToGCSOperator(
        task_id="up", src=str(tmp_path / "*.csv"), dst="in/", bucket=bucket.name, gzip=True
    ).execute(context)
    assert listing(bucket) == ["in/a.csv", "in/b.csv"]
    with pytest.raises(AirflowException, match="2 files can't all become"):
        LocalFilesystemToGCSOperator(
            task_id="one", src=str(tmp_path / "*.csv"), dst="in/x", bucket=bucket.name
        ).execute(context)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"source_object": "in/a.csv", "destination_object": "out/z.csv"}, ["out/z.csv"]),
        ({"source_object": "in/a.csv", "destination_object": "out/"}, ["out/a.csv"]),
        ({"source_object": "in/a.csv"}, ["in/a.csv"]),
        ({"source_object": "in/*.csv", "destination_object": "out/"}, ["out/a.csv", "out/b.csv"]),
        ({"source_object": "in/*"}, ["in/a.csv", "in/b.csv", "in/c.txt"]),
        ({"source_objects": ["in/"], "destination_object": "out/"}, ["out/a.csv", "out/b.csv", "out/c.txt"]),
        ({"source_objects": ["in/"], "match_glob": "**/*.txt"}, ["in/c.txt"]),
        ({"source_objects": ["in/a.csv", "in/c.txt"], "destination_object": "new/"}, ["new/a.csv", "new/c.txt"]),
        ({"source_object": "in/a", "exact_match": True}, []),
        ({"source_object": "nothing"}, []),
    ],
)
def test_copies_go_where_airflow_puts_them(bucket, context, arguments, expected):
    """Objects, prefixes and a wildcard, with and without a destination name."""
    put(bucket, "in/a.csv", "in/b.csv", "in/c.txt")
    target = bucket.client.create_bucket(f"{bucket.name}-copy")
    copy = GCSToGCSOperator(task_id="copy", source_bucket=bucket.name, destination_bucket=target.name, **arguments)
    assert copy.execute(context) == [f"gs://{target.name}/{name}" for name in expected]
    assert listing(target) == expected


def test_moves_leaves_and_limits(bucket, context):
    """replace=False leaves what is there; move_object removes the source; a wanted source must exist."""
    put(bucket, "a")
    bucket.blob("b").upload_from_string("old")
    GCSToGCSOperator(
        task_id="keep", source_bucket=bucket.name, source_object="a", destination_object="b", replace=False
    ).execute(context)
    assert bucket.blob("b").download_as_bytes() == b"old"
    future = datetime.now(UTC) + timedelta(days=1)
    for limits in ({"last_modified_time": future}, {"is_older_than": 3600}):
        GCSToGCSOperator(
            task_id="time", source_bucket=bucket.name, source_object="a", destination_object="b", **limits
        ).execute(context)
        assert bucket.blob("b").download_as_bytes() == b"old"
    GCSToGCSOperator(
        task_id="move", source_bucket=bucket.name, source_object="a", destination_object="b", move_object=True
    ).execute(context)
    assert listing(bucket) == ["b"]
    assert bucket.blob("b").download_as_bytes() == b"content of a"
    with pytest.raises(AirflowException, match=rf"gs://{bucket.name}/a does not exist"):
        GCSToGCSOperator(
            task_id="gone", source_bucket=bucket.name, source_object="a", source_object_required=True
        ).execute(context)
    with pytest.raises(AirflowException, match="only one"):
        GCSToGCSOperator(task_id="stars", source_bucket=bucket.name, source_object="a*b*").execute(context)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda path: LocalFilesystemToGCSOperator(task_id="t", src=str(path), dst="x", bucket="no-such-bucket"),
            r"cannot upload .*file\.txt to gs://no-such-bucket/x: it does not exist",
        ),
        (
            lambda path: LocalFilesystemToGCSOperator(task_id="t", src="/no/such/file", dst="x", bucket="b"),
            "no such file: /no/such/file",
        ),
        (
            lambda path: GCSListObjectsOperator(task_id="t", bucket="no-such-bucket", prefix="in/"),
            "cannot list gs://no-such-bucket/in/: it does not exist",
        ),
        (
            lambda path: GCSToLocalFilesystemOperator(
                task_id="t", bucket="no-such-bucket", object_name="x", filename=str(path)
            ),
            "cannot download gs://no-such-bucket/x: it does not exist",
        ),
    ],
)
def test_what_is_missing_is_named(cloud, context, tmp_path, make, told):
    """A missing bucket, object or file is named in the error, not only its status."""
    path = tmp_path / "file.txt"
    path.write_text("x")
    with pytest.raises(AirflowException, match=told):
        make(path).execute(context)
    assert path.read_text() == "x"


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("*.csv", ["a.csv"], ["in/a.csv", "a.txt", "acsv"]),
        ("**/*.csv", ["a.csv", "in/deep/a.csv"], ["a.txt"]),
        ("in/**", ["in/a", "in/b/c"], ["out/a"]),
        ("file?.txt", ["file1.txt"], ["file.txt", "file12.txt", "file/.txt"]),
        ("[a-c]x", ["ax", "cx"], ["dx"]),
        ("[!a]x", ["bx"], ["ax"]),
        ("{one,two}.csv", ["one.csv", "two.csv"], ["three.csv", "one"]),
        ("a+(b).csv", ["a+(b).csv"], ["aab.csv"]),
        ("a,b", ["a,b"], ["a", "b"]),
    ],
)
def test_globs(glob, yes, no):
    """Cloud Storage's globs: one star stays within a folder, two cross folders."""
    pattern = glob_pattern(glob)
    assert [name for name in [*yes, *no] if pattern.fullmatch(name)] == yes
