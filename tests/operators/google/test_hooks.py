"""The hooks for functions of one's own, against the emulators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brisa.authoring.connections import Connection
from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.hooks import BigQueryHook, GCSHook


def test_an_object_from_its_making_to_its_end(bucket, tmp_path):
    """Upload, look, list, download, copy, delete."""
    hook, name = GCSHook(), bucket.name
    hook.upload(name, "in/a.txt", data="más", mime_type="text/csv", metadata={"de": "aquí"})
    (tmp_path / "b.txt").write_text("de un archivo")
    hook.upload(name, "in/b.txt", filename=str(tmp_path / "b.txt"))
    hook.upload(name, "in/c.gz", data=b"x" * 100, gzip=True)

    assert [hook.exists(name, found) for found in ("in/a.txt", "in/none")] == [True, False]
    assert hook.list(name, prefix="in/") == ["in/a.txt", "in/b.txt", "in/c.gz"]
    assert hook.list(name, prefix=["in/"], delimiter=".txt", max_results=1) == ["in/a.txt"]
    assert hook.download(name, "in/a.txt") == "más".encode()
    assert hook.download(name, "in/b.txt", filename=str(tmp_path / "again.txt")) == str(tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_text() == "de un archivo"
    assert hook.download_as_byte_array(name, "in/c.gz") == b"x" * 100
    assert bucket.get_blob("in/a.txt").content_type == "text/csv"
    assert hook.get_size(name, "in/a.txt") == 4
    assert hook.get_metadata(name, "in/a.txt") == {"de": "aquí"}
    assert hook.get_md5hash(name, "in/a.txt") == bucket.get_blob("in/a.txt").md5_hash
    written = hook.get_blob_update_time(name, "in/a.txt")
    assert abs(written - datetime.now(UTC)) < timedelta(minutes=5)
    assert hook.is_updated_after(name, "in/a.txt", datetime(2020, 1, 1))
    assert not hook.is_updated_after(name, "in/a.txt", written)

    hook.copy(name, "in/a.txt", destination_object="out/a.txt")
    hook.compose(name, ["in/a.txt", "in/b.txt"], "out/both.txt")
    assert hook.download(name, "out/both.txt") == "másde un archivo".encode()
    with hook.provide_file(object_url=f"gs://{name}/out/a.txt") as file:
        assert file.read() == "más".encode()
    with hook.provide_file_and_upload(name, "out/made.txt") as file:
        file.write(b"made")
    assert hook.get_bucket(name).blob("out/made.txt").download_as_bytes() == b"made"
    hook.delete(name, "out/a.txt")
    hook.delete(name, "out/a.txt", ignore_error=True)
    assert hook.list(name, match_glob="out/*") == ["out/both.txt", "out/made.txt"]


def test_a_bucket_made_by_hand(cloud):
    """create_bucket makes one, and refuses a name that is taken."""
    GCSHook().create_bucket("by-hand", location="EU", labels={"a": "b"})
    assert GCSHook().list("by-hand") == []
    with pytest.raises(AirflowException, match="cannot create the bucket gs://by-hand"):
        GCSHook().create_bucket("by-hand")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda hook, name: hook.upload(name, "x"), "give either filename or data"),
        (lambda hook, name: hook.upload("no-such-bucket", "x", data="x"), "cannot upload gs://no-such-bucket/x: it do"),
        (lambda hook, name: hook.download(name, "x"), "cannot download gs://{name}/x: it does not exist"),
        (lambda hook, name: hook.delete(name, "x"), "cannot delete gs://{name}/x: it does not exist"),
        (lambda hook, name: hook.copy(name, "x"), "gs://{name}/x can't be copied to itself"),
        (lambda hook, name: hook.copy(name, "x", name, "y"), "cannot copy gs://{name}/x to gs://{name}/y"),
        (lambda hook, name: hook.rewrite(name, "x", name, "y", None, "Locked"), "goes with a retain_until_time"),
        (lambda hook, name: hook.get_size(name, "x"), "gs://{name}/x does not exist"),
        (lambda hook, name: hook.list(name, versions=True), "knows no versions"),
        (lambda hook, name: hook.provide_file(object_url="s3://a/b").__enter__(), "'s3://a/b' is no object"),
        (lambda hook, name: hook.provide_file(name).__enter__(), "give bucket_name and object_name, or object_url"),
    ],
)
def test_what_is_wrong_is_named(bucket, call, told):
    """The error names the object and what was to be done with it."""
    with pytest.raises((AirflowException, ValueError), match=told.format(name=bucket.name)):
        call(GCSHook(), bucket.name)


@pytest.mark.bigquery
def test_queries_and_jobs(client, dataset):
    """Jobs, rows, DataFrames and tables of BigQuery."""
    hook = BigQueryHook(use_legacy_sql=False)
    make = {"query": {"query": f"CREATE TABLE {dataset}.t AS SELECT 1 AS n, 'a' AS s", "useLegacySql": False}}
    job = hook.insert_job(configuration=make)
    assert job.state == "DONE"
    assert hook.get_job(job.job_id).job_id == job.job_id
    assert hook.insert_job(configuration=make | {"query": {"query": "SELECT 1"}}, job_id="mine").job_id == "mine"

    assert hook.table_exists(dataset, "t")
    assert not hook.table_exists(dataset, "none")
    hook.insert_all(None, dataset, "t", [{"n": 2, "s": "b"}, {"json": {"n": 3, "s": "c"}}], fail_on_error=True)
    select = f"SELECT n, s FROM {dataset}.t ORDER BY n"
    assert [tuple(row) for row in hook.get_records(select)] == [(1, "a"), (2, "b"), (3, "c")]
    assert tuple(hook.get_first(select)) == (1, "a")
    assert hook.run(f"DELETE FROM {dataset}.t WHERE n = 3") is None
    found = hook.get_df(select)
    assert (list(found.columns), found.to_numpy().tolist()) == (["n", "s"], [[1, "a"], [2, "b"]])
    assert hook.get_pandas_df(f"SELECT n FROM {dataset}.t WHERE FALSE", dialect="standard").columns.tolist() == ["n"]
    assert [dict(row) for row in hook.list_rows(dataset, "t", selected_fields="s", max_results=1)] == [{"s": "a"}]
    assert [field["name"] for field in hook.get_schema(dataset, "t")["fields"]] == ["n", "s"]
    hook.delete_table(f"{dataset}.t")
    assert not hook.table_exists(dataset, "t")


@pytest.mark.bigquery
def test_a_job_that_fails_is_told_in_bigquerys_words(client, dataset):
    """An error names the job, and has BigQuery's reason in it."""
    bad = {"query": {"query": f"SELECT * FROM {dataset}.nope", "useLegacySql": False}}
    with pytest.raises(AirflowException, match=rf"BigQuery job theirs failed: .*{dataset}.nope"):
        BigQueryHook().insert_job(configuration=bad, job_id="theirs")
    with pytest.raises(AirflowException, match=f"cannot read the table brisa-local.{dataset}.nope: it does not exist"):
        BigQueryHook().get_schema(dataset, "nope")


@pytest.mark.bigquery
def test_a_connection_finds_its_hook(client, monkeypatch):
    """A connection of type gcpbigquery is a database for the SQL operators."""
    monkeypatch.setenv("AIRFLOW_CONN_BQ", "gcpbigquery://?use_legacy_sql=false&project=theirs")
    hook = Connection.get("bq").get_hook()
    assert hook.project_id == "theirs"
    assert [tuple(row) for row in hook.get_records("SELECT 1 + 1")] == [(2,)]
