"""BigQuery's operators, against the emulator."""

from __future__ import annotations

import inspect
import time
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.bigquery import QueryJob

from brisa.authoring.exceptions import AirflowException, AirflowSkipException, AirflowTaskTimeout, Reschedule
from brisa.operators.google import jobs
from brisa.operators.google.bigquery import (
    BigQueryCheckOperator,
    BigQueryCreateEmptyDatasetOperator,
    BigQueryCreateEmptyTableOperator,
    BigQueryCreateTableOperator,
    BigQueryDeleteDatasetOperator,
    BigQueryDeleteTableOperator,
    BigQueryGetDataOperator,
    BigQueryInsertJobOperator,
    BigQueryTableExistenceSensor,
    BigQueryValueCheckOperator,
)
from brisa.operators.google.transfers import BigQueryToGCSOperator, GCSToBigQueryOperator

pytestmark = pytest.mark.bigquery


def query(sql, **more):
    return BigQueryInsertJobOperator(
        task_id="query", configuration={"query": {"query": sql, "useLegacySql": False}}, **more
    )


def rows(client, sql):
    return [tuple(row.values()) for row in client.query(sql).result()]


def load(source, dataset, **more):
    arguments = {
        "task_id": "load",
        "bucket": source.name,
        "source_objects": ["people.csv"],
        "destination_project_dataset_table": f"{dataset}.people",
        "schema_fields": [{"name": "name", "type": "STRING"}, {"name": "age", "type": "INTEGER"}],
        "skip_leading_rows": 1,
        **more,
    }
    return GCSToBigQueryOperator(**arguments)


def test_csv_in_query_and_csv_out(client, bucket, dataset, make_context):
    """A CSV is loaded, asked, and exported again."""
    bucket.blob("people.csv").upload_from_string("name,age\nAna,31\nBeto,27\n")
    load(bucket, dataset).execute(make_context(task_id="load"))
    query(f"CREATE TABLE {dataset}.old AS SELECT * FROM {dataset}.people WHERE age > 30").execute(
        make_context(task_id="query")
    )
    BigQueryToGCSOperator(
        task_id="out",
        source_project_dataset_table=f"{dataset}.old",
        destination_cloud_storage_uris=[f"gs://{bucket.name}/out/old.csv"],
        field_delimiter=";",
    ).execute(make_context(task_id="out"))
    assert bucket.blob("out/old.csv").download_as_bytes() == b"name;age\nAna;31\n"


def test_an_append_of_one_try_happens_once(client, bucket, dataset, make_context):
    """A worker that is lost after its load and comes back in the same try appends nothing again; a new try does."""
    bucket.blob("people.csv").upload_from_string("name,age\nAna,31\n")
    append = load(bucket, dataset, write_disposition="WRITE_APPEND")
    counts = []
    for attempt in ({}, {"reschedule_count": 1}, {"try_number": 2}, {"try_number": 2}, {"generation": 1}):
        append.execute(make_context(**attempt))
        counts += rows(client, f"SELECT COUNT(*) FROM {dataset}.people")
    assert counts == [(1,), (1,), (2,), (2,), (3,)]


def test_a_long_job_does_not_hold_a_worker(client, dataset, make_context, monkeypatch):
    """The task sleeps and comes back in the same try until the job is done; there is one job; its time may run out.

    The emulator answers when a job is done, so its jobs are made to look as if they went on.
    """
    monkeypatch.setattr(jobs, "HOLD", -1.0)
    client.query(f"CREATE TABLE {dataset}.t (n INT64)").result()
    state = inspect.getattr_static(QueryJob, "state")
    monkeypatch.setattr(QueryJob, "state", property(lambda job: "RUNNING" if state.fget(job) == "DONE" else None))
    insert = f"INSERT INTO {dataset}.t (n) VALUES (1)"

    unlimited = query(insert)
    for look, seconds in enumerate((10, 15)):
        with pytest.raises(Reschedule) as again:
            unlimited.execute(make_context(reschedule_count=look, task=unlimited))
        assert again.value.resume_at - time.time() == pytest.approx(seconds, abs=5)
    limited = query(insert, execution_timeout=timedelta(seconds=5))
    with pytest.raises(AirflowTaskTimeout, match="execution_timeout of 5 s"):
        limited.execute(make_context(task=limited, waited=6.0))

    monkeypatch.setattr(QueryJob, "state", state)
    unlimited.execute(make_context(reschedule_count=2, task=unlimited))
    assert next(iter(client.query(f"SELECT n FROM {dataset}.t").result())).n == 1
    sent = [job for job in client.list_jobs(all_users=True) if job.job_type == "query" and job.query == insert]
    assert len(sent) == 1


def test_an_insert_of_one_try_happens_once(client, dataset, make_context):
    """The same for a query that writes: the job's id is told by the try, and its XCom stays the same."""
    client.query(f"CREATE TABLE {dataset}.t (n INT64)").result()
    insert = query(f"INSERT INTO {dataset}.t VALUES (1)")
    first, again, mapped = (insert.execute(make_context(**of)) for of in ({}, {}, {"map_index": 0}))
    assert first == again != mapped
    assert first.startswith("brisa_")
    assert rows(client, f"SELECT COUNT(*) FROM {dataset}.t") == [(2,)]


def test_two_jobs_of_one_task_have_two_ids(bucket, dataset, client, context):
    """A task that runs two jobs (a load, then the largest key) gives each its own id, and both again in a repeat."""
    bucket.blob("people.csv").upload_from_string("name,age\nAna,31\nBeto,27\n")
    operator = load(bucket, dataset, write_disposition="WRITE_TRUNCATE", max_id_key="age")
    assert operator.execute(context) == 31 == operator.execute(context)


def test_a_foreign_job_of_that_id_is_not_taken_for_ours(client, dataset, context):
    """A try whose configuration was rendered differently before says so, and does not take over the other's result."""
    query("SELECT 1").execute(context)
    with pytest.raises(AirflowException, match="another configuration"):
        query("SELECT 2").execute(context)


def test_a_failed_job_is_told_in_bigquerys_words_and_stays_failed(client, dataset, context):
    """The error has BigQuery's message and reason, and the same try meets the same failed job again."""
    bad = query(f"SELECT * FROM {dataset}.nope")
    for _ in range(2):
        with pytest.raises(AirflowException, match=rf"job brisa_\w+ failed: .*{dataset}.nope.*reason: notFound"):
            bad.execute(context)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source_objects": ["none.csv"]}, r"gs://{bucket}/none\.csv → brisa-local\.{dataset}\.people"),
        ({"bucket": "no-such-bucket"}, r"gs://no-such-bucket/people\.csv"),
        ({"destination_project_dataset_table": "no_dataset.people"}, r"Not found: Dataset brisa-local:no_dataset"),
        ({"schema_fields": [{"name": "only", "type": "STRING"}]}, r"people\.csv.*Line: 2"),
        ({"schema_fields": [{"name": name, "type": "INTEGER"} for name in "ab"]}, r"people\.csv.*too many errors"),
        ({"destination_project_dataset_table": "people"}, r"'people' is no BigQuery table"),
    ],
)
def test_what_a_load_lacks_is_named(bucket, dataset, client, context, change, told):
    """A missing object, bucket or dataset, and rows that don't fit, are named."""
    bucket.blob("people.csv").upload_from_string("name,age\nAna,31\n")
    with pytest.raises(AirflowException, match=told.format(bucket=bucket.name, dataset=dataset)):
        load(bucket, dataset, **change).execute(context)


def test_a_job_without_a_kind_is_refused(cloud, context):
    """A configuration that says neither query nor load, extract or copy is refused with the choice."""
    with pytest.raises(AirflowException, match="'query', 'load', 'extract', 'copy'; it has 'qery'"):
        BigQueryInsertJobOperator(task_id="t", configuration={"qery": {}}).execute(context)


def test_a_copy_job(client, dataset, context):
    """A copy job copies a table."""
    client.query(f"CREATE TABLE {dataset}.a AS SELECT 7 AS n").result()
    reference = {"projectId": "brisa-local", "datasetId": dataset}
    copy = {"sourceTable": {**reference, "tableId": "a"}, "destinationTable": {**reference, "tableId": "b"}}
    BigQueryInsertJobOperator(task_id="t", configuration={"copy": copy}).execute(context)
    assert rows(client, f"SELECT n FROM {dataset}.b") == [(7,)]


def test_a_schema_from_an_object(client, bucket, dataset, context):
    """schema_object names a JSON file of fields in the bucket."""
    bucket.blob("people.csv").upload_from_string("Ana,31\n")
    bucket.blob("schema.json").upload_from_string(
        '[{"name": "quien", "type": "STRING"}, {"name": "n", "type": "INT64"}]'
    )
    load(bucket, dataset, schema_fields=None, schema_object="schema.json", skip_leading_rows=None).execute(context)
    assert rows(client, f"SELECT quien, n FROM {dataset}.people") == [("Ana", 31)]
    bucket.blob("schema.json").upload_from_string("{")
    with pytest.raises(AirflowException, match=r"schema\.json is not JSON"):
        load(bucket, dataset, schema_fields=None, schema_object="schema.json").execute(context)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT 1 AS one, TRUE AS yes", None),
        ("SELECT 1 AS one, 0 AS zero, NULL AS none", "zero, none not true"),
        ("SELECT 1 AS one FROM UNNEST([]) AS nothing", "no rows"),
    ],
)
def test_checks(client, make_context, sql, told):
    """A check passes when all values of the first row are true, and names the columns that are not."""
    check = BigQueryCheckOperator(task_id="check", sql=sql, use_legacy_sql=False)
    if told is None:
        check.execute(make_context())
    else:
        with pytest.raises(AirflowException, match=told):
            check.execute(make_context())


@pytest.mark.parametrize(
    ("sql", "value", "tolerance", "passes"),
    [
        ("SELECT 10", 10, None, True),
        ("SELECT 10", "10", None, True),
        ("SELECT 11", 10, None, False),
        ("SELECT 11", 10, 0.1, True),
        ("SELECT 12", 10, 0.1, False),
        ("SELECT -11", -10, 0.1, True),
        ("SELECT 'a'", "a", None, True),
        ("SELECT NULL", 10, 0.1, False),
    ],
)
def test_value_checks(client, make_context, sql, value, tolerance, passes):
    """A value check compares numbers within the tolerance, and everything else as text."""
    context = make_context()
    check = BigQueryValueCheckOperator(
        task_id="check", sql=sql, pass_value=value, tolerance=tolerance, use_legacy_sql=False
    )
    if passes:
        check.execute(context)
    else:
        with pytest.raises(AirflowException, match="differ"):
            check.execute(context)


def test_datasets_and_tables_come_and_go(client, dataset, context):
    """Create and delete, each twice; what exists already is logged, failed or skipped as asked."""
    make = BigQueryCreateEmptyDatasetOperator(task_id="t", dataset_id=f"{dataset}_x")
    make.execute(context)
    make.execute(context)
    for choice, end in (("fail", AirflowException), ("skip", AirflowSkipException)):
        with pytest.raises(end, match=f"{dataset}_x exists already"):
            BigQueryCreateEmptyDatasetOperator(task_id="t", dataset_id=f"{dataset}_x", if_exists=choice).execute(
                context
            )
    table: dict[str, Any] = {"dataset_id": f"{dataset}_x", "table_id": "people"}
    empty = BigQueryCreateEmptyTableOperator(
        task_id="t", **table, schema_fields=[{"name": "n", "type": "INTEGER", "mode": "REQUIRED"}]
    )
    empty.execute(context)
    empty.execute(context)
    BigQueryCreateTableOperator(
        task_id="t",
        dataset_id=f"{dataset}_x",
        table_id="other",
        table_resource={"schema": {"fields": [{"name": "s", "type": "STRING"}]}},
    ).execute(context)
    assert [field.name for field in client.get_table(f"{dataset}_x.people").schema] == ["n"]
    BigQueryDeleteTableOperator(task_id="t", deletion_dataset_table=f"{dataset}_x.people").execute(context)
    with pytest.raises(AirflowException, match=rf"cannot delete the table .*{dataset}_x\.people: it does not"):
        BigQueryDeleteTableOperator(task_id="t", deletion_dataset_table=f"{dataset}_x.people").execute(context)
    with pytest.raises(AirflowException, match=f"cannot delete the dataset brisa-local.{dataset}_x"):
        BigQueryDeleteDatasetOperator(task_id="t", dataset_id=f"{dataset}_x").execute(context)
    remove = BigQueryDeleteDatasetOperator(task_id="t", dataset_id=f"{dataset}_x", delete_contents=True)
    remove.execute(context)
    remove.execute(context)
    assert f"{dataset}_x" not in [found.dataset_id for found in client.list_datasets()]


def test_reading_rows(client, dataset, context):
    """Rows come as lists or dicts, all columns or those asked for, up to max_results."""
    client.query(
        f"CREATE TABLE {dataset}.t AS SELECT n, n * n AS square FROM UNNEST([1, 2, 3]) AS n ORDER BY n"
    ).result()
    read = {"task_id": "t", "dataset_id": dataset, "table_id": "t"}
    assert BigQueryGetDataOperator(**read).execute(context) == [[1, 1], [2, 4], [3, 9]]
    some = BigQueryGetDataOperator(**read, selected_fields="square, n", max_results=2)
    assert some.execute(context) == [[1, 1], [2, 4]]
    one = BigQueryGetDataOperator(**read, selected_fields="square", as_dict=True)
    assert one.execute(context) == [{"square": 1}, {"square": 4}, {"square": 9}]
    with pytest.raises(AirflowException, match=r"has no column cube; it has \['n', 'square'\]"):
        BigQueryGetDataOperator(**read, selected_fields="cube").execute(context)
    with pytest.raises(AirflowException, match=f"cannot read the table brisa-local.{dataset}.none: it does not exist"):
        BigQueryGetDataOperator(task_id="t", dataset_id=dataset, table_id="none").execute(context)


def test_the_table_sensor(client, dataset, context):
    """The sensor waits until the table is there."""
    sensor = BigQueryTableExistenceSensor(task_id="t", dataset_id=dataset, table_id="late")
    with pytest.raises(Reschedule):
        sensor.execute(context)
    client.query(f"CREATE TABLE {dataset}.late (n INT64)").result()
    assert sensor.poke(context) is True
