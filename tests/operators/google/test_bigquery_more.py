"""BigQuery's checks of tables, copies, external tables and changes, against the emulator."""

from __future__ import annotations

import inspect
import time
from typing import Any

import pytest
from google.cloud.bigquery import QueryJob

from brisa.authoring.exceptions import AirflowException, AirflowFailException, Reschedule
from brisa.operators.google import jobs
from brisa.operators.google.bigquery import (
    BigQueryCheckOperator,
    BigQueryColumnCheckOperator,
    BigQueryGetDataOperator,
    BigQueryGetDatasetOperator,
    BigQueryGetDatasetTablesOperator,
    BigQueryInsertJobOperator,
    BigQueryIntervalCheckOperator,
    BigQueryTableCheckOperator,
    BigQueryUpdateDatasetOperator,
    BigQueryUpdateTableOperator,
)
from brisa.operators.google.transfers import BigQueryToBigQueryOperator, GCSToBigQueryOperator

pytestmark = pytest.mark.bigquery


@pytest.fixture
def table(client, dataset):
    """The name of a table with three days."""
    client.query(
        f"CREATE TABLE {dataset}.t AS SELECT * FROM UNNEST(["
        "STRUCT('2024-01-01' AS ds, 10 AS n, 'a' AS s), ('2024-01-08', 11, 'b'), ('2024-01-09', 40, NULL)])"
    ).result()
    return f"{dataset}.t"


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"n": {"min": {"geq_to": 10}, "max": {"equal_to": 40}}, "s": {"null_check": {"equal_to": 1}}}, None),
        ({"n": {"unique_check": {"equal_to": 0}, "max": {"less_than": 40}}}, "n max is 40, not less_than 40"),
    ],
)
def test_column_checks(table, context, mapping, told):
    """Columns are measured by one query."""
    check = BigQueryColumnCheckOperator(task_id="t", table=table, column_mapping=mapping, use_legacy_sql=False)
    if told is None:
        check.execute(context)
    else:
        with pytest.raises(AirflowException, match=told):
            check.execute(context)


def test_table_checks(table, context, make_context):
    """Conditions of the whole table, or of its rows; one that fails is named, and need not be retried."""
    checks = {"rows": {"check_statement": "COUNT(*) = 3"}, "small": {"check_statement": "n < 50"}}
    BigQueryTableCheckOperator(task_id="t", table=table, checks=checks, use_legacy_sql=False).execute(context)
    wrong = {"small": {"check_statement": "n < 40"}}
    check = BigQueryTableCheckOperator(
        task_id="t", table=table, checks=wrong, use_legacy_sql=False, retry_on_failure=False
    )
    with pytest.raises(AirflowFailException, match=r"small \(n < 40\)"):
        check.execute(make_context(try_number=2))


def test_interval_checks(table, make_context):
    """A day is compared with that of a week before; the two queries are two jobs of one try."""

    def check(day, before, number):
        operator = BigQueryIntervalCheckOperator(
            task_id="t", table=table, metrics_thresholds={"SUM(n)": 1.5}, days_back=-7, use_legacy_sql=False
        )
        operator.sql1 = operator.sql1.replace("{{ ds }}", day)
        operator.sql2 = operator.sql2.replace("{{ macros.ds_add(ds, -7) }}", before)
        operator.execute(make_context(try_number=number))

    check("2024-01-08", "2024-01-01", 1)
    with pytest.raises(AirflowException, match=r"SUM\(n\): 40 now, 10 before"):
        check("2024-01-09", "2024-01-01", 2)


def test_a_check_that_is_not_worth_a_retry(client, context):
    """retry_on_failure=False fails the task for good."""
    check = BigQueryCheckOperator(task_id="t", sql="SELECT 0", use_legacy_sql=False, retry_on_failure=False)
    with pytest.raises(AirflowFailException, match="not true"):
        check.execute(context)


def test_a_copy_of_one_try_happens_once(client, dataset, table, make_context):
    """The rows of two tables are appended to a third, once per try."""
    client.query(f"CREATE TABLE {dataset}.all AS SELECT * FROM {table} WHERE FALSE").result()
    copy = BigQueryToBigQueryOperator(
        task_id="t",
        source_project_dataset_tables=[table],
        destination_project_dataset_table=f"{dataset}.all",
        write_disposition="WRITE_APPEND",
    )
    for number in (1, 1, 2):
        copy.execute(make_context(try_number=number))
    assert next(iter(client.query(f"SELECT COUNT(*) AS n FROM {dataset}.all").result())).n == 6


def test_rows_of_a_job(client, context):
    """job_id gives the rows of a query that was made before; without it a table must be named."""
    job = client.query("SELECT 1 AS a, 2 AS b")
    job.result()
    read = BigQueryGetDataOperator(task_id="t", job_id=job.job_id, selected_fields="b", as_dict=True)
    assert read.execute(context) == [{"b": 2}]
    incomplete: list[dict[str, Any]] = [{}, {"dataset_id": "d"}, {"job_id": "j", "dataset_id": "d", "table_id": "t"}]
    for wrong in incomplete:
        with pytest.raises(ValueError, match="give dataset_id and table_id, or a job_id"):
            BigQueryGetDataOperator(task_id="t", **wrong)


def test_datasets_and_tables_are_seen_and_changed(client, dataset, table, context):
    """What the API says of them comes into XCom, before and after a change."""
    assert BigQueryGetDatasetOperator(task_id="t", dataset_id=dataset).execute(context)["datasetReference"] == {
        "projectId": "brisa-local",
        "datasetId": dataset,
    }
    tables = BigQueryGetDatasetTablesOperator(task_id="t", dataset_id=dataset).execute(context)
    assert [found["tableId"] for found in tables] == ["t"]
    change = BigQueryUpdateDatasetOperator(task_id="t", dataset_id=dataset, dataset_resource={"description": "ventas"})
    assert [change.execute(context)["description"] for _ in range(2)] == ["ventas", "ventas"]
    assert client.get_dataset(dataset).description == "ventas"
    label = BigQueryUpdateTableOperator(
        task_id="t", dataset_id=dataset, table_id="t", table_resource={"description": "días"}
    )
    assert label.execute(context)["description"] == "días"
    with pytest.raises(AirflowException, match="of the resource say datasetId"):
        BigQueryUpdateDatasetOperator(task_id="t", dataset_resource={"description": "x"}).execute(context)
    with pytest.raises(AirflowException, match=r"cannot read the dataset brisa-local\.none: it does not exist"):
        BigQueryGetDatasetOperator(task_id="t", dataset_id="none").execute(context)


def test_what_a_load_is_told(client, bucket):
    """Partitions and extra configuration go into the load job, extra configuration over the rest."""
    load = GCSToBigQueryOperator(
        task_id="t",
        bucket=bucket.name,
        source_objects="a.csv",
        destination_project_dataset_table="d.t",
        range_partitioning={"field": "n", "range": {"start": 0, "end": 10, "interval": 1}},
        extra_config={"quote": "'", "jsonExtension": "GEOJSON"},
    )
    told = load.configuration("p")["load"]
    assert (told["rangePartitioning"]["field"], told["quote"], told["jsonExtension"]) == ("n", "'", "GEOJSON")
    with pytest.raises(ValueError, match="give time_partitioning or range_partitioning, not both"):
        GCSToBigQueryOperator(
            task_id="t",
            bucket="b",
            source_objects="a",
            destination_project_dataset_table="d.t",
            time_partitioning={"type": "DAY"},
            range_partitioning={"field": "n"},
        )


def test_an_external_table_is_described_and_nothing_is_loaded(client, bucket, dataset, context, monkeypatch):
    """external_table makes a table that points to the objects, with the options of their format."""
    made = []
    monkeypatch.setattr(type(client), "create_table", lambda self, table, **options: made.append((table, options)))
    GCSToBigQueryOperator(
        task_id="t",
        bucket=bucket.name,
        source_objects=["a.csv"],
        destination_project_dataset_table=f"{dataset}.outside",
        schema_fields=[{"name": "n", "type": "INTEGER"}],
        skip_leading_rows=1,
        external_table=True,
        description="afuera",
    ).execute(context)
    ((table, options),) = made
    found = table.to_api_repr()
    external = found["externalDataConfiguration"]
    assert options == {"exists_ok": True}
    assert (found["tableReference"]["tableId"], found["description"]) == ("outside", "afuera")
    assert external["sourceUris"] == [f"gs://{bucket.name}/a.csv"]
    assert external["csvOptions"]["skipLeadingRows"] in (1, "1")
    assert external["schema"] == {"fields": [{"name": "n", "type": "INTEGER"}]}
    loads = [job for job in client.list_jobs(all_users=True) if job.job_type == "load"]
    assert not [job for job in loads if job.destination.table_id == "outside"]


def test_a_job_that_goes_on(client, dataset, make_context, monkeypatch):
    """poll_interval is the least sleep between two looks; after result_timeout the task fails, and the job goes on."""
    monkeypatch.setattr(jobs, "HOLD", -1.0)
    state = inspect.getattr_static(QueryJob, "state")
    monkeypatch.setattr(QueryJob, "state", property(lambda job: "RUNNING" if state.fget(job) == "DONE" else None))
    configuration = {"query": {"query": "SELECT 1", "useLegacySql": False}}
    patient = BigQueryInsertJobOperator(task_id="t", configuration=configuration, deferrable=True, poll_interval=300)
    with pytest.raises(Reschedule) as again:
        patient.execute(make_context(task=patient))
    assert again.value.resume_at - time.time() == pytest.approx(300, abs=5)
    hasty = BigQueryInsertJobOperator(task_id="t", configuration=configuration, result_timeout=60)
    with pytest.raises(AirflowException, match="not done after the result_timeout of 60 s; it goes on"):
        hasty.execute(make_context(task=hasty, waited=61.0))
