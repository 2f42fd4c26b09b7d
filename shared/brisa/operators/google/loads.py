"""Cloud Storage to BigQuery and back, and from table to table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import listed
from brisa.operators.google.errors import in_words
from brisa.operators.google.job_operator import BigQueryJobOperator
from brisa.operators.google.jobs import Jobs, table_reference
from brisa.operators.google.tables import read_schema

Context = Mapping[str, Any]

_EXTERNAL = ("sourceUris", "sourceFormat", "autodetect", "schema", "maxBadRecords", "ignoreUnknownValues")
"""What a load and an external table have in common, under the same names."""
_CSV = ("skipLeadingRows", "fieldDelimiter", "quote", "allowQuotedNewlines", "allowJaggedRows", "encoding")
_OPTIONS = {
    "CSV": ("csvOptions", _CSV),
    "GOOGLE_SHEETS": ("googleSheetsOptions", ("skipLeadingRows", "range")),
    "PARQUET": ("parquetOptions", ("enumAsString", "enableListInference")),
}
"""Format → where an external table has its options, and which they are."""
_FORMATS = ("CSV", "NEWLINE_DELIMITED_JSON", "AVRO", "GOOGLE_SHEETS", "DATASTORE_BACKUP", "PARQUET", "ORC")


class GCSToBigQueryOperator(BigQueryJobOperator):
    """Loads objects (names or ``*`` wildcards in ``bucket``) into a table; one load job.

    The schema comes from ``schema_fields``, from the JSON file ``schema_object``, or is found out (``autodetect``).
    ``extra_config`` and ``src_fmt_configs`` (its older name) go over what else is told to BigQuery. With
    ``external_table`` nothing is loaded: the table stands for the objects where they are. XCom: the largest value of
    the column ``max_id_key``, if one is given.
    """

    template_fields: Sequence[str] = (
        "bucket",
        "source_objects",
        "schema_object",
        "schema_object_bucket",
        "destination_project_dataset_table",
        "schema_fields",
        "gcp_conn_id",
        "impersonation_chain",
        "src_fmt_configs",
        "extra_config",
    )
    template_ext: Sequence[str] = (".sql",)

    def __init__(
        self,
        *,
        bucket: str,
        source_objects: str | list[str],
        destination_project_dataset_table: str,
        schema_fields: list[dict[str, Any]] | None = None,
        schema_object: str | None = None,
        schema_object_bucket: str | None = None,
        source_format: str = "CSV",
        compression: str = "NONE",
        create_disposition: str = "CREATE_IF_NEEDED",
        skip_leading_rows: int | None = None,
        write_disposition: str = "WRITE_EMPTY",
        field_delimiter: str = ",",
        max_bad_records: int = 0,
        quote_character: str | None = None,
        ignore_unknown_values: bool = False,
        allow_quoted_newlines: bool = False,
        allow_jagged_rows: bool = False,
        encoding: str = "UTF-8",
        max_id_key: str | None = None,
        schema_update_options: Sequence[str] = (),
        src_fmt_configs: dict[str, Any] | None = None,
        extra_config: dict[str, Any] | None = None,
        external_table: bool = False,
        time_partitioning: dict[str, Any] | None = None,
        range_partitioning: dict[str, Any] | None = None,
        cluster_fields: list[str] | None = None,
        autodetect: bool | None = True,
        encryption_configuration: dict[str, Any] | None = None,
        labels: dict[str, str] | None = None,
        description: str | None = None,
        force_delete: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if source_format.upper() not in _FORMATS:
            raise ValueError(f"{source_format} is no source format; these are: {', '.join(_FORMATS)}")
        if time_partitioning and range_partitioning:
            raise ValueError("give time_partitioning or range_partitioning, not both")
        self.bucket = bucket
        self.source_objects = source_objects
        self.destination_project_dataset_table = destination_project_dataset_table
        self.schema_fields = schema_fields
        self.schema_object = schema_object
        self.schema_object_bucket = schema_object_bucket or bucket
        self.source_format = source_format.upper()
        self.compression = compression
        self.create_disposition = create_disposition
        self.skip_leading_rows = skip_leading_rows
        self.write_disposition = write_disposition
        self.field_delimiter = field_delimiter
        self.max_bad_records = max_bad_records
        self.quote_character = quote_character
        self.ignore_unknown_values = ignore_unknown_values
        self.allow_quoted_newlines = allow_quoted_newlines
        self.allow_jagged_rows = allow_jagged_rows
        self.encoding = encoding
        self.max_id_key = max_id_key
        self.schema_update_options = schema_update_options
        self.src_fmt_configs = src_fmt_configs
        self.extra_config = extra_config
        self.external_table = external_table
        self.time_partitioning = time_partitioning
        self.range_partitioning = range_partitioning
        self.cluster_fields = cluster_fields
        self.autodetect = autodetect
        self.encryption_configuration = encryption_configuration
        self.labels = labels
        self.description = description
        self.force_delete = force_delete

    def execute(self, context: Context) -> Any:
        """Load."""
        jobs = self.jobs(context)
        client = jobs.client
        configuration = self.configuration(client.project)
        if self.force_delete:
            with in_words(f"delete the table {self.destination_project_dataset_table}"):
                client.delete_table(_dotted(configuration["load"]["destinationTable"]), not_found_ok=True)
        if self.external_table:
            self._make_external(client, configuration["load"])
        else:
            job = jobs.run(configuration, self.prefix)
            self.log.info("Loaded %s rows into %s", job.output_rows, self.destination_project_dataset_table)
        return self._largest(jobs, configuration["load"]["destinationTable"]) if self.max_id_key else None

    def configuration(self, project: str) -> dict[str, Any]:
        """The API's JobConfiguration of the load (https://cloud.google.com/bigquery/docs/reference/rest/v2/Job)."""
        csv = self.source_format == "CSV"
        schema = self.schema_fields
        if schema is None and self.schema_object and self.source_format != "DATASTORE_BACKUP":
            schema = read_schema(self.storage(), f"gs://{self.schema_object_bucket}/{self.schema_object}")
        table_properties = {"labels": self.labels, "description": self.description}
        load: dict[str, Any] = {
            "sourceUris": [f"gs://{self.bucket}/{name}" for name in listed(self.source_objects)],
            "destinationTable": table_reference(self.destination_project_dataset_table, project),
            "sourceFormat": self.source_format,
            "createDisposition": self.create_disposition,
            "writeDisposition": self.write_disposition,
            "autodetect": bool(self.autodetect) if schema is None else None,
            "schema": {"fields": schema} if schema else None,
            "skipLeadingRows": self.skip_leading_rows if csv else None,
            "fieldDelimiter": self.field_delimiter if csv else None,
            "quote": self.quote_character if csv else None,
            "allowQuotedNewlines": self.allow_quoted_newlines if csv else None,
            "allowJaggedRows": self.allow_jagged_rows if csv else None,
            "encoding": self.encoding if csv else None,
            "maxBadRecords": self.max_bad_records or None,
            "ignoreUnknownValues": self.ignore_unknown_values or None,
            "schemaUpdateOptions": list(self.schema_update_options) or None,
            "timePartitioning": self.time_partitioning or None,
            "rangePartitioning": self.range_partitioning or None,
            "clustering": {"fields": self.cluster_fields} if self.cluster_fields else None,
            "destinationEncryptionConfiguration": self.encryption_configuration,
            "destinationTableProperties": {key: value for key, value in table_properties.items() if value} or None,
        }
        given = {key: value for key, value in load.items() if value is not None}
        return {"load": given | (self.src_fmt_configs or {}) | (self.extra_config or {})}

    def _make_external(self, client: Any, load: Mapping[str, Any]) -> None:
        """Make the table that stands for the objects, unless it is there."""
        from google.cloud import bigquery

        options = _OPTIONS.get(self.source_format)
        external = {key: load[key] for key in _EXTERNAL if key in load} | {"compression": self.compression.upper()}
        if options:
            name, keys = options
            external[name] = {key: load[key] for key in keys if key in load}
        resource = {"tableReference": load["destinationTable"], "externalDataConfiguration": external}
        resource |= load.get("destinationTableProperties", {})
        if self.encryption_configuration:
            resource["encryptionConfiguration"] = self.encryption_configuration
        with in_words(f"create the external table {self.destination_project_dataset_table}"):
            client.create_table(bigquery.Table.from_api_repr(resource), exists_ok=True)

    def _largest(self, jobs: Jobs, table: Mapping[str, str]) -> Any:
        column = str(self.max_id_key).replace("`", "")
        sql = f"SELECT MAX(`{column}`) AS largest FROM `{_dotted(table)}`"  # noqa: S608  both are names within backticks
        for row in jobs.run({"query": {"query": sql, "useLegacySql": False}}).result():
            if row["largest"] is not None:
                return row["largest"]
        raise AirflowException(f"the column {column!r} of {_dotted(table)} has no values")


class BigQueryToGCSOperator(BigQueryJobOperator):
    """Writes a table to objects of Cloud Storage; one extract job. Objects that are there are overwritten."""

    template_fields: Sequence[str] = (
        "source_project_dataset_table",
        "destination_cloud_storage_uris",
        "export_format",
        "labels",
        "gcp_conn_id",
        "impersonation_chain",
        "job_id",
    )
    ui_color = "#e4e6f0"

    def __init__(
        self,
        *,
        source_project_dataset_table: str,
        destination_cloud_storage_uris: str | list[str],
        compression: str = "NONE",
        export_format: str = "CSV",
        field_delimiter: str = ",",
        print_header: bool = True,
        labels: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_project_dataset_table = source_project_dataset_table
        self.destination_cloud_storage_uris = destination_cloud_storage_uris
        self.compression = compression
        self.export_format = export_format
        self.field_delimiter = field_delimiter
        self.print_header = print_header
        self.labels = labels

    def execute(self, context: Context) -> None:
        """Write."""
        jobs = self.jobs(context)
        uris = listed(self.destination_cloud_storage_uris)
        csv = self.export_format.upper() == "CSV"
        extract: dict[str, Any] = {
            "sourceTable": table_reference(self.source_project_dataset_table, jobs.client.project),
            "destinationUris": uris,
            "destinationFormat": self.export_format,
            "compression": self.compression,
        }
        if csv:
            extract |= {"fieldDelimiter": self.field_delimiter, "printHeader": self.print_header}
        configuration: dict[str, Any] = {"extract": extract}
        if self.labels:
            configuration["labels"] = self.labels
        jobs.run(configuration, self.prefix)
        self.log.info("Wrote %s to %s", self.source_project_dataset_table, ", ".join(uris))


class BigQueryToBigQueryOperator(BigQueryJobOperator):
    """Copies one table, or the rows of several, to another; one copy job."""

    template_fields: Sequence[str] = (
        "source_project_dataset_tables",
        "destination_project_dataset_table",
        "labels",
        "gcp_conn_id",
        "impersonation_chain",
    )
    template_ext: Sequence[str] = (".sql",)
    ui_color = "#e6f0e4"

    def __init__(
        self,
        *,
        source_project_dataset_tables: str | list[str],
        destination_project_dataset_table: str,
        write_disposition: str = "WRITE_EMPTY",
        create_disposition: str = "CREATE_IF_NEEDED",
        labels: dict[str, str] | None = None,
        encryption_configuration: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_project_dataset_tables = source_project_dataset_tables
        self.destination_project_dataset_table = destination_project_dataset_table
        self.write_disposition = write_disposition
        self.create_disposition = create_disposition
        self.labels = labels
        self.encryption_configuration = encryption_configuration

    def execute(self, context: Context) -> None:
        """Copy."""
        jobs = self.jobs(context)
        project = jobs.client.project
        copy: dict[str, Any] = {
            "sourceTables": [table_reference(name, project) for name in listed(self.source_project_dataset_tables)],
            "destinationTable": table_reference(self.destination_project_dataset_table, project),
            "writeDisposition": self.write_disposition,
            "createDisposition": self.create_disposition,
        }
        if self.encryption_configuration:
            copy["destinationEncryptionConfiguration"] = self.encryption_configuration
        jobs.run({"copy": copy} | ({"labels": self.labels} if self.labels else {}), self.prefix)


def _dotted(reference: Mapping[str, str]) -> str:
    return f"{reference['projectId']}.{reference['datasetId']}.{reference['tableId']}"
