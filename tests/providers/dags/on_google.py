"""The google package: files to Cloud Storage, from there to BigQuery, and back."""

from datetime import datetime
from pathlib import Path

from airflow.providers.google.cloud.operators.bigquery import (
    BigQueryCreateEmptyDatasetOperator,
    BigQueryGetDataOperator,
    BigQueryInsertJobOperator,
)
from airflow.providers.google.cloud.operators.gcs import GCSCreateBucketOperator, GCSListObjectsOperator
from airflow.providers.google.cloud.sensors.gcs import GCSObjectExistenceSensor
from airflow.providers.google.cloud.transfers.bigquery_to_gcs import BigQueryToGCSOperator
from airflow.providers.google.cloud.transfers.gcs_to_bigquery import GCSToBigQueryOperator
from airflow.providers.google.cloud.transfers.gcs_to_gcs import GCSToGCSOperator
from airflow.providers.google.cloud.transfers.local_to_gcs import LocalFilesystemToGCSOperator
from airflow.sdk import DAG

BUCKET = "providers-walks"

with DAG("on_google", start_date=datetime(2024, 1, 1), schedule=None):
    bucket = GCSCreateBucketOperator(task_id="bucket", bucket_name=BUCKET)
    upload = LocalFilesystemToGCSOperator(
        task_id="upload", src=str(Path(__file__).parent / "walk.csv"), dst="in/walk.csv", bucket=BUCKET
    )
    arrived = GCSObjectExistenceSensor(task_id="arrived", bucket=BUCKET, object="in/walk.csv", poke_interval=1)
    copy = GCSToGCSOperator(
        task_id="copy",
        source_bucket=BUCKET,
        source_object="in/walk.csv",
        destination_bucket=BUCKET,
        destination_object="{{ ds }}/walk.csv",
    )
    dataset = BigQueryCreateEmptyDatasetOperator(task_id="dataset", dataset_id="walks", exists_ok=True)
    load = GCSToBigQueryOperator(
        task_id="load",
        bucket=BUCKET,
        source_objects=["{{ ds }}/walk.csv"],
        destination_project_dataset_table="walks.steps",
        schema_fields=[{"name": "step", "type": "INTEGER"}, {"name": "place", "type": "STRING"}],
        skip_leading_rows=1,
        write_disposition="WRITE_TRUNCATE",
    )
    total = BigQueryInsertJobOperator(
        task_id="total",
        location="US",
        configuration={
            "query": {
                "query": "CREATE OR REPLACE TABLE walks.total AS SELECT SUM(step) AS steps FROM walks.steps",
                "useLegacySql": False,
            }
        },
    )
    read = BigQueryGetDataOperator(task_id="read", dataset_id="walks", table_id="total")
    export = BigQueryToGCSOperator(
        task_id="export",
        source_project_dataset_table="walks.steps",
        destination_cloud_storage_uris=[f"gs://{BUCKET}/out/steps.csv"],
    )
    names = GCSListObjectsOperator(task_id="names", bucket=BUCKET)
    bucket >> upload >> arrived >> copy >> dataset >> load >> total >> read >> export >> names
